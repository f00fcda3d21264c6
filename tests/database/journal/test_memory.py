"""Memory takes in what she shares, and lets go of what she takes back: SC-076, SC-083, D13."""

from __future__ import annotations

from uuid import UUID

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.database.journal.entries import Write
from tests.fixtures.people import AsUser


async def asked(owner: asyncpg.Connection, entry: UUID) -> list[tuple[int, bool]]:
    """How often memory was asked to take the entry in, and whether it is to let go of it."""
    rows = await owner.fetch(
        "select requested, content_hash from public.memory_updates "
        "where kind = 'journal_entry' and ref_id = $1",
        entry,
    )
    return [(row["requested"], row["content_hash"] == "taken back") for row in rows]


async def edit(as_user: AsUser, viewer: Viewer, entry: UUID, what: str) -> None:
    async with as_user(viewer) as connection:
        await connection.execute(f"update public.journal_entries set {what} where id = $1", entry)


async def test_memory_hears_of_no_entry_that_is_not_shared(
    write: Write, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    entry = (await write())["id"]

    for what in ("content = 'It poured.'", "is_private = true", "deleted_at = now()"):
        await edit(as_user, ana, entry, what)
        assert await asked(owner, entry) == []


async def test_memory_hears_once_of_each_shared_version(
    write: Write, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    entry = (await write(shared_with_ai="true"))["id"]
    assert await asked(owner, entry) == [(1, False)]

    for number, what in enumerate(("content = 'It poured.'", "mood = 'soft'"), 2):
        for _ in range(2):
            await edit(as_user, ana, entry, what)
        assert await asked(owner, entry) == [(number, False)]


@pytest.mark.parametrize(
    ("taken", "given"),
    [
        ("shared_with_ai = false", "shared_with_ai = true"),
        ("deleted_at = now()", "deleted_at = null"),
    ],
)
async def test_memory_hears_that_an_entry_was_taken_back_and_given_again(
    taken: str, given: str, write: Write, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    entry = (await write(shared_with_ai="true"))["id"]

    await edit(as_user, ana, entry, taken)
    assert await asked(owner, entry) == [(2, True)]
    await edit(as_user, ana, entry, given)
    assert await asked(owner, entry) == [(3, False)]


async def test_memory_waits_for_no_entry_that_is_gone(
    write: Write, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    entry = (await write(shared_with_ai="true"))["id"]
    assert await asked(owner, entry) == [(1, False)]

    async with as_user(ana) as connection:
        await connection.execute("delete from public.journal_entries where id = $1", entry)

    assert await asked(owner, entry) == []


async def test_drawing_insights_tells_memory_nothing(
    write: Write, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    entry = (await write(shared_with_ai="true"))["id"]

    async with as_user(ana, "cairn_server") as connection:
        await connection.execute("select private.finish_journal_extraction($1, 1)", entry)

    assert await asked(owner, entry) == [(1, False)]
