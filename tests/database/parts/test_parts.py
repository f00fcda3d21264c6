"""Parts, and how far a person has come with them: TR-009 to TR-013, TR-016, TR-023."""

from __future__ import annotations

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.database.journal.rows import act_as, act_as_undo, insert, text
from tests.database.parts.part import Find, read
from tests.fixtures.people import AsUser, NewUser

STATUSES = ("emerging", "acknowledged", "active", "integrated")


async def test_a_part_is_as_she_describes_it(find: Find, ana: Viewer) -> None:
    """TR-009."""
    part = await find(
        story="'Since that winter.'",
        role="'manager'",
        felt_age="7",
        body_location="'behind the eyes'",
        image="'a woman at a counter'",
        intention="'That nothing is forgotten.'",
        fears="'{chaos}'",
        needs="'{rest}'",
        attributes='\'{"colour": "slate"}\'',
    )

    assert (part["user_id"], part["origin"], part["role"]) == (ana.user_id, "user", "manager")
    assert (part["felt_age"], part["fears"], part["needs"]) == (7, ["chaos"], ["rest"])
    assert part["attributes"] == '{"colour": "slate"}'


async def test_a_part_emerges_without_any_evidence(find: Find) -> None:
    part = await find()

    assert (part["status"], part["role"]) == ("emerging", "unknown")
    assert (part["confidence_score"], part["recent_evidence"], part["version"]) == (0, [], 1)


@pytest.mark.parametrize(
    ("actor", "origin"), [(None, "user"), ("pipeline", "companion"), ("agent:7", "agent")]
)
async def test_who_found_it_is_read_off_the_claims(
    actor: str | None, origin: str, ana: Viewer, as_user: AsUser
) -> None:
    async with as_user(ana, "cairn_server") as connection:
        if actor:
            await act_as(connection, actor)
        part = await insert(connection, "parts", name="'x'")

    assert part["origin"] == origin


@pytest.mark.parametrize("after", STATUSES)
@pytest.mark.parametrize("before", STATUSES)
async def test_a_part_goes_only_forward_by_one_or_more_steps(
    before: str, after: str, find: Find, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """TR-010, TR-011: the whole matrix."""
    part = await find(status=text(before))

    async def move() -> None:
        async with as_user(ana) as connection:
            await connection.execute(
                f"update public.parts set status = '{after}' where id = $1", part["id"]
            )

    if STATUSES.index(after) >= STATUSES.index(before):
        await move()
    else:
        with pytest.raises(asyncpg.PostgresError) as refused:
            await move()
        assert refused.value.sqlstate == "CA409"
        assert str(refused.value) == f"A part that is {before} cannot become {after}."

    found = await read(owner, part["id"])
    moved = STATUSES.index(after) > STATUSES.index(before)
    assert found["status"] == (after if moved else before)
    assert (found["status_changed_at"] > part["status_changed_at"]) == moved


async def test_the_dashboard_is_bound_by_the_same_rules(
    find: Find, owner: asyncpg.Connection
) -> None:
    part = await find(status="'active'")

    for change in ("status = 'emerging'", "user_id = gen_random_uuid()", "origin = 'agent'"):
        with pytest.raises(asyncpg.PostgresError) as refused:
            await owner.execute(f"update public.parts set {change} where id = $1", part["id"])
        assert refused.value.sqlstate == "CA409"


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"name": "' '"}, "parts_name_is_not_blank"),
        ({"name": text("x" * 101)}, "parts_name_is_at_most_100_characters"),
        ({"story": text("x" * 8001)}, "parts_story_is_at_most_8000_characters"),
        ({"felt_age": "-1"}, "parts_felt_age_is_between_0_and_120_years"),
        ({"felt_age": "121"}, "parts_felt_age_is_between_0_and_120_years"),
        ({"body_location": text("x" * 201)}, "parts_body_location_is_at_most_200_characters"),
        ({"image": text("x" * 1001)}, "parts_image_is_at_most_1000_characters"),
        ({"intention": text("x" * 1001)}, "parts_intention_is_at_most_1000_characters"),
        ({"fears": "array_fill('a'::text, array[21])"}, "parts_fears_are_at_most_20"),
        ({"fears": "'{null}'"}, "parts_fears_are_at_most_20"),
        ({"needs": f"array[{text('x' * 8001)}]"}, "parts_needs_are_at_most_20"),
        ({"needs": "'{null}'"}, "parts_needs_are_at_most_20"),
        ({"attributes": "'[]'"}, "parts_attributes_are_an_object_of_at_most_8_kb"),
        (
            {"attributes": "jsonb_build_object('a', repeat('x', 8192))"},
            "parts_attributes_are_an_object_of_at_most_8_kb",
        ),
    ],
)
async def test_a_part_that_breaks_a_rule_is_refused_by_its_name(
    columns: dict[str, str], constraint: str, find: Find
) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await find(**columns)

    assert refused.value.constraint_name == constraint


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("origin", "'companion'"), ("confidence_score", "1"), ("recent_evidence", "'{}'"),
        ("status_changed_at", "now()"), ("version", "2"),
    ],
)  # fmt: skip
async def test_how_sure_one_is_and_why_she_does_not_write(
    column: str, value: str, find: Find, ana: Viewer, as_user: AsUser
) -> None:
    part = await find()

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await find(**{column: value})
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with as_user(ana) as connection:
            await connection.execute(
                f"update public.parts set {column} = {value} where id = $1", part["id"]
            )


