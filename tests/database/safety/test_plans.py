"""Her own safety plan, in the six steps of Stanley and Brown: hers alone, one of them shown."""

from __future__ import annotations

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.database.profiles.trying import refusal
from tests.fixtures.people import AsUser, NewUser

PLAN = "insert into public.safety_plans (warning_signs) values ('{\"I wake at four\"}') returning *"
STEPS = (
    "warning_signs", "coping_alone", "distracting_people_and_places", "people_to_ask",
    "professionals", "making_environment_safe", "reasons_for_living",
)  # fmt: skip


async def plan(as_user: AsUser, viewer: Viewer) -> asyncpg.Record:
    async with as_user(viewer) as connection:
        return await connection.fetchrow(PLAN)


async def test_one_plan_is_active_and_earlier_ones_are_kept(ana: Viewer, as_user: AsUser) -> None:
    first = await plan(as_user, ana)

    second = await refusal(as_user, ana, PLAN)
    async with as_user(ana) as connection:
        await connection.execute("update public.safety_plans set is_active = false")
        await connection.execute(PLAN)
        kept = await connection.fetch(
            "select is_active, version from public.safety_plans order by created_at, id"
        )

    assert first["is_active"]
    assert second == "safety_plans_one_active_key"
    assert [tuple(row) for row in kept] == [(False, 2), (True, 1)]


@pytest.mark.parametrize("step", STEPS)
async def test_each_step_is_bounded(step: str, ana: Viewer, as_user: AsUser) -> None:
    await plan(as_user, ana)
    update = f"update public.safety_plans set {step} = "

    lines = await refusal(as_user, ana, f"{update} array_fill('x'::text, array[21])")
    size = await refusal(as_user, ana, f"{update} array[repeat('x', 8001)]")

    assert lines == "safety_plans_each_step_has_at_most_20_lines"
    assert size == "safety_plans_each_step_has_at_most_8000_bytes"


@pytest.mark.parametrize(
    ("columns", "rule"),
    [
        ("notes = repeat('x', 4001)", "safety_plans_notes_are_at_most_4000_characters"),
        ("warning_signs = null", "23502"),
        ("version = 9", "42501"),
    ],
)
async def test_a_plan_that_breaks_a_rule_is_refused(
    columns: str, rule: str, ana: Viewer, as_user: AsUser
) -> None:
    await plan(as_user, ana)

    assert await refusal(as_user, ana, f"update public.safety_plans set {columns}") == rule


async def test_a_plan_is_hers_alone(
    ana: Viewer, new_user: NewUser, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    ben, hers = await new_user("Ben"), await plan(as_user, ana)

    async with as_user(ben) as connection:
        seen = await connection.fetchval("select count(*) from public.safety_plans")
        changed = await connection.execute(
            "update public.safety_plans set notes = 'x' where id = $1", hers["id"]
        )
        deleted = await connection.execute(
            "delete from public.safety_plans where id = $1", hers["id"]
        )

    there = await owner.fetchval("select notes from public.safety_plans where id = $1", hers["id"])
    assert (seen, changed, deleted, there) == (0, "UPDATE 0", "DELETE 0", None)
