"""What every table shares: idempotency keys, ids, crisis levels."""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.fixtures.people import AsUser

CLAIM = "select private.claim_idempotency_key($1, $2, $3, $4)"


async def test_a_repeated_key_gives_the_first_entity(ana: Viewer, as_user: AsUser) -> None:
    first, second = uuid4(), uuid4()
    async with as_user(ana, "cairn_server") as connection:
        assert await connection.fetchval(CLAIM, "start", "k", "hash", first) is None

    async with as_user(ana, "cairn_server") as connection:
        assert await connection.fetchval(CLAIM, "start", "k", "hash", second) == first


@pytest.mark.parametrize(("verb", "request_hash"), [("start", "other"), ("rename", "hash")])
async def test_a_key_with_another_request_is_a_conflict(
    verb: str, request_hash: str, ana: Viewer, as_user: AsUser
) -> None:
    async with as_user(ana, "cairn_server") as connection:
        await connection.fetchval(CLAIM, "start", "k", "hash", uuid4())

    with pytest.raises(asyncpg.PostgresError) as refused:
        async with as_user(ana, "cairn_server") as connection:
            await connection.fetchval(CLAIM, verb, "k", request_hash, uuid4())

    assert refused.value.sqlstate == "CA409"
    assert str(refused.value) == "This idempotency key was used with another request."


async def test_a_second_claim_waits_for_the_first_and_takes_over_when_it_fails(
    ana: Viewer, as_user: AsUser
) -> None:
    first, second = uuid4(), uuid4()

    async def claim_again() -> UUID | None:
        async with as_user(ana, "cairn_server") as connection:
            found: UUID | None = await connection.fetchval(CLAIM, "start", "k", "hash", second)
            return found

    async with as_user(ana, "cairn_server") as connection:
        attempt = connection.transaction()
        await attempt.start()
        assert await connection.fetchval(CLAIM, "start", "k", "hash", first) is None
        waiting = asyncio.create_task(claim_again())
        await blocked(connection)
        await attempt.rollback()

    assert await waiting is None


async def test_ten_claims_at_once_agree(ana: Viewer, as_user: AsUser) -> None:
    async def claim() -> UUID:
        mine = uuid4()
        async with as_user(ana, "cairn_server") as connection:
            first: UUID | None = await connection.fetchval(CLAIM, "start", "k", "hash", mine)
            return first or mine

    assert len(set(await asyncio.gather(*(claim() for _ in range(10))))) == 1


async def blocked(connection: asyncpg.Connection) -> None:
    """Wait until some other connection waits for this one's locks."""
    query = (
        "select count(*) from pg_locks "
        "where not granted and pg_backend_pid() = any (pg_blocking_pids(pid))"
    )
    async with asyncio.timeout(10):
        while not await connection.fetchval(query):  # noqa: ASYNC110 - see below
            await asyncio.sleep(0.01)  # Postgres tells nobody of a wait


async def test_ids_are_time_ordered_uuids_of_version_7(owner: asyncpg.Connection) -> None:
    rows = await owner.fetch(
        "select private.uuid_v7() as id, clock_timestamp() as moment from generate_series(1, 200)"
    )

    for row in rows:
        milliseconds = row["moment"].timestamp() * 1000
        assert (row["id"].version, row["id"].variant) == (7, "specified in RFC 4122")
        assert 0 <= milliseconds - (row["id"].int >> 80) < 50
    assert len({row["id"] for row in rows}) == 200
    # Within one microsecond the order is chance; that is rare, and never further apart.
    assert [row["id"].int >> 76 for row in rows] == sorted(row["id"].int >> 76 for row in rows)


async def test_crisis_levels_are_ordered_and_have_numbers(ana: Viewer, as_user: AsUser) -> None:
    """NU-052, CL-056: CouchLoop's 0 to 4."""
    async with as_user(ana) as connection:
        rows = await connection.fetch(
            "select public.crisis_level_of(n)::text as level, "
            "public.crisis_level_number(public.crisis_level_of(n)) as number "
            "from generate_series(4, 0, -1) n order by public.crisis_level_of(n)"
        )

    assert [tuple(row) for row in rows] == [
        ("none", 0),
        ("low", 1),
        ("moderate", 2),
        ("high", 3),
        ("critical", 4),
    ]


@pytest.mark.parametrize("number", [-1, 5])
async def test_there_is_no_crisis_level_beyond(number: int, ana: Viewer, as_user: AsUser) -> None:
    with pytest.raises(asyncpg.PostgresError) as refused:
        async with as_user(ana) as connection:
            await connection.execute("select public.crisis_level_of($1)", number)

    assert refused.value.sqlstate == "CA400"
