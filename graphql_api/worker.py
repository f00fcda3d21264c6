"""The worker: what must happen without anybody asking for it, and replies and summaries.

Duties come back at their own pace: people whose sign-up could not be followed are tried again, and
what is no longer of use (denials, keys, old events and counts) is forgotten, a bounded piece at a
time. Jobs come from the queue (`jobs/`). All of it is repeatable and safe beside other workers.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta

import structlog

from graphql_api.admission.budget import Budget
from graphql_api.companion.model import OpenAICompanion
from graphql_api.companion.protocol import Companion
from graphql_api.errors import ApiError
from graphql_api.jobs.bell import Bell
from graphql_api.jobs.queue import Kind, Queue
from graphql_api.jobs.replies import Replies
from graphql_api.jobs.runner import Runner
from graphql_api.jobs.summaries import Summaries
from graphql_api.live import Hints
from graphql_api.redis_client import redis_client
from graphql_api.server import STOP_SIGNALS
from graphql_api.session import Database, DatabaseError
from graphql_api.settings import NO_DATABASE, NO_MODEL, Settings

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Duty:
    """Something to do again and again.

    Attributes:
        name: for logs.
        every: how long after its end it is done again; sooner if there was more to do.
        statement: gives the number of things that were done.
    """

    name: str
    every: timedelta
    statement: str


DUTIES: Sequence[Duty] = (
    Duty(
        "repeat failed user syncs",
        timedelta(minutes=1),
        # All people are compared within the hour, a sixtieth of them each minute.
        "select private.repeat_failed_user_syncs(extract(minute from now())::integer)",
    ),
    Duty("sweep denials", timedelta(minutes=10), "select private.sweep_denials()"),
    Duty(
        "sweep idempotency keys",
        timedelta(minutes=10),
        "select private.sweep_idempotency_keys()",
    ),
    Duty("sweep live events", timedelta(minutes=1), "select private.sweep_live_events()"),
    Duty("sweep model usage", timedelta(hours=1), "select private.sweep_model_usage()"),
    Duty(
        "repeat failed participations",
        timedelta(minutes=10),
        "select private.repeat_failed_participations()",
    ),
    Duty(
        "sweep guardian consents",
        timedelta(hours=1),
        "select private.sweep_guardian_consents()",
    ),
    Duty(
        "sweep trashed journal entries",
        timedelta(hours=1),
        "select private.sweep_trashed_journal_entries()",
    ),
    Duty(
        "sweep by retention",
        timedelta(minutes=1),
        "select private.sweep_retention(10000, extract(minute from now())::integer)",
    ),
    Duty("erase who is due", timedelta(minutes=1), "select private.erase_next()"),
    Duty(
        "abandon idle journey sessions",
        timedelta(hours=1),
        "select private.abandon_idle_journey_sessions()",
    ),
    Duty("end missed streaks", timedelta(hours=1), "select private.end_missed_streaks()"),
    Duty("sweep OAuth", timedelta(hours=1), "select private.sweep_oauth()"),
    Duty("sweep webhook events", timedelta(hours=1), "select private.sweep_webhook_events()"),
)

# What a sweep does at a time, and how soon after a full one the next begins.
FULL = 10_000
FULL_SECONDS = 1.0

# A reply is waited for, a summary is not.
KINDS: Sequence[Kind] = ("reply", "summary")


def check_ready_to_work(settings: Settings) -> list[str]:
    """Say in a sentence each what is missing for working; empty when fit."""
    sentences = []
    if settings.database_url is None:
        sentences.append(NO_DATABASE)
    if not settings.has_model:
        sentences.append(NO_MODEL)
    return sentences


async def run(settings: Settings) -> None:
    """Connect and work until SIGINT, SIGTERM or SIGHUP.

    Replies under way then have `settings.shutdown_grace` to end; another worker goes on with what
    is left.

    Raises:
        UnsafeRole: the login could read past row-level security.
        Unavailable: the database does not answer.
    """
    async with AsyncExitStack() as stack:
        database = await Database.connect(settings)
        stack.push_async_callback(database.close)
        redis = redis_client(settings)
        stack.push_async_callback(redis.aclose)
        hints = Hints(redis)
        await hints.start()
        stack.push_async_callback(hints.stop)
        companion = OpenAICompanion(settings)
        stack.push_async_callback(companion.aclose)
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in STOP_SIGNALS:
            loop.add_signal_handler(number, stopped.set)
        log.info("worker ready", model=companion.name, duties=[duty.name for duty in DUTIES])
        working = asyncio.create_task(work(database, companion, hints, settings))
        stopping = asyncio.create_task(stopped.wait())
        stack.callback(stopping.cancel)
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        working.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await working
    log.info("worker stopped")


async def work(
    database: Database,
    companion: Companion,
    hints: Hints,
    settings: Settings,
    *,
    duties: Sequence[Duty] = DUTIES,
) -> None:
    """Do every duty now and then again, and jobs as they come, until cancelled.

    Args:
        database: where the jobs are, and what they write.
        companion: writes replies and summaries.
        hints: tell of jobs, and are told of news.
        settings: how many jobs at a time, leases, budgets and the grace at the end.
        duties: each at its own pace.
    """
    async with asyncio.TaskGroup() as tasks:
        for duty in duties:
            tasks.create_task(_repeat(database, duty), name=duty.name)
        tasks.create_task(make_runner(database, companion, hints, settings).run(), name="jobs")


def make_runner(
    database: Database, companion: Companion, hints: Hints, settings: Settings
) -> Runner:
    """Build what does jobs."""
    queue = Queue(database, kinds=KINDS, lease=settings.lease)
    bell = Bell(hints)
    budget = Budget(database, settings.tokens_per_day)
    replies = Replies(
        queue,
        companion,
        budget,
        bell.tell,
        context_tokens=settings.context_tokens,
        patience=settings.lease,
    )
    summaries = Summaries(
        queue, companion, budget, bell.tell, context_tokens=settings.context_tokens
    )
    return Runner(
        queue,
        bell,
        {"reply": replies, "summary": summaries},
        jobs=settings.worker_jobs,
        lease=settings.lease,
        grace=settings.shutdown_grace,
    )


async def _repeat(database: Database, duty: Duty) -> None:
    while True:
        done = 0
        try:
            done = await perform(database, duty)
        except (ApiError, DatabaseError) as error:
            # Postgres is away or refuses: the next time may do, and whoever watches is told.
            log.warning("duty failed", duty=duty.name, error=type(error).__name__)
        # Where there was more, a sweep once a minute would fall behind for ever.
        seconds = FULL_SECONDS if done >= FULL else duty.every.total_seconds()
        await asyncio.sleep(seconds)


async def perform(database: Database, duty: Duty) -> int:
    """Do a duty once; give how many things were done.

    Raises:
        ApiError, DatabaseError: it could not be done.
    """
    async with database.transaction(None, role="cairn_server") as transaction:
        done = int(await transaction.value(duty.statement))
    if done:
        log.info("duty done", duty=duty.name, count=done)
    return done
