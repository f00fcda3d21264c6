"""Gives a person a row in each table of accounts and chat, as an administrator would."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

import asyncpg

from graphql_api.auth import Viewer

TABLES = (
    "users", "user_service_profiles", "user_sessions",
    "conversations", "messages", "thread_mappings", "conversation_summaries",
    "live_events", "live_heads",
)  # fmt: skip


@dataclass(frozen=True)
class Belongings:
    """The rows of one person.

    Attributes:
        user_id: whose.
        conversation: an active one, titled `secret`, with one message.
        archived: another, in the archive.
        message: what she said in `conversation`.
        thread: the outside thread, on `chatgpt`, that leads to `conversation`.
        session: her sign-in.
    """

    user_id: UUID
    conversation: UUID
    archived: UUID
    message: UUID
    thread: str
    session: UUID


async def furnish(owner: asyncpg.Connection, viewer: Viewer) -> Belongings:
    """Insert what `Belongings` names for `viewer`, who has signed up, and what hangs on it."""
    assert viewer.user_id is not None
    user_id, conversation, archived, message = viewer.user_id, uuid4(), uuid4(), uuid4()
    session = uuid4()
    thread = f"thread-{conversation}"
    await owner.execute(
        "insert into public.user_service_profiles (user_id, service_type) values ($1, 'chat')",
        user_id,
    )
    await owner.execute(
        "insert into public.user_sessions (id, user_id, expires_at) "
        "values ($1, $2, now() + interval '1 hour')",
        session,
        user_id,
    )
    await owner.execute(
        "insert into public.conversations (id, user_id, title) "
        "values ($1, $3, 'secret'), ($2, $3, 'put away')",
        conversation,
        archived,
        user_id,
    )
    await owner.execute(
        "update public.conversations set status = 'archived' where id = $1", archived
    )
    await owner.execute(
        "insert into public.messages (id, user_id, conversation_id, role, content) "
        "values ($1, $2, $3, 'user', 'a secret')",
        message,
        user_id,
        conversation,
    )
    await owner.execute(
        "insert into public.thread_mappings (user_id, conversation_id, source, "
        "external_thread_id) values ($1, $2, 'chatgpt', $3)",
        user_id,
        conversation,
        thread,
    )
    await owner.execute(
        "insert into public.conversation_summaries (user_id, conversation_id, summary, "
        "through_turn) values ($1, $2, 'about a secret', 1)",
        user_id,
        conversation,
    )
    return Belongings(user_id, conversation, archived, message, thread, session)


async def snapshot(owner: asyncpg.Connection, person: Belongings) -> dict[str, list[str]]:
    """Give all that a person has there, as text, by table; empty tables fail the test that asks."""
    found = {
        table: [
            row[0]
            for row in await owner.fetch(
                f"select to_jsonb(t)::text from public.{table} t "
                f"where {'id' if table == 'users' else 'user_id'} = $1 order by 1",
                person.user_id,
            )
        ]
        for table in TABLES
    }
    assert [table for table, rows in found.items() if not rows] == []
    return found
