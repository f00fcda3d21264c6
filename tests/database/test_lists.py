"""Every list that an app can show is read off an index, which the policy's own condition begins."""

from __future__ import annotations

import asyncpg

from benchmarks.lists import lists, sequential_scans
from graphql_api.auth import Viewer
from tests.fixtures.people import AsUser


async def test_no_list_reads_a_whole_table(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    every_list = await lists(owner)
    found = {}

    async with as_user(ana) as connection:
        # The tables here are empty, so that to read one whole would be the cheapest; with this,
        # Postgres does so only where there is no other way.
        await connection.execute("set local enable_seqscan = off")
        for one in every_list:
            if scans := await sequential_scans(connection, one.hers):
                found[one.index] = scans

    assert len(every_list) >= 10
    assert found == {}


async def test_a_list_without_an_index_is_found_out(owner: asyncpg.Connection) -> None:
    transaction = owner.transaction()
    await transaction.start()
    await owner.execute("create table public.careless (user_id uuid, at timestamptz)")
    await owner.execute("set local enable_seqscan = off")

    scans = await sequential_scans(owner, "select * from public.careless order by at limit 20")

    await transaction.rollback()
    assert scans == ["careless"]
