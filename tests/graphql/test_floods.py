"""Requests that are small to send and large to answer are refused before they cost anything."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson
import pytest
from graphql import (
    FragmentDefinitionNode,
    OperationDefinitionNode,
    get_introspection_query,
    parse,
)

from graphql_api import census
from graphql_api.documents import Documents
from graphql_api.execution import GraphQLRequest
from graphql_api.recent import Recent
from graphql_api.refusal import RequestError
from graphql_api.schema import graphql_schema
from graphql_api.settings import Settings
from tests.engine.planning import NOBODY, SOMEBODY, Planning
from tests.fixtures.graphql import Caller, OwnSettings, Serve, caller_for

LIMITS = OwnSettings()
ANA = UUID(int=1)


def doubling(levels: int, last: str) -> str:
    """Spread each fragment twice in the one before it, and `last` in the last one."""
    doubled = " ".join(
        f"fragment F{level} on Query {{ ...F{level + 1} ...F{level + 1} }}"
        for level in range(levels)
    )
    return f"{{ ...F0 }} {doubled} fragment F{levels} on Query {{ {last} }}"


def counted(query: str) -> census.Census:
    """Count a document, and give the census as it is when it ends."""
    document = parse(query)
    operation, *others = document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    fragments = {one.name.value: one for one in others if isinstance(one, FragmentDefinitionNode)}
    taken = census.Census(LIMITS, fragments)
    with pytest.raises(RequestError):
        taken.walk(operation.selection_set, 1)
    return taken


async def refusal(query: str, **variables: Any) -> tuple[str, str]:
    """Give code and message of an operation that reaches no database."""
    planning = Planning()
    answer = await planning.executor.execute(SOMEBODY, GraphQLRequest(query, None, variables))
    body = orjson.loads(answer.body)
    assert "data" not in body
    assert answer.status == 400
    assert planning.database.statements == []
    (error,) = body["errors"]
    return error["extensions"]["code"], error["message"]


# Documents ------------------------------------------------------------------------------------


@pytest.mark.parametrize("last", ["...F0", "...Unknown", "__typename"])
async def test_fragments_that_double_are_counted_no_further_than_the_limit(last: str) -> None:
    query = doubling(150, last)

    assert counted(query)._fields <= LIMITS.max_fields + 1
    assert (await refusal(query))[0] == "BAD_INPUT"


@pytest.mark.parametrize(
    "query",
    [
        "{" + "viewer { id } " * 80 + "}",
        "{ viewer {" + "conversations { nodes { id id } } " * 60 + "} }",
        "{" + "... { viewer { id } } " * 80 + "}",
        "{" + "...F " * 80 + "} fragment F on Query { __typename }",
        "query A { __typename } query B {" + "viewer { id } " * 80 + "}",
        "{ __typename } fragment Unused on Query {" + "viewer { id } " * 80 + "}",
    ],
)
async def test_fields_that_validation_would_compare_too_often_are_refused(query: str) -> None:
    answer = await Planning().executor.execute(SOMEBODY, GraphQLRequest(query, "A", {}))

    assert answer.status == 400
    if "query A" in query:
        assert b"repeats the same fields" in answer.body
    else:
        assert await refusal(query) == (
            "BAD_INPUT",
            "The document repeats the same fields too often.",
        )


async def test_a_document_asks_no_more_fields_than_the_limit() -> None:
    names = ["id", "title", "status", "messageCount", "createdAt", "nodeId"]
    once = " ".join(names)
    asked = " ".join(
        f"conversation(id: $id) {{ messages {{ nodes {{ id turn }} }} {once} }}" for _ in range(40)
    )

    assert (await refusal(f"query($id: UUID!) {{ {asked} }}", id=str(ANA)))[0] == "BAD_INPUT"


async def test_twenty_components_may_each_ask_for_the_same_few_fields() -> None:
    fragments = [f"fragment F{one} on Conversation {{ __typename id title }}" for one in range(20)]
    spreads = " ".join(f"...F{one}" for one in range(20))

    text = await Planning().text(
        f"{{ conversations {{ nodes {{ {spreads} }} }} }} {' '.join(fragments)}"
    )

    assert text.count("title") >= 1


async def test_brackets_nest_no_deeper_than_the_stack_is_safe() -> None:
    filters = "{not: " * 70 + "{}" + "}" * 70

    assert await refusal(f"{{ conversations(where: {filters}) {{ totalCount }} }}") == (
        "BAD_INPUT",
        "The document is nested too deeply.",
    )


@pytest.mark.parametrize("root", ["query", "mutation"])
@pytest.mark.parametrize("word", ["skip", "include"])
async def test_a_condition_that_is_null_at_the_root_is_refused(root: str, word: str) -> None:
    query = f"{root}($yes: Boolean = true) {{ __typename @{word}(if: $yes) }}"

    assert await refusal(query, yes=None) == ("BAD_INPUT", f"@{word} needs true or false.")


# The schema -----------------------------------------------------------------------------------

SCHEMA = "__schema { queryType { name } }"
TYPE = '__type(name: "Message") { name }'


async def test_the_schema_is_told_at_a_cost(anonymous: Caller) -> None:
    whole = await anonymous(get_introspection_query(input_value_deprecation=True))
    some = await anonymous(f"{{ {SCHEMA} a: {TYPE} b: {TYPE} c: {TYPE} d: {TYPE} }}")

    assert whole.body["extensions"]["cost"]["requested"] == 100
    assert some.body["extensions"]["cost"]["requested"] == 500


@pytest.mark.parametrize(
    "fields",
    [f"{SCHEMA} again: {SCHEMA}", " ".join(f"a{number}: {TYPE}" for number in range(6))],
)
async def test_the_schema_is_told_once(fields: str) -> None:
    assert (await refusal(f"{{ {fields} }}"))[1].startswith("At most one `__schema`")


@pytest.mark.parametrize(
    "query",
    [
        "{ __schema { types { fields { type { fields { name } } } } } }",
        "{ __schema { types { fields { type { ...T } } } } } fragment T on __Type { fields { name } }",
        '{ __type(name: "Node") { possibleTypes { fields { type { fields { name } } } } } }',
    ],
)
async def test_the_schema_is_not_multiplied_by_itself(query: str) -> None:
    assert await refusal(query) == ("BAD_INPUT", "At most 2 levels of lists of the schema.")


async def test_in_production_the_schema_is_for_those_who_signed_in(
    serve: Serve, settings: Settings, ana: Caller
) -> None:
    production = settings.model_copy(update={"environment": "production"})

    async with serve(production) as client:
        hers = await caller_for(client, ana.viewer)(f"{{ {SCHEMA} }}")
        refused = [
            await caller_for(client, NOBODY)(query)
            for query in (f"{{ {SCHEMA} }}", f"{{ __typename {TYPE} }}")
        ]

    assert hers.data == {"__schema": {"queryType": {"name": "Query"}}}
    for answer in refused:
        assert (answer.status, answer.codes) == (401, ["UNAUTHENTICATED"])
        assert "data" not in answer.body


# Values ---------------------------------------------------------------------------------------

IN = "query($titles: [String!]) { conversations(where: {title: {in: $titles}}) { totalCount } }"


async def test_a_list_of_a_filter_is_bounded_at_each_request() -> None:
    planning = Planning()
    await planning.text(IN, titles=["a"] * 100)

    # The plan is known by now, and serves lists of any length.
    request = GraphQLRequest(IN, None, {"titles": ["a"] * 101})
    answer = await planning.executor.execute(SOMEBODY, request)

    (error,) = orjson.loads(answer.body)["errors"]
    assert (answer.status, error["extensions"]["field"]) == (400, "where")
    assert len(planning.database.statements) == 1
    assert (await refusal(IN, titles=["a"] * 101))[0] == "BAD_INPUT"


async def test_a_filter_of_many_values_is_refused_before_it_is_coerced(anonymous: Caller) -> None:
    query = "query($where: ConversationFilter) { conversations(where: $where) { totalCount } }"

    answers = [
        await anonymous(query, where={"or": [{}] * 5_000}),
        await anonymous(query, where={"title": {"in": ["a"] * 5_000}}),
    ]

    for answer in answers:
        assert (answer.status, answer.codes) == (400, ["BAD_INPUT"])
        assert answer.errors[0]["message"] == "The body holds more than 5000 names and values."


async def test_a_long_message_with_many_commas_is_one_value(ana: Caller) -> None:
    started = await ana("mutation { startConversation(input: {}) { id } }")

    answer = await ana(
        "mutation($input: SendMessageInput!) { sendMessage(input: $input) { message { turn } } }",
        input={"conversationId": started.data["startConversation"]["id"], "content": ",{" * 16_000},
    )

    assert answer.data == {"sendMessage": {"message": {"turn": 1}}}


# Texts ----------------------------------------------------------------------------------------


async def test_one_text_has_two_names_at_most() -> None:
    asked = "{ messages { nodes { %s } } }"
    split = "a: content ... on Message { b: content ...F }"

    assert await Planning().text(asked % "content a: content a: content")
    for three in ("content a: content b: content", split):
        query = f"{asked % three} fragment F on Message {{ id c: content }}"
        code, message = await refusal(query if three is split else asked % three)
        assert (code, message) == ("BAD_INPUT", "At most 2 names for one text of an object.")


async def test_an_id_may_have_many_names() -> None:
    names = " ".join(f"a{number}: id b{number}: __typename" for number in range(10))

    assert await Planning().text(f"{{ messages {{ nodes {{ {names} }} }} }}")


# What is remembered ---------------------------------------------------------------------------


def test_what_is_remembered_is_bounded_by_its_weight() -> None:
    recent: Recent[str] = Recent(number=10, weight=10)
    for key in "abc":
        recent.keep(key, key, 3)
    assert recent.get("a") == "a"

    recent.keep("d", "d", 4)
    recent.keep("heavy", "heavy", 11)

    assert list(recent) == ["c", "a", "d"]
    assert recent.get("b") is None


def test_a_document_of_somebody_without_a_token_is_kept_if_it_is_short() -> None:
    documents = Documents(graphql_schema(), LIMITS)
    long = "{ __typename } #" + "x" * 2_000

    assert not documents.prepare(long, None, anonymous=True).is_kept
    assert documents.prepare("{ __typename }", None, anonymous=True).is_kept
    assert documents.prepare(long, None).is_kept
    assert len(documents._kept) == 2


async def test_long_documents_push_out_others_and_not_the_memory() -> None:
    planning = Planning()

    for number in range(60):
        await planning.text(f"query {{ viewer {{ a{number}: id }} }} #" + "x" * 10_000)

    assert len(planning.executor._documents._kept) == 49
