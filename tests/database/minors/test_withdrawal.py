"""A guardian's consent that ends counts at once, whatever happens at the same moment (D18)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg
import pytest

from graphql_api.auth import Viewer
from graphql_api.local.stack import Urls
from tests.database.live import until_waiting
from tests.fixtures.people import AsUser, NewUser

THIS_YEAR = datetime.now(UTC).year
TAKES_PART = "select private.takes_part($1)"


async def with_consents(
    new_user: NewUser, owner: asyncpg.Connection, number: int, *, birth_year: int
) -> tuple[Viewer, list[UUID]]:
    """Sign up somebody with so many consents of guardians, all of them granted."""
    viewer = await new_user("Noa", birth_year=birth_year)
    consents = []
    for place in range(number):
        consent = uuid4()
        await owner.execute(
            "insert into public.guardian_consents (id, user_id, guardian_email) values ($1, $2, $3)",
            consent,
            viewer.user_id,
            f"guardian{place}@example.com",
        )
        await owner.execute(
            "update public.guardian_consents set status = 'granted', method = 'email_link' "
            "where id = $1",
            consent,
        )
        consents.append(consent)
    return viewer, consents


WITHDRAW = "update public.guardian_consents set status = 'withdrawn' where id = $1"


async def test_a_birth_year_put_right_while_the_consent_ends_leaves_no_way_in(
    new_user: NewUser, owner: asyncpg.Connection, database_urls: Urls
) -> None:
    viewer, (consent,) = await with_consents(new_user, owner, 1, birth_year=1990)
    other = await asyncpg.connect(database_urls.owner)
    try:
        transaction = owner.transaction()
        await transaction.start()
        await owner.execute(
            "update public.profiles set birth_year = $2 where user_id = $1",
            viewer.user_id,
            THIS_YEAR - 12,
        )
        withdrawing = asyncio.create_task(other.execute(WITHDRAW, consent))
        await until_waiting(owner, other.get_server_pid())
        await transaction.commit()
        await withdrawing
    finally:
        await other.close()

    assert await owner.fetchval(TAKES_PART, viewer.user_id) is False


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
