"""Server-sent events: subscriptions for those who would rather not open a socket."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from graphql_api.auth import Viewer
from graphql_api.errors import Conflict, Unauthenticated, Unavailable
from graphql_api.execution import GraphQLRequest
from graphql_api.feeds import Event
from graphql_api.http.accept import EVENT_STREAM, GRAPHQL_RESPONSE, JSON
from graphql_api.responses import Answer
from tests.auth.signing import by_secret
from tests.http.endpoint import Endpoint, only_error
from tests.http.tap import Tap, until

URQL = (
    "application/graphql-response+json, application/graphql+json, application/json,"
    " text/event-stream, multipart/mixed"
)
ASKED = {"query": "subscription ($after: String) { say(after: $after) }"}


class Stream:
    """A response that goes on."""

    def __init__(self, response: httpx2.Response) -> None:
        self.response = response
        self.lines = response.aiter_lines()

    async def block(self) -> list[str]:
        """The lines up to the next empty one; none at the end."""
        found: list[str] = []
        async with asyncio.timeout(5):
            async for line in self.lines:
                if not line:
                    return found
                found.append(line)
        return []

    async def rest(self) -> list[list[str]]:
        """All that is still to come, without signs of life."""
        blocks = []
        while block := await self.block():
            if block != [":"]:
                blocks.append(block)
        return blocks


@asynccontextmanager
async def streaming(
    endpoint: Endpoint,
    body: dict[str, Any] | None = None,
    *,
    accept: str = EVENT_STREAM,
    headers: dict[str, str] | None = None,
    **claims: Any,
) -> AsyncIterator[Stream]:
    async with (
        endpoint.served() as server,
        httpx2.AsyncClient(base_url=server.url) as client,
        client.stream(
            "POST",
            "/graphql",
            json=body or ASKED,
            headers={
                "accept": accept,
                "authorization": f"Bearer {by_secret(**claims)}",
                **(headers or {}),
            },
        ) as response,
    ):
        assert (response.status_code, response.headers["content-type"]) == (
            200,
            "text/event-stream; charset=utf-8",
        )
        stream = Stream(response)
        assert await stream.block() == ["retry: 1000"]
        yield stream


def next_block(body: str) -> list[str]:
    return ["event: next", f"id: {body}", f'data: {{"data":{{"say":"{body}"}}}}']


COMPLETE = ["event: complete", "data:"]


# Who gets events ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("text/event-stream", EVENT_STREAM),
        ("text/event-stream, */*;q=0.5", EVENT_STREAM),
        ("text/event-stream, application/json", EVENT_STREAM),
        ("application/json;q=0.9, text/event-stream", EVENT_STREAM),
        ("application/json, text/event-stream", JSON),
        ("text/event-stream;q=0.5, application/json", JSON),
        ("*/*", JSON),
        (URQL, GRAPHQL_RESPONSE),
    ],
)
async def test_a_query_is_answered_by_events_only_when_they_are_liked_best(
    accept: str, media_type: str
) -> None:
    response = await Endpoint().post({"query": "{ ok }"}, accept=accept)

    assert response.status_code == 200
    assert response.headers["content-type"] == f"{media_type}; charset=utf-8"
    if media_type == EVENT_STREAM:
        assert (
            response.text == 'event: next\ndata: {"data":{"ok":true}}\n\nevent: complete\ndata:\n\n'
        )
    else:
        assert response.json() == {"data": {"ok": True}}


@pytest.mark.parametrize("accept", [EVENT_STREAM, URQL, f"{JSON}, {EVENT_STREAM};q=0.1"])
async def test_a_subscription_is_answered_by_events_whenever_they_are_named(accept: str) -> None:
    endpoint = Endpoint()
    tap = Tap(endpoint)
    async with streaming(endpoint, accept=accept) as stream:
        tap.say("a", "b")
        assert await stream.block() == next_block("a")
        tap.finish()

        assert await stream.rest() == [next_block("b"), COMPLETE]

    headers = stream.response.headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-accel-buffering"] == "no"
    assert headers["x-content-type-options"] == "nosniff"
    text = endpoint.metrics.text().decode()
    assert 'cairn_live_events_total{transport="sse"} 2.0' in text
    assert "cairn_live_subscriptions 0.0" in text
    assert len(endpoint.listeners) == 0


@pytest.mark.parametrize(
    "accept", [JSON, "*/*", f"{JSON}, {EVENT_STREAM};q=0", "text/*;q=0.1, */*"]
)
async def test_nobody_else_is_given_a_stream(accept: str) -> None:
    endpoint = Endpoint()
    # A stream, if one were given, would end.
    Tap(endpoint).finish()
    endpoint.executor.answer = Answer(400, b'{"errors":[{"message":"Subscribe."}]}', "subscription")

    response = await endpoint.post(ASKED, accept=accept)

    assert response.json() == {"errors": [{"message": "Subscribe."}]}


async def test_a_get_may_subscribe_but_not_write() -> None:
    endpoint = Endpoint()

    await endpoint.get(accept=EVENT_STREAM, query="subscription { say }")

    ((_, _, queries_only),) = endpoint.executor.asked
    assert queries_only


@pytest.mark.parametrize("accept", [EVENT_STREAM, URQL])
async def test_who_should_come_again_is_told_so_in_json_with_its_status(accept: str) -> None:
    endpoint = Endpoint()
    endpoint.executor.answer = Answer(503, b'{"errors":[{"message":"Busy"}]}', "none")

    refused = await endpoint.post(ASKED, accept=accept)
    malformed = await endpoint.post({"query": 1}, accept=accept)
    unknown = await endpoint.post(ASKED, accept=accept, headers={"authorization": "Bearer x"})

    assert [one.status_code for one in (refused, malformed, unknown)] == [503, 400, 401]
    for response in (refused, malformed, unknown):
        assert "json" in response.headers["content-type"]
        assert "errors" in response.json()


async def test_a_mistake_in_an_operation_is_an_event_lest_the_client_come_again() -> None:
    endpoint = Endpoint()
    endpoint.executor.answer = Answer(400, b'{"errors":[{"message":"Syntax"}]}', "none")

    response = await endpoint.post(ASKED, accept=EVENT_STREAM)
    by_urql = await endpoint.post(ASKED, accept=URQL)

    assert response.status_code == 200
    assert response.text == (
        'event: next\ndata: {"errors":[{"message":"Syntax"}]}\n\nevent: complete\ndata:\n\n'
    )
    assert (by_urql.status_code, by_urql.json()) == (400, {"errors": [{"message": "Syntax"}]})


async def test_a_result_with_line_breaks_stays_on_one_line() -> None:
    endpoint = Endpoint()
    endpoint.executor.answer = Answer(200, b'{"data":\r\n{"ok":\n"a\\nb"}}', "query")

    response = await endpoint.post({"query": "{ ok }"}, accept=EVENT_STREAM)

    assert 'data: {"data":  {"ok": "a\\nb"}}\n\n' in response.text


async def test_an_answer_that_is_too_large_is_not_sent() -> None:
    endpoint = Endpoint(answer_limit_bytes=10)

    response = await endpoint.post({"query": "{ ok }"}, accept=EVENT_STREAM)

    assert only_error(response)["extensions"]["code"] == "BAD_INPUT"


# Going on -------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", [{}, {"after": None}, {"after": "1"}])
async def test_a_stream_goes_on_behind_the_last_event_that_arrived(given: dict[str, Any]) -> None:
    endpoint = Endpoint()
    body = {**ASKED, "variables": {**given, "other": 1}}

    await endpoint.post(body, accept=EVENT_STREAM, headers={"last-event-id": "17"})

    assert endpoint.executor.request.variables == {"after": "17", "other": 1}


async def test_a_last_event_id_means_nothing_to_an_answer_in_json() -> None:
    endpoint = Endpoint()

    await endpoint.post(ASKED, accept=JSON, headers={"last-event-id": "17"})

    assert endpoint.executor.request.variables == {}


async def test_a_last_event_id_that_can_be_none_is_refused() -> None:
    response = await Endpoint().post(
        ASKED, accept=EVENT_STREAM, headers={"last-event-id": "1" * 101}
    )

    assert (response.status_code, only_error(response)["extensions"]["field"]) == (400, "after")


async def test_a_silent_stream_gives_signs_of_life() -> None:
    endpoint = Endpoint(ping_every=timedelta(milliseconds=20))
    tap = Tap(endpoint)
    async with streaming(endpoint) as stream:
        assert [await stream.block() for _ in range(3)] == [[":"]] * 3
        tap.say("a")
        while (block := await stream.block()) == [":"]:
            pass
        assert block == next_block("a")


# The end --------------------------------------------------------------------------------------


async def test_the_client_leaving_ends_the_work_at_once() -> None:
    endpoint = Endpoint()
    tap = Tap(endpoint)
    async with streaming(endpoint):
        await tap.began.wait()

    assert tap.ended.is_set()
    assert 'operation="subscription",status="gone"} 1.0' in endpoint.metrics.text().decode()


async def test_a_stream_ends_without_complete_when_its_token_does() -> None:
    endpoint = Endpoint(jwt_leeway=timedelta(0))
    tap = Tap(endpoint)
    async with streaming(endpoint, exp=int(time.time()) + 2) as stream:
        tap.say("a")
        assert await stream.rest() == [next_block("a"), [": Token expired"]]
        await asyncio.wait_for(tap.ended.wait(), 5)


@pytest.mark.parametrize("told", ["news", "an event"])
async def test_a_stream_ends_without_complete_at_a_sign_out(told: str) -> None:
    endpoint = Endpoint()
    tap = Tap(endpoint)
    async with streaming(endpoint) as stream:
        await tap.began.wait()
        ((viewer, *_),) = endpoint.door.came
        endpoint.door.denials.denied.add(viewer)
        if told == "news":
            endpoint.listeners.look()
        else:
            tap.say("secret")

        assert await stream.rest() == [[": Signed out"]]
        await asyncio.wait_for(tap.ended.wait(), 5)


async def test_a_stream_ends_without_complete_when_nobody_can_tell_who_is_signed_out() -> None:
    endpoint = Endpoint()
    tap = Tap(endpoint)
    async with streaming(endpoint) as stream:
        endpoint.door.denials.refusal = Unavailable()
        tap.say("secret")

        assert await stream.rest() == [[": Try again later"]]


async def test_what_fails_inside_is_masked_and_completes() -> None:
    for error, code in (
        (RuntimeError("a secret of the inside"), "INTERNAL"),
        (Conflict(), "CONFLICT"),
    ):
        endpoint = Endpoint()
        tap = Tap(endpoint)
        async with streaming(endpoint) as stream:
            tap.fail(error)
            (event, data), complete = await stream.rest()

        assert event == "event: next"
        assert f'"code":"{code}"' in data
        assert "secret" not in data
        assert complete == COMPLETE


async def test_the_engine_is_asked_as_whoever_she_is_now() -> None:
    endpoint = Endpoint()

    async def tell(
        whose: Callable[[], Viewer], _request: GraphQLRequest
    ) -> AsyncGenerator[Event, None]:
        viewer = whose()
        yield Event(b'{"data":{"say":"a"}}', "a")
        endpoint.door.denials.denied.add(viewer)
        with pytest.raises(Unauthenticated):
            whose()
        yield Event(b'{"data":{"say":"secret"}}', "b")

    endpoint.executor.tell = tell
    async with streaming(endpoint) as stream:
        assert await stream.rest() == [next_block("a"), [": Signed out"]]


async def test_a_user_may_have_so_many_streams() -> None:
    endpoint = Endpoint(live_connections=1)
    tap = Tap(endpoint)
    async with streaming(endpoint):
        again = await endpoint.post(
            ASKED, accept=EVENT_STREAM, headers={"authorization": f"Bearer {by_secret()}"}
        )
        assert again.status_code == 429
        assert only_error(again)["extensions"]["code"] == "RATE_LIMITED"
        await until(lambda: len(tap.whose) == 1)


async def test_a_stopping_server_ends_streams_long_before_its_grace() -> None:
    endpoint = Endpoint()
    Tap(endpoint)
    began = time.monotonic()
    async with (
        endpoint.served(stops=True) as server,
        httpx2.AsyncClient(base_url=server.url) as client,
        client.stream(
            "POST",
            "/graphql",
            json=ASKED,
            headers={"accept": EVENT_STREAM, "authorization": f"Bearer {by_secret()}"},
        ) as response,
    ):
        server.finish.set()
        stream = Stream(response)

        assert await stream.rest() == [["retry: 1000"], [": The server stops; come back"]]

    assert time.monotonic() - began < endpoint.settings.shutdown_grace.total_seconds() / 2


async def test_streams_of_two_people_are_two() -> None:
    endpoint = Endpoint(live_connections=1)
    Tap(endpoint)
    async with streaming(endpoint), streaming(endpoint, sub=str(uuid4())):
        assert len(endpoint.listeners) == 2
