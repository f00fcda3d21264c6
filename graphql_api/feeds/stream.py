"""Streams of events: read a page, give its events one by one, read on, and wait for news.

Nothing is queued: the next page is read when the consumer has taken the last one, so that a slow
consumer costs one page of memory. Whether the subscriber may still hear is asked before every read
and before every event. A failure ends this stream and no other.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol

import orjson

from graphql_api.auth import Viewer
from graphql_api.errors import Unauthenticated
from graphql_api.feeds.planning import FeedPlan
from graphql_api.responses import known, visible_error

Whose = Callable[[], Viewer]


@dataclass(frozen=True, slots=True)
class Event:
    """One event.

    Attributes:
        body: a complete execution result as JSON.
        cursor: what to give as `after` to go on behind it; None for an error.
    """

    body: bytes
    cursor: str | None


class Feed(Protocol):
    """Something that tells events until it ends."""

    def events(self) -> AsyncGenerator[Event, None]:
        """Give the events, the next one when it is asked for."""


class EventStream:
    """The events of one subscription; close it when nobody listens any more."""

    def __init__(self, events: AsyncGenerator[Event, None]) -> None:
        """Use `open_stream` instead."""
        self._events = events

    def __aiter__(self) -> AsyncIterator[Event]:
        """Iterate over the events, once."""
        return self

    async def __anext__(self) -> Event:
        """Wait for the next event.

        Raises:
            Unauthenticated: the subscriber may not hear any more.
            StopAsyncIteration: nothing more will happen, or an error was the last event.
        """
        return await anext(self._events)

    async def aclose(self) -> None:
        """End it; idempotent."""
        await self._events.aclose()


def open_stream(feed: Feed, plan: FeedPlan, operation_name: str | None) -> EventStream:
    """Give the stream of what `feed` tells; a failure is its last event."""
    return EventStream(_until_failure(feed, plan, operation_name))


async def _until_failure(
    feed: Feed, plan: FeedPlan, operation_name: str | None
) -> AsyncGenerator[Event, None]:
    try:
        async with aclosing(feed.events()) as events:
            async for event in events:
                yield event
    except Unauthenticated:
        # Of `whose`: what Postgres refuses is a `DatabaseError`.
        raise
    except Exception as error:
        # A fault of ours, too: it must not end the connection, which carries other streams.
        told = visible_error(known(error), operation_name, path=[plan.key], nodes=[plan.node])
        yield Event(orjson.dumps({"data": None, "errors": [told.formatted]}), None)
