"""The queue of jobs: claimed for a while, held by a fence, ended in the transaction of the write.

A worker that was killed, stalled or cut off may wake up and go on as if nothing had happened.
So each write of a job first proves, in its own transaction, that the job is still this worker's:
a fence that has grown, or a job that is gone, refuses the write (SQLSTATE CA410).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from uuid import UUID

from graphql_api.auth import Viewer
from graphql_api.errors import ApiError, Timeout, Unavailable
from graphql_api.session import Database, DatabaseError, Transaction

Kind = Literal["reply", "summary"]

LEASE_LOST = "CA410"
# What may be better in a moment: Postgres is away, starts up, or a lock was not to be had.
AWAY = (Unavailable, Timeout)

CLAIM = "select id, kind, user_id, ref_id, attempt, fence from private.claim_job($1, $2)"
# In seconds, reckoned there: two clocks may differ by a minute.
NEXT = """
select extract(epoch from private.next_job_at($1) - clock_timestamp())::double precision
"""
HOLD = "select private.hold_job($1, $2, $3)"
FINISH = "select private.finish_job($1, $2)"
POSTPONE = "select private.postpone_job($1, $2, $3, $4)"
RELEASE = "select private.release_job($1, $2)"


class LeaseLost(Exception):
    """The job is another worker's now, or gone: nothing more may be written for it."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job that this worker has claimed.

    Attributes:
        id: of the job.
        kind: what there is to do.
        user_id: whose it is.
        ref_id: the reply to write, or the conversation to sum up.
        attempt: how often it was begun, from 1.
        fence: grows with each claim.
    """

    id: UUID
    kind: Kind
    user_id: UUID
    ref_id: UUID
    attempt: int
    fence: int

    @property
    def viewer(self) -> Viewer:
        """Her in whose name it is done: row-level security holds for the worker, too."""
        return Viewer(user_id=self.user_id, role="authenticated")


class Queue:
    """The jobs in one database, as one worker sees them."""

    def __init__(self, database: Database, *, kinds: Sequence[Kind], lease: timedelta) -> None:
        """Claim jobs of `kinds`, each for `lease` at a time."""
        self._database = database
        self._kinds = list(kinds)
        self._lease_seconds = lease.total_seconds()

    async def claim(self) -> Job | None:
        """Take the next job that is due; None when there is none.

        Raises:
            ApiError, DatabaseError: it could not be asked.
        """
        async with self._database.transaction(None, role="cairn_server") as transaction:
            found = await transaction.rows(CLAIM, self._kinds, self._lease_seconds)
        return Job(*found[0]) if found else None

    async def seconds_to_next(self) -> float | None:
        """Tell in how many seconds a job can be claimed; None when there is none at all.

        Raises:
            ApiError, DatabaseError: it could not be asked.
        """
        async with self._database.transaction(
            None, role="cairn_server", read_only=True
        ) as transaction:
            seconds: float | None = await transaction.value(NEXT, self._kinds)
        return seconds

    @asynccontextmanager
    async def holding(self, job: Job) -> AsyncIterator[Transaction]:
        """Open a transaction in her name that commits only while the job is this worker's.

        The lease is renewed with it.

        Raises:
            LeaseLost: it is not; nothing was written.
            ApiError, DatabaseError: as `Database.transaction`.
        """
        try:
            async with self._database.transaction(job.viewer, role="cairn_server") as transaction:
                await transaction.execute(HOLD, job.id, job.fence, self._lease_seconds)
                yield transaction
        except DatabaseError as error:
            raise _told(error) from error

    @asynccontextmanager
    async def looking(self, job: Job) -> AsyncIterator[Transaction]:
        """Open a transaction in her name that only reads, whoever has the job.

        Raises:
            ApiError, DatabaseError: as `Database.transaction`.
        """
        async with self._database.transaction(
            job.viewer, role="cairn_server", read_only=True
        ) as transaction:
            yield transaction

    async def renew(self, job: Job) -> None:
        """Hold the job for another lease.

        Raises:
            LeaseLost: it is not this worker's any more.
            ApiError, DatabaseError: it could not be asked.
        """
        await self._say(HOLD, job.id, job.fence, self._lease_seconds)

    async def finish(self, transaction: Transaction, job: Job) -> None:
        """Take the job off the queue, with what `transaction` writes or not at all."""
        await transaction.execute(FINISH, job.id, job.fence)

    async def postpone(
        self, transaction: Transaction, job: Job, *, delay: timedelta, code: str
    ) -> None:
        """Let the job be claimed again after `delay`; `code` says why, and quotes nothing."""
        await transaction.execute(POSTPONE, job.id, job.fence, delay.total_seconds(), code)

    async def release(self, job: Job) -> None:
        """Let anybody claim the job at once; this attempt does not count.

        Raises:
            LeaseLost: it is not this worker's any more.
            ApiError, DatabaseError: it could not be said; the lease will end by itself.
        """
        await self._say(RELEASE, job.id, job.fence)

    async def _say(self, sql: str, *arguments: object) -> None:
        try:
            async with self._database.transaction(None, role="cairn_server") as transaction:
                await transaction.execute(sql, *arguments)
        except DatabaseError as error:
            raise _told(error) from error


def is_away(error: ApiError | DatabaseError) -> bool:
    """Tell whether the database was away or busy, so that the same may succeed in a moment."""
    return isinstance(error.api_error if isinstance(error, DatabaseError) else error, AWAY)


def _told(error: DatabaseError) -> LeaseLost | DatabaseError:
    return LeaseLost() if error.sqlstate == LEASE_LOST else error
