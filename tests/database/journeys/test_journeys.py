"""The catalogue of journeys: what a journey is made of, who reads it, and what stays of one that was begun.

CL-045 to CL-054.
"""

from __future__ import annotations

import json

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.database.journeys.walks import begin, read_session, step, write_journey
from tests.fixtures.people import AsUser

# Postgres 18 has a word of its own for a row that is kept because others refer to it.
KEPT = (asyncpg.RestrictViolationError, asyncpg.ForeignKeyViolationError)


async def set_steps(owner: asyncpg.Connection, slug: str, *steps: dict[str, object]) -> None:
    await owner.execute(
        "update public.journeys set steps = $2 where slug = $1", slug, json.dumps(steps)
    )


@pytest.mark.parametrize(
    "steps",
    [
        [step("one")],
        [step("one"), step("one-and-a-half", guidance="Gently.", minutes=120)],
        [
            step(kind, kind=kind)
            for kind in ("reflection", "breathing", "question", "exercise", "psychoeducation")
        ],
        [step("in", kind="check_in", minutes=1), step("out", kind="closing")],
        [step(f"step-{number}") for number in range(50)],
    ],
)
async def test_a_journey_is_a_list_of_steps(
    steps: list[dict[str, object]], owner: asyncpg.Connection
) -> None:
    slug = await write_journey(owner, steps)

    kept = await owner.fetchval("select steps from public.journeys where slug = $1", slug)
    assert json.loads(kept) == steps


@pytest.mark.parametrize(
    "steps",
    [
        "null",
        "{}",
        "[]",
        '"one"',
        "[1]",
        "[null]",
        "[[]]",
        "[{}]",
        json.dumps([step("one"), step("one")]),
        json.dumps([step("one"), 2]),
        json.dumps([step(f"step-{number}") for number in range(51)]),
        json.dumps([step("One")]),
        json.dumps([step("one two")]),
        json.dumps([step("-one")]),
        json.dumps([step("")]),
        json.dumps([step("x" * 61)]),
        json.dumps([step("one", id=1)]),
        json.dumps([step("one", id=None)]),
        json.dumps([step("one", title=" ")]),
        json.dumps([step("one", title="x" * 201)]),
        json.dumps([step("one", title=["x"])]),
        json.dumps([step("one", kind="therapy")]),
        json.dumps([step("one", kind=None)]),
        json.dumps([step("one", prompt="\n")]),
        json.dumps([step("one", prompt="x" * 4001)]),
        json.dumps([step("one", prompt={"en": "x"})]),
        json.dumps([step("one", guidance="")]),
        json.dumps([step("one", guidance=None)]),
        json.dumps([step("one", minutes=0)]),
        json.dumps([step("one", minutes=121)]),
        json.dumps([step("one", minutes=1.5)]),
        json.dumps([step("one", minutes="5")]),
        json.dumps([step("one", minutes=-5)]),
        json.dumps([step("one", colour="blue")]),
        *(
            json.dumps([{key: value for key, value in step("one").items() if key != missing}])
            for missing in ("id", "title", "kind", "prompt")
        ),
        # Beside one that is whole.
        *(
            json.dumps(
                [
                    step("one"),
                    {key: value for key, value in step("two").items() if key != missing},
                ]
            )
            for missing in ("title", "kind", "prompt")
        ),
    ],
)
async def test_what_is_no_list_of_steps_is_refused_by_its_name(
    steps: str, owner: asyncpg.Connection
) -> None:
    """CL-050."""
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await owner.execute(
            "insert into public.journeys (slug, name, description, steps, estimated_minutes) "
            "values ('a-slug-of-this-test', 'x', 'x', $1, 5)",
            steps,
        )

    assert (
        refused.value.constraint_name == "journeys_steps_are_a_list_of_steps_with_ids_of_their_own"
    )


@pytest.mark.parametrize(
    ("column", "value", "constraint"),
    [
        ("slug", "Before sleep", "journeys_slug_is_of_words_like_this"),
        ("slug", "x" * 61, "journeys_slug_is_of_words_like_this"),
        ("name", " ", "journeys_name_has_1_to_100_characters"),
        ("description", "", "journeys_description_has_1_to_2000_characters"),
        ("estimated_minutes", 0, "journeys_estimated_minutes_are_1_to_240"),
        ("tags", ["x"] * 11, "journeys_tags_are_at_most_10"),
    ],
)
async def test_a_journey_that_breaks_a_rule_is_refused_by_its_name(
    column: str, value: object, constraint: str, owner: asyncpg.Connection
) -> None:
    slug = await write_journey(owner)

    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await owner.execute(
            f"update public.journeys set {column} = $2 where slug = $1", slug, value
        )

    assert refused.value.constraint_name == constraint


