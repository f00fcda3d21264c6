"""Summaries: when a conversation has ended, what it was about is written down once (NU-069)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import orjson
import structlog

from graphql_api.admission.budget import Budget, spend
from graphql_api.companion.context import estimate_prompt, last_turns
from graphql_api.companion.extractive import extractive_summary
from graphql_api.companion.protocol import Companion, ModelFailure, Summary, Turn
from graphql_api.errors import ApiError
from graphql_api.jobs.queue import Job, Queue
from graphql_api.jobs.replies import Tell
from graphql_api.jobs.turns import read_turns
from graphql_api.session import DatabaseError

# Nobody waits for a summary: it may wait for a reply under way, and for a model that is away.
WAITS = 4
ATTEMPTS = 7
WAIT = timedelta(seconds=5)
MAX_DELAY_SECONDS = 600.0

log = structlog.get_logger(__name__)

READ = """
select conversation.last_turn,
       exists (
         select from public.conversation_summaries as summary
         where summary.conversation_id = conversation.id
           and summary.through_turn = conversation.last_turn
       ) as is_done,
       exists (
         select from public.messages as reply
         where reply.conversation_id = conversation.id and reply.state in ('queued', 'streaming')
       ) as is_talking
from public.conversations as conversation
where conversation.id = $1
"""
WRITE = """
insert into public.conversation_summaries
  (conversation_id, summary, key_topics, emotional_themes, action_items, sentiment_overall,
   therapeutic_progress, through_turn, metadata)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict (user_id, conversation_id, through_turn) do nothing
"""


@dataclass(frozen=True, slots=True)
class Task:
    """A conversation to sum up."""

    conversation_id: UUID
    through_turn: int
    turns: Sequence[Turn]
    may_ask_model: bool


class Summaries:
    """Sums conversations up."""

    def __init__(
        self,
        queue: Queue,
        companion: Companion,
        budget: Budget,
        tell: Tell,
        *,
        context_tokens: int,
    ) -> None:
        """Sum up by `companion`.

        Args:
            queue: has the jobs.
            companion: the model, or the script.
            budget: of each person's tokens.
            tell: says after a commit that she has news.
            context_tokens: how much the model reads at most.
        """
        self._queue = queue
        self._context_tokens = context_tokens
        self._companion = companion
        self._budget = budget
        self._tell = tell

    async def perform(self, job: Job) -> None:
        """Sum up the conversation `job.ref_id`; nothing when that is done, or it is gone.

        Raises:
            LeaseLost: the job is another worker's, or the conversation is gone.
            ApiError, DatabaseError: Postgres is away, or refuses.
        """
        task = await self._begin(job)
        if task is None:
            return
        # An answer that could not be used has cost as much as one that could.
        tokens = 0
        try:
            summary = await self._sum_up(task)
        except ModelFailure as failure:
            if failure.is_transient and job.attempt < ATTEMPTS:
                await self._postpone(job, failure)
                return
            log.warning("summary by rules", job=str(job.id), reason=failure.reason)
            tokens = failure.tokens
            summary = extractive_summary(task.turns)
        except asyncio.CancelledError:
            await self._spend_alone(job, task)
            raise
        async with self._queue.holding(job) as transaction:
            await self._queue.finish(transaction, job)
            await transaction.execute(WRITE, *_columns(task, summary))
            await spend(transaction, tokens if summary.usage is None else summary.usage.tokens)
        self._tell(job.user_id)

    async def _begin(self, job: Job) -> Task | None:
        async with self._queue.holding(job) as transaction:
            found = await transaction.rows(READ, job.ref_id)
            if found and found[0]["is_talking"] and job.attempt <= WAITS:
                await self._queue.postpone(transaction, job, delay=WAIT, code="talking")
                return None
            if found and not found[0]["is_done"]:
                through_turn = found[0]["last_turn"]
                turns = await read_turns(transaction, job.ref_id, through_turn)
                may_ask = not await self._budget.is_used_up_by(transaction)
                if turns:
                    return Task(job.ref_id, through_turn, turns, may_ask)
            await self._queue.finish(transaction, job)
        return None

    async def _sum_up(self, task: Task) -> Summary:
        if not task.may_ask_model:
            return extractive_summary(task.turns)
        return await self._companion.summarise(task.turns)

    async def _postpone(self, job: Job, failure: ModelFailure) -> None:
        seconds = failure.retry_after_seconds or min(2.0**job.attempt, MAX_DELAY_SECONDS)
        async with self._queue.holding(job) as transaction:
            await spend(transaction, failure.tokens)
            await self._queue.postpone(
                transaction, job, delay=timedelta(seconds=seconds), code=failure.code
            )

    async def _spend_alone(self, job: Job, task: Task) -> None:
        """Count what the model has read: whoever deletes in time would else ask for free."""
        if not task.may_ask_model:
            return
        read = estimate_prompt(last_turns(task.turns, self._context_tokens))
        try:
            await self._budget.count(job.viewer, read)
        except (ApiError, DatabaseError) as error:
            log.info("tokens were not counted", job=str(job.id), error=type(error).__name__)


def _columns(task: Task, summary: Summary) -> tuple[object, ...]:
    return (
        task.conversation_id,
        summary.summary,
        list(summary.key_topics),
        list(summary.emotional_themes),
        list(summary.action_items),
        summary.sentiment_overall,
        summary.therapeutic_progress,
        task.through_turn,
        orjson.dumps({"by": summary.model}).decode(),
    )
