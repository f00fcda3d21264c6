"""How she says she is: X-40, TR-050."""

from __future__ import annotations

from uuid import UUID

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.database.chat import Start
from tests.database.live import events, head
from tests.database.memory.remembering import refused
from tests.fixtures.people import AsUser, NewUser

CHECK_IN = "insert into public.check_ins (mood, energy, note) values (6, 4, 'Ice.') returning id"
WAITING = (
    "select requested, done from public.memory_updates where kind = 'check_in' and ref_id = $1"
)


async def check_in(as_user: AsUser, viewer: Viewer) -> UUID:
    async with as_user(viewer) as connection:
        made: UUID = await connection.fetchval(CHECK_IN)
    return made


@pytest.mark.parametrize(
    ("columns", "values", "constraint"),
    [
        ("mood", "11", "check_ins_mood_is_between_0_and_10"),
        ("mood", "-1", "check_ins_mood_is_between_0_and_10"),
        ("energy", "11", "check_ins_energy_is_between_0_and_10"),
        ("energy", "-1", "check_ins_energy_is_between_0_and_10"),
        ("note", "repeat('x', 4001)", "check_ins_note_is_at_most_4000_characters"),
        ("note", "' '", "check_ins_say_at_least_one_thing"),
        ("prompts", "'{How are you?}'", "check_ins_say_at_least_one_thing"),
        (
            "mood, prompts",
            "1, array_fill('x'::text, array[11])",
            "check_ins_prompts_are_at_most_10_and_2000_characters",
        ),
        (
            "mood, prompts",
            "1, array[repeat('x', 2001)]",
            "check_ins_prompts_are_at_most_10_and_2000_characters",
        ),
        (
            "mood, prompts",
            "1, array[null]::text[]",
            "check_ins_prompts_are_at_most_10_and_2000_characters",
        ),
        ("mood, origin", "1, 'user'", "42501"),
        ("mood, user_id", "1, gen_random_uuid()", "42501"),
    ],
)
async def test_a_check_in_that_breaks_a_rule_is_refused_by_its_name(
    columns: str, values: str, constraint: str, ana: Viewer, as_user: AsUser
) -> None:
    async with as_user(ana) as connection:
        transaction = connection.transaction()
        await transaction.start()
        found = await refused(
            connection, f"insert into public.check_ins ({columns}) values ({values})"
        )
        await transaction.rollback()

    assert found == constraint


@pytest.mark.parametrize(
    ("column", "value"), [("mood", "0"), ("energy", "10"), ("note", "'Well enough.'")]
)
async def test_one_thing_is_enough_to_say(
    column: str, value: str, ana: Viewer, as_user: AsUser
) -> None:
    async with as_user(ana) as connection:
        row = await connection.fetchrow(
            f"insert into public.check_ins ({column}) values ({value}) returning *"
        )

    assert (row["user_id"], row["origin"], row["version"]) == (ana.user_id, "user", 1)


async def test_only_the_server_says_that_somebody_else_wrote_it(
    ana: Viewer, as_user: AsUser
) -> None:
    async with as_user(ana, "cairn_server") as connection:
        origin = await connection.fetchval(
            "insert into public.check_ins (mood, origin) values (5, 'agent') returning origin::text"
        )

    assert origin == "agent"


async def test_a_check_in_waits_for_memory_and_again_when_its_content_is_new(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    made = await check_in(as_user, ana)
    seen = [await owner.fetchval(WAITING, made)]
    for changes in ("note = 'Ice.'", "note = 'Ice, and a heron.'", "mood = 7", "mood = 7"):
        async with as_user(ana) as connection:
            await connection.execute(f"update public.check_ins set {changes} where id = $1", made)
        seen.append(await owner.fetchval(WAITING, made))

    assert seen == [1, 1, 2, 3, 3]


async def test_a_check_in_that_is_deleted_waits_no_longer(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    made, kept = await check_in(as_user, ana), await check_in(as_user, ana)

    async with as_user(ana) as connection:
        await connection.execute("delete from public.check_ins where id = $1", made)

    assert await owner.fetchval(WAITING, made) is None
    assert await owner.fetchval(WAITING, kept) == 1


async def test_each_change_of_a_check_in_is_one_event(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    seen = await head(owner, ana.user_id)
    made = await check_in(as_user, ana)
    async with as_user(ana) as connection:
        await connection.execute("update public.check_ins set mood = 7 where id = $1", made)
    async with as_user(ana) as connection:
        await connection.execute("delete from public.check_ins where id = $1", made)

    assert await events(owner, ana.user_id, seen) == [
        ("check_ins", made, "insert"),
        ("check_ins", made, "update"),
        ("check_ins", made, "delete"),
    ]


async def test_a_check_in_outlives_its_conversation_which_is_hers(
    start: Start, ana: Viewer, new_user: NewUser, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    ben, conversation = await new_user("Ben"), await start()
    insert = "insert into public.check_ins (mood, conversation_id) values (5, $1) returning id"
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        async with as_user(ben) as connection:
            await connection.execute(insert, conversation)
    async with as_user(ana) as connection:
        made = await connection.fetchval(insert, conversation)
        await connection.execute("delete from public.conversations where id = $1", conversation)

    found = await owner.fetchrow(
        "select user_id, conversation_id, version from public.check_ins where id = $1", made
    )
    assert tuple(found) == (ana.user_id, None, 2)


@pytest.mark.parametrize(
    "statement",
    [
        "update public.check_ins set mood = 0 where id = $1",
        "delete from public.check_ins where id = $1",
    ],
)
async def test_nobody_else_touches_a_check_in_of_hers(
    statement: str, ana: Viewer, new_user: NewUser, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    made, ben = await check_in(as_user, ana), await new_user("Ben")

    async with as_user(ben) as connection:
        answer = await connection.execute(statement, made)
        seen = await connection.fetchval("select count(*) from public.check_ins")

    assert (answer.split()[-1], seen) == ("0", 0)
    assert await owner.fetchval("select mood from public.check_ins where id = $1", made) == 6
