"""Runs of schedules: each due one happens once, whatever becomes of the workers. NU-118 to NU-131, N-10, D21."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeAlias
from uuid import UUID, uuid4

import asyncpg
import pytest

from graphql_api.auth import Viewer
from graphql_api.local.stack import Urls
from tests.database.schedules.test_schedules import appoint
from tests.fixtures.people import AsUser, NewUser

CLAIM = "select * from private.claim_due_schedules($1, $2)"
FINISH = (
    "select private.finish_schedule_run($1, $2, now() + interval '1 day', "
    "$3::text::public.schedule_run_status, $4)"
)
HOLD = "select private.hold_schedule_run($1, $2, 60)"

Due: TypeAlias = Callable[[], Awaitable[UUID]]


@pytest.fixture(autouse=True)
async def no_schedule_of_others(owner: asyncpg.Connection) -> None:
    """Other tests of this worker's database leave schedules, which would be claimed here."""
    await owner.execute("delete from public.schedules")


@pytest.fixture
async def worker(database_urls: Urls) -> AsyncIterator[asyncpg.Connection]:
    """A worker, connected as the server and in nobody's name."""
    connection = await asyncpg.connect(database_urls.api)
    await connection.execute("set role cairn_server")
    yield connection
    await connection.close()


@pytest.fixture
def due(ana: Viewer, as_user: AsUser, owner: asyncpg.Connection) -> Due:
    """Make a schedule of Ana's that has been due for a minute."""

    async def make() -> UUID:
        return await make_due(ana, as_user, owner)

    return make


async def make_due(viewer: Viewer, as_user: AsUser, owner: asyncpg.Connection) -> UUID:
    async with as_user(viewer) as connection:
        made: UUID = (await appoint(connection))["id"]
    await owner.execute(
        "update public.schedules set next_run_at = now() - interval '1 minute' where id = $1", made
    )
    return made


async def claim(worker: asyncpg.Connection, *, batch: int = 10, seconds: float = 60) -> list[Any]:
    found: list[Any] = await worker.fetch(CLAIM, batch, seconds)
    return found


async def read_run(owner: asyncpg.Connection, run: UUID) -> Any:
    return await owner.fetchrow("select * from public.schedule_executions where id = $1", run)


async def read_schedule(owner: asyncpg.Connection, schedule: UUID) -> Any:
    return await owner.fetchrow("select * from public.schedules where id = $1", schedule)


async def expire(owner: asyncpg.Connection) -> None:
    """Let all leases run out."""
    await owner.execute(
        "update public.schedule_executions set lease_until = now() - interval '1 second' "
        "where status = 'claimed'"
    )


async def test_what_is_due_is_claimed_done_and_comes_again(
    due: Due, ana: Viewer, worker: asyncpg.Connection, owner: asyncpg.Connection
) -> None:
    """NU-128."""
    schedule = await due()
    moment = (await read_schedule(owner, schedule))["next_run_at"]

    (run,) = await claim(worker)
    again = await claim(worker)
    held = await read_run(owner, run["execution_id"])
    await worker.execute(FINISH, run["execution_id"], run["fence"], "succeeded", None)

    done, after = await read_run(owner, run["execution_id"]), await read_schedule(owner, schedule)
    assert tuple(run)[1:] == (1, schedule, ana.user_id, moment, "0 9 * * *", "UTC")
    assert again == []
    assert (held["status"], held["user_id"], held["due_at"]) == ("claimed", ana.user_id, moment)
    assert (done["status"], done["lease_until"], done["error_code"]) == ("succeeded", None, None)
    assert done["executed_at"] >= held["created_at"]
    assert after["last_run_at"] == done["executed_at"]
    assert after["next_run_at"] > moment
    # It is no change of hers.
    assert after["version"] == 1
    assert await claim(worker) == []


async def test_what_is_not_due_not_active_or_not_computed_is_left_alone(
    ana: Viewer, as_user: AsUser, worker: asyncpg.Connection, owner: asyncpg.Connection
) -> None:
    """NU-127."""
    async with as_user(ana) as connection:
        later = (await appoint(connection))["id"]
        await appoint(connection, is_active=False)
        await appoint(connection)
    await owner.execute(
        "update public.schedules set next_run_at = now() + interval '1 minute' where id = $1", later
    )

    assert await claim(worker) == []


