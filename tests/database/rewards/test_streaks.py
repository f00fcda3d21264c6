"""Streaks: days in a row by her own clock. NU-151, NU-152, D22."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, date, datetime, timedelta

import asyncpg
import pytest

from graphql_api.auth import Viewer
from graphql_api.local.stack import Urls
from tests.fixtures.people import AsUser

RECORD = "select private.record_activity($1)"


async def record(as_user: AsUser, viewer: Viewer, *moments: datetime) -> list[int]:
    """Be active at these moments; give the streak after each."""
    async with as_user(viewer, "cairn_server") as connection:
        return [await connection.fetchval(RECORD, moment) for moment in moments]


async def live_in(owner: asyncpg.Connection, viewer: Viewer, zone: object) -> None:
    await owner.execute(
        "update public.users set settings = $2 where id = $1",
        viewer.user_id,
        json.dumps({"timezone": zone}),
    )


async def days(owner: asyncpg.Connection, viewer: Viewer) -> list[date]:
    rows = await owner.fetch(
        "select day from public.user_activity_days where user_id = $1 order by day", viewer.user_id
    )
    return [row["day"] for row in rows]


async def streak(owner: asyncpg.Connection, viewer: Viewer) -> int:
    found: int = await owner.fetchval(
        "select current_streak from public.users where id = $1", viewer.user_id
    )
    return found


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of March 2026."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


async def test_a_streak_goes_up_once_a_day_and_begins_anew_after_a_day_that_was_missed(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    seen = await record(
        as_user, ana, at(1, 9), at(1, 22), at(2, 0), at(3, 23), at(5, 1), at(5, 2), at(6, 12)
    )

    assert seen == [1, 1, 2, 3, 1, 1, 2]
    assert await streak(owner, ana) == 2
    assert [day.day for day in await days(owner, ana)] == [1, 2, 3, 5, 6]


async def test_a_day_is_hers_and_not_greenwichs(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    await live_in(owner, ana, "America/New_York")

    # 21:00 of the second, and 19:30 of the third; both are later days in UTC.
    seen = await record(as_user, ana, at(3, 2), at(4, 0, 30))

    assert seen == [1, 2]
    assert [day.day for day in await days(owner, ana)] == [2, 3]


async def test_an_hour_that_the_clock_skips_is_no_day_missed(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """Summer time begins in Lisbon on 29 March 2026, at 01:00."""
    await live_in(owner, ana, "Europe/Lisbon")

    seen = await record(as_user, ana, at(28, 23, 59), at(29, 22, 59), at(29, 23, 1))

    assert seen == [1, 2, 3]
    assert [day.day for day in await days(owner, ana)] == [28, 29, 30]


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "x" * 300, 7, None, ["UTC"], {"a": 1}])
async def test_without_a_time_zone_that_exists_it_is_greenwichs(
    zone: object, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    await live_in(owner, ana, zone)

    await record(as_user, ana, at(3, 23, 59))

    assert [day.day for day in await days(owner, ana)] == [3]


async def test_a_day_that_comes_late_closes_its_gap(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    seen = await record(as_user, ana, at(1, 9), at(3, 9), at(2, 9))

    assert seen == [1, 1, 3]
    assert await streak(owner, ana) == 3


@pytest.mark.parametrize("moment", ["now() + interval '6 minutes'", "'infinity'", "null"])
async def test_nobody_is_active_in_the_future(moment: str, ana: Viewer, as_user: AsUser) -> None:
    with pytest.raises(asyncpg.PostgresError) as refused:
        async with as_user(ana, "cairn_server") as connection:
            await connection.execute(f"select private.record_activity({moment})")

    assert refused.value.sqlstate == "CA400"


async def test_fifty_activities_at_once_are_as_many_days_as_they_are(
    ana: Viewer, owner: asyncpg.Connection, database_urls: Urls
) -> None:
    pool = await asyncpg.create_pool(database_urls.api, min_size=10, max_size=10)

    async def be_active(number: int) -> int:
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute(
                "select set_config('role', 'cairn_server', true), "
                "set_config('request.jwt.claims', $1, true)",
                ana.claims,
            )
            found: int = await connection.fetchval(RECORD, at(1 + number % 10, number % 24))
            return found

    seen = await asyncio.gather(*(be_active(number) for number in range(50)))
    await pool.close()

    assert len(await days(owner, ana)) == 10
    assert await streak(owner, ana) == 10
    assert max(seen) == 10


async def test_the_worker_ends_the_streaks_of_who_missed_a_day_by_her_own_clock(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """Her yesterday goes on until her midnight, wherever she is."""

    async def sweep() -> int:
        async with as_user(role="cairn_server") as connection:
            ended: int = await connection.fetchval("select private.end_missed_streaks()")
            return ended

    now: datetime = await owner.fetchval("select now()")
    seen = []
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        await live_in(owner, ana, zone)
        for ago in (1, 2):
            await owner.execute(
                "delete from public.user_activity_days where user_id = $1", ana.user_id
            )
            await record(as_user, ana, now - timedelta(days=ago))
            await sweep()
            seen.append(await streak(owner, ana))

    assert seen == [1, 0, 1, 0]


async def test_she_reads_her_days_and_ends_nobodys_streak(ana: Viewer, as_user: AsUser) -> None:
    await record(as_user, ana, at(3, 9))

    async with as_user(ana) as connection:
        hers = await connection.fetch("select day from public.user_activity_days")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with as_user(ana) as connection:
            await connection.execute("select private.end_missed_streaks()")

    assert [row["day"] for row in hers] == [date(2026, 3, 3)]
