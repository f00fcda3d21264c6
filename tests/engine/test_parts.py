"""The small parts of the engine: SQL text, cursors, ids, arguments, filters."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from graphql import FieldNode, OperationDefinitionNode, parse
from hypothesis import given
from hypothesis import strategies as st

from graphql_api import cursor as cursors
from graphql_api import node_id as node_ids
from graphql_api.arguments import Leaf, Symbol, resolve_arguments, shape_of, value_of
from graphql_api.catalog import Column, Kind
from graphql_api.cursor import OrderKey, decode_cursor, order_tag
from graphql_api.errors import BadInput
from graphql_api.filters import MAXIMUM_CONDITIONS, All, Compare, IsNull, Not, plan_filter
from graphql_api.node_id import decode_node_id, encode_node_id
from graphql_api.sql import Expression, Piece, concat, literal, merged, name
from tests.engine.planning import CATALOG

# SQL text ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 2, 89, 90, 91, 100, 101, 1_000, 8_101])
async def test_any_number_of_pieces_is_joined_in_order(
    owner: asyncpg.Connection, count: int
) -> None:
    """Postgres takes 100 arguments in a call."""
    pieces = [Expression(f"'{number},'::text") for number in range(count)]

    text = await owner.fetchval(f"select {concat(pieces)}")

    assert text == "".join(f"{number}," for number in range(count))


def test_neighbouring_constants_become_one() -> None:
    pieces: list[Piece] = ["a", "b", Expression("x"), "", "c", "d"]

    assert merged(pieces) == ["ab", Expression("x"), "cd"]
    assert concat(["a", "b"]) == "'ab'"
    assert concat([]) == "''"


@given(st.text(alphabet=st.characters(exclude_characters="\x00", codec="utf-8")))
def test_a_constant_cannot_end_its_own_quotes(text: str) -> None:
    quoted = literal(text)

    assert quoted[0] == quoted[-1] == "'"
    assert quoted[1:-1].replace("''", "") == text.replace("'", "")
    assert "'" not in quoted[1:-1].replace("''", "")


def test_a_name_cannot_end_its_own_quotes() -> None:
    assert name('a"; drop table x; --') == '"a""; drop table x; --"'


# Cursors -------------------------------------------------------------------------------------------


def key(column: str, kind: Kind, *, descending: bool = False) -> OrderKey:
    return OrderKey(Column(column, kind, nullable=False), descending)


VALUES: list[tuple[Kind, object]] = [
    ("uuid", UUID(int=2**128 - 1)),
    ("int", -(2**31)),
    ("int", 2**31 - 1),
    ("timestamptz", datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)),
    # The very first and last moments that Python knows, the driver takes for infinities.
    ("timestamptz", datetime(9999, 12, 31, 23, 59, 59, 999_998, tzinfo=UTC)),
    ("timestamptz", datetime(1, 1, 1, 0, 0, 0, 1, tzinfo=UTC)),
    ("text", 'a.b "\\ 🌍\n'),
    ("text", ""),
]


@pytest.mark.parametrize(("kind", "value"), VALUES)
async def test_a_cursor_made_in_sql_is_read_back_exactly(
    owner: asyncpg.Connection, kind: Kind, value: object
) -> None:
    keys = [key("sorted", kind), key("id", "uuid")]
    row_id = uuid4()
    types = {"int": "integer"}

    written = await owner.fetchval(
        f"select {cursors.encode_sql(f'$1::{types.get(kind, kind)}', kind)}::text", value
    )

    text = f"{order_tag(keys)}.{written}.{row_id}"
    assert decode_cursor(text, keys, field="after") == (value, row_id)


def test_an_order_is_told_by_its_columns_and_directions() -> None:
    orders = [
        [key("a", "int"), key("id", "uuid")],
        [key("a", "int", descending=True), key("id", "uuid")],
        [key("a", "int"), key("id", "uuid", descending=True)],
        [key("b", "int"), key("id", "uuid")],
        [key("a", "int")],
    ]

    assert len({order_tag(order) for order in orders}) == len(orders)


@given(st.text(max_size=60))
def test_any_text_is_a_cursor_or_bad_input(text: str) -> None:
    keys = [key("moment", "timestamptz"), key("word", "text"), key("id", "uuid")]
    for candidate in (text, f"{order_tag(keys)}.{text}", f"{order_tag(keys)}.1.{text}.2"):
        with suppress(BadInput):
            moment, word, row_id = decode_cursor(candidate, keys, field="before")
            assert isinstance(moment, datetime)
            assert moment.utcoffset() == timedelta(0)
            assert isinstance(word, str)
            assert isinstance(row_id, UUID)


# Ids -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("type_name", ["A", "Message", "UserMemorySnapshotCollectionThing"])
async def test_a_node_id_made_in_sql_is_the_one_made_in_python(
    owner: asyncpg.Connection, type_name: str
) -> None:
    """Also one so long that Postgres would break its base64 into lines."""
    row_id = uuid4()

    written = await owner.fetchval(f"select {node_ids.encode_sql(type_name, '$1::uuid')}", row_id)

    assert written == encode_node_id(type_name, row_id)
    assert decode_node_id(written, type_name) == row_id
    assert decode_node_id(written, "Other") is None


@given(st.one_of(st.text(), st.binary().map(lambda raw: raw.hex()), st.integers()))
def test_any_other_node_id_is_no_row(node_id: object) -> None:
    assert decode_node_id(node_id, "Message") is None


# Arguments -----------------------------------------------------------------------------------------


def arguments(field: str, text: str, **variables: Any) -> dict[str, Symbol]:
    query, mutation = CATALOG.schema.query_type, CATALOG.schema.mutation_type
    assert query is not None
    assert mutation is not None
    root = query if field in query.fields else mutation
    operation = parse(f"query($x: Int) {{ {field}({text}) {{ id }} }}").definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    node = operation.selection_set.selections[0]
    assert isinstance(node, FieldNode)
    return resolve_arguments(root.fields[field], node, variables)


@pytest.mark.parametrize(
    ("text", "variables", "expected"),
    [
        ("first: 5", {}, {"first": 5}),
        ("first: $x", {"x": 5}, {"first": 5}),
        ("first: $x", {}, {}),
        ("first: $x", {"x": None}, {"first": None}),
        ("first: null", {}, {"first": None}),
        ("where: {turn: {eq: 1}}", {}, {"where": {"turn": {"eq": 1}}}),
        ("where: {turn: {eq: $x}}", {"x": 2}, {"where": {"turn": {"eq": 2}}}),
        ("where: {turn: {eq: $x}}", {}, {"where": {"turn": {}}}),
        ("where: {turn: {in: 1}}", {}, {"where": {"turn": {"in": [1]}}}),
        ("where: {turn: {in: [1, $x]}}", {"x": 2}, {"where": {"turn": {"in": [1, 2]}}}),
        ("where: {turn: {in: $x}}", {"x": [3]}, {"where": {"turn": {"in": [3]}}}),
        ("where: {and: {turn: {eq: 1}}}", {}, {"where": {"and": [{"turn": {"eq": 1}}]}}),
        ("where: $x", {"x": {"and": [{"turn": None}]}}, {"where": {"and": [{"turn": None}]}}),
    ],
)
def test_arguments_are_read_as_the_specification_says(
    text: str, variables: dict[str, Any], expected: dict[str, Any]
) -> None:
    symbols = arguments("messages", text, **variables)

    assert {one: value_of(symbol, variables) for one, symbol in symbols.items()} == expected


def test_an_input_that_is_written_out_has_its_defaults_too() -> None:
    symbols = arguments("startConversation", 'input: {title: "x"}')

    given = value_of(symbols["input"], {})
    assert given.keys() == {"title", "kind"}
    assert given["kind"].value == "chat"


def test_the_leaves_are_read_anew_from_each_request() -> None:
    symbols = arguments("messages", "where: {turn: {in: [1, $x]}}", x=2)

    assert value_of(symbols["where"], {"x": 9}) == {"turn": {"in": [1, 9]}}


def test_the_shape_of_a_value_says_what_the_text_may_depend_on() -> None:
    kinds = CATALOG.schema.type_map
    where: Any = kinds["MessageFilter"]
    whole: Any = kinds["Int"]

    assert shape_of({"turn": {"eq": 1}}, where) == shape_of({"turn": {"eq": 2}}, where)
    assert shape_of({"turn": {"eq": 1}}, where) != shape_of({"turn": {"gt": 1}}, where)
    assert shape_of({"turn": {"eq": 1}}, where) != shape_of({"turn": {"eq": None}}, where)
    assert shape_of({"and": [{}]}, where) != shape_of({"and": [{}, {}]}, where)
    assert shape_of(1, whole) == shape_of(2, whole)
    assert shape_of(1, whole, exact=True) != shape_of(2, whole, exact=True)


# Filters -------------------------------------------------------------------------------------------


def constants(value: object) -> Symbol:
    if isinstance(value, dict):
        return {one: constants(item) for one, item in value.items()}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [constants(item) for item in value]
    return Leaf(value, lambda _variables: value)


class Named:
    """Like an enum's member."""

    value = "not_null"


def test_a_filter_becomes_a_tree_of_conditions() -> None:
    kind = CATALOG.types["Conversation"]

    planned = plan_filter(
        kind,
        constants(
            {"title": {"eq": "x", "is": Named()}, "status": None, "not": {"and": [{"title": {}}]}}
        ),
    )

    assert isinstance(planned, All)
    compare, is_null, negated = planned.conditions
    assert isinstance(compare, Compare)
    assert (compare.column.name, compare.operator) == ("title", "eq")
    assert is_null == IsNull(kind.column_named("title"), negated=True)
    assert isinstance(negated, Not)


def test_no_filter_is_no_condition() -> None:
    kind = CATALOG.types["Conversation"]

    assert plan_filter(kind, None) is None
    assert plan_filter(kind, constants(None)) is None
    assert plan_filter(kind, constants({})) == All(())


def test_a_filter_has_a_bound() -> None:
    kind = CATALOG.types["Conversation"]
    one = {"title": {"eq": "x"}}

    assert plan_filter(kind, constants({"or": [one] * (MAXIMUM_CONDITIONS - 1)})) is not None
    with pytest.raises(BadInput):
        plan_filter(kind, constants({"or": [one] * MAXIMUM_CONDITIONS}))
