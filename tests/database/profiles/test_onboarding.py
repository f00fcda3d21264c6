"""First steps: taken up again, completed once, and then how it was at the beginning. TR-059, TR-060."""

from __future__ import annotations

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.database.profiles.trying import refusal
from tests.fixtures.people import AsUser, NewUser


async def run(as_user: AsUser, viewer: Viewer, sql: str) -> asyncpg.Record:
    async with as_user(viewer) as connection:
        return await connection.fetchrow(sql)


BEGIN = "insert into public.onboarding (current_step) values (1) returning *"


async def test_completing_says_when_at_the_same_moment_and_once(
    ana: Viewer, as_user: AsUser
) -> None:
    begun = await run(as_user, ana, BEGIN)
    gone_on = await run(
        as_user,
        ana,
        """update public.onboarding set current_step = 3, responses = '{"a": 1}' returning *""",
    )
    done = await run(as_user, ana, "update public.onboarding set completed = true returning *")
    corrected = await run(
        as_user,
        ana,
        """update public.onboarding set completed = true, responses = '{"a": 2}' returning *""",
    )

    assert (begun["completed"], begun["completed_at"]) == (False, None)
    assert (gone_on["current_step"], gone_on["completed_at"]) == (3, None)
    assert done["completed"]
    assert done["completed_at"] is not None
    assert corrected["completed_at"] == done["completed_at"]
    assert corrected["version"] == 4


async def test_a_person_has_one_onboarding(ana: Viewer, as_user: AsUser) -> None:
    await run(as_user, ana, BEGIN)

    assert await refusal(as_user, ana, BEGIN) == "onboarding_user_key"


@pytest.mark.parametrize(
    ("columns", "rule"),
    [
        ("completed = false", "CA409"),
        ("current_step = -1", "onboarding_current_step_is_from_0_to_1000"),
        ("responses = '[]'", "onboarding_responses_are_an_object_of_at_most_32_kb"),
        (
            "responses = jsonb_build_object('a', repeat('x', 32768))",
            "onboarding_responses_are_an_object_of_at_most_32_kb",
        ),
        ("completed_at = now()", "42501"),
    ],
)
async def test_an_onboarding_that_breaks_a_rule_is_refused(
    columns: str, rule: str, ana: Viewer, as_user: AsUser
) -> None:
    await run(as_user, ana, "insert into public.onboarding (completed) values (true) returning *")

    assert await refusal(as_user, ana, f"update public.onboarding set {columns}") == rule


async def test_the_dashboard_cannot_take_the_moment_away(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    done = await run(
        as_user, ana, "insert into public.onboarding (completed) values (true) returning *"
    )

    kept = await owner.fetchval(
        "update public.onboarding set completed_at = null where id = $1 returning completed_at",
        done["id"],
    )

    assert kept == done["completed_at"]


@pytest.mark.parametrize("said_before", [True, False])
async def test_completing_fixes_how_it_was_unless_she_has_said_it(
    said_before: bool, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """SC-044."""
    async with as_user(ana, "cairn_server") as connection:
        await connection.execute(
            "update public.profiles set emotional_tone = '{tired}', current_crisis_level = 'low'"
        )
        if said_before:
            await connection.execute("update public.profiles set initial_emotional_tone = '{lost}'")

    await run(as_user, ana, "insert into public.onboarding (completed) values (true) returning *")

    found = await owner.fetchrow(
        "select initial_emotional_tone, initial_crisis_level from public.profiles "
        "where user_id = $1",
        ana.user_id,
    )
    assert tuple(found) == (["lost"] if said_before else ["tired"], "low")


async def test_beginning_anew_leaves_the_beginning_as_it_was(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    async with as_user(ana) as connection:
        await connection.execute("update public.profiles set emotional_tone = '{tired}'")
        await connection.execute("insert into public.onboarding (completed) values (true)")
        await connection.execute("delete from public.onboarding")
        await connection.execute("update public.profiles set emotional_tone = '{glad}'")
        await connection.execute("insert into public.onboarding (completed) values (true)")

    assert await owner.fetchval(
        "select initial_emotional_tone from public.profiles where user_id = $1", ana.user_id
    ) == ["tired"]


async def test_an_onboarding_is_hers_alone(
    ana: Viewer, new_user: NewUser, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    ben, hers = await new_user("Ben"), await run(as_user, ana, BEGIN)

    async with as_user(ben) as connection:
        seen = await connection.fetchval("select count(*) from public.onboarding")
        changed = await connection.execute(
            "update public.onboarding set current_step = 9 where id = $1", hers["id"]
        )

    there = await owner.fetchval(
        "select current_step from public.onboarding where id = $1", hers["id"]
    )
    assert (seen, changed, there) == (0, "UPDATE 0", 1)
