"""One operation of a socket: from `subscribe` to `complete` or `error`, whatever happens inside."""

from __future__ import annotations

import time
from contextlib import aclosing
from typing import Protocol

import orjson

from graphql_api.auth import Viewer
from graphql_api.errors import ApiError, BadInput, Internal, Timeout, Unauthenticated, Unavailable
from graphql_api.feeds import EventStream
from graphql_api.http import socket_messages as messages
from graphql_api.http.answers import check_size
from graphql_api.http.leave import Leave
from graphql_api.http.parts import Parts
from graphql_api.http.socket_messages import Subscribe
from graphql_api.logs import log_error
from graphql_api.responses import Answer

FORBIDDEN = 4403
TRY_AGAIN_LATER = 1013


class Gone(Exception):
    """The socket is closed, or about to be: nothing can be sent any more."""


class Sink(Protocol):
    """What an operation needs of its socket."""

    async def admit(self, viewer: Viewer) -> None:
        """Let a viewer in again, or raise."""
        ...

    async def send(self, text: str) -> None:
        """Send a message, or raise `Gone`."""
        ...

    def close(self, code: int, reason: str) -> None:
        """Close the socket."""
        ...


class Operation:
    """One operation; it ends with `complete`, with `error`, or with its socket."""

    def __init__(self, message: Subscribe, sink: Sink, leave: Leave, parts: Parts) -> None:
        """Run what `message` asks for, as whoever has `leave`."""
        self._id = message.id
        self._request = message.request
        self._sink = sink
        self._leave = leave
        self._parts = parts

    async def run(self) -> None:
        """Run it to its end; only a cancellation comes out."""
        try:
            await self._run()
        except Gone:
            return
        except Unauthenticated as error:
            log_error(error)
            self._sink.close(FORBIDDEN, self._leave.ending() or "Unauthorized")
        except (Unavailable, Timeout) as error:
            # Stock clients take an `error` for final, and come back after this.
            log_error(error)
            self._sink.close(TRY_AGAIN_LATER, "Try again later")
        except Exception as error:
            await self._tell(error)

    async def _run(self) -> None:
        if isinstance(self._request, BadInput):
            raise self._request
        started = time.perf_counter()
        await self._sink.admit(self._leave.whose())
        given = await self._parts.executor.start(self._leave.whose, self._request)
        if isinstance(given, Answer):
            await self._answer(given)
            seconds = time.perf_counter() - started
            self._parts.metrics.count(given.operation, given.status, seconds)
        else:
            await self._follow(given)

    async def _answer(self, answer: Answer) -> None:
        check_size(answer, self._parts.settings.answer_limit_bytes)
        if answer.is_refused:
            errors = orjson.loads(answer.body)["errors"]
            await self._sink.send(messages.error(self._id, errors))
            return
        await self._leave.check()
        await self._sink.send(messages.next_result(self._id, answer.body))
        await self._sink.send(messages.complete(self._id))

    async def _follow(self, stream: EventStream) -> None:
        self._parts.metrics.subscriptions.inc()
        try:
            async with aclosing(stream):
                async for event in stream:
                    await self._leave.check()
                    await self._sink.send(messages.next_result(self._id, event.body))
                    self._parts.metrics.count_event("websocket")
        finally:
            self._parts.metrics.subscriptions.dec()
        await self._sink.send(messages.complete(self._id))

    async def _tell(self, error: Exception) -> None:
        told = error
        if not isinstance(told, ApiError):
            told = Internal()
            told.__cause__ = error
        log_error(told)
        try:
            await self._sink.send(messages.error_of(self._id, told))
        except Gone:
            return
