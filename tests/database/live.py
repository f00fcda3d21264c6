"""Reads the log of what changed for whom, and holds jobs, by SQL."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import asyncpg

from graphql_api.auth import Viewer

EVENTS = (
    "select seq, table_name, row_id, conversation_id, operation from public.live_events "
    "where user_id = $1 and seq > $2 order by seq"
)
CLAIM = "select * from private.claim_job($1, $2)"


async def head(owner: asyncpg.Connection, user_id: UUID | None) -> int:
    """Give the number of somebody's latest event, 0 without one."""
    found: int = await owner.fetchval(
        "select coalesce(max(seq), 0) from public.live_heads where user_id = $1", user_id
    )
    return found


async def events(
    owner: asyncpg.Connection, user_id: UUID | None, after: int = 0
) -> list[tuple[str, UUID, str]]:
    """Give what somebody's log tells after a number: table, row, operation."""
    rows = await owner.fetch(EVENTS, user_id, after)
    return [(row["table_name"], row["row_id"], row["operation"]) for row in rows]


async def take_role(connection: asyncpg.Connection, viewer: Viewer) -> None:
    """Act as the server, in somebody's name, until the transaction ends."""
    await connection.execute(
        "select set_config('role', 'cairn_server', true), "
        "set_config('request.jwt.claims', $1, true)",
        viewer.claims,
    )


async def claim(connection: asyncpg.Connection, *kinds: str, seconds: float = 60) -> Any:
    """Claim a job; None when there is none."""
    return await connection.fetchrow(CLAIM, list(kinds) or ["reply", "summary"], seconds)


async def jobs_of(owner: asyncpg.Connection, viewer: Viewer) -> list[tuple[str, UUID]]:
    """Give kind and subject of the jobs that wait for somebody."""
    rows = await owner.fetch(
        "select kind, ref_id from private.jobs where user_id = $1 order by kind, id",
        viewer.user_id,
    )
    return [(row["kind"], row["ref_id"]) for row in rows]


async def until_waiting(owner: asyncpg.Connection, connection: asyncpg.Connection) -> None:
    """Return once a connection waits for a lock; fail after five seconds."""
    pid = connection.get_server_pid()
    for _ in range(500):
        if await owner.fetchval("select cardinality(pg_blocking_pids($1)) > 0", pid):
            return
        await asyncio.sleep(0.01)
    raise AssertionError("It does not wait.")
