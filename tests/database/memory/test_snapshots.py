"""Each version of what memory makes of her, and the way back to any of them."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Sequence
from typing import Any

import asyncpg
import pytest

from graphql_api.auth import Viewer
from graphql_api.local.stack import Urls
from tests.database.live import take_role
from tests.database.memory.remembering import refused
from tests.fixtures.people import AsUser, NewUser

APPEND = (
    "select version, is_checkpoint, operations, document from private.append_memory_snapshot($1)"
)
SNAPSHOT = "select public.memory_snapshot($1)"


async def append_all(
    as_user: AsUser, viewer: Viewer, documents: Sequence[Any], every: int | None = None
) -> list[asyncpg.Record | None]:
    async with as_user(viewer, "cairn_server") as connection:
        if every is not None:
            await connection.execute(
                "select set_config('cairn.snapshot_every', $1, true)", str(every)
            )
        return [await connection.fetchrow(APPEND, json.dumps(each)) for each in documents]


async def append(as_user: AsUser, viewer: Viewer, document: Any) -> asyncpg.Record | None:
    (row,) = await append_all(as_user, viewer, [document])
    return row


async def snapshot(as_user: AsUser, viewer: Viewer, version: int | None = None) -> Any:
    async with as_user(viewer) as connection:
        found = await connection.fetchval(SNAPSHOT, version)
    return None if found is None else json.loads(found)


def lives(number: int) -> list[dict[str, Any]]:
    """Give documents that change a little from one to the next, the same at each run."""
    chance = random.Random(number)
    document: dict[str, Any] = {"themes": [], "people": {}}
    documents = []
    for version in range(number):
        document = json.loads(json.dumps(document))
        document["seen"] = version
        themes = document["themes"]
        themes.insert(chance.randint(0, len(themes)), {"name": f"theme/{version}", "weight": 1})
        if len(themes) > 4:
            themes.pop(chance.randint(0, len(themes) - 1))
        themes[0]["weight"] += 1
        document["people"][f"~{chance.randint(0, 5)}"] = version
        documents.append(document)
    return documents


async def test_the_first_version_is_whole(ana: Viewer, as_user: AsUser) -> None:
    """TR-034, TR-038."""
    row = await append(as_user, ana, {"a": 1})

    assert row is not None
    assert (row["version"], row["is_checkpoint"]) == (1, True)
    assert json.loads(row["document"]) == {"a": 1}
    assert json.loads(row["operations"]) == [{"op": "add", "path": "/a", "value": 1}]


async def test_a_later_version_is_the_difference(ana: Viewer, as_user: AsUser) -> None:
    """TR-033, X-38."""
    await append(as_user, ana, {"a": 1})

    row = await append(as_user, ana, {"a": 1, "b": [2]})

    assert row is not None
    assert (row["version"], row["is_checkpoint"], row["document"]) == (2, False, None)
    assert json.loads(row["operations"]) == [{"op": "add", "path": "/b", "value": [2]}]


@pytest.mark.parametrize("documents", [[{}], [{"a": 1}, {"a": 1}], [{"a": 1}, {"a": 1.0}]])
async def test_what_is_as_it_was_makes_no_version(
    documents: list[Any], ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """TR-040."""
    rows = [await append(as_user, ana, document) for document in documents]

    assert rows[-1] is None
    assert (
        await owner.fetchval(
            "select count(*) from public.user_memory_snapshots where user_id = $1", ana.user_id
        )
        == len(documents) - 1
    )


@pytest.mark.parametrize(("every", "whole"), [(None, [1, 50, 100]), (7, [1, *range(7, 105, 7)])])
async def test_every_so_many_versions_one_is_whole_and_any_can_be_read(
    every: int | None,
    whole: list[int],
    ana: Viewer,
    as_user: AsUser,
    owner: asyncpg.Connection,
) -> None:
    """TR-034, TR-036, TR-037, TR-042."""
    documents = lives(104)
    await append_all(as_user, ana, documents, every)

    rows = await owner.fetch(
        "select version, is_checkpoint, document from public.user_memory_snapshots "
        "where user_id = $1 order by version",
        ana.user_id,
    )
    assert [row["version"] for row in rows] == list(range(1, 105))
    assert [row["version"] for row in rows if row["is_checkpoint"]] == whole
    for version in (*range(1, 105, 3), 49, 50, 51, 99, 100, 104):
        assert await snapshot(as_user, ana, version) == documents[version - 1]
    assert await snapshot(as_user, ana) == documents[-1]


async def test_fifty_at_once_make_fifty_versions_without_a_gap(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection, database_urls: Urls
) -> None:
    """TR-038."""
    pool = await asyncpg.create_pool(database_urls.api, min_size=10, max_size=10)

    async def write(number: int) -> int:
        async with pool.acquire() as connection, connection.transaction():
            await take_role(connection, ana)
            await connection.execute("select set_config('cairn.snapshot_every', '8', true)")
            row = await connection.fetchrow(APPEND, json.dumps({"number": number}))
            return int(row["version"])

    versions = await asyncio.gather(*(write(number) for number in range(50)))
    await pool.close()

    moments = await owner.fetch(
        "select version from public.user_memory_snapshots where user_id = $1 "
        "order by created_at, version",
        ana.user_id,
    )
    assert sorted(versions) == list(range(1, 51))
    assert [row["version"] for row in moments] == list(range(1, 51))
    for number, version in enumerate(versions):
        assert await snapshot(as_user, ana, version) == {"number": number}


async def test_a_version_and_the_end_of_its_update_are_there_together_or_not_at_all(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection, database_urls: Urls
) -> None:
    """TR-048."""
    worker = await asyncpg.connect(database_urls.api)
    for commits in (False, True):
        transaction = worker.transaction()
        await transaction.start()
        await take_role(worker, ana)
        await worker.execute(APPEND, json.dumps({"a": 1}))
        await (transaction.commit() if commits else transaction.rollback())
        assert await snapshot(as_user, ana) == ({"a": 1} if commits else None)
    await worker.close()


async def test_what_she_was_at_a_moment_can_be_read(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    for document in ({"a": 1}, {"a": 2}, {"a": 3}):
        await append(as_user, ana, document)
    moments = await owner.fetch(
        "select created_at from public.user_memory_snapshots where user_id = $1 order by version",
        ana.user_id,
    )

    async with as_user(ana) as connection:
        found = [
            await connection.fetchval("select public.memory_snapshot(at => $1)", row["created_at"])
            for row in moments
        ]
        before = await connection.fetchval(
            "select public.memory_snapshot(at => $1::timestamptz - interval '1 microsecond')",
            moments[0]["created_at"],
        )

    assert [json.loads(each) for each in found] == [{"a": 1}, {"a": 2}, {"a": 3}]
    assert before is None


async def test_what_changed_between_two_versions_is_told_both_ways(
    ana: Viewer, as_user: AsUser
) -> None:
    for document in ({"a": 1}, {"a": 1, "b": 2}, {"b": 3}):
        await append(as_user, ana, document)

    async with as_user(ana) as connection:
        there, back, same = [
            json.loads(await connection.fetchval("select public.memory_diff($1, $2)", *versions))
            for versions in ((1, 3), (3, 1), (2, 2))
        ]

    assert there == [
        {"op": "remove", "path": "/a"},
        {"op": "add", "path": "/b", "value": 3},
    ]
    assert back == [
        {"op": "add", "path": "/a", "value": 1},
        {"op": "remove", "path": "/b"},
    ]
    assert same == []


@pytest.mark.parametrize("version", [0, -1, 2, 7])
async def test_a_version_that_is_not_there_is_not_found(
    version: int, ana: Viewer, as_user: AsUser
) -> None:
    await append(as_user, ana, {"a": 1})

    for call in ("memory_snapshot($1)", "memory_diff(1, $1)", "memory_diff($1, 1)"):
        with pytest.raises(asyncpg.PostgresError) as failed:
            async with as_user(ana) as connection:
                await connection.execute(f"select public.{call}", version)
        assert failed.value.sqlstate == "CA404"


async def test_a_version_or_a_moment_and_not_both(ana: Viewer, as_user: AsUser) -> None:
    with pytest.raises(asyncpg.PostgresError) as failed:
        async with as_user(ana) as connection:
            await connection.execute("select public.memory_snapshot(1, now())")

    assert failed.value.sqlstate == "CA400"


async def test_nobody_reads_or_continues_anothers_versions(
    ana: Viewer, new_user: NewUser, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    ben = await new_user("Ben")
    for document in ({"a": 1}, {"a": 2}):
        await append(as_user, ana, document)

    assert await snapshot(as_user, ben) is None
    for call in ("memory_snapshot(2)", "memory_diff(1, 2)"):
        with pytest.raises(asyncpg.PostgresError) as failed:
            async with as_user(ben) as connection:
                await connection.execute(f"select public.{call}")
        assert failed.value.sqlstate == "CA404"
    his = await append(as_user, ben, {"b": 1})

    assert his is not None
    assert his["version"] == 1
    assert await snapshot(as_user, ana) == {"a": 2}
    assert (
        await owner.fetchval(
            "select count(*) from public.user_memory_snapshots where user_id = $1", ana.user_id
        )
        == 2
    )


@pytest.mark.parametrize(
    "call",
    [
        "public.memory_snapshot()",
        "public.memory_diff(1, 1)",
        "private.append_memory_snapshot('{}')",
        "private.compact_memory_snapshots(1)",
    ],
)
async def test_nothing_is_told_to_nobody(call: str, database_urls: Urls) -> None:
    connection = await asyncpg.connect(database_urls.api)
    await connection.execute("set role cairn_server")

    found = await refused(connection, f"select {call}")

    await connection.close()
    assert found == "CA401"


@pytest.mark.parametrize("role", ["authenticated", "cairn_server"])
@pytest.mark.parametrize(
    "statement",
    [
        "insert into public.user_memory_snapshots (version, operations) values (2, '[]')",
        "update public.user_memory_snapshots set operations = '[]'",
        "delete from public.user_memory_snapshots",
    ],
)
async def test_nobody_writes_versions_past_the_function(
    statement: str, role: str, ana: Viewer, as_user: AsUser
) -> None:
    await append(as_user, ana, {"a": 1})

    async with as_user(ana, role) as connection:
        transaction = connection.transaction()
        await transaction.start()
        found = await refused(connection, statement)
        await transaction.rollback()

    assert found == "42501"


async def test_she_appends_nothing_herself(ana: Viewer, as_user: AsUser) -> None:
    found = []
    for call in ("append_memory_snapshot('{}')", "compact_memory_snapshots(1)"):
        async with as_user(ana) as connection:
            transaction = connection.transaction()
            await transaction.start()
            found.append(await refused(connection, f"select private.{call}"))
            await transaction.rollback()

    assert found == ["42501", "42501"]


@pytest.mark.parametrize(
    "document", ["[]", '"x"', "null", None, json.dumps({"a": "x" * 1_048_576})]
)
async def test_a_snapshot_is_an_object_of_at_most_1_mb(
    document: str | None, ana: Viewer, as_user: AsUser
) -> None:
    with pytest.raises(asyncpg.PostgresError) as failed:
        async with as_user(ana, "cairn_server") as connection:
            await connection.execute(APPEND, document)

    assert failed.value.sqlstate == "CA400"


@pytest.mark.parametrize("metadata", ["[]", json.dumps({"a": "x" * 8192})])
async def test_metadata_is_a_small_object(metadata: str, ana: Viewer, as_user: AsUser) -> None:
    """TR-035."""
    with pytest.raises(asyncpg.CheckViolationError) as failed:
        async with as_user(ana, "cairn_server") as connection:
            await connection.execute(
                "select private.append_memory_snapshot('{\"a\": 1}', $1)", metadata
            )

    assert failed.value.constraint_name == "user_memory_snapshots_metadata_is_an_object_up_to_8_kb"


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ("0, '[]', '{}'", "user_memory_snapshots_version_is_positive"),
        ("1, '[]', null", "user_memory_snapshots_the_first_is_a_checkpoint"),
        ("2, '{}', null", "user_memory_snapshots_operations_are_an_array_up_to_4_mb"),
        ("2, '[]', '[]'", "user_memory_snapshots_document_is_an_object_up_to_1_mb"),
    ],
)
async def test_a_version_that_breaks_a_rule_is_refused_by_its_name(
    values: str, constraint: str, ana: Viewer, owner: asyncpg.Connection
) -> None:
    found = await refused(
        owner,
        "insert into public.user_memory_snapshots (user_id, version, operations, document) "
        f"values ($1, {values})",
        ana.user_id,
    )

    assert found == constraint


async def test_what_is_nearly_all_new_is_said_anew(ana: Viewer, as_user: AsUser) -> None:
    before, after = ({f"key {n}": n + shift for n in range(1001)} for shift in (0, 1))
    await append(as_user, ana, before)

    row = await append(as_user, ana, after)

    assert row is not None
    assert [(step["op"], step["path"]) for step in json.loads(row["operations"])] == [
        ("replace", "")
    ]
    assert await snapshot(as_user, ana, 1) == before
    assert await snapshot(as_user, ana, 2) == after


@pytest.mark.parametrize(("keep", "first"), [(1, 20), (5, 15), (6, 15), (7, 10), (20, 1), (99, 1)])
async def test_old_versions_are_compacted_behind_a_checkpoint_and_the_others_stay_whole(
    keep: int,
    first: int,
    ana: Viewer,
    new_user: NewUser,
    as_user: AsUser,
    owner: asyncpg.Connection,
) -> None:
    """TR-042."""
    ben, documents = await new_user("Ben"), lives(20)
    await append_all(as_user, ana, documents, every=5)
    await append_all(as_user, ben, documents[:3], every=2)

    async with as_user(ana, "cairn_server") as connection:
        gone = await connection.fetchval("select private.compact_memory_snapshots($1)", keep)

    rows = await owner.fetch(
        "select version from public.user_memory_snapshots where user_id = $1 order by version",
        ana.user_id,
    )
    assert [row["version"] for row in rows] == list(range(first, 21))
    assert gone == first - 1
    for version in range(first, 21):
        assert await snapshot(as_user, ana, version) == documents[version - 1]
    assert await snapshot(as_user, ben, 1) == documents[0]
    later = await append(as_user, ana, {"new": True})
    assert later is not None
    assert later["version"] == 21


@pytest.mark.parametrize("keep", [0, -1, None])
async def test_at_least_one_version_is_kept(keep: int | None, ana: Viewer, as_user: AsUser) -> None:
    await append(as_user, ana, {"a": 1})

    with pytest.raises(asyncpg.PostgresError) as failed:
        async with as_user(ana, "cairn_server") as connection:
            await connection.execute("select private.compact_memory_snapshots($1)", keep)

    assert failed.value.sqlstate == "CA400"


async def test_versions_go_with_her(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    await append(as_user, ana, {"a": 1})

    await owner.execute("delete from auth.users where id = $1", ana.user_id)

    assert (
        await owner.fetchval(
            "select count(*) from public.user_memory_snapshots where user_id = $1", ana.user_id
        )
        == 0
    )


async def test_the_newest_version_is_found_by_its_index(owner: asyncpg.Connection) -> None:
    """TR-041."""
    found = await owner.fetchval(
        "select pg_get_indexdef('public.user_memory_snapshots_version_key'::regclass)"
    )

    assert found.endswith("(user_id, version)")
