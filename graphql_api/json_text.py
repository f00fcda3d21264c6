"""JSON as SQL text: how objects and column values are written inside Postgres."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from graphql_api.catalog import Column
from graphql_api.sql import Expression, Piece, literal

V = TypeVar("V")

# ISO 8601 with microseconds and Z; sessions run in UTC. `to_json` would drop trailing zeros.
MOMENT = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'


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
