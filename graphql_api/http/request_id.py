"""An id for each request: in the log, and in the answer, so that the two can be matched."""

from __future__ import annotations

import os
import re

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# What a proxy in front may have given it; anything else could forge lines of a log.
USABLE = re.compile(rb"[A-Za-z0-9._-]{1,64}")
NAME = b"x-request-id"
BEGINNINGS = ("http.response.start", "websocket.accept", "websocket.http.response.start")


class RequestId:
    """Middleware that takes the proxy's `x-request-id`, or makes one, and sends it back."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap `app`."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or serve one socket, under its id."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == NAME), b"")
        request_id = given if USABLE.fullmatch(given) else os.urandom(16).hex().encode()

        async def send_with_id(message: Message) -> None:
            if message["type"] in BEGINNINGS:
                message["headers"] = [*message.get("headers", ()), (NAME, request_id)]
            await send(message)

        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request=request_id.decode())
        await self._app(scope, receive, send_with_id)
