"""What a viewer may see, whole: one hand-written select for each kind of object.

Read in one read-only transaction with her role and claims, as the login role of the API.
"""

from __future__ import annotations

import json
from typing import Any, TypeAlias

import asyncpg

from graphql_api.auth import Viewer

Row: TypeAlias = dict[str, Any]
Rows: TypeAlias = dict[str, list[Row]]

USERS = """
select id, email, phone_number, full_name, display_name, bio, avatar_url, current_streak, xp,
       created_at, updated_at, last_active_at
from public.users
"""

SESSIONS = """
select id, user_id, service_type, user_agent, is_active, expires_at, created_at, last_activity_at,
       ended_at
from public.user_sessions
"""

CONVERSATIONS = """
select id, title, description, kind::text, status::text, archived_from::text, crisis_level::text,
       message_count, last_turn, version, metadata::text, created_at, updated_at, last_message_at,
       completed_at
from public.conversations
"""

MESSAGES = """
select id, conversation_id, turn, role::text, message_type::text, state::text, failure::text,
       content, draft, is_replaced, content_hash, crisis_level::text, model_used, tokens_used,
       response_time_ms, metadata::text, created_at, updated_at, in_reply_to
from public.messages
"""

SUMMARIES = """
select id, conversation_id, summary, key_topics, emotional_themes, action_items, sentiment_overall,
       therapeutic_progress, through_turn, created_at
from public.conversation_summaries
"""

THREADS = """
select id, conversation_id, source, external_thread_id, created_at
from public.thread_mappings
"""

# By the name of the GraphQL type.
SELECTS = {
    "User": USERS,
    "UserSession": SESSIONS,
    "Conversation": CONVERSATIONS,
    "Message": MESSAGES,
    "ConversationSummary": SUMMARIES,
    "ThreadMapping": THREADS,
}


# Their values are spelled in capitals in GraphQL.
ENUMS = {
    "kind",
    "status",
    "archived_from",
    "crisis_level",
    "role",
    "message_type",
    "state",
    "failure",
}


async def read_rows(connection: asyncpg.Connection, viewer: Viewer) -> Rows:
    """Give all rows that `viewer` may see, by the name of their GraphQL type."""
    if viewer.user_id is None:
        return {name: [] for name in SELECTS}
    async with connection.transaction(readonly=True):
        await connection.execute(
            "select set_config('role', $1, true), set_config('request.jwt.claims', $2, true)",
            viewer.role,
            viewer.claims,
        )
        return {
            name: [_plain(name, row) for row in await connection.fetch(select)]
            for name, select in SELECTS.items()
        }


def _plain(kind: str, row: asyncpg.Record) -> Row:
    plain = {"__typename": kind, **row}
    for column in ENUMS & plain.keys():
        plain[column] = plain[column] and plain[column].upper()
    if "metadata" in plain:
        plain["metadata"] = json.loads(plain["metadata"])
    return plain
