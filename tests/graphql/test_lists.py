"""Lists: pages in both directions, cursors, filters, orders, counts, and what is no page."""

from __future__ import annotations

import base64
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from graphql import get_introspection_query

from tests.fixtures.graphql import Caller

TITLES = ["a", "b", "c", "d", "e"]


@pytest.fixture
async def five(ana: Caller, owner: asyncpg.Connection) -> Caller:
    """Ana with five conversations, `a` the oldest; `c` and `d` are of one moment."""
    await owner.execute(
        """
        insert into public.conversations (user_id, title, created_at, last_message_at)
        select $1, title, moment, moment
        from unnest($2::text[], '{1,2,3,3,4}'::int[]) as given (title, day)
        cross join lateral (select timestamptz '2026-01-01 00:00:00.000001+00' + day * interval '1 day') as at (moment)
        """,
        ana.viewer.user_id,
        TITLES,
    )
    return ana


async def titles(caller: Caller, arguments: str, **variables: Any) -> list[str]:
    header = variables.pop("header", "")
    answer = await caller(
        f"query{header} {{ conversations({arguments}) {{ nodes {{ title }} }} }}", **variables
    )
    assert answer.errors == []
    return [one["title"] for one in answer.data["conversations"]["nodes"]]


async def test_pages_forward_hold_every_row_once(five: Caller) -> None:
    query = """
        query($after: String) {
          conversations(first: 2, after: $after) {
            nodes { title }
            pageInfo { hasNextPage hasPreviousPage endCursor }
          }
        }
    """
    seen: list[str] = []
    facts: list[tuple[bool, bool]] = []
    after = None

    for _ in range(3):
        page = (await five(query, after=after)).data["conversations"]
        seen += [one["title"] for one in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        facts.append((page["pageInfo"]["hasPreviousPage"], page["pageInfo"]["hasNextPage"]))

    assert sorted(seen) == TITLES
    assert seen[0] == "e"
    assert seen[-2:] == ["b", "a"]
    assert facts == [(False, True), (True, True), (True, False)]


async def test_pages_backward_hold_every_row_once_and_in_the_same_order(five: Caller) -> None:
    query = """
        query($before: String) {
          conversations(last: 2, before: $before) {
            edges { node { title } }
            pageInfo { hasNextPage hasPreviousPage startCursor }
          }
        }
    """
    seen: list[str] = []
    facts: list[tuple[bool, bool]] = []
    before = None

    for _ in range(3):
        page = (await five(query, before=before)).data["conversations"]
        seen = [edge["node"]["title"] for edge in page["edges"]] + seen
        before = page["pageInfo"]["startCursor"]
        facts.append((page["pageInfo"]["hasPreviousPage"], page["pageInfo"]["hasNextPage"]))

    assert seen == await titles(five, "first: 5")
    assert facts == [(True, False), (True, True), (False, True)]


async def test_between_two_cursors_lies_what_is_between_them(five: Caller) -> None:
    edges = (await five("{ conversations { edges { cursor node { title } } } }")).data
    cursors = [edge["cursor"] for edge in edges["conversations"]["edges"]]
    names = [edge["node"]["title"] for edge in edges["conversations"]["edges"]]

    between = await titles(
        five,
        "after: $after, before: $before",
        header="($after: String, $before: String)",
        after=cursors[0],
        before=cursors[4],
    )

    assert between == names[1:4]


@pytest.mark.parametrize(
    "selection",
    [
        "pageInfo { __typename }",
        "pageInfo { hasPreviousPage }",
        "pageInfo { hasNextPage }",
        "pageInfo { hasNextPage @skip(if: true) }",
        "__typename",
        "totalCount @skip(if: true)",
        "edges { __typename }",
        "edges { cursor @skip(if: true) }",
        "nodes { id @skip(if: true) }",
    ],
)
@pytest.mark.parametrize(
    "arguments", ["", "(first: 0)", "(last: 2)", '(where: {title: {in: ["a", "b"]}})']
)
async def test_any_part_of_a_page_may_be_asked_for_alone(
    five: Caller, ben: Caller, selection: str, arguments: str
) -> None:
    query = f"{{ viewer {{ __typename }} conversations{arguments} {{ {selection} }} }}"

    full, empty = await five(query), await ben(query)

    assert full.errors == empty.errors == []
    assert full.data["viewer"] == empty.data["viewer"] == {"__typename": "User"}


async def test_the_first_none_of_a_list_are_none(five: Caller) -> None:
    answer = await five(
        "{ conversations(first: 0) { edges { cursor } nodes { id } totalCount"
        " pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"
    )

    assert answer.data["conversations"] == {
        "edges": [],
        "nodes": [],
        "totalCount": 5,
        "pageInfo": {
            "hasNextPage": True,
            "hasPreviousPage": False,
            "startCursor": None,
            "endCursor": None,
        },
    }


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ("first: -1", "first"),
        ("first: 101", "first"),
        ("first: 10000", "first"),
        ("last: -1", "last"),
        ("last: 10000", "last"),
        ("first: 1, last: 1", "last"),
        (
            "orderBy: [CREATED_AT_ASC, CREATED_AT_DESC, LAST_MESSAGE_AT_ASC, CREATED_AT_ASC]",
            "orderBy",
        ),
    ],
)
async def test_what_is_no_page_is_bad_input(five: Caller, arguments: str, field: str) -> None:
    answer = await five(f"{{ conversations({arguments}) {{ nodes {{ id }} }} }}")

    assert (answer.status, answer.codes) == (400, ["BAD_INPUT"])
    assert answer.errors[0]["extensions"]["field"] == field
    assert "data" not in answer.body


