"""Health and the deny list while all sessions of the pool are in use, and while Redis is stalled."""

from __future__ import annotations

import asyncio

import asyncpg
import httpx2
from pydantic import SecretStr

from graphql_api.app import create_app
from graphql_api.settings import Settings
from tests.fixtures.graphql import Serve, caller_for, running
from tests.fixtures.people import NewUser
from tests.fixtures.servers import FreshRedis


async def until_ready_says(client: httpx2.AsyncClient, part: str, state: str) -> httpx2.Response:
    """Ask until `part` is in `state`; an answer is kept for a second."""
    async with asyncio.timeout(10):
        while True:
            ready = await client.get("/health/ready")
            if ready.json()["checks"][part] == state:
                return ready
            await asyncio.sleep(0.05)


async def test_a_busy_pool_is_degraded_and_neither_down_nor_unmigrated(
    settings: Settings, new_user: NewUser
) -> None:
    tight = {"pool_size": 1, "acquire_timeout": settings.acquire_timeout / 4}
    app = create_app(settings.model_copy(update=tight))
    viewer = await new_user("Ana")
    async with running(app) as client:
        ana = caller_for(client, viewer)
        async with app.state.services.database.transaction(None, role="cairn_server"):
            before = await client.get("/health/ready")
            refused = await ana("{ viewer { id } }")
            ready = await until_ready_says(client, "postgres", "degraded")

    assert before.json()["status"] == "ok"
    assert refused.codes == ["UNAVAILABLE"]
    assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
    assert ready.json()["checks"]["migrations"] == "ok"


async def test_a_sign_out_is_heard_while_all_sessions_are_busy(
    settings: Settings, owner: asyncpg.Connection, new_user: NewUser
) -> None:
    """NU-023: by the poll, without a hint."""
    viewer = await new_user("Ana")
    tight = {"pool_size": 1, "acquire_timeout": settings.acquire_timeout / 4}
    app = create_app(settings.model_copy(update=tight))
    async with running(app) as client:
        ana = caller_for(client, viewer)
        assert (await ana("{ viewer { id } }")).status == 200
        async with app.state.services.database.transaction(None, role="cairn_server"):
            answer = await ana("{ viewer { id } }")
            assert answer.codes == ["UNAVAILABLE"]
            await owner.execute("select private.deny_user($1, 'test')", viewer.user_id)

            async with asyncio.timeout(5):
                while answer.codes == ["UNAVAILABLE"]:
                    answer = await ana("{ viewer { id } }")

    assert answer.codes == ["UNAUTHENTICATED"]


async def test_while_redis_is_stalled_the_api_answers_and_is_degraded(
    serve: Serve, settings: Settings, fresh_redis: FreshRedis, new_user: NewUser
) -> None:
    viewer = await new_user("Ana")
    redis = {"redis_url": SecretStr(fresh_redis.url)}
    async with serve(settings.model_copy(update=redis)) as client:
        ana = caller_for(client, viewer)
        await until_ready_says(client, "redis", "ok")

        fresh_redis.stall()

        async with asyncio.timeout(2):
            answer = await ana("{ viewer { id } }")
        ready = await until_ready_says(client, "redis", "degraded")
        fresh_redis.resume()
        await until_ready_says(client, "redis", "ok")

    assert answer.data == {"viewer": {"id": str(viewer.user_id)}}
    assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
    assert ready.json()["checks"]["postgres"] == "ok"
