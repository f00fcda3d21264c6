"""What a request may look like, and what is refused before anything runs."""

from __future__ import annotations

import gzip
import zlib
from typing import Any
from uuid import uuid4

import pytest

from graphql_api.auth import ANONYMOUS
from graphql_api.errors import Internal, Unauthenticated, Unavailable
from graphql_api.execution import GraphQLRequest
from graphql_api.http import reading
from graphql_api.responses import Answer
from tests.auth.signing import USER, by_secret
from tests.http.endpoint import BODY_LIMIT_BYTES, GRAPHQL, Connection, Endpoint, only_error


@pytest.fixture
def endpoint() -> Endpoint:
    return Endpoint()


# What is read ---------------------------------------------------------------------------------


async def test_a_post_is_read_whole(endpoint: Endpoint) -> None:
    await endpoint.post(
        {
            "query": "query One($a: Int) { ok }",
            "operationName": "One",
            "variables": {"a": 1, "text": "naïve 🏃"},
            "extensions": {"x": 1},
            "unknown": True,
        }
    )

    ((viewer, request, queries_only),) = endpoint.executor.asked
    assert viewer is ANONYMOUS
    assert request == GraphQLRequest(
        "query One($a: Int) { ok }", "One", {"a": 1, "text": "naïve 🏃"}
    )
    assert queries_only is False


async def test_a_get_is_read_whole_and_may_only_query(endpoint: Endpoint) -> None:
    response = await endpoint.get(
        query="query Q($a: String) { ok }", operationName="Q", variables='{"a": "b+c d"}'
    )

    assert response.status_code == 200
    ((_, request, queries_only),) = endpoint.executor.asked
    assert request == GraphQLRequest("query Q($a: String) { ok }", "Q", {"a": "b+c d"})
    assert queries_only is True


@pytest.mark.parametrize(
    "empty", [{"variables": None}, {"operationName": None}, {"operationName": ""}]
)
async def test_null_counts_as_left_out(endpoint: Endpoint, empty: dict[str, Any]) -> None:
    await endpoint.post({"query": "{ ok }", **empty})

    assert endpoint.executor.request == GraphQLRequest("{ ok }", None, {})


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "APPLICATION/JSON",
        "application/json;charset=UTF-8",
        'application/json; charset="utf-8"',
    ],
)
async def test_json_in_utf8_is_read(endpoint: Endpoint, content_type: str) -> None:
    response = await endpoint.post({"query": "{ ok }"}, headers={"content-type": content_type})

    assert response.status_code == 200


async def test_a_key_written_twice_counts_as_its_last(endpoint: Endpoint) -> None:
    await endpoint.post(b'{"query": "{ first }", "query": "{ last }"}')

    assert endpoint.executor.request.query == "{ last }"


# What is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nonsense",
        b'"text"',
        b"7",
        b"null",
        b'{"query": "{ ok }"} {}',
        b'{"query": "{ ok }", "variables": {"a": NaN}}',
        b'\xef\xbb\xbf{"query": "{ ok }"}',
        b'{"query": "\xff\xfe"}',
        b'{"query": "{ ok }", "variables": {"a": "\xed\xa0\x80"}}',
        b'{"query": "{ ok }", "variables": {"a": "\\ud800"}}',
        b'{"query": "{ ok }", "variables": {"a": "b\x00"}}',
        b'{"query": "{ ok }", "variables": {"a": "b\\u0000"}}',
        b'{"query": "{ ok }", "variables": {"a": [{"\\u0000": 1}]}}',
        b'{"query": "{ ok \\u0000 }"}',
        b'{"query": "{ ok }", "variables": {"a": ' + b"[" * 100 + b"]" * 100 + b"}}",
        b"[" * 2000,
        {},
        {"query": None},
        {"query": ""},
        {"query": 7},
        {"query": ["{ ok }"]},
        {"query": {"a": "b"}},
        {"qeury": "{ ok }"},
        {"query": "{ ok }", "operationName": 7},
        {"query": "{ ok }", "operationName": {}},
        {"query": "{ ok }", "variables": "{}"},
        {"query": "{ ok }", "variables": []},
        {"query": "{ ok }", "variables": 0},
        {"query": "{ ok }", "variables": False},
        {"query": "{ ok }", "extensions": []},
        {"query": "{ ok }", "extensions": "x"},
    ],
)
@pytest.mark.parametrize("accept", [GRAPHQL, "application/json"])
async def test_what_is_no_request_is_400(endpoint: Endpoint, body: object, accept: str) -> None:
    response = await endpoint.post(body, accept=accept)

    assert response.status_code == 400
    assert only_error(response)["extensions"]["code"] == "BAD_INPUT"
    assert endpoint.executor.asked == []