async def test_under_fifty_claimers_each_due_run_happens_once(
    new_user: NewUser,
    as_user: AsUser,
    owner: asyncpg.Connection,
    database_urls: Urls,
) -> None:
    """NU-128, D21."""
    schedules = set()
    for _ in range(5):
        viewer = await new_user("Clara")
        for _ in range(6):
            schedules.add(await make_due(viewer, as_user, owner))
    pool = await asyncpg.create_pool(database_urls.api, min_size=10, max_size=10)

    async def take() -> list[Any]:
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute("set local role cairn_server")
            return await claim(connection, batch=3)

    claimed = [run for runs in await asyncio.gather(*(take() for _ in range(50))) for run in runs]

    async def finish(run: Any) -> None:
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute("set local role cairn_server")
            await connection.execute(FINISH, run["execution_id"], run["fence"], "succeeded", None)

    await asyncio.gather(*(finish(run) for run in claimed))
    await pool.close()

    rows = await owner.fetch(
        "select schedule_id, status, attempt from public.schedule_executions "
        "where schedule_id = any ($1)",
        list(schedules),
    )
    assert len(claimed) == len(rows) == 30
    assert {run["schedule_id"] for run in claimed} == schedules
    assert {tuple(row)[1:] for row in rows} == {("succeeded", 1)}


async def test_a_claim_that_was_lost_is_given_again_and_finishes_nothing(
    due: Due, worker: asyncpg.Connection, owner: asyncpg.Connection
) -> None:
    await due()
    (lost,) = await claim(worker, seconds=0)

    (found,) = await claim(worker)
    refused = []
    for statement, more in ((FINISH, ("succeeded", None)), (HOLD, ())):
        with pytest.raises(asyncpg.PostgresError) as error:
            await worker.execute(statement, lost["execution_id"], lost["fence"], *more)
        refused.append(error.value.sqlstate)
    await worker.execute(HOLD, found["execution_id"], found["fence"])
    await worker.execute(FINISH, found["execution_id"], found["fence"], "failed", "no_answer")

    done = await read_run(owner, lost["execution_id"])
    assert found["execution_id"] == lost["execution_id"]
    assert (lost["fence"], found["fence"]) == (1, 2)
    assert refused == ["CA410", "CA410"]
    assert (done["status"], done["error_code"], done["attempt"]) == ("failed", "no_answer", 2)


async def test_a_run_is_finished_once(
    due: Due, worker: asyncpg.Connection, owner: asyncpg.Connection
) -> None:
    await due()
    (run,) = await claim(worker)
    await worker.execute(FINISH, run["execution_id"], run["fence"], "skipped", "too_late")

    refused = []
    for statement, more in ((FINISH, ("succeeded", None)), (HOLD, ())):
        with pytest.raises(asyncpg.PostgresError) as error:
            await worker.execute(statement, run["execution_id"], run["fence"], *more)
        refused.append(error.value.sqlstate)

    done = await read_run(owner, run["execution_id"])
    assert refused == ["CA410", "CA410"]
    assert (done["status"], done["executed_at"]) == ("skipped", None)


async def test_holding_a_run_keeps_it_from_others(
    due: Due, worker: asyncpg.Connection, owner: asyncpg.Connection
) -> None:
    await due()
    (run,) = await claim(worker, seconds=0)

    await worker.execute(HOLD, run["execution_id"], run["fence"])

    assert await claim(worker) == []


async def test_what_ends_five_workers_ends_no_sixth(
    due: Due, worker: asyncpg.Connection, owner: asyncpg.Connection
) -> None:
    schedule = await due()

    fences = []
    for _ in range(6):
        fences += [run["fence"] for run in await claim(worker, seconds=0)]

    run = await owner.fetchrow(
        "select * from public.schedule_executions where schedule_id = $1", schedule
    )
    assert fences == [1, 2, 3, 4, 5]
    assert (run["status"], run["error_code"]) == ("failed", "workers_lost")
    assert (await read_schedule(owner, schedule))["next_run_at"] is None


