"""What is closed to who does not take part, to whoever writes; and what stays open. D18."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.database.chat import say
from tests.database.live import jobs_of
from tests.database.minors.conftest import Person
from tests.database.minors.consenting import consent, take_back
from tests.fixtures.people import AsUser, NewUser

NEEDS_GUARDIAN = "A guardian's consent is needed first."
START = "insert into public.conversations (title) values ('On sleep') returning id"


async def refused(as_user: AsUser, viewer: Viewer, sql: str, *arguments: object) -> tuple[str, str]:
    """Give SQLSTATE and sentence of a write by the server in her name."""

    async def carry_out() -> None:
        async with as_user(viewer, "cairn_server") as connection:
            await connection.execute(sql, *arguments)

    with pytest.raises(asyncpg.PostgresError) as error:
        await carry_out()
    return str(error.value.sqlstate), str(error.value)


@pytest.fixture
async def noa(person: Person, as_user: AsUser) -> Viewer:
    """Who had a guardian's consent, wrote, waits for an answer, and has it no longer."""
    noa = await person()
    token = await consent(as_user, noa)
    async with as_user(noa, "cairn_server") as connection:
        conversation = await connection.fetchval(START)
        said = await say(connection, conversation)
        await connection.execute(
            "insert into public.messages (conversation_id, role, state, content, in_reply_to) "
            "values ($1, 'assistant', 'queued', '', $2)",
            conversation,
            said["id"],
        )
        await connection.execute(
            "insert into public.conversation_summaries (conversation_id, summary, through_turn) "
            "values ($1, 'short', 1)",
            conversation,
        )
    await take_back(as_user, token)
    return noa


async def conversation_of(owner: asyncpg.Connection, viewer: Viewer) -> UUID:
    found: UUID = await owner.fetchval(
        "select id from public.conversations where user_id = $1", viewer.user_id
    )
    return found


WRITES = {
    "start": "insert into public.conversations (title) values ('On sleep')",
    "rename": "update public.conversations set title = 'On waking'",
    "describe": "update public.conversations set description = 'x', metadata = '{\"a\": 1}'",
    "first contact": "select public.find_or_start_conversation('chatgpt', 'thread-1')",
    "answer": "update public.messages set state = 'complete', content = 'Good.' where state = 'queued'",
    "draft": "update public.messages set state = 'streaming', draft = 'Go' where state = 'queued'",
    "sum up anew": "update public.conversation_summaries set summary = 'long'",
}


@pytest.mark.parametrize("sql", WRITES.values(), ids=WRITES)
async def test_the_server_writes_nothing_in_her_name(
    sql: str, noa: Viewer, as_user: AsUser
) -> None:
    assert await refused(as_user, noa, sql) == ("CA451", NEEDS_GUARDIAN)


@pytest.mark.parametrize("sql", WRITES.values(), ids=WRITES)
async def test_the_owner_who_passes_policies_writes_nothing_either(
    sql: str, noa: Viewer, owner: asyncpg.Connection
) -> None:
    if not sql.startswith("update"):
        sql = "insert into public.conversations (title, user_id) values ('On sleep', $1)"
    else:
        sql += (" and" if " where " in sql else " where") + " user_id = $1"

    with pytest.raises(asyncpg.PostgresError) as error:
        await owner.execute(sql, noa.user_id)

    assert error.value.sqlstate == "CA451"