async def test_a_backslash_before_u0000_is_only_text(endpoint: Endpoint) -> None:
    response = await endpoint.post(b'{"query": "{ ok }", "variables": {"a": "\\\\u0000"}}')

    assert response.status_code == 200
    assert endpoint.executor.request.variables == {"a": "\\u0000"}


async def test_many_values_side_by_side_are_not_deep(endpoint: Endpoint) -> None:
    response = await endpoint.post({"query": "{ ok }", "variables": {"a": [{"b": 1}] * 100}})

    assert response.status_code == 200


async def test_a_batch_is_refused_in_plain_words(endpoint: Endpoint) -> None:
    response = await endpoint.post([{"query": "{ ok }"}])

    assert response.status_code == 400
    assert only_error(response)["message"].startswith("Batches are not supported")


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/graphql",
        "application/json; charset=utf-16",
        "application/json, text/plain",
        "application/jsonp",
    ],
)
async def test_a_body_that_a_form_could_send_is_415(endpoint: Endpoint, content_type: str) -> None:
    response = await endpoint.post({"query": "{ ok }"}, headers={"content-type": content_type})

    assert response.status_code == 415
    assert endpoint.executor.asked == []


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "identity, gzip"])
async def test_a_compressed_body_is_415(endpoint: Endpoint, encoding: str) -> None:
    bomb = gzip.compress(zlib.compress(b" " * 1_000_000))

    response = await endpoint.post(bomb, headers={"content-encoding": encoding})

    assert response.status_code == 415


async def test_a_body_that_says_it_is_too_large_is_not_read(endpoint: Endpoint) -> None:
    connection = Connection(endpoint.app, headers={"content-length": str(BODY_LIMIT_BYTES + 1)})

    await connection.serve()

    assert connection.status == 413
    assert dict(connection.sent[0]["headers"])[b"connection"] == b"close"


async def test_a_body_without_a_length_is_read_to_the_limit_and_no_further(
    endpoint: Endpoint,
) -> None:
    connection = Connection(endpoint.app)
    for _ in range(20):
        connection.body(b" " * 1024, more=True)

    await connection.serve()

    assert connection.status == 413
    assert connection.incoming.qsize() == 20 - (BODY_LIMIT_BYTES // 1024 + 1)


async def test_a_body_that_never_ends_is_given_up(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "BODY_SECONDS", 0.02)
    connection = Connection(endpoint.app)
    connection.body(b"{", more=True)

    await connection.serve()

    assert connection.status == 408
    assert endpoint.executor.asked == []


async def test_a_body_of_exactly_the_limit_is_read(endpoint: Endpoint) -> None:
    body = b'{"query": "{ ok }"}'.ljust(BODY_LIMIT_BYTES)

    assert (await endpoint.post(body)).status_code == 200
    assert (await endpoint.post(body + b" ")).status_code == 413


async def test_a_body_may_come_in_pieces(endpoint: Endpoint) -> None:
    connection = Connection(endpoint.app)
    for byte in b'{"query": "{ ok }"}':
        connection.body(bytes([byte]), more=True)
    connection.body(b"")

    await connection.serve()

    assert connection.status == 200


@pytest.mark.parametrize(
    "query_string",
    [
        "",
        "query=",
        "query=%FF",
        "query=%00",
        "query=%7Bok%7D&query=%7Bok%7D",
        "query=%7Bok%7D&variables=x",
        "query=%7Bok%7D&variables=[]",
        "query=%7Bok%7D&variables=%7B%22a%22%3A%22%5Cu0000%22%7D",
        "query=%7Bok%7D&extensions=1",
        "query=%7Bok%7D&" + "&".join(f"x{n}=1" for n in range(50)),
    ],
)
async def test_a_url_that_is_no_request_is_400(endpoint: Endpoint, query_string: str) -> None:
    response = await endpoint.client.get(f"/graphql?{query_string}", headers={"accept": GRAPHQL})

    assert response.status_code == 400
    assert endpoint.executor.asked == []


async def test_a_url_beyond_the_limit_is_413(endpoint: Endpoint) -> None:
    assert (await endpoint.get(query="x" * BODY_LIMIT_BYTES)).status_code == 413


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "HEAD", "TRACE"])
async def test_other_methods_are_405(endpoint: Endpoint, method: str) -> None:
    response = await endpoint.client.request(method, "/graphql")

    assert response.status_code == 405
    assert response.headers["allow"] == "GET, POST, OPTIONS"


@pytest.mark.parametrize("accept", [GRAPHQL, "application/json"])
async def test_a_mutation_by_get_is_405_and_says_what_to_do(
    endpoint: Endpoint, accept: str
) -> None:
    endpoint.executor.answer = Answer(405, b'{"errors":[]}', "mutation")

    response = await endpoint.get(query="mutation { x }", accept=accept)

    assert response.status_code == 405
    assert response.headers["allow"] == "POST, OPTIONS"