@pytest.mark.parametrize("score", ["-0.01", "1.01", "'NaN'"])
async def test_a_confidence_outside_of_0_to_1_is_refused(
    score: str, find: Find, ana: Viewer, as_user: AsUser
) -> None:
    """TR-012, TR-013."""
    part = await find()

    with pytest.raises(asyncpg.CheckViolationError) as refused:
        async with as_user(ana, "cairn_server") as connection:
            await connection.execute(
                f"update public.parts set confidence_score = {score} where id = $1", part["id"]
            )

    assert refused.value.constraint_name == "parts_confidence_score_is_between_0_and_1"


async def test_two_parts_may_have_one_name(find: Find) -> None:
    assert (await find())["id"] != (await find())["id"]


async def test_the_version_counts_what_she_writes(
    find: Find, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """TR-023."""
    part = await find()

    for change in ("story = 'Now.'", "story = 'Now.'", "status = 'active'"):
        async with as_user(ana) as connection:
            await connection.execute(f"update public.parts set {change}")

    found = await read(owner, part["id"])
    assert found["version"] == 3
    assert found["updated_at"] > part["updated_at"]


@pytest.mark.parametrize("role", ["authenticated", "cairn_server"])
async def test_another_person_sees_changes_and_deletes_none(
    role: str, find: Find, new_user: NewUser, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    part, ben = await find(), await new_user("Ben")
    assert await read(owner, part["id"]) == part

    async with as_user(ben, role) as connection:
        seen = await connection.fetch("select from public.parts where id = $1", part["id"])
        changed = await connection.execute("update public.parts set name = 'x'")
        deleted = await connection.execute("delete from public.parts")

    assert (seen, changed, deleted) == ([], "UPDATE 0", "DELETE 0")
    assert await read(owner, part["id"]) == part


async def test_her_list_of_a_status_newest_first_has_an_index(owner: asyncpg.Connection) -> None:
    """TR-016."""
    found = await owner.fetch(
        "select indexdef from pg_indexes where tablename = 'parts' "
        "and indexdef like '%(user_id, status, created_at DESC, id DESC)'"
    )

    assert len(found) == 1


async def test_the_moment_of_a_status_is_the_databases(
    find: Find, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    part = await find()

    async with as_user(ana, "cairn_server") as connection:
        await connection.execute("update public.parts set status_changed_at = '2001-01-01'")

    assert (await read(owner, part["id"]))["status_changed_at"] == part["status_changed_at"]


async def test_an_undo_takes_a_part_back_to_where_it_was(
    find: Find, ana: Viewer, as_user: AsUser, superuser: asyncpg.Connection
) -> None:
    """D14."""
    before = await find(status="'acknowledged'")
    async with as_user(ana) as connection:
        await connection.execute("update public.parts set status = 'integrated'")

    async with superuser.transaction():
        await act_as_undo(superuser, ana)
        await superuser.execute(
            "update public.parts set status = 'acknowledged', status_changed_at = $1 where id = $2",
            before["status_changed_at"],
            before["id"],
        )

    after = await read(superuser, before["id"])
    ignored = {"version": None, "updated_at": None}
    assert dict(after) | ignored == dict(before) | ignored
