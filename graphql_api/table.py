"""The words of a declaration: which table a type speaks for, and what its fields mean in SQL.

A declaration only records; `catalog.py` reads all of them off the finished schema and checks them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import strawberry

from graphql_api.lists import PageField
from graphql_api.meaning import (
    MEANING,
    BelongsTo,
    ColumnOf,
    Computed,
    HasMany,
    HasOne,
    Itself,
    Table,
)

Declared = TypeVar("Declared", bound=type)


@strawberry.interface(description="Anything that can be fetched again by its nodeId.")
class Node:
    """Anything that can be fetched again by its nodeId."""

    node_id: strawberry.ID = strawberry.field(
        description="An opaque id, unique over all types; give it to `node`."
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


def taking(cls: Declared) -> Declared:
    """Declare the input of a verb; its docstring is the description."""
    declared: Declared = strawberry.input(cls, description=inspect.cleandoc(cls.__doc__ or ""))
    return declared


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


def has_one(column: str, description: str) -> Any:
    """Declare the one row whose `column` holds this row's id; null when there is none."""
    return strawberry.field(description=description, metadata={MEANING: HasOne(column)})


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
