"""The queue: made by triggers, claimed by one worker at a time, written by the latest claim only."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from graphql_api.auth import Viewer
from graphql_api.local.stack import Urls
from tests.database.chat import Start, say
from tests.database.live import claim, jobs_of, take_role, until_waiting
from tests.fixtures.people import AsUser, NewUser

HOLD = "select private.hold_job($1, $2, 60)"
FINISH = "select private.finish_job($1, $2)"
ENDINGS = (
    HOLD,
    FINISH,
    "select private.postpone_job($1, $2, 5, 'unavailable')",
    "select private.release_job($1, $2)",
)


@pytest.fixture(autouse=True)
async def no_job_of_others(owner: asyncpg.Connection) -> None:
    """Other tests of this worker's database leave jobs, which would be claimed here."""
    await owner.execute("delete from private.jobs")


@pytest.fixture
async def workers(
    database_urls: Urls,
) -> AsyncIterator[tuple[asyncpg.Connection, asyncpg.Connection]]:
    """Two workers, connected as the server and in nobody's name."""
    pair = [await asyncpg.connect(database_urls.api) for _ in range(2)]
    for connection in pair:
        await connection.execute("set role cairn_server")
    yield pair[0], pair[1]
    for connection in pair:
        await connection.close()


@pytest.fixture
async def reply(start: Start, ana: Viewer, as_user: AsUser) -> UUID:
    """A queued reply of Ana's."""
    return await queue(await start(), ana, as_user)


async def queue(conversation: UUID, viewer: Viewer, as_user: AsUser) -> UUID:
    async with as_user(viewer, "cairn_server") as connection:
        message = await say(connection, conversation)
        queued: UUID = await connection.fetchval(
            "insert into public.messages (conversation_id, role, state, content, in_reply_to) "
            "values ($1, 'assistant', 'queued', '', $2) returning id",
            conversation,
            message["id"],
        )
    return queued


async def change(owner: asyncpg.Connection, reply: UUID, changes: str) -> None:
    await owner.execute(f"update public.messages set {changes} where id = $1", reply)


async def refused(connection: asyncpg.Connection, sql: str, *arguments: object) -> str:
    """Give the SQLSTATE that a statement fails with."""
    with pytest.raises(asyncpg.PostgresError) as failed:
        await connection.execute(sql, *arguments)
    return str(failed.value.sqlstate)


async def expire(owner: asyncpg.Connection) -> None:
    """Let every lease run out, as a minute does."""
    await owner.execute("update private.jobs set lease_until = now() - interval '1 second'")


# What makes a job, and what takes it away ------------------------------------


async def test_a_reply_that_is_queued_is_a_job_and_other_messages_are_none(
    reply: UUID, ana: Viewer, owner: asyncpg.Connection
) -> None:
    assert await jobs_of(owner, ana) == [("reply", reply)]


@pytest.mark.parametrize(
    "ending",
    [
        "update public.messages set state = 'cancelled' where id = $1",
        "update public.messages set state = 'complete', content = 'Yes.' where id = $1",
        "update public.messages set state = 'failed', failure = 'refused' where id = $1",
        "delete from public.messages where id = $1",
        "delete from public.messages where id = "
        "(select in_reply_to from public.messages where id = $1)",
        "delete from public.conversations where id = "
        "(select conversation_id from public.messages where id = $1)",
        "delete from auth.users where id = (select user_id from public.messages where id = $1)",
    ],
)
async def test_a_reply_that_ends_or_goes_takes_its_job_away(
    ending: str, reply: UUID, ana: Viewer, owner: asyncpg.Connection
) -> None:
    assert await jobs_of(owner, ana) == [("reply", reply)]

    await owner.execute(ending, reply)

    assert await jobs_of(owner, ana) == []


@pytest.mark.parametrize("order", ["finish first", "finish last"])
async def test_a_worker_finishes_before_or_after_the_write_that_completes(
    order: str,
    reply: UUID,
    ana: Viewer,
    workers: tuple[asyncpg.Connection, asyncpg.Connection],
    owner: asyncpg.Connection,
) -> None:
    worker, _ = workers
    job = await claim(worker)
    finish = (FINISH, job["id"], job["fence"])
    complete = ("update public.messages set state = 'complete', content = 'Yes.' where id = $1",)

    async with worker.transaction():
        await take_role(worker, ana)
        await worker.execute(HOLD, job["id"], job["fence"])
        if order == "finish first":
            await worker.execute(*finish)
            await worker.execute(*complete, reply)
        else:
            await worker.execute(*complete, reply)
            await worker.execute(*finish)

    assert await jobs_of(owner, ana) == []


