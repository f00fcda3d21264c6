"""A WebSocket of the demo: graphql-transport-ws, as a client speaks it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

SUBPROTOCOL = Subprotocol("graphql-transport-ws")


class Closed(Exception):
    """The socket has ended.

    Attributes:
        code: of the server's close frame; 1006 when none came.
        reason: the server's, in a few words.
    """

    def __init__(self, error: ConnectionClosed) -> None:
        """Take code and reason from what the server sent."""
        self.code = error.rcvd.code if error.rcvd else 1006
        self.reason = error.rcvd.reason if error.rcvd else "no word"
        super().__init__(f"{self.code} {self.reason}")


class Socket:
    """One socket, let in with a token."""

    def __init__(self, connection: ClientConnection) -> None:
        """Speak over an open connection; `open_socket` opens one."""
        self._connection = connection

    async def send(self, message: dict[str, Any]) -> None:
        """Send a message of the protocol.

        Raises:
            Closed: the server has closed the socket.
        """
        try:
            await self._connection.send(orjson.dumps(message), text=True)
        except ConnectionClosed as error:
            raise Closed(error) from None

    async def subscribe(self, name: str, query: str, variables: dict[str, Any]) -> None:
        """Begin an operation; what comes of it is called `name`.

        Raises:
            Closed: the server has closed the socket.
        """
        payload = {"query": query, "variables": variables}
        await self.send({"type": "subscribe", "id": name, "payload": payload})

    async def renew(self, token: str) -> None:
        """Hand in a newer token of the same person; the pong says whether it counts.

        Raises:
            Closed: the server has closed the socket.
        """
        await self.send({"type": "ping", "payload": {"authorization": f"Bearer {token}"}})

    async def messages(self) -> AsyncIterator[dict[str, Any]]:
        """Give what the server sends, until the socket ends.

        Raises:
            Closed: it has ended.
        """
        while True:
            yield await self.receive()

    async def receive(self) -> dict[str, Any]:
        """Wait for the next message of the server.

        Raises:
            Closed: the socket has ended.
        """
        try:
            message: dict[str, Any] = orjson.loads(await self._connection.recv())
        except ConnectionClosed as error:
            raise Closed(error) from None
        return message

    def tear(self) -> None:
        """End it as a lost network does: without a word to the server."""
        self._connection.transport.abort()

    async def close(self) -> None:
        """Take leave of the server; harmless when it has ended."""
        await self._connection.close()


async def open_socket(url: str, token: str) -> Socket:
    """Open a socket and be let in.

    Args:
        url: of the API, `http://…`.
        token: of whoever is to be let in.

    Raises:
        Closed: the server does not let her in.
        OSError: nobody answers there.
    """
    connection = await connect(
        f"{url.replace('http', 'ws', 1)}/graphql",
        subprotocols=[SUBPROTOCOL],
        compression=None,
        ping_interval=None,
        proxy=None,  # it is on this machine, whatever the environment says of others
    )
    socket = Socket(connection)
    try:
        payload = {"authorization": f"Bearer {token}"}
        await socket.send({"type": "connection_init", "payload": payload})
        await socket.receive()
    except BaseException:
        await connection.close()
        raise
    return socket
