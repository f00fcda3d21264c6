"""The compiler: a plan becomes one SQL text that gives the answer's JSON. Pure; decides nothing.

The shape (measured in PostGraphile's own benchmark against five others): text by `concat` and
`string_agg`, one extra row for `hasNextPage`, nested lists as correlated subqueries, so that the
extra row is never assembled. Strings enter only through `to_json`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import TypeVar

from graphql_api import cursor as cursors
from graphql_api import node_id as node_ids
from graphql_api.arguments import Read, Variables
from graphql_api.catalog import Column, ComputedColumn
from graphql_api.cursor import OrderKey
from graphql_api.filters import All, AnyOf, Compare, Condition, IsNull, Not
from graphql_api.meaning import ESTIMATE_LIMIT
from graphql_api.plan import (
    Count,
    Cursor,
    EachOf,
    EdgeFields,
    FirstOf,
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
from graphql_api.sql import Expression, Parameters, Piece, concat, literal, name

V = TypeVar("V")

COMPARISONS = {"eq": "=", "neq": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}

# ISO 8601 with microseconds and Z; sessions run in UTC. `to_json` would drop trailing zeros.
MOMENT = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'


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
            case Matching():
                return [Expression(or_null(self.matching(value)))]
            case FirstOf(candidates):
                found = "".join(f"{self.matching(one)}, " for one in candidates)
                return [Expression(f"coalesce({found}'null')")]
            case EachOf():
                return [Expression(self._each(value))]
            case Page():
                return [Expression(self._page(value, alias))]

    def _row(self, what: Object, id_sql: str) -> str:
        alias = self.alias()
        table = f"public.{name(what.kind.table.name)}"
        return f"(select {concat(self.object(what, alias))} from {table} as {alias} where {alias}.id = {id_sql})"

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
        self._matches = self._conditions(parent)
        facts = [part for _, part in page.parts if isinstance(part, PageFacts)]
        self._asked = {fact for part in facts for _, fact in part.fields}
        self._peeks = bool(self._asked & {"hasNextPage", "hasPreviousPage"})
        self._bound: dict[str, list[str]] = {}

    def sql(self) -> str:
        """Give the subquery whose one value is the connection's JSON."""
        pieces = braces(self._page.parts, self._part)
        if not any(
            isinstance(part, EdgeFields | Nodes | PageFacts) for _, part in self._page.parts
        ):
            return concat(pieces)
        return f"(select {concat(pieces)} from ({self._rows()}) as {self._alias})"

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
                return [Expression(self._count(mode))]

    def _edge(self, field: TypeName | Cursor | Object) -> list[Piece]:
        match field:
            case TypeName(type_name):
                return [f'"{type_name}"']
            case Cursor():
                return ['"', Expression(self._cursor()), '"']
            case Object():
                return self._compiler.object(field, self._alias)

    def _array(self, row: list[Piece]) -> list[Piece]:
        # The same order as the rows come in: Postgres 16 and later see that nothing is to sort.
        order = self._order_by(backward=False)
        within = f" filter (where {self._alias}.n <= {self._page.size})" if self._peeks else ""
        return ["[", Expression(f"string_agg({concat(row)}, ',' order by {order}){within}"), "]"]

    def _fact(self, fact: str) -> list[Piece]:
        extra = f"count(*) > {self._page.size}"
        match fact:
            case "hasNextPage" if self._page.backward:
                return boolean(self._exists("before"))
            case "hasNextPage":
                return boolean(extra)
            case "hasPreviousPage" if self._page.backward:
                return boolean(extra)
            case "hasPreviousPage":
                return boolean(self._exists("after"))
            case "startCursor" | "endCursor":
                ascending = fact == "startCursor"
                order = self._order_by(backward=not ascending)
                within = (
                    f" filter (where {self._alias}.n <= {self._page.size})" if self._peeks else ""
                )
                first = f"(array_agg({self._cursor()} order by {order}){within})[1]"
                return [Expression(f"coalesce('\"' || {first} || '\"', 'null')")]
        return ['"PageInfo"']

    def _exists(self, side: str) -> str:
        """Whether rows lie on the far side of a cursor, that of the cursor itself included."""
        keys = self._keys(side)
        if keys is None:
            return "false"
        alias = self._compiler.alias()
        conditions = [condition.replace(MARK, alias) for condition in self._matches]
        conditions.append(self._beyond(alias, keys, after=side == "before", inclusive=True))
        return f"exists (select from {self._table} as {alias} where {' and '.join(conditions)})"

    def _count(self, mode: str) -> str:
        alias = self._compiler.alias()
        conditions = [condition.replace(MARK, alias) for condition in self._matches]
        where = f" where {' and '.join(conditions)}" if conditions else ""
        if mode == "exact":
            return f"(select count(*) from {self._table} as {alias}{where})"
        some = f"select from {self._table} as {alias}{where} limit {ESTIMATE_LIMIT}"
        return f"(select count(*) from ({some}) as counted)"

    @property
    def _table(self) -> str:
        return f"public.{name(self._page.kind.table.name)}"

    def _rows(self) -> str:
        page = self._page
        after, before = self._keys("after"), self._keys("before")
        order = self._order_by(backward=page.backward)
        conditions = [condition.replace(MARK, self._alias) for condition in self._matches]
        if after is not None:
            conditions.append(self._beyond(self._alias, after, after=True))
        if before is not None:
            conditions.append(self._beyond(self._alias, before, after=False))
        where = f" where {' and '.join(conditions)}" if conditions else ""
        place = f", row_number() over (order by {order}) as n" if self._peeks else ""
        limit = page.size + 1 if self._peeks else page.size
        # Named one by one: `*` would need a grant on every column.
        columns = ", ".join(f"{self._alias}.{name(one)}" for one in self._needed())
        return (
            f"select {columns}{place} from {self._table} as {self._alias}{where}"
            f" order by {order} limit {limit}"
        )

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

    def _order_by(self, *, backward: bool) -> str:
        return ", ".join(
            f"{self._alias}.{name(key.column.name)}{' desc' if key.descending != backward else ''}"
            for key in self._page.order
        )

    def _cursor(self) -> str:
        values = [
            cursors.encode_sql(f"{self._alias}.{name(key.column.name)}", key.column.kind)
            for key in self._page.order
        ]
        pieces: list[Piece] = [cursors.order_tag(self._page.order)]
        for value in values:
            pieces += [".", Expression(value)]
        return concat(pieces)

    def _keys(self, side: str) -> list[str] | None:
        """Give the placeholders of a cursor's sort values; bound at first use."""
        read = self._page.after if side == "after" else self._page.before
        if read is None:
            return None
        if side not in self._bound:
            self._bound[side] = [
                self._compiler.parameters.add(_nth(read, index), key.column.sql_type)
                for index, key in enumerate(self._page.order)
            ]
        return self._bound[side]

    def _beyond(self, alias: str, keys: list[str], *, after: bool, inclusive: bool = False) -> str:
        """Rows after (or before) the place that `keys` name, in the list's own order."""
        order = self._page.order
        equals = "=" if inclusive else ""
        if len({key.descending for key in order}) == 1:
            # One row comparison, which an index on the same columns answers by one descent.
            columns = ", ".join(f"{alias}.{name(key.column.name)}" for key in order)
            return f"({columns}) {_direction(order[0], after)}{equals} ({', '.join(keys)})"
        cases = []
        for index, key in enumerate(order):
            equal = [
                f"{alias}.{name(other.column.name)} = {keys[place]}"
                for place, other in enumerate(order[:index])
            ]
            last = equals if index == len(order) - 1 else ""
            own = f"{alias}.{name(key.column.name)} {_direction(key, after)}{last} {keys[index]}"
            cases.append(" and ".join([*equal, own]))
        return "(" + " or ".join(f"({case})" for case in cases) + ")"

    def _conditions(self, parent: str) -> list[str]:
        """What every row of the list fulfils, whatever the page; `MARK` stands for the alias."""
        page = self._page
        conditions = []
        if page.owner_column is not None:
            conditions.append(f"{MARK}.{name(page.owner_column)} = {parent}.id")
        if page.where is not None:
            conditions.append(self._condition(page.where))
        return conditions

    def _condition(self, condition: Condition) -> str:
        match condition:
            case Compare(of, "in", value):
                values = self._compiler.parameters.add(_plain(of, value.read), f"{of.sql_type}[]")
                return f"{MARK}.{name(of.name)} = any ({values})"
            case Compare(of, operator, value):
                operand = self._compiler.parameters.add(_plain(of, value.read), of.sql_type)
                return f"{MARK}.{name(of.name)} {COMPARISONS[operator]} {operand}"
            case IsNull(of, negated):
                return f"{MARK}.{name(of.name)} is {'not ' if negated else ''}null"
            case Not(part):
                return f"({self._condition(part)}) is not true"
            case All(parts):
                return self._joined(parts, " and ", "true")
            case AnyOf(parts):
                return self._joined(parts, " or ", "false")

    def _joined(self, parts: Sequence[Condition], word: str, empty: str) -> str:
        return f"({word.join(self._condition(part) for part in parts)})" if parts else empty


