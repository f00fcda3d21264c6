"""One connection, many people: nobody ever gets what was on its way to somebody else."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import asyncpg
import pytest

from graphql_api.auth import ANONYMOUS, Viewer
from graphql_api.errors import Internal, Timeout, Unavailable
from graphql_api.session import Database, DatabaseError, Statement
from graphql_api.settings import Settings
from tests.fixtures.people import NewUser

Ask = Callable[..., Coroutine[Any, Any, str]]

SLOW = "select auth.uid()::text from pg_catalog.pg_sleep($1::double precision)"
WHO = Statement("select auth.uid()::text")
CANCELLATIONS = 1_000


@pytest.fixture
async def narrow(settings: Settings) -> AsyncIterator[Database]:
    """A database with one connection for everybody."""
    database = await Database.connect(settings.model_copy(update={"pool_size": 1}))
    yield database
    await database.close()


@pytest.mark.parametrize("way", ["step by step", "in one round trip"])
async def test_a_request_cancelled_anywhere_leaves_nothing_to_the_next_one(
    narrow: Database, new_user: NewUser, way: str
) -> None:
    ana, ben = await new_user("Ana"), await new_user("Ben")
    ask = asking(narrow, way)
    dice = random.Random(7)
    cut_short = 0

    for number in range(CANCELLATIONS):
        slow = Statement(SLOW, (dice.random() / 500,))
        task = asyncio.create_task(ask(ana, slow, write=number % 2 == 0))
        await asyncio.sleep(dice.random() / 250)
        cut_short += task.cancel()
        theirs = await ask(ben, WHO, write=False)
        result = (await asyncio.gather(task, return_exceptions=True))[0]

        assert theirs == str(ben.user_id)
        assert isinstance(result, asyncio.CancelledError) or result == str(ana.user_id)

    # The test would prove nothing if every request had been over before it was cancelled.
    assert cut_short > CANCELLATIONS / 10


@pytest.mark.parametrize("way", ["step by step", "in one round trip"])
async def test_a_request_cancelled_at_every_step_of_its_way_leaves_nothing(
    narrow: Database, new_user: NewUser, way: str
) -> None:
    ana, ben = await new_user("Ana"), await new_user("Ben")
    ask = asking(narrow, way)
    await ask(ana, WHO, write=True)

    for steps in range(40):
        task = asyncio.create_task(ask(ana, WHO, write=True))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()

        assert await ask(ben, WHO, write=False) == str(ben.user_id)
        await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize("way", ["step by step", "in one round trip"])
async def test_what_was_cancelled_does_not_run_on_in_postgres(
    settings: Settings, new_user: NewUser, owner: asyncpg.Connection, way: str
) -> None:
    database = await Database.connect(settings.model_copy(update={"pool_size": 5}))
    ana, ask = await new_user("Ana"), asking(database, way)
    await asyncio.gather(*(ask(ana, Statement(SLOW, (0.01,)), write=False) for _ in range(5)))
    running = "select count(*) from pg_stat_activity where state = 'active' and query like '%pg_sleep%' and pid <> pg_backend_pid()"

    for _ in range(4):
        tasks = [
            asyncio.create_task(ask(ana, Statement(SLOW, (30.0,)), write=False)) for _ in range(5)
        ]
        await asyncio.sleep(0.1)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for _ in range(20):
        left = await owner.fetchval(running)
        if not left:
            break
        await asyncio.sleep(0.1)

    assert left == 0
    await database.close()


def asking(database: Database, way: str) -> Ask:
    """Give the way to ask: both must keep people apart."""

    async def in_one_round_trip(viewer: Viewer, statement: Statement, *, write: bool) -> str:
        answer = await database.run_text(viewer, statement, write=write)
        return (answer or b"").decode()

    async def step_by_step(viewer: Viewer, statement: Statement, *, write: bool) -> str:
        return str(await database.run(viewer, statement, write=write))

    return step_by_step if way == "step by step" else in_one_round_trip


async def test_a_connection_forgets_its_user(narrow: Database, new_user: NewUser) -> None:
    ana = await new_user("Ana")
    await narrow.run(ana, WHO)

    async with narrow.transaction(ANONYMOUS, read_only=True) as transaction:
        seen = await transaction.rows(
            "select current_user::text, auth.uid(), current_setting('statement_timeout')"
        )

    assert [tuple(row) for row in seen] == [("anon", None, "5s")]


async def test_a_failed_statement_leaves_a_usable_connection(
    narrow: Database, new_user: NewUser
) -> None:
    ana = await new_user("Ana")

    with pytest.raises(DatabaseError) as caught:
        await narrow.run(ana, Statement("select 1 / 0"))

    assert caught.value.sqlstate == "22012"
    assert await narrow.run(ana, WHO) == str(ana.user_id)


async def test_a_read_cannot_write(narrow: Database, new_user: NewUser) -> None:
    ana = await new_user("Ana")

    with pytest.raises(DatabaseError) as caught:
        await narrow.run(ana, Statement("insert into public.conversations default values"))

    assert caught.value.sqlstate == "25006"


async def test_only_roles_of_the_list_are_taken(narrow: Database) -> None:
    forged = Viewer(user_id=None, role="service_role")  # type: ignore[arg-type]

    with pytest.raises(Internal):
        await narrow.run(forged, WHO)


async def test_claims_cannot_break_out_of_their_quotes(narrow: Database) -> None:
    viewer = Viewer(user_id=None, role="anon", aal="'); set role postgres; --")

    claims = await narrow.run(viewer, Statement("select auth.jwt() ->> 'aal'"))

    assert claims == "'); set role postgres; --"


async def test_a_statement_that_takes_too_long_is_stopped(
    settings: Settings, new_user: NewUser
) -> None:
    ana = await new_user("Ana")
    impatient = settings.model_copy(update={"query_timeout": settings.query_timeout / 50})
    database = await Database.connect(impatient)

    with pytest.raises(DatabaseError) as caught:
        await database.run(ana, Statement("select pg_sleep(5)::text"))

    assert isinstance(caught.value.api_error, Timeout)
    assert await database.run(ana, WHO) == str(ana.user_id)
    await database.close()


async def test_waiting_for_a_session_has_an_end(settings: Settings, new_user: NewUser) -> None:
    ana = await new_user("Ana")
    tight = {"pool_size": 1, "acquire_timeout": settings.acquire_timeout / 4}
    database = await Database.connect(settings.model_copy(update=tight))

    async with database.transaction(ana):
        with pytest.raises(Unavailable, match="busy"):
            await database.run(ana, WHO)

    assert database.acquire_timeouts == 1
    await database.close()
