"""The runner: jobs are found, held, given back, and never done twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from pydantic import SecretStr

from graphql_api.auth import Viewer
from graphql_api.errors import Unavailable
from graphql_api.jobs import runner
from graphql_api.jobs.bell import Bell
from graphql_api.jobs.queue import Job, Queue
from graphql_api.jobs.runner import Runner
from graphql_api.live import Hints
from graphql_api.redis_client import redis_client
from graphql_api.session import Database
from graphql_api.settings import Settings
from graphql_api.worker import make_runner
from tests.fixtures.graphql import Caller
from tests.fixtures.people import NewUser
from tests.fixtures.servers import FreshRedis
from tests.jobs.talk import (
    CANCEL,
    USAGE,
    Desk,
    Played,
    Talk,
    eventually,
    unavailable,
    working,
)


@pytest.fixture
def never_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that finds nothing by looking."""
    monkeypatch.setattr(runner, "LOOK_SECONDS", 60.0)


async def test_a_hint_lets_the_reply_begin_at_once(
    talk: Talk, database: Database, settings: Settings, never_look: None
) -> None:
    hints = Hints(None)
    async with working(database, Played(["Here.", USAGE]), settings, hints):
        await asyncio.sleep(0.1)  # it has looked once, and waits
        reply = await talk.say()

        hints.tell(talk.user_id, jobs=True)

        await talk.until(reply, "complete", seconds=3)


async def test_a_job_that_no_hint_told_of_is_found_by_looking(
    talk: Talk, database: Database, settings: Settings
) -> None:
    async with working(database, Played(["Here.", USAGE]), settings):
        await asyncio.sleep(0.1)
        reply = await talk.say()

        await talk.until(reply, "complete", seconds=3)


async def test_a_reply_that_was_put_off_is_begun_when_it_is_due(
    talk: Talk, database: Database, settings: Settings
) -> None:
    reply = await talk.say()

    async with working(database, Played([unavailable(0.2)], ["Here.", USAGE]), settings):
        await talk.until(reply, "complete", seconds=3)

    assert (await talk.row(reply))["attempt"] == 1


async def test_no_more_jobs_are_done_at_a_time_than_is_said(
    database: Database,
    settings: Settings,
    new_user: NewUser,
    caller: Callable[[Viewer], Caller],
    superuser: asyncpg.Connection,
) -> None:
    go_on = asyncio.Event()
    model = Played([go_on, "Here.", USAGE])
    talks = [await Talk.begin(caller(await new_user()), superuser) for _ in range(5)]
    replies = [await talk.say() for talk in talks]

    async with working(database, model, settings.model_copy(update={"worker_jobs": 2})):

        async def are_two() -> bool:
            return len(model.asked) == 2

        await eventually(are_two)
        await asyncio.sleep(0.2)  # time enough for a third
        assert len(model.asked) == 2
        go_on.set()
        for talk, reply in zip(talks, replies, strict=True):
            await talk.until(reply, "complete")


async def test_whoever_answers_her_second_message_knows_the_answer_to_her_first(
    talk: Talk, database: Database, settings: Settings
) -> None:
    model = Played([lambda: asyncio.sleep(0.1), "Here.", USAGE])
    replies = [await talk.say(said) for said in ("One.", "Two.", "Three.")]

    async with working(database, model, settings):
        for reply in replies:
            await talk.until(reply, "complete")

    asked = [[turn.content for turn in turns if turn.role == "assistant"] for turns in model.asked]
    assert asked == [[], ["Here."], ["Here.", "Here."]]


async def test_a_lease_is_renewed_while_the_model_thinks(
    talk: Talk, database: Database, quick: Settings
) -> None:
    """Three times as long as the lease, beside another worker who would take it over."""
    reply = await talk.say()
    slow = Played([lambda: asyncio.sleep(3), "At last.", USAGE])
    other = Played(["Taken over.", USAGE])

    async with working(database, slow, quick):
        await _asked(slow)
        async with working(database, other, quick):
            row = await talk.until(reply, "complete")

    assert (row["content"], row["attempt"], other.asked) == ("At last.", 1, [])


async def _asked(model: Played, times: int = 1) -> None:
    async def is_asked() -> bool:
        return len(model.asked) >= times

    await eventually(is_asked)


async def test_cancelling_ends_the_models_stream_at_once(
    talk: Talk, database: Database, settings: Settings
) -> None:
    """Not at the next sentence or heartbeat, which may be ten seconds away."""
    reply = await talk.say()
    hints = Hints(None)
    model = Played(["One. And", asyncio.Event()])

    async with working(database, model, settings, hints):
        await talk.until(reply, "streaming")
        await talk.caller(CANCEL, id=reply)
        hints.tell(talk.user_id)

        async def has_left() -> bool:
            return model.left == 1

        await eventually(has_left, seconds=3)

    row = await talk.row(reply)
    assert (row["state"], row["content"]) == ("cancelled", "One.")


