"""Lists: connections as Relay has them, and the arguments that follow from what is listed."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.base import get_object_definition
from strawberry.types.field import StrawberryField
from strawberry.types.unset import UNSET

from graphql_api.meaning import PAGE_DEFAULT, PAGE_MAXIMUM, Table

T = TypeVar("T")

# Types that are only known at run time: mypy takes no variable in a subscript of `list`.
several: Any = list


@strawberry.type(description="Where a page lies in its list.")
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


class LazyField(StrawberryField):
    """A field whose arguments are made when the schema is, since they follow from other types."""

    def make_arguments(self) -> list[StrawberryArgument]:
        """Give the arguments."""
        raise NotImplementedError

    @property
    def arguments(self) -> list[StrawberryArgument]:
        """The arguments, made at first use."""
        if self._arguments is None:
            self._arguments = self.make_arguments()
        return self._arguments

    @arguments.setter
    def arguments(self, value: list[StrawberryArgument]) -> None:
        self._arguments = value


class CountField(LazyField):
    """`totalCount(mode:)`."""

    def make_arguments(self) -> list[StrawberryArgument]:
        """Give the one argument."""
        return [
            StrawberryArgument(
                python_name="mode",
                graphql_name=None,
                type_annotation=StrawberryAnnotation(CountMode),
                default=CountMode.EXACT,
                description="Whether an exact number is worth its price.",
            )
        ]


def _count_field() -> Any:
    return CountField(
        python_name=None,
        type_annotation=StrawberryAnnotation(int),
        description="How many rows the whole list has, whatever the page; counted only when asked.",
    )


@strawberry.type(description="A page of a list; see https://relay.dev/graphql/connections.htm.")
class Connection(Generic[T]):
    """A page of a list."""

    edges: list[Edge[T]] = strawberry.field(description="The rows with their cursors.")
    nodes: list[T] = strawberry.field(description="The rows alone.")
    page_info: PageInfo = strawberry.field(description="Where this page lies in the list.")
    total_count: int = _count_field()


class PageField(LazyField):
    """A list field: its page, filter and order arguments follow from the type that it lists."""

    def make_arguments(self) -> list[StrawberryArgument]:
        """Give `first after last before where orderBy`, as far as the listed table offers them."""
        return page_arguments(self._listed_type())

    def _listed_type(self) -> Any:
        kind: Any = self.type
        definition = get_object_definition(kind)
        if definition is None:
            raise TypeError(f"{self.python_name} is not a Connection")
        listed = definition.type_var_map["T"]
        if hasattr(listed, "resolve_type"):
            listed = listed.resolve_type()
        return listed


def page_arguments(listed: Any) -> list[StrawberryArgument]:
    """Give the arguments of a list of `listed`."""
    declared: Table = listed.__cairn_table__
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
        arguments.append(("order_by", several[order_enum(listed)] | None, "The order of the rows."))
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


def order_enum(listed: Any) -> Any:
    """Give the enum of orders of `listed`: `CREATED_AT_DESC` and the like."""
    if listed not in _ORDERS:
        declared: Table = listed.__cairn_table__
        members = {
            f"{column.upper()}_{direction}": f"{'-' if direction == 'DESC' else ''}{column}"
            for column in declared.orders
            for direction in ("ASC", "DESC")
        }
        # Any: mypy wants a literal name, and this one follows from the listed type.
        make: Any = enum.Enum
        orders = make(f"{listed.__name__}Order", members)
        _ORDERS[listed] = strawberry.enum(
            orders, description=f"Orders of a list of {listed.__name__}; ties are broken by id."
        )
    return _ORDERS[listed]


def filter_input(listed: Any) -> Any:
    """Give the filter of `listed`: one entry for each filterable column, and `and`, `or`, `not`."""
    if listed not in _FILTERS:
        name = f"{listed.__name__}Filter"
        declared: Table = listed.__cairn_table__
        fields = {field.python_name: field for field in _fields(listed)}
        cls: Any = type(name, (), {"__module__": __name__})
        annotations: dict[str, Any] = {}
        for column in declared.filters:
            annotations[column] = operators(fields[column].type) | None
            setattr(cls, column, UNSET)
        lazy: Any = Annotated
        own = lazy[name, strawberry.lazy(__name__)]
        for word in ("and", "or"):
            annotations[f"{word}_"] = several[own] | None
            setattr(cls, f"{word}_", strawberry.field(name=word, default=UNSET))
        annotations["not_"] = own | None
        cls.not_ = strawberry.field(name="not", default=UNSET)
        cls.__annotations__ = annotations
        globals()[name] = _FILTERS[listed] = strawberry.input(
            cls, name=name, description=f"Conditions on a {listed.__name__}; all must hold."
        )
    return _FILTERS[listed]


def _fields(listed: Any) -> Sequence[StrawberryField]:
    definition = get_object_definition(listed, strict=True)
    return definition.fields


@strawberry.enum(description="Whether a value is there.")
class NullTest(enum.Enum):
    """Whether a value is there."""

    NULL = "null"
    NOT_NULL = "not_null"


def operators(column_type: Any) -> Any:
    """Give the operators on a column of this type, named as pg_graphql names them."""
    nullable = hasattr(column_type, "of_type")
    scalar: Any = column_type.of_type if nullable else column_type
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
        annotations: dict[str, Any] = dict.fromkeys(words, scalar | None)
        annotations["in_"] = several[scalar] | None
        cls: Any = type(f"{name}{'OrNull' if nullable else ''}Filter", (), {"__module__": __name__})
        for word in words:
            setattr(cls, word, UNSET)
        cls.in_ = strawberry.field(name="in", default=UNSET)
        if nullable:
            annotations["is_"] = NullTest | None
            cls.is_ = strawberry.field(name="is", default=UNSET)
        cls.__annotations__ = annotations
        _OPERATORS[key] = strawberry.input(
            cls, description=f"Conditions on a {name} value; all must hold."
        )
    return _OPERATORS[key]


def _is_enum(scalar: object) -> bool:
    return isinstance(scalar, type) and issubclass(scalar, enum.Enum)
