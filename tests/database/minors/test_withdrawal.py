"""A guardian's consent that ends counts at once, whatever happens at the same moment (D18)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import asyncpg
import pytest

from tests.database.minors.consenting import consent, take_back
from tests.fixtures.people import AsUser, NewUser

THIS_YEAR = datetime.now(UTC).year


BLOCKED = """
select exists (
  select from pg_stat_activity
  where datname = current_database() and cardinality(pg_blocking_pids(pid)) > 0
)
"""


async def test_a_birth_year_put_right_while_the_consent_ends_leaves_no_way_in(
    new_user: NewUser, owner: asyncpg.Connection, as_user: AsUser
) -> None:
    viewer = await new_user("Noa", birth_year=1990)
    token = await consent(as_user, viewer)
    transaction = owner.transaction()
    await transaction.start()
    await owner.execute(
        "update public.profiles set birth_year = $2 where user_id = $1",
        viewer.user_id,
        THIS_YEAR - 12,
    )

    withdrawing = asyncio.create_task(take_back(as_user, token))
    for _ in range(1000):
        if await owner.fetchval(BLOCKED):
            break
        await asyncio.sleep(0.01)
    else:
        pytest.fail("The guardian does not wait for her.")
    await transaction.commit()
    await withdrawing

    assert await owner.fetchval("select private.takes_part($1)", viewer.user_id) is False


async def test_a_reply_can_be_stopped_by_who_takes_no_part_any_more_and_not_rewritten(
    new_user: NewUser, owner: asyncpg.Connection, as_user: AsUser
) -> None:
    viewer = await new_user("Noa")
    async with as_user(viewer, "cairn_server") as connection:
        conversation = await connection.fetchval(
            "insert into public.conversations (title) values ('x') returning id"
        )
        reply = await connection.fetchval(
            "insert into public.messages (conversation_id, role, state, content) "
            "values ($1, 'assistant', 'queued', '') returning id",
            conversation,
        )
    await owner.execute(
        "update public.profiles set birth_year = $2 where user_id = $1",
        viewer.user_id,
        THIS_YEAR - 12,
    )

    with pytest.raises(asyncpg.PostgresError) as refused:
        async with as_user(viewer, "cairn_server") as connection:
            await connection.execute(
                "update public.messages set state = 'complete', content = 'x' where id = $1", reply
            )
    async with as_user(viewer, "cairn_server") as connection:
        stopped = await connection.fetchval(
            "select state::text from private.cancel_reply($1)", reply
        )

    assert refused.value.sqlstate == "CA451"
    assert stopped == "cancelled"


async def test_who_takes_no_part_still_gets_her_export(
    new_user: NewUser, owner: asyncpg.Connection, as_user: AsUser
) -> None:
    viewer = await new_user("Noa", birth_year=THIS_YEAR - 12)
    async with as_user(viewer) as connection:
        export = await connection.fetchval(
            "insert into public.data_exports default values returning id"
        )

    claimed = set()
    async with as_user(viewer, "cairn_server") as connection:
        while row := await connection.fetchrow("select * from private.claim_data_export(60)"):
            claimed.add(row[0])

    assert export in claimed
