"""The protocol of sockets without any I/O: which messages are ones, and when they may come."""

from __future__ import annotations

import json
from typing import Any

import pytest

from graphql_api.errors import BadInput, RateLimited
from graphql_api.execution import GraphQLRequest
from graphql_api.http.socket_messages import Complete, Init, Ping, Pong, Subscribe, Violation
from graphql_api.http.socket_state import SocketState

SUBSCRIBE = {"id": "1", "type": "subscribe", "payload": {"query": "{ ok }"}}


def state(*, max_operations: int = 3, max_bytes: int = 10_000) -> SocketState[str]:
    return SocketState(max_operations=max_operations, max_bytes=max_bytes)


def ready(**limits: int) -> SocketState[str]:
    """Somebody who has been let in."""
    made = state(**limits)
    made.receive('{"type":"connection_init"}')
    made.acknowledge()
    return made


def subscribed(given: SocketState[str], **changes: Any) -> Subscribe:
    message = given.receive(json.dumps({**SUBSCRIBE, **changes}))
    assert isinstance(message, Subscribe)
    return message


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "[]",
        '"ping"',
        "{}",
        '{"type":null}',
        '{"type":["ping"]}',
        '{"type":"start"}',
        '{"type":"connection_ack"}',
        '{"type":"next","id":"1","payload":{}}',
        '{"type":"error","id":"1","payload":[]}',
        '{"type":"ping","payload":[]}',
        '{"type":"ping","payload":"x"}',
        '{"type":"ping","payload":{"authorization":1}}',
        '{"type":"ping","payload":{"authorization":"a","Authorization":"b"}}',
        '{"type":"ping","payload":{"x":"\\u0000"}}',
        '{"type":"ping","payload":{"x":"\\ud800"}}',
        '{"type":"pong","payload":1}',
        '{"type":"ping","payload":{"x":' + "[" * 40 + "]" * 40 + "}}",
        '{"type":"ping","payload":{"x":' + "[" * 100_000,
        '{"type":"complete"}',
        '{"type":"complete","id":1}',
        '{"type":"complete","id":""}',
        '{"type":"complete","id":"' + "x" * 257 + '"}',
        '{"type":"subscribe","id":"1"}',
        '{"type":"subscribe","payload":{"query":"{ ok }"}}',
        '{"type":"subscribe","id":1,"payload":{"query":"{ ok }"}}',
        '{"type":"subscribe","id":"1","payload":[]}',
        '{"type":"subscribe","id":"1","payload":{}}',
        '{"type":"subscribe","id":"1","payload":{"query":null}}',
        '{"type":"subscribe","id":"1","payload":{"query":"{ ok }","operationName":1}}',
        '{"type":"subscribe","id":"1","payload":{"query":"{ ok }","variables":[]}}',
        '{"type":"subscribe","id":"1","payload":{"query":"{ ok }","extensions":""}}',
    ],
)
def test_what_is_no_message_is_a_violation_told_without_quoting_it(text: str) -> None:
    with pytest.raises(Violation) as broken:
        ready().receive(text)

    assert broken.value.code == 4400
    assert 0 < len(broken.value.reason.encode()) <= 123
    assert "xxx" not in broken.value.reason


def test_a_binary_frame_is_a_violation() -> None:
    with pytest.raises(Violation) as broken:
        ready().receive(None)

    assert broken.value.code == 4400


@pytest.mark.parametrize("name", ["authorization", "Authorization", "AUTHORIZATION"])
def test_a_token_is_found_however_its_name_is_spelled(name: str) -> None:
    payload = {name: "Bearer x", "more": [1, {"of": "it"}]}

    init = state().receive(json.dumps({"type": "connection_init", "payload": payload}))
    ping = state().receive(json.dumps({"type": "ping", "payload": payload, "more": 1}))

    assert (init, ping) == (Init("Bearer x"), Ping("Bearer x"))


@pytest.mark.parametrize("payload", ["", ',"payload":null', ',"payload":{}'])
def test_payloads_may_be_absent(payload: str) -> None:
    given = state()

    assert given.receive('{"type":"pong"' + payload + "}") == Pong()
    assert given.receive('{"type":"ping"' + payload + "}") == Ping(None)
    assert given.receive('{"type":"connection_init"' + payload + "}") == Init(None)


def test_an_operation_is_read_as_a_request_is() -> None:
    payload = {
        "query": "query A { ok }",
        "operationName": "A",
        "variables": {"a": 1},
        "extensions": None,
    }

    message = subscribed(ready(), payload=payload)

    assert (message.id, message.request) == ("1", GraphQLRequest("query A { ok }", "A", {"a": 1}))


@pytest.mark.parametrize(
    "payload",
    [
        {"query": ""},
        {"query": "{ ok }\x00"},
        {"query": "{ ok }", "variables": {"a": "\x00"}},
        {"query": "{ ok }", "variables": {"a": [[0] * 100] * 60}},
        {"query": "{ ok }", "variables": json.loads('{"a":' * 40 + "1" + "}" * 40)},
    ],
)
def test_what_cannot_be_run_is_an_error_of_its_operation_alone(payload: dict[str, Any]) -> None:
    message = subscribed(ready(), payload=payload)

    assert isinstance(message.request, BadInput)


def test_nothing_may_be_asked_before_the_client_is_let_in() -> None:
    given = state()
    for _ in range(2):
        with pytest.raises(Violation) as broken:
            given.receive(json.dumps(SUBSCRIBE))
        assert broken.value.code == 4401
        if given.is_new:
            given.receive('{"type":"connection_init"}')


def test_a_second_init_is_a_violation_also_before_the_first_is_acknowledged() -> None:
    given = state()
    given.receive('{"type":"connection_init"}')

    with pytest.raises(Violation) as broken:
        given.receive('{"type":"connection_init"}')

    assert broken.value.code == 4429


def test_an_id_is_taken_while_its_operation_is_open_and_free_after_it() -> None:
    given = ready()
    given.begin(subscribed(given), "first")

    with pytest.raises(Violation) as broken:
        subscribed(given)
    assert broken.value.code == 4409

    assert given.end("1") == "first"
    given.begin(subscribed(given), "second")
    assert given.end("1") == "second"


def test_the_end_of_an_earlier_operation_does_not_end_a_later_one_of_its_id() -> None:
    given = ready()
    given.begin(subscribed(given), "first")
    given.end("1")
    given.begin(subscribed(given), "second")

    assert given.end("1", "first") is None
    assert given.end("1", "second") == "second"


def test_a_late_complete_is_passed_over() -> None:
    given = ready()

    assert given.receive('{"type":"complete","id":"1"}') == Complete("1")
    assert given.end("1") is None


def test_operations_are_so_many_and_so_large_at_most() -> None:
    given = ready(max_operations=2, max_bytes=500)
    for name in ("a", "b"):
        message = subscribed(given, id=name)
        given.check_room(message)
        given.begin(message, name)
    with pytest.raises(RateLimited):
        given.check_room(subscribed(given, id="c"))

    given.end("a")
    given.check_room(subscribed(given, id="c"))
    with pytest.raises(RateLimited, match="too large"):
        given.check_room(subscribed(given, payload={"query": "{ ok }" + " " * 450}, id="c"))
