"""Somebody who listens: her subscription on a real engine, event by event."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
from redis.asyncio import Redis

from graphql_api.auth import Viewer
from graphql_api.execution import Executor, GraphQLRequest
from graphql_api.feeds import Event, EventStream
from graphql_api.live import Hints, Hub
from graphql_api.responses import Answer
from graphql_api.schema import catalog
from graphql_api.session import Database
from graphql_api.settings import Settings

# Long for anything that works, short for a test that fails.
PATIENCE_SECONDS = 10.0

EVENTS = """
subscription($id: UUID!, $after: String) {
  conversationEvents(conversationId: $id, after: $after) {
    __typename
    ... on MessageChanged { cursor seq message { id content state } }
    ... on MessageDeleted { cursor seq deletedId }
    ... on SummaryChanged { cursor seq summary { id summary } }
    ... on ConversationChanged { cursor seq conversation { id title } }
    ... on ConversationDeleted { cursor seq deletedId }
    ... on CaughtUp { cursor }
    ... on ResyncRequired { cursor reason }
  }
}
"""
ALL_HERS = """
subscription($after: String) {
  viewerEvents(after: $after) {
    __typename
    ... on ConversationChanged { cursor seq conversation { id title messageCount } }
    ... on ConversationDeleted { cursor seq deletedId }
    ... on CaughtUp { cursor }
    ... on ResyncRequired { cursor reason }
  }
}
"""
STREAM = """
subscription($id: UUID!, $after: String) {
  messageStream(messageId: $id, after: $after) {
    __typename
    ... on MessageText { cursor offset text }
    ... on MessageReplaced { cursor text }
    ... on MessageFinished { cursor message { id content state isReplaced } }
    ... on CaughtUp { cursor }
  }
}
"""


class Listener:
    """A subscription that is listened to."""

    def __init__(self, stream: EventStream) -> None:
        self.stream = stream
        self._next: asyncio.Future[Event] | None = None

    async def event(self) -> Event:
        """Give the next event as the transport would have it."""
        if self._next is None:
            self._next = asyncio.ensure_future(anext(self.stream))
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                # Shielded, since a cancelled generator is at its end.
                return await asyncio.shield(self._next)
        finally:
            if self._next.done():
                self._next = None

    async def body(self) -> dict[str, Any]:
        """Give the next event's whole answer."""
        body: dict[str, Any] = orjson.loads((await self.event()).body)
        return body

    async def next(self) -> dict[str, Any]:
        """Give the next event; it must be no error, and bear its own cursor."""
        event = await self.event()
        body = orjson.loads(event.body)
        assert "errors" not in body, body
        (told,) = body["data"].values()
        assert told.get("cursor", event.cursor) == event.cursor
        return dict(told)

    async def until(self, name: str) -> list[dict[str, Any]]:
        """Give all events up to the first of this type, that one included."""
        events = [await self.next()]
        while events[-1]["__typename"] != name:
            events.append(await self.next())
        return events

    async def is_silent(self, seconds: float = 0.2) -> bool:
        """Tell whether nothing comes for a while."""
        if self._next is None:
            self._next = asyncio.ensure_future(anext(self.stream))
        done, _ = await asyncio.wait([self._next], timeout=seconds)
        return not done

    async def has_ended(self) -> bool:
        """Tell whether nothing more will come."""
        try:
            await self.event()
        except StopAsyncIteration:
            return True
        return False

    async def close(self) -> None:
        if self._next is not None:
            self._next.cancel()
            with contextlib.suppress(asyncio.CancelledError, StopAsyncIteration):
                await self._next
            self._next = None
        await self.stream.aclose()


@dataclass
class Engine:
    """An engine with all that subscriptions need.

    Attributes:
        statements: what its feeds have asked Postgres so far.
    """

    executor: Executor
    hub: Hub
    hints: Hints
    database: Database
    statements: list[str]
    listeners: list[Listener] = field(default_factory=list)

    async def start(
        self, viewer: Viewer | Callable[[], Viewer], query: str, variables: Mapping[str, Any]
    ) -> Answer | EventStream:
        whose = viewer if callable(viewer) else (lambda: viewer)
        given = {
            name: str(value) if isinstance(value, UUID) else value
            for name, value in variables.items()
        }
        return await self.executor.start(whose, GraphQLRequest(query, None, given))

    async def listen(
        self, viewer: Viewer | Callable[[], Viewer], query: str, **variables: Any
    ) -> Listener:
        """Subscribe; the engine's end is the subscription's."""
        stream = await self.start(viewer, query, variables)
        assert isinstance(stream, EventStream), stream
        self.listeners.append(Listener(stream))
        return self.listeners[-1]

    async def refusal(self, viewer: Viewer, query: str, **variables: Any) -> dict[str, Any]:
        """Subscribe in vain; give the one error."""
        answer = await self.start(viewer, query, variables)
        assert isinstance(answer, Answer)
        assert answer.status >= 400
        (error,) = orjson.loads(answer.body)["errors"]
        return dict(error)

    async def ask(self, viewer: Viewer, query: str, **variables: Any) -> Any:
        """Give the data of a query or mutation."""
        answer = await self.start(viewer, query, variables)
        assert isinstance(answer, Answer)
        body = orjson.loads(answer.body)
        assert "errors" not in body, body
        return body["data"]

    def tell(self, viewer: Viewer) -> None:
        """Hint that somebody has news."""
        assert viewer.user_id is not None
        self.hints.tell(viewer.user_id)

    async def close_listeners(self) -> None:
        for listener in self.listeners:
            await listener.close()
        self.listeners.clear()


@asynccontextmanager
async def engine_on(settings: Settings, redis: Redis | None = None) -> AsyncIterator[Engine]:
    """Run an engine with a pool, a watch, a hub and hints of its own."""
    async with AsyncExitStack() as stack:
        database = await Database.connect(settings)
        stack.push_async_callback(database.close)
        watch = await Database.connect(settings.model_copy(update={"pool_size": 1}))
        stack.push_async_callback(watch.close)
        hints = Hints(redis)
        await hints.start()
        stack.push_async_callback(hints.stop)
        hub = Hub(watch, hints)
        await hub.start()
        stack.push_async_callback(hub.stop)
        statements: list[str] = []
        run_text = database.run_text

        async def recorded(viewer: Viewer, statement: Any, **rest: Any) -> bytes | None:
            statements.append(statement.text)
            return await run_text(viewer, statement, **rest)

        database.run_text = recorded  # type: ignore[method-assign]
        executor = Executor(catalog(), database, settings, {}, hints=hints, hub=hub)
        engine = Engine(executor, hub, hints, database, statements)
        stack.push_async_callback(engine.close_listeners)
        yield engine


def kinds(events: Sequence[Mapping[str, Any]]) -> list[str]:
    """Name the types of events."""
    return [str(event["__typename"]) for event in events]
