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
    """Uvicorn without its signal handlers, which end the process by the signal and not by 0."""

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
    on_ready: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """Serve `app` until SIGINT, SIGTERM or SIGHUP; a second one cuts what is still running.

    Requests that are under way have `settings.shutdown_grace` to end, WebSockets are closed with
    1012, and new connections are refused meanwhile.

    Args:
        app: started up here, and shut down.
        settings: host and port, unless there are sockets.
        sockets: already bound, so that nobody took the port since it was looked at.
        on_ready: runs beside the server from the moment it answers; cancelled when it stops. When
            it raises, the server stops and the exception is raised here.

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

    def stop() -> None:
        server.force_exit = server.should_exit
        server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in STOP_SIGNALS:
        loop.add_signal_handler(number, stop)
    try:
        async with asyncio.TaskGroup() as tasks:
            serving = tasks.create_task(server.serve(sockets=sockets))
            companion = tasks.create_task(_when_ready(server, serving, on_ready))
            await serving
            companion.cancel()
    except* NotStarted as group:
        raise group.exceptions[0] from None
    finally:
        for number in STOP_SIGNALS:
            loop.remove_signal_handler(number)
    if not server.started:
        raise NotStarted


async def _when_ready(
    server: uvicorn.Server,
    serving: asyncio.Task[None],
    on_ready: Callable[[], Awaitable[None]] | None,
) -> None:
    while not server.started:
        if serving.done():
            return
        await asyncio.sleep(0.01)
    if on_ready is not None:
        await on_ready()