async def test_after_a_pause_of_the_workers_a_schedule_runs_once(
    due: Due, worker: asyncpg.Connection, owner: asyncpg.Connection
) -> None:
    schedule = await due()
    await owner.execute(
        "update public.schedules set next_run_at = now() - interval '9 days' where id = $1",
        schedule,
    )

    (run,) = await claim(worker)
    await worker.execute(FINISH, run["execution_id"], run["fence"], "succeeded", None)

    assert await claim(worker) == []


async def test_what_she_changes_meanwhile_stays_as_she_wants_it(
    due: Due, ana: Viewer, as_user: AsUser, worker: asyncpg.Connection, owner: asyncpg.Connection
) -> None:
    changed, stopped, deleted = await due(), await due(), await due()
    runs = {run["schedule_id"]: run for run in await claim(worker)}
    async with as_user(ana) as connection:
        await connection.execute(
            "update public.schedules set cron_expression = '0 7 * * *' where id = $1", changed
        )
        await connection.execute(
            "update public.schedules set is_active = false where id = $1", stopped
        )
        await connection.execute("delete from public.schedules where id = $1", deleted)

    for schedule in (changed, stopped):
        run = runs[schedule]
        await worker.execute(FINISH, run["execution_id"], run["fence"], "succeeded", None)
    run = runs[deleted]
    with pytest.raises(asyncpg.PostgresError) as refused:
        await worker.execute(FINISH, run["execution_id"], run["fence"], "succeeded", None)

    for schedule in (changed, stopped):
        found = await read_schedule(owner, schedule)
        assert (found["next_run_at"], found["last_run_at"] is None) == (None, False)
    assert refused.value.sqlstate == "CA410"


async def test_what_she_switches_off_is_not_tried_again(
    due: Due, ana: Viewer, as_user: AsUser, worker: asyncpg.Connection, owner: asyncpg.Connection
) -> None:
    await due()
    (run,) = await claim(worker)
    await expire(owner)
    async with as_user(ana) as connection:
        await connection.execute("update public.schedules set is_active = false")

    again = await claim(worker)

    found = await read_run(owner, run["execution_id"])
    assert again == []
    assert (found["status"], found["error_code"]) == ("skipped", "switched_off")


@pytest.mark.parametrize("is_held", [False, True])
async def test_nothing_is_done_for_somebody_who_is_locked_out(
    is_held: bool, due: Due, ana: Viewer, worker: asyncpg.Connection, owner: asyncpg.Connection
) -> None:
    schedule = await due()
    run = (await claim(worker))[0] if is_held else None
    await owner.execute("update public.users set is_active = false where id = $1", ana.user_id)

    if run is not None:
        with pytest.raises(asyncpg.PostgresError) as refused:
            await worker.execute(HOLD, run["execution_id"], run["fence"])
        assert refused.value.sqlstate == "CA410"
        await expire(owner)

    assert await claim(worker) == []
    found = await owner.fetchrow(
        "select * from public.schedule_executions where schedule_id = $1", schedule
    )
    assert (found["status"], found["error_code"]) == ("skipped", "locked_out")
    assert (await read_schedule(owner, schedule))["next_run_at"] is None


async def test_a_run_that_is_over_is_not_repeated_when_its_schedule_is_set_back(
    due: Due, worker: asyncpg.Connection, owner: asyncpg.Connection
) -> None:
    schedule = await due()
    (run,) = await claim(worker)
    await worker.execute(FINISH, run["execution_id"], run["fence"], "succeeded", None)
    await owner.execute(
        "update public.schedules set next_run_at = $2 where id = $1", schedule, run["due_at"]
    )

    again = await claim(worker)

    assert again == []
    assert (await read_schedule(owner, schedule))["next_run_at"] is None


