"""Journey sessions: how one begins, goes on, rests and ends. CL-010 to CL-027, CL-092 to CL-094, X-07."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from graphql_api.auth import Viewer
from graphql_api.local.stack import Urls
from tests.database.chat import Start
from tests.database.journeys.walks import begin, read_session, save, step, write_journey
from tests.database.live import EVENTS
from tests.fixtures.people import AsUser, NewUser

STATES = ("active", "paused", "completed", "abandoned")
STATE_STEPS = {
    "active": {"paused", "completed", "abandoned"},
    "paused": {"active", "completed", "abandoned"},
    "completed": set(),
    "abandoned": set(),
}  # fmt: skip
SET_STATUS = (
    "update public.journey_sessions "
    "set status = $2::text::public.journey_session_status where id = $1"
)


@pytest.fixture
async def session(ana: Viewer, as_user: AsUser, owner: asyncpg.Connection) -> UUID:
    """A session of Ana's, at the first of three steps."""
    slug = await write_journey(owner)
    async with as_user(ana) as connection:
        return await begin(connection, slug)


async def age(owner: asyncpg.Connection, session: UUID, days: int) -> None:
    """Let nothing have happened in it for so many days."""
    await owner.execute(
        "update public.journey_sessions set last_active_at = now() - make_interval(days => $2) "
        "where id = $1",
        session,
        days,
    )


async def test_a_journey_begins_at_its_first_step_in_a_guided_conversation_of_its_own(
    session: UUID, ana: Viewer, owner: asyncpg.Connection
) -> None:
    """CL-010, CL-011, CL-012, CL-020."""
    found = await read_session(owner, session)
    conversation = await owner.fetchrow(
        "select * from public.conversations where id = $1", found["conversation_id"]
    )

    assert (found["user_id"], found["status"], found["current_step"]) == (ana.user_id, "active", 1)
    assert found["started_at"] == found["last_active_at"] == found["created_at"]
    assert (found["completed_at"], found["abandoned_at"], found["version"]) == (None, None, 1)
    assert conversation["user_id"] == ana.user_id
    assert (conversation["kind"], conversation["title"]) == ("guided", "A walk")


