"""Parts, as tests find and read them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

import asyncpg

Find = Callable[..., Awaitable[asyncpg.Record]]

CITE = "select * from private.add_part_evidence($1, $2, $3, $4)"


async def read(owner: asyncpg.Connection, part: UUID) -> asyncpg.Record:
    return await owner.fetchrow("select * from public.parts where id = $1", part)
