"""The words of a declaration: which table a type speaks for, and what its fields mean in SQL.

A declaration only records; `catalog.py` reads all of them off the finished schema and checks them.
"""

from __future__ import annotations

import enum
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.base import get_object_definition
from strawberry.types.field import StrawberryField
from strawberry.types.unset import UNSET

from graphql_api.meaning import (
    MEANING,
    PAGE_DEFAULT,
    PAGE_MAXIMUM,
    BelongsTo,
    ColumnOf,
    Computed,
    HasMany,
    Itself,
    Table,
)

T = TypeVar("T")
Declared = TypeVar("Declared", bound=type)


@strawberry.interface
class Node:
    """Anything that can be fetched again by its nodeId."""

    node_id: strawberry.ID = strawberry.field(
        description="An opaque id, unique over all types; give it to `node`."
    )


@strawberry.type
class PageInfo:
    """Where a page lies in its list."""

    has_next_page: bool = strawberry.field(description="Whether more rows follow this page.")
    has_previous_page: bool = strawberry.field(description="Whether rows precede this page.")
    start_cursor: str | None = strawberry.field(description="Cursor of the first row, if any.")
    end_cursor: str | None = strawberry.field(description="Cursor of the last row, if any.")


@strawberry.type(description="One row of a list, and its place in it.")
class Edge(Generic[T]):
    """One row of a list, and its place in it."""

    cursor: str = strawberry.field(description="Give it as `after` or `before` to go on from here.")
    node: T = strawberry.field(description="The row.")


@strawberry.enum(description="How rows are counted.")
class CountMode(enum.Enum):
    """How rows are counted."""

    EXACT = strawberry.enum_value("exact", description="Count every row.")
    ESTIMATED = strawberry.enum_value(
        "estimated", description="Stop at 1,000: the number 1000 means 1000 or more."
    )


class CountField(StrawberryField):
    """`totalCount(mode:)`."""

    @property
    def arguments(self) -> list[StrawberryArgument]:
        """The one argument."""
        return [
            StrawberryArgument(
                python_name="mode",
                graphql_name=None,
                type_annotation=StrawberryAnnotation(CountMode),
                default=CountMode.EXACT,
                description="Whether an exact number is worth its price.",
            )
        ]


@strawberry.type(description="A page of a list; see https://relay.dev/graphql/connections.htm.")
class Connection(Generic[T]):
    """A page of a list."""

    edges: list[Edge[T]] = strawberry.field(description="The rows with their cursors.")
    nodes: list[T] = strawberry.field(description="The rows alone.")
    page_info: PageInfo = strawberry.field(description="Where this page lies in the list.")
    total_count: int = CountField(
        python_name=None,
        type_annotation=StrawberryAnnotation(int),
        description="How many rows the whole list has, whatever the page; counted only when asked.",
    )


def table(
    name: str,
    *,
    orders: Sequence[str] = (),
    filters: Sequence[str] = (),
    order_by: str = "-id",
    unique: Mapping[str, str] | None = None,
    anonymous: bool = False,
) -> Callable[[Declared], Declared]:
    """Declare a GraphQL type that speaks for table `name`; its docstring is the description."""

    def declare(cls: Declared) -> Declared:
        cls.__cairn_table__ = Table(  # type: ignore[attr-defined]
            name=name,
            orders=tuple(orders),
            filters=tuple(filters),
            order_by=order_by,
            unique=dict(unique or {}),
            anonymous=anonymous,
        )
        declared: Declared = strawberry.type(cls, description=inspect.cleandoc(cls.__doc__ or ""))
        return declared

    return declare


def payload(of: type) -> Callable[[Declared], Declared]:
    """Declare the answer of a verb that says more than the row of `of` that it wrote."""

    def declare(cls: Declared) -> Declared:
        cls.__cairn_table__ = of.__cairn_table__  # type: ignore[attr-defined]
        declared: Declared = strawberry.type(cls, description=inspect.cleandoc(cls.__doc__ or ""))
        return declared

    return declare


def about(description: str, *, deprecated: str | None = None) -> Any:
    """Describe a plain column."""
    return strawberry.field(description=description, deprecation_reason=deprecated)


def column(name: str, description: str) -> Any:
    """Declare a field that speaks for column `name`."""
    return strawberry.field(description=description, metadata={MEANING: ColumnOf(name)})


def itself(description: str) -> Any:
    """Declare, in a payload, the row that was written."""
    return strawberry.field(description=description, metadata={MEANING: Itself()})


def belongs_to(column: str, description: str) -> Any:
    """Declare the one row that `column` points to; null when a policy hides it."""
    return strawberry.field(description=description, metadata={MEANING: BelongsTo(column)})


def computed(function: str, *arguments: str, description: str) -> Any:
    """Declare a field that a SQL function computes from columns of the row."""
    return strawberry.field(
        description=description, metadata={MEANING: Computed(function, arguments)}
    )


def has_many(column: str, description: str, *, order_by: str | None = None) -> Any:
    """Declare the list of rows whose `column` holds this row's id, as a connection."""
    return PageField(
        python_name=None,
        description=description,
        metadata={MEANING: HasMany(column, order_by)},
    )


class PageField(StrawberryField):
    """A list field: its page, filter and order arguments follow from the type that it lists."""

    @property
    def arguments(self) -> list[StrawberryArgument]:
        """`first after last before where orderBy`, as far as the listed table offers them."""
        if self._arguments is None:
            self._arguments = page_arguments(self._listed_type())
        return self._arguments

    def _listed_type(self) -> type:
        definition = get_object_definition(self.type)  # type: ignore[arg-type]
        if definition is None:
            raise TypeError(f"{self.python_name} is not a Connection")
        listed = definition.type_var_map["T"]
        if hasattr(listed, "resolve_type"):
            listed = listed.resolve_type()
        return listed  # type: ignore[return-value]


