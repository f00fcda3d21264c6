"""Checkpoints: what is kept on the way. CL-028 to CL-032, X-08."""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import asyncpg
import pytest

from graphql_api.auth import Viewer
from graphql_api.local.stack import Urls
from tests.database.journeys.walks import begin, read_session, save, step, write_journey
from tests.fixtures.people import AsUser, NewUser


@pytest.fixture
async def session(ana: Viewer, as_user: AsUser, owner: asyncpg.Connection) -> UUID:
    """A session of Ana's, at the first of three steps."""
    slug = await write_journey(owner)
    async with as_user(ana) as connection:
        return await begin(connection, slug)


async def test_the_same_key_again_is_kept_beside_the_first_and_the_latest_counts(
    session: UUID, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """CL-029, CL-030, CL-031, CL-032."""
    async with as_user(ana) as connection:
        await save(connection, session, "tired")
        await save(connection, session, 7, key="awake")
        await save(connection, session, "calmer", at="two")
        latest = await connection.fetch("select * from public.latest_checkpoints($1)", session)
        one = await connection.fetch(
            "select value from public.latest_checkpoints($1, 'awake')", session
        )
        none = await connection.fetch(
            "select value from public.latest_checkpoints($1, 'mood')", session
        )

    kept = await owner.fetch(
        "select seq, key, value from public.checkpoints where journey_session_id = $1 order by seq",
        session,
    )
    assert [tuple(row) for row in kept] == [
        (1, "answer", '"tired"'),
        (2, "awake", "7"),
        (3, "answer", '"calmer"'),
    ]
    assert [(row["key"], row["value"], row["step_id"]) for row in latest] == [
        ("answer", '"calmer"', "two"),
        ("awake", "7", "one"),
    ]
    assert [row["value"] for row in one] == ["7"]
    assert none == []


async def test_fifty_checkpoints_at_once_have_an_order_without_gaps(
    session: UUID, ana: Viewer, owner: asyncpg.Connection, database_urls: Urls
) -> None:
    pool = await asyncpg.create_pool(database_urls.api, min_size=8, max_size=8)

    async def write(number: int) -> int:
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute(
                "select set_config('role', 'authenticated', true), "
                "set_config('request.jwt.claims', $1, true)",
                ana.claims,
            )
            return int((await save(connection, session, number))["seq"])

    given = await asyncio.gather(*(write(number) for number in range(50)))
    await pool.close()

    last = await owner.fetchval(
        "select value from public.checkpoints where journey_session_id = $1 and seq = 50", session
    )
    assert sorted(given) == list(range(1, 51))
    assert int(last) == given.index(50)
    # It is her activity, not her change: writers need not take notice of each other.
    assert (await read_session(owner, session))["version"] == 1


async def test_a_checkpoint_is_an_activity_and_takes_a_paused_session_up_again(
    session: UUID, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """CL-021."""
    async with as_user(ana) as connection:
        await connection.execute(
            "update public.journey_sessions set status = 'paused' where id = $1", session
        )
    await owner.execute(
        "update public.journey_sessions set last_active_at = now() - interval '9 days' "
        "where id = $1",
        session,
    )

    async with as_user(ana) as connection:
        kept = await save(connection, session)

    found = await read_session(owner, session)
    assert (found["status"], found["last_active_at"]) == ("active", kept["created_at"])


@pytest.mark.parametrize("at", ["four", "", "One", "1"])
async def test_a_checkpoint_belongs_to_a_step_of_the_journey(
    at: str, session: UUID, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """CL-050, X-08. A step of another journey is none of this one."""
    await write_journey(owner, [step("four")])

    with pytest.raises(asyncpg.PostgresError) as refused:
        async with as_user(ana) as connection:
            await save(connection, session, at=at)

    assert refused.value.sqlstate == "CA400"


@pytest.mark.parametrize("ending", ["completed", "abandoned"])
async def test_a_session_that_has_ended_takes_no_more_checkpoints(
    ending: str, session: UUID, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    async with as_user(ana) as connection:
        await save(connection, session)
        await connection.execute(
            "update public.journey_sessions "
            "set status = $2::text::public.journey_session_status where id = $1",
            session,
            ending,
        )

    with pytest.raises(asyncpg.PostgresError) as refused:
        async with as_user(ana) as connection:
            await save(connection, session)

    count = "select count(*) from public.checkpoints where journey_session_id = $1"
    assert refused.value.sqlstate == "CA409"
    assert await owner.fetchval(count, session) == 1


@pytest.mark.parametrize("is_anas", [True, False])
async def test_ben_keeps_nothing_in_anas_session_and_reads_nothing_of_it(
    is_anas: bool,
    session: UUID,
    ana: Viewer,
    as_user: AsUser,
    new_user: NewUser,
    owner: asyncpg.Connection,
) -> None:
    ben = await new_user("Ben")
    async with as_user(ana) as connection:
        await save(connection, session)
    assert await read_session(owner, session) is not None
    target = session if is_anas else uuid4()

    with pytest.raises(asyncpg.PostgresError) as refused:
        async with as_user(ben) as connection:
            await save(connection, target)
    async with as_user(ben) as connection:
        read = await connection.fetch("select * from public.latest_checkpoints($1)", target)

    # Missing or another's: he is not told which.
    assert (refused.value.sqlstate, str(refused.value)) == (
        "CA404",
        "There is no such journey session, or it is not yours.",
    )
    assert read == []


@pytest.mark.parametrize(
    ("key", "value", "constraint"),
    [
        ("", 1, "checkpoints_key_is_a_short_word"),
        ("two words", 1, "checkpoints_key_is_a_short_word"),
        ("1st", 1, "checkpoints_key_is_a_short_word"),
        ("x" * 81, 1, "checkpoints_key_is_a_short_word"),
        ("answer", "x" * 16_400, "checkpoints_value_is_at_most_16_kb"),
    ],
)
async def test_a_checkpoint_that_breaks_a_rule_is_refused_by_its_name(
    key: str, value: object, constraint: str, session: UUID, ana: Viewer, as_user: AsUser
) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        async with as_user(ana) as connection:
            await save(connection, session, value, key=key)

    assert refused.value.constraint_name == constraint


@pytest.mark.parametrize("role", ["authenticated", "cairn_server"])
@pytest.mark.parametrize("column", ["value", "key", "step_id", "seq", "user_id", "created_at"])
async def test_a_checkpoint_is_never_changed(
    role: str, column: str, session: UUID, ana: Viewer, as_user: AsUser
) -> None:
    async with as_user(ana) as connection:
        await save(connection, session)

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with as_user(ana, role) as connection:
            await connection.execute(f"update public.checkpoints set {column} = default")


async def test_a_checkpoint_is_not_changed_in_the_dashboard_either(
    session: UUID, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    async with as_user(ana) as connection:
        kept = await save(connection, session)

    with pytest.raises(asyncpg.PostgresError) as refused:
        await owner.execute(
            "update public.checkpoints set value = '\"other\"' where id = $1", kept["id"]
        )

    assert refused.value.sqlstate == "CA409"


async def test_the_number_of_a_checkpoint_is_not_hers_to_say(
    session: UUID, ana: Viewer, as_user: AsUser
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with as_user(ana) as connection:
            await connection.execute(
                "insert into public.checkpoints (journey_session_id, seq, step_id, key, value) "
                "values ($1, 9, 'one', 'answer', '1')",
                session,
            )


async def test_she_deletes_a_checkpoint_and_the_rest_goes_with_the_session(
    session: UUID, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    count = "select count(*) from public.checkpoints where user_id = $1"
    async with as_user(ana) as connection:
        first = await save(connection, session)
        await save(connection, session)
        await connection.execute("delete from public.checkpoints where id = $1", first["id"])
    left = await owner.fetchval(count, ana.user_id)

    async with as_user(ana) as connection:
        await connection.execute("delete from public.journey_sessions where id = $1", session)

    assert (left, await owner.fetchval(count, ana.user_id)) == (1, 0)