@pytest.mark.parametrize(
    ("status", "offset", "error", "sqlstate"),
    [
        ("claimed", "1 day", None, "CA400"),
        ("succeeded", "-1 second", None, "CA400"),
        ("succeeded", "0", None, "CA400"),
        ("failed", "1 day", None, "23514"),
        ("succeeded", "1 day", "no_answer", "23514"),
        ("failed", "1 day", "She said no", "23514"),
    ],
)
async def test_a_run_ends_as_runs_end(
    status: str,
    offset: str,
    error: str | None,
    sqlstate: str,
    due: Due,
    worker: asyncpg.Connection,
) -> None:
    await due()
    (run,) = await claim(worker)

    with pytest.raises(asyncpg.PostgresError) as refused:
        await worker.execute(
            "select private.finish_schedule_run($1, $2, now() + $3::text::interval, "
            "$4::text::public.schedule_run_status, $5)",
            run["execution_id"],
            run["fence"],
            offset,
            status,
            error,
        )

    assert refused.value.sqlstate == sqlstate


async def test_what_is_to_be_computed_is_given_out_and_set_unless_she_was_faster(
    ana: Viewer, as_user: AsUser, worker: asyncpg.Connection, owner: asyncpg.Connection
) -> None:
    async with as_user(ana) as connection:
        first = (await appoint(connection, timezone="Europe/Lisbon"))["id"]
        await appoint(connection, is_active=False)
    async with as_user(ana) as connection:
        second = (await appoint(connection))["id"]
    given = await worker.fetch("select * from private.schedules_without_next_run(10)")
    async with as_user(ana) as connection:
        await connection.execute(
            "update public.schedules set cron_expression = '0 7 * * *' where id = $1", second
        )

    set_it = "select private.set_next_run($1, $2, now() + interval '1 hour')"
    answers = [
        await worker.fetchval(set_it, row["schedule_id"], row["version"])
        for row in (*given, given[0])
    ]
    left = await worker.fetch("select * from private.schedules_without_next_run(10)")

    assert [tuple(row) for row in given] == [
        (first, ana.user_id, 1, "0 9 * * *", "Europe/Lisbon"),
        (second, ana.user_id, 1, "0 9 * * *", "UTC"),
    ]
    assert answers == [True, False, False]
    assert [(row["schedule_id"], row["version"]) for row in left] == [(second, 2)]


@pytest.mark.parametrize("moment", ["now()", "now() - interval '1 day'", "null"])
async def test_a_next_run_lies_ahead(
    moment: str, ana: Viewer, as_user: AsUser, worker: asyncpg.Connection
) -> None:
    async with as_user(ana) as connection:
        made = await appoint(connection)

    with pytest.raises(asyncpg.PostgresError) as refused:
        await worker.execute(f"select private.set_next_run($1, 1, {moment})", made["id"])

    assert refused.value.sqlstate == "CA400"