async def test_a_retry_is_a_new_beginning_that_the_last_worker_has_no_part_in(
    reply: UUID, workers: tuple[asyncpg.Connection, asyncpg.Connection], owner: asyncpg.Connection
) -> None:
    worker, other = workers
    job = await claim(worker)
    await change(owner, reply, "state = 'failed', failure = 'interrupted'")
    await change(owner, reply, "state = 'queued', failure = null")

    assert await refused(worker, HOLD, job["id"], job["fence"]) == "CA410"
    again = await claim(other)
    assert (again["ref_id"], again["attempt"]) == (reply, 1)
    assert again["fence"] > job["fence"]


@pytest.mark.parametrize(
    ("status", "has_message", "is_job"),
    [("completed", True, True), ("archived", True, False), ("completed", False, False)],
)
async def test_a_conversation_that_ends_is_a_job_unless_nothing_was_said(
    status: str,
    *,
    has_message: bool,
    is_job: bool,
    start: Start,
    ana: Viewer,
    as_user: AsUser,
    owner: asyncpg.Connection,
) -> None:
    conversation = await start()
    if has_message:
        async with as_user(ana, "cairn_server") as connection:
            await say(connection, conversation)

    await owner.execute(
        "update public.conversations set status = $2::text::public.conversation_status "
        "where id = $1",
        conversation,
        status,
    )

    assert await jobs_of(owner, ana) == ([("summary", conversation)] if is_job else [])