async def test_a_size_in_a_variable_is_bounded_too(five: Caller) -> None:
    query = "query($first: Int) { conversations(first: $first) { nodes { id } } }"
    assert (await five(query, first=2)).errors == []

    answers = [await five(query, first=size) for size in (-1, 101, 10_000, 2**31 - 1)]

    assert [answer.codes for answer in answers] == [["BAD_INPUT"]] * 4


MALFORMED = [
    "",
    ".",
    "x",
    "0",
    "🌍",
    "a.b.c",
    "." * 2_001,
    "%tag%",
    "%tag%.",
    "%tag%..",
    "%tag%.1",
    "%tag%.x.%id%",
    "%tag%.1.x",
    "%tag%.1.%id%.2",
    "%tag%.99999999999999999999.%id%",
    "%tag%.-99999999999999999999.%id%",
    "%tag%.1e3.%id%",
    "%tag%." + "9" * 1_900 + ".%id%",
    "00000000.1.%id%",
    "'; drop table public.messages; --",
]


@pytest.mark.parametrize("text", MALFORMED)
@pytest.mark.parametrize("argument", ["after", "before"])
async def test_what_is_no_cursor_is_bad_input(five: Caller, argument: str, text: str) -> None:
    page = await five("{ conversations(first: 1) { edges { cursor } } }")
    tag, _, row_id = page.data["conversations"]["edges"][0]["cursor"].split(".")
    text = text.replace("%tag%", tag).replace("%id%", row_id)

    answer = await five(
        f"query($text: String) {{ conversations({argument}: $text) {{ nodes {{ id }} }} }}",
        text=text,
    )

    assert (answer.status, answer.codes) == (400, ["BAD_INPUT"])
    assert answer.errors[0]["extensions"]["field"] == argument
    assert "data" not in answer.body


async def test_a_cursor_of_another_order_is_refused(five: Caller) -> None:
    page = await five("{ conversations(orderBy: [CREATED_AT_ASC]) { edges { cursor } } }")
    cursor = page.data["conversations"]["edges"][0]["cursor"]

    answer = await five(
        "query($text: String) { conversations(after: $text) { nodes { id } } }", text=cursor
    )

    assert answer.codes == ["BAD_INPUT"]


