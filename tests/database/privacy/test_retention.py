"""What a person wants to be kept no longer goes by itself. NU-172, NU-207, NU-208, D19."""

from __future__ import annotations

import re
from uuid import UUID

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.database.chat import Start, say
from tests.fixtures.people import AsUser, NewUser

SWEEP = "select private.sweep_retention($1, $2)"
# What does not go by age, and why. A table that is in neither is forgotten: add it to the sweep.
STANDING = "what she knows and keeps up herself, without a date of its own"
SAFETY = "there for her safety"
PARENT = "goes with what it belongs to"
KEPT = {
    "users": "the account itself",
    "user_privacy_settings": "what says how long",
    "consents": "the proof of what she agreed to",
    "erasure_requests": "what says that she goes",
    "live_events": "swept after seven days, everybody's",
    "live_heads": "a number",
    "audit_log": "her protection, without words of hers; a job of its own trims it",
    **dict.fromkeys(
        ("external_identities", "onboarding", "subscriptions", "schedules", "user_badges",
         "user_service_profiles"),
        "of the account",
    ),
    **dict.fromkeys(
        ("thread_mappings", "memory_vectors", "memory_links", "memory_access", "call_summaries",
         "checkpoints", "feedback_log"),
        PARENT,
    ),
    **dict.fromkeys(("safety_contacts", "safety_plans", "guardian_consents"), SAFETY),
    **dict.fromkeys(
        ("profiles", "user_ai_preferences", "user_people", "user_support_system",
         "user_previous_therapy", "user_relationship_status", "user_living_situation",
         "user_spiritual_path", "user_sleep_routine", "user_daily_habits",
         "user_current_practices", "user_current_stressors", "user_themes",
         "user_emotional_patterns", "user_pattern_loops", "user_shadow_themes",
         "user_ancestral_issues", "user_relationship_dynamics", "user_dysregulating_factors",
         "user_value_compass", "user_goals", "user_growth_milestones",
         "user_growth_opportunities", "user_strengths", "user_role_model_traits",
         "user_coping_tools", "user_regulation_strategies", "user_trauma_patterns",
         "user_risk_factors", "user_substance_use", "parts", "part_relationships"),
        STANDING,
    ),
}  # fmt: skip


async def keep(owner: asyncpg.Connection, viewer: Viewer, days: int | None) -> None:
    await owner.execute(
        "update public.user_privacy_settings set data_retention_days = $2 where user_id = $1",
        viewer.user_id,
        days,
    )


async def sweep(as_user: AsUser, batch: int = 10000, part: int | None = None) -> int:
    async with as_user(role="cairn_server") as connection:
        swept: int = await connection.fetchval(SWEEP, batch, part)
    return swept


async def age(owner: asyncpg.Connection, conversation: UUID, days: int) -> None:
    """Make a conversation, and all that was said in it, that many days older."""
    for change in (
        "update public.messages set created_at = created_at - make_interval(days => $2) "
        "where conversation_id = $1",
        "update public.conversations set created_at = created_at - make_interval(days => $2), "
        "last_message_at = last_message_at - make_interval(days => $2) where id = $1",
        "update public.conversation_summaries "
        "set created_at = created_at - make_interval(days => $2) where conversation_id = $1",
    ):
        await owner.execute(change, conversation, days)


async def left(owner: asyncpg.Connection, conversation: UUID) -> tuple[int, int | None]:
    """Count the messages that are there, and those that the conversation says are there."""
    return (
        await owner.fetchval(
            "select count(*) from public.messages where conversation_id = $1", conversation
        ),
        await owner.fetchval(
            "select message_count from public.conversations where id = $1", conversation
        ),
    )


