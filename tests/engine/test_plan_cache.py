"""Plans: one text for all requests of a shape, another for another shape, and never too many kept."""

from __future__ import annotations

import gc
import re
from typing import Any
from uuid import UUID

import pytest

from tests.engine.planning import NOBODY, Planning

ONE = "query($id: UUID!) { conversation(id: $id) { title } }"
PAGE = "query($first: Int, $where: MessageFilter) { messages(first: $first, where: $where) { nodes { id } } }"


@pytest.mark.parametrize(
    ("query", "one", "other"),
    [
        (ONE, {"id": str(UUID(int=1))}, {"id": str(UUID(int=2))}),
        (PAGE, {"where": {"turn": {"eq": 1}}}, {"where": {"turn": {"eq": 2}}}),
        (PAGE, {"where": {"turn": {"in": [1]}}}, {"where": {"turn": {"in": [2, 3]}}}),
        (
            "query($after: String) { conversations(after: $after) { nodes { id } } }",
            {"after": f"7af91b06.1.{UUID(int=1)}"},
            {"after": f"7af91b06.2.{UUID(int=2)}"},
        ),
        ("query($id: ID!) { node(nodeId: $id) { nodeId } }", {"id": "a"}, {"id": "b"}),
        ("query($ids: [ID!]!) { nodes(nodeIds: $ids) { nodeId } }", {"ids": ["a"]}, {"ids": ["b"]}),
        ("query($a: ID!) { nodes(nodeIds: [$a]) { nodeId } }", {"a": "a"}, {"a": "b"}),
    ],
)
async def test_other_values_of_one_shape_share_a_plan(
    query: str, one: dict[str, Any], other: dict[str, Any]
) -> None:
    planning = Planning()

    texts = {await planning.text(query, **one), await planning.text(query, **other)}

    assert len(texts) == 1
    assert len(planning.executor._plans._kept) == 1


@pytest.mark.parametrize(
    ("query", "one", "other"),
    [
        (PAGE, {"first": 1}, {"first": 2}),
        (PAGE, {"first": 1}, {"first": None}),
        (PAGE, {"where": {"turn": {"eq": 1}}}, {"where": {"turn": {"neq": 1}}}),
        (PAGE, {"where": {"turn": {"eq": 1}}}, {"where": {"turn": {"eq": None}}}),
        (PAGE, {"where": {"turn": {"eq": 1}}}, {"where": None}),
        (
            "query($yes: Boolean!) { conversations { nodes { id title @include(if: $yes) } } }",
            {"yes": True},
            {"yes": False},
        ),
        (
            "query($o: [MessageOrder!]) { messages(orderBy: $o) { nodes { id } } }",
            {"o": ["TURN_ASC"]},
            {"o": ["TURN_DESC"]},
        ),
        (
            "query($m: CountMode!) { messages { totalCount(mode: $m) } }",
            {"m": "EXACT"},
            {"m": "ESTIMATED"},
        ),
        (
            "query($is: NullTest) { conversations(where: {title: {is: $is}}) { nodes { id } } }",
            {"is": "NULL"},
            {"is": "NOT_NULL"},
        ),
    ],
)
async def test_another_shape_is_another_text(
    query: str, one: dict[str, Any], other: dict[str, Any]
) -> None:
    planning = Planning()

    texts = {await planning.text(query, **one), await planning.text(query, **other)}

    assert len(texts) == 2
    # And the first is still known by its own shape.
    assert await planning.text(query, **one) in texts
    assert len(planning.executor._plans._kept) == 2


async def test_two_roles_never_share_a_statement() -> None:
    """Prepared under two roles on one connection, it would be planned anew at each change."""
    planning = Planning()
    query = "{ viewer { id } __typename }"

    hers, nobodys = await planning.text(query), await planning.text(query, viewer=NOBODY)

    assert hers != nobodys
    assert hers.startswith("/* authenticated */")
    assert nobodys.startswith("/* anon */")
    assert '"users"' not in nobodys


