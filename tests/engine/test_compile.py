"""What the compiler writes for unusual shapes is SQL, whatever Postgres's limits on a call."""

from __future__ import annotations

import asyncpg
import pytest

from tests.engine.planning import Planning

MANY = " ".join(f"a{number}: createdAt b{number}: messageCount" for number in range(150))
WIDE = [
    "{ conversations { nodes { %s } } }",
    "{ conversations { edges { cursor node { %s } } pageInfo { hasNextPage endCursor } } }",
    '{ conversation(id: "00000000-0000-7000-8000-000000000000") { %s } }',
    '{ node(nodeId: "x") { ... on Conversation { %s } } }',
    '{ nodes(nodeIds: ["x", "y"]) { ... on Conversation { %s } } }',
    "{ messages { nodes { conversation { messages { nodes { conversation { %s } } } } } } }",
    """mutation { renameConversation(input: {
         id: "00000000-0000-7000-8000-000000000000", title: "x"}) { %s } }""",
]


@pytest.mark.parametrize("query", WIDE)
async def test_three_hundred_fields_fit_in_a_statement(
    owner: asyncpg.Connection, query: str
) -> None:
    planning = Planning(max_tokens=10_000, max_fields=1_000, max_aliases=1_000)

    for statement in await planning.statements(query.replace("%s", MANY)):
        await owner.prepare(statement.text)


async def test_two_hundred_root_fields_fit_in_a_statement(owner: asyncpg.Connection) -> None:
    planning = Planning(max_tokens=10_000, max_fields=1_000, max_aliases=1_000)
    fields = " ".join(f"a{number}: viewer {{ id xp }}" for number in range(200))

    for query in (f"{{ {fields} }}", f"{{ server {{ version }} {fields} }}"):
        (statement,) = await planning.statements(query)

        prepared = await owner.prepare(statement.text)
        assert len(prepared.get_parameters()) == len(statement.arguments) == 200


@pytest.mark.parametrize(
    "query",
    [
        "{ conversations(where: {or: []}) { __typename } }",
        '{ conversations(where: {title: {eq: "x"}}) { pageInfo { __typename } } }',
        '{ conversations(where: {title: {eq: "x"}}) { nodes { id @skip(if: true) } } }',
        "{ conversations(where: {and: [{not: {}}, {or: [{}, {and: []}]}]}) { totalCount } }",
        "{ viewer { id @skip(if: true) } }",
        "{ viewer @skip(if: true) { id } }",
        "{ nodes(nodeIds: []) { __typename } }",
    ],
)
async def test_a_statement_has_no_more_and_no_fewer_parameters_than_it_names(
    owner: asyncpg.Connection, query: str
) -> None:
    for statement in await Planning().statements(query):
        prepared = await owner.prepare(statement.text)

        assert len(prepared.get_parameters()) == len(statement.arguments)
