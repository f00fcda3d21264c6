"""The planner: selections and declarations become a plan. Pure; all decisions are made here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLUnionType,
    get_named_type,
)

from graphql_api.arguments import Leaf, Read, Symbol, constant, is_null, resolve_arguments
from graphql_api.catalog import (
    Catalog,
    Column,
    ComputedColumn,
    NodeId,
    Same,
    TableType,
    ToHolder,
    ToMany,
    ToOne,
)
from graphql_api.cursor import OrderKey, decode_cursor
from graphql_api.errors import BadInput
from graphql_api.filters import plan_filter
from graphql_api.meaning import (
    PAGE_DEFAULT,
    PAGE_MAXIMUM,
    NodeById,
    NodesById,
    RowById,
    Rows,
    ViewerRow,
)
from graphql_api.node_id import decode_node_id
from graphql_api.plan import (
    Answered,
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
    PagePart,
    Plan,
    TypeName,
    Value,
)
from graphql_api.selection import Collected, Document, collect_below

# What may be long is sent once for each name it is asked by, though it is read once: what a query
# costs does not count that.
LONG_KINDS = frozenset({"text", "json"})
MAXIMUM_NAMES = 2

# The variable that holds the caller's own id; no GraphQL name can be spelled like it.
VIEWER_ID = "$viewer"


class Planner:
    """Plans root fields of one operation."""

    def __init__(self, catalog: Catalog, document: Document) -> None:
        """Plan against `catalog` for `document`, whose variables give the shapes."""
        self._catalog = catalog
        self._document = document
        self._tables: set[str] = set()
        self._cost = 0

    def plan(self, root: GraphQLObjectType, fields: Mapping[str, Sequence[FieldNode]]) -> Plan:
        """Plan root fields of a query, each of which must have a meaning.

        Raises:
            BadInput: an argument is out of its range, or malformed.
        """
        values = tuple((key, self._root(root, nodes)) for key, nodes in fields.items())
        return Plan(values, self._cost, frozenset(self._tables))

    def plan_answer(self, field: GraphQLField, nodes: Sequence[FieldNode], id: Read) -> Answered:
        """Plan what a mutation answers about the row that it wrote, whose id is `id`."""
        answer = Matching(id, self._one(field.type, nodes))
        return Answered(answer, self._cost, frozenset(self._tables))

    def plan_rows(self, type_name: str, nodes: Sequence[FieldNode], times: int) -> Object:
        """Plan what is read of rows of a type, of which there are `times` at most."""
        self._cost += times
        return self._object(self._catalog.types[type_name], nodes, times)

    @property
    def cost(self) -> int:
        """Rows that what was planned so far reads at most."""
        return self._cost

    def _root(self, root: GraphQLObjectType, nodes: Sequence[FieldNode]) -> Value:
        name = nodes[0].name.value
        if name == "__typename":
            return TypeName(root.name)
        field = root.fields[name]
        arguments = resolve_arguments(field, nodes[0], self._document.variables)
        match self._catalog.roots[root.name, name]:
            case RowById():
                return Matching(_leaf(arguments["id"]).read, self._one(field.type, nodes))
            case ViewerRow() if self._document.variables.get(VIEWER_ID) is None:
                # Nobody has no row; role `anon`, of whom this plan is, may not even look.
                return FirstOf(())
            case ViewerRow():
                return Matching(
                    lambda variables: variables[VIEWER_ID], self._one(field.type, nodes)
                )
            case Rows(order_by):
                return self._page(field, nodes, arguments, None, order_by, 1)
            case NodeById():
                return self._node(field, nodes, _leaf(arguments["nodeId"]).read)
            case NodesById():
                return self._nodes(field, nodes, _leaf(arguments["nodeIds"]))
        raise TypeError(f"{root.name}.{name} is not read by plan")

    def _one(self, kind: GraphQLOutputType, nodes: Sequence[FieldNode]) -> Object:
        self._cost += 1
        return self._object(self._catalog.types[get_named_type(kind).name], nodes, 1)

    def _node(self, field: GraphQLField, nodes: Sequence[FieldNode], read: Read) -> FirstOf:
        return FirstOf(
            tuple(
                Matching(_id_of(kind.type_name, read), self._object(kind, nodes, 1))
                for kind in self._possible(field.type)
            )
        )

    def _nodes(self, field: GraphQLField, nodes: Sequence[FieldNode], leaf: Leaf) -> EachOf:
        if len(leaf.sample) > PAGE_MAXIMUM:
            raise BadInput(f"At most {PAGE_MAXIMUM} nodes at a time.", field="nodeIds")
        self._cost += max(1, len(leaf.sample))
        kinds = self._possible(field.type)
        return EachOf(
            tuple(_ids_of(kind.type_name, leaf.read) for kind in kinds),
            tuple(self._object(kind, nodes, len(leaf.sample)) for kind in kinds),
        )

    def _possible(self, kind: GraphQLOutputType) -> tuple[TableType, ...]:
        named = get_named_type(kind)
        assert isinstance(named, GraphQLInterfaceType | GraphQLUnionType)  # noqa: S101
        self._cost += 1
        names = {one.name for one in self._document.schema.get_possible_types(named)}
        return tuple(one for one in self._catalog.node_types if one.type_name in names)

    def _object(self, kind: TableType, nodes: Sequence[FieldNode], times: int) -> Object:
        graphql_type = self._document.schema.type_map[kind.type_name]
        assert isinstance(graphql_type, GraphQLObjectType)  # noqa: S101
        self._tables.add(kind.type_name)
        collected = collect_below(self._document, graphql_type, nodes)
        _check_names(kind, collected)
        return Object(
            kind,
            tuple(
                (key, self._member(kind, graphql_type, below, times))
                for key, below in collected.items()
            ),
        )

    def _member(
        self, kind: TableType, parent: GraphQLObjectType, nodes: Sequence[FieldNode], times: int
    ) -> Value:
        name = nodes[0].name.value
        if name == "__typename":
            return TypeName(kind.type_name)
        match kind.members[name]:
            case NodeId():
                return NodeIdOf(kind.type_name)
            case ToOne(column, type_name):
                self._cost += times
                return One(column, self._object(self._catalog.types[type_name], nodes, times))
            case ToHolder(column, type_name):
                self._cost += times
                return Holder(column, self._object(self._catalog.types[type_name], nodes, times))
            case Same(type_name):
                return self._object(self._catalog.types[type_name], nodes, times)
            case ToMany(column, order_by, _):
                field = parent.fields[name]
                arguments = resolve_arguments(field, nodes[0], self._document.variables)
                return self._page(field, nodes, arguments, column, order_by, times)
            case Column() | ComputedColumn() as member:
                return member
        raise TypeError(f"{kind.type_name}.{name}")

    def _page(
        self,
        field: GraphQLField,
        nodes: Sequence[FieldNode],
        arguments: Mapping[str, Symbol],
        owner_column: str | None,
        order_by: str | None,
        times: int,
    ) -> Page:
        graphql_type = get_named_type(field.type)
        assert isinstance(graphql_type, GraphQLObjectType)  # noqa: S101
        kind = self._catalog.types[graphql_type.name.removesuffix("Connection")]
        # Here too, and not only with its rows: a page may ask for their number alone.
        self._tables.add(kind.type_name)
        size, backward = _page_size(arguments)
        self._cost += times * max(size, 1)
        order = self._order(kind, arguments.get("orderBy"), order_by, owner_column)
        collected = collect_below(self._document, graphql_type, nodes)
        return Page(
            kind=kind,
            owner_column=owner_column,
            order=order,
            size=size,
            backward=backward,
            after=_cursor(arguments, "after", order),
            before=_cursor(arguments, "before", order),
            where=plan_filter(kind, arguments.get("where")),
            parts=tuple(
                (key, self._part(kind, graphql_type, below, times * size))
                for key, below in collected.items()
            ),
        )

    def _part(
        self, kind: TableType, parent: GraphQLObjectType, nodes: Sequence[FieldNode], times: int
    ) -> PagePart:
        name = nodes[0].name.value
        match name:
            case "__typename":
                return TypeName(parent.name)
            case "nodes":
                return Nodes(self._object(kind, nodes, times))
            case "totalCount":
                arguments = resolve_arguments(
                    parent.fields[name], nodes[0], self._document.variables
                )
                mode = _leaf(arguments["mode"]).sample
                return Count(str(getattr(mode, "value", mode)))
            case "pageInfo":
                info = get_named_type(parent.fields[name].type)
                assert isinstance(info, GraphQLObjectType)  # noqa: S101
                asked = collect_below(self._document, info, nodes)
                return PageFacts(tuple((key, below[0].name.value) for key, below in asked.items()))
        edge = get_named_type(parent.fields["edges"].type)
        assert isinstance(edge, GraphQLObjectType)  # noqa: S101
        asked = collect_below(self._document, edge, nodes)
        return EdgeFields(
            tuple((key, self._edge(kind, edge, below, times)) for key, below in asked.items())
        )

    def _edge(
        self, kind: TableType, edge: GraphQLObjectType, nodes: Sequence[FieldNode], times: int
    ) -> TypeName | Cursor | Object:
        name = nodes[0].name.value
        if name == "cursor":
            return Cursor()
        if name == "__typename":
            return TypeName(edge.name)
        return self._object(kind, nodes, times)

    def _order(
        self,
        kind: TableType,
        symbol: Symbol | None,
        order_by: str | None,
        owner_column: str | None,
    ) -> tuple[OrderKey, ...]:
        names = [order_by or kind.table.order_by]
        if symbol is not None and not is_null(symbol):
            chosen = _leaf(symbol).sample
            names = [str(getattr(one, "value", one)) for one in chosen] or names
        if len(names) > 3:
            raise BadInput("At most three orders at a time.", field="orderBy")
        keys: dict[str, OrderKey] = {}
        for name in names:
            column = kind.column_named(name.removeprefix("-"))
            keys.setdefault(column.name, OrderKey(column, name.startswith("-")))
            if owner_column is not None and kind.table.unique.get(column.name) == owner_column:
                return tuple(keys.values())
        last = next(reversed(keys.values()))
        keys.setdefault("id", OrderKey(kind.column_named("id"), last.descending))
        return tuple(keys.values())


def _check_names(kind: TableType, collected: Collected) -> None:
    """Refuse a long text under many names."""
    asked = Counter(nodes[0].name.value for nodes in collected.values())
    for name, times in asked.items():
        if times > MAXIMUM_NAMES and _is_long(kind.members.get(name)):
            raise BadInput(f"At most {MAXIMUM_NAMES} names for one text of an object.", field=name)


def _is_long(member: object) -> bool:
    column = member.column if isinstance(member, ComputedColumn) else member
    return isinstance(column, Column) and column.kind in LONG_KINDS


def _leaf(symbol: Symbol) -> Leaf:
    assert isinstance(symbol, Leaf)  # noqa: S101 - the schema gives this argument a scalar type
    return symbol


def _page_size(arguments: Mapping[str, Symbol]) -> tuple[int, bool]:
    first = _leaf(arguments.get("first", ABSENT)).sample
    last = _leaf(arguments.get("last", ABSENT)).sample
    if first is not None and last is not None:
        raise BadInput("Give `first` or `last`, not both.", field="last")
    name, size = ("last", last) if last is not None else ("first", first)
    if size is None:
        return PAGE_DEFAULT, False
    if not 0 <= size <= PAGE_MAXIMUM:
        raise BadInput(f"`{name}` is 0 to {PAGE_MAXIMUM}.", field=name)
    return size, name == "last"


ABSENT = constant(None)


def _cursor(arguments: Mapping[str, Symbol], name: str, order: Sequence[OrderKey]) -> Read | None:
    symbol = arguments.get(name)
    if symbol is None or is_null(symbol):
        return None
    read = _leaf(symbol).read
    return lambda variables: decode_cursor(read(variables), order, field=name)


def _id_of(type_name: str, read: Read) -> Read:
    return lambda variables: decode_node_id(read(variables), type_name)


def _ids_of(type_name: str, read: Read) -> Read:
    return lambda variables: [decode_node_id(one, type_name) for one in read(variables)]