async def test_the_cursor_of_a_deleted_row_still_names_its_place(five: Caller) -> None:
    page = await five("{ conversations { edges { cursor node { id title } } } }")
    edges = page.data["conversations"]["edges"]
    await five(
        "mutation($id: UUID!) { deleteConversation(input: {id: $id}) { deletedId } }",
        id=edges[1]["node"]["id"],
    )

    rest = await titles(five, "after: $after", header="($after: String)", after=edges[1]["cursor"])

    assert rest == [edge["node"]["title"] for edge in edges[2:]]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("{}", "abcde"),
        ('{title: {eq: "c"}}', "c"),
        ('{title: {neq: "c"}}', "abde"),
        ('{title: {gt: "b", lte: "d"}}', "cd"),
        ('{title: {in: ["a", "e", "z"]}}', "ae"),
        ("{title: {in: []}}", ""),
        ("{title: {is: NULL}}", ""),
        ("{title: {is: NOT_NULL}}", "abcde"),
        ("{title: null}", "abcde"),
        ("{title: {}}", "abcde"),
        ("{title: {eq: null}}", "abcde"),
        ("{or: []}", ""),
        ("{and: []}", "abcde"),
        ('{or: [{title: {eq: "a"}}, {title: {eq: "b"}}]}', "ab"),
        ('{not: {title: {eq: "a"}}}', "bcde"),
        ('{not: {not: {title: {eq: "a"}}}}', "a"),
        ("{not: {}}", ""),
        ('{status: {eq: ACTIVE}, title: {gt: "c"}}', "de"),
        ("{status: {in: [PAUSED, COMPLETED]}}", ""),
        ('{createdAt: {gte: "2026-01-04T00:00:00.000001Z"}}', "cde"),
        ('{createdAt: {lt: "2026-01-04T01:00:00.000001+01:00"}}', "ab"),
        ('{title: {eq: "\\u0027; drop table x; --"}}', ""),
    ],
)
async def test_a_filter_keeps_what_matches(five: Caller, where: str, expected: str) -> None:
    answer = await five(f"{{ conversations(where: {where}) {{ nodes {{ title }} totalCount }} }}")

    page = answer.data["conversations"]
    assert "".join(sorted(one["title"] for one in page["nodes"])) == expected
    assert page["totalCount"] == len(expected)


@pytest.mark.parametrize(
    "moment",
    [
        "2026-01-01",
        "2026-01-01T00:00:00",
        "yesterday",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "2026-02-30T00:00:00Z",
    ],
)
async def test_a_moment_that_cannot_be_is_bad_input(five: Caller, moment: str) -> None:
    answer = await five(
        "query($t: DateTime) { conversations(where: {createdAt: {gt: $t}}) { nodes { id } } }",
        t=moment,
    )

    assert answer.codes == ["BAD_INPUT"]


async def test_more_than_fifty_conditions_are_too_many(five: Caller) -> None:
    some = ", ".join('{title: {eq: "a"}}' for _ in range(49))

    fits = await five(f"{{ conversations(where: {{or: [{some}]}}) {{ totalCount }} }}")
    over = await five(
        f'{{ conversations(where: {{or: [{some}, {{title: {{eq: "b"}}}}]}}) {{ totalCount }} }}'
    )

    assert fits.data == {"conversations": {"totalCount": 1}}
    assert (over.status, over.codes) == (400, ["BAD_INPUT"])


async def test_a_count_is_of_the_whole_list_whatever_the_page(five: Caller) -> None:
    answer = await five(
        "{ conversations(first: 1) { exact: totalCount some: totalCount(mode: ESTIMATED) } }"
    )

    assert answer.data == {"conversations": {"exact": 5, "some": 5}}


async def test_an_estimate_stops_at_a_thousand(ana: Caller, owner: asyncpg.Connection) -> None:
    await owner.execute(
        "insert into public.conversations (user_id) select $1 from generate_series(1, 1001)",
        ana.viewer.user_id,
    )

    answer = await ana(
        "{ conversations(first: 0) { exact: totalCount some: totalCount(mode: ESTIMATED) } }"
    )

    assert answer.data == {"conversations": {"exact": 1001, "some": 1000}}