async def test_options_tells_the_methods(endpoint: Endpoint) -> None:
    response = await endpoint.client.options("/graphql")

    assert response.status_code == 200
    assert response.headers["allow"] == "GET, POST, OPTIONS"


# Who asks -------------------------------------------------------------------------------------


async def test_the_viewer_is_the_tokens(endpoint: Endpoint) -> None:
    session_id = uuid4()
    token = by_secret(session_id=str(session_id))

    await endpoint.post(
        {"query": "{ ok }"}, headers={"authorization": f"Bearer {token}", "user-agent": "Phone/1"}
    )

    ((viewer, _, _),) = endpoint.executor.asked
    assert (viewer.user_id, viewer.session_id) == (USER, session_id)
    assert endpoint.door.came == [(viewer, "Phone/1", "127.0.0.1")]


@pytest.mark.parametrize("authorization", ["Bearer x", "Bearer", "Basic YTpi", "", "nonsense"])
@pytest.mark.parametrize("accept", [GRAPHQL, "application/json"])
async def test_a_bad_token_is_401_whatever_is_accepted(
    endpoint: Endpoint, authorization: str, accept: str
) -> None:
    response = await endpoint.post(
        {"query": "{ ok }"}, headers={"authorization": authorization}, accept=accept
    )

    assert response.status_code == 401
    assert only_error(response)["extensions"]["code"] == "UNAUTHENTICATED"
    assert response.headers["www-authenticate"] == 'Bearer realm="cairn", error="invalid_token"'
    assert endpoint.executor.asked == []


async def test_two_authorization_headers_are_refused(endpoint: Endpoint) -> None:
    connection = Connection(endpoint.app)
    for _ in range(2):
        connection.scope["headers"].append((b"authorization", f"Bearer {by_secret()}".encode()))
    connection.body(b'{"query": "{ ok }"}')

    await connection.serve()

    assert connection.status == 401
    assert endpoint.executor.asked == []


async def test_who_is_turned_away_at_the_door_runs_nothing(endpoint: Endpoint) -> None:
    endpoint.door.refusal = Unauthenticated("You are signed out; sign in again.")

    response = await endpoint.post(
        {"query": "{ ok }"}, headers={"authorization": f"Bearer {by_secret()}"}
    )

    assert response.status_code == 401
    assert endpoint.executor.asked == []


async def test_a_door_that_cannot_tell_is_503(endpoint: Endpoint) -> None:
    endpoint.door.refusal = Unavailable(retry_after_seconds=1)

    response = await endpoint.post(
        {"query": "{ ok }"}, headers={"authorization": f"Bearer {by_secret()}"}
    )

    assert response.status_code == 503
    assert response.headers["retry-after"] == "1"
    assert only_error(response)["extensions"]["retryAfterSeconds"] == 1


# What is sent ---------------------------------------------------------------------------------


async def test_every_answer_is_kept_by_nobody(endpoint: Endpoint) -> None:
    for response in (
        await endpoint.post({"query": "{ ok }"}),
        await endpoint.post(b"{"),
        await endpoint.client.put("/graphql"),
    ):
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in response.headers["content-security-policy"]


async def test_a_fault_of_ours_is_masked(
    endpoint: Endpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    async def fail(*_: object) -> Answer:
        raise RuntimeError("the text of a message that nobody may read")

    endpoint.executor.run = fail

    response = await endpoint.post(
        {"query": "{ ok }", "variables": {"text": "a secret"}},
        headers={"authorization": f"Bearer {by_secret()}"},
    )

    assert response.status_code == 500
    error = only_error(response)
    assert error["message"] == Internal().message
    assert error["extensions"]["code"] == "INTERNAL"
    log = capsys.readouterr().out
    assert error["extensions"]["errorId"] in log
    assert "RuntimeError" in log
    assert "test_requests.py" in log
    for hidden in ("nobody may read", "a secret", "eyJ"):
        assert hidden not in log
        assert hidden not in response.text


async def test_requests_are_counted_by_kind_and_outcome(endpoint: Endpoint) -> None:
    endpoint.executor.answer = Answer(200, b"{}", "mutation")
    await endpoint.post({"query": "mutation { x }"})
    await endpoint.post(b"{")

    text = endpoint.metrics.text().decode()

    assert 'cairn_graphql_requests_total{operation="mutation",status="2xx"} 1.0' in text
    assert 'cairn_graphql_requests_total{operation="none",status="4xx"} 1.0' in text
    assert "cairn_graphql_requests_in_flight 0.0" in text
    assert "cairn_graphql_request_duration_seconds_count 2.0" in text
