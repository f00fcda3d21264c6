"""Real workers, killed at every step of a reply: another one ends it, and nothing is doubled."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest
from pydantic import SecretStr

from graphql_api.companion.model import OpenAICompanion
from graphql_api.local.stack import Urls
from graphql_api.session import Database
from graphql_api.settings import Settings
from tests.fixtures.model_server import KEY, MODEL, Fault, ModelServer
from tests.jobs.talk import Talk, eventually, working

LEASE_SECONDS = 1.0
Start = Callable[[], Awaitable[asyncio.subprocess.Process]]


@pytest.fixture
def asking(settings: Settings, model_server: ModelServer) -> Settings:
    """Settings of a worker that asks the pretended endpoint, which says something else each time."""
    model_server.answer = lambda _messages: (
        f"This is answer {len(model_server.asked)}. It has three sentences. And here it ends."
    )
    return settings.model_copy(
        update={
            "openai_base_url": model_server.url,
            "openai_api_key": SecretStr(KEY),
            "chat_model": MODEL,
            "model_retries": 0,
            "model_timeout": timedelta(seconds=20),
            "lease": timedelta(seconds=LEASE_SECONDS),
        }
    )


@pytest.fixture
async def start(database_urls: Urls, asking: Settings) -> AsyncIterator[Start]:
    """Starts `cairn worker`, and gives it once it works."""
    begun: list[asyncio.subprocess.Process] = []

    async def start_worker() -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "graphql_api", "worker"),
            env={
                **os.environ,
                "SUPABASE_DATABASE_URL": database_urls.api,
                "REDIS_URL": "redis://127.0.0.1:9/0",
                "CHAT_MODEL": MODEL,
                "OPENAI_API_KEY": KEY,
                "OPENAI_BASE_URL": str(asking.openai_base_url),
                "CAIRN_LEASE": str(LEASE_SECONDS),
                "CAIRN_SHUTDOWN_GRACE": "0.1",
                "CAIRN_ENVIRONMENT": "production",
            },
            stdout=asyncio.subprocess.PIPE,
        )
        begun.append(process)
        assert process.stdout is not None
        assert b"worker ready" in await process.stdout.readline()
        return process

    yield start_worker
    for process in begun:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def before_the_first_word(talk: Talk, reply: UUID, model: ModelServer) -> None:
    await asyncio.to_thread(model.wait_for_request)
    assert (await talk.row(reply))["state"] == "queued"


async def between_two_sentences(talk: Talk, reply: UUID, model: ModelServer) -> None:
    await talk.until(reply, "streaming")
    assert (await talk.row(reply))["draft"] == "This is answer 1."


@pytest.mark.parametrize(
    ("pieces", "moment"), [(0, before_the_first_word), (6, between_two_sentences)]
)
async def test_a_killed_workers_reply_is_ended_by_another(
    talk: Talk,
    database: Database,
    asking: Settings,
    model_server: ModelServer,
    start: Start,
    pieces: int,
    moment: Callable[[Talk, UUID, ModelServer], Awaitable[None]],
) -> None:
    model_server.fail_next(Fault("hold", after=pieces))
    worker = await start()
    reply = await talk.say()
    await moment(talk, reply, model_server)

    worker.kill()

    await _is_ended_by_another(talk, reply, database, asking)


async def test_a_worker_killed_in_its_last_write_has_written_nothing_of_it(
    talk: Talk,
    database: Database,
    asking: Settings,
    model_server: ModelServer,
    start: Start,
    superuser: asyncpg.Connection,
) -> None:
    """The last sentence, the state, the tokens and the end of the job are one transaction."""
    model_server.fail_next(Fault("hold", after=10))
    worker = await start()
    reply = await talk.say()

    async def is_last() -> bool:
        return bool((await talk.row(reply))["draft"] == "This is answer 1. It has three sentences.")

    await eventually(is_last)
    async with superuser.transaction():
        await superuser.execute("select from public.messages where id = $1 for update", reply)
        model_server.go_on()
        await eventually(lambda: _waits_for_a_lock(superuser))
        worker.kill()
        await worker.wait()

    await _is_ended_by_another(talk, reply, database, asking)


async def _waits_for_a_lock(connection: asyncpg.Connection) -> bool:
    await connection.execute("select pg_stat_clear_snapshot()")
    return bool(
        await connection.fetchval(
            "select exists (select from pg_stat_activity where datname = current_database()"
            " and wait_event_type = 'Lock' and state = 'active')"
        )
    )


async def _is_ended_by_another(
    talk: Talk, reply: UUID, database: Database, asking: Settings
) -> None:
    companion = OpenAICompanion(asking)
    async with working(database, companion, asking):
        row = await talk.until(reply, "complete")
    await companion.aclose()

    assert row["content"] == "This is answer 2. It has three sentences. And here it ends."
    assert await talk.spent() == row["tokens_used"] > 0
    assert await talk.job(reply) is None
    replies = await talk.owner.fetchval(
        "select count(*) from public.messages where conversation_id = $1 and role = 'assistant'",
        UUID(talk.id),
    )
    assert replies == 1


async def test_a_worker_that_is_told_to_stop_hands_its_reply_over_at_once(
    talk: Talk,
    database: Database,
    asking: Settings,
    model_server: ModelServer,
    start: Start,
) -> None:
    model_server.fail_next(Fault("hold", after=6))
    worker = await start()
    reply = await talk.say()
    await between_two_sentences(talk, reply, model_server)

    worker.send_signal(signal.SIGTERM)
    output, _ = await worker.communicate()
    job = await talk.job(reply)

    assert worker.returncode == 0
    assert b"worker stopped" in output
    assert job is not None
    assert (job["attempts"], job["lease_until"]) == (0, None)
    await _left(model_server)
    companion = OpenAICompanion(asking)
    async with working(database, companion, asking):
        assert (await talk.until(reply, "complete"))["attempt"] == 2
    await companion.aclose()


async def _left(model_server: ModelServer) -> None:
    await model_server.asked[0].wait_for_end()
    assert model_server.asked[0].has_left
