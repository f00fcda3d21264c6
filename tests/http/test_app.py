"""The application as it is put together: doors, headers, health, and what it refuses to start with."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx2
import pytest
import uvicorn
from pydantic import SecretStr
from starlette.applications import Starlette

from graphql_api import http
from graphql_api.app import Development, check_ready_to_serve, create_app
from graphql_api.http import Tab
from graphql_api.login import UnsafeRole
from graphql_api.settings import Settings
from tests.fixtures.graphql import ORIGIN, Caller, OwnSettings, Serve, caller_for, running
from tests.fixtures.people import NewUser, insert_auth_user, viewer_of
from tests.fixtures.servers import FreshCluster, FreshRedis

PREFLIGHT = {
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization,content-type",
}


# Other origins --------------------------------------------------------------------------------


async def test_a_page_of_ours_may_call(client: httpx2.AsyncClient) -> None:
    response = await client.options("/graphql", headers={"origin": ORIGIN, **PREFLIGHT})

    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == ORIGIN
    assert response.headers["access-control-allow-methods"] == "GET, POST"
    allowed = {
        name.strip().lower() for name in response.headers["access-control-allow-headers"].split(",")
    }
    assert {"authorization", "content-type"} <= allowed
    assert {"apollographql-client-name", "apollographql-client-version"} <= allowed
    assert response.headers["access-control-max-age"] == "600"
    assert "access-control-allow-credentials" not in response.headers


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        ORIGIN + ".evil.example",
        ORIGIN.upper(),
        "http://app.example",
    ],
)
async def test_a_page_of_somebody_else_may_not(client: httpx2.AsyncClient, origin: str) -> None:
    preflight = await client.options("/graphql", headers={"origin": origin, **PREFLIGHT})
    response = await client.post(
        "/graphql", json={"query": "{ __typename }"}, headers={"origin": origin}
    )

    assert preflight.status_code == 400
    for answer in (preflight, response):
        assert "access-control-allow-origin" not in answer.headers


async def test_an_error_can_be_read_by_a_page_of_ours(client: httpx2.AsyncClient) -> None:
    response = await client.post("/graphql", content=b"{", headers={"origin": ORIGIN})

    assert response.status_code == 415
    assert response.headers["access-control-allow-origin"] == ORIGIN
    assert response.headers["access-control-expose-headers"] == "x-request-id, retry-after"


# Headers --------------------------------------------------------------------------------------


async def test_an_answer_bears_the_requests_id(client: httpx2.AsyncClient) -> None:
    given = await client.get("/health/live", headers={"x-request-id": "from-the.proxy_1"})
    made = await client.get("/health/live")
    forged = await client.get("/health/live", headers={"x-request-id": 'x" level="error'})

    assert given.headers["x-request-id"] == "from-the.proxy_1"
    assert re.fullmatch("[0-9a-f]{32}", made.headers["x-request-id"])
    assert re.fullmatch("[0-9a-f]{32}", forged.headers["x-request-id"])


async def test_an_unknown_path_is_404(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/rest/v1/users")).status_code == 404


# Signing out ----------------------------------------------------------------------------------

END_SESSION = "mutation($id: UUID!) { endSession(input: { id: $id }) { isActive } }"


async def test_a_device_that_was_signed_out_is_refused_from_the_next_request_on(
    ana: Caller,
) -> None:
    assert (await ana("{ viewer { id } }")).status == 200

    ended = await ana(END_SESSION, id=ana.viewer.session_id)

    assert ended.errors == []
    refused = await ana("{ viewer { id } }")
    assert refused.status == 401
    assert refused.codes == ["UNAUTHENTICATED"]
    assert "data" not in refused.body


async def test_another_process_refuses_it_too(
    ana: Caller, serve: Serve, settings: Settings
) -> None:
    async with serve(settings) as elsewhere:
        there = caller_for(elsewhere, ana.viewer)
        assert (await there("{ viewer { id } }")).status == 200

        await ana(END_SESSION, id=ana.viewer.session_id)

        async with asyncio.timeout(5):
            while (await there("{ viewer { id } }")).status != 401:  # noqa: ASYNC110
                await asyncio.sleep(0.01)


# Health ---------------------------------------------------------------------------------------


async def test_a_healthy_process_says_so(client: httpx2.AsyncClient) -> None:
    live = await client.get("/health/live")
    ready = await client.get("/health/ready")

    assert (live.status_code, live.json()) == (200, {"status": "ok"})
    assert (ready.status_code, ready.json()) == (
        200,
        {"status": "ok", "checks": {"postgres": "ok", "migrations": "ok", "redis": "ok"}},
    )
    assert ready.headers["cache-control"] == "no-store"


async def test_without_redis_it_serves_on(
    serve: Serve, settings: Settings, fresh_redis: FreshRedis, new_user: NewUser
) -> None:
    viewer = await new_user("Ana")
    async with serve(
        settings.model_copy(update={"redis_url": SecretStr(fresh_redis.url)})
    ) as client:
        ana = caller_for(client, viewer)
        assert (await client.get("/health/ready")).json()["checks"]["redis"] == "ok"

        fresh_redis.kill()

        assert (await ana("{ viewer { id } }")).data == {"viewer": {"id": str(viewer.user_id)}}
        await _until_ready_says(client, 200, "degraded", redis="degraded", postgres="ok")


async def test_without_postgres_it_is_alive_and_not_ready_until_that_is_back(
    serve: Serve, settings: Settings, fresh_cluster: FreshCluster
) -> None:
    connection = await fresh_cluster.connect()
    viewer = viewer_of(uuid4())
    assert viewer.user_id is not None
    await insert_auth_user(connection, viewer.user_id, "Ana")
    await connection.close()
    async with serve(
        settings.model_copy(update={"supabase_database_url": SecretStr(fresh_cluster.urls.api)})
    ) as client:
        ana = caller_for(client, viewer)
        assert (await ana("{ viewer { id } }")).status == 200
        assert (await client.get("/health/ready")).status_code == 200

        fresh_cluster.kill()

        await _until_ready_says(client, 503, "down", postgres="down")
        assert (await client.get("/health/live")).status_code == 200
        answer = await ana("{ viewer { id } }")
        assert (answer.status, answer.codes) == (503, ["UNAVAILABLE"])

        fresh_cluster.start()

        await _until_ready_says(client, 200, "ok", postgres="ok", migrations="ok")
        assert (await ana("{ viewer { id } }")).status == 200


async def test_a_stalled_postgres_is_told_in_time(
    serve: Serve, settings: Settings, fresh_cluster: FreshCluster
) -> None:
    async with serve(
        settings.model_copy(update={"supabase_database_url": SecretStr(fresh_cluster.urls.api)})
    ) as client:
        fresh_cluster.stall()

        async with asyncio.timeout(5):
            ready = await client.get("/health/ready")
        fresh_cluster.resume()

        assert ready.status_code == 503
        assert ready.json()["checks"]["postgres"] == "down"
        await _until_ready_says(client, 200, "ok", postgres="ok")


async def test_a_missing_migration_is_not_ready(
    serve: Serve, settings: Settings, superuser: asyncpg.Connection
) -> None:
    history = "supabase_migrations.schema_migrations"
    row = await superuser.fetchrow(f"select * from {history} order by version desc limit 1")
    assert row is not None
    await superuser.execute(f"delete from {history} where version = $1", row["version"])
    try:
        async with serve(settings) as client:
            ready = await client.get("/health/ready")
    finally:
        await superuser.execute(f"insert into {history} select ($1::{history}).*", row)

    assert ready.status_code == 503
    assert ready.json()["checks"]["migrations"] == "down"


async def _until_ready_says(
    client: httpx2.AsyncClient, code: int, status: str, **checks: str
) -> None:
    """Ask until the answer, which is kept for a second, is the one that is expected."""
    async with asyncio.timeout(10):
        while True:
            ready = await client.get("/health/ready")
            body = ready.json()
            if body["status"] == status and checks.items() <= body["checks"].items():
                break
            await asyncio.sleep(0.05)
    assert ready.status_code == code


# Metrics --------------------------------------------------------------------------------------


async def test_metrics_are_for_those_who_switch_them_on(
    client: httpx2.AsyncClient, serve: Serve, settings: Settings
) -> None:
    await client.post("/graphql", json={"query": "{ __typename }"})
    text = (await client.get("/metrics")).text
    assert 'cairn_graphql_requests_total{operation="query",status="2xx"}' in text
    assert "cairn_database_acquire_timeouts_total 0.0" in text

    production = settings.model_copy(update={"environment": "production"})
    async with serve(production) as closed:
        assert (await closed.get("/metrics")).status_code == 404
    async with serve(production.model_copy(update={"metrics": True})) as opened:
        assert (await opened.get("/metrics")).status_code == 200


# GraphiQL -------------------------------------------------------------------------------------

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8", "host": "localhost:8000"}


@asynccontextmanager
async def developing(settings: Settings) -> AsyncIterator[httpx2.AsyncClient]:
    tab = Tab("{ viewer { id } } # </script><script>alert(1)</script>", headers='{"a": "b"}')
    async with running(create_app(settings, Development(tabs=[tab]))) as client:
        yield client


async def test_a_browser_in_development_is_given_graphiql(settings: Settings) -> None:
    async with developing(settings) as client:
        page = await client.get("/graphql", headers=BROWSER)

        assert page.status_code == 200
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert "script-src 'self';" in page.headers["content-security-policy"]
        assert page.headers["cache-control"] == "no-store"
        # The given texts are data, and cannot become markup.
        assert "<script>alert" not in page.text
        (given,) = re.findall('id="cairn">(.*?)</script>', page.text, re.DOTALL)
        assert "<script>alert(1)" in json.loads(given)["tabs"][0]["query"]
        # Nothing comes from anywhere else.
        assert "http" not in page.text
        for path in re.findall(r'(?:src|href)="(/[^"]+)"', page.text):
            asset = await client.get(path)
            assert asset.status_code == 200, path
            assert asset.headers["content-type"].startswith(("text/javascript", "text/css"))
        assert (await client.get("/graphiql/3.9.0/../page.py")).status_code == 404


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "localhost.evil.example", ""]
)
async def test_the_page_and_its_token_are_for_this_machine_only(
    settings: Settings, host: str
) -> None:
    async with developing(settings) as client:
        page = await client.get("/graphql", headers={**BROWSER, "host": host})

    assert page.status_code == 421
    assert "viewer" not in page.text


async def test_programs_in_development_are_given_json(settings: Settings) -> None:
    async with developing(settings) as client:
        response = await client.get("/graphql", params={"query": "{ __typename }"})

    assert response.json()["data"] == {"__typename": "Query"}


async def test_there_is_no_page_otherwise(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/graphql", headers=BROWSER)).status_code == 400
    assert (await client.get("/graphiql/3.9.0/start.js")).status_code == 404


def test_graphiql_is_what_its_authors_published() -> None:
    folder = Path(http.__file__).parent / "graphiql"
    told = dict(
        re.findall(
            r"^\| `([^`]+)` .*`([0-9a-f]{64})` \|$",
            (folder / "README.md").read_text(),
            re.MULTILINE,
        )
    )

    assert told == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.min.*")
    }
    assert all(path.stat().st_size < 1_000_000 for path in folder.iterdir())


# Starting and stopping ------------------------------------------------------------------------


def test_serving_says_all_that_it_lacks() -> None:
    sentences = check_ready_to_serve(OwnSettings())

    assert len(sentences) == 4
    for name in (
        "SUPABASE_DATABASE_URL",
        "SUPABASE_JWT_SECRET",
        "CAIRN_CORS_ORIGINS",
        "CHAT_MODEL",
    ):
        assert any(name in sentence for sentence in sentences)
        assert all(sentence.endswith(".") for sentence in sentences)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"supabase_jwt_secret": SecretStr("short")}, "SUPABASE_JWT_SECRET"),
        ({"supabase_jwt_secret": SecretStr("-----BEGIN PUBLIC KEY-----" * 3)}, "key file"),
        ({"supabase_url": "http://project.example"}, "https"),
        ({"cors_origins": ("*",)}, "`*`"),
        ({"cors_origins": ("https://app.example/path",)}, "https://app.example/path"),
        ({"cors_origins": ("app.example",)}, "app.example"),
        ({"chat_model": None}, "CHAT_MODEL"),
        ({"openai_api_key": None}, "OPENAI_API_KEY"),
    ],
)
def test_serving_refuses_what_would_not_be_safe(
    settings: Settings, change: dict[str, Any], named: str
) -> None:
    fit = settings.model_copy(
        update={"chat_model": "a-model", "openai_api_key": SecretStr("only-for-tests")}
    )
    assert check_ready_to_serve(fit) == []

    (sentence,) = check_ready_to_serve(fit.model_copy(update=change))

    assert named in sentence
    assert "short" not in sentence or "too short" in sentence


async def test_an_owners_login_is_refused(
    settings: Settings, database_urls: Any, serve: Serve
) -> None:
    owner = settings.model_copy(update={"supabase_database_url": SecretStr(database_urls.owner)})

    with pytest.raises(UnsafeRole):
        async with serve(owner):
            pass


async def test_a_request_that_is_under_way_is_answered_before_the_end(
    settings: Settings, new_user: NewUser, owner: asyncpg.Connection
) -> None:
    viewer = await new_user("Ana")
    app = create_app(settings)
    async with served(app) as (server, client):
        ana = caller_for(client, viewer)
        await ana("{ viewer { id } }")
        # Somebody holds her row, so that her request takes as long as we like.
        lock = owner.transaction()
        await lock.start()
        await owner.execute("select from public.users where id = $1 for update", viewer.user_id)
        asking = asyncio.create_task(
            ana('mutation { updateViewer(input: { bio: "Kept." }) { bio } }')
        )
        await _until_waiting(owner)

        server.should_exit = True
        await asyncio.sleep(0.2)
        assert not asking.done()
        await lock.rollback()

        answer = await asking
        assert answer.data == {"updateViewer": {"bio": "Kept."}}
    assert await owner.fetchval("select bio from public.users where id = $1", viewer.user_id)


@asynccontextmanager
async def served(app: Starlette) -> AsyncIterator[tuple[uvicorn.Server, httpx2.AsyncClient]]:
    """Serve over a real socket."""
    server = uvicorn.Server(
        uvicorn.Config(
            app, port=0, lifespan="on", timeout_graceful_shutdown=5, ws="none", log_config=None
        )
    )
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(10):
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            yield server, client
    finally:
        server.should_exit = True
        await serving


async def _until_waiting(owner: asyncpg.Connection) -> None:
    """Wait until a session waits for a lock."""
    async with asyncio.timeout(5):
        while not await owner.fetchval(  # noqa: ASYNC110 - Postgres has no event for it
            "select exists (select from pg_locks where not granted and database ="
            " (select oid from pg_database where datname = current_database())"
            " or not granted and locktype = 'transactionid')"
        ):
            await asyncio.sleep(0.01)
