"""What keeps a schedule from calling everybody, every minute (NU-122 to NU-129)."""

from __future__ import annotations

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.fixtures.people import AsUser

CALL = (
    "insert into public.schedules (name, schedule_type, cron_expression, reminder_method, phone_number) "
    "values ('x', 'reminder', $1, 'call', '+4915112345678')"
)


@pytest.mark.parametrize("cron", ["* * * * *", "*/5 9 * * *", "0,30 9 * * *", "0-9 9 * * *"])
async def test_what_rings_comes_once_an_hour_at_most(
    cron: str, ana: Viewer, as_user: AsUser
) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        async with as_user(ana) as connection:
            await connection.execute(CALL, cron)

    assert refused.value.constraint_name == "schedules_outside_the_app_name_one_minute"


async def test_a_person_has_fifty_schedules_at_most(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    add = (
        "insert into public.schedules (name, schedule_type, cron_expression) "
        "select 'x', 'chat_checkup', '0 9 * * *' from generate_series(1, $1)"
    )
    async with as_user(ana) as connection:
        await connection.execute(add, 50)

    with pytest.raises(asyncpg.PostgresError) as refused:
        async with as_user(ana) as connection:
            await connection.execute(add, 1)

    assert refused.value.sqlstate == "CA409"
    count = "select count(*) from public.schedules where user_id = $1"
    assert await owner.fetchval(count, ana.user_id) == 50


async def test_no_agent_says_whom_to_call(ana: Viewer, as_user: AsUser) -> None:
    async with as_user(ana) as connection:
        await connection.execute(
            "select set_config('request.jwt.claims', $1, true)",
            f'{{"sub": "{ana.user_id}", "act": {{"sub": "agent:x"}}}}',
        )
        with pytest.raises(asyncpg.PostgresError) as refused:
            await connection.execute(CALL, "0 9 * * *")

    assert refused.value.sqlstate == "CA403"


async def test_a_zone_that_postgres_would_take_and_nobody_else_knows_is_none(
    owner: asyncpg.Connection,
) -> None:
    found = await owner.fetch(
        "select zone, private.is_time_zone(zone) from unnest(array['X-120', 'posix/Asia/Tokyo', "
        "'Asia/Tokyo', 'UTC']) as one (zone)"
    )

    assert [tuple(row) for row in found] == [
        ("X-120", False),
        ("posix/Asia/Tokyo", False),
        ("Asia/Tokyo", True),
        ("UTC", True),
    ]
