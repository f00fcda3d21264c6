"""The pool of connections: as many as allowed, the last one used first, unclean ones thrown away.

Written here because the driver's own pool wraps every return in a task (45 µs of a request's 250)
and resets what our transactions never leave behind; throwing away is what it must do reliably.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import asyncpg


class PoolClosed(Exception):
    """The pool takes no more requests: the process is shutting down."""


class Pool:
    """Up to `size` connections, made when needed.

    Whoever acquires one must give it back, whatever happened to it.
    """

    def __init__(
        self,
        connect: Callable[[], Awaitable[asyncpg.Connection]],
        *,
        size: int,
        lifetime_seconds: float,
    ) -> None:
        """Make connections by `connect`; each is renewed after `lifetime_seconds`."""
        self._connect = connect
        self._size = size
        self._lifetime_seconds = lifetime_seconds
        self._places = asyncio.Semaphore(size)
        self._idle: list[asyncpg.Connection] = []
        self._born: dict[asyncpg.Connection, float] = {}
        self._closing = False
        # Told of each connection that is cut off, so that nobody keeps anything of it.
        self.on_discard: Callable[[asyncpg.Connection], object] = _nobody_asks

    async def acquire(self) -> asyncpg.Connection:
        """Give a connection, waiting for a place as long as it takes: bound it with a time-out.

        Raises:
            PoolClosed: `close` was called.
            OSError, asyncpg.PostgresError, TimeoutError: a new connection could not be made.
        """
        if self._closing:
            raise PoolClosed
        await self._places.acquire()
        try:
            while self._idle:
                connection = self._idle.pop()
                if self._is_fit(connection):
                    return connection
                self._discard(connection)
            connection = await self._connect()
            self._born[connection] = time.monotonic()
            return connection
        except BaseException:
            self._places.release()
            raise

    def give_back(self, connection: asyncpg.Connection, *, clean: bool) -> None:
        """Take a connection back; one that is not known to be clean is cut off."""
        if clean and not self._closing and self._is_fit(connection):
            self._idle.append(connection)
        else:
            self._discard(connection)
        self._places.release()

    async def close(self) -> None:
        """Take no more requests, wait for those that run, and close all connections, once."""
        if self._closing:
            return
        self._closing = True
        for _ in range(self._size):
            await self._places.acquire()
        self.terminate()

    def terminate(self) -> None:
        """Cut every connection off at once."""
        self._closing = True
        for connection in list(self._born):
            self._discard(connection)
        self._idle.clear()

    @property
    def open_connections(self) -> int:
        """How many connections there are, idle or in use."""
        return len(self._born)

    def _is_fit(self, connection: asyncpg.Connection) -> bool:
        born = self._born.get(connection)
        return (
            born is not None
            and not connection.is_closed()
            and time.monotonic() - born < self._lifetime_seconds
        )

    def _discard(self, connection: asyncpg.Connection) -> None:
        self._born.pop(connection, None)
        self.on_discard(connection)
        connection.terminate()


def _nobody_asks(_connection: asyncpg.Connection) -> None:
    """Keep nothing of a connection, so that there is nothing to forget."""
