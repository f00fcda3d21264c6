"""Many subscribers at one server: how they come, and how long that takes."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.database import Person
from benchmarks.live.ears import Ears, quantile
from benchmarks.live.listener import TEXT, Listener, NotListening, Script, frame, upgrade

AT_A_TIME = 64
# Who is told to try again later does, as any client of the protocol.
TRY_LATER = "1013"
RETRIES = 5
RETRY_SECONDS = 1.0
PATIENCE_SECONDS = 30.0

OUR_SUBSCRIPTION = """
subscription Follow($id: UUID!) {
  conversationEvents(conversationId: $id) {
    __typename
    ... on MessageChanged { cursor message { id content turn } }
    ... on CaughtUp { cursor }
  }
}
"""
THEIR_SUBSCRIPTION = """
subscription Follow($id: UUID!) {
  conversationEvents(conversationId: $id) { __typename message { rowId content turn } }
}
"""


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a crowd came; times in milliseconds.

    Attributes:
        came: how many subscriptions stand.
        per_second: how many came in a second.
        p50, p95: from connecting to the moment when the subscription stands.
        returned: how often one was told to try again later, and did.
        refused: why the others do not stand, with their count.
        server_ms: CPU of the server's process for one who came.
    """

    came: int
    per_second: float
    p50: float
    p95: float
    returned: int
    refused: dict[str, int]
    server_ms: float = float("nan")


@dataclass(slots=True)
class Crowd:
    """The subscribers of one server, each another person.

    Attributes:
        standing: the numbers of those whose subscription stands.
    """

    port: int
    people: Sequence[Person]
    is_ours: bool
    ears: Ears = field(default_factory=Ears)
    standing: list[int] = field(default_factory=list)
    _listeners: list[Listener] = field(default_factory=list)

    async def grow(self, size: int) -> Arrival:
        """Let subscribers come, 64 at a time, until there are `size`."""
        took: list[float] = []
        returned: list[int] = []
        refused: Counter[str] = Counter()
        numbers = iter(range(len(self._listeners), size))
        began = time.perf_counter()

        async def come() -> None:
            for number in numbers:
                started = time.perf_counter()
                try:
                    returned.append(await self._come_again(number))
                except (NotListening, OSError, TimeoutError) as error:
                    refused[str(error) or type(error).__name__] += 1
                else:
                    took.append((time.perf_counter() - started) * 1000)

        await asyncio.gather(*(come() for _ in range(AT_A_TIME)))
        seconds = time.perf_counter() - began
        took.sort()
        return Arrival(
            came=len(took),
            per_second=len(took) / seconds,
            p50=quantile(took, 0.5),
            p95=quantile(took, 0.95),
            returned=sum(returned),
            refused=dict(refused),
        )

    async def leave(self) -> None:
        """Close all sockets."""
        for listener in self._listeners:
            listener.close()
        self._listeners.clear()
        self.standing.clear()
        await asyncio.sleep(0.5)

    async def _come_again(self, number: int) -> int:
        """Come, and come again when told so; give how often that was."""
        for again in range(RETRIES):
            try:
                await self._come(number)
            except NotListening as refusal:
                if not str(refusal).startswith(TRY_LATER):
                    raise
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return again
        raise NotListening(f"{TRY_LATER}, {RETRIES} times")

    async def _come(self, number: int) -> None:
        script = self._script(self.people[number])
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(PATIENCE_SECONDS):
            _, listener = await loop.create_connection(
                lambda: Listener(number, script, self.ears), "127.0.0.1", self.port
            )
            self._listeners.append(listener)
            await listener.ready
        self.standing.append(number)

    def _script(self, person: Person) -> Script:
        query = OUR_SUBSCRIPTION if self.is_ours else THEIR_SUBSCRIPTION
        operation = {
            "query": " ".join(query.split()),
            "variables": {"id": str(person.conversations[0])},
        }
        return Script(
            upgrade(self.port),
            _said("connection_init", payload={"authorization": f"Bearer {person.token}"}),
            _said("subscribe", id="1", payload=operation),
            b'"CaughtUp"' if self.is_ours else None,
        )


def _said(kind: str, **rest: object) -> bytes:
    return frame(TEXT, json.dumps({"type": kind, **rest}).encode())
