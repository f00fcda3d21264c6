"""A new conversation goes on where the last one stopped: CO-048, CO-049."""

from __future__ import annotations

from uuid import UUID

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.database.chat import Start, say
from tests.database.journal.rows import insert, text
from tests.fixtures.people import AsUser, NewUser


async def note(connection: asyncpg.Connection, conversation: UUID, **more: str) -> asyncpg.Record:
    columns = {"conversation_id": text(conversation), "through_turn": "1"} | more
    return await insert(connection, "user_conversation_continuity", **columns)


async def test_the_last_conversation_that_was_noted_is_where_the_next_one_begins(
    start: Start, ana: Viewer, new_user: NewUser, as_user: AsUser
) -> None:
    older, latest, fresh = await start(), await start(), await start()
    async with as_user(ana, "cairn_server") as connection:
        await note(connection, latest, open_points="'{the letter}'", mood_at_end="'wistful'")
        await note(connection, older)
        await say(connection, older)
        await connection.execute(
            "update public.conversations set last_message_at = now() + interval '1 minute' "
            "where id = $1",
            latest,
        )
        await connection.execute(
            "update public.conversations set last_message_at = now() + interval '2 minutes' "
            "where id = $1",
            fresh,
        )

    async with as_user(ana) as connection:
        found = await connection.fetch("select * from public.last_continuity()")
    async with as_user(await new_user("Ben"), "cairn_server") as connection:
        of_ben = await connection.fetch("select * from public.last_continuity()")

    assert [(row["conversation_id"], row["open_points"]) for row in found] == [
        (latest, ["the letter"])
    ]
    assert of_ben == []


async def test_each_conversation_is_noted_once(start: Start, ana: Viewer, as_user: AsUser) -> None:
    conversation = await start()

    async with as_user(ana, "cairn_server") as connection:
        await note(connection, conversation)
    with pytest.raises(asyncpg.UniqueViolationError) as refused:
        async with as_user(ana, "cairn_server") as connection:
            await note(connection, conversation)

    assert refused.value.constraint_name == "user_conversation_continuity_conversation_key"


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        (
            {"last_topics": "array_fill('a'::text, array[21])"},
            "user_conversation_continuity_last_topics_are_at_most_20",
        ),
        ({"last_topics": "'{null}'"}, "user_conversation_continuity_last_topics_are_at_most_20"),
        (
            {"open_points": "array_fill('a'::text, array[21])"},
            "user_conversation_continuity_open_points_are_at_most_20",
        ),
        (
            {"open_points": f"array[{text('x' * 16_001)}]"},
            "user_conversation_continuity_open_points_are_at_most_20",
        ),
        ({"mood_at_end": "''"}, "user_conversation_continuity_mood_has_1_to_80_characters"),
        (
            {"suggested_opening": text("x" * 1001)},
            "user_conversation_continuity_opening_has_1_to_1000_characters",
        ),
        ({"through_turn": "-1"}, "user_conversation_continuity_through_turn_is_not_negative"),
    ],
)
async def test_a_note_that_breaks_a_rule_is_refused_by_its_name(
    columns: dict[str, str], constraint: str, start: Start, ana: Viewer, as_user: AsUser
) -> None:
    conversation = await start()

    with pytest.raises(asyncpg.CheckViolationError) as refused:
        async with as_user(ana, "cairn_server") as connection:
            await note(connection, conversation, **columns)

    assert refused.value.constraint_name == constraint


async def test_she_strikes_out_open_points_and_deletes_the_rest_but_writes_none_of_it(
    start: Start, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    conversation = await start()
    async with as_user(ana, "cairn_server") as connection:
        await note(connection, conversation, open_points="'{letter, sleep}'")

    for forged in (
        f"insert into public.user_conversation_continuity (conversation_id, through_turn) "
        f"values ('{await start()}', 1)",
        "update public.user_conversation_continuity set suggested_opening = 'x'",
        "update public.user_conversation_continuity set through_turn = 9",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with as_user(ana) as connection:
                await connection.execute(forged)
    async with as_user(ana) as connection:
        changed = await connection.fetchrow(
            "update public.user_conversation_continuity set open_points = '{letter}' returning *"
        )
        gone = await connection.execute("delete from public.user_conversation_continuity")

    assert (changed["open_points"], changed["version"], gone) == (["letter"], 2, "DELETE 1")


async def test_a_note_goes_with_its_conversation(
    start: Start, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    conversation = await start()
    async with as_user(ana, "cairn_server") as connection:
        await note(connection, conversation)

    async with as_user(ana) as connection:
        await connection.execute("delete from public.conversations where id = $1", conversation)

    assert not await owner.fetchval(
        "select count(*) from public.user_conversation_continuity where user_id = $1", ana.user_id
    )
