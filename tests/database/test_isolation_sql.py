"""Ben, with his own token and SQL of his choice, gets nothing of Ana's.

Each test shows first, as an administrator, that what he is after is there (`snapshot`), and last
that it still is, unchanged.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import uuid4

import asyncpg
import pytest

from graphql_api.auth import ANONYMOUS, Viewer
from graphql_api.migrations import MIGRATIONS
from tests.database.belongings import Belongings, furnish, snapshot
from tests.fixtures.people import AsUser, NewUser
from tests.fixtures.seeded import KEY_COLUMN, OWNER_COLUMN, tables

ROLES = ("authenticated", "cairn_server")
# Read off the migrations, so that a new table is tried without being named here.
TABLES = sorted(
    name
    for file in MIGRATIONS.glob("*.sql")
    for name in re.findall(r"^create table public\.(\w+)", file.read_text(), re.MULTILINE)
)

every_table = pytest.mark.parametrize("table", TABLES)
every_role = pytest.mark.parametrize("role", ROLES)


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


async def test_every_table_is_tried(owner: asyncpg.Connection) -> None:
    assert set(await tables(owner)) == set(TABLES)


@every_role
@every_table
async def test_ben_reads_none_of_anas_rows(
    table: str, role: str, case: Case, as_user: AsUser
) -> None:
    key = KEY_COLUMN.get(table, "id")

    async with as_user(case.ben, role) as connection:
        by_id = await connection.fetch(
            f"select * from public.{table} where {key} = $1", case.ana.rows[table]
        )
        owners = await connection.fetch(
            f"select distinct {OWNER_COLUMN.get(table, 'user_id')} from public.{table}"
        )

    assert by_id == []
    assert [row[0] for row in owners] == [case.ben.user_id]


@every_role
@every_table
async def test_ben_changes_none_of_anas_rows(
    table: str, role: str, case: Case, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    granted = await owner.fetch(
        "select a.attname from pg_attribute a where a.attrelid = $1::text::regclass "
        "and a.attnum > 0 and not a.attisdropped "
        "and has_column_privilege($2::text, a.attrelid, a.attnum, 'update')",
        f"public.{table}",
        role,
    )
    columns = [row["attname"] for row in granted]
    key = KEY_COLUMN.get(table, "id")
    statement = f"update public.{table} set %s where {key} = $1"

    async with as_user(case.ben, role) as connection:
        if columns:
            sets = ", ".join(f"{column} = {column}" for column in columns)
            answer = await connection.execute(statement % sets, case.ana.rows[table])
            assert answer == "UPDATE 0"
        else:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement % f"{key} = {key}", case.ana.rows[table])


@every_role
@every_table
async def test_ben_deletes_none_of_anas_rows(
    table: str, role: str, case: Case, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    may_delete = await owner.fetchval(
        "select has_table_privilege($2::text, $1::text, 'delete')", f"public.{table}", role
    )
    statement = f"delete from public.{table} where {KEY_COLUMN.get(table, 'id')} = $1"

    async with as_user(case.ben, role) as connection:
        if may_delete:
            assert await connection.execute(statement, case.ana.rows[table]) == "DELETE 0"
        else:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement, case.ana.rows[table])


@every_role
@every_table
async def test_ben_inserts_nothing_in_anas_name(
    table: str, role: str, case: Case, as_user: AsUser
) -> None:
    column = OWNER_COLUMN.get(table, "user_id")

    async with as_user(case.ben, role) as connection:
        # Whole rows, whatever their columns are: her own, with a new id.
        told = await sqlstate_and_constraint(
            connection, f"insert into public.{table} ({column}) values ($1)", case.ana.user_id
        )

    assert told[0] == "42501"


@every_table
async def test_an_anonymous_caller_touches_no_table(
    table: str, case: Case, as_user: AsUser
) -> None:
    key = KEY_COLUMN.get(table, "id")
    for statement in (
        f"select {key} from public.{table}",
        f"insert into public.{table} default values",
        f"update public.{table} set {key} = {key}",
        f"delete from public.{table}",
    ):
        async with as_user(ANONYMOUS) as connection:
            told = await sqlstate_and_constraint(connection, statement)
        assert told[0] == "42501"


@every_role
@every_table
async def test_without_claims_there_are_no_rows(
    table: str, role: str, case: Case, as_user: AsUser
) -> None:
    async with as_user(ANONYMOUS, role) as connection:
        assert await connection.fetch(f"select * from public.{table}") == []


async def test_a_subject_that_is_no_uuid_reads_nothing(case: Case, as_user: AsUser) -> None:
    async with as_user(case.ben) as connection:
        await connection.execute(
            """select set_config('request.jwt.claims', '{"sub": "null"}', true)"""
        )
        told = await sqlstate_and_constraint(connection, "select * from public.conversations")

    assert told[0] == "22P02"


async def test_ben_hangs_no_thread_on_anas_conversation_and_learns_not_that_it_is_there(
    case: Case, as_user: AsUser
) -> None:
    insert = (
        "insert into public.thread_mappings (conversation_id, source, external_thread_id) "
        "values ($1, 'claude', 'x')"
    )

    async with as_user(case.ben) as connection:
        hers = await sqlstate_and_constraint(connection, insert, case.ana.conversation)
    async with as_user(case.ben) as connection:
        missing = await sqlstate_and_constraint(connection, insert, uuid4())

    assert hers[:2] == ("23503", "thread_mappings_conversation_fkey")
    assert hers == missing


async def test_ben_summarises_no_conversation_of_anas_even_through_the_server(
    case: Case, as_user: AsUser
) -> None:
    insert = (
        "insert into public.conversation_summaries (conversation_id, summary, through_turn) "
        "values ($1, 'stolen', 2)"
    )

    async with as_user(case.ben, "cairn_server") as connection:
        hers = await sqlstate_and_constraint(connection, insert, case.ana.conversation)
    async with as_user(case.ben, "cairn_server") as connection:
        missing = await sqlstate_and_constraint(connection, insert, uuid4())

    assert hers[:2] == ("23503", "conversation_summaries_conversation_fkey")
    assert hers == missing


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


@pytest.mark.parametrize("column", ["in_reply_to", "failure", "attempt", "is_replaced", "draft"])
async def test_ben_says_nothing_of_how_a_reply_fares(
    column: str, case: Case, as_user: AsUser
) -> None:
    async with as_user(case.ben) as connection:
        told = await sqlstate_and_constraint(
            connection, f"update public.messages set {column} = {column}"
        )

    assert told[0] == "42501"


async def test_ben_overwrites_nothing_of_anas_by_on_conflict(case: Case, as_user: AsUser) -> None:
    async with as_user(case.ben) as connection:
        told = await sqlstate_and_constraint(
            connection,
            "insert into public.conversations (id, title) values ($1, 'stolen') "
            "on conflict (id) do update set title = excluded.title",
            case.ana.conversation,
        )

    assert told[0] == "42501"


async def test_ben_learns_no_outside_thread_of_anas_by_on_conflict(
    case: Case, as_user: AsUser
) -> None:
    async with as_user(case.ben) as connection:
        answer = await connection.execute(
            "insert into public.thread_mappings (conversation_id, source, external_thread_id) "
            "values ($1, 'chatgpt', $2) on conflict do nothing",
            case.bens.conversation,
            case.ana.thread,
        )

    assert answer == "INSERT 0 1"


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


async def test_ben_moves_no_row_of_his_to_ana(case: Case, as_user: AsUser) -> None:
    for role in ROLES:
        async with as_user(case.ben, role) as connection:
            told = await sqlstate_and_constraint(
                connection, "update public.conversations set user_id = $1", case.ana.user_id
            )
        assert told[0] == "42501"


@pytest.mark.parametrize(
    "column",
    ["message_count", "last_turn", "version", "crisis_level", "safety_plan_triggered",
     "archived_from", "last_message_at", "completed_at", "created_at", "id"],
)  # fmt: skip
async def test_ben_sets_no_counter_and_no_crisis_level_of_his_own_conversation(
    column: str, case: Case, as_user: AsUser
) -> None:
    async with as_user(case.ben) as connection:
        told = await sqlstate_and_constraint(
            connection, f"update public.conversations set {column} = {column}"
        )

    assert told[0] == "42501"


async def test_ben_awards_himself_nothing(case: Case, as_user: AsUser) -> None:
    for column in ("xp", "current_streak", "is_active", "is_test_account", "email", "deleted_at"):
        async with as_user(case.ben) as connection:
            told = await sqlstate_and_constraint(
                connection, f"update public.users set {column} = {column}"
            )
        assert told[0] == "42501"


@pytest.mark.parametrize(
    "statement",
    [
        "select * from private.denials",
        "select * from private.user_sync_logs",
        "select * from private.idempotency_keys",
        "select private.denials_after(0)",
        "select private.applied_migrations()",
        "select private.end_session(gen_random_uuid())",
        "select private.deny_user(gen_random_uuid(), 'x')",
        "select private.claim_idempotency_key('v', 'k', 'h', gen_random_uuid())",
        "select * from private.jobs",
        "select * from private.model_usage",
        "select * from private.claim_job('{reply}', 1)",
        "select private.hold_job(gen_random_uuid(), 1, 1)",
        "select private.finish_job(gen_random_uuid(), 1)",
        "select private.postpone_job(gen_random_uuid(), 1, 1, 'x')",
        "select private.release_job(gen_random_uuid(), 1)",
        "select private.next_job_at('{reply}')",
        "select private.live_news('{}', '{}')",
        "select private.sweep_live_events()",
        "select private.sweep_model_usage()",
        "select private.spend_model_tokens(-1)",
        "select private.model_tokens_spent(1)",
        "select private.retry_reply(gen_random_uuid())",
        "select private.cancel_reply(gen_random_uuid())",
        "select private.resend_message(gen_random_uuid(), 'x', 'none', gen_random_uuid())",
        "select * from auth.users",
        "select * from supabase_migrations.schema_migrations",
    ],
)
async def test_ben_reaches_nothing_private(statement: str, case: Case, as_user: AsUser) -> None:
    async with as_user(case.ben) as connection:
        told = await sqlstate_and_constraint(connection, statement)

    assert told[0] == "42501"


@pytest.mark.parametrize(
    "statement",
    [
        "select * from private.denials",
        "select * from private.user_sync_logs",
        "select * from private.idempotency_keys",
        "select * from private.jobs",
        "select * from private.model_usage",
        "select private.queue_job('reply', gen_random_uuid(), gen_random_uuid())",
        "select private.lock_job(gen_random_uuid(), 1)",
        "select private.is_served(gen_random_uuid())",
        "insert into public.live_heads values (auth.uid(), 7)",
        "update public.live_heads set seq = 7",
        "insert into public.live_events (user_id, seq, table_name, row_id, operation) "
        "values (auth.uid(), 7, 'messages', gen_random_uuid(), 'insert')",
        "update public.live_events set seq = 7",
        "delete from public.live_events",
        "update public.messages set in_reply_to = null",
        "select private.deny_user(gen_random_uuid(), 'x')",
        "select private.deny('user', gen_random_uuid(), 'x')",
        "select private.sync_user(gen_random_uuid())",
        "select * from auth.users",
    ],
)
async def test_the_server_role_reads_no_private_table_and_denies_nobody(
    statement: str, case: Case, as_user: AsUser
) -> None:
    async with as_user(case.ben, "cairn_server") as connection:
        told = await sqlstate_and_constraint(connection, statement)

    assert told[0] == "42501"


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
