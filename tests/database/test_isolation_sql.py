"""Ben, with his own token and SQL of his choice, gets nothing of Ana's: what needs a story to be tried.

`tests/isolation` tries every table, key and function by what the catalogue says of them. Each test
here shows first, as an administrator, that what he is after is there (`snapshot`), and last that
it still is, unchanged.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import uuid4

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.database.belongings import Belongings, furnish, snapshot
from tests.fixtures.people import AsUser, NewUser


@dataclass(frozen=True)
class Case:
    """Ana's belongings, and Ben who is after them."""

    ana: Belongings
    ben: Viewer
    bens: Belongings
    ana_viewer: Viewer


@pytest.fixture
async def case(new_user: NewUser, owner: asyncpg.Connection) -> AsyncIterator[Case]:
    ana, ben = await new_user("Ana"), await new_user("Ben")
    found = Case(await furnish(owner, ana), ben, await furnish(owner, ben), ana)
    before = await snapshot(owner, found.ana)
    yield found
    assert await snapshot(owner, found.ana) == before


async def sqlstate_and_constraint(
    connection: asyncpg.Connection, sql: str, *arguments: object
) -> tuple[str, str | None, str]:
    """What a failing statement tells: SQLSTATE, constraint, message."""
    with pytest.raises(asyncpg.PostgresError) as failed:
        await connection.execute(sql, *arguments)
    error = failed.value
    return error.sqlstate, getattr(error, "constraint_name", None), str(error)


async def test_a_subject_that_is_no_uuid_reads_nothing(case: Case, as_user: AsUser) -> None:
    async with as_user(case.ben) as connection:
        await connection.execute(
            """select set_config('request.jwt.claims', '{"sub": "null"}', true)"""
        )
        told = await sqlstate_and_constraint(connection, "select * from public.conversations")

    assert told[0] == "22P02"


@pytest.mark.parametrize("speaker", ["user", "assistant", "system"])
async def test_ben_says_nothing_in_anas_conversation_even_through_the_server(
    speaker: str, case: Case, as_user: AsUser
) -> None:
    insert = (
        "insert into public.messages (conversation_id, role, content) "
        "values ($1, $2::public.message_role, 'hello')"
    )

    async with as_user(case.ben, "cairn_server") as connection:
        hers = await sqlstate_and_constraint(connection, insert, case.ana.conversation, speaker)
    async with as_user(case.ben, "cairn_server") as connection:
        closed = await sqlstate_and_constraint(connection, insert, case.ana.archived, speaker)
    async with as_user(case.ben, "cairn_server") as connection:
        missing = await sqlstate_and_constraint(connection, insert, uuid4(), speaker)

    assert hers[0] == "CA404"
    assert hers == closed == missing


async def test_ben_forges_no_reply_in_his_own_conversation(case: Case, as_user: AsUser) -> None:
    for verb in (
        "insert into public.messages (conversation_id, role, content) "
        "values ($1, 'assistant', 'You are cured.')",
        "update public.messages set content = 'You are cured.' where conversation_id = $1",
        "update public.messages set role = 'assistant' where conversation_id = $1",
    ):
        async with as_user(case.ben) as connection:
            told = await sqlstate_and_constraint(connection, verb, case.bens.conversation)
        assert told[0] == "42501"


async def test_the_thread_of_anas_leads_ben_to_a_conversation_of_his_own(
    case: Case, as_user: AsUser
) -> None:
    async with as_user(case.ben) as connection:
        found = await connection.fetchrow(
            "select * from public.find_or_start_conversation('chatgpt', $1)", case.ana.thread
        )

    assert found["id"] != case.ana.conversation
    assert found["user_id"] == case.ben.user_id


async def test_ben_restores_nothing_of_anas_and_learns_not_that_it_is_there(
    case: Case, as_user: AsUser
) -> None:
    restore = "select * from public.restore_conversation($1)"

    async with as_user(case.ben) as connection:
        archived = await sqlstate_and_constraint(connection, restore, case.ana.archived)
    async with as_user(case.ben) as connection:
        active = await sqlstate_and_constraint(connection, restore, case.ana.conversation)
    async with as_user(case.ben) as connection:
        missing = await sqlstate_and_constraint(connection, restore, uuid4())

    assert archived[0] == "CA404"
    assert archived == active == missing


async def test_ben_ends_no_session_of_anas(case: Case, as_user: AsUser) -> None:
    end = "select * from private.end_session($1)"

    async with as_user(case.ben, "cairn_server") as connection:
        hers = await sqlstate_and_constraint(connection, end, case.ana.session)
    async with as_user(case.ben, "cairn_server") as connection:
        missing = await sqlstate_and_constraint(connection, end, uuid4())

    assert hers[0] == "CA404"
    assert hers == missing


async def test_ben_enters_with_no_session_of_anas(case: Case, as_user: AsUser) -> None:
    async with as_user(case.ben, "cairn_server") as connection:
        admitted = await connection.fetchval(
            "select private.admit_session($1, now() + interval '1 hour', 'api', null, null, now())",
            case.ana.session,
        )

    assert admitted is False


async def test_an_idempotency_key_of_anas_is_free_for_ben(case: Case, as_user: AsUser) -> None:
    claim = "select private.claim_idempotency_key('startConversation', 'monday', 'hash', $1)"
    hers, his = uuid4(), uuid4()
    async with as_user(case.ana_viewer, "cairn_server") as connection:
        assert await connection.fetchval(claim, hers) is None

    async with as_user(case.ben, "cairn_server") as connection:
        assert await connection.fetchval(claim, his) is None


@pytest.mark.parametrize("role", ["postgres", "service_role", "supabase_admin", "authenticator"])
async def test_the_login_of_the_api_takes_no_role_that_passes_policies(
    role: str, as_user: AsUser
) -> None:
    async with as_user() as connection:
        await connection.execute("reset role")
        told = await sqlstate_and_constraint(connection, f"set local role {role}")

    assert told[0] == "42501"
