"""Copies of all that is hers: asked for by her, made by the server. NU-166, NU-173."""

from __future__ import annotations

import asyncio
from uuid import UUID

import asyncpg
import pytest

from graphql_api.auth import Viewer
from graphql_api.local.stack import Urls
from tests.database.privacy.acting import act
from tests.fixtures.people import AsUser, NewUser

ASK = "insert into public.data_exports (format, include_sensitive) values ('json', false) returning id"
CLAIM = "select * from private.claim_data_export(60)"
READY = (
    "update public.data_exports set status = 'ready', byte_size = 9, row_count = 1, "
    "expires_at = now() + interval '7 days', storage_path = $2 where id = $1"
)


@pytest.fixture
async def export(ana: Viewer, as_user: AsUser) -> UUID:
    async with as_user(ana) as connection:
        asked: UUID = await connection.fetchval(ASK)
    return asked


async def claim_all(owner: asyncpg.Connection) -> list[asyncpg.Record]:
    """Claim until there is none; other tests may have left some."""
    claimed = []
    while (row := await owner.fetchrow(CLAIM)) is not None:
        claimed.append(row)
    return claimed


async def read(owner: asyncpg.Connection, export: UUID) -> asyncpg.Record:
    return await owner.fetchrow("select * from public.data_exports where id = $1", export)


async def bring(owner: asyncpg.Connection, export: UUID, status: str) -> None:
    """Bring an export by allowed steps to a status."""
    user_id = (await read(owner, export))["user_id"]
    if status in ("running", "ready", "expired"):
        await owner.execute(
            "update public.data_exports set status = 'running' where id = $1", export
        )
    if status in ("ready", "expired"):
        await owner.execute(READY, export, f"{user_id}/{export}.zip")
    if status == "expired":
        await owner.execute(
            "update public.data_exports set status = 'expired' where id = $1", export
        )
    if status == "failed":
        await owner.execute(
            "update public.data_exports set status = 'failed', error_code = 'unavailable' "
            "where id = $1",
            export,
        )