@pytest.mark.parametrize(
    "node_id",
    [
        "",
        "x",
        "====",
        "Q29udmVyc2F0aW9uOg==",
        base64.b64encode(b"Conversation:nothing").decode(),
        base64.b64encode(b"Nothing:00000000-0000-7000-8000-000000000000").decode(),
        base64.b64encode(b"\xff\xfe").decode(),
        "é",
    ],
)
async def test_a_malformed_node_id_is_nothing(ana: Caller, node_id: str) -> None:
    answer = await ana(
        "query($id: ID!) { node(nodeId: $id) { nodeId } nodes(nodeIds: [$id]) { nodeId } }",
        id=node_id,
    )

    assert answer.errors == []
    assert answer.data == {"node": None, "nodes": [None]}


async def test_nodes_come_in_the_order_of_their_ids_and_twice_if_asked_twice(
    five: Caller,
) -> None:
    listed = await five("{ viewer { nodeId } conversations { nodes { nodeId } } }")
    viewer = listed.data["viewer"]["nodeId"]
    first, second, *_ = (one["nodeId"] for one in listed.data["conversations"]["nodes"])
    unknown = base64.b64encode(f"Conversation:{uuid4()}".encode()).decode()
    ids = [second, viewer, unknown, first, second]

    answer = await five("query($ids: [ID!]!) { nodes(nodeIds: $ids) { nodeId } }", ids=ids)

    told = [one and one["nodeId"] for one in answer.data["nodes"]]
    assert told == [second, viewer, None, first, second]


async def test_a_hundred_nodes_at_a_time_also_when_one_came_before(ana: Caller) -> None:
    query = "query($ids: [ID!]!) { nodes(nodeIds: $ids) { nodeId } }"
    assert (await ana(query, ids=["x"])).data == {"nodes": [None]}

    none, fits = await ana(query, ids=[]), await ana(query, ids=["x"] * 100)
    over = await ana(query, ids=["x"] * 101)

    assert (none.data, fits.data) == ({"nodes": []}, {"nodes": [None] * 100})
    assert (over.status, over.codes) == (400, ["BAD_INPUT"])
    assert fits.body["extensions"]["cost"]["requested"] >= 100


async def test_an_id_that_is_no_uuid_is_bad_input_and_not_quoted(ana: Caller) -> None:
    answer = await ana("query($id: UUID!) { conversation(id: $id) { id } }", id="private words")

    assert (answer.status, answer.codes) == (400, ["BAD_INPUT"])
    assert "private words" not in str(answer.body)


async def test_too_many_rows_at_a_time_are_refused_before_they_are_read(ana: Caller) -> None:
    answer = await ana(
        """{ conversations(first: 100) { nodes { messages(first: 100) { nodes {
             conversation { messages(first: 100) { nodes { id } } } } } } } }"""
    )

    assert (answer.status, answer.codes) == (400, ["BAD_INPUT"])


async def test_the_schema_tells_of_itself(anonymous: Caller) -> None:
    """What every GraphQL client asks first."""
    answer = await anonymous(get_introspection_query())

    assert answer.errors == []
    assert {one["name"] for one in answer.data["__schema"]["types"]} >= {"Conversation", "Message"}


async def test_a_list_needs_a_token_even_to_be_counted(anonymous: Caller) -> None:
    counted = await anonymous("{ conversations { totalCount } }")
    placed = await anonymous("{ messages { pageInfo { hasNextPage } } }")

    assert counted.codes == ["UNAUTHENTICATED"]
    assert placed.codes == ["UNAUTHENTICATED"]


async def test_the_viewer_is_null_without_a_token(anonymous: Caller) -> None:
    answer = await anonymous("{ viewer { id } server { version } }")

    assert answer.errors == []
    assert answer.data["viewer"] is None
    assert answer.data["server"]["version"]
