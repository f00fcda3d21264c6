"""How two parts stand to each other: TR-017 to TR-020, X-41."""

from __future__ import annotations

from uuid import UUID

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.database.journal.rows import insert, text
from tests.database.parts.part import Find
from tests.fixtures.people import AsUser, NewUser


async def relate(
    as_user: AsUser, viewer: Viewer, one: UUID, other: UUID, kind: str, **columns: str
) -> asyncpg.Record:
    async with as_user(viewer) as connection:
        return await insert(
            connection,
            "part_relationships",
            from_part_id=text(one),
            to_part_id=text(other),
            relationship_type=text(kind),
            **columns,
        )


async def pair(find: Find) -> tuple[UUID, UUID]:
    return (await find())["id"], (await find(name="'The girl'"))["id"]


async def test_two_parts_may_protect_fight_and_help_each_other(
    find: Find, ana: Viewer, as_user: AsUser
) -> None:
    """TR-017, TR-018."""
    one, other = await pair(find)

    protects = await relate(as_user, ana, one, other, "protector_exile", notes="'She counts.'")
    fights = await relate(as_user, ana, one, other, "polarized", polarization_level="10")
    helps = await relate(as_user, ana, one, other, "allied")

    assert (protects["notes"], protects["origin"]) == ("She counts.", "user")
    assert [row["polarization_level"] for row in (protects, fights, helps)] == [None, 10, None]


@pytest.mark.parametrize("kind", ["protector_exile", "polarized", "allied"])
@pytest.mark.parametrize("turned", [False, True])
async def test_a_relationship_is_told_once_from_whichever_end(
    kind: str, turned: bool, find: Find, ana: Viewer, as_user: AsUser
) -> None:
    one, other = await pair(find)
    await relate(as_user, ana, one, other, kind)

    with pytest.raises(asyncpg.UniqueViolationError) as refused:
        await relate(as_user, ana, *((other, one) if turned else (one, other)), kind)

    assert refused.value.constraint_name in {
        "part_relationships_pair_key",
        "part_relationships_parts_key",
    }


async def test_a_part_has_no_relationship_to_itself(
    find: Find, ana: Viewer, as_user: AsUser
) -> None:
    """TR-019."""
    part = (await find())["id"]

    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await relate(as_user, ana, part, part, "allied")

    assert refused.value.constraint_name == "part_relationships_are_between_two_parts"


@pytest.mark.parametrize(
    ("kind", "columns", "constraint"),
    [
        (
            "polarized",
            {"polarization_level": "-1"},
            "part_relationships_polarization_level_is_between_0_and_10",
        ),
        (
            "polarized",
            {"polarization_level": "11"},
            "part_relationships_polarization_level_is_between_0_and_10",
        ),
        (
            "allied",
            {"polarization_level": "5"},
            "part_relationships_only_polarized_ones_have_a_level",
        ),
        (
            "protector_exile",
            {"polarization_level": "0"},
            "part_relationships_only_polarized_ones_have_a_level",
        ),
        (
            "allied",
            {"notes": text("x" * 4001)},
            "part_relationships_notes_are_at_most_4000_characters",
        ),
    ],
)
async def test_a_relationship_that_breaks_a_rule_is_refused_by_its_name(
    kind: str,
    columns: dict[str, str],
    constraint: str,
    find: Find,
    ana: Viewer,
    as_user: AsUser,
) -> None:
    """TR-019."""
    one, other = await pair(find)

    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await relate(as_user, ana, one, other, kind, **columns)

    assert refused.value.constraint_name == constraint


@pytest.mark.parametrize("end", ["from", "to"])
async def test_both_parts_are_of_one_person(
    end: str, find: Find, new_user: NewUser, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """TR-019, X-41."""
    ben = await new_user("Ben")
    hers, his = (await find())["id"], (await find(ben))["id"]
    assert await owner.fetchval("select count(*) from public.parts where id = $1", hers) == 1

    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await relate(as_user, ben, *((hers, his) if end == "from" else (his, hers)), "allied")


@pytest.mark.parametrize("end", ["from_part_id", "to_part_id"])
async def test_a_relationship_is_found_from_either_end_by_an_index(
    end: str, find: Find, ana: Viewer, as_user: AsUser
) -> None:
    """TR-020."""
    one, other = await pair(find)
    row = await relate(as_user, ana, one, other, "allied")

    async with as_user(ana) as connection:
        await connection.execute("set local enable_seqscan = off")
        question = f"select id from public.part_relationships where {end} = $1"
        found = await connection.fetchval(question, row[end])
        plan = await connection.fetch(question.join(["explain ", ""]), row[end])

    said = "\n".join(line[0] for line in plan)
    assert found == row["id"]
    assert f"({end} =" in said
    assert "Index Cond" in said


@pytest.mark.parametrize("end", [0, 1])
async def test_a_relationship_goes_with_either_part(
    end: int, find: Find, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    parts = await pair(find)
    await relate(as_user, ana, *parts, "allied")

    async with as_user(ana) as connection:
        await connection.execute("delete from public.parts where id = $1", parts[end])

    assert not await owner.fetchval(
        "select count(*) from public.part_relationships where user_id = $1", ana.user_id
    )


async def test_a_fight_that_ends_becomes_an_alliance(
    find: Find, ana: Viewer, as_user: AsUser
) -> None:
    row = await relate(as_user, ana, *await pair(find), "polarized", polarization_level="8")
    change = "update public.part_relationships set relationship_type = 'allied'{} returning *"

    with pytest.raises(asyncpg.CheckViolationError):
        async with as_user(ana) as connection:
            await connection.fetchrow(change.format(""))
    async with as_user(ana) as connection:
        changed = await connection.fetchrow(change.format(", polarization_level = null"))

    assert (changed["id"], changed["version"]) == (row["id"], 2)


@pytest.mark.parametrize("role", ["authenticated", "cairn_server"])
@pytest.mark.parametrize("end", ["from_part_id", "to_part_id"])
async def test_a_relationship_stays_between_its_two_parts(
    end: str, role: str, find: Find, ana: Viewer, as_user: AsUser
) -> None:
    await relate(as_user, ana, *await pair(find), "allied")

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with as_user(ana, role) as connection:
            await connection.execute(f"update public.part_relationships set {end} = {end}")
