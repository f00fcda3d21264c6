"""Insights, as tests write and read them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

import asyncpg

from graphql_api.auth import Viewer
from tests.fixtures.people import AsUser

Tell = Callable[..., Awaitable[asyncpg.Record]]


async def read(owner: asyncpg.Connection, insight: UUID) -> asyncpg.Record:
    return await owner.fetchrow("select * from public.insights where id = $1", insight)


async def change(as_user: AsUser, viewer: Viewer, insight: UUID, what: str) -> asyncpg.Record:
    async with as_user(viewer) as connection:
        return await connection.fetchrow(
            f"update public.insights set {what} where id = $1 returning *", insight
        )
