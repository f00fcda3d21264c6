"""What was said and who has heard it: the one clock for both, and the sums of a round."""

from __future__ import annotations

import asyncio
import time
from array import array
from dataclasses import dataclass, field

UNHEARD = -1.0


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of the messages of a round; times in milliseconds.

    Attributes:
        said: how many messages.
        heard: how many of them reached who listens.
        doubled: deliveries beyond the first of a message.
        astray: deliveries to somebody else, which must never be.
        p50, p95, p99, longest: from the moment when it was handed over to be sent or stored, to
            the moment when its event was received.
    """

    said: int
    heard: int
    doubled: int
    astray: int
    p50: float
    p95: float
    p99: float
    longest: float


@dataclass(slots=True)
class Ears:
    """All who listen, as one: every message has a number, which its content begins with.

    Attributes:
        closed: why sockets were closed by the server, with their count.
    """

    _said_at: array[float] = field(default_factory=lambda: array("d"))
    _took: array[float] = field(default_factory=lambda: array("d"))
    _whose: array[int] = field(default_factory=lambda: array("l"))
    _first: int = 0
    _missing: int = 0
    _doubled: int = 0
    _astray: int = 0
    closed: dict[str, int] = field(default_factory=dict)
    _silence: asyncio.Event = field(default_factory=asyncio.Event)

    def begin(self) -> None:
        """Begin a round: what came before does not count."""
        self._first = len(self._said_at)
        self._missing = self._doubled = self._astray = 0

    def say(self, listener: int) -> int:
        """Note that a message for `listener` is handed over now; give its number."""
        self._whose.append(listener)
        self._took.append(UNHEARD)
        self._said_at.append(time.perf_counter())
        self._missing += 1
        self._silence.clear()
        return len(self._said_at) - 1

    def hear(self, listener: int, number: int, now: float) -> None:
        """Note that `listener` received message `number`."""
        if self._whose[number] != listener:
            self._astray += 1
        elif self._took[number] != UNHEARD:
            self._doubled += 1
        else:
            self._took[number] = now - self._said_at[number]
            if number >= self._first:
                self._missing -= 1
                if not self._missing:
                    self._silence.set()

    def close(self, reason: str) -> None:
        """Note that the server closed a socket."""
        self.closed[reason] = self.closed.get(reason, 0) + 1

    async def silence(self) -> None:
        """Wait until everything that was said is heard."""
        await self._silence.wait()

    def deaf(self) -> set[int]:
        """Give the listeners who have not heard a message of this round that was for them."""
        return {
            self._whose[number]
            for number in range(self._first, len(self._took))
            if self._took[number] == UNHEARD
        }

    def sum(self) -> Heard:
        """Sum the round up."""
        took = sorted(one * 1000 for one in self._took[self._first :] if one != UNHEARD)
        return Heard(
            said=len(self._took) - self._first,
            heard=len(took),
            doubled=self._doubled,
            astray=self._astray,
            p50=quantile(took, 0.50),
            p95=quantile(took, 0.95),
            p99=quantile(took, 0.99),
            longest=quantile(took, 1.0),
        )


def quantile(ranked: list[float], part: float) -> float:
    """Give the value that `part` of the sorted values do not exceed; NaN when there is none."""
    if not ranked:
        return float("nan")
    return ranked[min(int(len(ranked) * part), len(ranked) - 1)]
