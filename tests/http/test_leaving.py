"""A client who goes away in the middle of a statement, with a real Postgres."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest
from starlette.applications import Starlette

from tests.fixtures.graphql import Caller
from tests.http.endpoint import Connection

UPDATE = b'{"query": "mutation { updateViewer(input: { bio: \\"Gone.\\" }) { bio } }"}'

WAITING = """
select exists (
  select from pg_stat_activity
  where datname = current_database() and usename = 'cairn_api' and wait_event_type = 'Lock'
)
"""


async def until(owner: asyncpg.Connection, *, waiting: bool) -> None:
    """Wait until somebody (or nobody) waits for a lock in this worker's database."""
    async with asyncio.timeout(5):
        while await owner.fetchval(WAITING) is not waiting:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@pytest.mark.usefixtures("client")
async def test_her_statement_is_cancelled_and_the_session_serves_the_next_as_the_next(
    app: Starlette,
    ana: Caller,
    ben: Caller,
    owner: asyncpg.Connection,
    superuser: asyncpg.Connection,
) -> None:
    for caller in (ana, ben):
        assert (await caller("{ viewer { id } }")).status == 200
    async with owner.transaction():
        await owner.execute("select from public.users where id = $1 for update", ana.viewer.user_id)
        leaving = Connection(app, headers=ana.headers)
        leaving.scope |= {"http_version": "1.1", "raw_path": b"/graphql", "root_path": ""}
        leaving.body(UPDATE)
        serving = asyncio.create_task(leaving.serve())
        await until(superuser, waiting=True)

        leaving.disconnect()
        await serving

        assert leaving.sent == []
        # Postgres has stopped, too, though the lock is still held.
        await until(superuser, waiting=False)
        answers = await asyncio.gather(*(caller("{ viewer { id } }") for caller in (ana, ben) * 20))

    expected = [str(caller.viewer.user_id) for caller in (ana, ben) * 20]
    assert [answer.data["viewer"]["id"] for answer in answers] == expected
    bio = await owner.fetchval("select bio from public.users where id = $1", ana.viewer.user_id)
    assert bio is None