@pytest.mark.parametrize(
    "sql",
    [
        "insert into public.messages (conversation_id, role, content) values ($1, 'user', 'x')",
        "insert into public.messages (conversation_id, role, content) values ($1, 'system', 'x')",
        "insert into public.conversation_summaries (conversation_id, summary, through_turn) "
        "values ($1, 'x', 9)",
    ],
)
async def test_nothing_is_added_to_a_conversation_and_no_turn_is_taken(
    sql: str, noa: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    conversation = await conversation_of(owner, noa)

    found = await refused(as_user, noa, sql, conversation)

    turns = await owner.fetchval(
        "select last_turn from public.conversations where id = $1", conversation
    )
    assert (found, turns) == (("CA451", NEEDS_GUARDIAN), 2)


@pytest.mark.parametrize(
    ("trigger", "sql"),
    [
        ("conversations", "insert into public.conversations (title) values ('On sleep')"),
        ("messages", "update public.messages set model_used = 'x'"),
        ("conversation_summaries", "update public.conversation_summaries set summary = 'x'"),
        (
            "messages",
            "insert into public.messages (conversation_id, role, content) "
            "select id, 'user', 'x' from public.conversations",
        ),
        (
            "conversation_summaries",
            "insert into public.conversation_summaries (conversation_id, summary, through_turn) "
            "select id, 'x', 9 from public.conversations",
        ),
    ],
)
async def test_without_the_trigger_the_policy_says_no(
    trigger: str, sql: str, noa: Viewer, superuser: asyncpg.Connection
) -> None:
    transaction = superuser.transaction()
    await transaction.start()
    # As if all of them had been forgotten.
    await superuser.execute(f"alter table public.{trigger} disable trigger user")
    await superuser.execute(
        "select set_config('role', 'cairn_server', true), "
        "set_config('request.jwt.claims', $1, true)",
        noa.claims,
    )

    with pytest.raises(asyncpg.InsufficientPrivilegeError) as error:
        await superuser.execute(sql)

    await transaction.rollback()
    assert "row-level security" in str(error.value)


async def test_each_is_told_what_she_can_do(
    new_user: NewUser, person: Person, as_user: AsUser
) -> None:
    young, silent = await person(), await person(None)
    nobody = await new_user("Nobody", birth_year=1990, is_anonymous=True)
    unknown = await new_user("Nobody", birth_year=None, is_anonymous=True)

    told = [await refused(as_user, who, START) for who in (young, silent, nobody, unknown)]

    assert told == [
        ("CA451", NEEDS_GUARDIAN),
        ("CA451", "Say your year of birth first."),
        ("CA451", "Sign up first: an account without an address cannot show its age."),
        ("CA451", "Say your year of birth first."),
    ]


async def test_a_consent_opens_it_at_once(person: Person, as_user: AsUser) -> None:
    noa = await person()
    closed = await refused(as_user, noa, START)

    await consent(as_user, noa)

    async with as_user(noa, "cairn_server") as connection:
        conversation = await connection.fetchval(START)
        message = await say(connection, conversation)
    assert (closed[0], message["turn"]) == ("CA451", 1)


async def test_a_claim_in_the_token_opens_nothing(person: Person, as_user: AsUser) -> None:
    noa = replace(await person(), aal="aal2")

    assert (await refused(as_user, noa, START))[0] == "CA451"


async def test_somebody_elses_conversation_is_still_missing_and_not_closed(
    ana: Viewer, noa: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """Else the answer would tell of Noa's age."""
    conversation = await conversation_of(owner, noa)

    code, _ = await refused(
        as_user,
        ana,
        "insert into public.messages (conversation_id, role, content) values ($1, 'user', 'x')",
        conversation,
    )

    assert code == "CA404"


async def test_reading_closing_and_deleting_stay_open(
    noa: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    async with as_user(noa) as connection:
        read = await connection.fetchval("select count(*) from public.messages")
        for status in ("paused", "completed", "archived"):
            await connection.execute(
                "update public.conversations set status = $1::text::public.conversation_status",
                status,
            )
    async with as_user(noa, "cairn_server") as connection:
        one = await connection.execute("delete from public.messages where role = 'assistant'")
    counted = await owner.fetchval(
        "select message_count from public.conversations where user_id = $1", noa.user_id
    )
    async with as_user(noa) as connection:
        rest = await connection.execute("delete from public.conversations")

    left = await owner.fetchval(
        "select count(*) from public.messages where user_id = $1", noa.user_id
    )
    assert (read, one, counted, rest, left) == (2, "DELETE 1", 1, "DELETE 1", 0)


async def test_onboarding_safety_and_settings_stay_open(
    noa: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    conversation = await conversation_of(owner, noa)
    async with as_user(noa, "cairn_server") as connection:
        for sql in (
            "insert into public.onboarding (completed) values (true)",
            "update public.profiles set emotional_tone = '{sad}'",
            "insert into public.user_ai_preferences (tone) values ('calm')",
            "insert into public.safety_plans (people_to_ask) values ('{Mum}')",
            "insert into public.safety_contacts (external_first_name, external_phone_number, "
            "allowed_methods, preferred_method) values ('Mum', '+33155550123', '{call}', 'call')",
            "insert into public.user_service_profiles (service_type) values ('chat')",
        ):
            await connection.execute(sql)
        # A danger is noted, and raises the conversation, whatever her age.
        await connection.execute(
            "insert into public.crisis_events (level, source, conversation_id) "
            "values ('high', 'user', $1)",
            conversation,
        )

    level = await owner.fetchval(
        "select crisis_level from public.conversations where id = $1", conversation
    )
    assert level == "high"


async def test_a_deleted_account_goes_whole(noa: Viewer, superuser: asyncpg.Connection) -> None:
    await superuser.execute("set role supabase_auth_admin")
    await superuser.execute("delete from auth.users where id = $1", noa.user_id)
    await superuser.execute("reset role")

    left = [
        await superuser.fetchval(
            f"select count(*) from public.{table} where user_id = $1", noa.user_id
        )
        for table in ("conversations", "messages", "guardian_consents", "profiles")
    ]
    assert left == [0, 0, 0, 0]


async def test_her_jobs_wait_until_she_takes_part_again(
    noa: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    await owner.execute("delete from private.jobs where user_id <> $1", noa.user_id)
    claim = "select * from private.claim_job('{reply}', 60)"
    async with as_user(role="cairn_server") as connection:
        closed = await connection.fetch(claim)
    waiting = await jobs_of(owner, noa)

    await consent(as_user, noa)
    await owner.execute("update private.jobs set run_at = now() where user_id = $1", noa.user_id)
    async with as_user(role="cairn_server") as connection:
        opened = await connection.fetch(claim)

    assert closed == []
    assert len(waiting) == 1
    assert [row["user_id"] for row in opened] == [noa.user_id]


async def test_a_worker_whose_person_no_longer_takes_part_loses_its_claim(
    person: Person, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    noa = await person()
    token = await consent(as_user, noa)
    await owner.execute("delete from private.jobs")
    async with as_user(noa, "cairn_server") as connection:
        conversation = await connection.fetchval(START)
        said = await say(connection, conversation)
        await connection.execute(
            "insert into public.messages (conversation_id, role, state, content, in_reply_to) "
            "values ($1, 'assistant', 'queued', '', $2)",
            conversation,
            said["id"],
        )
    async with as_user(role="cairn_server") as connection:
        job = await connection.fetchrow("select * from private.claim_job('{reply}', 60)")
    await take_back(as_user, token)

    code, _ = await refused(
        as_user, noa, "select private.hold_job($1, $2, 60)", job["id"], job["fence"]
    )

    assert (job["user_id"], code) == (noa.user_id, "CA410")
