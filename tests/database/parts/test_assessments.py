"""What was found about a part, one finding after the other: TR-021, TR-022."""

from __future__ import annotations

from uuid import UUID

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.database.chat import Start, say
from tests.database.journal.rows import act_as, insert, text
from tests.database.parts.part import Find
from tests.fixtures.people import AsUser, NewUser


async def assess(
    as_user: AsUser,
    viewer: Viewer,
    part: UUID,
    role: str | None = None,
    actor: str | None = None,
    **columns: str,
) -> asyncpg.Record:
    async with as_user(viewer, role) as connection:
        if actor:
            await act_as(connection, actor)
        return await insert(
            connection,
            "part_assessments",
            **{"part_id": text(part), "assessment_type": "'trust'"} | columns,
        )


async def test_an_assessment_says_what_was_found_and_by_whom(
    find: Find, ana: Viewer, as_user: AsUser
) -> None:
    """TR-021."""
    part = (await find())["id"]

    hers = await assess(as_user, ana, part, intensity="0", content='\'{"asked": "How?"}\'')
    theirs = await assess(as_user, ana, part, "cairn_server", "pipeline", note="'It trusts her.'")

    assert (hers["origin"], hers["intensity"], hers["content"]) == ("user", 0, '{"asked": "How?"}')
    assert (theirs["origin"], theirs["note"], theirs["intensity"]) == (
        "companion", "It trusts her.", None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({}, "part_assessments_are_not_empty"),
        ({"intensity": "-1"}, "part_assessments_intensity_is_between_0_and_10"),
        ({"intensity": "11"}, "part_assessments_intensity_is_between_0_and_10"),
        ({"note": "' '"}, "part_assessments_note_is_not_blank"),
        ({"note": text("x" * 4001)}, "part_assessments_note_is_at_most_4000_characters"),
        ({"content": "'[1]'"}, "part_assessments_content_is_an_object_of_at_most_8_kb"),
        (
            {"content": "jsonb_build_object('a', repeat('x', 8192))"},
            "part_assessments_content_is_an_object_of_at_most_8_kb",
        ),
    ],
)
async def test_an_assessment_that_breaks_a_rule_is_refused_by_its_name(
    columns: dict[str, str], constraint: str, find: Find, ana: Viewer, as_user: AsUser
) -> None:
    part = (await find())["id"]

    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await assess(as_user, ana, part, **columns)

    assert refused.value.constraint_name == constraint


@pytest.mark.parametrize("role", ["authenticated", "cairn_server"])
async def test_assessments_are_only_added(
    role: str, find: Find, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """TR-022, TR-023."""
    await assess(as_user, ana, (await find())["id"], intensity="3")

    columns = await owner.fetch(
        "select attname::text from pg_attribute "
        "where attrelid = 'public.part_assessments'::regclass and attnum > 0"
    )
    for (column,) in columns:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with as_user(ana, role) as connection:
                await connection.execute(f"update public.part_assessments set {column} = {column}")

    assert "updated_at" not in {row[0] for row in columns}


async def test_an_assessment_outlives_its_message_and_goes_with_its_part(
    find: Find, start: Start, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    part, conversation = (await find())["id"], await start()
    async with as_user(ana, "cairn_server") as connection:
        message = (await say(connection, conversation))["id"]
    made = await assess(as_user, ana, part, intensity="3", message_id=text(message))
    question = "select * from public.part_assessments where id = $1"

    async with as_user(ana) as connection:
        await connection.execute("delete from public.conversations")
    without_message = await owner.fetchrow(question, made["id"])
    async with as_user(ana) as connection:
        await connection.execute("delete from public.parts")

    assert (made["message_id"], without_message["message_id"]) == (message, None)
    assert await owner.fetchrow(question, made["id"]) is None


async def test_nobody_assesses_another_persons_part_or_by_another_persons_message(
    find: Find, start: Start, ana: Viewer, new_user: NewUser, as_user: AsUser,
    owner: asyncpg.Connection,
) -> None:  # fmt: skip
    ben = await new_user("Ben")
    hers, his = (await find())["id"], (await find(ben))["id"]
    async with as_user(ana, "cairn_server") as connection:
        message = (await say(connection, await start()))["id"]
    there = [
        await owner.fetchval(f"select count(*) from public.{table} where id = $1", key)
        for table, key in (("parts", hers), ("messages", message))
    ]
    assert there == [1, 1]

    with pytest.raises(asyncpg.ForeignKeyViolationError) as by_part:
        await assess(as_user, ben, hers, intensity="3")
    with pytest.raises(asyncpg.ForeignKeyViolationError) as by_message:
        await assess(as_user, ben, his, intensity="3", message_id=text(message))

    assert by_part.value.constraint_name == "part_assessments_part_fkey"
    assert by_message.value.constraint_name == "part_assessments_message_fkey"
