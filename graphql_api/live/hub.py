"""The hub: who waits for news in this process, and what wakes them.

One call to Postgres a second asks for all of them at once who has news; a hint wakes at once.
News are only a number per person, the head of her event log: what is new is read by whoever woke.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from itertools import chain
from uuid import UUID

import structlog

from graphql_api.live.hints import Hints
from graphql_api.logs import whereabouts
from graphql_api.session import Database

POLL_SECONDS = 1.0

NEWS = "select user_id, seq from private.live_news($1, $2)"

log = structlog.get_logger(__name__)


class Wake:
    """One subscriber's alarm: it rings when there may be news, and stays rung until waited for.

    Attributes:
        user_id: who listens.
        seen: the number up to which this subscriber has read; None for one who looks by himself.
    """

    __slots__ = ("_hub", "_is_rung", "_waiter", "seen", "user_id")

    def __init__(self, hub: Hub, user_id: UUID, seen: int | None) -> None:
        """Use `Hub.register` instead."""
        self._hub = hub
        self._is_rung = False
        self._waiter: asyncio.Future[None] | None = None
        self.user_id = user_id
        self.seen = seen

    async def wait(self, seconds: float | None = None) -> bool:
        """Wait until it rings, for `seconds` at most; tell whether it did."""
        if not self._is_rung:
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                async with asyncio.timeout(seconds):
                    await self._waiter
            except TimeoutError:
                return False
            finally:
                self._waiter = None
        self._is_rung = False
        return True

    def ring(self) -> None:
        """Say that there may be news."""
        self._is_rung = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def hush(self) -> None:
        """Forget that it rang: its owner looks now."""
        self._is_rung = False

    def saw(self, seq: int) -> None:
        """Say that its owner has read all events up to `seq`, so that no poll need wake for them."""
        if seq != self.seen:
            self.seen = seq
            self._hub.note(self.user_id)

    def close(self) -> None:
        """Wait no more; idempotent."""
        self._hub.forget(self)


class Hub:
    """Everybody who waits for news in this process.

    Attributes:
        polls: how often Postgres was asked.
    """

    def __init__(self, database: Database, hints: Hints) -> None:
        """Ask `database`, on a session of its own, and listen to `hints`."""
        self._database = database
        self._wakes: dict[UUID, set[Wake]] = {}
        # What the slowest subscriber of each person has read; nobody who looks by himself counts.
        self._seen: dict[UUID, int] = {}
        # The arguments of the poll, made anew only when they changed.
        self._question: tuple[Sequence[UUID], Sequence[int]] | None = None
        self._readable = True
        self._task: asyncio.Task[None] | None = None
        self.polls = 0
        hints.on_news(self.ring)
        hints.on_drafts(self._ring_lookers)

    @property
    def subscriptions(self) -> int:
        """How many wait."""
        return sum(len(wakes) for wakes in self._wakes.values())

    def subscriptions_of(self, user_id: UUID) -> int:
        """Tell how many of them are this person's."""
        return len(self._wakes.get(user_id, ()))

    async def start(self) -> None:
        """Begin to ask."""
        self._task = asyncio.create_task(self._keep_polling(), name="live news")

    async def stop(self) -> None:
        """Ask no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None

    def register(self, user_id: UUID, *, looks_by_itself: bool = False) -> Wake:
        """Give a subscriber of `user_id` an alarm; close it at the end.

        Args:
            user_id: whose news.
            looks_by_itself: whether the subscriber needs no poll, because it polls.
        """
        wake = Wake(self, user_id, None if looks_by_itself else 0)
        self._wakes.setdefault(user_id, set()).add(wake)
        self.note(user_id)
        return wake

    def forget(self, wake: Wake) -> None:
        """Ring `wake` no more."""
        wakes = self._wakes.get(wake.user_id, set())
        wakes.discard(wake)
        if not wakes:
            self._wakes.pop(wake.user_id, None)
        self.note(wake.user_id)

    def ring(self, user_id: UUID | None) -> None:
        """Wake all subscribers of `user_id`; of everybody when it is None."""
        for wake in self._wakes_of(user_id):
            wake.ring()

    def _ring_lookers(self, user_id: UUID | None) -> None:
        """Wake those of `user_id` who look by themselves: nobody else would find anything."""
        for wake in self._wakes_of(user_id):
            if wake.seen is None:
                wake.ring()

    def _wakes_of(self, user_id: UUID | None) -> Iterator[Wake]:
        if user_id is not None:
            return iter(self._wakes.get(user_id, ()))
        return chain.from_iterable(self._wakes.values())

    def note(self, user_id: UUID) -> None:
        """Note how far the subscribers of `user_id` have read."""
        read = [wake.seen for wake in self._wakes.get(user_id, ()) if wake.seen is not None]
        seen = min(read, default=None)
        if seen == self._seen.get(user_id):
            return
        self._question = None
        if seen is None:
            del self._seen[user_id]
        else:
            self._seen[user_id] = seen

    async def _keep_polling(self) -> None:
        while True:
            await asyncio.sleep(POLL_SECONDS)
            if self._seen:
                await self._try_poll()

    async def _try_poll(self) -> None:
        try:
            await self._poll()
        except Exception as error:
            # Of any kind: a poll that ended here would leave everybody mute, and nobody the wiser.
            if self._readable:
                log.error("news cannot be read", where=whereabouts(error))
            self._readable = False
            return
        if not self._readable:
            log.info("news can be read again")
        self._readable = True

    async def _poll(self) -> None:
        question = self._question
        if question is None:
            question = self._question = (list(self._seen), list(self._seen.values()))
        # From here on the local one: while Postgres is asked, somebody may come or go.
        async with self._database.transaction(
            None, role="cairn_server", read_only=True
        ) as transaction:
            rows = await transaction.rows(NEWS, *question)
        self.polls += 1
        for user_id, seq in rows:
            for wake in self._wakes.get(user_id, ()):
                if wake.seen is not None and wake.seen < seq:
                    wake.ring()
