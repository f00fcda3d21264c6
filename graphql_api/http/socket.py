"""One socket: reads a client's messages one after the other, runs its operations, ends in time.

Tasks: the one that reads, and one for each open operation. Everything that is sent passes one
lock, so that a client that reads slowly holds up its own operations and nobody else's; how long
it may do so is `wire.py`'s to say.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Any

import structlog
from starlette.types import Receive, Scope, Send

from graphql_api.auth import Viewer
from graphql_api.errors import Internal, RateLimited, Unauthenticated, Unavailable
from graphql_api.http import socket_messages as messages
from graphql_api.http.leave import Leave
from graphql_api.http.operation import TRY_AGAIN_LATER, Gone, Operation
from graphql_api.http.parts import Parts
from graphql_api.http.socket_state import FORBIDDEN, INIT_TIMEOUT, SocketState
from graphql_api.logs import log_error

NORMAL = 1000
RESTARTING = 1012
SIGN_IN = "Sign in first"
# Operations of ordinary size, all that may be open; of the largest, so many.
LARGE_OPERATIONS = 4

log = structlog.get_logger(__name__)


class Socket:
    """One accepted socket, until it is closed by either side."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, parts: Parts) -> None:
        """Serve the connection of `scope`; `run` does it."""
        settings = parts.settings
        headers = dict(scope["headers"])
        client = scope.get("client")
        self._parts = parts
        self._receive = receive
        self._send_message = send
        self._authorizations = [
            value.decode("latin-1") for name, value in scope["headers"] if name == b"authorization"
        ]
        self._user_agent = headers.get(b"user-agent", b"").decode("latin-1") or None
        self._ip = client[0] if client else None
        self._state: SocketState[asyncio.Task[None]] = SocketState(
            max_operations=settings.live_operations,
            max_bytes=LARGE_OPERATIONS * settings.body_limit_bytes,
        )
        self._leave: Leave | None = None
        self._operations: set[asyncio.Task[None]] = set()
        self._notices: set[asyncio.Task[None]] = set()
        self._writing = asyncio.Lock()
        self._closed_with: int | None = None
        self._told_limit = False

    async def run(self) -> None:
        """Serve until the end, which comes with a close code."""
        seconds = self._parts.settings.live_init_timeout.total_seconds()
        timer = asyncio.get_running_loop().call_later(seconds, self._check_initiated)
        code = NORMAL
        try:
            code = await self._read()
        finally:
            timer.cancel()
            if self._leave is not None:
                self._leave.stop()
            self._parts.listeners.leave(self)
            if self._closed_with is None:
                self._closed_with = code
            self._parts.metrics.count_close(self._closed_with)
            self._cancel_operations()
            await asyncio.gather(*self._operations, *self._notices, return_exceptions=True)

    def look(self) -> None:
        """Close if the viewer may not listen any more."""
        if self._leave is not None:
            self._leave.look()

    def stop(self) -> None:
        """Close, since the server stops."""
        self.close(RESTARTING, "The server stops; come back")

    def close(self, code: int, reason: str) -> None:
        """Close with this code, and deliver nothing more; only the first one counts."""
        if self._closed_with is not None:
            return
        self._closed_with = code
        self._cancel_operations()
        self._notify(self._say_close(code, reason))

    async def send(self, text: str) -> None:
        """Send one message, when those before it have been taken.

        Raises:
            Gone: nobody takes it any more.
        """
        async with self._writing:
            if self._closed_with is not None:
                raise Gone
            try:
                await self._send_message({"type": "websocket.send", "text": text})
            except OSError as error:
                raise Gone from error

    async def admit(self, viewer: Viewer) -> None:
        """Let a viewer in, as at each request.

        Raises:
            Unauthenticated: signed out.
            Unavailable: nobody can tell just now.
        """
        await self._parts.admission.admit(viewer, user_agent=self._user_agent, ip=self._ip)

    # Reading ----------------------------------------------------------------------------------

    async def _read(self) -> int:
        while True:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                return int(message.get("code") or NORMAL)
            if self._closed_with is not None:
                continue
            try:
                await self._take(message.get("text"))
            except messages.Violation as violation:
                self.close(violation.code, violation.reason)
            except Gone:
                continue
            except Exception as error:
                fault = Internal()
                fault.__cause__ = error
                log_error(fault)
                self.close(TRY_AGAIN_LATER, "Try again later")
            # Many messages may have come at once: other sockets have their turn between two.
            await asyncio.sleep(0)

    async def _take(self, text: str | None) -> None:
        message = self._state.receive(text)
        if isinstance(message, messages.Subscribe):
            await self._subscribe(message)
        elif isinstance(message, messages.Complete):
            task = self._state.end(message.id)
            if task is not None:
                task.cancel()
        elif isinstance(message, messages.Ping):
            await self._answer_ping(message)
        elif isinstance(message, messages.Init):
            await self._let_in(message)

    async def _subscribe(self, message: messages.Subscribe) -> None:
        try:
            self._state.check_room(message)
            # Those that were cancelled and still clean up count, too.
            if len(self._operations) > 2 * self._parts.settings.live_operations:
                raise RateLimited("Too many operations were begun and ended at once.")
        except RateLimited as error:
            if not self._told_limit:
                self._told_limit = True
                log_error(error)
            await self.send(messages.error_of(message.id, error))
            return
        if self._leave is None:
            raise RuntimeError("a ready socket has a leave")
        operation = Operation(message, self, self._leave, self._parts)
        task = asyncio.create_task(self._operate(message.id, operation), name="operation")
        self._state.begin(message, task)
        self._operations.add(task)
        task.add_done_callback(self._operations.discard)

    async def _operate(self, operation_id: str, operation: Operation) -> None:
        try:
            await operation.run()
        finally:
            # Not in a callback: the client may use the id again as soon as it has read the end.
            self._state.end(operation_id, asyncio.current_task())

    # Who is it --------------------------------------------------------------------------------

    def _check_initiated(self) -> None:
        if self._state.is_new:
            self.close(INIT_TIMEOUT, "Connection initialisation timeout")

    async def _let_in(self, message: messages.Init) -> None:
        try:
            viewer = await self._admitted(self._authorization_of(message))
            leave = Leave(
                viewer,
                self._parts.admission.denials,
                leeway=self._parts.settings.jwt_leeway,
                on_end=self._end_leave,
                on_expiring=self._tell_expiring,
            )
            leave.whose()
            self._parts.listeners.join(self, viewer)
        except Unauthenticated as error:
            log_error(error)
            self.close(FORBIDDEN, messages.short_reason(error.message))
            return
        except (RateLimited, Unavailable) as error:
            log_error(error)
            self.close(TRY_AGAIN_LATER, messages.short_reason(error.message))
            return
        self._leave = leave
        await self.send(messages.connection_ack(viewer.expires_at))
        self._state.acknowledge()
        leave.start()

    def _authorization_of(self, message: messages.Init) -> str | None:
        """Give that of the payload, else that of the handshake.

        Raises:
            Unauthenticated: the handshake had two (a proxy may have believed the other one).
        """
        if message.authorization is not None:
            return message.authorization
        if len(self._authorizations) > 1:
            raise Unauthenticated("Send one Authorization header.")
        return self._authorizations[0] if self._authorizations else None

    async def _admitted(self, authorization: str | None) -> Viewer:
        """Give whom a token names, if she is let in.

        Raises:
            Unauthenticated: no good token of a user's, or signed out.
            Unavailable: nobody can tell just now.
        """
        viewer = await self._parts.verifier.viewer_of(authorization)
        if viewer.user_id is None:
            raise Unauthenticated(SIGN_IN)
        await self.admit(viewer)
        return viewer

    async def _answer_ping(self, message: messages.Ping) -> None:
        if message.authorization is None:
            await self.send(messages.pong())
            return
        payload = await self._renewed(message.authorization)
        if payload is not None:
            await self.send(messages.pong(payload))

    async def _renewed(self, authorization: str) -> Mapping[str, object] | None:
        """Take a newer token; None when the socket was closed for it."""
        if self._leave is None:
            return {"authorization": "refused"}
        try:
            viewer = await self._admitted(authorization)
        except Unauthenticated as error:
            log_error(error)
            return {"authorization": "refused"}
        except Unavailable as error:
            log_error(error)
            return {"authorization": "unavailable"}
        if viewer.user_id != self._leave.viewer.user_id:
            self.close(FORBIDDEN, "The token is another user's")
            return None
        self._leave.renew(viewer)
        return {"authorization": "accepted", "expiresAt": viewer.expires_at}

    def _end_leave(self, why: str) -> None:
        self.close(FORBIDDEN, why)

    def _tell_expiring(self, expires_at: int) -> None:
        self._notify(self._say_expiring(expires_at))

    async def _say_expiring(self, expires_at: int) -> None:
        payload = {"reason": "token_expiring", "expiresAt": expires_at}
        try:
            await self.send(messages.ping(payload))
        except Gone:
            return

    # The end ----------------------------------------------------------------------------------

    async def _say_close(self, code: int, reason: str) -> None:
        async with self._writing:
            try:
                await self._send_message(
                    {"type": "websocket.close", "code": code, "reason": reason}
                )
            except (OSError, RuntimeError):
                # The client, or what is below us, was faster.
                log.debug("the socket was closed already", code=code)

    def _cancel_operations(self) -> None:
        current = asyncio.current_task()
        for task in self._operations:
            if task is not current:
                task.cancel()

    def _notify(self, notice: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(notice, name="notice")
        self._notices.add(task)
        task.add_done_callback(self._notices.discard)