async def test_old_words_go_young_ones_stay_and_the_count_is_exact(
    ana: Viewer, start: Start, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    conversation = await start()
    async with as_user(ana, "cairn_server") as connection:
        for _ in range(3):
            await say(connection, conversation)
    await age(owner, conversation, 31)
    async with as_user(ana, "cairn_server") as connection:
        await say(connection, conversation, "Today I slept.")
        await say(connection, conversation, "", role="assistant", state="queued")
    await keep(owner, ana, 30)

    swept = await sweep(as_user)

    assert swept >= 3
    assert await left(owner, conversation) == (2, 2)
    turns = await owner.fetch(
        "select turn from public.messages where conversation_id = $1 order by turn", conversation
    )
    assert [row["turn"] for row in turns] == [4, 5]


@pytest.mark.parametrize("status", ["completed", "archived"])
async def test_a_conversation_that_is_over_goes_with_all_that_is_in_it(
    status: str, ana: Viewer, start: Start, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    old, young = await start(), await start()
    for conversation in (old, young):
        async with as_user(ana, "cairn_server") as connection:
            await say(connection, conversation)
            await connection.execute(
                "insert into public.conversation_summaries (conversation_id, summary, "
                "through_turn) values ($1, 'short', 1)",
                conversation,
            )
            await connection.execute(
                "update public.conversations set status = $2::text::public.conversation_status "
                "where id = $1",
                conversation,
                status,
            )
    await age(owner, old, 31)
    await keep(owner, ana, 30)

    await sweep(as_user)

    assert await left(owner, old) == (0, None)
    assert await left(owner, young) == (1, 1)


async def test_a_conversation_that_is_open_stays_empty_and_takes_messages(
    ana: Viewer, start: Start, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """No job ends a plain conversation: D4."""
    conversation = await start()
    async with as_user(ana, "cairn_server") as connection:
        await say(connection, conversation)
    await age(owner, conversation, 400)
    await keep(owner, ana, 30)

    await sweep(as_user)
    after = await left(owner, conversation)
    async with as_user(ana, "cairn_server") as connection:
        turn = (await say(connection, conversation))["turn"]

    assert after == (0, 0)
    assert turn == 2


async def test_a_reply_under_way_is_left_alone_however_old(
    ana: Viewer, start: Start, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    conversation = await start()
    async with as_user(ana, "cairn_server") as connection:
        await say(connection, conversation, "", role="assistant", state="queued")
    await age(owner, conversation, 400)
    await keep(owner, ana, 1)

    await sweep(as_user)

    assert await left(owner, conversation) == (1, 1)


async def test_who_set_no_days_keeps_all_and_nobody_elses_go(
    ana: Viewer, start: Start, new_user: NewUser, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    conversation = await start()
    async with as_user(ana, "cairn_server") as connection:
        await say(connection, conversation)
    await age(owner, conversation, 30000)
    await keep(owner, ana, None)
    await keep(owner, await new_user("Ben"), 1)

    await sweep(as_user)

    assert await left(owner, conversation) == (1, 1)


async def test_old_sign_ins_and_exports_go_and_those_in_use_stay(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    await keep(owner, ana, 30)
    await owner.execute(
        "insert into public.user_sessions (id, user_id, expires_at, last_activity_at) values "
        "(gen_random_uuid(), $1, now() - interval '31 days', now() - interval '40 days'), "
        "(gen_random_uuid(), $1, now() + interval '1 hour', now() - interval '40 days'), "
        "(gen_random_uuid(), $1, now() - interval '40 days', now() - interval '29 days')",
        ana.user_id,
    )
    await owner.execute(
        "insert into public.data_exports (user_id, status, error_code, created_at) values "
        "($1, 'failed', 'unavailable', now() - interval '31 days'), "
        "($1, 'requested', null, now() - interval '31 days'), "
        "($1, 'failed', 'unavailable', now())",
        ana.user_id,
    )

    await sweep(as_user)

    sessions = await owner.fetchval(
        "select count(*) from public.user_sessions where user_id = $1", ana.user_id
    )
    exports = await owner.fetch(
        "select status from public.data_exports where user_id = $1 order by created_at",
        ana.user_id,
    )
    assert sessions == 2
    assert [row["status"] for row in exports] == ["requested", "failed"]


async def test_no_more_go_at_once_than_asked_and_the_rest_the_next_time(
    ana: Viewer, start: Start, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    conversation = await start()
    async with as_user(ana, "cairn_server") as connection:
        for _ in range(7):
            await say(connection, conversation)
        await connection.execute(
            "update public.conversations set status = 'completed' where id = $1", conversation
        )
    await age(owner, conversation, 31)
    await sweep(as_user)  # what other tests have left
    await keep(owner, ana, 30)

    swept = [await sweep(as_user, 3) for _ in range(4)]

    assert swept == [3, 3, 2, 0]  # seven messages and their conversation
    assert await left(owner, conversation) == (0, None)


async def test_each_person_is_in_one_of_sixty_parts(
    ana: Viewer, start: Start, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    conversation = await start()
    async with as_user(ana, "cairn_server") as connection:
        await say(connection, conversation)
    await age(owner, conversation, 31)
    await sweep(as_user)
    await keep(owner, ana, 30)

    swept = [await sweep(as_user, part=part) for part in range(60)]

    assert ana.user_id is not None
    hers = ana.user_id.int >> 112
    assert swept.index(1) in (hers * 60 // 65536, hers * 60 // 65536 - 1, hers * 60 // 65536 + 1)
    assert sum(swept) == 1


async def test_every_table_of_hers_is_swept_or_kept_for_a_reason(
    owner: asyncpg.Connection,
) -> None:
    tables = await owner.fetch(
        "select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid "
        "where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attname = 'user_id'"
    )
    body = await owner.fetchval(
        "select prosrc from pg_proc where oid = 'private.sweep_retention'::regproc"
    )

    swept = set(re.findall(r"delete from public\.(\w+)", body))
    assert {row["relname"] for row in tables} - swept - set(KEPT) == set()
    assert swept & set(KEPT) == set()
