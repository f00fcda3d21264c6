"""One round trip says the same as three."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from graphql_api.auth import Viewer
from graphql_api.errors import BadInput, Conflict, Timeout
from graphql_api.pipeline import as_text
from graphql_api.session import Database, DatabaseError, Statement
from graphql_api.settings import Settings
from tests.fixtures.people import NewUser

ONE = UUID("01a20090-07bb-70e1-93ca-f2d56d4b55a6")


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    """A database with one connection, so that a second asking meets what the first prepared."""
    database = await Database.connect(settings.model_copy(update={"pool_size": 1}))
    yield database
    await database.close()


@pytest.fixture
async def ana(new_user: NewUser) -> Viewer:
    return await new_user("Ana")


async def twice(database: Database, viewer: Viewer, sql: str, *arguments: object) -> list[object]:
    """Ask step by step, as the first time on a connection, and then in one round trip."""
    statement = Statement(sql, arguments)
    return [await database.run_text(viewer, statement) for _ in range(2)]


@pytest.mark.parametrize(
    ("sql_type", "value", "told"),
    [
        ("text", 'it\'s \\ "quoted"\n\u00e9\U0001f33f', 'it\'s \\ "quoted"\n\u00e9\U0001f33f'),
        ("text", "", ""),
        ("text", None, None),
        ("uuid", ONE, str(ONE)),
        ("integer", -7, "-7"),
        ("double precision", 0.1, "0.1"),
        ("boolean", True, "true"),
        ("boolean", False, "false"),
        ("date", date(2026, 2, 28), "2026-02-28"),
        ("timestamptz", datetime(2026, 2, 28, 1, 2, 3, 4, UTC), "2026-02-28 01:02:03.000004+00"),
        ("uuid[]", [ONE, None], f"{{{ONE},NULL}}"),
        ("text[]", ["a,b", 'c"d', "e\\f", "", "NULL"], '{"a,b","c\\"d","e\\\\f","","NULL"}'),
        ("jsonb", '{"a": [1, null]}', '{"a": [1, null]}'),
    ],
)
async def test_an_argument_arrives_as_it_was_given(
    database: Database, ana: Viewer, sql_type: str, value: object, told: str | None
) -> None:
    answers = await twice(database, ana, f"select $1::{sql_type}::text", value)

    assert answers == [None if told is None else told.encode()] * 2


async def test_no_row_is_none(database: Database, ana: Viewer) -> None:
    assert await twice(database, ana, "select 'x' where false") == [None, None]


async def test_a_long_answer_comes_whole(database: Database, ana: Viewer) -> None:
    long = "select repeat('0123456789', 200000)"

    assert await twice(database, ana, long) == [b"0123456789" * 200_000] * 2


async def test_role_claims_and_time_out_are_those_of_each_request(
    database: Database, ana: Viewer, new_user: NewUser
) -> None:
    ben = await new_user("Ben")
    facts = Statement(
        "select concat_ws(' ', current_user, auth.uid(), current_setting('statement_timeout'),"
        " current_setting('transaction_read_only'))"
    )
    told = []
    for viewer, role, write in (
        (ana, None, False),
        (ben, None, False),
        (ana, "cairn_server", True),
        (ana, None, False),
        (ben, None, False),
        (ana, "cairn_server", True),
    ):
        answer = await database.run_text(viewer, facts, role=role, write=write)  # type: ignore[arg-type]
        told.append((answer or b"").decode())

    expected = [
        f"authenticated {ana.user_id} 5s on",
        f"authenticated {ben.user_id} 5s on",
        f"cairn_server {ana.user_id} 10s off",
    ]
    assert told == expected * 2


async def test_nothing_is_left_on_the_connection(database: Database, ana: Viewer) -> None:
    await twice(database, ana, "select 'x'")

    connection = await database._pool.acquire()
    left = await connection.fetchrow(
        "select current_user::text, nullif(current_setting('request.jwt.claims', true), '')"
    )
    database._pool.give_back(connection, clean=True)

    assert tuple(left) == ("cairn_api", None)


async def test_a_refusal_is_told_with_its_sqlstate_and_leaves_the_connection_usable(
    database: Database, ana: Viewer
) -> None:
    wrong = Statement("select (1 / $1::integer)::text", (0,))
    right = Statement("select (1 / $1::integer)::text", (1,))
    assert await database.run_text(ana, right) == b"1"

    with pytest.raises(DatabaseError) as caught:
        await database.run_text(ana, wrong)

    assert caught.value.sqlstate == "22012"
    assert await database.run_text(ana, right) == b"1"


@pytest.mark.parametrize("value", ["no uuid", "\x00"])
async def test_a_malformed_argument_is_bad_input(
    database: Database, ana: Viewer, value: str
) -> None:
    same = "select $1::uuid::text"
    assert await database.run_text(ana, Statement(same, (str(ONE),))) is not None

    with pytest.raises(DatabaseError) as caught:
        await database.run_text(ana, Statement(same, (value,)))

    assert isinstance(caught.value.api_error, BadInput)


async def test_a_write_refused_at_the_commit_is_refused(
    database: Database, ana: Viewer, settings: Settings
) -> None:
    start = Statement(
        "with written as (insert into public.conversations (id, title) values ($1, $2)"
        " returning id) select id::text from written",
        (ONE, "One"),
    )
    first = await database.run_text(ana, start, write=True)

    with pytest.raises(DatabaseError) as caught:
        await database.run_text(ana, start, write=True)

    assert first == str(ONE).encode()
    assert isinstance(caught.value.api_error, Conflict)
    assert caught.value.constraint == "conversations_pkey"


async def test_a_statement_that_takes_too_long_is_stopped(
    settings: Settings, new_user: NewUser
) -> None:
    ana = await new_user("Ana")
    impatient = {"query_timeout": settings.query_timeout / 20, "pool_size": 1}
    database = await Database.connect(settings.model_copy(update=impatient))
    sleep = "select pg_catalog.pg_sleep($1::double precision)::text"
    assert await database.run_text(ana, Statement(sleep, (0.0,))) == b""

    with pytest.raises(DatabaseError) as caught:
        await database.run_text(ana, Statement(sleep, (5.0,)))

    assert isinstance(caught.value.api_error, Timeout)
    assert await database.run_text(ana, Statement(sleep, (0.0,))) == b""
    await database.close()


async def test_nothing_is_kept_of_a_connection_that_was_cut_off(
    database: Database, ana: Viewer
) -> None:
    slow = Statement("select pg_catalog.pg_sleep($1::double precision)::text", (30.0,))

    for _ in range(5):
        await database.run_text(ana, Statement("select 'x'"))
        task = asyncio.create_task(database.run_text(ana, slow))
        await asyncio.sleep(0.05)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    assert len(database._pipelines) == 0


async def test_more_statements_than_are_kept_still_run(database: Database, ana: Viewer) -> None:
    for _ in range(2):
        for number in range(130):
            assert await database.run_text(ana, Statement(f"select '{number}'")) == b"%d" % number


def test_a_tuple_is_an_array() -> None:
    assert as_text((1, None, "a")) == '{"1",NULL,"a"}'
