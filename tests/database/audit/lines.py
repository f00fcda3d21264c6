"""Reads audit logs, and says what is wrong with them."""

from __future__ import annotations

from uuid import UUID

import asyncpg

VERIFY = "select seq, fault from private.verify_audit($1, $2, $3)"


async def lines(owner: asyncpg.Connection, user_id: UUID | None) -> list[asyncpg.Record]:
    found: list[asyncpg.Record] = await owner.fetch(
        "select * from public.audit_log where user_id = $1 order by seq", user_id
    )
    return found


async def faults(
    owner: asyncpg.Connection,
    user_id: UUID | None,
    anchor_seq: int | None = None,
    anchor_hash: str | None = None,
) -> list[tuple[int, str]]:
    found = await owner.fetch(VERIFY, user_id, anchor_seq, anchor_hash)
    return [(row["seq"], row["fault"]) for row in found]
