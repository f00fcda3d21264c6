"""A vector is there while its memory may be found, and at no other time."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from graphql_api.auth import Viewer
from graphql_api.local.stack import Urls
from tests.database.live import take_role, until_waiting
from tests.database.memory.remembering import (
    EMBED,
    embed,
    has_vector,
    read,
    refused,
    remember,
    wave,
)
from tests.fixtures.people import AsUser, NewUser

INDEXES = """
select i.relname, a.amname, pg_get_indexdef(i.oid)
from pg_index x join pg_class i on i.oid = x.indexrelid join pg_am a on a.oid = i.relam
where x.indrelid = 'public.memory_vectors'::regclass
"""


@pytest.fixture
async def memory(ana: Viewer, as_user: AsUser) -> UUID:
    """A memory of Ana's that may be found."""
    return await remember(as_user, ana)


@pytest.fixture
async def pgvector(owner: asyncpg.Connection) -> None:
    """The real one; an older Postgres has a stand-in, which compares nothing."""
    if not await owner.fetchval(
        "select exists (select from pg_operator o join pg_namespace n on n.oid = o.oprnamespace "
        "where n.nspname = 'extensions' and o.oprname = '<=>')"
    ):
        pytest.skip("pgvector is not here")


@pytest.mark.parametrize(
    "state",
    [
        {"is_consented": False},
        {"validation_passed": False},
        {"validation_passed": None},
    ],
)
async def test_only_a_memory_that_may_be_found_gets_a_vector(
    state: dict[str, Any], ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """SC-033, NU-168."""
    memory = await remember(as_user, ana, **state)

    with pytest.raises(asyncpg.PostgresError) as failed:
        await embed(as_user, ana, memory)

    assert failed.value.sqlstate == "CA409"
    assert not await has_vector(owner, memory)


@pytest.mark.parametrize(
    "change",
    [
        "is_consented = false",
        "status = 'archived'",
        "status = 'dismissed'",
        "status = 'inactive'",
        "validation_passed = false",
        "validation_passed = null",
        "content = 'She runs.'",
        "processed_content = 'Somebody walks.'",
        "summary = 'Walks'",
    ],
)
async def test_a_vector_goes_when_its_memory_may_not_be_found_or_says_something_else(
    change: str, memory: UUID, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """NU-090, NU-092, NU-164."""
    await embed(as_user, ana, memory)
    assert await has_vector(owner, memory)

    async with as_user(ana, "cairn_server") as connection:
        await connection.execute(f"update public.memories set {change} where id = $1", memory)

    assert not await has_vector(owner, memory)


@pytest.mark.parametrize("change", ["is_consented = false", "status = 'dismissed'"])
async def test_she_herself_takes_a_vector_away_though_she_writes_none(
    change: str, memory: UUID, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    await embed(as_user, ana, memory)

    async with as_user(ana) as connection:
        transaction = connection.transaction()
        await transaction.start()
        directly = await refused(
            connection, "delete from public.memory_vectors where id = $1", memory
        )
        await transaction.rollback()
        await connection.execute(f"update public.memories set {change} where id = $1", memory)

    assert directly == "42501"
    assert not await has_vector(owner, memory)


@pytest.mark.parametrize(
    "change", ["tags = '{sea}'", "significance_level = 'high'", "is_consented = true"]
)
async def test_a_vector_stays_when_something_else_changes(
    change: str, memory: UUID, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    await embed(as_user, ana, memory)

    async with as_user(ana, "cairn_server") as connection:
        await connection.execute(f"update public.memories set {change} where id = $1", memory)

    assert await has_vector(owner, memory)


async def test_the_vector_of_another_memory_stays(
    memory: UUID, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    other = await remember(as_user, ana, "She runs.")
    for each in (memory, other):
        await embed(as_user, ana, each)

    async with as_user(ana) as connection:
        await connection.execute(
            "update public.memories set status = 'archived' where id = $1", memory
        )

    assert (await has_vector(owner, memory), await has_vector(owner, other)) == (False, True)


async def test_a_memory_that_comes_back_can_be_embedded_again(
    memory: UUID, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    await embed(as_user, ana, memory)
    for status in ("archived", "active"):
        async with as_user(ana) as connection:
            await connection.execute(
                "update public.memories set status = $1::text::public.memory_status where id = $2",
                status,
                memory,
            )

    await embed(as_user, ana, memory)

    assert await has_vector(owner, memory)


async def test_deleting_a_memory_takes_its_vector_with_it(
    memory: UUID, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """NU-092."""
    await embed(as_user, ana, memory)

    async with as_user(ana) as connection:
        await connection.execute("delete from public.memories where id = $1", memory)

    assert not await has_vector(owner, memory)


async def test_consent_withdrawn_while_a_vector_is_written_takes_it_away(
    memory: UUID,
    ana: Viewer,
    as_user: AsUser,
    owner: asyncpg.Connection,
    database_urls: Urls,
) -> None:
    worker, she = [await asyncpg.connect(database_urls.api) for _ in range(2)]
    transaction = worker.transaction()
    await transaction.start()
    await take_role(worker, ana)
    await worker.execute(EMBED, memory, "a-model", wave(), "she walks")

    async def withdraw() -> None:
        async with she.transaction():
            await take_role(she, ana)
            await she.execute(
                "update public.memories set is_consented = false where id = $1", memory
            )

    withdrawing = asyncio.create_task(withdraw())
    await until_waiting(owner, she)
    await transaction.commit()
    await withdrawing
    for connection in (worker, she):
        await connection.close()

    assert not (await read(owner, memory))["is_consented"]
    assert not await has_vector(owner, memory)


async def test_a_vector_is_replaced_never_changed_even_by_the_dashboard(
    memory: UUID, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    await embed(as_user, ana, memory)

    found = await refused(
        owner, "update public.memory_vectors set embedder = 'another' where id = $1", memory
    )

    assert found == "CA409"


@pytest.mark.parametrize("name", ["", "a model", "x" * 61, "-x"])
async def test_an_embedder_has_a_short_plain_name(
    name: str, memory: UUID, ana: Viewer, as_user: AsUser
) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as failed:
        await embed(as_user, ana, memory, embedder=name)

    assert failed.value.constraint_name == "memory_vectors_embedder_is_a_short_name"


async def test_a_memory_has_one_vector(memory: UUID, ana: Viewer, as_user: AsUser) -> None:
    await embed(as_user, ana, memory)

    with pytest.raises(asyncpg.UniqueViolationError) as failed:
        await embed(as_user, ana, memory, embedder="another")

    assert failed.value.constraint_name == "memory_vectors_pkey"


async def test_nobody_embeds_reads_or_removes_anothers(
    memory: UUID, ana: Viewer, new_user: NewUser, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    ben, bare = await new_user("Ben"), await remember(as_user, ana, "She runs.")
    await embed(as_user, ana, memory)

    with pytest.raises(asyncpg.PostgresError) as failed:
        await embed(as_user, ben, bare)
    async with as_user(ben, "cairn_server") as connection:
        seen = await connection.fetch("select id from public.memory_vectors")
        answer = await connection.execute("delete from public.memory_vectors")

    assert failed.value.sqlstate == "CA404"
    assert (seen, answer) == ([], "DELETE 0")
    assert await has_vector(owner, memory)


@pytest.mark.parametrize("dimensions", [3, 767, 769])
async def test_another_number_of_dimensions_is_refused(
    dimensions: int, pgvector: None, memory: UUID, ana: Viewer, as_user: AsUser
) -> None:
    """NU-081, NU-082."""
    with pytest.raises(asyncpg.DataError):
        await embed(as_user, ana, memory, wave(dimensions=dimensions))


async def test_the_bits_are_the_signs_of_the_embedding(
    pgvector: None, memory: UUID, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    await embed(as_user, ana, memory, wave(-1, 1, -1, -1))

    bits = await owner.fetchval(
        "select bits::text from public.memory_vectors where id = $1", memory
    )
    assert bits == "0100" + "1" * 764


async def test_the_nearest_is_found_by_bits_and_then_exactly(
    pgvector: None, ana: Viewer, new_user: NewUser, as_user: AsUser
) -> None:
    """SC-017, NU-083: hers only, whatever is nearer of others."""
    ben, wanted = await new_user("Ben"), wave(-1, -1, -1, 1)
    near, far = await remember(as_user, ana, "near"), await remember(as_user, ana, "far")
    his = await remember(as_user, ben, "his")
    await embed(as_user, ana, near, wave(-1, -1, 1, 1))
    await embed(as_user, ana, far, wave(1, 1, 1, -1))
    await embed(as_user, ben, his, wanted)

    async with as_user(ana) as connection:
        found = await connection.fetch(
            """
            with pool as (
              select id from public.memory_vectors
              where user_id = (select auth.uid()) and embedder = 'a-model'
              order by bits operator(extensions.<~>)
                (select extensions.binary_quantize($1::text::extensions.halfvec)::bit(768))
              limit 200
            )
            select vector.id from public.memory_vectors as vector join pool using (id)
            order by vector.embedding operator(extensions.<=>) $1::text::extensions.halfvec
            """,
            wanted,
        )

    assert [row["id"] for row in found] == [near, far]


async def test_an_embedding_lies_in_its_row(owner: asyncpg.Connection) -> None:
    storage = await owner.fetchval(
        "select attstorage from pg_attribute "
        "where attrelid = 'public.memory_vectors'::regclass and attname = 'embedding'"
    )

    assert storage == b"p"


async def test_no_index_holds_everybodys_neighbours(owner: asyncpg.Connection) -> None:
    """SC-018: under policies an HNSW over everybody returns the wrong rows."""
    found = {row["relname"]: row["amname"] for row in await owner.fetch(INDEXES)}

    assert found == {
        "memory_vectors_pkey": "btree",
        "memory_vectors_by_bits_idx": "btree",
        "memory_vectors_by_words_idx": "gin",
    }


@pytest.mark.parametrize(
    ("index", "others", "node", "query"),
    [
        (
            "memory_vectors_by_bits_idx",
            ["memory_vectors_by_words_idx"],
            "Index Only Scan",
            "select id, bits from public.memory_vectors "
            "where user_id = (select auth.uid()) and embedder = 'a-model'",
        ),
        (
            "memory_vectors_by_words_idx",
            ["memory_vectors_by_bits_idx", "memory_vectors_pkey"],
            "Bitmap Index Scan",
            "select id from public.memory_vectors "
            "where user_id = (select auth.uid()) and search @@ to_tsquery('simple', 'walks')",
        ),
    ],
)
async def test_a_search_reads_one_persons_part_of_an_index(
    index: str, others: list[str], node: str, query: str, owner: asyncpg.Connection
) -> None:
    transaction = owner.transaction()
    await transaction.start()
    # A table this small is read by whichever index there is: so let there be one.
    for other in others:
        await owner.execute(
            f"alter table public.memory_vectors drop constraint {other}"
            if other.endswith("_pkey")
            else f"drop index public.{other}"
        )
    await owner.execute("set local enable_seqscan = off")

    explained = json.loads(await owner.fetchval(f"explain (format json) {query}"))

    await transaction.rollback()
    plan = explained[0]["Plan"]
    scan = next(part for part in (plan, *plan.get("Plans", ())) if part.get("Index Name") == index)
    assert scan["Node Type"] == node
    assert "user_id = " in scan["Index Cond"]
    assert "embedder = " in scan["Index Cond"] or "search @@ " in scan["Index Cond"]
