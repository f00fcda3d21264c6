"""What whoever looks after the service sees in the dashboard, and nobody else does.

CL-043, CL-094, NU-044, NU-201, D24.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.database.chat import Start, say
from tests.database.live import claim
from tests.fixtures.people import AsUser, NewUser

VIEWS = (
    "select relname from pg_class where relnamespace = 'admin'::regnamespace and relkind = 'v' "
    "order by relname"
)


@pytest.fixture
async def admin(owner: asyncpg.Connection) -> AsyncIterator[asyncpg.Connection]:
    """The dashboard, in a transaction that is rolled back."""
    transaction = owner.transaction()
    await transaction.start()
    yield owner
    await transaction.rollback()


async def people(admin: asyncpg.Connection) -> dict[bool, asyncpg.Record]:
    rows = await admin.fetch("select * from admin.statistics")
    return {row["is_test_account"]: row for row in rows}


def grown(before: asyncpg.Record, after: asyncpg.Record) -> dict[str, Any]:
    """Give what has become more."""
    return {
        name: after[name] - before[name]
        for name in before.keys()  # noqa: SIM118
        if isinstance(before[name], int) and after[name] != before[name]
    }


async def test_every_view_can_be_read_in_the_dashboard(owner: asyncpg.Connection) -> None:
    views = [row[0] for row in await owner.fetch(VIEWS)]

    for view in views:
        await owner.fetch(f"select * from admin.{view} limit 5")

    assert set(views) >= {
        "consents", "erasures", "failed_syncs", "growth", "indexes", "pipeline_lag", "statistics",
        "storage",
    }  # fmt: skip


@pytest.mark.parametrize("role", ["anon", "authenticated", "cairn_server", "service_role"])
async def test_no_role_of_an_api_reads_any_of_them(
    role: str, superuser: asyncpg.Connection
) -> None:
    views = [row[0] for row in await superuser.fetch(VIEWS)]

    for view in views:
        transaction = superuser.transaction()
        await transaction.start()
        await superuser.execute(f"set local role {role}")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await superuser.fetch(f"select * from admin.{view}")
        await transaction.rollback()
    assert views


async def test_not_even_with_usage_does_a_view_lend_its_owners_rights(
    admin: asyncpg.Connection,
) -> None:
    """They run with the rights of who asks."""
    await admin.execute(
        "grant usage on schema admin to service_role;"
        "grant select on all tables in schema admin to service_role;"
        "set local role service_role"
    )

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await admin.fetch("select * from admin.statistics")


async def test_test_accounts_are_counted_apart(
    new_user: NewUser, as_user: AsUser, admin: asyncpg.Connection
) -> None:
    today = "select * from admin.growth where day = (now() at time zone 'UTC')::date"
    await new_user("First")
    before, day_before = await people(admin), await admin.fetchrow(today)
    real, tester = await new_user("Ana"), await new_user("Robot")
    await admin.execute(
        "update public.users set is_test_account = true where id = $1", tester.user_id
    )
    async with as_user(real) as connection:
        conversation = await connection.fetchval(
            "insert into public.conversations (title) values ('x') returning id"
        )
    async with as_user(real, "cairn_server") as connection:
        for _ in range(3):
            await say(connection, conversation)
        await connection.execute(
            "select private.admit_session($1, now() + interval '1 hour', 'api', null, null)",
            real.session_id,
        )

    after, day = await people(admin), await admin.fetchrow(today)

    assert grown(before[False], after[False]) == {
        "people": 1, "conversations": 1, "messages": 3, "sign_ins": 1,
        "active_in_a_day": 1, "active_in_a_week": 1, "active_in_a_month": 1,
    }  # fmt: skip
    assert grown(before[True], after[True]) == {"people": 1}
    assert grown(day_before, day) == {"people": 1, "people_in_all": 1, "test_accounts": 1}
    assert after[False]["last_message_at"] > datetime.now(UTC) - timedelta(minutes=1)


async def test_days_without_anybody_have_a_line_and_who_was_erased_is_counted(
    ana: Viewer, new_user: NewUser, admin: asyncpg.Connection
) -> None:
    ben = await new_user("Ben")
    await admin.execute(
        "update public.users set created_at = now() - interval '3 days' where id = $1", ana.user_id
    )
    before = {row["day"]: row for row in await admin.fetch("select * from admin.growth")}

    await admin.execute("select private.erase_user($1)", ben.user_id)

    rows = await admin.fetch("select * from admin.growth")
    today = rows[0]["day"]
    assert [row["day"] for row in rows[:4]] == [today - timedelta(days=n) for n in range(4)]
    assert rows[3]["people"] == before[today - timedelta(days=3)]["people"] >= 1
    assert rows[0]["erased"] == before[today]["erased"] + 1
    assert rows[0]["people"] == before[today]["people"] - 1


async def test_what_workers_have_yet_to_do_is_seen_by_queue(
    start: Start, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    await owner.execute("delete from private.jobs; delete from private.erasure_jobs")
    for _ in range(3):
        conversation = await start()
        async with as_user(ana, "cairn_server") as connection:
            await say(connection, conversation, "", role="assistant", state="queued")
    await claim(owner, "reply")
    await owner.execute(
        "update private.jobs set run_at = now() - interval '5 minutes', attempts = 3, "
        "last_error = 'unavailable', created_at = now() - interval '1 hour' "
        "where id = (select id from private.jobs where lease_until is null limit 1)"
    )
    await owner.execute("select private.begin_erasure($1)", ana.user_id)

    lag = {
        (row["queue"], row["kind"]): row for row in await owner.fetch("table admin.pipeline_lag")
    }

    replies = lag["jobs", "reply"]
    assert (replies["waiting"], replies["held"], replies["tried_again"]) == (3, 1, 1)
    assert replies["longest_wait"] >= timedelta(minutes=5)
    assert replies["oldest"] >= timedelta(hours=1)
    assert replies["commonest_error"] == "unavailable"
    assert lag["erasure_jobs", "database"]["due"] == 1


async def test_room_is_shown_for_every_table_and_index(owner: asyncpg.Connection) -> None:
    tables = await owner.fetchval(
        "select count(*) from pg_class where relkind = 'r' and relnamespace in "
        "('public'::regnamespace, 'private'::regnamespace)"
    )
    indexes = await owner.fetchval(
        "select count(*) from pg_class where relkind = 'i' and relnamespace in "
        "('public'::regnamespace, 'private'::regnamespace)"
    )

    room = await owner.fetch("select * from admin.storage")

    assert len(room) == tables
    assert await owner.fetchval("select count(*) from admin.indexes") == indexes
    assert all(row["total_bytes"] == row["table_bytes"] + row["index_bytes"] for row in room)
    assert [row["total_bytes"] for row in room] == sorted(
        (row["total_bytes"] for row in room), reverse=True
    )


async def test_consents_are_counted_by_the_latest_word(
    ana: Viewer, new_user: NewUser, as_user: AsUser, admin: asyncpg.Connection
) -> None:
    read = "select * from admin.consents where kind = 'research'"
    ben, clara, robot = [await new_user(name) for name in ("Ben", "Clara", "Robot")]
    await admin.execute(
        "update public.users set is_test_account = true where id = $1", robot.user_id
    )
    before = await admin.fetchrow(read)
    for viewer, answers in ((ana, (True,)), (ben, (True, False)), (robot, (True,))):
        for is_given in answers:
            async with as_user(viewer) as connection:
                await connection.execute(
                    "insert into public.consents (kind, consent_version, is_given) "
                    "values ('research', 1, $1)",
                    is_given,
                )

    answered = await admin.fetchrow(read)
    await admin.execute(
        "insert into private.consent_versions (kind, version, is_required, summary) "
        "values ('research', 2, false, 'More.')"
    )
    asked_anew = await admin.fetchrow(read)

    assert clara is not None
    assert grown(before, answered) == {
        "given": 1, "refused_or_taken_back": 1, "not_answered": -2,
    }  # fmt: skip
    assert asked_anew["given_to_an_older_text"] == answered["given"]
    assert (asked_anew["current_version"], asked_anew["given"]) == (2, 0)


async def test_a_failed_sync_is_found_until_it_was_repaired_and_says_when(
    ana: Viewer, admin: asyncpg.Connection
) -> None:
    read = "select * from admin.failed_syncs where user_id = $1"
    await admin.execute(
        "insert into private.user_sync_logs (user_id, sync_type, source, success, error_message, "
        "created_at) values ($1, 'update', 'auth.users', false, '23514 no', now())",
        ana.user_id,
    )
    found = await admin.fetchrow(read, ana.user_id)
    await admin.execute(
        "update auth.users set email_confirmed_at = null where id = $1", ana.user_id
    )

    repaired = await admin.fetchrow(read, ana.user_id)

    assert (found["error_message"], found["repaired_at"]) == ("23514 no", None)
    assert repaired["repaired_at"] is not None


async def test_erasures_name_a_person_only_while_she_can_come_back(
    ana: Viewer, as_user: AsUser, admin: asyncpg.Connection
) -> None:
    async with as_user(ana) as connection:
        await connection.execute("select public.request_account_erasure()")
    waiting = await admin.fetch("select * from admin.erasures where user_id = $1", ana.user_id)

    number = await admin.fetchval("select private.erase_user($1)", ana.user_id)

    line = await admin.fetchrow("select * from admin.erasures where receipt = $1", number)
    text = str([dict(row) for row in await admin.fetch("select * from admin.erasures")])
    assert [row["stage"] for row in waiting] == ["waiting"]
    assert (line["stage"], line["user_id"]) == ("external", None)
    assert line["rows_erased"] > 0
    assert "redis_user (0 times" in line["jobs_left"]
    assert str(ana.user_id) not in text
