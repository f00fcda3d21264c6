"""Serving an application until somebody asks to stop, and stopping in good order."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import math
import os
import resource
import signal
import socket
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterator
from datetime import timedelta
from typing import Any

import orjson
import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.loops.auto import auto_loop_factory

from graphql_api.errors import Unavailable
from graphql_api.settings import Settings
from graphql_api.wire import bounded_socket

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
BACKLOG = 2048
OPEN_FILES = 65_536
GARBAGE_THRESHOLDS = (10_000, 5, 1_000)
# What a socket's message holds besides what would be the body of a request.
ENVELOPE_BYTES = 1024

log = structlog.get_logger(__name__)


class CannotListen(Exception):
    """The address cannot be listened on; the text says why.

    Attributes:
        is_taken: whether another program listens there.
    """

    def __init__(self, text: str, *, is_taken: bool) -> None:
        """Keep the sentence, for a person."""
        super().__init__(text)
        self.is_taken = is_taken


class _Server(uvicorn.Server):
    """Uvicorn without its signal handlers, which end the process by the signal and not by 0.

    Attributes:
        answering: set from the moment that requests are answered.
    """

    def __init__(self, config: uvicorn.Config, on_stop: Callable[[], None]) -> None:
        super().__init__(config)
        self.answering = asyncio.Event()
        self._on_stop = on_stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets=sockets)
        self.answering.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop, and let what would go on for ever end first."""
        self._on_stop()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to `serve`."""
        yield


class _Cut:
    """Cuts off who reads nothing, and answers who is cut at the end of the grace."""

    def __init__(self, app: ASGIApp, *, send_timeout: timedelta) -> None:
        self._app = app
        self._send_seconds = send_timeout.total_seconds()
        self._connections: Collection[Any] = ()

    def watch(self, connections: Collection[Any]) -> None:
        """Know the server's connections, each with its `client` and `transport`."""
        self._connections = connections

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            # `wire.py` sees to it that these end.
            await self._app(scope, receive, send)
            return
        began = False
        loop = asyncio.get_running_loop()

        async def watched(message: Message) -> None:
            nonlocal began
            began = True
            # A timer of its own: `asyncio.timeout` costs four times as much, twice an answer.
            timer = loop.call_later(self._send_seconds, self._abort, scope)
            try:
                await send(message)
            finally:
                timer.cancel()

        try:
            await self._app(scope, receive, watched)
        except asyncio.CancelledError:
            log.warning("a request was cut", path=scope.get("path"))
            if began:
                raise
            await _answer_cut(send)

    def _abort(self, scope: Scope) -> None:
        """End a connection with all that is waiting to be sent; what is sent after it is dropped."""
        log.warning("a client reads nothing", path=scope.get("path"))
        for connection in list(self._connections):
            if getattr(connection, "client", None) == scope.get("client"):
                connection.transport.abort()


async def _answer_cut(send: Send) -> None:
    error = Unavailable()
    told = {"errors": [{"message": error.message, "extensions": error.extensions}]}
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": orjson.dumps(told)})


def make_room() -> None:
    """Let this process hold many sockets; to be called once, by a program that serves.

    - Each socket is an open file, and the usual limit of 1,024 ends at some 990 of them, without a
      word: it is raised as far as the system allows.
    - Each subscriber is about 200 objects that the garbage collector looks at. Whole passes took
      0.9 s with 5,000 of them; so rarely, none came while 5,000 arrived and listened, and what
      has become garbage lately is still found soon.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    # macOS may refuse what it says is allowed; then the limit stays as it was.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    gc.set_threshold(*GARBAGE_THRESHOLDS)


def run_loop(main: Coroutine[Any, Any, None]) -> None:
    """Run a program's main coroutine on the fastest event loop that is installed."""
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        runner.run(main)


def listen(host: str, port: int) -> socket.socket:
    """Take the address now, so that nobody else does while the application starts up.

    Args:
        host: an address or name of this machine; `0.0.0.0` or `::` for all of its addresses.
        port: 0 for any free one.

    Raises:
        CannotListen: the address is taken, reserved, or not of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except socket.gaierror as error:
        raise CannotListen(f"{host} is no address of this machine.", is_taken=False) from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            text = f"Port {port} on {host} is taken by another program."
        elif error.errno == errno.EACCES:
            text = f"Port {port} is for root alone. Choose one above 1023."
        else:
            text = f"Cannot listen on {host}:{port}: {os.strerror(error.errno or 0)}."
        raise CannotListen(text, is_taken=error.errno == errno.EADDRINUSE) from error


async def serve(
    app: Starlette,
    settings: Settings,
    listener: socket.socket,
    *,
    beside: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """Serve `app` until SIGINT, SIGTERM or SIGHUP; a second one cuts what is still running.

    Requests that are under way have `settings.shutdown_grace` to end, WebSockets are closed with
    1012, and new connections are refused meanwhile. A request that takes longer is told to try
    again, and what it wrote is undone.

    Args:
        app: started up here, and shut down; what its start-up raises is raised here. The function
            `app.state.on_stop`, if it has set one, is called when the server begins to stop.
        settings: the grace at the end.
        listener: where it answers; closed at the end.
        beside: runs beside the server from the moment it answers. The server stops when it ends,
            and what it raises is raised here; it is cancelled when the server stops first.
    """
    cut = _Cut(app, send_timeout=settings.send_timeout)

    def on_stop() -> None:
        getattr(app.state, "on_stop", lambda: None)()

    server = _Server(uvicorn_config(cut, settings), on_stop)
    cut.watch(server.server_state.connections)
    with listener, _stop_signals(server):
        async with app.router.lifespan_context(app):
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            companion = asyncio.create_task(_beside(server, beside))
            await asyncio.wait({serving, companion}, return_when=asyncio.FIRST_COMPLETED)
            server.should_exit = True
            companion.cancel()
            await asyncio.gather(serving, companion, return_exceptions=True)
    for task in (serving, companion):
        if not task.cancelled() and (error := task.exception()):
            raise error


def uvicorn_config(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    """Say how uvicorn is to speak for `app`."""
    ping_seconds = settings.live_ping_interval.total_seconds()
    return uvicorn.Config(
        app,
        lifespan="off",  # ours: uvicorn would end the process when it fails
        ws=bounded_socket(settings.live_send_timeout),
        ws_max_size=settings.body_limit_bytes + ENVELOPE_BYTES,
        ws_per_message_deflate=False,  # it costs each socket tens of kilobytes
        ws_ping_interval=ping_seconds,
        ws_ping_timeout=ping_seconds,
        timeout_graceful_shutdown=math.ceil(settings.shutdown_grace.total_seconds()),
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
    )


@contextlib.contextmanager
def _stop_signals(server: uvicorn.Server) -> Iterator[None]:
    """Let the first signal stop the server in good order, and the second at once."""

    def stop() -> None:
        if server.should_exit:
            server.force_exit = True
            # From Python 3.12 on, a listener is closed only when its connections are.
            for connection in list(server.server_state.connections):
                connection.transport.abort()
        server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in STOP_SIGNALS:
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        for number in STOP_SIGNALS:
            loop.remove_signal_handler(number)


async def _beside(server: _Server, beside: Callable[[], Awaitable[None]] | None) -> None:
    await server.answering.wait()
    if beside is None:
        await asyncio.Event().wait()
    else:
        await beside()
