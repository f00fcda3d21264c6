"""The compiler: a plan becomes one SQL text that gives the answer's JSON. Pure; decides nothing.

The shape (measured in PostGraphile's own benchmark against five others): text by `concat` and
`string_agg`, one extra row for `hasNextPage`, nested lists as correlated subqueries, so that the
extra row is never assembled. Strings enter only through `to_json`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

from graphql_api import node_id as node_ids
from graphql_api.arguments import Read, Variables
from graphql_api.catalog import Column, ComputedColumn
from graphql_api.json_text import boolean, braces, column, or_null
from graphql_api.listing import Listing
from graphql_api.plan import (
    Count,
    Cursor,
    EachOf,
    EdgeFields,
    FirstOf,
    Holder,
    Matching,
    NodeIdOf,
    Nodes,
    Object,
    One,
    Page,
    PageFacts,
    Plan,
    TypeName,
    Value,
)
from graphql_api.session import Statement
from graphql_api.sql import Expression, Parameters, Piece, concat, name


@dataclass(frozen=True, slots=True)
class Compiled:
    """A statement without its arguments.

    Attributes:
        text: SQL that gives one row with one text: the JSON of the answer.
        reads: for each parameter, how its value is read from the variables.
    """

    text: str
    reads: tuple[Read, ...]

    def bind(self, variables: Variables) -> Statement:
        """Give the statement for one request.

        Raises:
            BadInput: a cursor in the variables is not one of this list.
        """
        return Statement(self.text, tuple(read(variables) for read in self.reads))


def compile_plan(plan: Plan, role: str) -> Compiled:
    """Compile root fields into one statement that gives the `data` object.

    The role stands in the text as a comment: a statement that is prepared under two roles on one
    connection would be planned anew at each change of role.
    """
    compiler = Compiler()
    pieces = braces(plan.fields, lambda value: compiler.value(value, ""))
    return Compiled(f"/* {role} */ select {concat(pieces)}", tuple(compiler.parameters.reads))


def compile_separately(plan: Plan, role: str) -> Compiled:
    """Compile root fields into one statement that gives an array: each field's JSON by itself."""
    compiler = Compiler()
    texts = ", ".join(concat(compiler.value(value, "")) for _, value in plan.fields)
    return Compiled(f"/* {role} */ select array[{texts}]", tuple(compiler.parameters.reads))


def compile_row(matching: Matching) -> Compiled:
    """Compile one row by its id; the statement gives null when it is hidden or missing."""
    compiler = Compiler()
    text = f"select {compiler.matching(matching)}"
    return Compiled(text, tuple(compiler.parameters.reads))


class Compiler:
    """Writes one statement."""

    def __init__(self, parameters: Parameters | None = None) -> None:
        """Begin a statement, or go on with one that has parameters."""
        self.parameters = parameters if parameters is not None else Parameters()
        self._aliases = count(1)

    def object(self, what: Object, alias: str) -> list[Piece]:
        """Give the object of the row `alias`."""
        return braces(what.fields, lambda value: self.value(value, alias))

    def value(self, value: Value, alias: str) -> list[Piece]:
        """Give one value of the row `alias` (a root value has no row)."""
        match value:
            case Column():
                return column(value, f"{alias}.{name(value.name)}")
            case ComputedColumn(function, arguments, result):
                schema, _, bare = function.rpartition(".")
                called = f"{name(schema or 'public')}.{name(bare)}"
                given = ", ".join(f"{alias}.{name(argument)}" for argument in arguments)
                return column(result, f"{called}({given})")
            case TypeName(type_name):
                return [f'"{type_name}"']
            case NodeIdOf(type_name):
                return ['"', Expression(node_ids.encode_sql(type_name, f"{alias}.id")), '"']
            case Object():
                return self.object(value, alias)
            case One(key, what):
                return [Expression(or_null(self._row(what, f"{alias}.{name(key)}")))]
            case Holder(key, what):
                return [Expression(or_null(self._row(what, f"{alias}.id", key)))]
            case Matching():
                return [Expression(or_null(self.matching(value)))]
            case FirstOf(candidates):
                found = "".join(f"{self.matching(one)}, " for one in candidates)
                return [Expression(f"coalesce({found}'null')")]
            case EachOf():
                return [Expression(self._each(value))]
            case Page():
                return [Expression(self._page(value, alias))]

    def _row(self, what: Object, id_sql: str, key: str = "id") -> str:
        alias = self.alias()
        table = f"public.{name(what.kind.table.name)}"
        return f"(select {concat(self.object(what, alias))} from {table} as {alias} where {alias}.{name(key) if key != 'id' else key} = {id_sql})"

    def matching(self, matching: Matching) -> str:
        """Give the subquery of one row by its id; null for no row."""
        return self._row(matching.object, self.parameters.add(matching.id, "uuid"))

    def _each(self, each: EachOf) -> str:
        alias = self.alias()
        ids = [f"id{number}" for number in range(len(each.ids))]
        arrays = ", ".join(self.parameters.add(read, "uuid[]") for read in each.ids)
        found = "".join(
            f"{self._row(what, f'{alias}.{one}')}, "
            for one, what in zip(ids, each.candidates, strict=True)
        )
        return (
            f"(select concat('[', string_agg(coalesce({found}'null'), ',' order by {alias}.place), ']')"
            f" from unnest({arrays}) with ordinality as {alias} ({', '.join([*ids, 'place'])}))"
        )

    def _page(self, page: Page, parent: str) -> str:
        return PageCompiler(self, page, self.alias(), parent).sql()

    def alias(self) -> str:
        """Give a fresh alias."""
        return f"t{next(self._aliases)}"


