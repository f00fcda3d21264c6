"""Rounds: messages at a rate, and what their delivery cost."""

from __future__ import annotations

import asyncio
import time
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, replace
from itertools import count
from typing import Literal

import psutil

from benchmarks import cpu
from benchmarks.database import Ground
from benchmarks.live.crowd import Arrival, Crowd
from benchmarks.live.ears import Heard
from benchmarks.live.speakers import Sender, Speaker, Writer, refuse_trouble
from benchmarks.servers import Server
from graphql_api.local.process import Problem

Path = Literal["sent", "told", "found"]

# What is still under way at the end of a round may arrive.
PATIENCE_SECONDS = 5.0
WARM_RATE = 200.0
WARM_ROUNDS = 30
# Neighbours in time are not neighbours in the database.
STRIDE = 7919
TEXT = "I slept, at last. And I thought of what you said about it, déjà vu."


@dataclass(frozen=True, slots=True)
class Used:
    """CPU seconds that were used up to a moment."""

    at: float
    server: float
    postgres: float
    client: float

    @classmethod
    def now(cls, server: Server, ground: Ground) -> Used:
        """Read the clocks."""
        postgres = ground.stack.postgres.child.pid
        assert postgres is not None
        return cls(
            time.perf_counter(),
            cpu.of_process(server.pid),
            cpu.of_family(postgres),
            time.process_time(),
        )


@dataclass(frozen=True, slots=True)
class Round:
    """What one round saw.

    Attributes:
        rate: messages a second that were to be said.
        heard: what became of them.
        behind_ms: how late the client itself was at worst; its messages' clocks start when they
            are handed over, so that this is in none of the times.
        per_second: deliveries a second, until the last.
        server_ms: CPU of the server's process for one delivered event.
        postgres_ms: CPU of all of Postgres for one.
        client_ms: CPU of this process for one.
    """

    rate: float
    heard: Heard
    behind_ms: float
    per_second: float
    server_ms: float
    postgres_ms: float
    client_ms: float

    def is_sustained(self, longest_p95_ms: float) -> bool:
        """Whether everything came, in time, and was said in time."""
        return (
            self.heard.heard == self.heard.said
            and self.heard.p95 <= longest_p95_ms
            and self.behind_ms <= longest_p95_ms
        )


@dataclass(slots=True)
class Side:
    """One server with its crowd."""

    server: Server
    crowd: Crowd
    ground: Ground
    is_ours: bool

    def rss(self) -> int:
        """Give the memory of the server's process, in bytes."""
        return int(psutil.Process(self.server.pid).memory_info().rss)

    def way(self, path: Path) -> AbstractAsyncContextManager[Sender | Writer]:
        """Give the way that messages come in."""
        if path == "sent":
            return Sender.connected(self.server, is_ours=self.is_ours)
        urls = self.ground.stack.urls()
        hints = urls.redis if path == "told" and self.is_ours else None
        return Writer.connected(urls.superuser, hints)

    async def grow(self, size: int) -> Arrival:
        """Let subscribers come until there are `size`."""
        before = cpu.of_process(self.server.pid)
        arrival = await self.crowd.grow(size)
        used = cpu.of_process(self.server.pid) - before
        return replace(arrival, server_ms=used / max(arrival.came, 1) * 1000)

    async def warm_up(self, speaker: Speaker) -> None:
        """Let everybody hear something, which also shows that every subscription stands.

        Raises:
            Problem: somebody hears nothing.
        """
        ears, waiting = self.crowd.ears, set(self.crowd.standing)
        for _ in range(WARM_ROUNDS):
            ears.begin()
            await self._say_to(speaker, sorted(waiting))
            await self._silence(PATIENCE_SECONDS)
            refuse_trouble(speaker)
            waiting = ears.deaf()
            if not waiting:
                return
        raise Problem(f"{len(waiting)} subscribers of {self.server.name} hear nothing.")

    async def round(self, speaker: Speaker, *, rate: float, seconds: float) -> Round:
        """Say `rate` messages a second, and measure until all are heard.

        Raises:
            Problem: a message was refused, or a socket was closed.
        """
        ears = self.crowd.ears
        ears.begin()
        before = Used.now(self.server, self.ground)
        behind = await self._keep_saying(speaker, rate, seconds)
        await self._silence(PATIENCE_SECONDS)
        after = Used.now(self.server, self.ground)
        refuse_trouble(speaker)
        if ears.closed:
            raise Problem(f"{self.server.name} closed sockets: {ears.closed}")
        heard = ears.sum()
        events = max(heard.heard, 1)
        return Round(
            rate=rate,
            heard=heard,
            behind_ms=behind * 1000,
            per_second=heard.heard / (after.at - before.at),
            server_ms=(after.server - before.server) / events * 1000,
            postgres_ms=(after.postgres - before.postgres) / events * 1000,
            client_ms=(after.client - before.client) / events * 1000,
        )

    async def _keep_saying(self, speaker: Speaker, rate: float, seconds: float) -> float:
        """Say at even intervals; give the most seconds that a message was late."""
        began, late = time.perf_counter(), 0.0
        number = count()
        said = next(number)
        total = int(rate * seconds)
        while said < total:
            now = time.perf_counter()
            due = began + said / rate
            if now < due:
                await asyncio.sleep(due - now)
                continue
            late = max(late, now - due)
            self._say(speaker, self._listener(said))
            said = next(number)
        return late

    async def _say_to(self, speaker: Speaker, listeners: list[int]) -> None:
        for listener in listeners:
            self._say(speaker, listener)
            await asyncio.sleep(1 / WARM_RATE)

    async def _silence(self, seconds: float) -> None:
        """Wait until all is heard, for so long at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.crowd.ears.silence()

    def _listener(self, said: int) -> int:
        standing = self.crowd.standing
        return standing[said * STRIDE % len(standing)]

    def _say(self, speaker: Speaker, listener: int) -> None:
        number = self.crowd.ears.say(listener)
        speaker.say(self.crowd.people[listener], f"#{number}# {TEXT}")
