"""`cairn dev`: everything on this machine, from nothing to a first query, until Ctrl-C."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console

from graphql_api.local.folder import Folder
from graphql_api.local.settings import listen_here
from graphql_api.local.stack import Stack
from graphql_api.server import STOP_SIGNALS, run_loop


def run(data_dir: Path, port: int, console: Console) -> None:
    """Run the whole stack in the foreground until it is asked to stop.

    Raises:
        Problem: something that a person can put right.
    """
    began = time.monotonic()
    folder = Folder(data_dir)
    folder.refuse_if_running()  # before the port, which is then taken by the same one
    with listen_here(port) as listener, folder, _signals(signal.default_int_handler):
        stack = Stack(folder, redis_url=os.environ.get("REDIS_URL"))
        try:
            with console.status("Starting Postgres and Valkey …"):
                stack.start()
                # Here, because it takes a second: what goes wrong above is said at once.
                from graphql_api.local.live import live
            run_loop(live(stack, listener, console, began))
        except KeyboardInterrupt:
            pass  # asked to stop before it answered
        finally:
            with _signals(signal.SIG_IGN):  # an impatient second Ctrl-C: this takes a moment
                stack.stop()
    console.print(f"Stopped: the API, Valkey and Postgres. The data in {folder.path} stays.")


@contextmanager
def _signals(handler: Any) -> Iterator[None]:
    """Treat SIGINT, SIGTERM and SIGHUP alike while this lasts."""
    previous = {number: signal.signal(number, handler) for number in STOP_SIGNALS}
    try:
        yield
    finally:
        for number, earlier in previous.items():
            signal.signal(number, earlier)