async def test_a_conversation_summed_up_to_the_end_is_no_job(
    start: Start, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    known, older = await start(), await start()
    async with as_user(ana, "cairn_server") as connection:
        for conversation, turns in ((known, 1), (older, 2)):
            for _ in range(turns):
                await say(connection, conversation)
            await connection.execute(
                "insert into public.conversation_summaries (conversation_id, summary, "
                "through_turn) values ($1, 'x', 1)",
                conversation,
            )
            await connection.execute(
                "update public.conversations set status = 'completed' where id = $1", conversation
            )

    assert await jobs_of(owner, ana) == [("summary", older)]


async def test_a_deleted_conversation_takes_its_summarys_job_away(
    start: Start, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    conversation = await start()
    async with as_user(ana, "cairn_server") as connection:
        await say(connection, conversation)
        await connection.execute(
            "update public.conversations set status = 'completed' where id = $1", conversation
        )
    assert await jobs_of(owner, ana) == [("summary", conversation)]

    await owner.execute("delete from public.conversations where id = $1", conversation)

    assert await jobs_of(owner, ana) == []


# Claims ----------------------------------------------------------------------


async def test_a_job_is_claimed_once_and_tells_ids_only(
    reply: UUID, ana: Viewer, workers: tuple[asyncpg.Connection, asyncpg.Connection]
) -> None:
    one, other = workers

    job = await claim(one)

    assert dict(job) == {
        "id": job["id"],
        "kind": "reply",
        "user_id": ana.user_id,
        "ref_id": reply,
        "attempt": 1,
        "fence": 1,
    }
    assert await claim(other) is None


async def test_ten_workers_at_once_claim_ten_jobs_once_each(
    start: Start, ana: Viewer, as_user: AsUser, database_urls: Urls
) -> None:
    replies = {await queue(await start(), ana, as_user) for _ in range(10)}
    pool = await asyncpg.create_pool(database_urls.api, min_size=10, max_size=10)

    async def work() -> UUID:
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute("set local role cairn_server")
            job = await claim(connection)
            await asyncio.sleep(0.05)  # so that all are under way at once
            return UUID(str(job["ref_id"]))

    claimed = await asyncio.gather(*(work() for _ in range(10)))
    await pool.close()

    assert sorted(claimed) == sorted(replies)


async def test_a_claim_waits_for_nobody(
    reply: UUID,
    start: Start,
    ana: Viewer,
    as_user: AsUser,
    workers: tuple[asyncpg.Connection, asyncpg.Connection],
) -> None:
    one, other = workers
    claiming = one.transaction()
    await claiming.start()
    first = await claim(one)
    second = await queue(await start(), ana, as_user)

    async with asyncio.timeout(2):
        taken = await claim(other)
        none = await claim(other)

    await claiming.rollback()
    assert (first["ref_id"], taken["ref_id"], none) == (reply, second, None)


async def test_an_expired_claim_is_claimed_again_with_a_higher_fence_and_the_old_one_is_refused(
    reply: UUID, workers: tuple[asyncpg.Connection, asyncpg.Connection], owner: asyncpg.Connection
) -> None:
    slow, quick = workers
    old = await claim(slow)
    await expire(owner)

    new = await claim(quick)

    assert (new["id"], new["ref_id"], new["attempt"]) == (old["id"], reply, 2)
    assert new["fence"] > old["fence"]
    for ending in ENDINGS:
        assert await refused(slow, ending, old["id"], old["fence"]) == "CA410"
    await quick.execute(HOLD, new["id"], new["fence"])


async def test_a_claim_that_ran_out_holds_while_nobody_else_has_claimed(
    reply: UUID, workers: tuple[asyncpg.Connection, asyncpg.Connection], owner: asyncpg.Connection
) -> None:
    one, other = workers
    job = await claim(one)
    await expire(owner)

    await one.execute(HOLD, job["id"], job["fence"])

    assert await claim(other) is None
    assert job["ref_id"] == reply


@pytest.mark.parametrize("ending", ENDINGS)
async def test_a_job_that_never_was_is_not_held(
    ending: str, workers: tuple[asyncpg.Connection, asyncpg.Connection]
) -> None:
    assert await refused(workers[0], ending, uuid4(), 1) == "CA410"


@pytest.mark.parametrize("ending", ENDINGS[1:])
async def test_what_was_given_up_is_held_no_more(
    ending: str, reply: UUID, workers: tuple[asyncpg.Connection, asyncpg.Connection]
) -> None:
    job = await claim(workers[0])
    assert job["ref_id"] == reply

    await workers[0].execute(ending, job["id"], job["fence"])

    for again in ENDINGS:
        assert await refused(workers[0], again, job["id"], job["fence"]) == "CA410"


async def test_a_held_job_is_held_until_the_end_of_the_write(
    reply: UUID,
    workers: tuple[asyncpg.Connection, asyncpg.Connection],
    owner: asyncpg.Connection,
) -> None:
    """Even when the lease runs out in the middle of it, nobody else writes."""
    one, other = workers
    job = await claim(one)
    await expire(owner)
    writing = one.transaction()
    await writing.start()
    await one.execute("select private.hold_job($1, $2, -1)", job["id"], job["fence"])

    async with asyncio.timeout(2):
        meanwhile = await claim(other)
    await writing.commit()
    later = await claim(other)

    assert meanwhile is None
    assert (later["ref_id"], later["fence"]) == (reply, job["fence"] + 1)


async def test_a_postponed_job_waits_and_says_why_in_a_word(
    reply: UUID, workers: tuple[asyncpg.Connection, asyncpg.Connection], owner: asyncpg.Connection
) -> None:
    one, other = workers
    job = await claim(one)
    await one.execute(
        "select private.postpone_job($1, $2, 30, 'unavailable')", job["id"], job["fence"]
    )

    none = await claim(other)
    due = await other.fetchval("select private.next_job_at('{reply}')")
    error = await owner.fetchval("select last_error from private.jobs where ref_id = $1", reply)
    await owner.execute("update private.jobs set run_at = now()")
    again = await claim(other)

    assert none is None
    assert timedelta(seconds=25) < due - datetime.now(UTC) < timedelta(seconds=31)
    assert error == "unavailable"
    assert again["attempt"] == 2
    # Nobody's words get in there.
    assert (
        await refused(
            other,
            "select private.postpone_job($1, $2, 30, 'I slept badly.')",
            again["id"],
            again["fence"],
        )
        == "23514"
    )


async def test_a_released_job_is_free_at_once_and_the_attempt_does_not_count(
    reply: UUID, workers: tuple[asyncpg.Connection, asyncpg.Connection]
) -> None:
    one, other = workers
    job = await claim(one)
    await one.execute("select private.release_job($1, $2)", job["id"], job["fence"])

    again = await claim(other)

    assert (again["ref_id"], again["attempt"], again["fence"]) == (reply, 1, 2)


@pytest.mark.parametrize(
    "ending",
    [
        "select private.finish_job(id, fence) from private.jobs where ref_id = $1",
        "delete from public.messages where id = $1",
        "update public.messages set state = 'cancelled' where id = $1",
    ],
)
async def test_for_each_person_one_job_of_a_kind_is_done_at_a_time_in_their_order(
    reply: UUID,
    start: Start,
    ana: Viewer,
    new_user: NewUser,
    as_user: AsUser,
    workers: tuple[asyncpg.Connection, asyncpg.Connection],
    owner: asyncpg.Connection,
    superuser: asyncpg.Connection,
    ending: str,
) -> None:
    second = await queue(await start(), ana, as_user)
    third = await queue(await start(), ana, as_user)
    ben = await new_user("Ben")
    async with as_user(ben) as connection:
        conversation = await connection.fetchval(
            "insert into public.conversations (title) values ('On sleep') returning id"
        )
    bens = await queue(conversation, ben, as_user)
    one, other = workers

    claimed = [await claim(one), await claim(other), await claim(other)]

    assert [job and job["ref_id"] for job in claimed] == [reply, bens, None]
    await superuser.execute(ending, reply)
    following = [await claim(other), await claim(one)]
    assert [job and job["ref_id"] for job in following] == [second, None]
    await superuser.execute(ending, second)
    assert (await claim(one))["ref_id"] == third


async def test_kinds_are_claimed_in_the_order_they_are_named(
    reply: UUID,
    start: Start,
    ana: Viewer,
    as_user: AsUser,
    workers: tuple[asyncpg.Connection, asyncpg.Connection],
    owner: asyncpg.Connection,
) -> None:
    conversation = await start()
    async with as_user(ana, "cairn_server") as connection:
        await say(connection, conversation)
        await connection.execute(
            "update public.conversations set status = 'completed' where id = $1", conversation
        )
    await owner.execute("update private.jobs set run_at = now() - interval '1 hour'")

    kinds = [(await claim(workers[0], "summary", "reply"))["kind"] for _ in range(2)]

    assert kinds == ["summary", "reply"]
    assert await claim(workers[0], "reply") is None
    assert reply is not None


@pytest.mark.parametrize(
    ("lock", "unlock"),
    [
        ("update public.users set is_active = false", "update public.users set is_active = true"),
        ("update public.users set deleted_at = now()", "update public.users set deleted_at = null"),
        (
            "update auth.users set banned_until = now() + interval '1 day'",
            "update auth.users set banned_until = null",
        ),
    ],
)
async def test_nothing_is_done_for_who_is_locked_out_until_she_may_come_back(
    lock: str,
    unlock: str,
    reply: UUID,
    ana: Viewer,
    workers: tuple[asyncpg.Connection, asyncpg.Connection],
    owner: asyncpg.Connection,
) -> None:
    worker, _ = workers

    await owner.execute(f"{lock} where id = $1", ana.user_id)
    none = await claim(worker)
    wait = await worker.fetchval("select private.next_job_at('{reply}') - clock_timestamp()")
    await owner.execute(f"{unlock} where id = $1", ana.user_id)
    await owner.execute("update private.jobs set run_at = now()")  # as time goes by

    assert none is None
    assert timedelta(0) < wait < timedelta(seconds=6)
    assert (await claim(worker))["ref_id"] == reply


async def test_jobs_of_who_is_locked_out_stand_in_nobodys_way(
    reply: UUID,
    ana: Viewer,
    new_user: NewUser,
    workers: tuple[asyncpg.Connection, asyncpg.Connection],
    owner: asyncpg.Connection,
) -> None:
    worker, _ = workers
    ben = await new_user("Ben")
    await owner.execute("update public.users set is_active = false where id = $1", ben.user_id)
    await owner.execute(
        "insert into private.jobs (kind, user_id, ref_id, run_at, created_at)"
        " select 'reply', $1, gen_random_uuid(), now() - '1 day'::interval, now() - '1 day'::interval"
        " from generate_series(1, 1050)",
        ben.user_id,
    )

    claims = [await claim(worker) for _ in range(2)]

    assert [one and one["ref_id"] for one in claims] == [None, reply]
    delays = await owner.fetch(
        "select distinct run_at > now() + '4 minutes'::interval, attempts, fence"
        " from private.jobs where user_id = $1",
        ben.user_id,
    )
    assert [tuple(one) for one in delays] == [(True, 0, 0)]


async def test_the_next_job_is_due_when_its_claim_runs_out(
    reply: UUID, workers: tuple[asyncpg.Connection, asyncpg.Connection]
) -> None:
    worker, _ = workers
    assert (await claim(worker, seconds=30))["ref_id"] == reply

    due = await worker.fetchval("select private.next_job_at('{reply,summary}')")

    assert timedelta(seconds=25) < due - datetime.now(UTC) < timedelta(seconds=31)
    assert await worker.fetchval("select private.next_job_at('{summary}')") is None


# A worker and everybody else --------------------------------------------------


@pytest.mark.parametrize(
    "rival",
    [
        "update public.messages set state = 'cancelled' where id = $1",
        "delete from public.messages where id = $1",
        "delete from public.conversations where id = "
        "(select conversation_id from public.messages where id = $1)",
        "delete from auth.users where id = (select user_id from public.messages where id = $1)",
    ],
)
async def test_a_worker_in_mid_write_is_waited_for_and_meets_nobody_head_on(
    rival: str,
    reply: UUID,
    ana: Viewer,
    workers: tuple[asyncpg.Connection, asyncpg.Connection],
    owner: asyncpg.Connection,
    superuser: asyncpg.Connection,
) -> None:
    worker, _ = workers
    job = await claim(worker)
    writing = worker.transaction()
    await writing.start()
    await take_role(worker, ana)
    await worker.execute(HOLD, job["id"], job["fence"])

    other = asyncio.create_task(superuser.execute(rival, reply))
    await until_waiting(owner, superuser)
    await worker.execute("update public.messages set state = 'streaming' where id = $1", reply)
    await worker.execute("select private.spend_model_tokens(10)")
    await worker.execute(HOLD, job["id"], job["fence"])
    await writing.commit()
    await other

    assert await refused(worker, HOLD, job["id"], job["fence"]) == "CA410"
    assert await jobs_of(owner, ana) == []


async def test_a_worker_that_waits_for_her_cancelling_writes_nothing(
    reply: UUID,
    workers: tuple[asyncpg.Connection, asyncpg.Connection],
    owner: asyncpg.Connection,
    superuser: asyncpg.Connection,
) -> None:
    worker, _ = workers
    job = await claim(worker)
    cancelling = superuser.transaction()
    await cancelling.start()
    await superuser.execute("select from public.messages where id = $1 for update", reply)

    writing = asyncio.create_task(worker.execute(HOLD, job["id"], job["fence"]))
    await until_waiting(owner, worker)
    await change(superuser, reply, "state = 'cancelled'")
    await cancelling.commit()
    with pytest.raises(asyncpg.PostgresError) as lost:
        await writing

    assert lost.value.sqlstate == "CA410"


# What is spent ----------------------------------------------------------------


async def test_model_tokens_are_counted_by_person_and_hour(
    ana: Viewer, new_user: NewUser, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    ben = await new_user("Ben")
    spend, spent = "select private.spend_model_tokens($1)", "select private.model_tokens_spent($1)"
    for viewer, tokens in ((ana, 100), (ana, 20), (ben, 3)):
        async with as_user(viewer, "cairn_server") as connection:
            await connection.execute(spend, tokens)
    await owner.execute(
        "insert into private.model_usage values ($1, date_trunc('hour', now()) - "
        "interval '1 hour', 1000), ($1, date_trunc('hour', now()) - interval '2 hours', 10000)",
        ana.user_id,
    )

    async with as_user(ana, "cairn_server") as connection:
        hers = [await connection.fetchval(spent, hours) for hours in (1, 2, 3)]
    async with as_user(ben, "cairn_server") as connection:
        his = await connection.fetchval(spent, 24)

    assert (hers, his) == ([120, 1120, 11120], 3)


async def test_tokens_are_spent_on_somebody_and_never_given_back(
    ana: Viewer, as_user: AsUser
) -> None:
    async with as_user(role="cairn_server") as connection:
        assert await refused(connection, "select private.spend_model_tokens(1)") == "CA401"
    async with as_user(ana, "cairn_server") as connection:
        assert await refused(connection, "select private.spend_model_tokens(-1)") == "CA400"


async def test_old_usage_is_forgotten_and_an_erased_account_leaves_none(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    await owner.execute(
        "insert into private.model_usage values ($1, now() - interval '33 days', 1), "
        "($1, now() - interval '31 days', 2)",
        ana.user_id,
    )
    left = "select array_agg(tokens) from private.model_usage where user_id = $1"

    async with as_user(role="cairn_server") as connection:
        swept = await connection.fetchval("select private.sweep_model_usage()")
    kept = await owner.fetchval(left, ana.user_id)
    await owner.execute("delete from auth.users where id = $1", ana.user_id)

    assert (swept, kept) == (1, [2])
    assert await owner.fetchval(left, ana.user_id) is None
