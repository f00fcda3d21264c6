"""One round trip: begin, role and claims, the statement and the commit in a single write.

The driver connects, signs in and prepares; for a statement that it has prepared, this module takes
over the connection's transport for one exchange of PostgreSQL's extended query protocol
(https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-PIPELINING) and gives it
back. Against three round trips this halves what a request costs on both sides. It rests on two
attributes of asyncpg that are not public, so that its version is bounded in pyproject.toml.
"""

from __future__ import annotations

import asyncio
import struct
from collections import OrderedDict
from collections.abc import Sequence
from datetime import date
from typing import Any

import asyncpg

BEGIN = {False: "begin read only", True: "begin"}
SETTINGS = (
    "select set_config('role', $1, true), set_config('request.jwt.claims', $2, true),"
    " set_config('statement_timeout', $3, true)"
)
SYNC = b"S\x00\x00\x00\x04"
# All rows, of the portal without a name.
EXECUTE = b"E\x00\x00\x00\x09\x00\x00\x00\x00\x00"
NULL = b"\xff\xff\xff\xff"

DATA_ROW, ERROR, READY = ord("D"), ord("E"), ord("Z")


class Refused(Exception):
    """Postgres refused; the transaction is open and failed, and wants a rollback.

    Attributes:
        fields: of the ErrorResponse, by their letter (`C` SQLSTATE, `M` message, `n` constraint).
    """

    def __init__(self, fields: dict[str, str]) -> None:
        """Keep the fields; the exception's own text quotes none of them."""
        super().__init__("Postgres refused")
        self.fields = fields


class Pipeline:
    """One connection's prepared statements, and the way to run each in one round trip."""

    def __init__(self, connection: asyncpg.Connection, *, size: int) -> None:
        """Speak on `connection`, keeping up to `size` statements; `prepare` must come first."""
        self.connection = connection
        self._size = size
        self._own: list[Any] = []
        self._known: OrderedDict[str, Any] = OrderedDict()

    async def prepare(self) -> None:
        """Prepare what every exchange needs."""
        for text in (BEGIN[False], BEGIN[True], SETTINGS, "commit"):
            self._own.append(await self.connection.prepare(text))
        read, write, settings, commit = (statement.get_name() for statement in self._own)
        self._begin = {False: _bind(read, ()), True: _bind(write, ())}
        self._settings = settings
        self._commit = _bind(commit, ()) + SYNC

    def knows(self, text: str) -> bool:
        """Tell whether `run` can run this statement."""
        return text in self._known

    async def learn(self, text: str) -> Any:
        """Prepare a statement, within a transaction of a role that may name its tables."""
        statement = self._known[text] = await self.connection.prepare(text)
        if len(self._known) > self._size:
            self._known.popitem(last=False)
        return statement

    async def run(
        self, text: str, arguments: Sequence[object], *, settings: Sequence[str], write: bool
    ) -> bytes | None:
        """Run a known statement in a transaction of its own and give its one value, a text.

        Args:
            text: the statement, which gives one row with one column of type text, or no row.
            arguments: its arguments.
            settings: role, claims and statement_timeout.
            write: whether the transaction may write.

        Raises:
            Refused: Postgres refused; nothing was changed, and the connection wants a rollback.
            ConnectionError: the connection broke; a write may have been done.
        """
        self._known.move_to_end(text)
        message = b"".join(
            (
                self._begin[write],
                _bind(self._settings, settings),
                _bind(self._known[text].get_name(), arguments),
                self._commit,
            )
        )
        transport, driver = self.connection._transport, self.connection._protocol
        receiver = _Receiver(asyncio.get_running_loop().create_future())
        transport.set_protocol(receiver)
        try:
            transport.write(message)
            await receiver.done
        finally:
            # Unless the exchange came to its end, the connection is thrown away by its borrower.
            transport.set_protocol(driver)
        if receiver.error is not None:
            raise Refused(_fields(receiver.error))
        # The settings gave a row, too: the statement's is the second.
        return receiver.rows[1] if len(receiver.rows) > 1 else None


class _Receiver(asyncio.Protocol):
    """Reads answers until Postgres is ready for the next question."""

    def __init__(self, done: asyncio.Future[None]) -> None:
        self.done = done
        self.rows: list[bytes | None] = []
        self.error: bytes | None = None
        self._rest = b""

    def data_received(self, data: bytes) -> None:
        data = self._rest + data if self._rest else data
        start, size = 0, len(data)
        while size - start >= 5:
            end = start + 1 + int.from_bytes(data[start + 1 : start + 5], "big")
            if end > size:
                break
            kind = data[start]
            if kind == DATA_ROW:
                # int16 columns, int32 length of the first (-1 for null), then its bytes.
                is_null = data[start + 7 : start + 11] == NULL
                self.rows.append(None if is_null else bytes(data[start + 11 : end]))
            elif kind == ERROR and self.error is None:
                self.error = bytes(data[start + 5 : end])
            elif kind == READY and not self.done.done():
                self.done.set_result(None)
            start = end
        self._rest = data[start:]

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(ConnectionResetError("Postgres closed the connection"))


def _bind(name: str, arguments: Sequence[object]) -> bytes:
    """Give Bind and Execute of a prepared statement: arguments as text, the result as bytes."""
    encoded = [_encoded(argument) for argument in arguments]
    body = b"".join(
        (
            b"\x00",
            name.encode(),
            b"\x00\x00\x00",
            struct.pack(">H", len(encoded)),
            *encoded,
            b"\x00\x01\x00\x01",
        )
    )
    return b"B" + struct.pack(">I", len(body) + 4) + body + EXECUTE


def _encoded(argument: object) -> bytes:
    text = as_text(argument)
    if text is None:
        return NULL
    content = text.encode()
    return struct.pack(">I", len(content)) + content


def as_text(argument: object) -> str | None:
    """Give an argument as Postgres reads it: what `::text` of the value would be."""
    if argument is None or isinstance(argument, str):
        return argument
    if isinstance(argument, bool):
        return "true" if argument else "false"
    if isinstance(argument, date):
        return argument.isoformat()
    if isinstance(argument, list | tuple):
        return "{" + ",".join(_element(as_text(item)) for item in argument) + "}"
    return str(argument)


def _element(text: str | None) -> str:
    if text is None:
        return "NULL"
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _fields(body: bytes) -> dict[str, str]:
    parts = body.rstrip(b"\x00").split(b"\x00")
    return {part[:1].decode(): part[1:].decode(errors="replace") for part in parts if part}