async def test_an_export_is_asked_for_claimed_made_and_removed(
    export: UUID, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    async with as_user(role="cairn_server") as connection:
        claimed = {row["id"]: row for row in await claim_all(connection)}
    running = await read(owner, export)
    async with as_user(ana, "cairn_server") as connection:
        await connection.execute(READY, export, f"{ana.user_id}/{export}.zip")
    ready = await read(owner, export)
    await owner.execute(
        "update public.data_exports set expires_at = now() - interval '1 second' where id = $1",
        export,
    )
    async with as_user(role="cairn_server") as connection:
        files = await connection.fetch("select * from private.expired_data_exports()")
    async with as_user(ana, "cairn_server") as connection:
        await connection.execute(
            "update public.data_exports set status = 'expired' where id = $1", export
        )
    expired = await read(owner, export)

    assert (claimed[export]["user_id"], claimed[export]["attempt"]) == (ana.user_id, 1)
    assert (running["status"], running["lease_until"] is None) == ("running", False)
    assert (ready["status"], ready["lease_until"]) == ("ready", None)
    assert ready["ready_at"] is not None
    assert (export, ana.user_id, ready["storage_path"]) in [tuple(row) for row in files]
    assert (expired["status"], expired["storage_path"], expired["byte_size"]) == (
        ("expired", None, 9)
    )


async def test_an_export_whose_worker_died_is_claimed_again(
    export: UUID, owner: asyncpg.Connection
) -> None:
    await claim_all(owner)
    held = await claim_all(owner)
    await owner.execute("update public.data_exports set lease_until = now() where id = $1", export)

    again = await claim_all(owner)

    assert held == []
    assert [(row["id"], row["attempt"]) for row in again] == [(export, 2)]


async def test_of_twenty_workers_one_gets_it(
    export: UUID, owner: asyncpg.Connection, database_urls: Urls
) -> None:
    await owner.execute(
        "update public.data_exports set lease_until = now() + interval '1 day' "
        "where status in ('requested', 'running') and id <> $1",
        export,
    )
    pool = await asyncpg.create_pool(database_urls.owner, min_size=10, max_size=10)

    claims = await asyncio.gather(*(pool.fetchrow(CLAIM) for _ in range(20)))

    await pool.close()
    assert [row["id"] for row in claims if row is not None] == [export]


async def test_nothing_is_made_for_who_has_closed_her_account(
    export: UUID, ana: Viewer, owner: asyncpg.Connection
) -> None:
    await owner.execute("update public.users set deleted_at = now() where id = $1", ana.user_id)

    claimed = await claim_all(owner)

    assert export not in [row["id"] for row in claimed]
    assert (await read(owner, export))["status"] == "requested"


async def test_one_at_a_time_is_made(
    export: UUID, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    with pytest.raises(asyncpg.UniqueViolationError) as refused:
        async with as_user(ana) as connection:
            await connection.execute(ASK)
    await bring(owner, export, "failed")
    async with as_user(ana) as connection:
        another = await connection.fetchval(ASK)

    assert refused.value.constraint_name == "data_exports_open_key"
    assert another != export


STEPS = {
    "requested": {"running", "failed"},
    "running": {"ready", "failed"},
    "ready": {"expired"},
    "failed": set(),
    "expired": set(),
}


@pytest.mark.parametrize(
    ("status", "wanted"),
    [(a, b) for a in STEPS for b in STEPS if a != b and b not in STEPS[a]],
)
async def test_an_export_goes_forward_only(
    status: str, wanted: str, export: UUID, owner: asyncpg.Connection
) -> None:
    await bring(owner, export, status)

    with pytest.raises(asyncpg.PostgresError) as refused:
        await owner.execute(
            "update public.data_exports set status = $2::text::public.export_status where id = $1",
            export,
            wanted,
        )

    assert refused.value.sqlstate == "CA409"
    assert (await read(owner, export))["status"] == status


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ("status = 'ready', byte_size = 1, expires_at = now()", "only_ready_ones_have_a_file"),
        (
            "status = 'ready', storage_path = user_id || '/x.zip', expires_at = now()",
            "ready_ones_say_size_and_end",
        ),
        (
            "status = 'ready', storage_path = user_id || '/x.zip', byte_size = 1",
            "ready_ones_say_size_and_end",
        ),
        ("storage_path = user_id || '/x.zip'", "only_ready_ones_have_a_file"),
        ("status = 'failed'", "only_failed_ones_say_why"),
        ("error_code = 'unavailable'", "only_failed_ones_say_why"),
        ("status = 'failed', error_code = 'I slept badly.'", "error_code_is_a_short_word"),
        ("byte_size = -1", "sizes_are_not_negative"),
        *(
            (
                f"status = 'ready', byte_size = 1, expires_at = now(), storage_path = {path}",
                "file_lies_in_her_own_folder",
            )
            for path in (
                "gen_random_uuid() || '/x.zip'",
                "user_id || '/../x.zip'",
                "user_id || '/'",
                "'exports/' || user_id || '/x.zip'",
                "user_id || '/a/x.zip'",
                "user_id || 'x/x.zip'",
                "user_id || E'/x\\n.zip'",
            )
        ),
    ],
)
async def test_an_export_says_what_belongs_to_its_status(
    change: str, broken: str, export: UUID, owner: asyncpg.Connection
) -> None:
    await bring(owner, export, "running")

    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await owner.execute(f"update public.data_exports set {change} where id = $1", export)

    assert refused.value.constraint_name == f"data_exports_{broken}"


@pytest.mark.parametrize("change", ["format = 'csv'", "include_sensitive = true"])
async def test_an_export_stays_what_was_asked_for(
    change: str, export: UUID, owner: asyncpg.Connection
) -> None:
    with pytest.raises(asyncpg.PostgresError) as refused:
        await owner.execute(f"update public.data_exports set {change} where id = $1", export)

    assert refused.value.sqlstate == "CA409"


@pytest.mark.parametrize(
    "statement",
    [
        "insert into public.data_exports (status) values ('running')",
        "insert into public.data_exports (storage_path) values ('x')",
        "update public.data_exports set status = 'failed', error_code = 'x'",
        "delete from public.data_exports",
    ],
)
async def test_she_asks_and_the_server_makes(
    statement: str, export: UUID, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    assert (await read(owner, export))["status"] == "requested"

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with as_user(ana) as connection:
            await connection.execute(statement)


async def test_no_agent_takes_all_of_her_with_it(ana: Viewer, as_user: AsUser) -> None:
    assert await act(as_user, ana, "agent:chatgpt", ASK) == "CA403"


async def test_nobody_sees_or_ends_anothers_export(
    export: UUID, new_user: NewUser, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    ben = await new_user("Ben")
    assert (await read(owner, export))["status"] == "requested"

    async with as_user(ben, "cairn_server") as connection:
        seen = await connection.fetch("select from public.data_exports")
        changed = await connection.execute(
            "update public.data_exports set status = 'failed', error_code = 'x' where id = $1",
            export,
        )

    assert (seen, changed) == ([], "UPDATE 0")
