"""Sockets over a real connection, with an executor that does as it is told."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from websockets.exceptions import InvalidStatus

from graphql_api import wire
from graphql_api.auth import Viewer
from graphql_api.errors import Conflict, RateLimited, Unauthenticated, Unavailable
from graphql_api.responses import Answer
from tests.auth.signing import USER, by_secret
from tests.fixtures.sockets import LiveServer, SocketClient, frame
from tests.http.endpoint import BODY_LIMIT_BYTES, Endpoint
from tests.http.tap import Tap, said, until

Whose = Callable[[], Viewer]


@pytest.fixture(autouse=True)
def _in_haste(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "LINGER_SECONDS", 0.1)


@asynccontextmanager
async def subscribed(
    endpoint: Endpoint, **claims: Any
) -> AsyncIterator[tuple[SocketClient, Tap, LiveServer]]:
    """Somebody who is let in and subscribed to a tap as operation `s`."""
    tap = Tap(endpoint)
    async with endpoint.served() as server, server.socket(by_secret(**claims)) as socket:
        await socket.subscribe("s", "subscription { say }")
        await tap.began.wait()
        yield socket, tap, server


# The handshake --------------------------------------------------------------------------------


async def test_another_sub_protocol_is_refused() -> None:
    async with Endpoint().served() as server:
        for subprotocols in (None, ["graphql-ws"]):
            with pytest.raises(InvalidStatus) as refused:
                async with server.socket(initiate=False, subprotocols=subprotocols):
                    pass
            assert refused.value.response.status_code == 400
            assert b"graphql-transport-ws" in (refused.value.response.body or b"")


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (None, 101),
        ("https://app.example", 101),
        ("http://127.0.0.1:{port}", 101),
        ("https://127.0.0.1:{port}", 101),
        ("https://evil.example", 403),
        ("https://app.example.evil.example", 403),
        ("http://127.0.0.1", 403),
        ("http://[", 403),
        ("file://127.0.0.1:{port}", 403),
        ("null", 403),
        ("", 403),
    ],
)
async def test_pages_of_other_origins_may_not_open_a_socket(
    origin: str | None, status: int
) -> None:
    async with Endpoint(cors_origins=("https://app.example",)).served() as server:
        headers = {} if origin is None else {"origin": origin.format(port=server.port)}
        try:
            async with server.socket(by_secret(), additional_headers=headers) as socket:
                await socket.is_alive()
                came = 101
        except InvalidStatus as refused:
            came = refused.response.status_code

    assert came == status


# Being let in ---------------------------------------------------------------------------------


async def test_the_acknowledgement_tells_when_the_token_ends() -> None:
    exp = int(time.time()) + 600
    async with Endpoint().served() as server, server.socket(initiate=False) as socket:
        acknowledged = await socket.initiate(by_secret(exp=exp))

    assert acknowledged["payload"] == {"expiresAt": exp}


async def test_the_handshakes_own_token_counts_when_the_payload_has_none() -> None:
    endpoint = Endpoint()
    headers = {"authorization": f"Bearer {by_secret()}", "user-agent": "probe/1"}
    async with endpoint.served() as server, server.socket(additional_headers=headers) as socket:
        await socket.is_alive()

    ((viewer, user_agent, ip),) = endpoint.door.came
    assert (viewer.user_id, user_agent, ip) == (USER, "probe/1", "127.0.0.1")


async def test_the_payloads_token_wins_over_the_handshakes() -> None:
    endpoint, other = Endpoint(), uuid4()
    headers = {"authorization": f"Bearer {by_secret(sub=str(other))}"}
    async with (
        endpoint.served() as server,
        server.socket(by_secret(), additional_headers=headers) as socket,
    ):
        await socket.is_alive()

    ((viewer, _, _),) = endpoint.door.came
    assert viewer.user_id == USER


@pytest.mark.parametrize(
    "payload",
    [
        None,
        {},
        {"authorization": None},
        {"authorization": ""},
        {"authorization": "Bearer "},
        {"authorization": by_secret()},
        {"authorization": "Bearer " + by_secret(exp=int(time.time()) - 60)},
        {"authorization": "Bearer " + by_secret(secret="another-secret-that-is-long-enough")},
        {"authorization": "Bearer " + by_secret(role="service_role")},
        {"authorization": "Bearer " + by_secret(role="anon", sub=None)},
    ],
)
async def test_without_a_good_token_nobody_is_let_in(payload: dict[str, Any] | None) -> None:
    endpoint = Endpoint()
    async with endpoint.served() as server, server.socket(initiate=False) as socket:
        await socket.send({"type": "connection_init", "payload": payload})
        code, reason = await socket.closed()

    assert code == 4403
    assert reason
    assert endpoint.door.came == []


async def test_two_authorization_headers_are_refused() -> None:
    token = f"Bearer {by_secret()}"
    headers = [("authorization", token), ("authorization", token)]
    async with (
        Endpoint().served() as server,
        server.socket(initiate=False, additional_headers=headers) as socket,
    ):
        await socket.send({"type": "connection_init"})

        assert (await socket.closed())[0] == 4403


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        (Unauthenticated("You are signed out; sign in again."), 4403),
        (Unavailable(), 1013),
        (RuntimeError("a secret of the inside"), 1013),
    ],
)
async def test_the_door_is_asked(refusal: Any, code: int) -> None:
    endpoint = Endpoint()
    endpoint.door.refusal = refusal
    async with endpoint.served() as server, server.socket(initiate=False) as socket:
        await socket.send(
            {"type": "connection_init", "payload": {"authorization": f"Bearer {by_secret()}"}}
        )

        assert (await socket.closed())[0] == code


async def test_whoever_does_not_say_who_it_is_is_sent_away() -> None:
    endpoint = Endpoint(live_init_timeout=timedelta(milliseconds=50))
    async with (
        endpoint.served() as server,
        server.socket(by_secret()) as known,
        server.socket(initiate=False) as unknown,
    ):
        await unknown.send({"type": "ping"})
        assert await unknown.receive() == {"type": "pong"}
        assert await unknown.closed() == (4408, "Connection initialisation timeout")
        await known.is_alive()


async def test_a_user_may_have_so_many_sockets_and_another_user_as_many() -> None:
    endpoint = Endpoint(live_connections=2)
    async with endpoint.served() as server:
        token = by_secret()
        async with server.socket(token), server.socket(token) as second:
            async with server.socket(initiate=False) as third:
                payload = {"authorization": f"Bearer {token}"}
                await third.send({"type": "connection_init", "payload": payload})
                assert await third.closed() == (1013, "Too many connections")
            async with server.socket(by_secret(sub=str(uuid4()))) as others:
                await others.is_alive()
            await second.connection.close()
            await until(lambda: len(endpoint.listeners) == 1)
            async with server.socket(token) as another:
                await another.is_alive()
    assert len(endpoint.listeners) == 0


# Violations -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("no json", 4400),
        (b'{"type":"ping"}', 4400),
        ('{"type":"unknown"}', 4400),
        ('{"type":"connection_init"}', 4429),
        ('{"id":"s","type":"subscribe","payload":{"query":"{ ok }"}}', 4409),
        ('{"type":"ping","payload":{"x":"' + "x" * 2 * BODY_LIMIT_BYTES + '"}}', 1009),
    ],
)
async def test_a_violation_closes_the_socket_and_ends_its_work(
    sent: str | bytes, code: int
) -> None:
    endpoint = Endpoint()
    async with subscribed(endpoint) as (socket, tap, server), server.socket(by_secret()) as other:
        await socket.send(sent)
        closed, reason = await socket.closed()
        await asyncio.wait_for(tap.ended.wait(), 5)
        await other.is_alive()

    assert closed == code
    assert len(reason.encode()) <= 123
    assert (
        f'cairn_live_socket_closes_total{{code="{code}"}} 1.0' in endpoint.metrics.text().decode()
    )


async def test_asking_before_being_let_in_is_a_violation() -> None:
    async with Endpoint().served() as server, server.socket(initiate=False) as socket:
        await socket.subscribe("1", "{ ok }")

        assert await socket.closed() == (4401, "Unauthorized")


async def test_text_that_is_no_utf_8_closes_the_socket(caplog: pytest.LogCaptureFixture) -> None:
    async with Endpoint().served() as server, server.mute(by_secret()) as socket:
        await socket.send_raw(frame(1, b'{"type":"\xff"}'))
        told = await socket.read_to_end()

    assert told[:4] == b"\x88" + told[1:2] + (1007).to_bytes(2)
    assert "Traceback" not in caplog.text


async def test_a_message_in_endless_pieces_closes_the_socket() -> None:
    async with Endpoint().served() as server, server.mute(by_secret()) as socket:
        pieces = [frame(0, b"", final=False)] * 1_100
        await socket.send_raw(frame(1, b"", final=False), *pieces)
        told = await socket.read_to_end()

    assert told[2:4] == (1009).to_bytes(2)


# Operations -----------------------------------------------------------------------------------


async def test_a_query_gets_one_result_and_its_end() -> None:
    endpoint = Endpoint()
    async with endpoint.served() as server, server.socket(by_secret()) as socket:
        await socket.subscribe("1", "query ($a: Int) { ok }", a=1)

        assert await socket.next("1") == {"data": {"ok": True}}
        await socket.complete("1")
        assert endpoint.executor.request.variables == {"a": 1}
        # The id is free again.
        await socket.subscribe("1", "{ ok }")
        await socket.next("1")
        await socket.complete("1")


async def test_a_result_with_errors_in_it_is_a_result() -> None:
    endpoint = Endpoint()
    body = b'{"data":null,"errors":[{"message":"no"}]}'
    endpoint.executor.answer = Answer(503, body, "query")
    async with endpoint.served() as server, server.socket(by_secret()) as socket:
        await socket.subscribe("1", "{ ok }")

        assert await socket.next("1") == json.loads(body)
        await socket.complete("1")


async def test_a_refused_document_is_an_error_of_its_operation_and_closes_nothing() -> None:
    endpoint = Endpoint()
    async with subscribed(endpoint) as (socket, tap, _):
        endpoint.executor.tell = None
        endpoint.executor.answer = Answer(400, b'{"errors":[{"message":"Syntax"}]}', "none")
        await socket.subscribe("bad", "{")

        assert await socket.error("bad") == {"message": "Syntax"}
        await socket.is_alive()
        tap.say("still")
        assert await socket.next("s") == said("still")


async def test_an_answer_that_is_too_large_is_not_sent() -> None:
    endpoint = Endpoint(answer_limit_bytes=1_000)
    endpoint.executor.answer = Answer(200, b'{"data":"' + b"x" * 1_000 + b'"}', "mutation")
    async with endpoint.served() as server, server.socket(by_secret()) as socket:
        await socket.subscribe("1", "mutation { ok }")

        error = await socket.error("1")
        assert error["extensions"]["code"] == "BAD_INPUT"
        assert "is written" in error["message"]
        await socket.is_alive()


async def test_a_subscription_tells_its_events_in_order_and_its_end() -> None:
    endpoint = Endpoint()
    async with subscribed(endpoint) as (socket, tap, _):
        tap.say("a", "b", "c")
        tap.finish()

        assert [await socket.next("s") for _ in "abc"] == [said(body) for body in "abc"]
        await socket.complete("s")
        assert tap.ended.is_set()

    text = endpoint.metrics.text().decode()
    assert 'cairn_live_events_total{transport="websocket"} 3.0' in text
    assert "cairn_live_subscriptions 0.0" in text


async def test_complete_ends_the_work_and_nothing_comes_after_it() -> None:
    async with subscribed(Endpoint()) as (socket, tap, _):
        await socket.send({"id": "s", "type": "complete"}, {"id": "s", "type": "complete"})
        await asyncio.wait_for(tap.ended.wait(), 5)
        tap.say("late")
        await socket.is_alive()

        tap.ended.clear()
        await socket.subscribe("s", "subscription { say }")
        assert await socket.next("s") == said("late")


async def test_the_client_leaving_ends_the_work() -> None:
    endpoint = Endpoint()
    async with subscribed(endpoint) as (socket, tap, _):
        socket.connection.transport.abort()

        await asyncio.wait_for(tap.ended.wait(), 5)
        await until(lambda: len(endpoint.listeners) == 0)


async def test_what_fails_inside_is_masked_and_ends_one_operation_alone() -> None:
    endpoint = Endpoint()
    async with subscribed(endpoint) as (socket, tap, _):
        tap.fail(RuntimeError("a secret of the inside"))

        error = await socket.error("s")
        assert error["extensions"]["code"] == "INTERNAL"
        assert "secret" not in json.dumps(error)
        await socket.is_alive()
        await socket.subscribe("t", "subscription { say }")
        tap.fail(Conflict("No."))
        assert (await socket.error("t"))["message"] == "No."


async def test_a_subscription_that_cannot_go_on_just_now_sends_the_client_away_to_come_back() -> (
    None
):
    async with subscribed(Endpoint()) as (socket, tap, _):
        tap.fail(Unavailable())

        assert await socket.closed() == (1013, "Try again later")


async def test_an_operation_too_many_is_an_error_and_the_others_go_on() -> None:
    endpoint = Endpoint(live_operations=2)
    async with subscribed(endpoint) as (socket, tap, _):
        await socket.subscribe("t", "subscription { say }")
        await socket.subscribe("u", "subscription { say }")

        error = await socket.error("u")
        assert error["extensions"]["code"] == RateLimited.code
        tap.say("on")
        assert (await socket.receive())["type"] == "next"
        await socket.send({"id": "t", "type": "complete"})
        await socket.is_alive()
        await socket.subscribe("u", "subscription { say }")
        await until(lambda: len(tap.whose) == 3)


async def test_ten_thousand_operations_at_once_hold_up_nobody_else() -> None:
    endpoint = Endpoint()
    tap = Tap(endpoint)
    flood = [
        frame(1, b'{"id":"%d","type":"subscribe","payload":{"query":"subscription{say}"}}' % number)
        for number in range(10_000)
    ]
    waits = []
    async with (
        endpoint.served() as server,
        server.mute(by_secret(), takes_bytes=64 * 1024) as flooding,
        server.socket(by_secret(sub=str(uuid4()))) as other,
    ):

        async def drain() -> None:
            told = b""
            while told.count(b'"RATE_LIMITED"') < 9_900:
                told += await flooding.read()

        pouring = asyncio.gather(flooding.send_raw(*flood), drain())
        while not pouring.done():
            began = time.perf_counter()
            await other.is_alive()
            waits.append(time.perf_counter() - began)
            await asyncio.sleep(0.01)
        async with asyncio.timeout(5):
            await pouring

    assert len(tap.whose) == 100
    # Client and server share this test's one thread.
    assert max(waits) < 1.0
    assert sorted(waits)[len(waits) // 2] < 0.1


# Tokens ---------------------------------------------------------------------------------------


async def test_the_socket_closes_when_its_token_ends() -> None:
    endpoint = Endpoint(jwt_leeway=timedelta(0))
    async with subscribed(endpoint, exp=int(time.time()) + 2) as (socket, tap, _):
        began = time.time()
        assert await socket.closed() == (4403, "Token expired")
        assert time.time() - began > 0.5
        assert tap.ended.is_set()


async def test_a_token_of_a_clock_that_is_late_or_early_works_within_the_leeway() -> None:
    endpoint = Endpoint(jwt_leeway=timedelta(minutes=1))
    now = int(time.time())
    async with endpoint.served() as server:
        async with server.socket(by_secret(exp=now - 30)) as late:
            assert (await late.receive())["payload"]["reason"] == "token_expiring"
            await late.is_alive()
        async with server.socket(by_secret(iat=now + 30, nbf=now + 30)) as early:
            await early.is_alive()
        async with server.socket(initiate=False) as socket:
            token = by_secret(exp=now - 120)
            payload = {"authorization": f"Bearer {token}"}
            await socket.send({"type": "connection_init", "payload": payload})
            assert (await socket.closed())[0] == 4403


async def test_the_client_is_told_a_minute_before_its_token_ends() -> None:
    exp = int(time.time()) + 61
    async with subscribed(Endpoint(), exp=exp) as (socket, _, _):
        assert await socket.receive() == {
            "type": "ping",
            "payload": {"reason": "token_expiring", "expiresAt": exp},
        }


async def test_a_newer_token_keeps_the_socket_and_its_subscriptions_alive() -> None:
    endpoint = Endpoint(jwt_leeway=timedelta(0))
    soon, later = int(time.time()) + 2, int(time.time()) + 600
    async with subscribed(endpoint, exp=soon) as (socket, tap, _):
        assert (await socket.receive())["type"] == "ping"
        newer = {"Authorization": f"Bearer {by_secret(exp=later)}"}
        await socket.send({"type": "ping", "payload": newer})

        assert await socket.receive() == {
            "type": "pong",
            "payload": {"authorization": "accepted", "expiresAt": later},
        }
        assert tap.whose[0]().expires_at == later
        await asyncio.sleep(soon - time.time() + 0.05)
        tap.say("after")
        assert await socket.next("s") == said("after")
    assert len(endpoint.door.came) == 3  # at the init, for the operation, and for the newer token


@pytest.mark.parametrize(
    "token",
    ["nonsense", by_secret(exp=int(time.time()) - 60), by_secret(role="anon", sub=None)],
)
async def test_a_bad_token_changes_nothing(token: str) -> None:
    async with subscribed(Endpoint()) as (socket, tap, _):
        before = tap.whose[0]()
        await socket.send({"type": "ping", "payload": {"authorization": f"Bearer {token}"}})

        refused = {"type": "pong", "payload": {"authorization": "refused"}}
        assert await socket.receive() == refused
        assert tap.whose[0]() == before


async def test_a_token_of_a_session_that_was_ended_is_refused() -> None:
    endpoint = Endpoint()
    async with subscribed(endpoint) as (socket, _, _):
        endpoint.door.refusal = Unauthenticated("You are signed out; sign in again.")
        newer = {"authorization": f"Bearer {by_secret()}"}
        await socket.send({"type": "ping", "payload": newer})

        assert (await socket.receive())["payload"] == {"authorization": "refused"}


async def test_another_users_token_closes_the_socket() -> None:
    async with subscribed(Endpoint()) as (socket, tap, _):
        other = {"authorization": f"Bearer {by_secret(sub=str(uuid4()))}"}
        await socket.send({"type": "ping", "payload": other})

        assert (await socket.closed())[0] == 4403
        assert tap.ended.is_set()
        assert tap.whose[0]().user_id == USER


async def test_a_sign_out_closes_the_socket_at_once() -> None:
    endpoint = Endpoint()
    session = uuid4()
    async with (
        subscribed(endpoint, session_id=str(session)) as (socket, tap, server),
        server.socket(by_secret()) as other,
    ):
        _deny(endpoint, session)
        endpoint.listeners.look()

        assert await socket.closed() == (4403, "Signed out")
        assert tap.ended.is_set()
        await other.is_alive()


async def test_nothing_is_delivered_after_a_sign_out() -> None:
    endpoint = Endpoint()
    session = uuid4()
    async with subscribed(endpoint, session_id=str(session)) as (socket, tap, _):
        tap.say("before")
        assert await socket.next("s") == said("before")
        _deny(endpoint, session)
        tap.say("after")

        assert await socket.closed() == (4403, "Signed out")
        with pytest.raises(Unauthenticated):
            tap.whose[0]()


async def test_nothing_is_delivered_while_nobody_can_tell_who_is_signed_out() -> None:
    endpoint = Endpoint()
    async with subscribed(endpoint) as (socket, tap, _):
        endpoint.door.denials.refusal = Unavailable()
        tap.say("secret")

        assert await socket.closed() == (1013, "Try again later")


def _deny(endpoint: Endpoint, session: UUID) -> None:
    (viewer,) = {viewer for viewer, *_ in endpoint.door.came if viewer.session_id == session}
    endpoint.door.denials.denied.add(viewer)


# Clients that do not read ---------------------------------------------------------------------

IMPATIENT = timedelta(milliseconds=200)
LARGE_BYTES = 5_000_000


async def test_a_socket_that_stops_reading_is_cut_off_and_the_others_go_on() -> None:
    endpoint = Endpoint(live_send_timeout=IMPATIENT)
    tap = Tap(endpoint)
    async with (
        endpoint.served() as server,
        server.mute(by_secret()) as mute,
        server.socket(by_secret()) as other,
    ):
        await mute.send(
            {"id": "1", "type": "subscribe", "payload": {"query": "subscription { say }"}}
        )
        await tap.began.wait()
        large = "x" * 100_000
        tap.say(*[large] * 200)
        await asyncio.wait_for(tap.ended.wait(), 5)
        # Only so many were taken from the source as fit into buffers.
        assert tap.events.qsize() > 100
        await other.is_alive()
        assert len(await mute.read_to_end()) < 10_000_000

    text = endpoint.metrics.text().decode()
    assert 'cairn_live_socket_closes_total{code="1013"} 1.0' in text


async def test_a_socket_that_reads_slowly_but_steadily_gets_everything() -> None:
    endpoint = Endpoint(live_send_timeout=IMPATIENT)
    tap = Tap(endpoint)
    began = time.monotonic()
    async with (
        endpoint.served() as server,
        server.mute(by_secret(), takes_bytes=64 * 1024) as slow,
    ):
        await slow.send(
            {"id": "1", "type": "subscribe", "payload": {"query": "subscription { say }"}}
        )
        tap.say("x" * LARGE_BYTES)
        read = 0
        while read < LARGE_BYTES:
            piece = await slow.read(16 * 1024)
            assert piece, "the connection was cut"
            read += len(piece)
            await asyncio.sleep(0.002)
        assert not tap.ended.is_set()
    assert time.monotonic() - began > 2 * IMPATIENT.total_seconds()


@pytest.mark.parametrize("ping", [(9, b"x" * 125), (1, b'{"type":"ping"}')])
async def test_a_flood_of_pings_by_somebody_who_reads_nothing_is_not_kept(
    ping: tuple[int, bytes],
) -> None:
    endpoint = Endpoint(live_send_timeout=IMPATIENT)
    pings = frame(*ping) * 5_000
    sent = 0
    async with endpoint.served() as server, server.mute(by_secret()) as mute:
        with contextlib.suppress(ConnectionError):
            while sent < 100_000_000:
                await mute.send_raw(pings)
                sent += len(pings)
        await until(lambda: len(endpoint.listeners) == 0)

    # The kernels hold some megabytes of it, and the server next to nothing.
    assert sent < 20_000_000


async def test_pings_are_not_read_from_somebody_who_reads_no_pongs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answered = 0
    answer = wire.BoundedSocket.handle_ping

    def count(socket: wire.BoundedSocket) -> None:
        nonlocal answered
        answered += 1
        answer(socket)

    monkeypatch.setattr(wire.BoundedSocket, "handle_ping", count)
    async with Endpoint().served() as server, server.mute(by_secret()) as mute:
        # So few that the kernels take them all.
        await mute.send_raw(frame(9, b"x" * 125) * 20_000)
        before = -1
        while answered > before:
            before = answered
            await asyncio.sleep(0.1)
        assert 0 < answered < 10_000
        # They are read as soon as the pongs are.
        while answered < 20_000:
            await mute.read()


async def test_a_socket_that_answers_no_ping_is_closed_so_that_stock_clients_come_back() -> None:
    endpoint = Endpoint(live_ping_interval=timedelta(milliseconds=100))
    async with (
        endpoint.served() as server,
        server.mute(by_secret()) as mute,
        server.socket(by_secret()) as answering,
    ):
        ping, told = (await mute.read_to_end())[:6], endpoint.metrics.text().decode()
        await answering.is_alive()

    assert ping[:2] == b"\x89\x04"
    assert 'code="1013"} 1.0' in told


# Stopping -------------------------------------------------------------------------------------


async def test_a_stopping_server_sends_everybody_away_to_come_back() -> None:
    endpoint = Endpoint()
    tap = Tap(endpoint)
    began = time.monotonic()
    async with (
        endpoint.served(stops=True) as server,
        server.socket(by_secret()) as socket,
        server.mute(by_secret()),
    ):
        await socket.subscribe("s", "subscription { say }")
        await tap.began.wait()
        server.finish.set()

        code, _ = await socket.closed()
        assert code == 1012
        assert tap.ended.is_set()

    # Also those who do not answer, long before the grace is over.
    assert time.monotonic() - began < endpoint.settings.shutdown_grace.total_seconds() / 2
