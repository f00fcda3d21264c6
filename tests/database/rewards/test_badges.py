"""Badges: earned by what she did, awarded by the server, paid once. NU-147 to NU-150, D22."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from graphql_api.auth import Viewer
from graphql_api.local.stack import Urls
from tests.database.chat import Start, say
from tests.database.live import events
from tests.fixtures.people import AsUser, NewUser

# Postgres 18 has a word of its own for a row that is kept because others refer to it.
KEPT = (asyncpg.RestrictViolationError, asyncpg.ForeignKeyViolationError)

METRICS = {
    "messages_sent": "messages",
    "journal_entries_written": "journal_entries",
    "check_ins_done": "check_ins",
    "days_active": "user_activity_days",
    "days_in_a_row": "users",
    "journeys_completed": "journey_sessions",
    "parts_met": "parts",
    "goals_reached": "user_goals",
    "commitments_kept": "commitments",
}
AWARD = "select * from private.award_badges()"


@pytest.fixture(autouse=True)
async def no_badge_but_ours(owner: asyncpg.Connection) -> AsyncIterator[None]:
    """Put the catalogue aside, so that nothing is awarded but what a test makes."""
    await owner.execute("update public.badges set is_active = false")
    yield
    await owner.execute("update public.badges set is_active = slug not like 'badge-%'")


async def make_badge(
    owner: asyncpg.Connection,
    metric: str = "messages_sent",
    at_least: int = 1,
    xp: int = 10,
    *,
    is_published: bool = True,
) -> UUID:
    found: UUID = await owner.fetchval(
        "insert into public.badges (slug, name, description, metric, at_least, xp_award, "
        "is_published) values ($1, 'A badge', 'For this test.', "
        "$2::text::public.badge_metric, $3, $4, $5) returning id",
        f"badge-{uuid4()}",
        metric,
        at_least,
        xp,
        is_published,
    )
    return found


async def award(as_user: AsUser, viewer: Viewer) -> list[UUID]:
    """Give the badges that are new."""
    async with as_user(viewer, "cairn_server") as connection:
        return [row["badge_id"] for row in await connection.fetch(AWARD)]


async def xp(owner: asyncpg.Connection, viewer: Viewer) -> int:
    found: int = await owner.fetchval("select xp from public.users where id = $1", viewer.user_id)
    return found


async def measure(as_user: AsUser, viewer: Viewer, metric: str, enough: int = 100) -> int:
    async with as_user(viewer, "cairn_server") as connection:
        found: int = await connection.fetchval(
            "select private.badge_measure($1::text::public.badge_metric, $2)", metric, enough
        )
    return found


async def test_a_badge_is_earned_when_so_many_are_reached(
    start: Start, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """NU-147, NU-148, NU-149, NU-150, NU-151."""
    badge, conversation = await make_badge(owner, at_least=2, xp=15), await start()

    seen = []
    for _ in range(3):
        async with as_user(ana, "cairn_server") as connection:
            await say(connection, conversation)
            await say(connection, conversation, role="assistant")
        seen.append((await award(as_user, ana), await xp(owner, ana)))

    kept = await owner.fetchrow("select * from public.user_badges where user_id = $1", ana.user_id)
    assert seen == [([], 0), ([badge], 15), ([], 15)]
    assert (kept["badge_id"], kept["xp_awarded"]) == (badge, 15)
    assert ("user_badges", kept["id"], "insert") in await events(owner, ana.user_id)


async def test_several_badges_come_at_once_with_the_points_of_each(
    start: Start, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    await owner.execute("update public.users set xp = 100 where id = $1", ana.user_id)
    badges = {await make_badge(owner, xp=points) for points in (5, 7, 0)}
    await make_badge(owner, at_least=2)
    async with as_user(ana, "cairn_server") as connection:
        await say(connection, await start())

    assert set(await award(as_user, ana)) == badges
    assert await xp(owner, ana) == 112


async def test_under_fifty_calls_at_once_each_badge_is_awarded_and_paid_once(
    start: Start, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection, database_urls: Urls
) -> None:
    """NU-149, D22."""
    for points in (1, 10, 100):
        await make_badge(owner, xp=points)
    async with as_user(ana, "cairn_server") as connection:
        await say(connection, await start())
    pool = await asyncpg.create_pool(database_urls.api, min_size=10, max_size=10)

    async def ask() -> int:
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute(
                "select set_config('role', 'cairn_server', true), "
                "set_config('request.jwt.claims', $1, true)",
                ana.claims,
            )
            return len(await connection.fetch(AWARD))

    given = await asyncio.gather(*(ask() for _ in range(50)))
    await pool.close()

    count = "select count(*) from public.user_badges where user_id = $1"
    assert sum(given) == await owner.fetchval(count, ana.user_id) == 3
    assert await xp(owner, ana) == 111


@pytest.mark.parametrize(
    "column", ["is_active = false", "is_published = false"], ids=["retired", "draft"]
)
async def test_what_is_retired_or_a_draft_is_not_earned(
    column: str, start: Start, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    badge = await make_badge(owner)
    await owner.execute(f"update public.badges set {column} where id = $1", badge)
    async with as_user(ana, "cairn_server") as connection:
        await say(connection, await start())

    assert await award(as_user, ana) == []


async def test_nobody_earns_by_what_somebody_else_does(
    start: Start, ana: Viewer, as_user: AsUser, new_user: NewUser, owner: asyncpg.Connection
) -> None:
    ben, badge = await new_user("Ben"), await make_badge(owner)
    async with as_user(ana, "cairn_server") as connection:
        await say(connection, await start())

    assert await award(as_user, ben) == []
    assert await award(as_user, ana) == [badge]
    async with as_user(ben) as connection:
        assert await connection.fetch("select * from public.user_badges") == []


@pytest.mark.parametrize("metric", METRICS)
async def test_each_metric_is_counted_and_nothing_is_reached_by_who_has_just_come(
    metric: str, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:

    assert await measure(as_user, ana, metric) == 0


async def test_every_metric_of_the_closed_list_is_tried_here(owner: asyncpg.Connection) -> None:
    listed = await owner.fetch("select unnest(enum_range(null::public.badge_metric))::text")

    assert {row[0] for row in listed} == set(METRICS)


async def test_counting_stops_at_enough(start: Start, ana: Viewer, as_user: AsUser) -> None:
    conversation = await start()
    async with as_user(ana, "cairn_server") as connection:
        for _ in range(5):
            await say(connection, conversation)

    reached = [await measure(as_user, ana, "messages_sent", enough) for enough in (3, 5, 9)]

    assert reached == [3, 5, 5]


async def test_a_journey_counts_when_it_is_completed(ana: Viewer, as_user: AsUser) -> None:
    async with as_user(ana) as connection:
        for _ in range(2):
            await connection.execute("select public.start_journey('before-sleep')")
    begun = await measure(as_user, ana, "journeys_completed")
    async with as_user(ana) as connection:
        await connection.execute(
            "update public.journey_sessions set status = 'completed' "
            "where id = (select min(id::text)::uuid from public.journey_sessions)"
        )

    assert (begun, await measure(as_user, ana, "journeys_completed")) == (0, 1)


async def test_days_count_in_a_row_and_altogether(ana: Viewer, as_user: AsUser) -> None:
    async with as_user(ana, "cairn_server") as connection:
        for days in (9, 5, 4, 1, 0):
            await connection.execute(
                "select private.record_activity(now() - make_interval(days => $1))", days
            )

    assert await measure(as_user, ana, "days_active") == 5
    assert await measure(as_user, ana, "days_in_a_row") == 2


@pytest.mark.parametrize(
    "statement",
    [
        "insert into public.user_badges (badge_id) select id from public.badges limit 1",
        "insert into public.user_badges (badge_id, xp_awarded) values (gen_random_uuid(), 1000)",
        "update public.user_badges set xp_awarded = 1000",
        "delete from public.user_badges",
        "update public.users set xp = 1000",
        "update public.users set current_streak = 1000",
        "select private.award_badges()",
        "select private.record_activity()",
        "insert into public.user_activity_days (day) values (current_date - 1)",
        "delete from public.user_activity_days",
    ],
)
async def test_nobody_awards_herself(
    statement: str, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    await make_badge(owner)

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with as_user(ana) as connection:
            await connection.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "delete from public.user_badges",
        "update public.user_badges set xp_awarded = 1000",
        "delete from public.user_activity_days",
    ],
)
async def test_not_even_the_server_takes_a_badge_or_a_day_away(
    statement: str, ana: Viewer, as_user: AsUser
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with as_user(ana, "cairn_server") as connection:
            await connection.execute(statement)


async def test_nothing_is_awarded_in_nobodys_name(as_user: AsUser) -> None:
    for statement in ("select private.award_badges()", "select private.record_activity()"):
        with pytest.raises(asyncpg.PostgresError) as refused:
            async with as_user(role="cairn_server") as connection:
                await connection.execute(statement)
        assert refused.value.sqlstate == "CA401"


async def test_a_badge_that_somebody_has_is_not_deleted(
    start: Start, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    badge = await make_badge(owner)
    async with as_user(ana, "cairn_server") as connection:
        await say(connection, await start())
    await award(as_user, ana)

    with pytest.raises(KEPT):
        await owner.execute("delete from public.badges where id = $1", badge)


@pytest.mark.parametrize(
    ("column", "value", "constraint"),
    [
        ("slug", "First Word", "badges_slug_is_of_words_like_this"),
        ("name", " ", "badges_name_has_1_to_100_characters"),
        ("description", "x" * 501, "badges_description_has_1_to_500_characters"),
        ("icon_url", "http://example.com/a.png", "badges_icon_url_is_https"),
        ("at_least", 0, "badges_at_least_is_1_to_100000"),
        ("xp_award", -1, "badges_xp_award_is_0_to_10000"),
        ("xp_award", 10_001, "badges_xp_award_is_0_to_10000"),
    ],
)
async def test_a_badge_that_breaks_a_rule_is_refused_by_its_name(
    column: str, value: Any, constraint: str, owner: asyncpg.Connection
) -> None:
    badge = await make_badge(owner)

    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await owner.execute(f"update public.badges set {column} = $2 where id = $1", badge, value)

    assert refused.value.constraint_name == constraint


@pytest.mark.parametrize("role", ["anon", "authenticated", "cairn_server"])
async def test_everybody_reads_the_badges_that_are_published_and_nobody_writes_them(
    role: str, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    badge, draft = await make_badge(owner), await make_badge(owner, is_published=False)

    async with as_user(ana, role) as connection:
        found = {row[0] for row in await connection.fetch("select id from public.badges")}
    for statement in ("update public.badges set xp_award = 1", "delete from public.badges"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with as_user(ana, role) as connection:
                await connection.execute(statement)

    assert badge in found
    assert draft not in found


async def test_the_catalogue_has_a_badge_for_each_metric_and_none_is_dear(
    owner: asyncpg.Connection,
) -> None:
    rows = await owner.fetch(
        "select metric::text, xp_award from public.badges where slug not like 'badge-%'"
    )

    assert {row["metric"] for row in rows} == set(METRICS)
    assert max(row["xp_award"] for row in rows) <= 100
