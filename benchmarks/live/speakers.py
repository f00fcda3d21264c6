"""The three ways that a message comes in: sent to the server, or stored beside it."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol, cast

import asyncpg
from redis.asyncio import Redis

from benchmarks.database import Person
from benchmarks.servers import Server
from graphql_api.live import Hints
from graphql_api.local.process import Problem

CONNECTIONS = 32
WRITERS = 6

OUR_MUTATION = """
mutation Say($input: SendMessageInput!) {
  sendMessage(input: $input) { message { id turn content } }
}
"""
THEIR_MUTATION = """
mutation Say($input: CreateMessageInput!) {
  createMessage(input: $input) { message { rowId turn content } }
}
"""
INSERT = """
insert into public.messages (conversation_id, user_id, role, content) values ($1, $2, 'user', $3)
"""


class Speaker(Protocol):
    """Hands messages over, and never waits: what is not done yet queues up."""

    def say(self, person: Person, content: str) -> None:
        """Let `person` say something in her conversation."""

    def trouble(self) -> str | None:
        """Tell what went wrong first, if anything did."""


class _Connection(asyncio.Protocol):
    """A connection over which one message after the other is sent by HTTP."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._transport: asyncio.Transport | None = None
        self._is_busy = False
        self._got = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def ask(self, request: bytes) -> None:
        assert self._transport is not None
        self._is_busy = True
        self._got = b""
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._got += data
        head, end, body = self._got.partition(b"\r\n\r\n")
        if not end:
            return
        lowered = head.lower()
        at = lowered.find(b"content-length:")
        if len(body) >= int(lowered[at + 15 :].split(b"\r\n", 1)[0]):
            if not head.startswith(b"HTTP/1.1 200 ") or b'"errors":' in body:
                self._sender.fail(self._got[-500:].decode(errors="replace"))
            self._is_busy = False
            self._sender.free(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._sender.lose(self)
        if self._is_busy:
            self._sender.fail("the server closed a connection")

    def close(self) -> None:
        self._is_busy = False
        if self._transport is not None:
            self._transport.abort()


class Sender:
    """Sends each message to the server, as a client does."""

    def __init__(self, server: Server, *, is_ours: bool) -> None:
        """Send to `server`."""
        self._server = server
        self._is_ours = is_ours
        self._query = " ".join((OUR_MUTATION if is_ours else THEIR_MUTATION).split())
        self._connections: set[_Connection] = set()
        self._opening: set[asyncio.Task[None]] = set()
        self._free: deque[_Connection] = deque()
        self._waiting: deque[bytes] = deque()
        self._trouble: str | None = None

    @classmethod
    @asynccontextmanager
    async def connected(cls, server: Server, *, is_ours: bool) -> AsyncIterator[Sender]:
        """Give a sender, and close its connections at the end."""
        sender = cls(server, is_ours=is_ours)
        try:
            yield sender
        finally:
            sender._waiting.clear()
            for connection in tuple(sender._connections):
                connection.close()

    def say(self, person: Person, content: str) -> None:
        """Send it now, or when a connection is free."""
        request = self._request(person, content)
        if self._free:
            self._free.popleft().ask(request)
            return
        self._waiting.append(request)
        if len(self._connections) + len(self._opening) < CONNECTIONS:
            task = asyncio.create_task(self._connect())
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)

    def free(self, connection: _Connection) -> None:
        """Use `connection` again."""
        if self._waiting:
            connection.ask(self._waiting.popleft())
        else:
            self._free.append(connection)

    def lose(self, connection: _Connection) -> None:
        """Use `connection` no more; a server may close one that was quiet for a while."""
        self._connections.discard(connection)
        if connection in self._free:
            self._free.remove(connection)

    def fail(self, trouble: str) -> None:
        """Note what went wrong, if it is the first."""
        self._trouble = self._trouble or trouble

    def trouble(self) -> str | None:
        """Tell what went wrong first."""
        return self._trouble

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(
            lambda: _Connection(self), "127.0.0.1", self._server.port
        )
        self._connections.add(connection)
        self.free(connection)

    def _request(self, person: Person, content: str) -> bytes:
        where = str(person.conversations[0])
        given: dict[str, object] = (
            {"conversationId": where, "content": content, "answer": False}
            if self._is_ours
            else {"message": {"conversationId": where, "role": "user", "content": content}}
        )
        body = json.dumps({"query": self._query, "variables": {"input": given}})
        return self._server.request(person, body.encode()).encode()


class Writer:
    """Stores each message by SQL, beside the server, and may give a hint as `cairn worker` does."""

    def __init__(self, hints: Hints | None) -> None:
        """Write through connections that `connected` opens."""
        self._hints = hints
        self._waiting: asyncio.Queue[tuple[Person, str]] = asyncio.Queue()
        self._trouble: str | None = None

    @classmethod
    @asynccontextmanager
    async def connected(cls, database_url: str, redis_url: str | None) -> AsyncIterator[Writer]:
        """Give a writer with its connections.

        Args:
            database_url: of somebody who may write for everybody.
            redis_url: where hints go; None to give none.
        """
        hints = None if redis_url is None else Hints(Redis.from_url(redis_url))
        writer = cls(hints)
        if hints is not None:
            await hints.start()
        connections = [await asyncpg.connect(database_url) for _ in range(WRITERS)]
        tasks = [asyncio.create_task(writer._write(connection)) for connection in connections]
        try:
            yield writer
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for connection in connections:
                connection.terminate()
            if hints is not None:
                await hints.stop()

    def say(self, person: Person, content: str) -> None:
        """Store it as soon as a connection is free."""
        self._waiting.put_nowait((person, content))

    def trouble(self) -> str | None:
        """Tell what went wrong first."""
        return self._trouble

    async def _write(self, connection: asyncpg.Connection) -> None:
        insert = await connection.prepare(INSERT)
        while True:
            person, content = await self._waiting.get()
            try:
                await insert.fetch(person.conversations[0], person.id, content)
            except asyncpg.PostgresError as error:
                self._trouble = self._trouble or str(error)
                continue
            if self._hints is not None:
                self._hints.tell(person.id)


def refuse_trouble(speaker: Speaker) -> None:
    """Raise what went wrong.

    Raises:
        Problem: a message was refused.
    """
    trouble = speaker.trouble()
    if trouble is not None:
        raise Problem(f"A message was refused: {trouble}")
