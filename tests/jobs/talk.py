"""A conversation whose replies a test has written, step by step, by a companion that it plays."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg

from graphql_api.admission.budget import Budget
from graphql_api.companion.extractive import extractive_summary
from graphql_api.companion.gate import Gate
from graphql_api.companion.protocol import Companion, ModelFailure, Summary, Turn, Usage
from graphql_api.jobs.queue import Job, Queue
from graphql_api.jobs.replies import Replies
from graphql_api.live import Hints
from graphql_api.session import Database
from graphql_api.settings import Settings
from graphql_api.worker import KINDS, make_runner
from tests.fixtures.graphql import Answer, Caller

START = "mutation { startConversation(input: {}) { id } }"
SEND = """
mutation ($input: SendMessageInput!) {
  sendMessage(input: $input) { message { id turn } reply { id turn state } }
}
"""
EDIT = """
mutation ($id: UUID!, $content: String!) {
  editMessage(input: {id: $id, content: $content}) {
    message { id content crisisLevel } reply { id state attempt: turn } conversation { messageCount }
  }
}
"""
RETRY = """
mutation ($id: UUID!) {
  retryReply(input: {id: $id}) { reply { id state failure } message { id } conversation { id } }
}
"""
CANCEL = """
mutation ($id: UUID!) {
  cancelReply(input: {id: $id}) { reply { id state content draft } message { id } }
}
"""
USAGE = Usage("model-of-tests", 7, 5, is_estimated=False)
Step = str | Usage | ModelFailure | asyncio.Event | Callable[[], Awaitable[object]]


class Played:
    """A companion that says what a test has written for each request; the last again and again.

    A step is a piece, a Usage, a failure to raise, an event to wait for, or something to do.

    Attributes:
        asked: what it has read, request by request.
        left: how many requests were closed before they were told to the end.
    """

    name = "played"

    def __init__(self, *scripts: Sequence[Step]) -> None:
        self.asked: list[Sequence[Turn]] = []
        self.left = 0
        self._scripts = scripts

    async def reply(self, turns: Sequence[Turn]) -> AsyncGenerator[str | Usage, None]:
        script = self._scripts[min(len(self.asked), len(self._scripts) - 1)]
        self.asked.append(turns)
        is_whole = False
        try:
            for step in script:
                if isinstance(step, ModelFailure):
                    is_whole = True
                    raise step
                if isinstance(step, asyncio.Event):
                    await step.wait()
                elif callable(step):
                    await step()
                else:
                    yield step
            is_whole = True
        finally:
            self.left += not is_whole

    async def summarise(self, turns: Sequence[Turn]) -> Summary:
        self.asked.append(turns)
        for step in self._scripts[min(len(self.asked), len(self._scripts)) - 1]:
            if isinstance(step, ModelFailure):
                raise step
        return extractive_summary(turns)

    async def aclose(self) -> None:
        """Nothing is open."""


def unavailable(retry_after_seconds: float | None = None) -> ModelFailure:
    return ModelFailure(
        "unavailable", "http_503", is_transient=True, retry_after_seconds=retry_after_seconds
    )


def interrupted() -> ModelFailure:
    return ModelFailure("interrupted", "cut", is_transient=True)


def useless(tokens: int, *, is_transient: bool = False) -> ModelFailure:
    """An answer that cannot be used, and has cost something all the same."""
    return ModelFailure("unavailable", "empty", is_transient=is_transient, tokens=tokens)


def refused() -> ModelFailure:
    return ModelFailure("refused", "http_400", is_transient=False)


@dataclass(frozen=True)
class Talk:
    """A conversation, the person in it, and a view of what is really stored."""

    caller: Caller
    owner: asyncpg.Connection
    id: str
    replies: list[UUID] = field(default_factory=list)

    @classmethod
    async def begin(cls, caller: Caller, owner: asyncpg.Connection) -> Talk:
        answer = await caller(START)
        return cls(caller, owner, answer.data["startConversation"]["id"])

    @property
    def user_id(self) -> UUID:
        """Whose it is."""
        assert self.caller.viewer.user_id is not None
        return self.caller.viewer.user_id

    async def send(self, content: str, **given: object) -> Answer:
        return await self.caller(
            SEND, input={"conversationId": self.id, "content": content, **given}
        )

    async def say(self, content: str = "I could not sleep.") -> UUID:
        """Send a message; give the id of its queued reply."""
        sent = (await self.send(content)).data["sendMessage"]
        return UUID(sent["reply"]["id"])

    async def row(self, message_id: UUID) -> Mapping[str, Any]:
        """Give the message as it is stored."""
        found = await self.owner.fetchrow("select * from public.messages where id = $1", message_id)
        assert found is not None, "The message is gone."
        return dict(found)

    async def until(
        self, message_id: UUID, state: str, *, seconds: float = 15
    ) -> Mapping[str, Any]:
        """Give the message once it has come to `state`."""

        async def has_come() -> bool:
            return bool((await self.row(message_id))["state"] == state)

        await eventually(has_come, seconds=seconds)
        return await self.row(message_id)

    async def job(self, ref_id: UUID) -> Mapping[str, Any] | None:
        """Give the job of a reply, or of the conversation, if there is one."""
        found = await self.owner.fetchrow("select * from private.jobs where ref_id = $1", ref_id)
        return None if found is None else dict(found)

    async def spent(self) -> int:
        """Give the model tokens that were counted as hers."""
        return int(
            await self.owner.fetchval(
                "select coalesce(sum(tokens), 0) from private.model_usage where user_id = $1",
                self.user_id,
            )
        )

    async def spend(self, tokens: int) -> None:
        """Have used so many tokens already."""
        await self.owner.execute(
            "insert into private.model_usage (user_id, hour, tokens)"
            " values ($1, date_trunc('hour', now(), 'UTC'), $2)",
            self.user_id,
            tokens,
        )


@dataclass(frozen=True)
class Desk:
    """What one worker does jobs with, to be done by hand."""

    queue: Queue
    replies: Replies
    told: list[tuple[UUID, str]]

    @classmethod
    def of(
        cls,
        database: Database,
        companion: Companion,
        *,
        tokens_per_day: int = 200_000,
        lease: timedelta = timedelta(seconds=30),
        gate: Gate | None = None,
    ) -> Desk:
        told: list[tuple[UUID, str]] = []

        def tell(user_id: UUID, *, draft: bool = False) -> None:
            told.append((user_id, "draft" if draft else "news"))

        queue = Queue(database, kinds=KINDS, lease=lease)
        replies = Replies(
            queue,
            companion,
            Budget(database, tokens_per_day),
            tell,
            context_tokens=8_000,
            patience=timedelta(seconds=10),
            gate=gate,
        )
        return cls(queue, replies, told)

    async def claim(self) -> Job:
        job = await self.queue.claim()
        assert job is not None, "There is no job."
        return job

    async def answer(self) -> Job:
        """Claim the next job and do it."""
        job = await self.claim()
        await self.replies.perform(job)
        return job


@asynccontextmanager
async def working(
    database: Database, companion: Companion, settings: Settings, hints: Hints | None = None
) -> AsyncIterator[asyncio.Task[None]]:
    """Let a worker do jobs meanwhile; stop it in good order afterwards."""
    runner = make_runner(database, companion, hints or Hints(None), settings)
    task = asyncio.create_task(runner.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def eventually(is_so: Callable[[], Awaitable[bool]], *, seconds: float = 15) -> None:
    """Wait until it is so."""
    async with asyncio.timeout(seconds):
        while not await is_so():  # noqa: ASYNC110 - what is stored rings no bell
            await asyncio.sleep(0.01)
