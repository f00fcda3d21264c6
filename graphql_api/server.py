"""Serving an application until somebody asks to stop, and stopping in good order."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any

import uvicorn
from starlette.applications import Starlette
from uvicorn.loops.auto import auto_loop_factory

from graphql_api.settings import Settings

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class NotStarted(Exception):
    """The application failed while it started up; its log says why."""


class _Server(uvicorn.Server):
    """Uvicorn without its signal handlers, which end the process by the signal and not by 0.

    Attributes:
        answering: set from the moment that requests are answered.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.answering = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets=sockets)
        if self.started:
            self.answering.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to `serve`."""
        yield


def run_loop(main: Coroutine[Any, Any, None]) -> None:
    """Run a program's main coroutine on the fastest event loop that is installed."""
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        runner.run(main)


async def serve(
    app: Starlette,
    settings: Settings,
    *,
    sockets: list[socket.socket] | None = None,
    beside: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """Serve `app` until SIGINT, SIGTERM or SIGHUP; a second one cuts what is still running.

    Requests that are under way have `settings.shutdown_grace` to end, WebSockets are closed with
    1012, and new connections are refused meanwhile.

    Args:
        app: started up here, and shut down.
        settings: host and port, unless there are sockets.
        sockets: already bound, so that nobody took the port since it was looked at.
        beside: runs beside the server from the moment it answers. The server stops when it ends,
            and what it raises is raised here; it is cancelled when the server stops first.

    Raises:
        NotStarted: the application did not start up.
    """
    server = _Server(
        uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            ws="websockets-sansio",
            timeout_graceful_shutdown=int(settings.shutdown_grace.total_seconds()),
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
        )
    )
    with _stop_signals(server):
        serving = asyncio.create_task(server.serve(sockets=sockets))
        companion = asyncio.create_task(_beside(server, beside))
        await asyncio.wait({serving, companion}, return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        companion.cancel()
        await asyncio.gather(serving, companion, return_exceptions=True)
    if not server.started:
        raise NotStarted
    for task in (serving, companion):
        if not task.cancelled() and (error := task.exception()):
            raise error


@contextlib.contextmanager
def _stop_signals(server: uvicorn.Server) -> Iterator[None]:
    """Let the first signal stop the server in good order, and the second at once."""

    def stop() -> None:
        server.force_exit = server.should_exit
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
