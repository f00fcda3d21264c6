"""Replies: a queued one becomes what the companion says, sentence by sentence, exactly once.

    read her turns → the model → sentences → the gate → draft → … → content

A sentence is stored, and so seen, only after it passed the gate; what was never released is never
stored. Each write holds the job, so that of two workers one goes on and the other stops. A reply
that was cut begins anew, as the next attempt, and its first sentence replaces the old draft.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol
from uuid import UUID

import structlog

from graphql_api.admission.budget import Budget, spend
from graphql_api.companion.context import fit_turns
from graphql_api.companion.gate import Gate
from graphql_api.companion.protocol import Companion, ModelFailure, Turn
from graphql_api.errors import ApiError
from graphql_api.jobs.attempt import Attempt
from graphql_api.jobs.queue import Job, Queue, is_away
from graphql_api.jobs.turns import read_recalled, read_turns
from graphql_api.session import DatabaseError, Transaction

ATTEMPTS = 3
# A reply that comes a minute late is not worth waiting for: she is told that it failed.
MAX_DELAY = timedelta(minutes=1)
FIRST_PAUSE_SECONDS = 0.1
MAX_PAUSE_SECONDS = 1.0

log = structlog.get_logger(__name__)

READ = """
select reply.state::text, reply.attempt, reply.conversation_id, asked.turn as asked_turn,
       asked.crisis_level::text
from public.messages as reply
join public.messages as asked on asked.id = reply.in_reply_to
where reply.id = $1
"""
# All of what is released so far, not what is new, so that it may be said twice.
RELEASE = "update public.messages set state = 'streaming', attempt = $2, draft = $3 where id = $1"
# `created_at` of a reply is the moment in which she sent what it answers, or changed it; a wait and
# earlier attempts count, since she waited for them, too (NU-066). It is an integer.
COMPLETE = """
update public.messages
set state = 'complete', attempt = $2, content = $3, draft = null, is_replaced = $4, model_used = $5,
    tokens_used = $6,
    response_time_ms = least(extract(epoch from clock_timestamp() - created_at) * 1000, 2147483647)
where id = $1
"""
# Whether a commit whose end was not heard of has stored it after all.
IS_STORED = """
select exists (
  select from public.messages where id = $1 and state = 'complete' and attempt = $2 and content = $3
)
"""
# What was released stays, as its content.
FAIL = """
update public.messages
set state = 'failed', draft = null, content = coalesce(draft, content), tokens_used = $3,
    failure = case when draft <> '' and $2 = 'unavailable' then 'interrupted'
                   else $2 end::public.reply_failure
where id = $1
"""


class Tell(Protocol):
    """Says something to every process: `live.Hints.tell`, or a `Bell`'s."""

    def __call__(self, user_id: UUID, *, draft: bool = False) -> None:
        """Say, after a commit, that `user_id` has news, or only more of a draft; never wait or fail."""
        ...


@dataclass(frozen=True, slots=True)
class Task:
    """A reply to write.

    Attributes:
        attempt: of the reply, from 1; grows with each that releases something.
        turns: what the model is to read.
    """

    attempt: int
    turns: Sequence[Turn]


