"""Stop the work of a client who has gone away."""

from __future__ import annotations

import asyncio
from types import TracebackType

from starlette.types import Receive

# Most requests are over before this; watching them would cost each a task (15 µs) for nothing.
PATIENCE_SECONDS = 0.02


class ClientGone(Exception):
    """The client went away before its answer was complete."""


class CancelWhenGone:
    """Cancels the block in which the current task is, once the client disconnects.

    The cancelled block runs its own clean-up to the end (the database's session is thrown away or
    drained there) before `ClientGone` is raised. A cancellation from elsewhere stays one.
    """

    def __init__(self, receive: Receive) -> None:
        """Listen on `receive`, whose request body has been read to its end."""
        self._receive = receive
        self._gone = False
        self._watcher: asyncio.Task[None] | None = None

    async def __aenter__(self) -> None:
        """Begin to watch, after a moment of patience."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("there is no task that could be cancelled")
        self._task = task
        self._timer = asyncio.get_running_loop().call_later(PATIENCE_SECONDS, self._watch)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop watching; tell a client's leaving from other cancellations.

        Raises:
            ClientGone: the client left, and what it asked for has been stopped or is in vain.
        """
        self._timer.cancel()
        if self._watcher is not None:
            self._watcher.cancel()
            await asyncio.wait([self._watcher])
        if not self._gone:
            return
        cancelled_by_others = self._task.uncancel() > 0
        if error is None or (kind is asyncio.CancelledError and not cancelled_by_others):
            raise ClientGone from None

    def _watch(self) -> None:
        self._watcher = asyncio.create_task(self._wait(), name="client")

    async def _wait(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._gone = True
        self._task.cancel()