def needed_columns(what: Object) -> list[str]:
    """Give the columns of its row that an object is made from."""
    needed: dict[str, None] = {}
    for _, value in what.fields:
        match value:
            case Column():
                needed[value.name] = None
            case ComputedColumn(_, arguments, _):
                needed |= dict.fromkeys(arguments)
            case NodeIdOf() | Page():
                needed["id"] = None
            case One(key, _):
                needed[key] = None
            case Object():
                needed |= dict.fromkeys(needed_columns(value))
    return list(needed)


# Stands for a row's alias in conditions that are written once and used for several queries.
MARK = "\x00row\x00"


def braces(fields: Sequence[tuple[str, V]], write: Callable[[V], list[Piece]]) -> list[Piece]:
    """Give a JSON object: keys are GraphQL names and need no escaping."""
    pieces: list[Piece] = ["{"]
    for index, (key, value) in enumerate(fields):
        pieces += [f'{"," if index else ""}"{key}":', *write(value)]
    return [*pieces, "}"]


def column(of: Column, sql: str) -> list[Piece]:
    """Give a column's value as JSON."""
    quoted = JSON_TEXTS.get(of.kind) if not of.is_list else None
    if quoted is not None:
        text = quoted(sql)
        if of.nullable:
            return [Expression(f"coalesce('\"' || {text} || '\"', 'null')")]
        return ['"', Expression(text), '"']
    if of.is_list and of.kind in ("enum", "timestamptz"):
        own = JSON_TEXTS[of.kind]("item")
        return [
            Expression(
                f"coalesce((select to_json(array_agg({own}))::text from unnest({sql}) as item),"
                f" case when {sql} is null then 'null' else '[]' end)"
            )
        ]
    if of.kind == "bool" and not of.nullable and not of.is_list:
        return boolean(sql)
    if of.kind in ("int", "json") and not of.is_list:
        return [Expression(f"coalesce({sql}::text, 'null')" if of.nullable else sql)]
    return [
        Expression(f"coalesce(to_json({sql})::text, 'null')" if of.nullable else f"to_json({sql})")
    ]


# Kinds whose text needs quotes but no escaping.
JSON_TEXTS: dict[str, Callable[[str], str]] = {
    "uuid": lambda sql: sql,
    "date": lambda sql: f"to_char({sql}, 'YYYY-MM-DD')",
    "timestamptz": lambda sql: f"to_char({sql}, {literal(MOMENT)})",
    "enum": lambda sql: f"upper({sql}::text)",
}


def boolean(sql: str) -> list[Piece]:
    """Give a condition that is never null as JSON."""
    return [Expression(f"case when {sql} then 'true' else 'false' end")]


def or_null(subquery: str) -> str:
    """Give JSON null for no row."""
    return f"coalesce({subquery}, 'null')"


def _direction(key: OrderKey, after: bool) -> str:
    return "<" if key.descending == after else ">"


def _nth(read: Read, index: int) -> Read:
    return lambda variables: read(variables)[index]


def _plain(of: Column, read: Read) -> Read:
    """Read a filter's value as the driver wants it: an enum as its stored text."""
    if of.kind != "enum":
        return read

    def stored(variables: Variables) -> object:
        value = read(variables)
        if isinstance(value, list):
            return [getattr(one, "value", one) for one in value]
        return getattr(value, "value", value)

    return stored
