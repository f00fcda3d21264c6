"""The feed of one reply: its text as it grows, read from where it is stored while it is written.

Hints make it quick; while the reply is under way it also looks every second by itself, so that
without hints nothing is lost but that second.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import closing
from dataclasses import dataclass

from graphql_api.errors import NotFound
from graphql_api.events import CAUGHT_UP, REPLACED, TEXT
from graphql_api.feeds.cursors import encode_in_text
from graphql_api.feeds.planning import FeedPlan
from graphql_api.feeds.reading import Reader
from graphql_api.feeds.statements import Template
from graphql_api.feeds.stream import Event, Whose
from graphql_api.live import Hub

LOOK_SECONDS = 1.0
EMPTY = b'""'


@dataclass(frozen=True, slots=True)
class Look:
    """What one statement has found.

    Attributes:
        attempt: how often a worker has begun the reply.
        is_replaced: whether the text stands in the place of a reply that was stopped.
        start: from which character on `text` is.
        length: of the whole text, in characters.
        text: as JSON.
        finished: the event that ends the feed; None while the reply is under way.
    """

    attempt: int
    is_replaced: bool
    start: int
    length: int
    text: bytes
    finished: bytes | None

    @classmethod
    def parse(cls, found: bytes) -> Look:
        """Read what `compile_look` describes."""
        first, text, finished = found.split(b"\n")
        _, attempt, is_replaced, start, length = first.split(b" ")
        return cls(
            int(attempt), is_replaced == b"t", int(start), int(length), text, finished or None
        )

    @property
    def cursor(self) -> str:
        """The cursor of the end of the text."""
        return encode_in_text(self.attempt, self.length)


class TextFeed:
    """The text of one reply from a cursor on, until it is finished."""

    def __init__(
        self,
        plan: FeedPlan,
        reader: Reader,
        hub: Hub,
        whose: Whose,
        *,
        place: tuple[int, int] | None,
    ) -> None:
        """Tell what follows `place`, attempt and offset; everything when that is None."""
        self._reader = reader
        self._hub = hub
        self._whose = whose
        self._attempt: int | None = None
        self._offset = 0
        if place is not None:
            self._attempt, self._offset = place
        self._replaced: int | None = None
        self._text = Template(plan, TEXT)
        self._replacement = Template(plan, REPLACED)
        self._caught_up = Template(plan, CAUGHT_UP)

    async def events(self) -> AsyncGenerator[Event, None]:
        """Give the events, until the reply is complete, has failed or was cancelled.

        Raises:
            NotFound: the message is hidden, missing, or was deleted.
            Unauthenticated: the subscriber may not hear any more.
            DatabaseError: the database refuses.
        """
        is_caught_up = False
        with closing(self._hub.register(self._reader.user_id, looks_by_itself=True)) as wake:
            while True:
                wake.hush()
                look = await self._look()
                for body in self._told(look):
                    yield self._tell(body, look)
                self._attempt, self._offset = look.attempt, look.length
                if not is_caught_up:
                    is_caught_up = True
                    yield self._tell(self._caught_up.fill({"cursor": _json(look.cursor)}), look)
                if look.finished is not None:
                    yield self._tell(look.finished, look)
                    return
                await wake.wait(LOOK_SECONDS)

    async def _look(self) -> Look:
        found = await self._reader.read(attempt=self._attempt, offset=self._offset)
        if found is None:
            raise NotFound
        return Look.parse(found)

    def _told(self, look: Look) -> list[bytes]:
        """Give the event that tells the text, if there is any to tell."""
        facts = {
            "cursor": _json(look.cursor),
            "offset": str(look.start).encode(),
            "text": look.text,
        }
        if look.is_replaced:
            if self._replaced == look.attempt:
                return []
            self._replaced = look.attempt
            return [self._replacement.fill(facts)]
        # Less than was told, even nothing, is news: what was told before does not count any more.
        if look.text != EMPTY or look.start < self._offset:
            return [self._text.fill(facts)]
        return []

    def _tell(self, body: bytes, look: Look) -> Event:
        """Give an event, if she may still hear it."""
        self._whose()
        return Event(body, look.cursor)


def _json(cursor: str) -> bytes:
    return f'"{cursor}"'.encode()
