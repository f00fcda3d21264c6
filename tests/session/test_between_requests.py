"""What a connection knows when a request has ended: nothing of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest

from graphql_api.errors import Conflict
from graphql_api.session import Database, DatabaseError, Statement
from graphql_api.settings import Settings
from tests.fixtures.people import NewUser

INSERT = "insert into public.conversations (id) values ($1)"
KEPT = "select exists (select from public.conversations where id = $1)"
WHO = Statement("select auth.uid()::text")
STATE = """
select current_user::text as role,
       current_setting('request.jwt.claims', true) as claims,
       current_setting('transaction_read_only') as reads,
       current_setting('statement_timeout') as longest
"""

TIME_OUTS = """
select current_setting('statement_timeout'), current_setting('lock_timeout'),
       current_setting('idle_in_transaction_session_timeout'), current_setting('search_path')
"""


@pytest.fixture
async def narrow(settings: Settings) -> AsyncIterator[Database]:
    """A database with one connection for everybody."""
    database = await Database.connect(settings.model_copy(update={"pool_size": 1}))
    yield database
    await database.close()


async def state(database: Database) -> asyncpg.Record:
    """Look at the one connection as it lies in the pool, outside of any transaction."""
    connection = await database._pool.acquire()
    try:
        return await connection.fetchrow(STATE)
    finally:
        database._pool.give_back(connection, clean=True)


@pytest.mark.parametrize("write", [False, True], ids=["read", "write"])
async def test_a_connection_between_two_requests_is_nobodys(
    narrow: Database, new_user: NewUser, write: bool
) -> None:
    ana = await new_user("Ana")
    await narrow.run(ana, WHO)
    before = await state(narrow)

    await narrow.run(ana, WHO, write=write)
    with pytest.raises(DatabaseError):
        await narrow.run(ana, Statement("select 1 / 0"), write=write)
    after = await state(narrow)

    assert after["role"] == "cairn_api"
    assert after["claims"] in (None, "")
    assert after == before


async def test_behind_a_pooler_a_transaction_brings_its_own_settings_and_leaves_none(
    settings: Settings, new_user: NewUser
) -> None:
    ana = await new_user("Ana")
    database = await Database.connect(
        settings.model_copy(update={"pool_size": 1, "pooler": "transaction"})
    )

    async with database.transaction(ana) as transaction:
        within = [tuple(row) for row in await transaction.rows(TIME_OUTS)]
    async with database.transaction(ana, read_only=True) as transaction:
        within += [tuple(row) for row in await transaction.rows(TIME_OUTS)]
    after = await state(database)
    connection = await database._pool.acquire()
    left = tuple(await connection.fetchrow(TIME_OUTS))
    names = await connection.fetchval("select count(*) from pg_prepared_statements")
    database._pool.give_back(connection, clean=True)

    assert within == [("10s", "4s", "10s", ""), ("5s", "4s", "10s", "")]
    assert left == ("0", "0", "0", '"$user", public')
    assert (after["role"], after["claims"] or None) == ("cairn_api", None)
    # The next transaction may be another connection's, which knows no statement of this one.
    assert names == 0
    await database.close()


async def test_what_a_refusal_of_ours_interrupts_is_not_kept(
    narrow: Database, new_user: NewUser, owner: asyncpg.Connection
) -> None:
    ana, conversation = await new_user("Ana"), uuid4()

    async def start_and_refuse() -> None:
        async with narrow.transaction(ana) as transaction:
            await transaction.execute(INSERT, conversation)
            raise Conflict

    with pytest.raises(Conflict):
        await start_and_refuse()

    assert await owner.fetchval(KEPT, conversation) is False


async def test_a_write_that_was_cancelled_is_not_committed_by_the_next_request(
    narrow: Database, new_user: NewUser, owner: asyncpg.Connection
) -> None:
    ana, ben, conversation = await new_user("Ana"), await new_user("Ben"), uuid4()
    written = asyncio.Event()

    async def start_and_wait() -> None:
        async with narrow.transaction(ana) as transaction:
            await transaction.execute(INSERT, conversation)
            written.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(start_and_wait())
    await written.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert await narrow.run(ben, WHO, write=True) == str(ben.user_id)
    assert await owner.fetchval(KEPT, conversation) is False
