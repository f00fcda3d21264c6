"""Filters: the `where` argument becomes a tree of conditions on declared columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from graphql_api.arguments import Leaf, Symbol, Variables, is_null
from graphql_api.catalog import Column, TableType
from graphql_api.errors import BadInput

MAXIMUM_CONDITIONS = 50
MAXIMUM_VALUES = 100


@dataclass(frozen=True, slots=True)
class Compare:
    """`column operator value`; operator is one of `eq neq gt gte lt lte in`."""

    column: Column
    operator: str
    value: Leaf


@dataclass(frozen=True, slots=True)
class IsNull:
    """Whether the column is null, or not."""

    column: Column
    negated: bool


@dataclass(frozen=True, slots=True)
class All:
    """Every condition holds; true when there is none."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one condition holds; false when there is none."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The condition does not hold; null counts as not holding, so `not` of it is true."""

    condition: Condition


Condition: TypeAlias = Compare | IsNull | All | AnyOf | Not


def plan_filter(kind: TableType, symbol: Symbol | None) -> Condition | None:
    """Plan a `where`; entries that are null count as absent.

    Raises:
        BadInput: more than 50 conditions, or 100 values in a list.
    """
    if symbol is None or is_null(symbol):
        return None
    condition = _all(kind, symbol)
    if _count(condition) > MAXIMUM_CONDITIONS:
        raise BadInput(f"At most {MAXIMUM_CONDITIONS} conditions in a filter.", field="where")
    return condition


def _all(kind: TableType, symbol: Symbol) -> Condition:
    assert isinstance(symbol, dict)  # noqa: S101 - an input object
    conditions: list[Condition] = []
    for name, entry in symbol.items():
        if is_null(entry):
            continue
        if name in ("and", "or"):
            assert isinstance(entry, list)  # noqa: S101 - a list of input objects
            parts = tuple(_all(kind, part) for part in entry)
            conditions.append(All(parts) if name == "and" else AnyOf(parts))
        elif name == "not":
            conditions.append(Not(_all(kind, entry)))
        else:
            conditions.extend(_on_column(_column(kind, name), entry))
    return conditions[0] if len(conditions) == 1 else All(tuple(conditions))


def _column(kind: TableType, name: str) -> Column:
    member = kind.members[name]
    assert isinstance(member, Column)  # noqa: S101 - filters name columns (catalog._check)
    return member


def _on_column(column: Column, symbol: Symbol) -> Sequence[Condition]:
    assert isinstance(symbol, dict)  # noqa: S101 - an input object
    conditions: list[Condition] = []
    for operator, leaf in symbol.items():
        assert isinstance(leaf, Leaf)  # noqa: S101 - operators take scalars or lists of them
        if leaf.sample is None:
            continue
        if operator == "is":
            conditions.append(IsNull(column, negated=leaf.sample.value == "not_null"))
        else:
            value = _bounded(leaf) if operator == "in" else leaf
            conditions.append(Compare(column, operator, value))
    return conditions


def _bounded(leaf: Leaf) -> Leaf:
    """Bound a list at each request: lists of any length share a plan."""

    def read(variables: Variables) -> Any:
        values = leaf.read(variables)
        _check_length(values)
        return values

    _check_length(leaf.sample)
    return Leaf(leaf.sample, read)


def _check_length(values: Sequence[Any]) -> None:
    if len(values) > MAXIMUM_VALUES:
        raise BadInput(f"At most {MAXIMUM_VALUES} values in a list of `in`.", field="where")


def _count(condition: Condition) -> int:
    match condition:
        case All(parts) | AnyOf(parts):
            return 1 + sum(_count(part) for part in parts)
        case Not(part):
            return 1 + _count(part)
    return 1
