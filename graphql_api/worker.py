"""The worker: what must happen without anybody asking for it.

This version has three such duties, all repeatable and safe beside other workers: people whose
sign-up could not be followed are tried again, and denials whose tokens have all expired and old
idempotency keys are forgotten. Each does a bounded piece at a time. Jobs with a queue of their own come with later versions.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog

from graphql_api.errors import ApiError
from graphql_api.server import STOP_SIGNALS
from graphql_api.session import Database, DatabaseError
from graphql_api.settings import Settings

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Duty:
    """Something to do again and again.

    Attributes:
        name: for logs.
        every: how long after its end it is done again.
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
)


async def run(settings: Settings) -> None:
    """Connect and work until SIGINT, SIGTERM or SIGHUP.

    Raises:
        UnsafeRole: the login could read past row-level security.
        Unavailable: the database does not answer.
    """
    database = await Database.connect(settings)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in STOP_SIGNALS:
        loop.add_signal_handler(number, stopped.set)
    log.info("worker ready", duties=[duty.name for duty in DUTIES])
    working = asyncio.create_task(work(database))
    stopping = asyncio.create_task(stopped.wait())
    try:
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        working.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await working
    finally:
        stopping.cancel()
        await database.close()
    log.info("worker stopped")


async def work(database: Database, duties: Sequence[Duty] = DUTIES) -> None:
    """Do every duty now and then again, each at its own pace, until cancelled."""
    async with asyncio.TaskGroup() as tasks:
        for duty in duties:
            tasks.create_task(_repeat(database, duty), name=duty.name)


async def _repeat(database: Database, duty: Duty) -> None:
    while True:
        try:
            await perform(database, duty)
        except (ApiError, DatabaseError) as error:
            # Postgres is away or refuses: the next time may do, and whoever watches is told.
            log.warning("duty failed", duty=duty.name, error=type(error).__name__)
        await asyncio.sleep(duty.every.total_seconds())


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
