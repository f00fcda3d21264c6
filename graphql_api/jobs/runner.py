"""The runner: claims jobs as they come, keeps their leases, and gives back what it cannot end."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Protocol

import structlog

from graphql_api.errors import ApiError
from graphql_api.jobs.bell import Bell
from graphql_api.jobs.queue import Job, Kind, LeaseLost, Queue, is_away
from graphql_api.logs import whereabouts
from graphql_api.session import DatabaseError

# What no hint told is found by looking.
LOOK_SECONDS = 1.0
MAX_AWAY_SECONDS = 5.0
HEARTBEAT = timedelta(seconds=10)
# News of one person come in bursts.
MIN_HEARTBEAT_SECONDS = 0.2
# To give jobs back after the grace.
LAST_WORDS_SECONDS = 2.0
MAX_POSTPONED_SECONDS = 3600.0

log = structlog.get_logger(__name__)


class Handler(Protocol):
    """Does jobs of one kind."""

    async def perform(self, job: Job) -> None:
        """Do it, and take it off the queue in the transaction of its last write.

        When cancelled it stops soon, and writes nothing more for the job.
        """
        ...


class Runner:
    """Does up to `jobs` jobs at a time."""

    def __init__(
        self,
        queue: Queue,
        bell: Bell,
        handlers: Mapping[Kind, Handler],
        *,
        jobs: int,
        lease: timedelta,
        grace: timedelta,
    ) -> None:
        """Do the jobs of `queue` by `handlers`.

        Args:
            queue: has the jobs.
            bell: rings when there may be one.
            handlers: by kind.
            jobs: how many at a time.
            lease: how long a job is claimed; renewed three times in that while, or more often.
            grace: how long jobs under way may go on when told to stop.
        """
        self._queue = queue
        self._bell = bell
        self._handlers = handlers
        self._places = asyncio.Semaphore(jobs)
        self._lease_seconds = lease.total_seconds()
        self._beat_seconds = min(HEARTBEAT, lease / 3).total_seconds()
        self._grace_seconds = grace.total_seconds()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Work until cancelled; then claim nothing more, and end or give back what is under way."""
        away_seconds = 0.0
        try:
            while True:
                await self._places.acquire()
                try:
                    job = await self._next()
                except (ApiError, DatabaseError) as error:
                    self._places.release()
                    away_seconds = await _wait_for_database(error, away_seconds)
                except BaseException:
                    self._places.release()
                    raise
                else:
                    away_seconds = 0.0
                    self._start(job)
        finally:
            await self._end()

    async def _next(self) -> Job:
        """Give the next job, waiting for it as long as it takes."""
        while True:
            self._bell.jobs.clear()
            job = await self._queue.claim()
            if job is not None:
                return job
            due = await self._queue.seconds_to_next()
            seconds = due if due is not None and 0 < due < LOOK_SECONDS else LOOK_SECONDS
            await _wait(self._bell.jobs, seconds)

    def _start(self, job: Job) -> None:
        if job.attempt > 1:
            log.info("job begun again", kind=job.kind, job=str(job.id), attempt=job.attempt)
        task = asyncio.create_task(self._do(job), name=f"{job.kind} {job.id}")
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._places.release()
        # The person's next job may have waited for this one.
        self._bell.jobs.set()

    async def _do(self, job: Job) -> None:
        try:
            await self._under_lease(job)
        except LeaseLost:
            log.info("job withdrawn or taken over", kind=job.kind, job=str(job.id))
        except asyncio.CancelledError:
            await self._give_back(job, LAST_WORDS_SECONDS)
            raise
        except Exception as error:
            log.warning(
                "job failed",
                kind=job.kind,
                job=str(job.id),
                attempt=job.attempt,
                error=type(error).__qualname__,
                where=whereabouts(error),
            )
            if isinstance(error, ApiError | DatabaseError) and is_away(error):
                await self._give_back(job, self._lease_seconds)
            else:
                await self._put_off(job)

    async def _under_lease(self, job: Job) -> None:
        """Do a job while it is this worker's; what becomes of either ends both.

        Raises:
            LeaseLost: it is not any more.
            Exception: whatever the handler raises.
        """
        working = asyncio.create_task(self._handlers[job.kind].perform(job))
        keeping = asyncio.create_task(self._keep(job))
        try:
            await asyncio.wait({working, keeping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            working.cancel()
            keeping.cancel()
            await asyncio.gather(working, keeping, return_exceptions=True)
        if working.cancelled():
            await keeping
        await working

    async def _keep(self, job: Job) -> None:
        """Renew the lease at each heartbeat, and look at once when somebody changed her rows.

        Raises:
            LeaseLost: the job is not this worker's any more.
        """
        with self._bell.listening(job.user_id) as news:
            while True:
                await asyncio.sleep(MIN_HEARTBEAT_SECONDS)
                await _wait(news, self._beat_seconds - MIN_HEARTBEAT_SECONDS)
                news.clear()
                try:
                    await self._queue.renew(job)
                except (ApiError, DatabaseError) as error:
                    log.info("lease not renewed", job=str(job.id), error=type(error).__name__)

    async def _give_back(self, job: Job, seconds: float) -> None:
        """Let another worker go on at once; try for `seconds`, then the lease ends by itself."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while loop.time() < until:
            try:
                await self._queue.release(job)
            except LeaseLost:
                return
            except (ApiError, DatabaseError) as error:
                log.info("job not given back", job=str(job.id), error=type(error).__name__)
                await asyncio.sleep(min(LOOK_SECONDS, seconds / 4))
            else:
                log.info("job given back", kind=job.kind, job=str(job.id))
                return

    async def _put_off(self, job: Job) -> None:
        """Try again later, less often each time: the next attempt may meet the same fault."""
        # After a dozen attempts it is an hour; 2.0 to the power of a thousand is no number.
        doublings = min(job.attempt - 1, 12)
        delay = timedelta(seconds=min(2.0**doublings, MAX_POSTPONED_SECONDS))
        try:
            async with self._queue.holding(job) as transaction:
                await self._queue.postpone(transaction, job, delay=delay, code="fault")
        except LeaseLost:
            return
        except (ApiError, DatabaseError) as error:
            log.info("job not put off", job=str(job.id), error=type(error).__name__)

    async def _end(self) -> None:
        """Let what is under way end within the grace; cancel the rest, which gives itself back."""
        if not self._tasks:
            return
        log.info("ending jobs", jobs=len(self._tasks))
        await asyncio.wait(self._tasks, timeout=self._grace_seconds)
        left = list(self._tasks)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    """Wait for `event`, at most so long."""
    try:
        async with asyncio.timeout(max(seconds, 0.0)):
            await event.wait()
    except TimeoutError:
        return


async def _wait_for_database(error: Exception, waited_seconds: float) -> float:
    """Wait longer each time that the queue cannot be asked; give how long."""
    if not waited_seconds:
        log.warning("the queue cannot be asked", error=type(error).__name__)
    seconds = min(2 * waited_seconds or 0.25, MAX_AWAY_SECONDS)
    await asyncio.sleep(seconds)
    return seconds
