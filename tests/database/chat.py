"""Says things in conversations, and looks at them, by SQL."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

import asyncpg

from graphql_api.auth import Viewer
from tests.fixtures.people import AsUser

Start = Callable[..., Awaitable[UUID]]

SAY = (
    "insert into public.messages (conversation_id, role, content, state, idempotency_key, failure) "
    "values ($1, $2::public.message_role, $3, $4::public.message_state, $5, "
    "case when $4::public.message_state = 'failed' then 'refused'::public.reply_failure end) "
    "returning *"
)


async def say(
    connection: asyncpg.Connection,
    conversation: UUID,
    content: str = "I slept badly.",
    *,
    role: str = "user",
    state: str = "complete",
    key: str | None = None,
) -> asyncpg.Record:
    return await connection.fetchrow(SAY, conversation, role, content, state, key)


async def read(owner: asyncpg.Connection, conversation: UUID) -> asyncpg.Record:
    return await owner.fetchrow("select * from public.conversations where id = $1", conversation)


async def move(as_user: AsUser, viewer: Viewer, conversation: UUID, status: str) -> None:
    async with as_user(viewer) as connection:
        await connection.execute(
            "update public.conversations set status = $1::text::public.conversation_status "
            "where id = $2",
            status,
            conversation,
        )