async def test_metadata_of_any_make_shares_the_plan_of_its_write() -> None:
    planning = Planning()
    query = "mutation($input: StartConversationInput!) { startConversation(input: $input) { id } }"

    makes: list[dict[str, Any]] = [{}, {"a": 1}, {"b": {"c": [1, {"d": None}]}}, {"e": [[[]]]}]

    texts = {
        (await planning.statements(query, input={"metadata": metadata}))[0].text
        for metadata in makes
    }

    assert len(texts) == 1
    assert len(planning.executor._plans._kept) == 1


async def test_the_values_of_a_request_are_arguments_and_never_text() -> None:
    planning = Planning()
    marker = "m4rk3r'\"$1\\"
    query = """
        query($id: UUID!, $text: String!, $node: ID!, $moment: DateTime!, $turn: Int!) {
          conversation(id: $id) { title }
          conversations(where: {title: {in: [$text, "m4rk3r"]}, createdAt: {gt: $moment}}) {
            nodes { id } }
          node(nodeId: $node) { nodeId }
          other: conversations(where: {not: {title: {eq: "m4rk3r'"}}}) { totalCount }
          messages(where: {turn: {eq: $turn}}) { totalCount }
        }
    """

    (statement,) = await planning.statements(
        query,
        id=str(UUID(int=0xABCDEF)),
        text=marker,
        node=marker,
        moment="1987-06-05T04:03:02Z",
        turn=987654,
    )

    assert "m4rk3r" not in statement.text
    assert "abcdef" not in statement.text
    assert "1987" not in statement.text
    assert "987654" not in statement.text
    assert [marker, "m4rk3r"] in statement.arguments


async def test_the_text_of_a_write_holds_no_value() -> None:
    planning = Planning()
    query = (
        "mutation($input: SendMessageInput!) { sendMessage(input: $input) { message { turn } } }"
    )

    (statement,) = await planning.statements(
        query,
        input={
            "conversationId": str(UUID(int=3)),
            "content": "'; drop table public.messages; --",
            "idempotencyKey": "k'",
            "answer": False,
        },
    )

    assert "drop" not in statement.text
    assert "k'" not in statement.text
    assert "'; drop table public.messages; --" in statement.arguments


async def test_plans_and_documents_seen_longest_ago_go_first() -> None:
    planning = Planning(plan_cache_size=10)
    first = "query { viewer { id } }"
    await planning.text(first)
    kept = next(iter(planning.executor._plans._kept))

    for number in range(9):
        await planning.text(f"query {{ viewer {{ a{number}: id }} }}")
    await planning.text(first)
    for number in range(9):
        await planning.text(f"query {{ viewer {{ b{number}: id }} }}")

    assert len(planning.executor._plans._kept) == len(planning.executor._documents._kept) == 10
    assert kept in planning.executor._plans._kept
    await planning.text("query { viewer { c: id } }")
    assert kept not in planning.executor._plans._kept


async def test_two_thousand_documents_take_no_more_memory_than_the_bound_allows() -> None:
    planning = Planning(plan_cache_size=100)

    async def ask(start: int, stop: int) -> int:
        for number in range(start, stop):
            await planning.text(f"query {{ viewer {{ a{number}: id }} }}")
        gc.collect()
        return len(gc.get_objects())

    after_some = await ask(0, 200)
    after_many = await ask(200, 2_200)

    assert len(planning.executor._plans._kept) == len(planning.executor._documents._kept) == 100
    # Each document kept for good would be some dozens of objects more.
    assert after_many - after_some < 1_000


async def test_a_document_too_long_to_keep_is_not_kept() -> None:
    planning = Planning()

    await planning.text("query { viewer { id } }" + "#" * 20_000)

    assert len(planning.executor._documents._kept) == 0
    assert len(planning.executor._plans._kept) == 0


async def test_a_page_size_is_a_number_in_the_text() -> None:
    """A literal limit plans best; it is the one value of a request that is written out."""
    planning = Planning()

    text = await planning.text(PAGE, first=7)

    assert re.findall(r"limit (\S+)\)", text) == ["7"]