def page_arguments(listed: type) -> list[StrawberryArgument]:
    """Give the arguments of a list of `listed`."""
    declared: Table = listed.__cairn_table__  # type: ignore[attr-defined]
    arguments: list[tuple[str, object, str]] = [
        (
            "first",
            int | None,
            f"Rows from the start: 0 to {PAGE_MAXIMUM}; {PAGE_DEFAULT} if absent.",
        ),
        ("after", str | None, "Only rows after this cursor."),
        ("last", int | None, f"Rows from the end: 0 to {PAGE_MAXIMUM}."),
        ("before", str | None, "Only rows before this cursor."),
    ]
    if declared.filters:
        arguments.append(("where", filter_input(listed) | None, "Only rows that match."))
    if declared.orders:
        arguments.append(
            ("order_by", list[order_enum(listed)] | None, "The order of the rows.")  # type: ignore[misc]
        )
    return [
        StrawberryArgument(
            python_name=name,
            graphql_name=None,
            type_annotation=StrawberryAnnotation(annotation),
            default=UNSET,
            description=description,
        )
        for name, annotation, description in arguments
    ]


_ORDERS: dict[type, Any] = {}
_FILTERS: dict[type, Any] = {}
_OPERATORS: dict[object, Any] = {}


def order_enum(listed: type) -> Any:
    """Give the enum of orders of `listed`: `CREATED_AT_DESC` and the like."""
    if listed not in _ORDERS:
        declared: Table = listed.__cairn_table__  # type: ignore[attr-defined]
        members = {
            f"{column.upper()}_{direction}": f"{'-' if direction == 'DESC' else ''}{column}"
            for column in declared.orders
            for direction in ("ASC", "DESC")
        }
        _ORDERS[listed] = strawberry.enum(
            enum.Enum(f"{listed.__name__}Order", members),  # type: ignore[misc]
            description=f"Orders of a list of {listed.__name__}; ties are broken by id.",
        )
    return _ORDERS[listed]


def filter_input(listed: type) -> Any:
    """Give the filter of `listed`: one entry for each filterable column, and `and`, `or`, `not`."""
    if listed not in _FILTERS:
        name = f"{listed.__name__}Filter"
        declared: Table = listed.__cairn_table__  # type: ignore[attr-defined]
        fields = {field.python_name: field for field in _fields(listed)}
        cls = type(name, (), {"__module__": __name__})
        annotations: dict[str, Any] = {}
        for column in declared.filters:
            annotations[column] = operators(fields[column].type) | None
            setattr(cls, column, UNSET)
        own = Annotated[name, strawberry.lazy(__name__)]
        for word in ("and", "or"):
            annotations[f"{word}_"] = list[own] | None  # type: ignore[valid-type]
            setattr(cls, f"{word}_", strawberry.field(name=word, default=UNSET))
        annotations["not_"] = own | None
        cls.not_ = strawberry.field(name="not", default=UNSET)  # type: ignore[attr-defined]
        cls.__annotations__ = annotations
        globals()[name] = _FILTERS[listed] = strawberry.input(
            cls, name=name, description=f"Conditions on a {listed.__name__}; all must hold."
        )
    return _FILTERS[listed]


def _fields(listed: type) -> Sequence[StrawberryField]:
    definition = get_object_definition(listed, strict=True)
    return definition.fields


@strawberry.enum(description="Whether a value is there.")
class NullTest(enum.Enum):
    """Whether a value is there."""

    NULL = "null"
    NOT_NULL = "not_null"


OPERATORS: Mapping[str, str] = {
    "eq": "=",
    "neq": "<>",
    "gt": ">",
    "gte": ">=",
    "lt": "<",
    "lte": "<=",
}


def operators(column_type: object) -> Any:
    """Give the operators on a column of this type, named as pg_graphql names them."""
    nullable = hasattr(column_type, "of_type")
    scalar = column_type.of_type if nullable else column_type  # type: ignore[attr-defined]
    if hasattr(scalar, "wrapped_cls"):
        scalar = scalar.wrapped_cls
    key = (scalar, nullable)
    if key not in _OPERATORS:
        name = getattr(scalar, "__name__", str(scalar))
        name = {"str": "String", "int": "Int", "bool": "Boolean", "datetime": "DateTime"}.get(
            name, name
        )
        comparable = scalar is not bool and scalar is not UUID and not _is_enum(scalar)
        words = ["eq", "neq", *(("gt", "gte", "lt", "lte") if comparable else ())]
        annotations: dict[str, Any] = {word: scalar | None for word in words}  # type: ignore[operator]
        annotations["in_"] = list[scalar] | None  # type: ignore[valid-type]
        cls = type(f"{name}{'OrNull' if nullable else ''}Filter", (), {"__module__": __name__})
        for word in words:
            setattr(cls, word, UNSET)
        cls.in_ = strawberry.field(name="in", default=UNSET)  # type: ignore[attr-defined]
        if nullable:
            annotations["is_"] = NullTest | None
            cls.is_ = strawberry.field(name="is", default=UNSET)  # type: ignore[attr-defined]
        cls.__annotations__ = annotations
        _OPERATORS[key] = strawberry.input(
            cls, description=f"Conditions on a {name} value; all must hold."
        )
    return _OPERATORS[key]


def _is_enum(scalar: object) -> bool:
    return isinstance(scalar, type) and issubclass(scalar, enum.Enum)
