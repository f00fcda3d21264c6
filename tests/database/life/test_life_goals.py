"""A goal is open, reached or dropped, and may be opened again (CO-014)."""

from __future__ import annotations

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.database.life.rows import add, row
from tests.fixtures.people import AsUser

STATUSES = ("open", "reached", "dropped")
SET_STATUS = "update public.user_goals set status = $1::text::public.goal_status where id = $2"


@pytest.mark.parametrize("after", STATUSES)
@pytest.mark.parametrize("before", STATUSES)
async def test_a_closed_goal_is_opened_before_it_is_closed_another_way(
    before: str, after: str, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    async with as_user(ana) as connection:
        goal = await add(connection, "user_goals", status=before)

    async def change() -> None:
        async with as_user(ana) as connection:
            await connection.execute(SET_STATUS, after, goal)

    if before == after or "open" in (before, after):
        await change()
        expected = after
    else:
        with pytest.raises(asyncpg.PostgresError) as refused:
            await change()
        assert refused.value.sqlstate == "CA409"
        assert str(refused.value).startswith(f"A goal that is {before} cannot become {after}")
        expected = before

    found = await row(owner, "user_goals", goal)
    assert found is not None
    assert found["status"] == expected
    assert (found["closed_at"] is None) == (expected == "open")


async def test_a_goal_says_when_it_was_closed_and_forgets_it_when_it_is_opened(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    async with as_user(ana) as connection:
        goal = await add(connection, "user_goals", progress=60)
        await connection.execute(SET_STATUS, "reached", goal)
    reached = await row(owner, "user_goals", goal)

    async with as_user(ana) as connection:
        await connection.execute(
            "update public.user_goals set closing_note = 'Enough.' where id = $1", goal
        )
    noted = await row(owner, "user_goals", goal)
    async with as_user(ana) as connection:
        await connection.execute(SET_STATUS, "open", goal)
    opened = await row(owner, "user_goals", goal)

    assert reached is not None
    assert noted is not None
    assert opened is not None
    assert reached["closed_at"] == reached["updated_at"]
    assert reached["progress"] == 60  # Reached when she says so, not when it is complete.
    assert noted["closed_at"] == reached["closed_at"]
    assert (opened["status"], opened["closed_at"], opened["version"]) == ("open", None, 4)


@pytest.mark.parametrize("role", ["authenticated", "cairn_server"])
@pytest.mark.parametrize(
    "statement",
    [
        "insert into public.user_goals (title, closed_at) values ('x', now())",
        "update public.user_goals set closed_at = now()",
    ],
)
async def test_nobody_but_the_database_says_when_a_goal_was_closed(
    statement: str, role: str, ana: Viewer, as_user: AsUser
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with as_user(ana, role) as connection:
            await connection.execute(statement)


async def test_an_import_may_bring_the_moment_along(ana: Viewer, owner: asyncpg.Connection) -> None:
    closed = await owner.fetchval(
        "insert into public.user_goals (user_id, title, status, closed_at) "
        "values ($1, 'Swim', 'reached', '2020-05-01T00:00:00Z') returning closed_at::date::text",
        ana.user_id,
    )
    opened = await owner.fetchval(
        "insert into public.user_goals (user_id, title, closed_at) "
        "values ($1, 'Fly', '2020-05-01T00:00:00Z') returning closed_at",
        ana.user_id,
    )

    assert (closed, opened) == ("2020-05-01", None)
