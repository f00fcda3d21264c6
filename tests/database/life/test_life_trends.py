"""Trends are computed by the server from what she confirmed (CO-065)."""

from __future__ import annotations

import asyncio
from datetime import date

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.database.life.rows import add
from tests.fixtures.people import AsUser

COMPUTE = (
    "select * from private.compute_emotional_trend("
    "$1::text::public.trend_period, $2::text::date, $3)"
)


async def compute(
    as_user: AsUser, viewer: Viewer, period: str, starts_on: str, zone: str = "UTC"
) -> asyncpg.Record | None:
    async with as_user(viewer, "cairn_server") as connection:
        return await connection.fetchrow(COMPUTE, period, starts_on, zone)


async def feel(as_user: AsUser, viewer: Viewer, *moods: tuple[str, int]) -> None:
    async with as_user(viewer) as connection:
        for measured_at, mood in moods:
            await add(connection, "user_mood_trends", measured_at=measured_at, mood=mood)


async def test_a_week_has_its_average_its_ends_and_where_it_goes(
    ana: Viewer, as_user: AsUser
) -> None:
    await feel(
        as_user, ana,
        ("2026-03-01T23:59:59Z", 5),  # Sunday, still the week before
        ("2026-03-02T00:00:00Z", -3),  # Monday
        ("2026-03-08T23:59:59Z", 2),
        ("2026-03-09T00:00:00Z", -5),
    )  # fmt: skip
    async with as_user(ana) as connection:
        await add(
            connection, "user_mood_trends",
            measured_at="2026-03-04T12:00:00Z", mood=-2, energy=4, anxiety=6,
        )  # fmt: skip
        for family, intensity in (
            ("fear", 3),
            ("joy", 9),
            ("fear", 4),
            (None, 10),
            (None, 10),
            (None, 1),
        ):
            await add(
                connection, "user_emotional_states",
                felt_at="2026-03-05T12:00:00Z", family=family, intensity=intensity,
            )  # fmt: skip

    trend = await compute(as_user, ana, "week", "2026-03-02")

    assert trend is not None
    assert (trend["user_id"], trend["period"], trend["starts_on"]) == (
        ana.user_id,
        "week",
        date(2026, 3, 2),
    )
    assert (trend["measurements"], trend["mood_average"]) == (3, -1.0)
    assert (trend["mood_low"], trend["mood_high"]) == (-3, 2)
    assert (trend["mood_change"], trend["direction"]) == (-6.0, "falling")
    assert (trend["energy_average"], trend["anxiety_average"]) == (4.0, 6.0)
    assert (trend["feelings"], trend["leading_family"]) == (6, "fear")


@pytest.mark.parametrize(
    ("before", "now", "direction"),
    [(0, 1, "rising"), (1, 0, "falling"), (2, 2, "steady"), (None, 2, None)],
)
async def test_a_trend_is_compared_with_the_period_before_if_there_was_one(
    before: int | None, now: int, direction: str | None, ana: Viewer, as_user: AsUser
) -> None:
    if before is not None:
        await feel(as_user, ana, ("2026-01-31T12:00:00Z", before))
    await feel(as_user, ana, ("2026-02-28T12:00:00Z", now))

    trend = await compute(as_user, ana, "month", "2026-02-01")

    assert trend is not None
    assert trend["direction"] == direction
    assert trend["mood_change"] == (None if before is None else now - before)


async def test_half_a_point_is_still_steady(ana: Viewer, as_user: AsUser) -> None:
    await feel(
        as_user, ana,
        ("2026-02-01T10:00:00Z", 0), ("2026-02-02T10:00:00Z", 0), ("2026-02-02T11:00:00Z", 1),
    )  # fmt: skip

    trend = await compute(as_user, ana, "day", "2026-02-02")

    assert trend is not None
    assert (trend["mood_change"], trend["direction"]) == (0.5, "steady")


async def test_a_day_begins_and_ends_by_her_own_clock_also_when_it_has_23_hours(
    ana: Viewer, as_user: AsUser
) -> None:
    # In Berlin, 29 March 2026 lasts from 23:00 to 22:00 in UTC.
    await feel(
        as_user, ana,
        ("2026-03-28T22:59:59Z", 5), ("2026-03-28T23:00:00Z", -4),
        ("2026-03-29T21:59:59Z", -4), ("2026-03-29T22:00:00Z", 5),
    )  # fmt: skip

    trend = await compute(as_user, ana, "day", "2026-03-29", "Europe/Berlin")

    assert trend is not None
    assert (trend["measurements"], trend["mood_high"]) == (2, -4)


