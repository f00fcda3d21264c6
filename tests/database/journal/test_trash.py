"""A deleted entry lies in the trash for thirty days, and can be taken out: SC-077, SC-078, D20."""

from __future__ import annotations

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.database.journal.entries import Write, read
from tests.database.journal.rows import act_as_undo
from tests.fixtures.people import AsUser, NewUser


async def test_a_deleted_entry_comes_back_as_it_was(
    write: Write, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    entry = await write(title="'Rain'", shared_with_ai="true")

    async with as_user(ana) as connection:
        deleted = await connection.fetchrow(
            "select * from public.delete_journal_entry($1)", entry["id"]
        )
        seen = await connection.fetchval(
            "select count(*) from public.journal_entries where id = $1", entry["id"]
        )
    async with as_user(ana) as connection:
        restored = await connection.fetchrow(
            "select * from public.restore_journal_entry($1)", entry["id"]
        )

    assert deleted["deleted_at"] is not None
    assert seen == 1  # policies show it; the declaration's filter hides it
    changed = {"version": 3, "updated_at": restored["updated_at"]}
    assert dict(restored) == dict(entry) | changed


async def test_deleting_twice_is_deleting_once(
    write: Write, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    entry = await write()

    moments = []
    for _ in range(2):
        async with as_user(ana) as connection:
            moments.append(
                await connection.fetchval(
                    "select deleted_at from public.delete_journal_entry($1)", entry["id"]
                )
            )

    assert moments[0] == moments[1]
    assert (await read(owner, entry["id"]))["version"] == 2


async def test_the_time_in_the_trash_is_the_databases(
    write: Write, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    entry = await write()

    async with as_user(ana) as connection:
        now = await connection.fetchval("select now()")
        await connection.execute(
            "update public.journal_entries set deleted_at = now() + interval '9 years'"
        )

    assert (await read(owner, entry["id"]))["deleted_at"] == now


async def test_what_is_not_in_the_trash_cannot_be_restored(
    write: Write, ana: Viewer, as_user: AsUser
) -> None:
    entry = await write()

    with pytest.raises(asyncpg.PostgresError, match="not in the trash") as refused:
        async with as_user(ana) as connection:
            await connection.execute("select public.restore_journal_entry($1)", entry["id"])

    assert refused.value.sqlstate == "CA409"


@pytest.mark.parametrize("verb", ["delete_journal_entry", "restore_journal_entry"])
@pytest.mark.parametrize("role", ["authenticated", "cairn_server"])
async def test_another_persons_entry_is_as_missing_as_none(
    verb: str,
    role: str,
    write: Write,
    new_user: NewUser,
    ana: Viewer,
    as_user: AsUser,
    owner: asyncpg.Connection,
) -> None:
    entry, ben = await write(), await new_user("Ben")
    if verb == "restore_journal_entry":
        async with as_user(ana) as connection:
            await connection.execute("select public.delete_journal_entry($1)", entry["id"])
    before = await read(owner, entry["id"])

    said = []
    for target in (entry["id"], ben.user_id):
        with pytest.raises(asyncpg.PostgresError) as refused:
            async with as_user(ben, role) as connection:
                await connection.execute(f"select public.{verb}($1)", target)
        said.append((refused.value.sqlstate, str(refused.value)))

    assert said == [("CA404", "There is no such journal entry, or it is not yours.")] * 2
    assert await read(owner, entry["id"]) == before


@pytest.mark.parametrize(
    "change",
    ["title = 'x'", "content = 'x'", "mood = 'x'", "emotional_tone = '{x}'", "themes = '{x}'"],
)
async def test_an_entry_in_the_trash_rests(
    change: str, write: Write, ana: Viewer, as_user: AsUser
) -> None:
    entry = await write()
    async with as_user(ana) as connection:
        await connection.execute("select public.delete_journal_entry($1)", entry["id"])

    with pytest.raises(asyncpg.PostgresError, match="restore it first") as refused:
        async with as_user(ana) as connection:
            await connection.execute(
                f"update public.journal_entries set {change} where id = $1", entry["id"]
            )

    assert refused.value.sqlstate == "CA409"


async def test_sharing_is_taken_back_in_the_trash_too(
    write: Write, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    entry = await write(shared_with_ai="true")

    async with as_user(ana) as connection:
        await connection.execute("select public.delete_journal_entry($1)", entry["id"])
        await connection.execute("update public.journal_entries set shared_with_ai = false")

    assert not (await read(owner, entry["id"]))["shared_with_ai"]


async def test_the_sweep_removes_what_lay_there_for_more_than_thirty_days_of_everybodys(
    write: Write, new_user: NewUser, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    ben = await new_user("Ben")
    kept = (await write())["id"]
    put = (
        "insert into public.journal_entries (user_id, content, deleted_at) "
        "values ($1, 'old', now() - $2::text::interval) returning id"
    )
    for viewer in (ana, ben):
        await owner.execute(put, viewer.user_id, "30 days 1 minute")
    young = await owner.fetchval(put, ana.user_id, "29 days 23 hours")

    async with as_user(ben, "cairn_server") as connection:
        swept = await connection.fetchval("select private.sweep_trashed_journal_entries()")

    left = await owner.fetch(
        "select id from public.journal_entries where user_id in ($1, $2)", ana.user_id, ben.user_id
    )
    assert swept == 2
    assert {row["id"] for row in left} == {kept, young}


async def test_the_sweep_takes_10000_at_once(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    await owner.execute(
        "insert into public.journal_entries (user_id, content, deleted_at) "
        "select $1, 'old', now() - interval '31 days' from generate_series(1, 10001)",
        ana.user_id,
    )

    swept = []
    for _ in range(3):
        async with as_user(ana, "cairn_server") as connection:
            swept.append(
                await connection.fetchval("select private.sweep_trashed_journal_entries()")
            )

    assert swept == [10_000, 1, 0]


async def test_only_the_server_sweeps(ana: Viewer, as_user: AsUser) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with as_user(ana) as connection:
            await connection.execute("select private.sweep_trashed_journal_entries()")


async def test_she_may_delete_an_entry_for_good(
    write: Write, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    entry = await write()

    async with as_user(ana) as connection:
        await connection.execute("delete from public.journal_entries where id = $1", entry["id"])

    assert await read(owner, entry["id"]) is None


async def test_an_undo_puts_an_entry_back_into_the_trash_with_its_moment(
    write: Write, ana: Viewer, as_user: AsUser, superuser: asyncpg.Connection
) -> None:
    """D14."""
    entry = await write()
    async with as_user(ana) as connection:
        before = await connection.fetchrow(
            "select * from public.delete_journal_entry($1)", entry["id"]
        )
    async with as_user(ana) as connection:
        await connection.execute("select public.restore_journal_entry($1)", entry["id"])

    async with superuser.transaction():
        await act_as_undo(superuser, ana)
        await superuser.execute(
            "update public.journal_entries set deleted_at = $1 where id = $2",
            before["deleted_at"],
            entry["id"],
        )

    assert (await read(superuser, entry["id"]))["deleted_at"] == before["deleted_at"]