class PageCompiler:
    """Writes one page of a list."""

    def __init__(self, compiler: Compiler, page: Page, alias: str, parent: str) -> None:
        """Write `page`, whose rows are called `alias`, below the row `parent`."""
        self._compiler = compiler
        self._page = page
        self._alias = alias
        self._listing = Listing(page, parent, alias, compiler.parameters, compiler.alias)
        facts = [part for _, part in page.parts if isinstance(part, PageFacts)]
        asked = {fact for part in facts for _, fact in part.fields}
        # The row that is one too many answers for its own side; the other side is looked up.
        self._peeks = ("hasPreviousPage" if page.backward else "hasNextPage") in asked
        self._reads_rows = bool(
            self._peeks
            or asked & {"startCursor", "endCursor"}
            or any(isinstance(part, EdgeFields | Nodes) for _, part in page.parts)
        )

    def sql(self) -> str:
        """Give the subquery whose one value is the connection's JSON."""
        pieces = braces(self._page.parts, self._part)
        if not self._reads_rows:
            return concat(pieces)
        return f"(select {concat(pieces)} from ({self._listing.rows(self._needed(), peek=self._peeks)}) as {self._alias})"

    def _part(self, part: TypeName | EdgeFields | Nodes | PageFacts | Count) -> list[Piece]:
        match part:
            case TypeName(type_name):
                return [f'"{type_name}"']
            case Nodes(what):
                return self._array(self._compiler.object(what, self._alias))
            case EdgeFields(fields):
                return self._array(braces(fields, self._edge))
            case PageFacts(fields):
                return braces(fields, self._fact)
            case Count(mode):
                return [Expression(self._listing.count(mode))]

    def _edge(self, field: TypeName | Cursor | Object) -> list[Piece]:
        match field:
            case TypeName(type_name):
                return [f'"{type_name}"']
            case Cursor():
                return ['"', Expression(self._listing.cursor()), '"']
            case Object():
                return self._compiler.object(field, self._alias)

    def _array(self, row: list[Piece]) -> list[Piece]:
        # The same order as the rows come in: Postgres 16 and later see that nothing is to sort.
        order = self._listing.order_by(backward=False)
        within = f" filter (where {self._alias}.n <= {self._page.size})" if self._peeks else ""
        return ["[", Expression(f"string_agg({concat(row)}, ',' order by {order}){within}"), "]"]

    def _fact(self, fact: str) -> list[Piece]:
        extra = f"count(*) > {self._page.size}"
        match fact:
            case "hasNextPage" if self._page.backward:
                return boolean(self._listing.exists_beyond("before"))
            case "hasNextPage":
                return boolean(extra)
            case "hasPreviousPage" if self._page.backward:
                return boolean(extra)
            case "hasPreviousPage":
                return boolean(self._listing.exists_beyond("after"))
            case "startCursor" | "endCursor":
                ascending = fact == "startCursor"
                order = self._listing.order_by(backward=not ascending)
                within = (
                    f" filter (where {self._alias}.n <= {self._page.size})" if self._peeks else ""
                )
                first = f"(array_agg({self._listing.cursor()} order by {order}){within})[1]"
                return [Expression(f"coalesce('\"' || {first} || '\"', 'null')")]
        return ['"PageInfo"']

    def _needed(self) -> list[str]:
        needed = {key.column.name: None for key in self._page.order}
        for _, part in self._page.parts:
            if isinstance(part, Nodes):
                needed |= dict.fromkeys(needed_columns(part.object))
            elif isinstance(part, EdgeFields):
                for _, field in part.fields:
                    if isinstance(field, Object):
                        needed |= dict.fromkeys(needed_columns(field))
        return list(needed)


def needed_columns(what: Object) -> list[str]:
    """Give the columns of its row that an object is made from."""
    needed: dict[str, None] = {}
    for _, value in what.fields:
        match value:
            case Column():
                needed[value.name] = None
            case ComputedColumn(_, arguments, _):
                needed |= dict.fromkeys(arguments)
            case NodeIdOf() | Page() | Holder():
                needed["id"] = None
            case One(key, _):
                needed[key] = None
            case Object():
                needed |= dict.fromkeys(needed_columns(value))
    return list(needed)