async def test_a_journey_begins_in_a_conversation_of_hers(
    start: Start, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    slug, conversation = await write_journey(owner), await start()

    async with as_user(ana) as connection:
        begun = await connection.fetchrow(
            "select * from public.start_journey($1, $2)", slug, conversation
        )

    assert begun["conversation_id"] == conversation
    count = "select count(*) from public.conversations where user_id = $1"
    assert await owner.fetchval(count, ana.user_id) == 1


@pytest.mark.parametrize("status", ["completed", "archived"])
async def test_no_journey_begins_in_a_conversation_that_has_ended(
    status: str, start: Start, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    slug, conversation = await write_journey(owner), await start(status)

    with pytest.raises(asyncpg.PostgresError) as refused:
        async with as_user(ana) as connection:
            await connection.execute("select public.start_journey($1, $2)", slug, conversation)

    assert refused.value.sqlstate == "CA409"


@pytest.mark.parametrize("is_draft", [True, False])
async def test_a_journey_that_is_missing_or_a_draft_begins_nowhere(
    is_draft: bool, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    slug = await write_journey(owner, is_published=False) if is_draft else "no-such-journey"

    with pytest.raises(asyncpg.PostgresError) as refused:
        async with as_user(ana) as connection:
            await connection.execute("select public.start_journey($1)", slug)
    with pytest.raises(asyncpg.PostgresError) as refused_by_hand:
        async with as_user(ana) as connection:
            await connection.execute(
                "insert into public.journey_sessions (journey_id) values ($1)",
                await owner.fetchval("select id from public.journeys where slug = $1", slug)
                or uuid4(),
            )

    assert refused.value.sqlstate == refused_by_hand.value.sqlstate == "CA404"


async def test_ben_begins_nothing_in_anas_conversation(
    start: Start, as_user: AsUser, new_user: NewUser, owner: asyncpg.Connection
) -> None:
    slug, conversation, ben = await write_journey(owner), await start(), await new_user("Ben")
    journey = await owner.fetchval("select id from public.journeys where slug = $1", slug)
    is_there = "select true from public.conversations where id = $1"
    assert await owner.fetchval(is_there, conversation)

    with pytest.raises(asyncpg.PostgresError) as refused:
        async with as_user(ben) as connection:
            await connection.execute("select public.start_journey($1, $2)", slug, conversation)
    with pytest.raises(asyncpg.ForeignKeyViolationError) as refused_by_hand:
        async with as_user(ben) as connection:
            await connection.execute(
                "insert into public.journey_sessions (journey_id, conversation_id) values ($1, $2)",
                journey,
                conversation,
            )

    assert refused.value.sqlstate == "CA404"
    assert refused_by_hand.value.constraint_name == "journey_sessions_conversation_fkey"


async def test_nobody_begins_a_journey_without_signing_in(
    as_user: AsUser, owner: asyncpg.Connection
) -> None:
    slug = await write_journey(owner)

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with as_user() as connection:
            await connection.execute("select public.start_journey($1)", slug)


async def test_step_by_step_a_journey_comes_to_its_end(
    session: UUID, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """CL-018, CL-019, CL-021; X-07: without having been paused."""
    seen = []
    for _ in range(3):
        async with as_user(ana) as connection:
            row = await connection.fetchrow("select * from public.advance_journey($1)", session)
        seen.append((row["current_step"], row["status"], row["completed_at"] is not None))

    found = await read_session(owner, session)
    assert seen == [(2, "active", False), (3, "active", False), (3, "completed", True)]
    assert found["last_active_at"] == found["completed_at"] > found["started_at"]
    assert found["version"] == 4


async def test_one_goes_to_any_step_forward_and_back_and_the_same_again_is_no_error(
    session: UUID, ana: Viewer, as_user: AsUser
) -> None:
    seen = []
    async with as_user(ana) as connection:
        for target in (3, 3, 1, 2):
            row = await connection.fetchrow(
                "select * from public.advance_journey($1, $2)", session, target
            )
            seen.append((row["current_step"], row["version"]))

    assert seen == [(3, 2), (3, 2), (1, 3), (2, 4)]


@pytest.mark.parametrize("target", [0, -1, 4])
async def test_there_is_no_step_beyond_the_journey(
    target: int, session: UUID, ana: Viewer, as_user: AsUser
) -> None:
    with pytest.raises(asyncpg.PostgresError) as refused:
        async with as_user(ana) as connection:
            await connection.execute("select public.advance_journey($1, $2)", session, target)

    assert refused.value.sqlstate == "CA400"


@pytest.mark.parametrize(("target", "sqlstate"), [(4, "CA400"), (0, "23514"), (-3, "23514")])
async def test_nor_does_she_get_there_by_hand(
    target: int, sqlstate: str, session: UUID, ana: Viewer, as_user: AsUser
) -> None:
    with pytest.raises(asyncpg.PostgresError) as refused:
        async with as_user(ana) as connection:
            await connection.execute(
                "update public.journey_sessions set current_step = $2 where id = $1",
                session,
                target,
            )

    assert refused.value.sqlstate == sqlstate


async def test_a_step_takes_a_paused_session_up_again_where_it_was(
    session: UUID, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """CL-016."""
    async with as_user(ana) as connection:
        await connection.execute("select public.advance_journey($1)", session)
        await save(connection, session, {"text": "tired"})
        await connection.execute(SET_STATUS, session, "paused")
    resting = await read_session(owner, session)

    async with as_user(ana) as connection:
        kept = await connection.fetchval(
            "select value from public.latest_checkpoints($1, 'answer')", session
        )
        await connection.execute("select public.advance_journey($1)", session)

    found = await read_session(owner, session)
    assert (resting["status"], resting["current_step"]) == ("paused", 2)
    assert kept == '{"text": "tired"}'
    assert (found["status"], found["current_step"]) == ("active", 3)


@pytest.mark.parametrize("after", STATES)
@pytest.mark.parametrize("before", STATES)
async def test_a_status_goes_only_where_it_may_also_for_the_dashboard(
    before: str,
    after: str,
    session: UUID,
    ana: Viewer,
    as_user: AsUser,
    owner: asyncpg.Connection,
) -> None:
    """CL-014, CL-015, CL-017, D4."""
    if before != "active":
        async with as_user(ana) as connection:
            await connection.execute(SET_STATUS, session, before)

    if after == before or after in STATE_STEPS[before]:
        async with as_user(ana) as connection:
            assert await connection.execute(SET_STATUS, session, after) == "UPDATE 1"
        found = await read_session(owner, session)
        assert found["status"] == after
        assert (found["completed_at"] is not None) == (after == "completed")
        assert (found["abandoned_at"] is not None) == (after == "abandoned")
    else:
        with pytest.raises(asyncpg.PostgresError) as refused:
            await owner.execute(SET_STATUS, session, after)
        assert refused.value.sqlstate == "CA409"


@pytest.mark.parametrize("ending", ["completed", "abandoned"])
async def test_what_has_ended_goes_no_further(
    ending: str, session: UUID, ana: Viewer, as_user: AsUser
) -> None:
    async with as_user(ana) as connection:
        await connection.execute(SET_STATUS, session, ending)

    refused = []
    for statement in (
        "select public.advance_journey($1)",
        "select public.advance_journey($1, 1)",
        "update public.journey_sessions set current_step = 2 where id = $1",
    ):
        with pytest.raises(asyncpg.PostgresError) as error:
            async with as_user(ana) as connection:
                await connection.execute(statement, session)
        refused.append(error.value.sqlstate)

    assert refused == ["CA409"] * 3


async def test_ben_neither_walks_nor_sees_anas_journey(
    session: UUID, as_user: AsUser, new_user: NewUser, owner: asyncpg.Connection
) -> None:
    ben = await new_user("Ben")
    before = await read_session(owner, session)
    assert before is not None

    with pytest.raises(asyncpg.PostgresError) as refused:
        async with as_user(ben) as connection:
            await connection.execute("select public.advance_journey($1)", session)
    async with as_user(ben) as connection:
        seen = await connection.fetch("select * from public.journey_sessions")
        changed = await connection.execute(SET_STATUS, session, "abandoned")
        deleted = await connection.execute(
            "delete from public.journey_sessions where id = $1", session
        )

    assert refused.value.sqlstate == "CA404"
    assert (seen, changed, deleted) == ([], "UPDATE 0", "DELETE 0")
    assert await read_session(owner, session) == before


@pytest.mark.parametrize(
    "column",
    [
        "user_id", "journey_id", "version", "started_at", "last_active_at", "completed_at",
        "abandoned_at", "created_at", "updated_at",
    ],
)  # fmt: skip
@pytest.mark.parametrize("role", ["authenticated", "cairn_server"])
async def test_the_moments_are_not_hers_to_say(
    column: str, role: str, session: UUID, ana: Viewer, as_user: AsUser
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with as_user(ana, role) as connection:
            await connection.execute(
                f"update public.journey_sessions set {column} = default where id = $1", session
            )


@pytest.mark.parametrize("column", ["id = gen_random_uuid()", "journey_id = $2"])
async def test_a_session_stays_with_its_journey_even_for_the_dashboard(
    column: str, session: UUID, owner: asyncpg.Connection
) -> None:
    other = await owner.fetchval(
        "select id from public.journeys where slug = $1", await write_journey(owner)
    )

    with pytest.raises(asyncpg.PostgresError) as refused:
        await owner.execute(
            f"update public.journey_sessions set {column} where id = $1 and $2::uuid is not null",
            session,
            other,
        )

    assert refused.value.sqlstate == "CA409"


@pytest.mark.parametrize(
    "metadata", ["[]", "null", '"x"', '{"x": "' + "x" * 8200 + '"}'], ids=lambda text: text[:6]
)
async def test_metadata_is_a_small_object(
    metadata: str, session: UUID, ana: Viewer, as_user: AsUser
) -> None:
    """CL-023."""
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        async with as_user(ana) as connection:
            await connection.execute(
                "update public.journey_sessions set metadata = $2 where id = $1", session, metadata
            )

    assert refused.value.constraint_name == "journey_sessions_metadata_is_an_object_of_at_most_8_kb"


async def test_a_session_outlives_its_conversation_and_that_is_no_activity(
    session: UUID, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    await age(owner, session, 3)
    before = await read_session(owner, session)

    async with as_user(ana) as connection:
        await connection.execute(
            "delete from public.conversations where id = $1", before["conversation_id"]
        )

    found = await read_session(owner, session)
    assert (found["conversation_id"], found["status"]) == (None, "active")
    assert found["last_active_at"] == before["last_active_at"]
    assert found["version"] == before["version"] + 1


async def test_fifty_steps_at_once_are_fifty_steps(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection, database_urls: Urls
) -> None:
    slug = await write_journey(owner, [step(f"step-{number}") for number in range(50)])
    async with as_user(ana) as connection:
        session = await begin(connection, slug)
    pool = await asyncpg.create_pool(database_urls.api, min_size=8, max_size=8)

    async def walk() -> int:
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute(
                "select set_config('role', 'authenticated', true), "
                "set_config('request.jwt.claims', $1, true)",
                ana.claims,
            )
            reached: int = await connection.fetchval(
                "select current_step from public.advance_journey($1)", session
            )
            return reached

    reached = await asyncio.gather(*(walk() for _ in range(50)))
    await pool.close()

    found = await read_session(owner, session)
    assert sorted(reached) == [*range(2, 51), 50]
    assert (found["status"], found["current_step"], found["version"]) == ("completed", 50, 51)


async def test_the_worker_abandons_what_nobody_has_touched_and_nothing_else(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """CL-022."""
    slug = await write_journey(owner)
    async with as_user(ana) as connection:
        old, resting, recent, ended = [await begin(connection, slug) for _ in range(4)]
        await connection.execute(SET_STATUS, resting, "paused")
        await connection.execute(SET_STATUS, ended, "completed")
    for session, days in ((old, 31), (resting, 31), (recent, 29), (ended, 31)):
        await age(owner, session, days)
    before = await read_session(owner, old)

    async with as_user(role="cairn_server") as connection:
        first = await connection.fetchval("select private.abandon_idle_journey_sessions()")
        again = await connection.fetchval("select private.abandon_idle_journey_sessions()")

    found = [await read_session(owner, session) for session in (old, resting, recent, ended)]
    assert [row["status"] for row in found] == ["abandoned", "abandoned", "active", "completed"]
    assert found[0]["last_active_at"] == before["last_active_at"]
    assert found[0]["abandoned_at"] > before["last_active_at"] + timedelta(days=30)
    assert first >= 2
    assert again == 0
    conversation = await owner.fetchval(
        "select status from public.conversations where id = $1", found[0]["conversation_id"]
    )
    assert conversation == "active"


async def test_four_workers_at_once_abandon_each_session_once(
    new_user: NewUser, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    slug = await write_journey(owner)
    sessions = []
    for _ in range(5):
        viewer = await new_user("Clara")
        async with as_user(viewer) as connection:
            sessions += [await begin(connection, slug) for _ in range(4)]
    for session in sessions:
        await age(owner, session, 40)

    async def sweep() -> int:
        async with as_user(role="cairn_server") as connection:
            swept: int = await connection.fetchval(
                "select private.abandon_idle_journey_sessions('35 days')"
            )
            return swept

    swept = await asyncio.gather(*(sweep() for _ in range(4)))

    versions = [(await read_session(owner, session))["version"] for session in sessions]
    assert sum(swept) == 20
    assert versions == [2] * 20


@pytest.mark.parametrize("idle", ["23 hours", "0", "-1 day"])
async def test_nobody_is_idle_within_a_day(idle: str, as_user: AsUser) -> None:
    with pytest.raises(asyncpg.PostgresError) as refused:
        async with as_user(role="cairn_server") as connection:
            await connection.execute(
                "select private.abandon_idle_journey_sessions($1::text::interval)", idle
            )

    assert refused.value.sqlstate == "CA400"


async def test_she_cannot_abandon_what_is_everybodys(ana: Viewer, as_user: AsUser) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with as_user(ana) as connection:
            await connection.execute("select private.abandon_idle_journey_sessions()")


async def test_her_statistics_count_her_sessions_and_nobody_elses(
    session: UUID, ana: Viewer, as_user: AsUser, new_user: NewUser, owner: asyncpg.Connection
) -> None:
    """CL-092, CL-094."""
    ben = await new_user("Ben")
    slug = await write_journey(owner)
    async with as_user(ben) as connection:
        await begin(connection, slug)
    async with as_user(ana) as connection:
        await save(connection, session)
        for status in ("completed", "abandoned", "paused", "paused"):
            await connection.execute(SET_STATUS, await begin(connection, slug), status)
        hers = await connection.fetchrow("select * from public.journey_statistics()")
    async with as_user(await new_user("Clara")) as connection:
        none = await connection.fetchrow("select * from public.journey_statistics()")

    started = await owner.fetchval(
        "select max(started_at) from public.journey_sessions where user_id = $1", ana.user_id
    )
    counted = ("sessions", "journeys", "active", "paused", "completed", "abandoned", "checkpoints")
    assert [hers[name] for name in counted] == [5, 2, 1, 2, 1, 1, 1]
    assert hers["last_started_at"] == started
    assert [none[name] for name in counted] == [0] * 7
    assert (none["last_started_at"], none["last_active_at"]) == (None, None)


async def test_each_change_of_a_session_is_an_event_of_hers(
    session: UUID, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    async with as_user(ana) as connection:
        await connection.execute("select public.advance_journey($1)", session)
    async with as_user(ana) as connection:
        await connection.execute("delete from public.journey_sessions where id = $1", session)

    rows = await owner.fetch(EVENTS, ana.user_id, 0)
    told = [tuple(row)[1:] for row in rows if row["table_name"] == "journey_sessions"]
    assert told == [
        ("journey_sessions", session, None, operation)
        for operation in ("insert", "update", "delete")
    ]
