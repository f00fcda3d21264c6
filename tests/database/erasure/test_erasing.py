"""A person is gone from every table, by whichever way, and a receipt says how much there was.

NU-165, NU-166, TR-067, X-23, X-70, D20. The tables are asked of the catalogue, so that a new one is
covered.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import asyncpg
import pytest

from graphql_api.auth import Viewer
from graphql_api.local.stack import Urls
from graphql_api.migrations import SEEDS
from tests.database.chat import Start, say
from tests.database.erasure.erasing import (
    FOR_A_WHILE,
    claim,
    count_owned,
    jobs_of,
    receipt_of,
    rows_that_name,
)
from tests.database.live import head, take_role, until_waiting
from tests.fixtures.cluster import TEMPLATE, Cluster
from tests.fixtures.people import AsUser, NewUser

ANA = UUID("a0000000-0000-4000-8000-000000000001")
BEN = UUID("b0000000-0000-4000-8000-000000000002")
DELETE = "delete from auth.users where id = $1"
WAYS = {
    "function": "select private.erase_user($1)",
    "supabase auth": DELETE,
    "dashboard": "delete from public.users where id = $1",
}


@pytest.fixture
async def own(cluster: Cluster, worker_id: str) -> AsyncIterator[Urls]:
    """A database in which Ana and Ben, of the seeds, have something in every table."""
    name = f"cairn_erasure_{worker_id}"
    at = Urls(
        **{
            who: f"{getattr(cluster.urls, who).rsplit('/', 1)[0]}/{name}"
            for who in ("superuser", "owner", "api")
        },
        redis=cluster.urls.redis,
    )
    admin = await asyncpg.connect(cluster.urls.superuser)
    await admin.execute(f"create database {name} template {TEMPLATE} owner postgres")
    owner = await asyncpg.connect(at.owner)
    try:
        await owner.execute("".join(file.read_text() for file in SEEDS))
        await owner.execute(
            "insert into private.idempotency_keys (user_id, key, verb, request_hash, entity_id) "
            "select id, 'k', 'say', 'h', gen_random_uuid() from public.users;"
            "insert into private.model_usage (user_id, hour, tokens) "
            "select id, date_trunc('hour', now()), 7 from public.users"
        )
        yield at
    finally:
        await owner.close()
        await admin.execute(f"drop database {name} with (force)")
        await admin.close()


@pytest.fixture
async def seeded(own: Urls) -> AsyncIterator[asyncpg.Connection]:
    """The dashboard of that database."""
    connection = await asyncpg.connect(own.owner)
    yield connection
    await connection.close()


@pytest.fixture
async def auth(own: Urls) -> AsyncIterator[asyncpg.Connection]:
    """Supabase Auth, on that database."""
    connection = await asyncpg.connect(own.superuser)
    await connection.execute("set role supabase_auth_admin")
    yield connection
    await connection.close()


async def everything_of_others(connection: asyncpg.Connection, person: UUID) -> dict[str, set[str]]:
    """Give every row in which a person's id does not stand, by table."""
    tables = await connection.fetch(
        "select format('%I.%I', n.nspname, c.relname) from pg_class c "
        "join pg_namespace n on n.oid = c.relnamespace "
        "where n.nspname in ('public', 'private', 'auth') and c.relkind = 'r'"
    )
    return {
        table: {
            row[0]
            for row in await connection.fetch(
                f"select t::text from {table} as t where t::text not like $1", f"%{person}%"
            )
        }
        for (table,) in tables
    }


@pytest.mark.parametrize("way", WAYS)
async def test_by_every_way_all_that_is_hers_goes_and_nothing_of_anybody_else(
    way: str, seeded: asyncpg.Connection, auth: asyncpg.Connection
) -> None:
    if way == "function":
        # As it begins, she is closed, and that is written down as well.
        await seeded.execute("select private.begin_erasure($1)", ANA)
    hers, others = await count_owned(seeded, ANA), await everything_of_others(seeded, ANA)
    tables = await seeded.fetch(
        "select 'public.' || relname from pg_class where relnamespace = 'public'::regnamespace "
        "and relkind = 'r' and exists (select from pg_attribute a where a.attrelid = pg_class.oid "
        "and (a.attname = 'user_id' or relname = 'users'))"
    )
    assert {row[0] for row in tables} - set(hers) == set(), "Ana has nothing there to be erased"

    await (auth if way == "supabase auth" else seeded).execute(WAYS[way], ANA)

    left = await rows_that_name(seeded, ANA)
    account = {"auth.users"} if way == "dashboard" else set()
    receipt = await receipt_of(seeded, ANA)
    assert set(left) - FOR_A_WHILE == account
    assert receipt is not None
    assert json.loads(receipt["counts"]) == hers
    assert (receipt["state"], receipt["scope"]) == ("external", "rows" if account else "account")
    assert receipt["cause"] == ("staff" if way == "function" else "deletion")
    assert await jobs_of(seeded, ANA) == ["redis_user", "storage_prefix"]
    after = await everything_of_others(seeded, ANA)
    ours = {"private.erasures", "private.user_sync_logs"}
    assert {t for t in others if after[t] != others[t]} - ours == set()
    assert others["private.user_sync_logs"] <= after["private.user_sync_logs"]


