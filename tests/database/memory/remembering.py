"""Remembers things, by SQL."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.fixtures.people import AsUser

EMBED = (
    "insert into public.memory_vectors (id, embedder, embedding, search) "
    "values ($1, $2, $3::text::extensions.halfvec, to_tsvector('simple', $4::text))"
)


def wave(*signs: int, dimensions: int = 768) -> str:
    """Write a vector whose first dimensions have these signs, and the others are 1."""
    values = [str(sign) for sign in signs] + ["1"] * (dimensions - len(signs))
    return f"[{','.join(values)}]"


async def remember(
    as_user: AsUser, viewer: Viewer, content: str = "She walks.", **values: Any
) -> UUID:
    """Store a memory of hers that may be found, or as `values` say."""
    columns = {
        "content": content,
        "memory_type": "personal_fact",
        "is_consented": True,
        "validation_passed": True,
        **values,
    }
    places = ", ".join(f"${number}" for number in range(1, len(columns) + 1))
    async with as_user(viewer, "cairn_server") as connection:
        stored: UUID = await connection.fetchval(
            f"insert into public.memories ({', '.join(columns)}) values ({places}) returning id",
            *columns.values(),
        )
    return stored


async def embed(
    as_user: AsUser, viewer: Viewer, memory: UUID, embedding: str = "", embedder: str = "a-model"
) -> None:
    async with as_user(viewer, "cairn_server") as connection:
        await connection.execute(EMBED, memory, embedder, embedding or wave(), "she walks")


async def read(owner: asyncpg.Connection, memory: UUID) -> asyncpg.Record:
    return await owner.fetchrow("select * from public.memories where id = $1", memory)


async def has_vector(owner: asyncpg.Connection, memory: UUID) -> bool:
    found: bool = await owner.fetchval(
        "select exists (select from public.memory_vectors where id = $1)", memory
    )
    return found


async def refused(connection: asyncpg.Connection, sql: str, *arguments: object) -> str:
    """Give the name of the constraint, or the SQLSTATE, that a statement fails with."""
    with pytest.raises(asyncpg.PostgresError) as failed:
        await connection.execute(sql, *arguments)
    return str(getattr(failed.value, "constraint_name", None) or failed.value.sqlstate)
