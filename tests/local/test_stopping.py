"""`cairn serve` is told to stop while somebody's message is being stored, or while many listen."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import httpx2
import pytest
from starlette.applications import Starlette

from graphql_api.auth import Viewer
from graphql_api.local.people import sign_token
from graphql_api.local.process import free_port
from graphql_api.local.stack import Urls
from tests.fixtures.people import AsUser, NewUser
from tests.fixtures.sockets import LiveServer

SECRET = "s" * 32
SOCKETS = 150
WATCH = "subscription { viewerEvents { ... on CaughtUp { cursor } } }"
SEND = """
mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { id turn } } }
"""
IN_DATABASE = "from pg_stat_activity where datname = current_database() and usename = 'cairn_api'"


class Serving:
    """A running `cairn serve`."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.process = process
        self.url = f"http://127.0.0.1:{port}"

    @property
    def live(self) -> LiveServer:
        """The same, for clients that open sockets."""
        return LiveServer(Starlette(), int(self.url.rsplit(":", 1)[1]))

    async def ready(self) -> None:
        async with httpx2.AsyncClient() as client, asyncio.timeout(30):
            while True:
                try:
                    if (await client.get(f"{self.url}/health/ready")).status_code == 200:
                        return
                except httpx2.TransportError:
                    assert self.process.returncode is None
                    await asyncio.sleep(0.05)

    async def say(self, viewer: Viewer, conversation: UUID, content: str) -> httpx2.Response:
        assert viewer.user_id is not None
        given = {"conversationId": str(conversation), "content": content, "answer": False}
        async with httpx2.AsyncClient(timeout=30) as client:
            return await client.post(
                f"{self.url}/graphql",
                json={"query": SEND, "variables": {"input": given}},
                headers={"authorization": f"Bearer {sign_token(SECRET, viewer.user_id)}"},
            )

    async def refuses(self) -> None:
        """Wait until nobody can connect any more."""
        async with httpx2.AsyncClient() as client, asyncio.timeout(5):
            while True:
                try:
                    await client.get(f"{self.url}/health/live")
                except httpx2.ConnectError:
                    return
                except httpx2.TransportError:
                    # Connected just before the end; once more.
                    continue

    async def output(self) -> str:
        async with asyncio.timeout(30):
            written, _ = await self.process.communicate()
        return written.decode()


Start = Callable[..., Awaitable[Serving]]


@pytest.fixture
async def start(database_urls: Urls) -> AsyncIterator[Start]:
    begun: list[Serving] = []

    async def start_serving(**environment: str) -> Serving:
        port = free_port()
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "graphql_api", "serve", "--port", str(port)),
            env={
                **os.environ,
                "SUPABASE_DATABASE_URL": database_urls.api,
                "SUPABASE_JWT_SECRET": SECRET,
                "REDIS_URL": database_urls.redis,
                "CAIRN_CORS_ORIGINS": "https://app.example",
                "CHAT_MODEL": "none",
                "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
                **environment,
            },
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        begun.append(Serving(process, port))
        await begun[-1].ready()
        return begun[-1]

    yield start_serving
    for serving in begun:
        if serving.process.returncode is None:
            serving.process.kill()
            await serving.process.communicate()


@pytest.fixture
async def ana(new_user: NewUser) -> Viewer:
    return await new_user("Ana")


@pytest.fixture
async def conversation(ana: Viewer, as_user: AsUser) -> UUID:
    async with as_user(ana) as connection:
        started: UUID = await connection.fetchval(
            "insert into public.conversations default values returning id"
        )
    return started


@asynccontextmanager
async def held(owner: asyncpg.Connection, conversation: UUID) -> AsyncIterator[None]:
    """Hold the conversation's row, so that whoever writes to it waits."""
    async with owner.transaction():
        await owner.execute(
            "select from public.conversations where id = $1 for update", conversation
        )
        yield


async def until(superuser: asyncpg.Connection, condition: str) -> None:
    """Wait for what Postgres has no event for."""
    async with asyncio.timeout(10):
        while not await superuser.fetchval(f"select {condition}"):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def contents(owner: asyncpg.Connection, conversation: UUID) -> list[Any]:
    rows = await owner.fetch(
        "select content from public.messages where conversation_id = $1 order by turn", conversation
    )
    return [row["content"] for row in rows]


