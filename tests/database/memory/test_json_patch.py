"""JSON Patch (RFC 6902): the examples of its appendix A, what it refuses, and the way back."""

from __future__ import annotations

import json
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graphql_api.auth import Viewer
from tests.fixtures.people import AsUser

APPLY = "select private.json_patch_apply($1::jsonb, $2::jsonb)"
DIFF = "select private.json_diff($1::jsonb, $2::jsonb)"

# Section of appendix A, document, patch, result; None where the RFC wants an error.
APPENDIX: list[tuple[str, Any, Any, Any]] = [
    (
        "A.1 adding an object member",
        {"foo": "bar"},
        [{"op": "add", "path": "/baz", "value": "qux"}],
        {"baz": "qux", "foo": "bar"},
    ),
    (
        "A.2 adding an array element",
        {"foo": ["bar", "baz"]},
        [{"op": "add", "path": "/foo/1", "value": "qux"}],
        {"foo": ["bar", "qux", "baz"]},
    ),
    (
        "A.3 removing an object member",
        {"baz": "qux", "foo": "bar"},
        [{"op": "remove", "path": "/baz"}],
        {"foo": "bar"},
    ),
    (
        "A.4 removing an array element",
        {"foo": ["bar", "qux", "baz"]},
        [{"op": "remove", "path": "/foo/1"}],
        {"foo": ["bar", "baz"]},
    ),
    (
        "A.5 replacing a value",
        {"baz": "qux", "foo": "bar"},
        [{"op": "replace", "path": "/baz", "value": "boo"}],
        {"baz": "boo", "foo": "bar"},
    ),
    (
        "A.6 moving a value",
        {"foo": {"bar": "baz", "waldo": "fred"}, "qux": {"corge": "grault"}},
        [{"op": "move", "from": "/foo/waldo", "path": "/qux/thud"}],
        {"foo": {"bar": "baz"}, "qux": {"corge": "grault", "thud": "fred"}},
    ),
    (
        "A.7 moving an array element",
        {"foo": ["all", "grass", "cows", "eat"]},
        [{"op": "move", "from": "/foo/1", "path": "/foo/3"}],
        {"foo": ["all", "cows", "eat", "grass"]},
    ),
    (
        "A.8 testing a value: success",
        {"baz": "qux", "foo": ["a", 2, "c"]},
        [
            {"op": "test", "path": "/baz", "value": "qux"},
            {"op": "test", "path": "/foo/1", "value": 2},
        ],
        {"baz": "qux", "foo": ["a", 2, "c"]},
    ),
    (
        "A.9 testing a value: error",
        {"baz": "qux"},
        [{"op": "test", "path": "/baz", "value": "bar"}],
        None,
    ),
    (
        "A.10 adding a nested member object",
        {"foo": "bar"},
        [{"op": "add", "path": "/child", "value": {"grandchild": {}}}],
        {"foo": "bar", "child": {"grandchild": {}}},
    ),
    (
        "A.11 ignoring unrecognized elements",
        {"foo": "bar"},
        [{"op": "add", "path": "/baz", "value": "qux", "xyz": 123}],
        {"foo": "bar", "baz": "qux"},
    ),
    (
        "A.12 adding to a nonexistent target",
        {"foo": "bar"},
        [{"op": "add", "path": "/baz/bat", "value": "qux"}],
        None,
    ),
    # jsonb keeps the last of two members of a name; this one then removes what is not there.
    (
        "A.13 invalid JSON patch document",
        {"foo": "bar"},
        '[{"op": "add", "path": "/baz", "value": "qux", "op": "remove"}]',
        None,
    ),
    (
        "A.14 escape ordering",
        {"/": 9, "~1": 10},
        [{"op": "test", "path": "/~01", "value": 10}],
        {"/": 9, "~1": 10},
    ),
    (
        "A.15 comparing strings and numbers",
        {"/": 9, "~1": 10},
        [{"op": "test", "path": "/~01", "value": "10"}],
        None,
    ),
    (
        "A.16 adding an array value",
        {"foo": ["bar"]},
        [{"op": "add", "path": "/foo/-", "value": ["abc", "def"]}],
        {"foo": ["bar", ["abc", "def"]]},
    ),
]

