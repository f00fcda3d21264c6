"""One subscriber: a WebSocket by hand, since a thousand of them share two cores with the servers."""

from __future__ import annotations

import asyncio
import os
import struct
import time
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from benchmarks.live.ears import Ears

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
MASK = b"\0\0\0\0"  # frames of a client must be masked; this mask leaves them as they are
MARK = ord("#")


class NotListening(Exception):
    """A socket was refused or closed before its subscription stood; the text says why."""


@dataclass(frozen=True, slots=True)
class Script:
    """What one subscriber says.

    Attributes:
        upgrade: the HTTP request that opens the WebSocket.
        init: `connection_init` with her token.
        subscribe: her subscription.
        stands: what the server says when it has everything from before and listens; None where a
            server does not tell.
    """

    upgrade: bytes
    init: bytes
    subscribe: bytes
    stands: bytes | None


def upgrade(port: int) -> bytes:
    """Give the request that opens a WebSocket."""
    key = b64encode(os.urandom(16)).decode()
    return (
        f"GET /graphql HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
    ).encode()


def frame(opcode: int, payload: bytes) -> bytes:
    """Give a client's whole frame, of less than 64 kB."""
    size = len(payload)
    if size < 126:
        return bytes((0x80 | opcode, 0x80 | size)) + MASK + payload
    return struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, size) + MASK + payload


class Listener(asyncio.Protocol):
    """One subscriber, from the handshake on.

    Attributes:
        ready: done when the subscription stands.
    """

    __slots__ = ("_closing", "_ears", "_number", "_rest", "_script", "_take", "_transport", "ready")

    def __init__(self, number: int, script: Script, ears: Ears) -> None:
        """Listen as `number`, and tell `ears` what is heard."""
        self._number = number
        self._script = script
        self._ears = ears
        self._rest = b""
        self._take: Callable[[bytes], None] = self._upgraded
        self._transport: asyncio.Transport | None = None
        self._closing = False
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the WebSocket."""
        self._transport = cast(asyncio.Transport, transport)
        self._send(self._script.upgrade)

    def data_received(self, data: bytes) -> None:
        """Take what has come."""
        if self._rest:
            data = self._rest + data
        if self._take == self._upgraded:
            end = data.find(b"\r\n\r\n")
            if end < 0:
                self._rest = data
                return
            self._upgraded(data[:end])
            data = data[end + 4 :]
        self._rest = self._frames(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Note the end, unless it is ours."""
        if not self._closing:
            self._refused("cut off")

    def close(self) -> None:
        """Leave."""
        self._closing = True
        if self._transport is not None:
            self._transport.abort()

    def _frames(self, data: bytes) -> bytes:
        """Take whole frames; give back what is left."""
        at, end = 0, len(data)
        while end - at >= 2:
            size, begin = data[at + 1], at + 2
            if size == 126 and end - at >= 4:
                size, begin = int.from_bytes(data[at + 2 : at + 4], "big"), at + 4
            elif size == 127 and end - at >= 10:
                size, begin = int.from_bytes(data[at + 2 : at + 10], "big"), at + 10
            elif size >= 126:
                break
            if end - begin < size:
                break
            self._frame(data[at] & 15, data[begin : begin + size])
            at = begin + size
        return data[at:]

    def _frame(self, opcode: int, payload: bytes) -> None:
        if opcode == TEXT:
            self._take(payload)
        elif opcode == PING:
            self._send(frame(PONG, payload))
        elif opcode == CLOSE:
            code = int.from_bytes(payload[:2], "big")
            self._refused(f"{code} {payload[2:].decode(errors='replace')}".strip())

    def _upgraded(self, head: bytes) -> None:
        if not head.startswith(b"HTTP/1.1 101 "):
            self._refused(head.split(b"\r\n", 1)[0].decode(errors="replace"))
            return
        self._send(self._script.init)
        self._take = self._acknowledged

    def _acknowledged(self, payload: bytes) -> None:
        if b'"connection_ack"' not in payload:
            return
        self._send(self._script.subscribe)
        if self._script.stands is None:
            self._stands()
        else:
            self._take = self._catches_up

    def _catches_up(self, payload: bytes) -> None:
        assert self._script.stands is not None
        if self._script.stands in payload:
            self._stands()
        elif b'"errors"' in payload or b'"type":"error"' in payload:
            self._refused(payload[:300].decode(errors="replace"))

    def _stands(self) -> None:
        self._take = self._heard
        if not self.ready.done():
            self.ready.set_result(None)

    def _heard(self, payload: bytes) -> None:
        now = time.perf_counter()
        begin = payload.find(MARK) + 1
        if begin > 0:
            number = int(payload[begin : payload.index(MARK, begin)])
            self._ears.hear(self._number, number, now)
        elif b'"errors"' in payload or b'"type":"error"' in payload:
            self._refused(payload[:300].decode(errors="replace"))

    def _refused(self, reason: str) -> None:
        if not self.ready.done():
            self.ready.set_exception(NotListening(reason))
        else:
            self._ears.close(reason)
        self.close()

    def _send(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)
