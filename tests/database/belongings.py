"""Gives a person one row in every table, as an administrator would."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

import asyncpg

from graphql_api.auth import Viewer
from tests.fixtures.seeded import OWNER_COLUMN, furnish_from_seed, tables


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
        rows: table → id of a row of hers in it.
    """

    user_id: UUID
    conversation: UUID
    archived: UUID
    message: UUID
    thread: str
    session: UUID
    rows: dict[str, UUID]


async def furnish(owner: asyncpg.Connection, viewer: Viewer) -> Belongings:
    """Insert one row into each table for `viewer`, who has signed up.

    Those that tests speak of are written here, the others are as in the seed.
    """
    assert viewer.user_id is not None
    user_id, conversation, archived, message = viewer.user_id, uuid4(), uuid4(), uuid4()
    profile, session, mapping, summary = (uuid4() for _ in range(4))
    thread = f"thread-{conversation}"
    await owner.execute(
        "insert into public.user_service_profiles (id, user_id, service_type) "
        "values ($1, $2, 'chat')",
        profile,
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
        "insert into public.thread_mappings (id, user_id, conversation_id, source, "
        "external_thread_id) values ($1, $2, $3, 'chatgpt', $4)",
        mapping,
        user_id,
        conversation,
        thread,
    )
    await owner.execute(
        "insert into public.conversation_summaries (id, user_id, conversation_id, summary, "
        "through_turn) values ($1, $2, $3, 'about a secret', 1)",
        summary,
        user_id,
        conversation,
    )
    rows = await furnish_from_seed(owner, user_id, await tables(owner)) | {
        "users": user_id,
        "user_service_profiles": profile,
        "user_sessions": session,
        "conversations": conversation,
        "messages": message,
        "thread_mappings": mapping,
        "conversation_summaries": summary,
    }
    return Belongings(user_id, conversation, archived, message, thread, session, rows)


async def snapshot(owner: asyncpg.Connection, person: Belongings) -> dict[str, list[str]]:
    """Give all that a person has, as text, by table; empty tables fail the test that asks."""
    found = {
        table: [
            row[0]
            for row in await owner.fetch(
                f"select to_jsonb(t)::text from public.{table} t "
                f"where {OWNER_COLUMN.get(table, 'user_id')} = $1 order by 1",
                person.user_id,
            )
        ]
        for table in await tables(owner)
    }
    assert [table for table, rows in found.items() if not rows] == []
    return found