async def test_what_was_inferred_and_not_confirmed_is_in_no_trend(
    ana: Viewer, as_user: AsUser
) -> None:
    async with as_user(ana, "cairn_server") as connection:
        entry = await add(
            connection, "user_mood_trends",
            measured_at="2026-02-02T10:00:00Z", mood=-5, origin="companion", is_confirmed=False,
        )  # fmt: skip

    guessed = await compute(as_user, ana, "day", "2026-02-02")
    async with as_user(ana) as connection:
        await connection.execute(
            "select public.confirm_category_entry('user_mood_trends', $1)", entry
        )
    confirmed = await compute(as_user, ana, "day", "2026-02-02")

    assert guessed is None
    assert confirmed is not None
    assert confirmed["mood_average"] == -5


async def test_a_trend_computed_anew_takes_the_place_of_the_old_one_and_goes_with_its_moods(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    await feel(as_user, ana, ("2026-02-02T10:00:00Z", 1))
    first = await compute(as_user, ana, "day", "2026-02-02")
    await feel(as_user, ana, ("2026-02-02T11:00:00Z", 3))
    second = await compute(as_user, ana, "day", "2026-02-02")

    async with as_user(ana) as connection:
        await connection.execute("delete from public.user_mood_trends")
    third = await compute(as_user, ana, "day", "2026-02-02")

    left = await owner.fetchval(
        "select count(*) from public.user_emotional_trends where user_id = $1", ana.user_id
    )
    assert first is not None
    assert second is not None
    assert (first["id"], first["mood_average"]) == (second["id"], 1)
    assert (second["mood_average"], second["measurements"]) == (2, 2)
    assert (third, left) == (None, 0)


async def test_twenty_workers_at_once_leave_one_trend(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    await feel(as_user, ana, ("2026-02-02T10:00:00Z", 1))

    trends = await asyncio.gather(*(compute(as_user, ana, "day", "2026-02-02") for _ in range(20)))

    rows = await owner.fetch(
        "select id from public.user_emotional_trends where user_id = $1", ana.user_id
    )
    assert {each["id"] for each in trends if each is not None} == {rows[0]["id"]}
    assert len(rows) == 1


async def test_only_the_server_says_how_she_was(ana: Viewer, as_user: AsUser) -> None:
    await feel(as_user, ana, ("2026-02-02T10:00:00Z", 1))
    await compute(as_user, ana, "day", "2026-02-02")

    async with as_user(ana) as connection:
        assert await connection.fetchval("select count(*) from public.user_emotional_trends") == 1
        for statement in (
            "update public.user_emotional_trends set mood_average = 5",
            "delete from public.user_emotional_trends",
            "insert into public.user_emotional_trends (period) values ('day')",
            "select private.compute_emotional_trend('day', '2026-02-02', 'UTC')",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with connection.transaction():
                    await connection.execute(statement)


@pytest.mark.parametrize(
    ("period", "starts_on", "zone", "error"),
    [
        ("week", "2026-02-03", "UTC", "user_emotional_trends_week_and_month_start_on_their_first_day"),
        ("month", "2026-02-02", "UTC", "user_emotional_trends_week_and_month_start_on_their_first_day"),
        ("day", "2026-02-02", "Mars/Olympus", "CA400"),
    ],
)  # fmt: skip
async def test_a_period_that_is_none_is_refused(
    period: str, starts_on: str, zone: str, error: str, ana: Viewer, as_user: AsUser
) -> None:
    await feel(as_user, ana, ("2026-02-04T10:00:00Z", 1))

    with pytest.raises(asyncpg.PostgresError) as refused:
        await compute(as_user, ana, period, starts_on, zone)

    assert (refused.value.constraint_name or refused.value.sqlstate) == error


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ("0, 0, 0, 0, null, null", "rest_on_at_least_one_mood"),
        ("1, 3, 0, 2, null, null", "moods_are_between_minus_5_and_5"),
        ("1, 0, -6, 2, null, null", "moods_are_between_minus_5_and_5"),
        ("1, 0, 0, 6, null, null", "moods_are_between_minus_5_and_5"),
        ("1, 0, 0, 0, 1, null", "change_and_direction_go_together"),
        ("1, 0, 0, 0, null, 'rising'", "change_and_direction_go_together"),
    ],
)
async def test_a_trend_that_cannot_be_is_refused(
    values: str, constraint: str, ana: Viewer, as_user: AsUser
) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        async with as_user(ana, "cairn_server") as connection:
            await connection.execute(
                "insert into public.user_emotional_trends (period, starts_on, measurements, "
                "mood_average, mood_low, mood_high, mood_change, direction) "
                f"values ('day', '2026-02-02', {values})"
            )

    assert refused.value.constraint_name == f"user_emotional_trends_{constraint}"