async def test_a_message_under_way_is_stored_and_answered_while_new_callers_are_refused(
    start: Start,
    ana: Viewer,
    conversation: UUID,
    owner: asyncpg.Connection,
    superuser: asyncpg.Connection,
) -> None:
    serving = await start(CAIRN_SHUTDOWN_GRACE="10")
    assert (await serving.say(ana, conversation, "I am here.")).json().get("errors") is None

    async with held(owner, conversation):
        asking = asyncio.create_task(serving.say(ana, conversation, "Wait for me."))
        await until(superuser, f"exists (select {IN_DATABASE} and wait_event_type = 'Lock')")
        told = time.monotonic()
        serving.process.send_signal(signal.SIGTERM)
        await serving.refuses()
        assert not asking.done()
    answer = await asking
    output = await serving.output()
    took = time.monotonic() - told

    assert answer.json()["data"]["sendMessage"]["message"]["turn"] == 2
    assert await contents(owner, conversation) == ["I am here.", "Wait for me."]
    assert serving.process.returncode == 0
    assert took < 10
    assert "Traceback" not in output


async def test_a_message_that_outlasts_the_grace_is_cut_and_leaves_nothing_half_written(
    start: Start,
    ana: Viewer,
    conversation: UUID,
    owner: asyncpg.Connection,
    superuser: asyncpg.Connection,
) -> None:
    # Nothing but the grace ends the waiting.
    serving = await start(
        CAIRN_SHUTDOWN_GRACE="1", CAIRN_LOCK_TIMEOUT="60", CAIRN_MUTATION_TIMEOUT="60"
    )
    assert (await serving.say(ana, conversation, "I am here.")).json().get("errors") is None

    async with held(owner, conversation):
        asking = asyncio.create_task(serving.say(ana, conversation, "Wait for me."))
        await until(superuser, f"exists (select {IN_DATABASE} and wait_event_type = 'Lock')")
        told = time.monotonic()
        serving.process.send_signal(signal.SIGTERM)
        answer = await asking
        output = await serving.output()
        took = time.monotonic() - told
    await until(superuser, f"not exists (select {IN_DATABASE} and state <> 'idle')")

    assert answer.status_code == 503
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
    assert await contents(owner, conversation) == ["I am here."]
    counted = await owner.fetchrow(
        "select message_count, last_turn from public.conversations where id = $1", conversation
    )
    assert tuple(counted) == (1, 1)
    assert serving.process.returncode == 0
    assert 1 <= took < 10
    assert "Traceback" not in output
    assert "Wait for me." not in output


async def test_hundreds_who_listen_are_sent_away_to_come_back_long_before_the_grace(
    start: Start, ana: Viewer
) -> None:
    serving = await start(CAIRN_SHUTDOWN_GRACE="30", CAIRN_LIVE_CONNECTIONS="1000")
    assert ana.user_id is not None
    token = sign_token(SECRET, ana.user_id)
    headers = {"authorization": f"Bearer {token}", "accept": "text/event-stream"}
    async with AsyncExitStack() as stack:
        sockets = [
            await stack.enter_async_context(serving.live.socket(token)) for _ in range(SOCKETS)
        ]
        for socket in sockets[:20]:
            await socket.subscribe("s", WATCH)
            await socket.next("s")
        await stack.enter_async_context(serving.live.mute(token))
        client = await stack.enter_async_context(httpx2.AsyncClient(base_url=serving.url))
        stream = await stack.enter_async_context(
            client.stream("POST", "/graphql", json={"query": WATCH}, headers=headers)
        )
        serving.process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        text = "".join([text async for text in stream.aiter_text()])
        closed = await asyncio.gather(*(socket.closed() for socket in sockets))
        output = await serving.output()
        took = time.monotonic() - began

    assert [code for code, _ in closed] == [1012] * SOCKETS
    assert text.endswith(": The server stops; come back\n\n")
    assert serving.process.returncode == 0
    assert took < 10
    assert "Traceback" not in output
    assert "Cancel" not in output
