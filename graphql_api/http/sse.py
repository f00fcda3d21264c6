"""Server-sent events: graphql-sse's "distinct connections mode", one operation on one response.

https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from starlette.types import Message, Receive, Send

from graphql_api.auth import Viewer
from graphql_api.errors import ApiError, BadInput, Internal, Timeout, Unauthenticated, Unavailable
from graphql_api.execution import GraphQLRequest
from graphql_api.feeds import EventStream
from graphql_api.http.accept import EVENT_STREAM
from graphql_api.http.answers import SAFE_HEADERS, HttpAnswer, error_body
from graphql_api.http.disconnect import ClientGone
from graphql_api.http.leave import Leave
from graphql_api.http.parts import Parts
from graphql_api.logs import log_error
from graphql_api.responses import Answer

PING_EVERY = timedelta(seconds=12)
RETRY = b"retry: 1000\n\n"
PING = b":\n\n"
COMPLETE = b"event: complete\ndata:\n\n"

STOPPING = "The server stops; come back"
TRY_AGAIN = "Try again later"
MAX_CURSOR_CHARACTERS = 100


def resumed(request: GraphQLRequest, headers: Mapping[bytes, bytes]) -> GraphQLRequest:
    """Let a stream go on behind its `Last-Event-ID`: it becomes the variable `after`.

    It wins over a value that is given: EventSource repeats its first request, and only the header
    says how far it came since. An operation that declares no such variable passes it over.

    Raises:
        BadInput: it is no cursor of anything.
    """
    last = headers.get(b"last-event-id", b"").decode("latin-1").strip()
    if not last:
        return request
    if len(last) > MAX_CURSOR_CHARACTERS or not (last.isascii() and last.isprintable()):
        raise BadInput("Last-Event-ID is no cursor.", field="after")
    return replace(request, variables={**request.variables, "after": last})


def next_event(body: bytes, cursor: str | None) -> bytes:
    """Give one result as an event, on one line, whatever white space its JSON has."""
    line = body.replace(b"\r", b" ").replace(b"\n", b" ")
    name = b"" if cursor is None else b"id: %b\n" % cursor.encode()
    return b"event: next\n%bdata: %b\n\n" % (name, line)


def single(answer: Answer) -> HttpAnswer:
    """Give the one result of a query or mutation as events."""
    body = next_event(answer.body, None) + COMPLETE
    return HttpAnswer(200, EVENT_STREAM, body, operation=answer.operation)


class EventAnswer:
    """A response that lasts as long as its subscription, its client and her leave.

    It ends with `complete` when there is nothing more to tell. It ends without, after a comment
    that says why, when the client should come back: with a fresh token, or to another process.

    Attributes:
        leave: the viewer's, to be asked before anything is read for her.
        status: of HTTP.
        operation: for the metrics.
    """

    status = 200
    operation = "subscription"

    def __init__(
        self, viewer: Viewer, parts: Parts, receive: Receive, *, ping_every: timedelta = PING_EVERY
    ) -> None:
        """Prepare to answer `viewer`, who is there as long as `receive` says nothing else."""
        self.leave = Leave(
            viewer,
            parts.admission.denials,
            leeway=parts.settings.jwt_leeway,
            on_end=self._end,
        )
        self._viewer = viewer
        self._parts = parts
        self._receive = receive
        self._ping_seconds = ping_every.total_seconds()
        self._ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._stream: EventStream | None = None

    async def carry(self, stream: EventStream) -> None:
        """Take the stream that `send` is to tell.

        Raises:
            RateLimited: the user listens as often as she may; the stream is closed.
        """
        try:
            self._parts.listeners.join(self, self._viewer)
        except ApiError:
            await stream.aclose()
            raise
        self._stream = stream

    def look(self) -> None:
        """End if the viewer may not listen any more."""
        self.leave.look()

    def stop(self) -> None:
        """End, since the server stops."""
        self._end(STOPPING)

    async def send(self, send: Send) -> None:
        """Send it all.

        Raises:
            ClientGone: the client left.
        """
        if self._stream is None:
            raise RuntimeError("there is nothing to tell")
        self._parts.metrics.subscriptions.inc()
        tasks: list[asyncio.Task[bytes]] = []
        try:
            self.leave.start()
            await send(_start())
            await send(_piece(RETRY))
            tasks = [
                asyncio.create_task(self._tell(self._stream, send), name="events"),
                asyncio.create_task(self._watch(), name="client"),
            ]
            await self._wait(tasks, send)
            await send(_piece(await self._last(*tasks), more=False))
        finally:
            self.leave.stop()
            self._parts.listeners.leave(self)
            self._parts.metrics.subscriptions.dec()
            await _cancel(tasks)
            await self._stream.aclose()

    async def _wait(self, tasks: Sequence[asyncio.Task[bytes]], send: Send) -> None:
        """Wait for the end of it, and send a sign of life now and then."""
        ends: set[asyncio.Future[bytes] | asyncio.Future[str]] = {*tasks, self._ended}
        while True:
            done, _ = await asyncio.wait(
                ends, timeout=self._ping_seconds, return_when=asyncio.FIRST_COMPLETED
            )
            if done:
                return
            await send(_piece(PING))

    async def _last(self, telling: asyncio.Task[bytes], watching: asyncio.Task[bytes]) -> bytes:
        if watching.done():
            raise ClientGone
        if not self._ended.done():
            return telling.result()
        await _cancel([telling])
        return _comment(self._ended.result())

    async def _tell(self, stream: EventStream, send: Send) -> bytes:
        """Send each event; give what is to be sent at the end."""
        try:
            async for event in stream:
                await self.leave.check()
                await send(_piece(next_event(event.body, event.cursor)))
                self._parts.metrics.count_event("sse")
        except Unauthenticated as error:
            log_error(error)
            return _comment(self.leave.ending() or "Unauthorized")
        except (Unavailable, Timeout) as error:
            log_error(error)
            return _comment(TRY_AGAIN)
        except Exception as error:
            told = error
            if not isinstance(told, ApiError):
                told = Internal()
                told.__cause__ = error
            log_error(told)
            return next_event(error_body(told), None) + COMPLETE
        return COMPLETE

    async def _watch(self) -> bytes:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        return b""

    def _end(self, why: str) -> None:
        if not self._ended.done():
            self._ended.set_result(why)


def _start() -> Message:
    return {
        "type": "http.response.start",
        "status": EventAnswer.status,
        "headers": [
            (b"content-type", f"{EVENT_STREAM}; charset=utf-8".encode()),
            # Or nginx would collect events until it has enough of them.
            (b"x-accel-buffering", b"no"),
            *SAFE_HEADERS,
        ],
    }


def _piece(body: bytes, *, more: bool = True) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": more}


def _comment(text: str) -> bytes:
    return f": {text}\n\n".encode()


async def _cancel(tasks: Sequence[asyncio.Task[bytes]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
