"""The functions over all categories of a person's life: count, confirm, dismiss, write, sum up."""

from __future__ import annotations

import asyncio
import json
from uuid import UUID, uuid4

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.database.chat import say
from tests.database.life.rows import CATEGORIES, ENTRIES, SENSITIVE, SINGLES, add, row
from tests.fixtures.people import AsUser, NewUser

each_entry = pytest.mark.parametrize("table", ENTRIES)

INFERRED = {"origin": "companion", "is_confirmed": False, "confidence": 0.7}
STATISTICS = "select * from public.memory_category_statistics($1)"
CONFIRM = "select public.confirm_category_entry($1, $2)"
DISMISS = "select public.dismiss_category_entry($1, $2)"
WRITE = "select * from private.write_category_entries($1::text::jsonb)"
SUMMARY = "select * from public.profile_summary()"


async def write(connection: asyncpg.Connection, *entries: object) -> list[asyncpg.Record]:
    written: list[asyncpg.Record] = await connection.fetch(WRITE, json.dumps(entries))
    return written


async def count(owner: asyncpg.Connection, viewer: Viewer) -> int:
    """Count all that there is of her life."""
    return sum(
        [
            await owner.fetchval(
                f"select count(*) from public.{table} where user_id = $1", viewer.user_id
            )
            for table in CATEGORIES
        ]
    )


async def test_the_categories_are_these_tables_and_the_sensitive_ones_are_asked_for(
    ana: Viewer, as_user: AsUser
) -> None:
    async with as_user(ana) as connection:
        without = await connection.fetchval("select public.memory_categories()")
        with_them = await connection.fetchval("select public.memory_categories(true)")

    assert set(with_them) == CATEGORIES.keys()
    assert len(with_them) == len(CATEGORIES)
    assert set(without) == CATEGORIES.keys() - SENSITIVE


