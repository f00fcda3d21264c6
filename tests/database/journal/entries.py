"""Entries of a journal, as tests write and read them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

import asyncpg

Write = Callable[..., Awaitable[asyncpg.Record]]


async def read(owner: asyncpg.Connection, entry: UUID) -> asyncpg.Record:
    return await owner.fetchrow("select * from public.journal_entries where id = $1", entry)
