"""The catalogue: every declaration, read once off the finished schema and checked.

The planner asks it what a field of a type means. Whether the declarations agree with the
database is a test (`tests/graphql/test_contract.py`), not a start-up cost.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    get_named_type,
    is_introspection_type,
)

from graphql_api.events import EventType, FeedMeaning, events_of, read_event_types
from graphql_api.meaning import (
    MEANING,
    BelongsTo,
    ColumnOf,
    Computed,
    DeclarationError,
    HasMany,
    HasOne,
    Itself,
    RootMeaning,
    Table,
    Verb,
)

Kind = Literal["uuid", "text", "int", "float", "bool", "timestamptz", "date", "json", "enum"]

KINDS: Mapping[str, Kind] = {
    "UUID": "uuid",
    "String": "text",
    "Int": "int",
    "Float": "float",
    "Boolean": "bool",
    "DateTime": "timestamptz",
    "Date": "date",
    "JSON": "json",
}

IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?\Z")


@dataclass(frozen=True, slots=True)
class Column:
    """A column as the API speaks of it.

    Attributes:
        name: in SQL.
        kind: how its value becomes JSON.
        nullable: whether the field may be null.
        is_list: whether the column is an array.
        enum_type: the Postgres enum's name, for kind `enum`.
    """

    name: str
    kind: Kind
    nullable: bool
    is_list: bool = False
    enum_type: str | None = None

    @property
    def sql_type(self) -> str:
        """The type that a parameter compared with this column is cast to."""
        base = f"public.{self.enum_type}" if self.enum_type else SQL_TYPES[self.kind]
        return f"{base}[]" if self.is_list else base


SQL_TYPES: Mapping[Kind, str] = {
    "uuid": "uuid",
    "text": "text",
    "int": "integer",
    "float": "double precision",
    "bool": "boolean",
    "timestamptz": "timestamptz",
    "date": "date",
    "json": "jsonb",
    "enum": "text",
}


@dataclass(frozen=True, slots=True)
class NodeId:
    """The opaque id of interface Node."""


@dataclass(frozen=True, slots=True)
class ToOne:
    """A relation to the row whose id is in `column`."""

    column: str
    type_name: str


@dataclass(frozen=True, slots=True)
class ToHolder:
    """A relation to the one row whose `column` is this row's id."""

    column: str
    type_name: str


@dataclass(frozen=True, slots=True)
class ToMany:
    """A relation to the rows whose `column` is this row's id."""

    column: str
    order_by: str | None
    type_name: str


@dataclass(frozen=True, slots=True)
class ComputedColumn:
    """A SQL function of columns of the row."""

    function: str
    arguments: tuple[str, ...]
    column: Column


@dataclass(frozen=True, slots=True)
class Same:
    """The same row, as another type (the row that a payload tells of)."""

    type_name: str


Member: TypeAlias = Column | NodeId | ToOne | ToHolder | ToMany | ComputedColumn | Same


@dataclass(frozen=True, slots=True)
class TableType:
    """A GraphQL type that speaks for a table."""

    type_name: str
    table: Table
    members: Mapping[str, Member]
    columns: Mapping[str, Column]
    is_node: bool

    def column_named(self, name: str) -> Column:
        """Give the column called `name` in SQL.

        Raises:
            DeclarationError: the type does not declare it.
        """
        if name not in self.columns:
            raise DeclarationError(f"{self.type_name} declares no column {name}")
        return self.columns[name]


@dataclass(frozen=True, slots=True)
class Catalog:
    """All declarations of one schema.

    Attributes:
        schema: where they were read.
        types: those that speak for a table, by name.
        events: the types of events, by name.
        roots: what fields of Query and Mutation mean, by type and name.
        feeds: what fields of Subscription mean, by name.
    """

    schema: GraphQLSchema
    types: Mapping[str, TableType]
    events: Mapping[str, EventType]
    roots: Mapping[tuple[str, str], RootMeaning]
    feeds: Mapping[str, FeedMeaning]

    @property
    def node_types(self) -> tuple[TableType, ...]:
        """The types that `node` can give, by name."""
        return tuple(self.types[name] for name in sorted(self.types) if self.types[name].is_node)


def read_catalog(schema: GraphQLSchema) -> Catalog:
    """Read all declarations off `schema`.

    Raises:
        DeclarationError: a declaration names what does not exist, or what no column can be.
    """
    types: dict[str, TableType] = {}
    for name, kind in schema.type_map.items():
        table = _declared_table(kind)
        if isinstance(kind, GraphQLObjectType) and table and not is_introspection_type(kind):
            types[name] = _table_type(kind, table)
    roots = {
        (root.name, field_name): meaning
        for root in (schema.query_type, schema.mutation_type)
        if root is not None
        for field_name, field in root.fields.items()
        if (meaning := _meaning(field)) is not None
    }
    subscription = schema.subscription_type
    feeds = {
        field_name: _meaning(field)
        for field_name, field in (subscription.fields if subscription else {}).items()
    }
    catalog = Catalog(schema, types, read_event_types(schema), roots, feeds)
    _check(catalog)
    _check_feeds(catalog)
    return catalog