async def test_a_stop_lets_a_reply_end_within_the_grace(
    talk: Talk, database: Database, settings: Settings
) -> None:
    reply = await talk.say()
    model = Played(["One. And", lambda: asyncio.sleep(0.3), " two.", USAGE])

    async with working(database, model, settings) as task:
        await talk.until(reply, "streaming")
        task.cancel()
        await asyncio.wait({task})

    assert (await talk.row(reply))["content"] == "One. And two."


async def test_after_the_grace_another_worker_goes_on_at_once(
    talk: Talk, database: Database, settings: Settings
) -> None:
    """With a lease of half a minute, which nobody waits for; and the attempt does not count."""
    reply = await talk.say()
    impatient = settings.model_copy(update={"shutdown_grace": timedelta(milliseconds=1)})
    model = Played(["One. And", asyncio.Event()])
    async with working(database, model, impatient):
        await talk.until(reply, "streaming")
    job = await talk.job(reply)

    async with working(database, Played(["Whole.", USAGE]), settings):
        row = await talk.until(reply, "complete", seconds=3)

    assert job is not None
    assert (job["attempts"], job["lease_until"]) == (0, None)
    assert model.left == 1
    assert (row["content"], row["attempt"]) == ("Whole.", 2)
    assert await talk.spent() > 12


async def test_a_stop_claims_nothing_more(
    talk: Talk, database: Database, settings: Settings
) -> None:
    first = await talk.say()
    model = Played([lambda: asyncio.sleep(0.3), "Here.", USAGE])
    one_at_a_time = settings.model_copy(update={"worker_jobs": 1})

    async with working(database, model, one_at_a_time) as task:
        await _asked(model)
        second = await talk.say()
        task.cancel()
        await asyncio.wait({task})

    assert (await talk.row(first))["state"] == "complete"
    assert (await talk.row(second))["state"] == "queued"


async def test_a_fault_of_ours_is_told_without_words_and_tried_again_later(
    talk: Talk, database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    reply = await talk.say("My secret.")
    told: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(runner.log, "warning", lambda event, **facts: told.append((event, facts)))

    async def fail() -> None:
        raise ValueError("My secret.")

    async with working(database, Played([fail], ["Here.", USAGE]), settings):
        await talk.until(reply, "complete")

    assert [event for event, _ in told] == ["job failed"]
    assert told[0][1]["error"] == "ValueError"
    assert "secret" not in repr(told)
    assert (await talk.row(reply))["content"] == "Here."


async def test_a_job_that_failed_a_thousand_times_is_put_off_for_an_hour(
    talk: Talk, database: Database, settings: Settings
) -> None:
    reply = await talk.say()
    desk = Desk.of(database, Played([USAGE]))
    job = replace(await desk.claim(), attempt=2_000)

    await make_runner(database, Played([USAGE]), Hints(None), settings)._put_off(job)

    stored = await talk.job(reply)
    assert stored is not None
    assert stored["last_error"] == "fault"
    assert stored["run_at"] - stored["created_at"] > timedelta(minutes=59)


class Away:
    """A handler whose database goes away, once."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []

    async def perform(self, job: Job) -> None:
        self.jobs.append(job)
        if len(self.jobs) == 1:
            raise Unavailable


async def test_a_job_whose_database_went_away_is_given_back_and_does_not_count(
    talk: Talk, database: Database, settings: Settings
) -> None:
    await talk.say()
    handler = Away()
    queue = Queue(database, kinds=["reply"], lease=timedelta(seconds=30))
    one = Runner(
        queue,
        Bell(Hints(None)),
        {"reply": handler},
        jobs=1,
        lease=timedelta(seconds=30),
        grace=timedelta(0),
    )
    task = asyncio.create_task(one.run())

    async def came_twice() -> bool:
        return len(handler.jobs) == 2

    await eventually(came_twice)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert [job.attempt for job in handler.jobs] == [1, 1]


async def test_without_redis_replies_come_all_the_same(
    talk: Talk, database: Database, settings: Settings, fresh_redis: FreshRedis
) -> None:
    redis = redis_client(settings.model_copy(update={"redis_url": SecretStr(fresh_redis.url)}))
    hints = Hints(redis)
    await hints.start()
    try:
        async with working(database, Played(["Here.", USAGE]), settings, hints):
            await talk.until(await talk.say("With."), "complete", seconds=3)
            fresh_redis.kill()

            await talk.until(await talk.say("Without."), "complete", seconds=3)
    finally:
        await hints.stop()
        await redis.aclose()


async def test_the_clock_of_the_worker_has_no_say(talk: Talk, database: Database) -> None:
    """When a job is due is reckoned by Postgres alone."""
    reply = await talk.say()
    desk = Desk.of(database, Played(["Here."]))
    await desk.claim()
    await talk.owner.execute(
        "update private.jobs set lease_until = null, run_at = now() + interval '20 s'"
    )

    seconds = await desk.queue.seconds_to_next()

    assert seconds is not None
    assert 18 < seconds <= 20
    assert await talk.job(reply) is not None