FURTHER: list[tuple[str, Any, Any, Any]] = [
    ("nothing to do", {"a": 1}, [], {"a": 1}),
    ("the whole", {"a": 1}, [{"op": "replace", "path": "", "value": [1]}], [1]),
    ("the whole, added", {"a": 1}, [{"op": "add", "path": "", "value": 7}], 7),
    ("the whole, tested", [1], [{"op": "test", "path": "", "value": [1]}], [1]),
    ("an empty name", {"": 1}, [{"op": "replace", "path": "/", "value": 2}], {"": 2}),
    ("a slash", {"a/b": 1}, [{"op": "replace", "path": "/a~1b", "value": 2}], {"a/b": 2}),
    ("a tilde", {"a~b": 1}, [{"op": "remove", "path": "/a~0b"}], {}),
    ("a line break", {"a\nb": 1}, [{"op": "remove", "path": "/a\nb"}], {}),
    ("a number as a name", {"1": "x"}, [{"op": "replace", "path": "/1", "value": 2}], {"1": 2}),
    ("a dash as a name", {}, [{"op": "add", "path": "/-", "value": 1}], {"-": 1}),
    ("a member that is there", {"a": 1}, [{"op": "add", "path": "/a", "value": None}], {"a": None}),
    ("null", {"a": None}, [{"op": "test", "path": "/a", "value": None}], {"a": None}),
    (
        "null, copied",
        {"a": None},
        [{"op": "copy", "from": "/a", "path": "/b"}],
        {"a": None, "b": None},
    ),
    ("the first place", [1], [{"op": "add", "path": "/0", "value": 0}], [0, 1]),
    ("the end by number", [1], [{"op": "add", "path": "/1", "value": 2}], [1, 2]),
    ("an empty array", [], [{"op": "add", "path": "/0", "value": 2}], [2]),
    ("an element in place", [1, 2], [{"op": "replace", "path": "/1", "value": 3}], [1, 3]),
    ("an array in arrays", [[1], [2]], [{"op": "add", "path": "/1/0", "value": 3}], [[1], [3, 2]]),
    ("numbers", {"a": 1}, [{"op": "test", "path": "/a", "value": 1.0}], {"a": 1}),
    (
        "order of members",
        {"a": {"x": 1, "y": 2}},
        [{"op": "test", "path": "/a", "value": {"y": 2, "x": 1}}],
        {"a": {"x": 1, "y": 2}},
    ),
    ("a copy", {"a": [1]}, [{"op": "copy", "from": "/a", "path": "/a/-"}], {"a": [1, [1]]}),
    ("to where it is", {"a": 1}, [{"op": "move", "from": "/a", "path": "/a"}], {"a": 1}),
    ("up", {"a": {"b": 1}}, [{"op": "move", "from": "/a/b", "path": ""}], 1),
    ("a like name", {"a": 1}, [{"op": "move", "from": "/a", "path": "/ab"}], {"ab": 1}),
    (
        "one after the other",
        {},
        [
            {"op": "add", "path": "/a", "value": []},
            {"op": "add", "path": "/a/-", "value": 1},
            {"op": "copy", "from": "/a/0", "path": "/b"},
        ],
        {"a": [1], "b": 1},
    ),
]

