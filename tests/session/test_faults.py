"""Postgres killed, stalled and gone; Redis gone: what was acknowledged is there, once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import httpx2
import pytest
from pydantic import SecretStr

from graphql_api.errors import Unavailable
from graphql_api.session import Database, Statement
from graphql_api.settings import Settings
from tests.fixtures.graphql import Caller, Serve, caller_for
from tests.fixtures.people import insert_auth_user, viewer_of
from tests.fixtures.servers import FreshCluster, FreshRedis

SENDERS = 20
SEND = """
mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { id } } }
"""
START = "mutation { startConversation(input: {}) { id } }"
ANA = UUID("a0000000-0000-4000-8000-000000000001")


@pytest.fixture
async def own(
    fresh_cluster: FreshCluster, fresh_redis: FreshRedis, settings: Settings, serve: Serve
) -> AsyncIterator[httpx2.AsyncClient]:
    """An app on a Postgres and a Redis of this test's own."""
    update = {
        "supabase_database_url": SecretStr(fresh_cluster.urls.api),
        "redis_url": SecretStr(fresh_redis.url),
    }
    async with serve(settings.model_copy(update=update)) as client:
        yield client


@pytest.fixture
async def clara(own: httpx2.AsyncClient, fresh_cluster: FreshCluster) -> Caller:
    connection = await fresh_cluster.connect()
    user_id = UUID("c0000000-0000-4000-8000-000000000003")
    await insert_auth_user(connection, user_id, "Clara")
    await connection.close()
    return caller_for(own, viewer_of(user_id))


async def test_a_killed_postgres_keeps_every_acknowledged_message_once(
    fresh_cluster: FreshCluster, clara: Caller
) -> None:
    conversation = (await clara(START)).data["startConversation"]["id"]
    acknowledged: set[str] = set()
    attempted: set[str] = set()
    failures: list[str] = []
    warm, killed = asyncio.Event(), asyncio.Event()

    async def send(sender: int) -> None:
        number = 0
        while len(acknowledged) < 200 or not killed.is_set():
            number += 1
            key = f"{sender}-{number}"
            attempted.add(key)
            given = {"conversationId": conversation, "content": key, "idempotencyKey": key}
            while True:  # as a phone would: the same key until it is acknowledged
                answer = await clara(SEND, input=given)
                if not answer.errors:
                    acknowledged.add(key)
                    if len(acknowledged) == 100:
                        warm.set()
                    break
                failures.extend(answer.codes)
                await asyncio.sleep(0.02)

    async def kill() -> None:
        await warm.wait()
        fresh_cluster.kill()
        await asyncio.to_thread(fresh_cluster.start)
        killed.set()

    await asyncio.wait_for(asyncio.gather(kill(), *(send(one) for one in range(SENDERS))), 60)

    connection = await fresh_cluster.connect()
    stored = await connection.fetch(
        "select id, role::text, in_reply_to, content, turn from public.messages"
        " where conversation_id = $1 order by turn",
        UUID(conversation),
    )
    count = await connection.fetchval(
        "select message_count from public.conversations where id = $1", UUID(conversation)
    )
    await connection.close()
    said = {row["id"]: row["content"] for row in stored if row["role"] == "user"}
    assert sorted(said.values()) == sorted(acknowledged)
    # Each brought its reply with it, in the same transaction.
    replies = [row["in_reply_to"] for row in stored if row["role"] == "assistant"]
    assert sorted(replies) == sorted(said)
    assert [row["turn"] for row in stored] == list(range(1, len(stored) + 1))
    assert count == len(stored)
    assert set(failures) <= {"UNAVAILABLE"}
    assert failures


async def test_a_stalled_postgres_is_told_in_time_and_recovers_at_once(
    fresh_cluster: FreshCluster, clara: Caller, settings: Settings
) -> None:
    viewer = "{ viewer { id } }"
    assert (await clara(viewer)).errors == []
    longest = (
        settings.acquire_timeout.total_seconds() * 2 + settings.query_timeout.total_seconds() + 2
    )

    fresh_cluster.stall()
    began = time.monotonic()
    answers = await asyncio.gather(*(clara(viewer) for _ in range(12)))
    took = time.monotonic() - began
    fresh_cluster.resume()
    resumed = time.monotonic()
    for _ in range(100):
        if not (await clara(viewer)).errors:
            break
        await asyncio.sleep(0.01)
    recovered = time.monotonic() - resumed

    assert {code for answer in answers for code in answer.codes} <= {"TIMEOUT", "UNAVAILABLE"}
    assert all(answer.errors and answer.status in (503, 504) for answer in answers)
    assert took < longest
    assert recovered < 1.0


async def test_the_api_serves_on_without_redis(fresh_redis: FreshRedis, clara: Caller) -> None:
    conversation = (await clara(START)).data["startConversation"]["id"]

    fresh_redis.kill()
    answer = await clara(SEND, input={"conversationId": conversation, "content": "Are you there?"})

    assert answer.errors == []
    health = await clara.client.get("/health/ready")
    assert health.status_code == 200
    assert health.json()["status"] == "degraded"


async def test_a_database_that_is_gone_is_unavailable_and_not_a_crash(
    fresh_cluster: FreshCluster, clara: Caller
) -> None:
    fresh_cluster.kill()

    answer = await clara("{ viewer { id } }")

    assert answer.codes == ["UNAVAILABLE"]
    assert answer.status == 503
    assert (await clara.client.get("/health/ready")).status_code == 503
    assert (await clara.client.get("/health/live")).status_code == 200


async def test_a_commit_without_an_answer_is_not_called_undone(
    fresh_cluster: FreshCluster, settings: Settings
) -> None:
    own = {
        "supabase_database_url": SecretStr(fresh_cluster.urls.api),
        "mutation_timeout": timedelta(milliseconds=300),
    }
    database = await Database.connect(settings.model_copy(update=own))

    with pytest.raises(Unavailable, match="may have been done"):  # noqa: PT012 - the commit at the end of the block is what fails
        async with database.transaction(viewer_of(ANA)) as transaction:
            await transaction.value("select 1")
            fresh_cluster.stall()

    fresh_cluster.resume()
    assert await database.run(viewer_of(ANA), Statement("select 'there'")) == "there"
    await database.close()
