"""The chain of a person's audit log: unbroken under any load, and broken by any hand. D15, D20."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import asyncpg
import pytest

from graphql_api.auth import Viewer
from graphql_api.local.stack import Urls
from tests.database.audit.lines import faults, lines
from tests.database.chat import Start
from tests.fixtures.people import AsUser, NewUser


@pytest.fixture
async def five(ana: Viewer, as_user: AsUser) -> Viewer:
    """Ana, with five lines in her log."""
    async with as_user(ana, "cairn_server") as connection:
        for number in range(4):
            await connection.execute(
                "select private.log_event('step.taken', 'privacy', 'info', $1)",
                json.dumps({"step": number}),
            )
    return ana


@asynccontextmanager
async def tampering(owner: asyncpg.Connection) -> AsyncIterator[None]:
    """What whoever owns the database can do: turn the triggers off. Undone at the end."""
    transaction = owner.transaction()
    await transaction.start()
    try:
        await owner.execute("alter table public.audit_log disable trigger user")
        yield
    finally:
        await transaction.rollback()


async def test_a_line_stands_on_the_hash_of_the_one_before(
    five: Viewer, owner: asyncpg.Connection
) -> None:
    found = await lines(owner, five.user_id)

    assert [line["seq"] for line in found] == [1, 2, 3, 4, 5]
    assert [line["previous_hash"] for line in found[1:]] == [line["hash"] for line in found[:-1]]
    assert await faults(owner, five.user_id) == []


async def test_the_hash_can_be_computed_by_anybody_from_the_line(
    five: Viewer, owner: asyncpg.Connection
) -> None:
    text = await owner.fetchval(
        """
        select jsonb_build_array(
          'cairn audit 1', id, user_id, seq, previous_hash, event_type, event_category, severity,
          event_data, actor, session_id, ip_address, user_agent, request_id,
          (extract(epoch from created_at) * 1000000)::bigint)::text
        from public.audit_log where user_id = $1 and seq = 3
        """,
        five.user_id,
    )

    line = (await lines(owner, five.user_id))[2]
    assert hashlib.sha256(text.encode()).hexdigest() == line["hash"]


@pytest.mark.parametrize(
    "setting",
    ["timezone = 'Asia/Kathmandu'", "datestyle = 'German'", "extra_float_digits = 0"],
)
async def test_a_chain_is_sound_whatever_the_settings_of_who_verifies(
    setting: str, five: Viewer, owner: asyncpg.Connection
) -> None:
    await owner.execute(f"set {setting}")

    assert await faults(owner, five.user_id) == []


async def test_fifty_writers_at_once_leave_an_unbroken_chain(
    ana: Viewer, owner: asyncpg.Connection, database_urls: Urls
) -> None:
    pool = await asyncpg.create_pool(database_urls.api, min_size=10, max_size=10)

    async def write(number: int) -> None:
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute(
                "select set_config('role', 'cairn_server', true), "
                "set_config('request.jwt.claims', $1, true)",
                ana.claims,
            )
            await connection.execute(
                "select private.log_event('step.taken', 'privacy', 'info', $1)",
                json.dumps({"step": number}),
            )

    await asyncio.gather(*(write(number) for number in range(50)))
    await pool.close()

    found = await lines(owner, ana.user_id)
    assert [line["seq"] for line in found] == list(range(1, 52))
    assert len({line["event_data"] for line in found}) == 51
    assert await faults(owner, ana.user_id) == []


async def test_lines_and_live_events_written_in_either_order_never_wait_for_each_other(
    start: Start, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """Else each pair of these would now and then end in a deadlock (SQLSTATE 40P01)."""
    conversations = [await start() for _ in range(4)]

    async def write(number: int) -> None:
        async with as_user(ana, "cairn_server") as connection:
            steps = [
                ("select private.log_event('step.taken', 'privacy')", ()),
                (
                    "update public.conversations set title = $1 where id = $2",
                    (f"Title {number}", conversations[number % 4]),
                ),
            ]
            for sql, arguments in steps if number % 2 else reversed(steps):
                await connection.execute(sql, *arguments)

    await asyncio.gather(*(write(number) for number in range(40)))

    assert len(await lines(owner, ana.user_id)) == 41
    assert await faults(owner, ana.user_id) == []


async def test_a_line_holds_nobody_up_until_its_transaction_commits(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    async with as_user(ana, "cairn_server") as slow:
        await slow.execute("select private.log_event('slow.one', 'privacy')")
        async with as_user(ana, "cairn_server") as quick:
            await quick.execute("set local lock_timeout = '2s'")
            await quick.execute("select private.log_event('quick.one', 'privacy')")

    assert [line["event_type"] for line in await lines(owner, ana.user_id)] == [
        "users.insert",
        "quick.one",
        "slow.one",
    ]


@pytest.mark.parametrize(
    ("hand", "found"),
    [
        ("update public.audit_log set severity = 'info' where user_id = $1 and seq = 3", []),
        (
            "update public.audit_log set event_data = '{}' where user_id = $1 and seq = 3",
            [(3, "edited")],
        ),
        (
            "update public.audit_log set created_at = created_at - interval '1 microsecond' "
            "where user_id = $1 and seq = 3",
            [(3, "edited")],
        ),
        (
            "update public.audit_log set actor = 'pipeline' where user_id = $1 and seq = 5",
            [(5, "edited")],
        ),
        ("delete from public.audit_log where user_id = $1 and seq = 3", [(3, "missing")]),
        ("delete from public.audit_log where user_id = $1 and seq = 1", [(1, "missing")]),
        ("delete from public.audit_log where user_id = $1 and seq in (2, 3)", [(2, "missing")]),
        ("delete from public.audit_log where user_id = $1 and seq >= 4", [(4, "cut")]),
        ("delete from public.audit_log where user_id = $1", [(1, "cut")]),
    ],
)
async def test_what_a_hand_did_is_found(
    hand: str, found: list[tuple[int, str]], five: Viewer, owner: asyncpg.Connection
) -> None:
    async with tampering(owner):
        await owner.execute(hand, five.user_id)

        assert await faults(owner, five.user_id) == found


async def rehash(owner: asyncpg.Connection, viewer: Viewer, seq: int) -> None:
    await owner.execute(
        "update public.audit_log as line set hash = private.audit_hash(line) "
        "where user_id = $1 and seq = $2",
        viewer.user_id,
        seq,
    )


async def test_a_forger_who_hashes_his_line_anew_breaks_the_one_after(
    five: Viewer, owner: asyncpg.Connection
) -> None:
    async with tampering(owner):
        await owner.execute(
            "update public.audit_log set event_data = '{}' where user_id = $1 and seq = 3",
            five.user_id,
        )
        await rehash(owner, five, 3)

        assert await faults(owner, five.user_id) == [(4, "unchained")]


async def forge_the_rest(owner: asyncpg.Connection, viewer: Viewer) -> None:
    """Hash lines 3 to 5 and the head anew, so that the chain is sound in itself."""
    for seq in (3, 4, 5):
        await owner.execute(
            "update public.audit_log as line set previous_hash = before.hash "
            "from public.audit_log as before where line.user_id = $1 and line.seq = $2 "
            "and before.user_id = $1 and before.seq = $2 - 1",
            viewer.user_id,
            seq,
        )
        await rehash(owner, viewer, seq)
    await owner.execute(
        "update private.audit_heads as head set hash = line.hash from public.audit_log as line "
        "where head.user_id = $1 and line.user_id = $1 and line.seq = 5",
        viewer.user_id,
    )


async def test_a_whole_new_chain_passes_by_itself_and_not_beside_an_anchor(
    five: Viewer, owner: asyncpg.Connection
) -> None:
    (anchor,) = [
        row
        for row in await owner.fetch("select * from private.audit_anchors()")
        if row["user_id"] == five.user_id
    ]
    assert anchor["seq"] == 5

    async with tampering(owner):
        await owner.execute(
            "update public.audit_log set event_data = '{}' where user_id = $1 and seq = 3",
            five.user_id,
        )
        await forge_the_rest(owner, five)

        assert await faults(owner, five.user_id) == []
        assert await faults(owner, five.user_id, 5, anchor["hash"]) == [(5, "rewritten")]


async def test_a_tail_cut_off_with_its_head_is_found_by_an_anchor(
    five: Viewer, owner: asyncpg.Connection
) -> None:
    anchor = (await lines(owner, five.user_id))[4]["hash"]
    async with tampering(owner):
        await owner.execute(
            "delete from public.audit_log where user_id = $1 and seq > 3", five.user_id
        )
        await owner.execute(
            "update private.audit_heads as head set seq = 3, hash = line.hash "
            "from public.audit_log as line "
            "where head.user_id = $1 and line.user_id = $1 and line.seq = 3",
            five.user_id,
        )

        assert await faults(owner, five.user_id) == []
        assert await faults(owner, five.user_id, 5, anchor) == [(4, "cut")]


async def test_an_anchor_holds_while_the_chain_grows(
    five: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    anchor = (await lines(owner, five.user_id))[4]["hash"]
    async with as_user(five, "cairn_server") as connection:
        await connection.execute("select private.log_event('step.taken', 'privacy')")

    assert await faults(owner, five.user_id, 5, anchor) == []


async def test_lines_trimmed_for_their_age_leave_a_chain(
    five: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    found = await lines(owner, five.user_id)

    trimmed = await owner.fetchval(
        "select private.trim_audit($1, $2)", five.user_id, found[3]["created_at"]
    )
    async with as_user(five, "cairn_server") as connection:
        await connection.execute("select private.log_event('step.taken', 'privacy')")

    assert trimmed == 3
    assert [line["seq"] for line in await lines(owner, five.user_id)] == [4, 5, 6]
    assert await faults(owner, five.user_id) == []
    assert await faults(owner, five.user_id, 3, found[2]["hash"]) == []
    assert await faults(owner, five.user_id, 3, "0" * 64) == [(3, "rewritten")]
    assert await faults(owner, five.user_id, 2, found[1]["hash"]) == []


async def test_trimming_takes_all_or_nothing_when_all_or_nothing_is_old(
    five: Viewer, owner: asyncpg.Connection
) -> None:
    first = (await lines(owner, five.user_id))[0]["created_at"]

    none = await owner.fetchval("select private.trim_audit($1, $2)", five.user_id, first)
    every = await owner.fetchval("select private.trim_audit($1, clock_timestamp())", five.user_id)

    assert (none, every) == (0, 5)
    assert await faults(owner, five.user_id) == []


@pytest.mark.parametrize("role", ["postgres", "supabase_auth_admin"])
async def test_an_erased_person_leaves_no_line_and_no_head(
    role: str,
    five: Viewer,
    new_user: NewUser,
    superuser: asyncpg.Connection,
    start: Start,
) -> None:
    """X-70, D20: whoever deletes her account."""
    ben = await new_user("Ben")
    await start()

    await superuser.execute(f"set role {role}")
    await superuser.execute("delete from auth.users where id = $1", five.user_id)
    await superuser.execute("reset role")

    assert await lines(superuser, five.user_id) == []
    assert len(await lines(superuser, ben.user_id)) == 1
    left = await superuser.fetch(
        "select user_id from private.audit_heads where user_id = any ($1)",
        [five.user_id, ben.user_id],
    )
    assert [row[0] for row in left] == [ben.user_id]
    assert await faults(superuser, five.user_id) == []


async def test_the_claims_of_who_erases_are_as_before(
    five: Viewer, new_user: NewUser, owner: asyncpg.Connection
) -> None:
    ben = await new_user("Ben")
    async with owner.transaction():
        await owner.execute("select set_config('request.jwt.claims', $1, true)", ben.claims)
        await owner.execute("delete from auth.users where id = $1", five.user_id)

        assert await owner.fetchval("select auth.uid()") == ben.user_id


async def test_a_line_written_while_she_is_erased_goes_with_her(
    ana: Viewer, database_urls: Urls, owner: asyncpg.Connection
) -> None:
    staff = await asyncpg.connect(database_urls.owner)
    for _ in range(5):
        viewer = uuid4()
        await owner.execute("insert into auth.users (id) values ($1)", viewer)

        async def look(viewer: object = viewer) -> None:
            async with staff.transaction():
                await staff.execute("select private.append_audit($1, 'a.b', 'access')", viewer)

        async def erase(viewer: object = viewer) -> None:
            await owner.execute("delete from auth.users where id = $1", viewer)

        await asyncio.gather(look(), erase())

        assert await lines(owner, viewer) == []
    await staff.close()


async def test_the_eraser_may_do_nothing_but_remove_lines(owner: asyncpg.Connection) -> None:
    role = await owner.fetchrow("select * from pg_roles where rolname = 'cairn_eraser'")
    members = await owner.fetch(
        "select distinct member::regrole::text from pg_auth_members "
        "where roleid = 'cairn_eraser'::regrole"
    )
    owned = await owner.fetch(
        "select proname from pg_proc where proowner = 'cairn_eraser'::regrole"
    )

    assert (role["rolcanlogin"], role["rolbypassrls"], role["rolsuper"]) == (False,) * 3
    assert [row[0] for row in members] == ["postgres"]
    assert [row[0] for row in owned] == ["remove_audit_lines"]


async def test_a_trigger_of_any_table_writes_for_the_owner_of_the_row(
    ana: Viewer, owner: asyncpg.Connection
) -> None:
    """So that later chapters have only one line to add."""
    transaction = owner.transaction()
    await transaction.start()
    await owner.execute(
        """
        create table public.diaries (id uuid primary key, user_id uuid, page text, version int);
        create trigger t800_diaries_audit after insert or update or delete on public.diaries
          for each row execute function private.audit_change('journal', 'version')
        """
    )
    row = uuid4()
    await owner.execute("insert into public.diaries values ($1, $2, 'secret', 1)", row, ana.user_id)
    await owner.execute("update public.diaries set version = 2")
    await owner.execute("update public.diaries set page = 'other'")
    await owner.execute("delete from public.diaries")
    await owner.execute("insert into public.diaries values ($1, $1, 'nobody''s', 1)", uuid4())
    await owner.execute("set constraints all immediate")

    found = (await lines(owner, ana.user_id))[1:]
    await transaction.rollback()
    assert [(line["event_type"], json.loads(line["event_data"])) for line in found] == [
        ("diaries.insert", {"row_id": str(row)}),
        ("diaries.update", {"row_id": str(row), "columns": ["page"]}),
        ("diaries.delete", {"row_id": str(row)}),
    ]
    assert {line["event_category"] for line in found} == {"journal"}