# Document, patch, the place of the operation that is refused.
REFUSED: list[tuple[str, Any, Any, int]] = [
    ("replace what is not there", {}, [{"op": "replace", "path": "/a", "value": 1}], 0),
    ("remove what is not there", {}, [{"op": "remove", "path": "/a"}], 0),
    ("test what is not there", {}, [{"op": "test", "path": "/a", "value": None}], 0),
    ("copy what is not there", {}, [{"op": "copy", "from": "/a", "path": "/b"}], 0),
    ("move what is not there", {}, [{"op": "move", "from": "/a", "path": "/b"}], 0),
    ("move into itself", {"a": {}}, [{"op": "move", "from": "/a", "path": "/a/b"}], 0),
    ("move the whole into itself", {}, [{"op": "move", "from": "", "path": "/b"}], 0),
    ("beyond the end", [1], [{"op": "add", "path": "/2", "value": 1}], 0),
    ("remove beyond the end", [1], [{"op": "remove", "path": "/1"}], 0),
    ("remove at the end", [1], [{"op": "remove", "path": "/-"}], 0),
    ("replace at the end", [1], [{"op": "replace", "path": "/-", "value": 1}], 0),
    ("through the end", [[1]], [{"op": "add", "path": "/-/0", "value": 1}], 0),
    ("a leading zero", [1, 2], [{"op": "remove", "path": "/01"}], 0),
    ("a negative place", [1, 2], [{"op": "remove", "path": "/-1"}], 0),
    ("a word as a place", [1, 2], [{"op": "add", "path": "/x", "value": 1}], 0),
    ("a huge place", [1, 2], [{"op": "remove", "path": "/99999999999999999999"}], 0),
    ("into a string", {"a": "b"}, [{"op": "add", "path": "/a/0", "value": 1}], 0),
    ("no leading slash", {"a": 1}, [{"op": "remove", "path": "a"}], 0),
    ("a tilde alone", {"~": 1}, [{"op": "remove", "path": "/~"}], 0),
    ("a tilde and 2", {"~2": 1}, [{"op": "remove", "path": "/~2"}], 0),
    ("no path", {}, [{"op": "add", "value": 1}], 0),
    ("a path that is no string", {}, [{"op": "add", "path": 1, "value": 1}], 0),
    ("no value to add", {}, [{"op": "add", "path": "/a"}], 0),
    ("no value to replace", {"a": 1}, [{"op": "replace", "path": "/a"}], 0),
    ("no value to test", {"a": 1}, [{"op": "test", "path": "/a"}], 0),
    ("no source", {"a": 1}, [{"op": "copy", "path": "/b"}], 0),
    ("a source that is no string", {"a": 1}, [{"op": "move", "path": "/b", "from": None}], 0),
    ("no operation", {}, [{"path": "/a"}], 0),
    ("an unknown operation", {}, [{"op": "swap", "path": "/a"}], 0),
    ("an operation in capitals", {}, [{"op": "Add", "path": "/a", "value": 1}], 0),
    ("what is no object", {}, [1], 0),
    (
        "the third of three",
        {},
        [
            {"op": "add", "path": "/a", "value": 1},
            {"op": "test", "path": "/a", "value": 1},
            {"op": "test", "path": "/a", "value": "a secret"},
        ],
        2,
    ),
]


def text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


@pytest.mark.parametrize(
    ("document", "patch", "result"),
    [case[1:] for case in APPENDIX + FURTHER],
    ids=[case[0] for case in APPENDIX + FURTHER],
)
async def test_a_patch_gives_what_the_rfc_says(
    document: Any, patch: Any, result: Any, owner: asyncpg.Connection
) -> None:
    """TR-039."""
    if result is None:
        with pytest.raises(asyncpg.PostgresError) as failed:
            await owner.fetchval(APPLY, json.dumps(document), text(patch))
        assert failed.value.sqlstate == "CA400"
    else:
        assert json.loads(await owner.fetchval(APPLY, json.dumps(document), text(patch))) == result


async def test_the_whole_removed_leaves_null(owner: asyncpg.Connection) -> None:
    patch = json.dumps([{"op": "remove", "path": ""}])

    assert await owner.fetchval(APPLY, '{"a": 1}', patch) == "null"