class Replies:
    """Writes replies."""

    def __init__(
        self,
        queue: Queue,
        companion: Companion,
        budget: Budget,
        tell: Tell,
        *,
        context_tokens: int,
        patience: timedelta,
        gate: Gate | None = None,
    ) -> None:
        """Answer by `companion`.

        Args:
            queue: has the jobs.
            companion: the model, or the script.
            budget: of each person's tokens.
            tell: says after a commit that she has news.
            context_tokens: how much the model may read.
            patience: how long a write is tried again while Postgres is away.
            gate: which every sentence passes.
        """
        self._queue = queue
        self._companion = companion
        self._budget = budget
        self._tell = tell
        self._context_tokens = context_tokens
        self._patience_seconds = patience.total_seconds()
        self._gate = gate or Gate()

    async def perform(self, job: Job) -> None:
        """Write the reply `job.ref_id`, or put down why there is none; nothing if it has ended.

        Raises:
            LeaseLost: it is another worker's, she cancelled it, or it is gone.
            ApiError, DatabaseError: Postgres is away, or refuses.
        """
        task = await self._begin(job)
        if task is None:
            return
        attempt = Attempt(task.turns, self._companion.name)
        try:
            try:
                await self._write_reply(job, task, attempt)
            except ModelFailure as failure:
                attempt.fail(failure)
                await self._fail(job, attempt, failure)
        except BaseException:
            # Lost, cancelled by her, or told to stop: what the model said until now was paid for.
            await self._settle(job, task, attempt)
            raise
        self._tell(job.user_id)

    async def _begin(self, job: Job) -> Task | None:
        """Read what there is to do; None when it is settled without the model."""
        async with self._queue.holding(job) as transaction:
            found = await transaction.rows(READ, job.ref_id)
            if not found or found[0]["state"] not in ("queued", "streaming"):
                await self._queue.finish(transaction, job)
                return None
            failure = await self._reason_to_fail(transaction, job)
            if failure is None:
                row = found[0]
                turns = await read_turns(transaction, row["conversation_id"], row["asked_turn"])
                recalled = await read_recalled(transaction, row["conversation_id"])
                return Task(row["attempt"] + 1, fit_turns(turns, self._context_tokens, recalled))
            await self._queue.finish(transaction, job)
            await transaction.execute(FAIL, job.ref_id, failure, None)
        log.info("reply failed", job=str(job.id), failure=failure)
        self._tell(job.user_id)
        return None

    async def _reason_to_fail(self, transaction: Transaction, job: Job) -> str | None:
        if job.attempt > ATTEMPTS:  # those before it were killed
            return "unavailable"
        if await self._budget.is_used_up_by(transaction):
            return "over_budget"
        return None

    async def _write_reply(self, job: Job, task: Task, attempt: Attempt) -> None:
        """Let the companion speak, release what passes the gate, and store the whole."""
        has_begun = False
        async with aclosing(self._companion.reply(task.turns)) as pieces:
            async for piece in pieces:
                sentences = attempt.take(piece)
                if not sentences:
                    continue
                self._check(attempt, sentences)
                if attempt.is_over:
                    break
                await self._persist(
                    job,
                    lambda transaction: transaction.execute(
                        RELEASE, job.ref_id, task.attempt, attempt.released
                    ),
                )
                # The first one changes the reply's state, which is an event; the others do not.
                self._tell(job.user_id, draft=has_begun)
                has_begun = True
        if not attempt.is_over:
            self._check(attempt, attempt.rest())
        if not attempt.released.strip():
            raise ModelFailure("unavailable", "empty", is_transient=True)
        await self._persist(
            job, lambda transaction: self._complete(transaction, job, task, attempt)
        )
        attempt.is_paid = True

    def _check(self, attempt: Attempt, sentences: Sequence[str]) -> None:
        for sentence in sentences:
            verdict = self._gate.check(sentence, attempt.released)
            if verdict.replacement is not None:
                attempt.replace(verdict.replacement)
            elif verdict.passes:
                attempt.release(sentence)
            if attempt.is_over:
                return

    async def _complete(
        self, transaction: Transaction, job: Job, task: Task, attempt: Attempt
    ) -> None:
        await self._queue.finish(transaction, job)
        await transaction.execute(
            COMPLETE,
            job.ref_id,
            task.attempt,
            attempt.released,
            attempt.is_replaced,
            attempt.model,
            attempt.tokens,
        )
        await spend(transaction, attempt.tokens)

    async def _fail(self, job: Job, attempt: Attempt, failure: ModelFailure) -> None:
        """Try again in a while, or put the failure down for good."""
        delay = _delay(job, failure)
        is_final = not failure.is_transient or job.attempt >= ATTEMPTS or delay > MAX_DELAY

        async def write(transaction: Transaction) -> None:
            await spend(transaction, attempt.tokens)
            if not is_final:
                await self._queue.postpone(transaction, job, delay=delay, code=failure.code)
                return
            await self._queue.finish(transaction, job)
            code = "unavailable" if failure.is_transient else "refused"
            await transaction.execute(FAIL, job.ref_id, code, attempt.tokens or None)

        await self._persist(job, write)
        attempt.is_paid = True
        log.warning(
            "reply failed" if is_final else "reply postponed",
            job=str(job.id),
            failure=failure.code,
            reason=failure.reason,
            attempt=job.attempt,
        )

    async def _persist(self, job: Job, write: Callable[[Transaction], Awaitable[None]]) -> None:
        """Write while holding the job, again and again while Postgres is away.

        Raises:
            LeaseLost, ApiError, DatabaseError: it was not written.
        """
        loop = asyncio.get_running_loop()
        until, pause = loop.time() + self._patience_seconds, FIRST_PAUSE_SECONDS
        while True:
            try:
                async with self._queue.holding(job) as transaction:
                    await write(transaction)
            except (ApiError, DatabaseError) as error:
                if not is_away(error) or loop.time() > until:
                    raise
                log.warning("a write waits for the database", job=str(job.id))
            else:
                return
            await asyncio.sleep(pause)
            pause = min(2 * pause, MAX_PAUSE_SECONDS)

    async def _settle(self, job: Job, task: Task, attempt: Attempt) -> None:
        """Count what an attempt has cost that ends without a write of its own, as far as we know."""
        tokens = attempt.tokens_when_left
        if attempt.is_paid or tokens == 0:
            return
        try:
            async with self._queue.looking(job) as transaction:
                is_stored = await transaction.value(
                    IS_STORED, job.ref_id, task.attempt, attempt.released
                )
            if is_stored:
                # The last write was done, and paid, though its end was not heard of.
                self._tell(job.user_id)
                return
            await self._budget.count(job.viewer, tokens)
        except (ApiError, DatabaseError) as error:
            # She may be gone with her account, or Postgres away: nobody is asked to pay twice.
            log.info("tokens were not counted", job=str(job.id), error=type(error).__name__)


def _delay(job: Job, failure: ModelFailure) -> timedelta:
    """How long to wait: as the model asks, else 1 s, 2 s, 4 s."""
    if failure.retry_after_seconds is not None:
        return timedelta(seconds=failure.retry_after_seconds)
    return timedelta(seconds=2 ** (job.attempt - 1))
