"""Lists in plain Python, from their description in the schema: filter, sort, cut, page."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from tests.reference.rows import Row

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Refused(Exception):
    """The API would refuse the whole request."""


@dataclass(frozen=True)
class Key:
    """One sort key."""

    column: str
    descending: bool


@dataclass(frozen=True)
class Order:
    """How a list is sorted when nobody says otherwise.

    Attributes:
        default: as `orderBy` would say it.
        unique: a column that no two rows of this list share, so that nothing is needed after it.
    """

    default: str
    unique: str | None = None


@dataclass(frozen=True)
class Page:
    """A page of a list."""

    kind: str
    keys: Sequence[Key]
    rows: Sequence[Row]
    total: int
    has_next: bool
    has_previous: bool


def page(kind: str, all_rows: Sequence[Row], order: Order, arguments: Mapping[str, Any]) -> Page:
    """Give the page that `arguments` ask for.

    Raises:
        Refused: there is no such page.
    """
    keys = sort_keys(order, arguments.get("orderBy"))
    rows = [row for row in all_rows if matches(row, arguments.get("where"))]
    for key in reversed(keys):
        rows.sort(key=_by(key), reverse=key.descending)
    after = arguments.get("after")
    before = arguments.get("before")
    window = [
        row
        for row in rows
        if (after is None or _side(row, after, keys) > 0)
        and (before is None or _side(row, before, keys) < 0)
    ]
    first, last = arguments.get("first"), arguments.get("last")
    if first is not None and last is not None:
        raise Refused
    size = last if last is not None else 20 if first is None else first
    if not 0 <= size <= 100:
        raise Refused
    more = len(window) > size
    if last is not None:
        beyond = before is not None and any(_side(row, before, keys) >= 0 for row in rows)
        cut = window[len(window) - size :] if more else window
        return Page(kind, keys, cut, len(rows), beyond, more)
    beyond = after is not None and any(_side(row, after, keys) <= 0 for row in rows)
    return Page(kind, keys, window[:size], len(rows), more, beyond)


def sort_keys(order: Order, asked: Sequence[str] | None) -> list[Key]:
    """Give the sort keys; ties are broken by id."""
    names = list(asked or [order.default])
    if len(names) > 3:
        raise Refused
    keys: list[Key] = []
    for name in names:
        column, _, direction = name.rpartition("_")
        if all(key.column != column.lower() for key in keys):
            keys.append(Key(column.lower(), direction == "DESC"))
        if column.lower() == order.unique:
            return keys
    return [*keys, Key("id", keys[-1].descending)]


def _by(key: Key) -> Callable[[Row], Any]:
    return lambda row: row[key.column]


# Cursors: `<order>.<value>.<value>…`, a checksum of the order and then each sort value -------------


def cursor(row: Row, keys: Sequence[Key]) -> str:
    """Give the place of a row."""
    return ".".join([_checksum(keys), *(_written(row[key.column]) for key in keys)])


def _checksum(keys: Sequence[Key]) -> str:
    text = ",".join(("-" if key.descending else "") + key.column for key in keys)
    return f"{zlib.crc32(text.encode()):08x}"


def _written(value: object) -> str:
    if isinstance(value, datetime):
        return str((value - EPOCH) // timedelta(microseconds=1))
    if isinstance(value, str):
        return value.encode().hex()
    return str(value)


def _side(row: Row, text: str, keys: Sequence[Key]) -> int:
    """Tell whether a row comes after a place (1), before it (-1) or is there (0)."""
    checksum, *values = text.split(".")
    if checksum != _checksum(keys) or len(values) != len(keys):
        raise Refused
    for key, value in zip(keys, values, strict=True):
        own, other = row[key.column], _read(row[key.column], value)
        if own != other:
            return 1 if (own > other) != key.descending else -1
    return 0


def _read(like: object, text: str) -> Any:
    try:
        if isinstance(like, datetime):
            return EPOCH + timedelta(microseconds=int(text))
        if isinstance(like, UUID):
            return UUID(text)
        return int(text) if isinstance(like, int) else bytes.fromhex(text).decode()
    except ValueError as error:
        raise Refused from error


# Filters -------------------------------------------------------------------------------------------


def matches(row: Row, where: Mapping[str, Any] | None) -> bool:
    """Tell whether a row fulfils all conditions; what is null asks for nothing."""
    return where is None or all(
        _holds(row, name, condition) for name, condition in where.items() if condition is not None
    )


def _holds(row: Row, name: str, condition: Any) -> bool:
    if name == "and":
        return all(matches(row, one) for one in condition)
    if name == "or":
        return any(matches(row, one) for one in condition)
    if name == "not":
        return not matches(row, condition)
    value = row[snake_case(name)]
    return all(
        _compares(value, operator, operand)
        for operator, operand in condition.items()
        if operand is not None
    )


def _compares(value: Any, operator: str, operand: Any) -> bool:
    """Compare as SQL does: null fulfils nothing but `is`."""
    if operator == "is":
        return bool((value is None) == (operand == "NULL"))
    if value is None:
        return False
    match operator:
        case "eq":
            return bool(value == operand)
        case "neq":
            return bool(value != operand)
        case "gt":
            return bool(value > operand)
        case "gte":
            return bool(value >= operand)
        case "lt":
            return bool(value < operand)
        case "lte":
            return bool(value <= operand)
        case "in":
            return bool(value in operand)
    raise ValueError(operator)


def snake_case(name: str) -> str:
    """Give `created_at` for `createdAt`."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
