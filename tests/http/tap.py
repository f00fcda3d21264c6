"""A subscription whose events come when the test says so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Any

from graphql_api.auth import Viewer
from graphql_api.execution import GraphQLRequest
from graphql_api.feeds import Event
from tests.http.endpoint import Endpoint

Whose = Callable[[], Viewer]


class Tap:
    """A subscription whose events come when the test says so."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.events: asyncio.Queue[Event | Exception | None] = asyncio.Queue()
        self.whose: list[Whose] = []
        self.began = asyncio.Event()
        self.ended = asyncio.Event()
        endpoint.executor.tell = self.tell

    async def tell(self, whose: Whose, _request: GraphQLRequest) -> AsyncGenerator[Event, None]:
        self.whose.append(whose)
        self.began.set()
        try:
            while (event := await self.events.get()) is not None:
                if isinstance(event, Exception):
                    raise event
                yield event
        finally:
            self.ended.set()

    def say(self, *bodies: str) -> None:
        for body in bodies:
            self.events.put_nowait(Event(f'{{"data":{{"say":"{body}"}}}}'.encode(), body))

    def fail(self, error: Exception) -> None:
        self.events.put_nowait(error)

    def finish(self) -> None:
        self.events.put_nowait(None)


def said(body: str) -> dict[str, Any]:
    return {"data": {"say": body}}


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what has no event."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.005)
