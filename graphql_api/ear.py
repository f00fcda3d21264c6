"""An ear: hears a channel of Redis, and goes on listening whatever happens to Redis.

What is said on our channels is only ever a hint to look, so nothing that was missed is lost: at
each beginning, also after Redis was away, the owner is told to look at everything.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

import structlog
from redis.asyncio import Redis

from graphql_api.logs import whereabouts

RETRY_SECONDS = 2.0
CANCEL_SECONDS = 0.1

log = structlog.get_logger(__name__)


class Ear:
    """Listens to one channel.

    Attributes:
        hears: whether it does just now.
    """

    def __init__(
        self,
        redis: Redis,
        channel: str,
        *,
        on_begin: Callable[[], None],
        on_message: Callable[[bytes], None],
    ) -> None:
        """Listen to `channel` of `redis`.

        Args:
            redis: carries the hints.
            channel: its name.
            on_begin: called when it begins to hear, for what was said while nobody listened.
            on_message: called with each message.
        """
        self._redis = redis
        self._channel = channel
        self._on_begin = on_begin
        self._on_message = on_message
        self._is_told = False
        self.hears = False

    async def listen(self) -> None:
        """Listen until cancelled."""
        while True:
            try:
                await self._listen()
            except Exception as error:
                # Redis's client may raise anything; whoever gave up here would be deaf for good.
                if not self._is_told:
                    warn("hints cannot be heard", error)
                self._is_told = True
            await asyncio.sleep(RETRY_SECONDS)

    async def _listen(self) -> None:
        async with self._redis.pubsub(ignore_subscribe_messages=True) as channel:
            await channel.subscribe(self._channel)
            self.hears, self._is_told = True, False
            self._on_begin()
            try:
                async for message in channel.listen():
                    self._on_message(message["data"])
            finally:
                self.hears = False


async def end(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel tasks that speak with Redis until all have ended.

    Again after a moment: while it connects, Redis's client may swallow a cancellation.
    """
    left = list(tasks)
    while left:
        for task in left:
            task.cancel()
        await asyncio.wait(left, timeout=CANCEL_SECONDS)
        left = [task for task in left if not task.done()]


def warn(what: str, error: Exception) -> None:
    """Log a fault of Redis: its kind and place, never its text."""
    log.warning(what, reason=type(error).__name__, where=whereabouts(error))
