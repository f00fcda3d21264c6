"""Which media type, and which status under it."""

from __future__ import annotations

import pytest

from graphql_api.http.accept import GRAPHQL_RESPONSE, HTML, JSON, OFFERED, negotiate
from graphql_api.responses import Answer
from tests.http.endpoint import GRAPHQL, Endpoint, only_error

QUERY = {"query": "{ ok }"}


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("application/json", JSON),
        ("APPLICATION/JSON", JSON),
        ("application/json; charset=utf-8", JSON),
        (GRAPHQL_RESPONSE, GRAPHQL_RESPONSE),
        # Apollo Client 4, urql, graphql-request
        ("application/graphql-response+json,application/json;q=0.9", GRAPHQL_RESPONSE),
        (
            "application/graphql-response+json, application/graphql+json, application/json,"
            " text/event-stream, multipart/mixed",
            GRAPHQL_RESPONSE,
        ),
        ("application/json, application/graphql-response+json", JSON),
        ("application/json;q=0.5, application/graphql-response+json;q=0.6", GRAPHQL_RESPONSE),
        ("*/*;q=0.1, application/graphql-response+json", GRAPHQL_RESPONSE),
        ("application/json;q=0, */*", GRAPHQL_RESPONSE),
        ("application/json;q=0", None),
        ("text/html", None),
        ("application/json; charset=utf-16", None),
        ("application/json;q=7", None),
        ("nonsense", None),
        ("text/html,application/xhtml+xml,*/*;q=0.8", JSON),
    ],
)
def test_the_type_is_what_the_client_likes_best(accept: str | None, chosen: str | None) -> None:
    assert negotiate(accept, OFFERED) == chosen


def test_a_browser_is_shown_the_page_where_there_is_one() -> None:
    browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

    assert negotiate(browser, (*OFFERED, HTML)) == HTML
    assert negotiate("*/*", (*OFFERED, HTML)) == JSON


async def test_nothing_acceptable_is_406() -> None:
    endpoint = Endpoint()

    response = await endpoint.post(QUERY, accept="text/csv")

    assert response.status_code == 406
    assert response.headers["content-type"].startswith("application/json")
    assert only_error(response)["extensions"]["code"] == "BAD_INPUT"
    assert endpoint.executor.asked == []


@pytest.mark.parametrize("accept", [JSON, GRAPHQL])
async def test_an_answer_bears_the_type_that_was_chosen(accept: str) -> None:
    response = await Endpoint().post(QUERY, accept=accept)

    assert response.status_code == 200
    assert response.headers["content-type"] == f"{accept}; charset=utf-8"
    assert response.json() == {"data": {"ok": True}}


async def test_no_accept_header_gets_plain_json() -> None:
    response = await Endpoint().post(QUERY, accept=None)

    assert response.headers["content-type"].startswith("application/json")


@pytest.mark.parametrize(("accept", "status"), [(GRAPHQL, 400), (JSON, 200)])
async def test_a_document_that_was_refused_has_its_status_under_the_graphql_type_only(
    accept: str, status: int
) -> None:
    endpoint = Endpoint()
    endpoint.executor.answer = Answer(400, b'{"errors":[{"message":"no"}]}', "none")

    assert (await endpoint.post(QUERY, accept=accept)).status_code == status


async def test_an_unavailable_database_says_when_to_come_again() -> None:
    endpoint = Endpoint()
    endpoint.executor.answer = Answer(503, b'{"errors":[]}', "query", retry_after_seconds=1.2)

    response = await endpoint.post(QUERY)

    assert response.status_code == 503
    assert response.headers["retry-after"] == "2"


async def test_an_operation_that_needs_a_user_challenges_an_anonymous_caller() -> None:
    endpoint = Endpoint()
    endpoint.executor.answer = Answer(401, b'{"errors":[]}', "query")

    response = await endpoint.post(QUERY)

    assert response.status_code == 401
    assert response.headers["www-authenticate"] == 'Bearer realm="cairn"'
