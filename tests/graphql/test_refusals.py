"""What is refused, and that a refusal gives nothing away."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx2
import pytest

from graphql_api.errors import OUR_SQLSTATES, SQLSTATES, from_sqlstate
from graphql_api.schema import graphql_schema
from tests.fixtures.graphql import Caller

SECRET = "PRIVATE_words_of_hers"


def deep(selection: str) -> str:
    """Nest rows in rows, more levels than may be."""
    return "messages(first: 1) { nodes { conversation { " * 5 + selection + " } } }" * 5


def laughing(levels: int) -> str:
    """Spread two fragments in each of many, so that a short document holds many fields."""
    doubled = " ".join(
        f"fragment f{level} on Query {{ ...f{level - 1} ...f{level - 1} }}"
        for level in range(1, levels + 1)
    )
    return f"{{ ...f{levels} }} fragment f0 on Query {{ __typename }} {doubled}"


TOO_MUCH = {
    "levels": f"{{ conversations(first: 1) {{ nodes {{ {deep('id')} }} }} }}",
    "levels in a fragment": (
        "{ conversations(first: 1) { nodes { ...all } } }"
        f" fragment all on Conversation {{ {deep('id')} }}"
    ),
    "aliases": "{" + " ".join(f"a{number}: __typename" for number in range(31)) + "}",
    "directives": "{" + " __typename @include(if: true)" * 51 + "}",
    "tokens": "{" + " __typename" * 2001 + "}",
    "fields": laughing(11),
}


@pytest.mark.parametrize("what", TOO_MUCH)
async def test_what_is_too_much_for_one_operation_is_refused(ana: Caller, what: str) -> None:
    answer = await ana(TOO_MUCH[what])

    assert (answer.status, answer.codes) == (400, ["BAD_INPUT"])
    assert what.split()[0] in answer.errors[0]["message"]
    assert "data" not in answer.body


async def test_a_get_writes_nothing(client: httpx2.AsyncClient, ana: Caller) -> None:
    query = "mutation { startConversation(input: {}) { id } }"

    response = await client.get("/graphql", params={"query": query}, headers=ana.headers)

    assert response.status_code == 405
    assert (await ana("{ conversations { totalCount } }")).data == {
        "conversations": {"totalCount": 0}
    }


async def test_one_document_answers_each_with_her_own(ana: Caller, ben: Caller) -> None:
    query = "query($id: UUID!) { viewer { id } conversation(id: $id) { id } }"
    start = "mutation { startConversation(input: {}) { id } }"
    expected, answers = [], []

    for _ in range(2):
        for person in (ana, ben):
            started = (await person(start)).data["startConversation"]
            expected.append({"viewer": {"id": str(person.viewer.user_id)}, "conversation": started})
            answers.append((await person(query, id=started["id"])).data)

    assert answers == expected


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("query($id: UUID!) { conversation(id: $id) { id } }", {"id": SECRET}),
        (
            "query($by: [ConversationOrder!]) { conversations(orderBy: $by) { totalCount } }",
            {"by": [SECRET]},
        ),
        (
            "mutation($input: SendMessageInput!) { sendMessage(input: $input) { message { id } } }",
            {"input": {"conversationId": str(uuid4()), "content": {SECRET: SECRET}}},
        ),
        (
            "mutation($input: SendMessageInput!) { sendMessage(input: $input) { message { id } } }",
            {"input": {"conversationId": str(uuid4()), "content": "", SECRET: 1}},
        ),
        (f'{{ conversation(id: "{SECRET}") {{ id }} }}', {}),
        (f"{{ conversations(orderBy: [{SECRET}]) {{ totalCount }} }}", {}),
        (f'{{ conversations(first: "{SECRET}") {{ totalCount }} }}', {}),
    ],
)
async def test_a_value_that_does_not_fit_is_not_quoted(
    ana: Caller, query: str, variables: dict[str, Any]
) -> None:
    answer = await ana(query, **variables)

    assert (answer.status, answer.codes) == (400, ["BAD_INPUT"])
    assert SECRET not in str(answer.body)


async def test_a_misspelt_field_is_not_told_what_there_is(ana: Caller) -> None:
    answer = await ana("{ viewer { displayNam } }")

    assert (answer.status, answer.codes) == (400, ["BAD_INPUT"])
    assert "displayName" not in str(answer.body)


async def test_a_fault_in_a_resolver_is_not_told(
    ana: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ValueError(SECRET)

    query = graphql_schema().query_type
    assert query is not None
    monkeypatch.setattr(query.fields["server"], "resolve", fail)

    answer = await ana("{ server { version } }")

    assert answer.codes == ["INTERNAL"]
    assert SECRET not in str(answer.body)


@pytest.mark.parametrize("sqlstate", [*SQLSTATES, "22012", "58030", "XX000", None])
def test_nothing_that_postgres_says_is_passed_on_but_our_own_sentences(
    sqlstate: str | None,
) -> None:
    error = from_sqlstate(sqlstate, constraint="messages_content_is_not_blank", message=SECRET)

    assert SECRET not in error.message
    assert SECRET not in str(error.extensions)
    assert all(from_sqlstate(one, message="Say it.").message == "Say it." for one in OUR_SQLSTATES)