async def test_statistics_count_the_entries_of_each_category_and_those_that_wait(
    ana: Viewer, new_user: NewUser, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """CO-056, CO-057, CO-060."""
    ben = await new_user("Ben")
    async with as_user(ben) as connection:
        await add(connection, "user_themes")
    async with as_user(ana, "cairn_server") as connection:
        await add(connection, "user_themes")
        theme = await add(connection, "user_themes", **INFERRED)
        await add(connection, "user_sleep_routine")
        await add(connection, "user_risk_factors", **INFERRED)
    async with as_user(ana) as connection:
        await connection.execute(
            "update public.user_themes set name = 'Other' where id = $1", theme
        )

    async with as_user(ana) as connection:
        found = {each["category"]: each for each in await connection.fetch(STATISTICS, False)}
        asked = {each["category"]: each for each in await connection.fetch(STATISTICS, True)}

    changed = await row(owner, "user_themes", theme)
    assert changed is not None
    assert found.keys() == CATEGORIES.keys() - SENSITIVE
    assert asked.keys() == CATEGORIES.keys()
    assert tuple(found["user_themes"]) == ("user_themes", 2, 1, changed["updated_at"])
    assert tuple(found["user_sleep_routine"])[:3] == ("user_sleep_routine", 1, 0)
    assert tuple(found["user_goals"]) == ("user_goals", 0, 0, None)
    assert tuple(asked["user_risk_factors"])[:3] == ("user_risk_factors", 1, 1)


@each_entry
async def test_she_confirms_what_was_inferred_and_once_more_is_no_change(
    table: str, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    async with as_user(ana, "cairn_server") as connection:
        entry = await add(connection, table, **INFERRED)

    async with as_user(ana) as connection:
        first = await connection.fetchval(CONFIRM, table, entry)
    async with as_user(ana) as connection:
        second = await connection.fetchval(CONFIRM, table, entry)

    found = await row(owner, table, entry)
    assert found is not None
    assert (first, second) == (entry, entry)
    assert (found["is_confirmed"], found["version"], found["origin"]) == (True, 2, "companion")


@each_entry
async def test_she_dismisses_what_was_inferred_and_never_what_she_said(
    table: str, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    async with as_user(ana, "cairn_server") as connection:
        guess = await add(connection, table, **INFERRED)
        hers = await add(connection, table)

    async with as_user(ana) as connection:
        gone = await connection.fetchval(DISMISS, table, guess)
    with pytest.raises(asyncpg.PostgresError) as refused:
        async with as_user(ana) as connection:
            await connection.fetchval(DISMISS, table, hers)
    with pytest.raises(asyncpg.PostgresError) as repeated:
        async with as_user(ana) as connection:
            await connection.fetchval(DISMISS, table, guess)

    assert gone == guess
    assert await row(owner, table, guess) is None
    assert await row(owner, table, hers) is not None
    assert (refused.value.sqlstate, repeated.value.sqlstate) == ("CA409", "CA404")


@pytest.mark.parametrize("verb", [CONFIRM, DISMISS])
@pytest.mark.parametrize("role", ["authenticated", "cairn_server"])
async def test_another_person_s_entry_is_as_good_as_missing(
    role: str,
    verb: str,
    ana: Viewer,
    new_user: NewUser,
    as_user: AsUser,
    owner: asyncpg.Connection,
) -> None:
    ben = await new_user("Ben")
    async with as_user(ana, "cairn_server") as connection:
        hers = await add(connection, "user_suicidal_thoughts", **INFERRED)
    before = await row(owner, "user_suicidal_thoughts", hers)

    answers = []
    for entry in (hers, uuid4(), None):
        with pytest.raises(asyncpg.PostgresError) as refused:
            async with as_user(ben, role) as connection:
                await connection.fetchval(verb, "user_suicidal_thoughts", entry)
        answers.append((refused.value.sqlstate, str(refused.value)))

    assert answers == [("CA404", "There is no such entry, or it is not yours.")] * 3
    assert before is not None
    assert await row(owner, "user_suicidal_thoughts", hers) == before


@pytest.mark.parametrize("verb", [CONFIRM, DISMISS])
@pytest.mark.parametrize(
    "category",
    [
        "messages",
        "users",
        "user_emotional_trends",
        "user_sessions",
        "USER_THEMES",
        "public.user_themes",
        "user_themes; drop table public.user_themes",
        'user_themes" set name = name; --',
        "",
        None,
        *SINGLES,
    ],
)
async def test_only_a_category_with_inferred_entries_is_confirmed_or_dismissed(
    category: str | None, verb: str, ana: Viewer, as_user: AsUser
) -> None:
    with pytest.raises(asyncpg.PostgresError) as refused:
        async with as_user(ana) as connection:
            await connection.fetchval(verb, category, uuid4())

    assert refused.value.sqlstate == "CA400"


@pytest.mark.parametrize(
    "statement",
    [
        "select public.memory_categories()",
        "select * from public.memory_category_statistics()",
        "select public.confirm_category_entry('user_themes', gen_random_uuid())",
        "select public.dismiss_category_entry('user_themes', gen_random_uuid())",
        "select * from public.profile_summary()",
    ],
)
async def test_somebody_without_a_token_calls_none_of_these(
    statement: str, as_user: AsUser
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with as_user() as connection:
            await connection.fetch(statement)


async def test_confirming_and_dismissing_at_once_has_one_outcome(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    async with as_user(ana, "cairn_server") as connection:
        entry = await add(connection, "user_themes", **INFERRED)

    async def decide(verb: str) -> str:
        try:
            async with as_user(ana) as connection:
                await connection.fetchval(verb, "user_themes", entry)
        except asyncpg.PostgresError as error:
            return str(error.sqlstate)
        return "done"

    outcomes = await asyncio.gather(
        *(decide(CONFIRM) for _ in range(10)), *(decide(DISMISS) for _ in range(10))
    )

    confirmed, dismissed = outcomes[:10], outcomes[10:]
    found = await row(owner, "user_themes", entry)
    if found is None:
        assert dismissed.count("done") == 1
        assert set(dismissed) <= {"done", "CA404"}
    else:
        assert (set(confirmed), found["version"]) == ({"done"}, 2)
        assert set(dismissed) == {"CA409"}


@each_entry
async def test_the_server_writes_every_category_and_the_entry_waits_for_her_word(
    table: str, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    async with as_user(ana, "cairn_server") as connection:
        conversation = await connection.fetchval(
            "insert into public.conversations default values returning id"
        )
        message = (await say(connection, conversation))["id"]
        written = await write(
            connection,
            {
                "category": table,
                "values": ENTRIES[table],
                "confidence": 0.8,
                "source_message_id": str(message),
            },
        )

    found = await row(owner, table, written[0]["entry_id"])
    assert written[0]["category"] == table
    assert found is not None
    assert (found["user_id"], found["origin"]) == (ana.user_id, "companion")
    assert (found["is_confirmed"], found["confidence"]) == (False, 0.8)
    assert found["source_message_id"] == message
    for column, value in ENTRIES[table].items():
        assert found[column] == value


async def test_several_categories_are_written_in_order_with_lists_dates_and_defaults(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    async with as_user(ana, "cairn_server") as connection:
        written = await write(
            connection,
            {
                "category": "user_emotional_patterns",
                "values": {
                    "name": "Dread", "family": "fear", "triggers": ["waking", "silence"],
                    "first_noticed_on": "2026-02-01", "status": None, "evidence": None,
                },
            },
            {"category": "user_goals", "values": {"title": "Sleep"}},
            {"category": "user_emotional_patterns", "values": {"name": "Blank"}},
        )  # fmt: skip

    first = await row(owner, "user_emotional_patterns", written[0]["entry_id"])
    goal = await row(owner, "user_goals", written[1]["entry_id"])
    assert [each["category"] for each in written] == [
        "user_emotional_patterns",
        "user_goals",
        "user_emotional_patterns",
    ]
    assert first is not None
    assert goal is not None
    assert (first["family"], first["triggers"]) == ("fear", ["waking", "silence"])
    assert (first["status"], first["evidence"], first["confidence"]) == ("active", None, None)
    assert (goal["status"], goal["progress"]) == ("open", 0)


@pytest.mark.parametrize(
    ("actor", "origin"), [("pipeline", "companion"), ("agent:helper", "agent")]
)
async def test_an_entry_says_who_inferred_it(
    actor: str, origin: str, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    claims = json.dumps({**json.loads(ana.claims), "act": {"sub": actor}})
    async with as_user(ana, "cairn_server") as connection:
        await connection.execute("select set_config('request.jwt.claims', $1, true)", claims)
        written = await write(connection, {"category": "user_themes", "values": {"name": "Sleep"}})

    found = await row(owner, "user_themes", written[0]["entry_id"])
    assert found is not None
    assert found["origin"] == origin


GOOD = {"category": "user_themes", "values": {"name": "Sleep"}}


@pytest.mark.parametrize(
    "wrong",
    [
        {"category": "messages", "values": {"content": "I am fine."}},
        {"category": "user_emotional_trends", "values": {"period": "day"}},
        {"category": "user_sleep_routine", "values": {"quality": 5}},
        {"category": "user_ai_preferences", "values": {"tone": "warm"}},
        {"category": "user_themes (name) values ('x'); --", "values": {"name": "x"}},
        {"category": None, "values": {"name": "x"}},
        {"values": {"name": "x"}},
        {"category": "user_themes"},
        {"category": "user_themes", "values": {}},
        {"category": "user_themes", "values": {"name": None}},
        {"category": "user_themes", "values": ["name"]},
        {"category": "user_themes", "values": {"name": "x", "colour": "blue"}},
        {"category": "user_themes", "values": {"name": "x", "colour": None}},
        {"category": "user_themes", "values": {"name": "x", "id": str(uuid4())}},
        {"category": "user_themes", "values": {"name": "x", "user_id": str(uuid4())}},
        {"category": "user_themes", "values": {"name": "x", "is_confirmed": True}},
        {"category": "user_themes", "values": {"name": "x", "origin": "user"}},
        {"category": "user_themes", "values": {"name": "x", "version": 9}},
        {"category": "user_themes", "values": {"name": "x", "ctid": "(0,1)"}},
        {"category": "user_goals", "values": {"title": "x", "closed_at": "2026-01-01"}},
        {"category": "user_themes", "values": {"name": "x"}, "is_confirmed": True},
        {"category": "user_themes", "values": {"name": "x", "status": "gone"}},
        {"category": "user_themes", "values": {"name": "x", "intensity": "high"}},
        {"category": "user_themes", "values": {"name": "x", "intensity": 100_000}},
        {"category": "user_themes", "values": {"name": "x", "first_noticed_on": "2026-02-30"}},
        {"category": "user_emotional_patterns", "values": {"name": "x", "triggers": "waking"}},
        {"category": "user_themes", "values": {"name": "x"}, "confidence": "very"},
        {"category": "user_themes", "values": {"name": "x"}, "source_message_id": "m1"},
        "user_themes",
        [],
        None,
    ],
)  # fmt: skip
async def test_one_wrong_entry_keeps_all_of_them_from_being_written(
    wrong: object, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """CO-046."""
    with pytest.raises(asyncpg.PostgresError) as refused:
        async with as_user(ana, "cairn_server") as connection:
            await write(connection, GOOD, wrong)

    assert refused.value.sqlstate == "CA400", refused.value
    assert await count(owner, ana) == 0


@pytest.mark.parametrize(
    ("wrong", "constraint"),
    [
        ({"values": {"name": "x", "intensity": 11}}, "user_themes_intensity_is_between_0_and_10"),
        ({"values": {"name": " "}}, "user_themes_name_has_1_to_200_characters"),
        ({"values": {"name": "x"}, "confidence": 2}, "user_themes_confidence_is_between_0_and_1"),
        (
            {"values": {"name": "x"}, "source_message_id": str(uuid4())},
            "user_themes_source_message_fkey",
        ),
    ],
)
async def test_one_entry_against_a_rule_of_its_table_keeps_all_of_them_from_being_written(
    wrong: dict[str, object],
    constraint: str,
    ana: Viewer,
    as_user: AsUser,
    owner: asyncpg.Connection,
) -> None:
    """CO-046."""
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
        async with as_user(ana, "cairn_server") as connection:
            await write(connection, GOOD, {"category": "user_themes", **wrong})

    assert refused.value.constraint_name == constraint
    assert await count(owner, ana) == 0


@pytest.mark.parametrize("entries", ["[]", "{}", "null", "7", json.dumps([GOOD] * 101)])
async def test_a_list_of_entries_is_a_list_of_1_to_100(
    entries: str, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    with pytest.raises(asyncpg.PostgresError) as refused:
        async with as_user(ana, "cairn_server") as connection:
            await connection.fetch(WRITE, entries)

    assert refused.value.sqlstate == "CA400"
    assert await count(owner, ana) == 0


async def test_a_refusal_does_not_quote_what_she_said(ana: Viewer, as_user: AsUser) -> None:
    with pytest.raises(asyncpg.PostgresError) as refused:
        async with as_user(ana, "cairn_server") as connection:
            await write(
                connection,
                {"category": "user_themes", "values": {"name": "x", "status": "a secret"}},
            )

    assert "secret" not in f"{refused.value} {refused.value.detail} {refused.value.hint}"


async def test_only_the_server_infers_and_only_in_somebody_s_name(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with as_user(ana) as connection:
            await write(connection, GOOD)
    with pytest.raises(asyncpg.PostgresError) as nobody:
        async with as_user(role="cairn_server") as connection:
            await write(connection, GOOD)

    assert nobody.value.sqlstate == "CA401"
    assert await count(owner, ana) == 0


async def test_the_summary_has_the_strongest_first_and_only_what_she_said_or_confirmed(
    ana: Viewer, new_user: NewUser, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """CO-061."""
    ben = await new_user("Ben")
    async with as_user(ben) as connection:
        await add(connection, "user_themes", name="His", intensity=10)
    async with as_user(ana, "cairn_server") as connection:
        for number in range(7):
            await add(connection, "user_themes", name=f"Theme {number}", intensity=number)
            await add(
                connection, "user_current_stressors", name=f"Stress {number}", intensity=number
            )
        await add(connection, "user_themes", name="Over", intensity=10, status="resolved")
        await add(connection, "user_themes", name="Guess", intensity=10, **INFERRED)
        await add(
            connection, "user_current_stressors", name="Past", intensity=10, ended_on="2026-01-01"
        )
        await add(connection, "user_current_stressors", name="Guess", intensity=10, **INFERRED)
        await add(connection, "user_strengths", name="Small", strength=2)
        await add(connection, "user_strengths", name="Hers", strength=4, is_signature=True)
        await add(connection, "user_strengths", name="Great", strength=9)
        await add(connection, "user_strengths", name="Guess", strength=10, **INFERRED)
        await add(connection, "user_goals", title="Later", importance=3, target_on="2030-01-01")
        await add(connection, "user_goals", title="First", importance=9)
        await add(connection, "user_goals", title="Sooner", importance=3, target_on="2027-01-01")
        await add(connection, "user_goals", title="Unweighed")
        await add(connection, "user_goals", title="Done", importance=10, status="reached")
        await add(connection, "user_goals", title="Guess", importance=10, **INFERRED)
        for table in sorted(SENSITIVE):
            await add(connection, table)

    async with as_user(ana) as connection:
        found = await connection.fetch(SUMMARY)

    assert len(found) == 1
    summary = found[0]
    assert summary["main_themes"] == [f"Theme {number}" for number in (6, 5, 4, 3, 2)]
    assert summary["current_stressors"] == [f"Stress {number}" for number in (6, 5, 4, 3, 2)]
    assert summary["strengths"] == ["Hers", "Great", "Small"]
    assert summary["current_goals"] == ["First", "Sooner", "Later", "Unweighed"]
    assert (summary["open_goals"], summary["unconfirmed"]) == (4, 4)
    assert summary["entries"] == await count(owner, ana) - len(SENSITIVE)


async def test_the_summary_of_somebody_new_is_one_row_of_nothing(
    ana: Viewer, as_user: AsUser
) -> None:
    async with as_user(ana) as connection:
        found = await connection.fetch(SUMMARY)

    assert [tuple(each) for each in found] == [(0, 0, 0, [], [], [], [], None)]


async def test_statistics_and_summary_are_of_who_asks_and_of_nobody_without_claims(
    ana: Viewer, new_user: NewUser, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """CO-045."""
    ben = await new_user("Ben")
    async with as_user(ana) as connection:
        await add(connection, "user_themes")
    there: UUID = await owner.fetchval(
        "select user_id from public.user_themes where user_id = $1", ana.user_id
    )
    assert there == ana.user_id

    async with as_user(ben) as connection:
        his = await connection.fetch(STATISTICS, True)
    async with as_user(role="authenticated") as connection:
        nobody = await connection.fetch(STATISTICS, True)
    everybody = await owner.fetch(STATISTICS, True)

    assert {each["entries"] for each in (*his, *nobody, *everybody)} == {0}
