"""After a backup was restored, whom it brought back is erased again. NU-174, NU-189, D20.

A receipt in the database is lost with it, so that the list is kept outside.
"""

from __future__ import annotations

import hashlib
from uuid import UUID, uuid4

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.database.erasure.erasing import FOR_A_WHILE, receipt_of, rows_that_name
from tests.fixtures.people import NewUser, insert_auth_user

REPLAY = "select private.replay_erasures($1, $2)"


def hashed(person: UUID | None) -> str:
    """Hash an id as an operator could, without the database."""
    assert person is not None
    return hashlib.sha256(person.bytes).hexdigest()


async def exported(owner: asyncpg.Connection, since: str = "-infinity") -> list[str]:
    rows = await owner.fetch(
        f"select subject_hash from private.export_erasures('{since}') order by erased_at"
    )
    return [row[0] for row in rows]


async def test_whom_a_backup_brought_back_is_erased_again_and_nobody_else(
    ana: Viewer, new_user: NewUser, owner: asyncpg.Connection
) -> None:
    assert ana.user_id is not None
    ben = await new_user("Ben")
    await owner.execute("select private.erase_user($1)", ana.user_id)
    kept_outside = await exported(owner)
    # The backup: she is there again, and nothing here says that she should not be.
    await owner.execute("delete from private.erasure_jobs")
    await owner.execute("delete from private.erasures")
    await insert_auth_user(owner, ana.user_id, "Ana")
    await owner.execute(
        "insert into public.conversations (user_id, title) values ($1, 'again')", ana.user_id
    )

    erased = [await owner.fetchval(REPLAY, kept_outside, 100) for _ in range(2)]

    receipt = await receipt_of(owner, ana.user_id)
    assert erased == [1, 0]
    assert receipt is not None
    assert (receipt["cause"], receipt["state"]) == ("replay", "external")
    assert set(await rows_that_name(owner, ana.user_id)) <= FOR_A_WHILE
    assert await owner.fetchval("select count(*) from public.users where id = $1", ben.user_id) == 1
    assert hashed(ana.user_id) in await exported(owner)


async def test_the_list_is_of_hashes_that_anybody_can_make_of_an_id(
    ana: Viewer, new_user: NewUser, owner: asyncpg.Connection
) -> None:
    ben = await new_user("Ben")
    await owner.execute("delete from auth.users where id = $1", ana.user_id)
    await owner.execute("select private.begin_erasure($1)", ben.user_id)  # not gone yet

    found = await exported(owner)

    assert hashed(ana.user_id) in found
    assert hashed(ben.user_id) not in found
    assert await exported(owner, "infinity") == []


async def test_many_are_erased_some_at_a_time(new_user: NewUser, owner: asyncpg.Connection) -> None:
    people = [await new_user(f"P{number}") for number in range(5)]
    hashes = [hashed(viewer.user_id) for viewer in people] + [hashed(uuid4())]

    erased = [await owner.fetchval(REPLAY, hashes, 2) for _ in range(4)]

    assert erased == [2, 2, 1, 0]


@pytest.mark.parametrize("line", ["", "ana@example.com", "A" * 64, "a" * 63, "a" * 64 + "\n", None])
async def test_a_list_that_was_damaged_erases_nobody(
    line: str | None, ana: Viewer, owner: asyncpg.Connection
) -> None:
    with pytest.raises(asyncpg.PostgresError) as refused:
        await owner.execute(REPLAY, [hashed(ana.user_id), line], 100)

    assert refused.value.sqlstate == "CA400"
    assert await owner.fetchval("select count(*) from public.users where id = $1", ana.user_id) == 1


async def test_staff_may_do_all_this_with_the_secret_key_and_the_api_may_not(
    owner: asyncpg.Connection,
) -> None:
    open_to = await owner.fetch(
        """
        select p.proname, r from pg_proc p
        cross join unnest(array['anon', 'authenticated', 'cairn_server', 'service_role']) r
        where p.pronamespace = 'private'::regnamespace
          and p.proname in ('cancel_erasure', 'begin_erasure', 'erase_user', 'erase_rows',
                            'export_erasures', 'replay_erasures')
          and has_function_privilege(r, p.oid, 'execute')
        """
    )

    assert {tuple(row) for row in open_to} == {
        (verb, "service_role")
        for verb in (
            "cancel_erasure", "begin_erasure", "erase_user", "export_erasures", "replay_erasures",
        )
    }  # fmt: skip