async def test_a_slug_stands_for_one_journey(owner: asyncpg.Connection) -> None:
    """CL-047, CL-048."""
    slug, other = await write_journey(owner), await write_journey(owner)

    with pytest.raises(asyncpg.UniqueViolationError):
        await owner.execute("update public.journeys set slug = $1 where slug = $2", slug, other)


@pytest.mark.parametrize("role", ["anon", "authenticated", "cairn_server"])
async def test_everybody_reads_what_is_published_and_nobody_a_draft(
    role: str, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    published, draft = await write_journey(owner), await write_journey(owner, is_published=False)

    async with as_user(ana, role) as connection:
        found = await connection.fetch(
            "select slug from public.journeys where slug = any ($1)", [published, draft]
        )

    assert [row["slug"] for row in found] == [published]


@pytest.mark.parametrize("role", ["anon", "authenticated", "cairn_server"])
@pytest.mark.parametrize(
    "statement",
    [
        "insert into public.journeys (slug, name, description, steps, estimated_minutes) "
        "values ('mine', 'x', 'x', '[]', 5)",
        "update public.journeys set name = 'mine'",
        "delete from public.journeys",
        "truncate public.journeys cascade",
    ],
)
async def test_nobody_but_staff_writes_the_catalogue(
    role: str, statement: str, ana: Viewer, as_user: AsUser
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with as_user(ana, role) as connection:
            await connection.execute(statement)


async def test_journeys_are_found_by_tag(as_user: AsUser) -> None:
    """CL-052."""
    async with as_user() as connection:
        found = await connection.fetch(
            "select slug from public.journeys where tags @> '{grounding}' order by slug"
        )

    assert [row["slug"] for row in found] == ["a-difficult-evening", "five-things-you-see"]


async def test_the_catalogue_has_journeys_that_begin_lead_somewhere_and_close(
    owner: asyncpg.Connection,
) -> None:
    """CL-046, CL-051, CL-054."""
    rows = await owner.fetch(
        "select slug, steps, estimated_minutes from public.journeys "
        "where is_published and slug not like 'journey-%'"
    )

    plans = {row["slug"]: (json.loads(row["steps"]), row["estimated_minutes"]) for row in rows}
    assert len(plans) >= 6
    for slug, (steps, estimated) in plans.items():
        assert 4 <= len(steps) <= 7, slug
        assert steps[-1]["kind"] == "closing", slug
        # Somebody who does not hurry needs the minutes of its steps, and a little between them.
        assert 0.7 * estimated <= sum(each["minutes"] for each in steps) <= estimated, slug


async def test_the_texts_of_a_journey_that_was_begun_may_change_and_steps_may_follow(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    slug = await write_journey(owner, [step("one"), step("two")])
    async with as_user(ana) as connection:
        await begin(connection, slug)

    await set_steps(owner, slug, step("one", title="Anew"), step("two"), step("three"))

    version = await owner.fetchval("select version from public.journeys where slug = $1", slug)
    assert version == 2


@pytest.mark.parametrize(
    "names", [["two", "one"], ["one"], ["one", "three"], ["zero", "one", "two"], ["two"]]
)
async def test_the_steps_of_a_journey_that_was_begun_keep_their_places(
    names: list[str], ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    slug = await write_journey(owner, [step("one"), step("two")])
    await set_steps(owner, slug, step("two"), step("one"))
    await set_steps(owner, slug, step("one"), step("two"))
    async with as_user(ana) as connection:
        await begin(connection, slug)

    with pytest.raises(asyncpg.PostgresError) as refused:
        await set_steps(owner, slug, *(step(name) for name in names))

    assert refused.value.sqlstate == "CA409"


async def test_a_journey_that_was_begun_is_not_unpublished_or_deleted(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    slug, fresh = await write_journey(owner), await write_journey(owner)
    async with as_user(ana) as connection:
        await begin(connection, slug)

    with pytest.raises(asyncpg.PostgresError) as refused:
        await owner.execute("update public.journeys set is_published = false where slug = $1", slug)
    with pytest.raises(KEPT):
        await owner.execute("delete from public.journeys where slug = $1", slug)

    unpublished = await owner.execute(
        "update public.journeys set is_published = false where slug = $1", fresh
    )
    assert refused.value.sqlstate == "CA409"
    assert unpublished == "UPDATE 1"
    assert await owner.execute("delete from public.journeys where slug = $1", fresh) == "DELETE 1"


async def test_a_journey_that_is_not_offered_any_more_goes_on_where_it_was_begun(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    slug = await write_journey(owner)
    async with as_user(ana) as connection:
        session = await begin(connection, slug)

    await owner.execute("update public.journeys set is_active = false where slug = $1", slug)

    async with as_user(ana) as connection:
        await connection.execute("select public.advance_journey($1)", session)
    with pytest.raises(asyncpg.PostgresError) as refused:
        async with as_user(ana) as connection:
            await begin(connection, slug)
    assert (await read_session(owner, session))["current_step"] == 2
    assert refused.value.sqlstate == "CA409"
