"""How memories are used, joined and measured."""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import asyncpg
import pytest

from graphql_api.auth import Viewer
from graphql_api.local.stack import Urls
from tests.database.live import take_role
from tests.database.memory.remembering import refused, remember
from tests.fixtures.people import AsUser, NewUser

TOUCH = "select private.touch_memory_access($1::uuid[])"
LINK = (
    "insert into public.memory_links (from_memory_id, to_memory_id, kind) "
    "values ($1, $2, $3::text::public.memory_link_kind)"
)
RETRIEVED = "select private.record_memory_retrieval($1, $2, $3, $4)"


@pytest.fixture
async def pair(ana: Viewer, as_user: AsUser) -> tuple[UUID, UUID]:
    """Two memories of Ana's."""
    return await remember(as_user, ana), await remember(as_user, ana, "She runs.")


# memory_access ---------------------------------------------------------------


async def test_each_use_is_counted_and_dated(
    pair: tuple[UUID, UUID], ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """SC-021, NU-089."""
    counts = []
    for ids in (pair, pair[:1], pair[:1]):
        async with as_user(ana, "cairn_server") as connection:
            counts.append(await connection.fetchval(TOUCH, list(ids)))

    rows = await owner.fetch(
        "select access_count, salience, last_accessed_at from public.memory_access "
        "where user_id = $1 order by id",
        ana.user_id,
    )
    assert counts == [2, 1, 1]
    assert [tuple(row)[:2] for row in rows] == [(3, 5), (1, 5)]
    assert rows[0]["last_accessed_at"] > rows[1]["last_accessed_at"]


async def test_fifty_uses_at_once_in_any_order_are_all_counted(
    pair: tuple[UUID, UUID], ana: Viewer, owner: asyncpg.Connection, database_urls: Urls
) -> None:
    pool = await asyncpg.create_pool(database_urls.api, min_size=10, max_size=10)

    async def use(number: int) -> None:
        async with pool.acquire() as connection, connection.transaction():
            await take_role(connection, ana)
            await connection.execute(TOUCH, list(pair[:: 1 if number % 2 else -1]))

    await asyncio.gather(*(use(number) for number in range(50)))
    await pool.close()

    rows = await owner.fetch(
        "select access_count from public.memory_access where user_id = $1", ana.user_id
    )
    assert [row["access_count"] for row in rows] == [50, 50]


async def test_memories_of_others_and_missing_ones_are_passed_over(
    pair: tuple[UUID, UUID],
    ana: Viewer,
    new_user: NewUser,
    as_user: AsUser,
    owner: asyncpg.Connection,
) -> None:
    ben = await new_user("Ben")
    his = await remember(as_user, ben)

    async with as_user(ben, "cairn_server") as connection:
        touched = await connection.fetchval(TOUCH, [*pair, uuid4(), his])

    users = await owner.fetch(
        "select user_id from public.memory_access where id = any ($1)", [*pair, his]
    )
    assert touched == 1
    assert [row["user_id"] for row in users] == [ben.user_id]


@pytest.mark.parametrize("salience", [-1, 11])
async def test_salience_is_between_0_and_10(
    salience: int, pair: tuple[UUID, UUID], ana: Viewer, as_user: AsUser
) -> None:
    """SC-022."""
    async with as_user(ana, "cairn_server") as connection:
        transaction = connection.transaction()
        await transaction.start()
        found = await refused(
            connection,
            "insert into public.memory_access (id, salience) values ($1, $2)",
            pair[0],
            salience,
        )
        await transaction.rollback()

    assert found == "memory_access_salience_is_between_0_and_10"


async def test_she_does_not_call_or_write_what_counts_uses(
    pair: tuple[UUID, UUID], ana: Viewer, as_user: AsUser
) -> None:
    found = []
    for statement in (
        "select private.touch_memory_access(array[$1::uuid])",
        "insert into public.memory_access (id) values ($1)",
    ):
        async with as_user(ana) as connection:
            transaction = connection.transaction()
            await transaction.start()
            found.append(await refused(connection, statement, pair[0]))
            await transaction.rollback()

    assert found == ["42501", "42501"]


# memory_links ----------------------------------------------------------------


async def test_a_pair_is_joined_once_whichever_comes_first(
    pair: tuple[UUID, UUID], ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """SC-028."""
    async with as_user(ana, "cairn_server") as connection:
        await connection.execute(LINK, *pair, "causes")

    for ends in (pair, pair[::-1]):
        with pytest.raises(asyncpg.UniqueViolationError) as failed:
            async with as_user(ana, "cairn_server") as connection:
                await connection.execute(LINK, *ends, "related")
        assert failed.value.constraint_name == "memory_links_pair_key"

    assert (
        await owner.fetchval(
            "select count(*) from public.memory_links where user_id = $1", ana.user_id
        )
        == 1
    )


async def test_a_memory_is_not_joined_with_itself(
    pair: tuple[UUID, UUID], ana: Viewer, as_user: AsUser
) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as failed:
        async with as_user(ana, "cairn_server") as connection:
            await connection.execute(LINK, pair[0], pair[0], "related")

    assert failed.value.constraint_name == "memory_links_join_two_memories"


@pytest.mark.parametrize("strength", [-0.1, 1.1])
async def test_a_link_is_no_stronger_than_1(
    strength: float, pair: tuple[UUID, UUID], ana: Viewer, as_user: AsUser
) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as failed:
        async with as_user(ana, "cairn_server") as connection:
            await connection.execute(
                "insert into public.memory_links (from_memory_id, to_memory_id, strength) "
                "values ($1, $2, $3)",
                *pair,
                strength,
            )

    assert failed.value.constraint_name == "memory_links_strength_is_between_0_and_1"


@pytest.mark.parametrize("end", [0, 1])
async def test_both_ends_of_a_link_are_hers(
    end: int,
    pair: tuple[UUID, UUID],
    ana: Viewer,
    new_user: NewUser,
    as_user: AsUser,
    owner: asyncpg.Connection,
) -> None:
    ben = await new_user("Ben")
    ends = [await remember(as_user, ben), await remember(as_user, ben, "He runs.")]
    ends[end] = pair[0]
    assert (
        await owner.fetchval("select user_id from public.memories where id = $1", pair[0])
        == ana.user_id
    )

    with pytest.raises(asyncpg.ForeignKeyViolationError):
        async with as_user(ben, "cairn_server") as connection:
            await connection.execute(LINK, *ends, "related")


@pytest.mark.parametrize("end", [0, 1])
async def test_a_link_and_the_count_go_with_a_memory(
    end: int, pair: tuple[UUID, UUID], ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """SC-029."""
    async with as_user(ana, "cairn_server") as connection:
        await connection.execute(LINK, *pair, "related")
        await connection.execute(TOUCH, list(pair))

    async with as_user(ana) as connection:
        await connection.execute("delete from public.memories where id = $1", pair[end])

    left = await owner.fetch(
        "select id from public.memory_links where user_id = $1 "
        "union all select id from public.memory_access where user_id = $1",
        ana.user_id,
    )
    assert [row["id"] for row in left] == [pair[1 - end]]


async def test_she_parts_what_does_not_belong_together_and_joins_nothing(
    pair: tuple[UUID, UUID], ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    async with as_user(ana, "cairn_server") as connection:
        await connection.execute(LINK, *pair, "related")

    async with as_user(ana) as connection:
        answer = await connection.execute("delete from public.memory_links")
        transaction = connection.transaction()
        await transaction.start()
        joined = await refused(connection, LINK, *pair, "related")
        await transaction.rollback()

    assert (answer, joined) == ("DELETE 1", "42501")


# memory_metrics --------------------------------------------------------------


async def test_a_day_of_retrievals_is_summed_up(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """SC-037."""
    for latency, candidates, hits, score in (
        (2.0, 100, 4, 0.5),
        (6.0, 50, 0, None),
        (1.0, 9, 6, 1.0),
    ):
        async with as_user(ana, "cairn_server") as connection:
            await connection.execute(RETRIEVED, latency, candidates, hits, score)

    rows = await owner.fetch("select * from public.memory_metrics where user_id = $1", ana.user_id)
    (found,) = rows
    assert (found["retrievals"], found["misses"]) == (3, 1)
    assert (found["candidates"], found["hits"]) == (159, 10)
    assert (found["latency_ms_total"], found["latency_ms_max"]) == (9.0, 6.0)
    assert found["mean_score"] == pytest.approx(0.8)
    assert found["mean_latency_ms"] == pytest.approx(3.0)


async def test_fifty_retrievals_at_once_are_all_counted(
    ana: Viewer, owner: asyncpg.Connection, database_urls: Urls
) -> None:
    pool = await asyncpg.create_pool(database_urls.api, min_size=10, max_size=10)

    async def retrieve() -> None:
        async with pool.acquire() as connection, connection.transaction():
            await take_role(connection, ana)
            await connection.execute(RETRIEVED, 1.0, 2, 1, 0.5)

    await asyncio.gather(*(retrieve() for _ in range(50)))
    await pool.close()

    rows = await owner.fetch(
        "select retrievals, hits from public.memory_metrics where user_id = $1", ana.user_id
    )
    assert sum(row["retrievals"] for row in rows) == sum(row["hits"] for row in rows) == 50


@pytest.mark.parametrize(
    "measured",
    [(-1.0, 2, 1, 0.5), (1.0, 2, 3, 0.5), (1.0, 2, -1, 0.5), (1.0, 2, 1, 1.5), (1.0, 2, 1, -0.5)],
)
async def test_a_measure_that_cannot_be_is_refused(
    measured: tuple[object, ...], ana: Viewer, as_user: AsUser
) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as failed:
        async with as_user(ana, "cairn_server") as connection:
            await connection.execute(RETRIEVED, *measured)

    assert failed.value.constraint_name == "memory_metrics_counts_and_sums_agree"


async def test_she_reads_her_measures_and_writes_none(
    ana: Viewer, new_user: NewUser, as_user: AsUser
) -> None:
    ben = await new_user("Ben")
    async with as_user(ana, "cairn_server") as connection:
        await connection.execute(RETRIEVED, 1.0, 2, 1, 0.5)

    async with as_user(ana) as connection:
        hers = await connection.fetchval("select count(*) from public.memory_metrics")
        transaction = connection.transaction()
        await transaction.start()
        written = await refused(connection, "update public.memory_metrics set hits = 9")
        await transaction.rollback()
    async with as_user(ben) as connection:
        his = await connection.fetchval("select count(*) from public.memory_metrics")

    assert (hers, his, written) == (1, 0, "42501")
