"""Cursors: a row's place in a list, as short text made in SQL and checked here.

`<order>.<value>.<value>…`: the order's checksum, then each sort key, the id last. A cursor of
another order is refused. It is not signed: a forged one is only another place in a list
that row-level security has already cut down to the caller's own rows.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from graphql_api.catalog import Column, Kind
from graphql_api.errors import BadInput

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MAXIMUM_LENGTH = 2_000


@dataclass(frozen=True, slots=True)
class OrderKey:
    """One sort key of a list."""

    column: Column
    descending: bool


def order_tag(keys: Sequence[OrderKey]) -> str:
    """Give the checksum of an order: eight hexadecimal digits."""
    text = ",".join(f"{'-' if key.descending else ''}{key.column.name}" for key in keys)
    return f"{zlib.crc32(text.encode()):08x}"


def decode_cursor(text: object, keys: Sequence[OrderKey], *, field: str) -> tuple[object, ...]:
    """Give the sort values that a cursor holds, in the order of `keys`.

    Raises:
        BadInput: it is no cursor of a list in this order.
    """
    parts = text.split(".") if isinstance(text, str) and len(text) <= MAXIMUM_LENGTH else []
    if len(parts) != len(keys) + 1:
        raise BadInput("This is not a cursor.", field=field)
    if parts[0] != order_tag(keys):
        raise BadInput("This cursor belongs to a list in another order.", field=field)
    try:
        return tuple(
            _decode(part, key.column.kind) for part, key in zip(parts[1:], keys, strict=True)
        )
    except (ValueError, OverflowError) as error:
        raise BadInput("This is not a cursor.", field=field) from error


def _decode(part: str, kind: Kind) -> object:
    match kind:
        case "uuid":
            return UUID(hex=part)
        case "int":
            number = int(part)
            if not -(2**31) <= number < 2**31:
                raise ValueError(part)
            return number
        case "timestamptz":
            return EPOCH + timedelta(microseconds=int(part))
        case _:
            return bytes.fromhex(part).decode()


def encode_sql(expression: str, kind: Kind) -> str:
    """Give the SQL that writes one sort value into a cursor; the reverse of `decode_cursor`."""
    match kind:
        case "uuid" | "int":
            return expression
        case "timestamptz":
            return f"(extract(epoch from {expression}) * 1000000)::bigint"
        case _:
            return f"encode(convert_to({expression}::text, 'UTF8'), 'hex')"
