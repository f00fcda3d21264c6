"""A fixed set of data, rich in what goes wrong: ties, nulls, odd text, old and far-off moments.

Everything is made from one seed, ids and moments included, so that answers can be kept in files.
"""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg

ANA = UUID("a0000000-0000-4000-8000-00000000da7a")
BEN = UUID("b0000000-0000-4000-8000-00000000da7a")
CLEO = UUID("c0000000-0000-4000-8000-00000000da7a")
# She has signed up, and nothing else.
DORA = UUID("d0000000-0000-4000-8000-00000000da7a")
PEOPLE = {"Ana": ANA, "Ben": BEN, "Cleo": CLEO, "Dora": DORA}

CONVERSATIONS_EACH = 12

MOMENTS = [
    datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime(2026, 1, 1, tzinfo=UTC),
    datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=UTC),
    datetime(2026, 1, 1, 0, 0, 0, 10, tzinfo=UTC),
    datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
    datetime(2026, 10, 25, 1, 30, 0, 500_000, tzinfo=UTC),
    datetime(2999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
]

TEXTS = [
    "a",
    "A",
    "b",
    "Plain words.",
    "",
    " ",
    'She said "no" \\ and \\"yes\\"',
    "it's 'quoted'; drop table public.messages; --",
    "Grüße, 世界 🌍👩‍👩‍👧",
    "e\u0301 and é",
    "line\nbreak\r\n\ttab",
    "controls \x01\x02\x1f\x7f\x08\x0c",
    "separators \u2028\u2029 and \ufeff",
    "</script><!-- & <b>",
    "$1 %s {0} ${x} \x1b[0m",
    "null",
    '{"a": 1}',
    "\U0010ffff\ue000\ufffd",
]

METADATA = [
    {},
    {"a": 1, "b": [1, 2.5, -0.125, None, True, False], "c": {"d": {"e": []}}},
    {"": "", 'k"\\\n': 'v"\\\n\u2028🌍', "longer key": 12345678901234567890},
    {"small": 1e-7, "large": 1e21, "bb": 0, "a": "x"},
]


def uuid_of(numbers: random.Random) -> UUID:
    """Give a random uuid of version 7's shape."""
    return UUID(int=numbers.getrandbits(128) & ~(0xF << 76) | (0x7 << 76))


async def insert_data(connection: asyncpg.Connection) -> None:
    """Insert it all, unless it is there; `connection` must pass row-level security.

    Only `users.updated_at` is of the day: a trigger sets it.
    """
    if await connection.fetchval("select exists (select from auth.users where id = $1)", ANA):
        return
    numbers = random.Random("cairn")
    async with connection.transaction():
        for name, user_id in PEOPLE.items():
            await _sign_up(connection, name, user_id)
            if user_id == DORA:
                continue
            await _sessions(connection, numbers, user_id)
            for _ in range(CONVERSATIONS_EACH):
                await _conversation(connection, numbers, user_id)


async def _sign_up(connection: asyncpg.Connection, name: str, user_id: UUID) -> None:
    moment = MOMENTS[1]
    await connection.execute(
        """
        insert into auth.users
          (id, aud, role, email, raw_user_meta_data, email_confirmed_at, created_at, updated_at)
        values ($1, 'authenticated', 'authenticated', $2, '{"birth_year": 1990}', $3, $3, $3)
        """,
        user_id,
        f"{name.lower()}@data.example",
        moment,
    )
    await connection.execute(
        """
        update public.users
        set full_name = $2, display_name = $3, bio = $4, xp = $5, current_streak = 3,
            avatar_url = 'https://pictures.example/' || $2, last_active_at = $6
        where id = $1
        """,
        user_id,
        name,
        None if user_id == BEN else f'"{name}" \\ 🌍',
        None if user_id == CLEO else "Likes\nlines.",
        user_id.bytes[0],
        moment,
    )


async def _sessions(connection: asyncpg.Connection, numbers: random.Random, user_id: UUID) -> None:
    for _ in range(4):
        seen = numbers.choice(MOMENTS)
        await connection.execute(
            """
            insert into public.user_sessions
              (id, user_id, service_type, user_agent, expires_at, created_at, last_activity_at, ended_at)
            values ($1, $2, 'api', $3, $4, $5, $5, $6)
            """,
            uuid_of(numbers),
            user_id,
            numbers.choice([None, *TEXTS]),
            seen + timedelta(days=1),
            seen,
            numbers.choice([None, seen]),
        )


