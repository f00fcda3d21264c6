"""Feeds of the event log: a replay of what was missed, then what happens as it happens."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import closing
from dataclasses import dataclass

from graphql_api.errors import NotFound
from graphql_api.events import CAUGHT_UP, RESYNC
from graphql_api.feeds.planning import FeedPlan
from graphql_api.feeds.reading import Reader
from graphql_api.feeds.statements import ENDS, Template
from graphql_api.feeds.stream import Event, Whose
from graphql_api.live import Hub

TRUE = b"t"


@dataclass(frozen=True, slots=True)
class Page:
    """What one statement has found.

    Attributes:
        head: her latest number.
        until: the number up to which this page looked.
        is_whole: whether nothing since the cursor was forgotten.
        is_there: whether what the feed is about exists, or its deletion is in this page or later.
        events: number, whether nothing can follow, and body of each.
    """

    head: int
    until: int
    is_whole: bool
    is_there: bool
    events: list[tuple[int, bool, bytes]]

    @classmethod
    def parse(cls, text: bytes) -> Page:
        """Read what `compile_page` describes."""
        first, *lines = text.split(b"\n")
        head, until, is_whole, is_there = first.split(b" ")
        return cls(
            int(head),
            int(until),
            is_whole == TRUE,
            is_there == TRUE,
            [_event(line) for line in lines],
        )


def _event(line: bytes) -> tuple[int, bool, bytes]:
    end = line.index(b"{")
    return int(line[: end - 1]), line[end - 1 : end] == ENDS.encode(), line[end:]


class LogFeed:
    """What happened to her rows since a cursor, and what happens."""

    def __init__(
        self, plan: FeedPlan, reader: Reader, hub: Hub, whose: Whose, *, place: int | None
    ) -> None:
        """Tell what follows number `place`; what happens from now on when that is None."""
        self._reader = reader
        self._hub = hub
        self._whose = whose
        self._place = place
        self._caught_up = Template(plan, CAUGHT_UP)
        self._resync = Template(plan, RESYNC)

    async def events(self) -> AsyncGenerator[Event, None]:
        """Give the events, until what they are about is deleted.

        Raises:
            NotFound: what they are about is hidden or missing.
            Unauthenticated: the subscriber may not hear any more.
            DatabaseError: the database refuses.
        """
        is_caught_up = False
        # An alarm before the first look: what happens between the two is not slept through.
        with closing(self._hub.register(self._reader.user_id)) as wake:
            while True:
                wake.hush()
                page = await self._read()
                if not page.is_whole:
                    yield self._tell(self._resync.fill(self._facts(page)), page.head)
                for seq, is_last, body in page.events:
                    yield self._tell(body, seq)
                    if is_last:
                        return
                self._place = page.until
                if page.until < page.head:
                    continue
                wake.saw(page.head)
                if not is_caught_up:
                    is_caught_up = True
                    yield self._tell(self._caught_up.fill(self._facts(page)), page.head)
                await wake.wait()

    async def _read(self) -> Page:
        text = await self._reader.read(place=self._place)
        assert text is not None  # noqa: S101 - the statement gives one row whatever there is
        page = Page.parse(text)
        if not page.is_there:
            raise NotFound
        return page

    def _facts(self, page: Page) -> Mapping[str, bytes]:
        is_ahead = self._place is not None and self._place > page.head
        return {
            "cursor": b'"%d"' % page.head,
            "reason": b'"UNKNOWN"' if is_ahead else b'"TOO_OLD"',
        }

    def _tell(self, body: bytes, seq: int) -> Event:
        """Give an event, if she may still hear it."""
        self._whose()
        return Event(body, str(seq))