async def test_when_all_is_done_only_a_denial_names_her_and_that_expires(
    seeded: asyncpg.Connection,
) -> None:
    await seeded.execute(DELETE, ANA)
    for _ in range(2):
        job = await claim(seeded, ANA)
        await seeded.execute(
            "select private.finish_erasure_job($1, $2, 3)", job["id"], job["fence"]
        )

    left = await rows_that_name(seeded, ANA)
    receipt = await receipt_of(seeded, ANA)
    await seeded.execute("update private.denials set expires_at = now() - interval '1 second'")
    await seeded.execute("select private.sweep_denials()")

    assert set(left) == {"private.denials"}
    assert receipt is not None
    assert receipt["state"] == "done"
    counts = json.loads(receipt["counts"])
    assert (counts["redis_user"], counts["storage_prefix"]) == (3, 3)
    assert await rows_that_name(seeded, ANA) == {}


async def test_a_receipt_tells_nobody_who_it_was(seeded: asyncpg.Connection) -> None:
    """The hash is that of the id's bytes, as replay needs it; nothing else of hers is in it."""
    await seeded.execute(DELETE, ANA)

    receipt = await receipt_of(seeded, ANA)

    assert receipt is not None
    text = " ".join(str(value) for value in receipt.values())
    for trace in (str(ANA), ANA.hex, "ana@example.com", "Ana", "Moreau"):
        assert trace not in text


async def test_an_account_that_never_had_a_row_has_a_receipt_too(
    seeded: asyncpg.Connection, auth: asyncpg.Connection
) -> None:
    await auth.execute("alter table auth.users disable trigger t900_cairn_follow")
    clara = uuid4()
    await auth.execute("insert into auth.users (id) values ($1)", clara)
    await auth.execute("alter table auth.users enable trigger t900_cairn_follow")
    await seeded.execute(
        "insert into private.user_sync_logs (user_id, sync_type, source, success) "
        "values ($1, 'insert', 'auth.users', false)",
        clara,
    )

    await auth.execute(DELETE, clara)

    receipt = await receipt_of(seeded, clara)
    assert receipt is not None
    assert json.loads(receipt["counts"]) == {"private.user_sync_logs": 1}
    assert receipt["scope"] == "account"
    assert set(await rows_that_name(seeded, clara)) == FOR_A_WHILE


async def test_a_new_table_is_counted_and_emptied_without_anybody_remembering_it(
    seeded: asyncpg.Connection,
) -> None:
    await seeded.execute(
        "create table public.planted (user_id uuid references public.users on delete cascade);"
        "create table private.planted (user_id uuid)"
    )
    for schema in ("public", "private"):
        await seeded.execute(f"insert into {schema}.planted values ($1), ($2)", ANA, BEN)

    await seeded.execute(DELETE, ANA)

    receipt = await receipt_of(seeded, ANA)
    assert receipt is not None
    counts = json.loads(receipt["counts"])
    assert (counts["public.planted"], counts["private.planted"]) == (1, 1)
    for schema in ("public", "private"):
        rows = await seeded.fetch(f"select user_id from {schema}.planted")
        assert [row[0] for row in rows] == [BEN]


async def test_a_deletion_that_would_leave_something_behind_fails_as_a_whole(
    seeded: asyncpg.Connection,
) -> None:
    """A table of public with an owner and no foreign key: the catalogue test forbids it, too."""
    await seeded.execute("create table public.planted (user_id uuid)")
    await seeded.execute("insert into public.planted values ($1)", ANA)
    hers = await count_owned(seeded, ANA)

    for statement in WAYS.values():
        with pytest.raises(asyncpg.PostgresError) as refused:
            await seeded.execute(statement, ANA)
        assert refused.value.sqlstate == "CA409"
        assert "public.planted" in str(refused.value)

    assert await count_owned(seeded, ANA) == hers
    assert await receipt_of(seeded, ANA) is None


async def test_a_deletion_without_a_receipt_fails_as_a_whole(seeded: asyncpg.Connection) -> None:
    hers = await count_owned(seeded, ANA)
    await seeded.execute(
        "alter table private.erasures add constraint planted check (false) not valid"
    )

    for statement in WAYS.values():
        with pytest.raises(asyncpg.CheckViolationError):
            await seeded.execute(statement, ANA)

    assert await count_owned(seeded, ANA) == hers