async def _conversation(
    connection: asyncpg.Connection, numbers: random.Random, user_id: UUID
) -> None:
    conversation_id, created = uuid_of(numbers), numbers.choice(MOMENTS)
    await connection.execute(
        """
        insert into public.conversations (id, user_id, title, description, kind, metadata, created_at, last_message_at)
        values ($1, $2, $3, $4, $5, $6, $7, $7)
        """,
        conversation_id,
        user_id,
        numbers.choice([None, None, *TEXTS]),
        numbers.choice([None, *TEXTS]),
        numbers.choice(["chat", "chat", "voice", "guided", "check_in"]),
        json.dumps(numbers.choice(METADATA)),
        created,
    )
    turns = numbers.choice([0, 1, 2, 3, 7, 20, 21, 40])
    await _messages(connection, numbers, user_id, conversation_id, turns)
    await _summaries(connection, numbers, user_id, conversation_id, turns)
    await _threads(connection, numbers, user_id, conversation_id)
    await _set_states(connection, numbers, conversation_id)


async def _messages(
    connection: asyncpg.Connection,
    numbers: random.Random,
    user_id: UUID,
    conversation_id: UUID,
    turns: int,
) -> None:
    said = [text for text in TEXTS if text.strip()]
    unanswered: UUID | None = None
    for _ in range(turns):
        role = numbers.choice(["user", "user", "assistant", "assistant", "system"])
        moment = numbers.choice(MOMENTS)
        is_reply = role == "assistant"
        message_id = uuid_of(numbers)
        state = (
            numbers.choice(["queued", "streaming", "complete", "failed", "failed", "cancelled"])
            if is_reply
            else "complete"
        )
        await connection.execute(
            """
            insert into public.messages
              (id, conversation_id, user_id, role, message_type, state, content, crisis_level,
               model_used, tokens_used, response_time_ms, metadata, created_at, updated_at, failure,
               draft, in_reply_to, attempt, is_replaced)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13, $14, $15, $16, $17,
                    $18)
            """,
            message_id,
            conversation_id,
            user_id,
            role,
            numbers.choice(["text", "voice", "image"]),
            state,
            numbers.choice(said),
            numbers.choice(["none", "none", "none", "low", "critical"]),
            numbers.choice([None, "scripted", 'm"\\']) if is_reply else None,
            numbers.choice([None, 0, 2**31 - 1]) if is_reply else None,
            numbers.choice([None, 17]) if is_reply else None,
            json.dumps(numbers.choice(METADATA)),
            moment,
            numbers.choice(["unavailable", "interrupted"]) if state == "failed" else None,
            numbers.choice([None, *TEXTS]) if state == "streaming" else None,
            unanswered if is_reply else None,
            numbers.choice([0, 1, 7]) if is_reply else 0,
            is_reply and numbers.random() < 0.2,
        )
        if is_reply or role == "user":
            unanswered = message_id if role == "user" else None


async def _summaries(
    connection: asyncpg.Connection,
    numbers: random.Random,
    user_id: UUID,
    conversation_id: UUID,
    turns: int,
) -> None:
    for through_turn in range(0, turns, 7):
        await connection.execute(
            """
            insert into public.conversation_summaries
              (id, user_id, conversation_id, summary, key_topics, emotional_themes, action_items,
               sentiment_overall, therapeutic_progress, through_turn, created_at, updated_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)
            """,
            uuid_of(numbers),
            user_id,
            conversation_id,
            f"Up to {through_turn}: {numbers.choice(TEXTS)}",
            numbers.sample(TEXTS, numbers.choice([0, 1, 3])),
            numbers.choice([[], ["calm"], ["{}", "null", '"']]),
            [],
            numbers.choice([None, -1.0, 0.0, 0.1, 1 / 3, 1e-9, 1.0]),
            numbers.choice([None, *TEXTS]),
            through_turn,
            numbers.choice(MOMENTS),
        )


async def _threads(
    connection: asyncpg.Connection, numbers: random.Random, user_id: UUID, conversation_id: UUID
) -> None:
    for source in numbers.choice([(), (), ("claude",), ("chatgpt", "claude", "other_1")]):
        await connection.execute(
            """
            insert into public.thread_mappings
              (id, user_id, conversation_id, source, external_thread_id, created_at)
            values ($1, $2, $3, $4, $5, $6)
            """,
            uuid_of(numbers),
            user_id,
            conversation_id,
            source,
            f"thread {numbers.getrandbits(32)} {numbers.choice(TEXTS)}",
            numbers.choice(MOMENTS),
        )


async def _set_states(
    connection: asyncpg.Connection, numbers: random.Random, conversation_id: UUID
) -> None:
    for status in numbers.choice(
        [(), (), ("paused",), ("completed",), ("archived",), ("completed", "archived")]
    ):
        await connection.execute(
            "update public.conversations set status = $2 where id = $1", conversation_id, status
        )
    # Neither trigger looks at these columns; in both lists there shall be ties.
    moment = numbers.choice(MOMENTS)
    await connection.execute(
        """
        update public.conversations
        set last_message_at = greatest($2, created_at), updated_at = $2,
            completed_at = case when completed_at is not null then $2::timestamptz end
        where id = $1
        """,
        conversation_id,
        moment,
    )
