"""Makes journeys, as staff would, and begins them, as she would."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import asyncpg


def step(name: str, **more: object) -> dict[str, object]:
    return {"id": name, "title": "A step", "kind": "question", "prompt": "How is it?"} | more


async def write_journey(
    owner: asyncpg.Connection,
    steps: Sequence[dict[str, object]] = (step("one"), step("two"), step("three")),
    *,
    is_published: bool = True,
) -> str:
    """Write a journey of these steps; give its slug."""
    slug = f"journey-{uuid4()}"
    await owner.execute(
        "insert into public.journeys (slug, name, description, steps, estimated_minutes, is_published) "
        "values ($1, 'A walk', 'Around the block.', $2, 10, $3)",
        slug,
        json.dumps(list(steps)),
        is_published,
    )
    return slug


async def begin(connection: asyncpg.Connection, slug: str) -> UUID:
    found: UUID = await connection.fetchval("select id from public.start_journey($1)", slug)
    return found


async def read_session(owner: asyncpg.Connection, session: UUID) -> Any:
    return await owner.fetchrow("select * from public.journey_sessions where id = $1", session)


async def save(
    connection: asyncpg.Connection,
    session: UUID,
    value: object = "calm",
    *,
    key: str = "answer",
    at: str = "one",
) -> Any:
    return await connection.fetchrow(
        "insert into public.checkpoints (journey_session_id, step_id, key, value) "
        "values ($1, $2, $3, $4) returning *",
        session,
        at,
        key,
        json.dumps(value),
    )
