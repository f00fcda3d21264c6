"""What is live, with the real application: both transports, sign-outs, and other origins."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from typing import Any

import asyncpg
import httpx2
from pydantic import SecretStr

from graphql_api.local.people import sign_token
from graphql_api.settings import Settings
from tests.fixtures.graphql import JWT_SECRET, ORIGIN, Caller
from tests.fixtures.sockets import LiveServer, ServeLive, SocketClient

START = 'mutation { startConversation(input: { title: "A quiet evening" }) { id } }'
WATCH = """
subscription ($after: String) {
  viewerEvents(after: $after) {
    __typename
    ... on ConversationChanged { cursor conversation { title } }
    ... on CaughtUp { cursor }
  }
}
"""
CHANGED = {
    "__typename": "ConversationChanged",
    "cursor": "1",
    "conversation": {"title": "A quiet evening"},
}
NOWHERE = SecretStr("redis://127.0.0.1:9/0")


async def event(socket: SocketClient, name: str = "s") -> dict[str, Any]:
    payload = await socket.next(name)
    told: dict[str, Any] = payload["data"]["viewerEvents"]
    return told


async def watching(socket: SocketClient) -> None:
    await socket.subscribe("s", WATCH)
    assert (await event(socket))["__typename"] == "CaughtUp"


async def test_what_one_device_does_another_one_hears(live_server: LiveServer, ana: Caller) -> None:
    async with live_server.socket(ana.token) as socket, live_server.socket(ana.token) as other:
        await watching(socket)
        await other.subscribe("m", START)
        assert (await other.next("m"))["data"]["startConversation"]["id"]
        await other.complete("m")

        assert await event(socket) == CHANGED


async def test_a_stranger_hears_nothing_of_it(
    live_server: LiveServer, ana: Caller, ben: Caller, owner: asyncpg.Connection
) -> None:
    async with live_server.socket(ana.token) as hers, live_server.socket(ben.token) as his:
        await watching(hers)
        await watching(his)
        await ana(START)
        assert await event(hers) == CHANGED
        # It exists, and somebody heard of it.
        assert await owner.fetchval(
            "select count(*) from public.live_events where user_id = $1", ana.viewer.user_id
        )
        await ben(START)
        assert await event(his) == CHANGED
        await his.is_alive()


async def test_a_stream_tells_the_same_and_goes_on_where_it_broke(
    live_server: LiveServer, ana: Caller
) -> None:
    headers = {**ana.headers, "accept": "text/event-stream", "origin": ORIGIN}
    for _ in range(2):
        await ana(START)
    async with httpx2.AsyncClient(base_url=live_server.url) as client:
        for last, expected in (("0", "2"), ("1", "2")):
            async with client.stream(
                "POST",
                "/graphql",
                json={"query": WATCH, "variables": {"after": "0"}},
                headers={**headers, "last-event-id": last},
            ) as response:
                assert response.status_code == 200
                assert response.headers["access-control-allow-origin"] == ORIGIN
                assert response.headers["x-request-id"]
                ids = []
                async for line in response.aiter_lines():
                    if line.startswith("id: "):
                        ids.append(line.removeprefix("id: "))
                    if "CaughtUp" in line:
                        break
            assert ids[-1] == expected
            assert ids[0] == str(int(last) + 1)


async def test_a_page_of_ours_may_tell_where_it_broke(client: httpx2.AsyncClient) -> None:
    asking = {
        "origin": ORIGIN,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type,last-event-id",
    }

    assert (await client.options("/graphql", headers=asking)).status_code == 200


async def test_plain_http_has_no_subscriptions(ana: Caller) -> None:
    answer = await ana(WATCH)

    assert (answer.status, answer.codes) == (400, ["BAD_INPUT"])


async def test_a_subscription_of_nobody_is_refused(live_server: LiveServer) -> None:
    async with httpx2.AsyncClient(base_url=live_server.url) as client:
        refused = await client.post(
            "/graphql", json={"query": WATCH}, headers={"accept": "text/event-stream"}
        )

    assert refused.status_code == 401
    assert refused.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_a_sign_out_elsewhere_closes_the_sockets_of_that_device_alone(
    live_server: LiveServer, ana: Caller
) -> None:
    another_device = sign_token(JWT_SECRET, _id(ana))
    async with (
        live_server.socket(ana.token) as socket,
        live_server.socket(another_device) as other,
    ):
        # The caller's app is another one than the server's.
        assert (await ana("mutation { endSession(input: {}) { id } }")).codes == []
        began = time.monotonic()

        assert await socket.closed() == (4403, "Signed out")
        assert time.monotonic() - began < 1.5
        await other.is_alive()
        async with live_server.socket(initiate=False) as again:
            payload = {"authorization": f"Bearer {ana.token}"}
            await again.send({"type": "connection_init", "payload": payload})
            assert (await again.closed())[0] == 4403


async def test_without_redis_a_sign_out_closes_idle_sockets_within_two_seconds(
    serve_live: ServeLive, settings: Settings, ana: Caller
) -> None:
    async with (
        serve_live(settings.model_copy(update={"redis_url": NOWHERE})) as deaf,
        deaf.socket(ana.token) as socket,
    ):
        await ana("mutation { endSession(input: {}) { id } }")
        began = time.monotonic()

        assert await socket.closed() == (4403, "Signed out")
        assert time.monotonic() - began < 2


async def test_a_locked_account_hears_nothing_more(
    live_server: LiveServer, ana: Caller, owner: asyncpg.Connection
) -> None:
    async with live_server.socket(ana.token) as socket:
        await watching(socket)
        await owner.execute(
            "update public.users set is_active = false where id = $1", ana.viewer.user_id
        )
        began = time.monotonic()

        assert await socket.closed() == (4403, "Signed out")
        assert time.monotonic() - began < 2


async def test_a_token_renewed_in_band_keeps_a_real_subscription_alive(
    serve_live: ServeLive, settings: Settings, ana: Caller
) -> None:
    exact = settings.model_copy(update={"jwt_leeway": timedelta(0)})
    short = _token(ana, timedelta(seconds=2))
    expires = time.time() + 2
    async with serve_live(exact) as server, server.socket(short) as socket:
        await socket.receive()  # the ping that says so
        await watching(socket)
        await socket.send(
            {
                "type": "ping",
                "payload": {"authorization": f"Bearer {_token(ana, timedelta(hours=1))}"},
            }
        )
        assert (await socket.receive())["payload"]["authorization"] == "accepted"
        await asyncio.sleep(expires - time.time() + 0.1)
        await ana(START)

        assert await event(socket) == CHANGED


async def test_metrics_tell_who_listens(live_server: LiveServer, ana: Caller) -> None:
    async with live_server.socket(ana.token) as socket:
        await watching(socket)
        async with httpx2.AsyncClient(base_url=live_server.url) as client:
            text = (await client.get("/metrics")).text

    assert "cairn_live_subscriptions 1.0" in text
    assert "cairn_live_listeners " in text


def _id(caller: Caller) -> Any:
    return caller.viewer.user_id


def _token(caller: Caller, lifetime: timedelta) -> str:
    return sign_token(
        JWT_SECRET, _id(caller), session_id=caller.viewer.session_id, lifetime=lifetime
    )
