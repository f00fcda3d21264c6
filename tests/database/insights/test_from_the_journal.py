"""Insights drawn from a journal go where their entry goes: SC-081, SC-083."""

from __future__ import annotations

import asyncio
from uuid import UUID

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.database.insights.insight import Tell, change, read
from tests.database.journal.rows import insert, text
from tests.fixtures.people import AsUser, NewUser


async def entry_of(as_user: AsUser, viewer: Viewer, *, shared: bool = True) -> UUID:
    async with as_user(viewer) as connection:
        entry = await insert(
            connection, "journal_entries", content="'It rained.'", shared_with_ai=str(shared)
        )
    return UUID(str(entry["id"]))


def drawn(entry: UUID) -> dict[str, str]:
    return {
        "origin": "'journal'",
        "type": "'journal_pattern'",
        "journal_entry_id": text(entry),
        "evidence": "'{\"It rained.\"}'",
    }


async def edit(as_user: AsUser, viewer: Viewer, entry: UUID, what: str) -> None:
    async with as_user(viewer) as connection:
        answer = await connection.execute(
            f"update public.journal_entries set {what} where id = $1", entry
        )
        assert answer == "UPDATE 1"


async def test_an_insight_is_drawn_from_a_shared_entry(
    tell: Tell, ana: Viewer, as_user: AsUser
) -> None:
    entry = await entry_of(as_user, ana)

    insight = await tell(**drawn(entry))

    assert (insight["status"], insight["journal_entry_id"]) == ("pending", entry)
    assert (insight["evidence"], insight["withdrawn_at"]) == (["It rained."], None)


@pytest.mark.parametrize("what", ["unshared", "trashed"])
async def test_none_is_drawn_from_an_entry_that_is_not_shared_or_in_the_trash(
    what: str, tell: Tell, ana: Viewer, as_user: AsUser
) -> None:
    entry = await entry_of(as_user, ana, shared=what != "unshared")
    if what == "trashed":
        await edit(as_user, ana, entry, "deleted_at = now()")

    with pytest.raises(asyncpg.PostgresError, match="not shared") as refused:
        await tell(**drawn(entry))

    assert refused.value.sqlstate == "CA409"


async def test_none_is_drawn_from_another_persons_entry(
    tell: Tell, new_user: NewUser, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    entry = await entry_of(as_user, await new_user("Ben"))
    assert await owner.fetchval(
        "select shared_with_ai from public.journal_entries where id = $1", entry
    )

    with pytest.raises(asyncpg.PostgresError, match="not shared"):
        await tell(**drawn(entry))


async def test_what_was_drawn_from_an_entry_is_gone_when_it_is_shared_no_longer(
    tell: Tell, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    entry, other = await entry_of(as_user, ana), await entry_of(as_user, ana)
    gone, kept = await tell(**drawn(entry)), await tell(**drawn(other))
    hers = await tell()
    await change(as_user, ana, gone["id"], "status = 'revealed'")

    await edit(as_user, ana, entry, "shared_with_ai = false")

    assert await read(owner, gone["id"]) is None
    assert await read(owner, kept["id"]) == kept
    assert await read(owner, hers["id"]) == hers


async def test_what_was_drawn_from_an_entry_goes_into_the_trash_and_back_with_it(
    tell: Tell, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    entry = await entry_of(as_user, ana)
    insight = (await tell(**drawn(entry)))["id"]
    await change(as_user, ana, insight, "status = 'revealed', rating = 4")

    await edit(as_user, ana, entry, "deleted_at = now()")
    in_the_trash = await read(owner, insight)
    await edit(as_user, ana, entry, "deleted_at = null")
    back = await read(owner, insight)

    moment = await owner.fetchval("select updated_at from public.insights where id = $1", insight)
    assert in_the_trash["withdrawn_at"] is not None
    assert (back["withdrawn_at"], back["rating"]) == (None, 4)
    assert moment == back["updated_at"]


@pytest.mark.parametrize("what", ["content = 'It poured.'", "mood = 'soft'"])
async def test_another_change_of_the_entry_leaves_them(
    what: str, tell: Tell, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    entry = await entry_of(as_user, ana)
    insight = await tell(**drawn(entry))

    await edit(as_user, ana, entry, what)

    assert await read(owner, insight["id"]) == insight


async def test_an_entry_deleted_for_good_takes_them_along(
    tell: Tell, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    entry = await entry_of(as_user, ana)
    insight = await tell(**drawn(entry))

    async with as_user(ana) as connection:
        await connection.execute("delete from public.journal_entries where id = $1", entry)

    assert await read(owner, insight["id"]) is None


async def test_only_those_from_her_journal_can_be_withdrawn(
    tell: Tell, owner: asyncpg.Connection
) -> None:
    insight = await tell()

    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await owner.execute(
            "update public.insights set withdrawn_at = now() where id = $1", insight["id"]
        )

    assert refused.value.constraint_name == "insights_only_those_from_her_journal_are_withdrawn"


async def test_none_is_left_when_she_takes_the_entry_back_while_it_is_being_drawn(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    entry = await entry_of(as_user, ana)

    async with as_user(ana, "cairn_server") as worker:
        await insert(worker, "insights", content="'x'", **drawn(entry))
        taking_back = asyncio.create_task(edit(as_user, ana, entry, "shared_with_ai = false"))
        await asyncio.wait([taking_back], timeout=0.5)
        waited = not taking_back.done()
    await taking_back

    left = await owner.fetchval(
        "select count(*) from public.insights where user_id = $1", ana.user_id
    )
    assert (waited, left) == (True, 0)