@pytest.mark.parametrize(
    ("document", "patch", "place"),
    [case[1:] for case in REFUSED],
    ids=[case[0] for case in REFUSED],
)
async def test_what_cannot_be_done_is_refused_by_its_place_alone(
    document: Any, patch: Any, place: int, owner: asyncpg.Connection
) -> None:
    """TR-039: a failing test aborts, and nothing of what she said is in the error."""
    with pytest.raises(asyncpg.PostgresError) as failed:
        await owner.fetchval(APPLY, json.dumps(document), json.dumps(patch))

    assert failed.value.sqlstate == "CA400"
    assert str(failed.value).startswith(f"Operation {place}")
    assert "secret" not in str(failed.value)


@pytest.mark.parametrize("patch", ["{}", "null", '"add"'])
async def test_a_patch_is_an_array(patch: str, owner: asyncpg.Connection) -> None:
    with pytest.raises(asyncpg.PostgresError) as failed:
        await owner.fetchval(APPLY, "{}", patch)

    assert failed.value.sqlstate == "CA400"


@pytest.mark.parametrize(
    ("before", "after", "patch"),
    [
        ({"a": 1}, {"a": 1.0}, []),
        ({"a": [1, {}], "b": None}, {"b": None, "a": [1, {}]}, []),
        ({"a": 1}, {"a": 2}, [{"op": "replace", "path": "/a", "value": 2}]),
        ({"a": None}, {}, [{"op": "remove", "path": "/a"}]),
        ({}, {"a": None}, [{"op": "add", "path": "/a", "value": None}]),
        ([1, 2, 3], [1, 3], [{"op": "remove", "path": "/1"}]),
        ([1, 3], [1, 2, 3], [{"op": "add", "path": "/1", "value": 2}]),
        ({"a/~": {"x": 1}}, {"a/~": {"x": 2}}, [{"op": "replace", "path": "/a~1~0/x", "value": 2}]),
        ([{"a": 1}, 2], [{"a": 3}, 2], [{"op": "replace", "path": "/0/a", "value": 3}]),
        (1, {}, [{"op": "replace", "path": "", "value": {}}]),
    ],
)
async def test_a_difference_is_told_in_few_operations(
    before: Any, after: Any, patch: Any, owner: asyncpg.Connection
) -> None:
    """TR-040: of equal documents in none."""
    found = await owner.fetchval(DIFF, json.dumps(before), json.dumps(after))

    assert json.loads(found) == patch


NAMES = st.sampled_from(["", "a", "b", "0", "1", "-", "~", "/", "~1", "a/b", "ü"])
LEAVES = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "x", "10"])
DOCUMENTS = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


@settings(
    max_examples=400,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(before=DOCUMENTS, after=DOCUMENTS)
async def test_the_difference_of_two_documents_leads_from_one_to_the_other(
    owner: asyncpg.Connection, before: Any, after: Any
) -> None:
    """TR-033, TR-040."""
    row = await owner.fetchrow(
        "select private.json_patch_apply($1::jsonb, private.json_diff($1::jsonb, $2::jsonb)) "
        "= $2::jsonb as arrives, private.json_diff($1::jsonb, $2::jsonb) = '[]' as nothing, "
        "$1::jsonb = $2::jsonb as equal",
        json.dumps(before),
        json.dumps(after),
    )

    assert row["arrives"]
    assert row["nothing"] == row["equal"]


async def test_the_server_may_patch_and_compare_and_she_may_not(
    ana: Viewer, as_user: AsUser
) -> None:
    async with as_user(ana, "cairn_server") as connection:
        patch = await connection.fetchval(DIFF, '{"a": 1}', '{"a": 2}')
        assert await connection.fetchval(APPLY, '{"a": 1}', patch) == '{"a": 2}'

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with as_user(ana) as connection:
            await connection.fetchval(DIFF, "1", "1")
