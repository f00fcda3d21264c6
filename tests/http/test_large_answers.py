"""Answers that are large, and clients that read none of them."""

from __future__ import annotations

import asyncio
import socket
from datetime import timedelta

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from graphql_api.http.answers import PIECE_BYTES, HttpAnswer
from graphql_api.responses import Answer
from graphql_api.server import listen, serve
from graphql_api.settings import Settings
from tests.http.endpoint import ANSWER_LIMIT_BYTES, Connection, Endpoint, only_error


@pytest.mark.parametrize("operation", ["query", "mutation"])
async def test_an_answer_over_the_limit_is_not_sent(operation: str) -> None:
    endpoint = Endpoint()
    endpoint.executor.answer = Answer(200, b"x" * (ANSWER_LIMIT_BYTES + 1), operation)

    response = await endpoint.post({"query": "{ ok }"})

    error = only_error(response)
    assert (response.status_code, error["extensions"]["code"]) == (400, "BAD_INPUT")
    assert "ask for smaller pages" in error["message"]
    assert ("is written" in error["message"]) is (operation == "mutation")
    assert len(response.content) < 1_000


@pytest.mark.parametrize("size", [0, 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES])
async def test_an_answer_is_sent_in_pieces(size: int) -> None:
    answer = HttpAnswer(200, "application/json", bytes(index % 251 for index in range(size)))

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await answer.send(send)

    connection = Connection(app)
    await connection.serve()

    _, *pieces = connection.sent
    assert b"".join(piece["body"] for piece in pieces) == answer.body
    assert all(len(piece["body"]) <= PIECE_BYTES for piece in pieces)
    assert [piece.get("more_body", False) for piece in pieces][-1] is False
    assert all(piece["more_body"] for piece in pieces[:-1])
    assert len(pieces) == max(1, -(-size // PIECE_BYTES))


LARGE_BYTES = 50_000_000


class Large:
    """An application whose one answer is larger than what any socket takes unread."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()
        self.app = Starlette(routes=[Route("/", self)])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await HttpAnswer(200, "text/plain", b"x" * LARGE_BYTES).send(send)
        finally:
            self.ended.set()


async def test_a_client_that_reads_nothing_is_cut_off(settings: Settings) -> None:
    large = Large()
    listener = listen("127.0.0.1", 0)
    port = listener.getsockname()[1]
    impatient = settings.model_copy(update={"send_timeout": timedelta(milliseconds=50)})

    async def client() -> None:
        with socket.create_connection(("127.0.0.1", port)) as idle:
            idle.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
            await large.ended.wait()
            idle.setblocking(False)
            loop = asyncio.get_running_loop()
            read = 0
            while piece := await loop.sock_recv(idle, 1_000_000):
                read += len(piece)
        assert read < LARGE_BYTES  # what the kernels held, and then the end

    async with asyncio.timeout(settings.send_timeout.total_seconds() / 2):
        await serve(large.app, impatient, listener, beside=client)


async def test_a_client_that_reads_slowly_gets_all_of_it(settings: Settings) -> None:
    large = Large()
    listener = listen("127.0.0.1", 0)
    port = listener.getsockname()[1]

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=4096)
        writer.write(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        read = 0
        while piece := await reader.read(1_000_000):
            read += len(piece)
        assert read == LARGE_BYTES
        writer.close()
        await writer.wait_closed()

    await serve(large.app, settings, listener, beside=client)
