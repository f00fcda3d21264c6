"""Hints: "look, this person has news", told to every process, without saying what it is.

A hint makes news quick, never possible: whoever waits also looks by himself, once a second. So a
hint may be lost, doubled or late, and nothing here is ever waited for. Hints carry no data; what
is new is read from Postgres, by whoever may read it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID, uuid4

import structlog
from redis.asyncio import Redis

from graphql_api.ear import Ear, end, warn

CHANNEL = "cairn:news"
REDIS_SECONDS = 1.0
# Hints that wait for Redis; when it is too slow for more of them, everybody is told to look.
MAXIMUM_PENDING = 10_000
EVERYBODY = "*"

# What a hint says, each more than the one before: a reply under way has grown; there are events;
# there may be a job to do, too. Of several hints for one person the greatest says it all.
DRAFT, NEWS, JOBS = range(3)

OnNews = Callable[[UUID | None], None]
OnJobs = Callable[[], None]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Hint:
    """What one says.

    Attributes:
        origin: the process that gave it.
        user_id: who has news; None for everybody.
        what: `DRAFT`, `NEWS` or `JOBS`.
    """

    origin: str
    user_id: UUID | None
    what: int

    def encode(self) -> str:
        """Give it as text: `origin user what`."""
        return f"{self.origin} {self.user_id or EVERYBODY} {self.what}"

    @classmethod
    def decode(cls, text: bytes) -> Hint:
        """Read what `encode` gave.

        Raises:
            ValueError: it is no hint of ours.
        """
        origin, user, what = text.decode().split(" ")
        return cls(origin, None if user == EVERYBODY else UUID(user), int(what))


class Hints:
    """Gives hints to this process at once and to the others through Redis, and hears theirs."""

    def __init__(self, redis: Redis | None) -> None:
        """Speak through `redis`; None for a process that is alone."""
        self._redis = redis
        self._origin = uuid4().hex
        self._on_news: list[OnNews] = []
        self._on_drafts: list[OnNews] = []
        self._on_jobs: list[OnJobs] = []
        self._pending: dict[UUID | None, int] = {}
        self._has_pending = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._mute = False
        # For what was said while nobody listened, everybody is told to look.
        self._ear: Ear | None = None
        if redis is not None:
            self._ear = Ear(
                redis, CHANNEL, on_begin=lambda: self._hear(None, JOBS), on_message=self._take
            )

    @property
    def hears_hints(self) -> bool:
        """Whether those of other processes arrive just now."""
        return self._ear is not None and self._ear.hears

    def on_news(self, callback: OnNews) -> None:
        """Call `callback` with whoever has news; with None when it may be anybody."""
        self._on_news.append(callback)

    def on_drafts(self, callback: OnNews) -> None:
        """Call `callback` with whoever has a reply that grew, but no events."""
        self._on_drafts.append(callback)

    def on_jobs(self, callback: OnJobs) -> None:
        """Call `callback` when there may be a job to do."""
        self._on_jobs.append(callback)

    async def start(self) -> None:
        """Begin to speak and to listen."""
        if self._redis is not None and self._ear is not None:
            self._tasks = [
                asyncio.create_task(self._keep_publishing(self._redis), name="hints given"),
                asyncio.create_task(self._ear.listen(), name="hints heard"),
            ]

    async def stop(self) -> None:
        """End what `start` began; what was not published yet is lost."""
        await end(self._tasks)
        self._tasks = []

    def tell(self, user_id: UUID, *, jobs: bool = False, draft: bool = False) -> None:
        """Say that `user_id` has news, after the commit that brought them.

        Wakes this process at once and the others soon; never waits, never fails.

        Args:
            user_id: whose news.
            jobs: whether there may be a job to do, too.
            draft: whether all that is new is more of a reply's draft, of which there is no event.
        """
        what = JOBS if jobs else DRAFT if draft else NEWS
        self._hear(user_id, what)
        if not self._tasks:
            return
        to_whom: UUID | None = user_id
        if len(self._pending) >= MAXIMUM_PENDING:
            what = max(what, *self._pending.values())
            self._pending.clear()
            to_whom = None
        elif None in self._pending:
            to_whom = None
        self._pending[to_whom] = max(what, self._pending.get(to_whom, what))
        self._has_pending.set()

    def _hear(self, user_id: UUID | None, what: int) -> None:
        for hear in self._on_news if what >= NEWS else self._on_drafts:
            hear(user_id)
        for wake in self._on_jobs if what >= JOBS else ():
            wake()

    async def _keep_publishing(self, redis: Redis) -> None:
        while True:
            await self._has_pending.wait()
            self._has_pending.clear()
            pending, self._pending = self._pending, {}
            try:
                async with asyncio.timeout(REDIS_SECONDS):
                    await self._publish(redis, pending)
            except Exception as error:
                # The other processes learn of it when they look by themselves. Of any kind, as
                # below: Redis's client may raise anything, and nobody would begin this task anew.
                if not self._mute:
                    warn("hints cannot be given", error)
                self._mute = True
            else:
                self._mute = False

    async def _publish(self, redis: Redis, pending: Mapping[UUID | None, int]) -> None:
        async with redis.pipeline(transaction=False) as pipeline:
            for user_id, what in pending.items():
                pipeline.publish(CHANNEL, Hint(self._origin, user_id, what).encode())
            await pipeline.execute()

    def _take(self, text: bytes) -> None:
        try:
            hint = Hint.decode(text)
        except ValueError:
            log.warning("something that is no hint was said on the channel of hints")
            return
        if hint.origin != self._origin:
            self._hear(hint.user_id, hint.what)
