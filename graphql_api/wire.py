"""WebSockets on the wire: uvicorn's protocol, bounded where it is not.

What a client can do without the application's knowing: read nothing of what it is sent, flood
pings, send a message in endless empty pieces. Here each of these comes to an end.
"""

from __future__ import annotations

import asyncio
import socket
from datetime import timedelta
from typing import Any, ClassVar

import structlog
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

# Time for the client to read why it is cut off, and to answer.
LINGER_SECONDS = 1.0
# Whoever takes less than this in the whole of the time-out reads as good as nothing.
MIN_PROGRESS_BYTES = 16 * 1024
MAX_FRAGMENTS = 1_000
# Enough for 6 Mbit/s to the other side of the world; Linux takes twice as much for itself.
KERNEL_BYTES = 128 * 1024

TRY_AGAIN_LATER = 1013
RESTARTING = 1012
TOO_BIG = 1009
NOT_UTF_8 = 1007

log = structlog.get_logger(__name__)


class BoundedSocket(WebSocketsSansIOProtocol):
    """One connection; `send_seconds` is how long it may take next to nothing of what is sent."""

    send_seconds: ClassVar[float] = 10.0
    _unsent_bytes = 0
    _stall_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Bound what the kernel takes unread: it would hold megabytes for each who reads nothing."""
        super().connection_made(transport)
        connection = transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BYTES)

    def pause_writing(self) -> None:
        """Stop reading, too, while the client does not: even pings are answered by writing."""
        super().pause_writing()
        self.transport.pause_reading()
        self._watch_progress()

    def resume_writing(self) -> None:
        """Read on, unless a message is still waiting for the application."""
        super().resume_writing()
        self._stop_watching()
        if not self.read_paused:
            self.transport.resume_reading()

    async def receive(self) -> Any:
        """Give the next message; read on when it was the last one, and the client reads, too."""
        message = await self.queue.get()
        if self.read_paused and self.queue.empty():
            self.read_paused = False
            if self.writable.is_set():
                self.transport.resume_reading()
        return message

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop all timers."""
        self._stop_watching()
        super().connection_lost(exc)

    def keepalive_timeout(self) -> None:
        """Cut off who answers no ping, with a code after which stock clients come back."""
        self._end(TRY_AGAIN_LATER, "No answer to a ping")

    def shutdown(self) -> None:
        """Say that the server stops; who does not answer is cut off."""
        if self.handshake_complete and not self.close_sent:
            self._end(RESTARTING, "The server stops; come back")
        else:
            super().shutdown()
            self.loop.call_later(LINGER_SECONDS, self.transport.abort)

    def handle_cont(self, event: Any) -> None:
        """Take one more piece of a message, but not any number: empty ones have no size."""
        if self.close_sent:
            return
        if len(self.frames) >= MAX_FRAGMENTS:
            self._fail(TOO_BIG, "Too many pieces")
            return
        super().handle_cont(event)

    def send_receive_event_to_app(self) -> None:
        """Refuse what is no UTF-8 without a traceback in the log for each."""
        if self.curr_msg_data_type == "text" and not self.close_sent:
            self.frames = [b"".join(self.frames)]
            try:
                self.frames[0].decode()
            except UnicodeDecodeError:
                self._fail(NOT_UTF_8, "Not UTF-8")
                return
        super().send_receive_event_to_app()

    def handle_parser_exception(self) -> None:
        """Let nothing be sent after the connection has failed."""
        super().handle_parser_exception()
        self._silence()

    def _fail(self, code: int, reason: str) -> None:
        self.conn.fail(code, reason)
        self.handle_parser_exception()

    def _watch_progress(self) -> None:
        self._stop_watching()
        self._unsent_bytes = self.transport.get_write_buffer_size()
        self._stall_timer = self.loop.call_later(self.send_seconds, self._check_progress)

    def _check_progress(self) -> None:
        unsent_bytes = self.transport.get_write_buffer_size()
        if self._unsent_bytes - unsent_bytes >= MIN_PROGRESS_BYTES:
            self._watch_progress()
            return
        log.warning("a socket reads nothing", unsent_bytes=unsent_bytes)
        self._end(TRY_AGAIN_LATER, "You read too slowly")

    def _stop_watching(self) -> None:
        if self._stall_timer is not None:
            self._stall_timer.cancel()
            self._stall_timer = None

    def _end(self, code: int, reason: str) -> None:
        """Close, tell the application at once, and cut the connection a moment later."""
        self.stop_keepalive()
        self._stop_watching()
        if not self.close_sent and not self.transport.is_closing():
            self.conn.send_close(code, reason)
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_sent = True
            self.queue.put_nowait({"type": "websocket.disconnect", "code": code})
        # So that its answer is read.
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self._silence()
        if self.close_timer is not None:
            self.close_timer.cancel()
        self.close_timer = self.loop.call_later(LINGER_SECONDS, self.transport.abort)

    def _silence(self) -> None:
        """Let what the application sends from now on fail at once, and what waits to be sent."""
        self.disconnected = True
        self.writable.set()


def bounded_socket(send_timeout: timedelta) -> type[asyncio.Protocol]:
    """Give the protocol for `uvicorn.Config(ws=…)`.

    Args:
        send_timeout: how long a client may take less than 16 kB of what waits to be sent.
    """

    class Socket(BoundedSocket):
        send_seconds = send_timeout.total_seconds()

    return Socket