@pytest.mark.parametrize("role", ["authenticated", "cairn_server"])
@pytest.mark.parametrize(
    "statement",
    [
        "insert into public.schedule_executions (schedule_id, due_at) "
        "select id, now() from public.schedules",
        "update public.schedule_executions set status = 'succeeded'",
        "update public.schedule_executions set attempt = 9",
        "update public.schedule_executions set lease_until = null",
        "delete from public.schedule_executions",
    ],
)
async def test_runs_are_made_and_ended_by_claims_alone(
    role: str,
    statement: str,
    due: Due,
    ana: Viewer,
    as_user: AsUser,
    worker: asyncpg.Connection,
) -> None:
    await due()
    await claim(worker)

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with as_user(ana, role) as connection:
            await connection.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "select private.claim_due_schedules(1, 60)",
        "select private.schedules_without_next_run(1)",
        "select private.set_next_run(gen_random_uuid(), 1, now())",
        "select private.hold_schedule_run(gen_random_uuid(), 1, 60)",
        "select private.finish_schedule_run(gen_random_uuid(), 1, null, 'skipped')",
        "update public.schedule_executions set user_responded = true",
    ],
)
async def test_she_does_not_work_for_the_server(
    statement: str, ana: Viewer, as_user: AsUser
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with as_user(ana) as connection:
            await connection.execute(statement)


async def test_a_run_keeps_its_end_and_its_place_even_for_the_dashboard(
    due: Due, worker: asyncpg.Connection, owner: asyncpg.Connection
) -> None:
    await due()
    (run,) = await claim(worker)
    await worker.execute(FINISH, run["execution_id"], run["fence"], "succeeded", None)

    refused = []
    for change in (
        "status = 'claimed', lease_until = now(), executed_at = null",
        "status = 'failed', error_code = 'x'",
        "due_at = now()",
        "id = gen_random_uuid()",
    ):
        with pytest.raises(asyncpg.PostgresError) as error:
            await owner.execute(
                f"update public.schedule_executions set {change} where id = $1",
                run["execution_id"],
            )
        refused.append(error.value.sqlstate)

    assert refused == ["CA409"] * 4


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        (
            "response_time_minutes = 5",
            "schedule_executions_response_times_belong_to_responses",
        ),
        (
            "user_responded = false, response_time_minutes = 5",
            "schedule_executions_response_times_belong_to_responses",
        ),
        (
            "user_responded = true, response_time_minutes = -1",
            "schedule_executions_response_times_belong_to_responses",
        ),
        (
            "session_duration_minutes = -1",
            "schedule_executions_session_duration_is_not_negative",
        ),
        ("execution_metadata = '[]'", "schedule_executions_metadata_is_an_object_of_at_most_8_kb"),
    ],
)
async def test_what_became_of_a_run_is_checked_by_name(
    change: str,
    constraint: str,
    due: Due,
    ana: Viewer,
    as_user: AsUser,
    worker: asyncpg.Connection,
) -> None:
    """NU-130."""
    await due()
    await claim(worker)

    with pytest.raises(asyncpg.CheckViolationError) as refused:
        async with as_user(ana, "cairn_server") as connection:
            await connection.execute(f"update public.schedule_executions set {change}")

    assert refused.value.constraint_name == constraint


async def test_her_statistics_say_how_often_and_how_soon_she_answered(
    ana: Viewer, as_user: AsUser, new_user: NewUser, owner: asyncpg.Connection
) -> None:
    """NU-131."""
    ben = await new_user("Ben")
    insert = (
        "insert into public.schedule_executions (user_id, schedule_id, due_at, status, executed_at, "
        "error_code, user_responded, response_time_minutes, session_duration_minutes) "
        "values ($1, $2, now() - make_interval(hours => $3), "
        "$4::text::public.schedule_run_status, "
        "case when $4 <> 'skipped' then now() end, case when $4 = 'failed' then 'x' end, $5, $6, $7)"
    )
    async with as_user(ana) as connection:
        one, other = (await appoint(connection))["id"], (await appoint(connection))["id"]
    async with as_user(ben) as connection:
        bens = (await appoint(connection))["id"]
    for row in (
        (ana.user_id, one, 1, "succeeded", True, 10.0, 20.0),
        (ana.user_id, one, 2, "succeeded", True, 30.0, None),
        (ana.user_id, one, 3, "succeeded", False, None, None),
        (ana.user_id, one, 4, "succeeded", None, None, None),
        (ana.user_id, one, 5, "failed", None, None, None),
        (ana.user_id, other, 6, "skipped", None, None, None),
        (ana.user_id, other, 7, "succeeded", True, 80.0, None),
        (ben.user_id, bens, 1, "succeeded", False, None, None),
    ):
        await owner.execute(insert, *row)

    async with as_user(ana) as connection:
        whole = await connection.fetchrow("select * from public.schedule_statistics()")
        part = await connection.fetchrow("select * from public.schedule_statistics($1)", one)
        bens_seen = await connection.fetchrow("select * from public.schedule_statistics($1)", bens)
        none = await connection.fetchrow("select * from public.schedule_statistics($1)", uuid4())

    counted = ("runs", "succeeded", "failed", "skipped", "responded")
    assert [whole[name] for name in counted] == [7, 5, 1, 1, 3]
    assert (whole["response_rate"], whole["average_response_minutes"]) == (0.75, 40.0)
    assert whole["average_session_minutes"] == 20.0
    assert [part[name] for name in counted] == [5, 4, 1, 0, 2]
    assert part["response_rate"] == pytest.approx(2 / 3)
    assert tuple(bens_seen) == tuple(none)
    assert [none[name] for name in counted] == [0] * 5
    assert (none["response_rate"], none["average_response_minutes"]) == (None, None)