async def test_what_supabase_auth_itself_logged_of_her_goes_where_it_is_logged(
    seeded: asyncpg.Connection, auth: asyncpg.Connection
) -> None:
    await auth.execute(
        "create table auth.audit_log_entries (id uuid primary key, payload json, ip_address text);"
        "grant all on auth.audit_log_entries to postgres"
    )
    for payload in (
        {"actor_id": str(ANA), "actor_username": "ana@example.com"},
        {"actor_id": "staff", "traits": {"user_id": str(ANA), "user_email": "ana@example.com"}},
        {"actor_id": str(BEN), "actor_username": "ben@example.com"},
    ):
        await seeded.execute(
            "insert into auth.audit_log_entries values (gen_random_uuid(), $1::text::json, '')",
            json.dumps(payload),
        )

    await seeded.execute(DELETE, ANA)

    left = await seeded.fetch("select payload ->> 'actor_id' from auth.audit_log_entries")
    receipt = await receipt_of(seeded, ANA)
    assert [row[0] for row in left] == [str(BEN)]
    assert receipt is not None
    assert json.loads(receipt["counts"])["auth.audit_log_entries"] == 2


async def test_whoever_is_deleted_in_her_row_only_may_come_back_and_is_not_on_the_list(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    assert ana.user_id is not None
    await owner.execute(WAYS["dashboard"], ana.user_id)
    async with as_user(ana, "cairn_server") as connection:
        admitted = await connection.fetchval(
            "select private.admit_session($1, now() + interval '1 hour', 'api', null, null, now())",
            ana.session_id,
        )

    receipt = await receipt_of(owner, ana.user_id)
    exported = await owner.fetch("select subject_hash from private.export_erasures()")
    assert admitted is True
    assert receipt is not None
    assert receipt["subject_hash"] not in [row[0] for row in exported]


# Whoever writes meanwhile ------------------------------------------------------


@pytest.fixture
async def two(database_urls: Urls) -> AsyncIterator[tuple[asyncpg.Connection, asyncpg.Connection]]:
    """A connection of the API, and one of the owner's."""
    pair = await asyncpg.connect(database_urls.api), await asyncpg.connect(database_urls.owner)
    yield pair
    for connection in pair:
        await connection.close()


# What somebody writes, and the table in which one row of hers is there then.
WRITES = {
    "insert into public.messages (conversation_id, role, content) "
    "values ($1, 'user', 'late')": "public.messages",
    "update public.conversations set title = 'late' where id = $1": "public.conversations",
    "insert into public.thread_mappings (conversation_id, source, external_thread_id) "
    "values ($1, 'chatgpt', 'late')": "public.thread_mappings",
    "insert into public.conversation_summaries (conversation_id, summary, through_turn) "
    "values ($1, 'late', 1)": "public.conversation_summaries",
    "update public.user_privacy_settings set data_retention_days = 9 "
    "where $1::uuid is not null": "public.user_privacy_settings",
    "insert into public.consents (kind, consent_version, is_given) "
    "select 'terms', 1, true where $1::uuid is not null": "public.consents",
    "select private.spend_model_tokens(9) where $1::uuid is not null": "private.model_usage",
    "select private.claim_idempotency_key('say', 'late', 'h', $1)": "private.idempotency_keys",
}


@pytest.mark.parametrize(("write", "table"), WRITES.items())
async def test_an_erasure_waits_for_who_is_writing_and_counts_that_too(
    write: str,
    table: str,
    ana: Viewer,
    start: Start,
    owner: asyncpg.Connection,
    two: tuple[asyncpg.Connection, asyncpg.Connection],
) -> None:
    writer, eraser = two
    conversation = await start()
    writing = writer.transaction()
    await writing.start()
    await take_role(writer, ana)
    await writer.execute(write, conversation)

    assert ana.user_id is not None
    erasing = asyncio.create_task(eraser.execute(DELETE, ana.user_id))
    await until_waiting(owner, eraser)
    before = await head(owner, ana.user_id)
    await writing.commit()
    await erasing

    receipt = await receipt_of(owner, ana.user_id)
    assert receipt is not None
    counts = json.loads(receipt["counts"])
    assert counts[table] == 1
    # Also the event of the write itself, which came at its commit.
    silent = table.startswith("private") or table == "public.thread_mappings"
    assert counts["public.live_events"] == before + (0 if silent else 1)
    assert set(await rows_that_name(owner, ana.user_id)) <= FOR_A_WHILE


@pytest.mark.parametrize("write", [write for write in WRITES if not write.startswith("update")])
async def test_who_comes_to_write_during_an_erasure_is_refused_and_leaves_nothing(
    write: str,
    ana: Viewer,
    start: Start,
    owner: asyncpg.Connection,
    two: tuple[asyncpg.Connection, asyncpg.Connection],
) -> None:
    writer, eraser = two
    conversation = await start()
    erasing = eraser.transaction()
    await erasing.start()
    await eraser.execute(DELETE, ana.user_id)

    async def late() -> None:
        async with writer.transaction():
            await take_role(writer, ana)
            await writer.execute(write, conversation)

    writing = asyncio.create_task(late())
    await until_waiting(owner, writer)
    await erasing.commit()
    with pytest.raises(asyncpg.PostgresError) as refused:
        await writing

    assert ana.user_id is not None
    assert refused.value.sqlstate in ("23503", "CA404")
    assert set(await rows_that_name(owner, ana.user_id)) <= FOR_A_WHILE


async def test_an_erasure_that_was_killed_leaves_everything_and_can_be_done_again(
    ana: Viewer,
    start: Start,
    as_user: AsUser,
    owner: asyncpg.Connection,
    superuser: asyncpg.Connection,
    database_urls: Urls,
) -> None:
    conversation = await start()
    async with as_user(ana, "cairn_server") as connection:
        await say(connection, conversation)
    assert ana.user_id is not None
    before = await rows_that_name(owner, ana.user_id)
    victim, gone = await asyncpg.connect(database_urls.owner), asyncio.Event()
    victim.add_termination_listener(lambda _: gone.set())
    await victim.execute("begin")
    await victim.execute("select private.erase_user($1)", ana.user_id)

    await superuser.execute("select pg_terminate_backend($1)", victim.get_server_pid())
    async with asyncio.timeout(5):
        await gone.wait()

    assert await rows_that_name(owner, ana.user_id) == before
    assert await receipt_of(owner, ana.user_id) is None
    await owner.execute("select private.erase_user($1)", ana.user_id)
    assert set(await rows_that_name(owner, ana.user_id)) <= FOR_A_WHILE


async def test_two_erasures_at_once_make_one_receipt(
    ana: Viewer, owner: asyncpg.Connection, database_urls: Urls
) -> None:
    pool = await asyncpg.create_pool(database_urls.owner, min_size=8, max_size=8)

    async def erase(statement: str) -> str:
        try:
            await pool.execute(statement, ana.user_id)
        except asyncpg.PostgresError as error:
            return str(error.sqlstate)
        return "done"

    ended = await asyncio.gather(
        *(erase(WAYS["function"]) for _ in range(25)), *(erase(DELETE) for _ in range(25))
    )
    await pool.close()

    assert ana.user_id is not None
    assert set(ended) <= {"done", "CA404"}
    receipts = await owner.fetchval(
        "select count(*) from private.erasures where subject_hash = private.subject_hash($1)",
        ana.user_id,
    )
    assert receipts == 1
    assert await jobs_of(owner, ana.user_id) == ["redis_user", "storage_prefix"]


async def test_who_is_at_the_door_and_an_erasure_do_not_meet_head_on(
    ana: Viewer,
    as_user: AsUser,
    owner: asyncpg.Connection,
    superuser: asyncpg.Connection,
    two: tuple[asyncpg.Connection, asyncpg.Connection],
) -> None:
    visitor, eraser = two
    admit = "select private.admit_session($1, now() + interval '2 hours', 'api', null, null, now())"
    async with as_user(ana, "cairn_server") as connection:
        await connection.fetchval(admit, ana.session_id)
    held = superuser.transaction()
    await held.start()
    await superuser.execute(
        "select from public.user_sessions where id = $1 for update", ana.session_id
    )

    async def knock() -> bool:
        async with visitor.transaction():
            await take_role(visitor, ana)
            admitted: bool = await visitor.fetchval(admit, ana.session_id)
        return admitted

    knocking = asyncio.create_task(knock())
    await until_waiting(owner, visitor)
    erasing = asyncio.create_task(eraser.execute(DELETE, ana.user_id))
    await until_waiting(owner, eraser)
    await held.rollback()

    assert await knocking is True
    assert await erasing == "DELETE 1"


async def test_an_erasure_leaves_the_people_beside_her_alone(
    ana: Viewer, new_user: NewUser, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    ben = await new_user("Ben")
    async with as_user(ben) as connection:
        await connection.execute("insert into public.conversations (title) values ('His')")
    assert ben.user_id is not None
    before = await rows_that_name(owner, ben.user_id)

    await owner.execute(WAYS["function"], ana.user_id)

    assert await rows_that_name(owner, ben.user_id) == before