def _declared_table(kind: object) -> Table | None:
    definition = getattr(kind, "extensions", {}).get("strawberry-definition")
    return getattr(getattr(definition, "origin", None), "__cairn_table__", None)


def _meaning(field: GraphQLField) -> Any:
    definition = field.extensions.get("strawberry-definition")
    return None if definition is None else definition.metadata.get(MEANING)


def _python_name(field: GraphQLField) -> str:
    return str(field.extensions["strawberry-definition"].python_name)


def _table_type(kind: GraphQLObjectType, table: Table) -> TableType:
    members = {name: _member(field) for name, field in kind.fields.items()}
    columns = {member.name: member for member in members.values() if isinstance(member, Column)}
    is_node = any(interface.name == "Node" for interface in kind.interfaces)
    return TableType(kind.name, table, members, columns, is_node)


def _member(field: GraphQLField) -> Member:
    meaning = _meaning(field)
    target = get_named_type(field.type).name
    match meaning:
        case BelongsTo(column):
            return ToOne(column, target)
        case HasOne(column):
            return ToHolder(column, target)
        case HasMany(column, order_by):
            return ToMany(column, order_by, target.removesuffix("Connection"))
        case Itself():
            return Same(target)
        case Computed(function, arguments):
            return ComputedColumn(function, arguments, column_of("", field.type))
        case ColumnOf(column):
            return column_of(column, field.type)
    if _python_name(field) == "node_id":
        return NodeId()
    return column_of(_python_name(field), field.type)


def column_of(name: str, kind: GraphQLOutputType) -> Column:
    """Describe the column that a field of this GraphQL type speaks for."""
    nullable = not isinstance(kind, GraphQLNonNull)
    inner = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
    is_list = isinstance(inner, GraphQLList)
    named = get_named_type(kind)
    if isinstance(named, GraphQLEnumType):
        return Column(name, "enum", nullable, is_list, snake_case(named.name))
    if named.name not in KINDS:
        raise DeclarationError(f"Column {name} has type {named.name}, which no column can be")
    return Column(name, KINDS[named.name], nullable, is_list)


def snake_case(name: str) -> str:
    """Give `conversation_status` for `ConversationStatus`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _check(catalog: Catalog) -> None:
    mutation = catalog.schema.mutation_type
    for field_name in mutation.fields if mutation is not None else ():
        if not isinstance(catalog.roots.get(("Mutation", field_name)), Verb):
            raise DeclarationError(f"Mutation.{field_name} is declared by no verb")
    for kind in catalog.types.values():
        for name in (kind.table.name, *kind.columns):
            if not IDENTIFIER.match(name):
                raise DeclarationError(f"{kind.type_name}: {name!r} is no plain identifier")
        for name in (*kind.table.orders, *kind.table.filters) if kind.is_node else ():
            kind.column_named(name)
        for name in kind.table.orders if kind.is_node else ():
            if kind.column_named(name).nullable:
                raise DeclarationError(f"{kind.type_name}: order column {name} may be null")
        for member in kind.members.values():
            _check_member(catalog, kind, member)
    for enum_type in catalog.schema.type_map.values():
        if isinstance(enum_type, GraphQLEnumType) and _is_column_enum(catalog, enum_type):
            for name, value in enum_type.values.items():
                stored = getattr(value.value, "value", value.value)
                if name != str(stored).upper():
                    raise DeclarationError(f"{enum_type.name}.{name} is not {stored!r} in capitals")


def _check_feeds(catalog: Catalog) -> None:
    subscription = catalog.schema.subscription_type
    for name, field in (subscription.fields if subscription else {}).items():
        if not isinstance(catalog.feeds[name], FeedMeaning):
            raise DeclarationError(f"Subscription.{name} is declared by no feed")
        for event_name in events_of(catalog.schema, field):
            if event_name not in catalog.events:
                raise DeclarationError(f"{event_name} is no declared event")


def _is_column_enum(catalog: Catalog, enum_type: GraphQLEnumType) -> bool:
    stored = snake_case(enum_type.name)
    return any(
        column.enum_type == stored
        for kind in catalog.types.values()
        for column in kind.columns.values()
    )


def _check_member(catalog: Catalog, kind: TableType, member: Member) -> None:
    if (
        isinstance(member, ToOne | ToHolder | ToMany | Same)
        and member.type_name not in catalog.types
    ):
        raise DeclarationError(f"{kind.type_name}: {member.type_name} speaks for no table")
    if isinstance(member, ToOne | ToHolder | ToMany) and not IDENTIFIER.match(member.column):
        raise DeclarationError(f"{kind.type_name}: {member.column!r} is no plain identifier")
    if isinstance(member, ComputedColumn):
        for name in (member.function, *member.arguments):
            if not IDENTIFIER.match(name):
                raise DeclarationError(f"{kind.type_name}: {name!r} is no plain identifier")
