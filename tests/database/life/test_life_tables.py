"""What the tables of a person's life have in common (CO-011 to CO-045), and what each refuses."""

from __future__ import annotations

from uuid import UUID, uuid4

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.database.chat import Start, say
from tests.database.life.rows import CATEGORIES, ENTRIES, SENSITIVE, SINGLES, add, refusal, row
from tests.fixtures.people import AsUser, NewUser

each_entry = pytest.mark.parametrize("table", ENTRIES)
each_single = pytest.mark.parametrize("table", SINGLES)
each_category = pytest.mark.parametrize("table", CATEGORIES)

INFERRED = {"origin": "companion", "is_confirmed": False, "confidence": 0.7}


async def message_of(viewer: Viewer, as_user: AsUser) -> UUID:
    async with as_user(viewer, "cairn_server") as connection:
        conversation = await connection.fetchval(
            "insert into public.conversations default values returning id"
        )
        return UUID(str((await say(connection, conversation))["id"]))


async def test_these_are_all_tables_with_an_origin_and_all_that_the_companion_names(
    owner: asyncpg.Connection,
) -> None:
    """D10: so that none is left out of the tests below."""
    with_origin = await owner.fetch(
        "select attrelid::regclass::text as name from pg_attribute "
        "where attname = 'origin' and atttypid = 'public.entry_origin'::regtype "
        "and attrelid::regclass::text like 'user\\_%'"
    )

    assert {found["name"] for found in with_origin} >= ENTRIES.keys()
    assert len(ENTRIES) == 27 + 1  # CO-011 to CO-037 but for CO-038, and the value compass
    assert len(SINGLES) == 4  # CO-039 to CO-042


@each_entry
async def test_what_she_writes_herself_is_confirmed_certain_and_counted(
    table: str, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """CO-045, CO-054."""
    async with as_user(ana) as connection:
        entry = await add(connection, table)

    found = await row(owner, table, entry)
    assert found is not None
    assert (found["user_id"], found["origin"], found["is_confirmed"]) == (ana.user_id, "user", True)
    assert (found["confidence"], found["source_message_id"]) == (None, None)
    assert found["version"] == 1


@each_entry
async def test_she_cannot_say_where_an_entry_comes_from_or_whose_it_is(
    table: str, ana: Viewer, as_user: AsUser
) -> None:
    forbidden: dict[str, object] = {
        "origin": "companion",
        "is_confirmed": True,
        "confidence": 0.5,
        "source_message_id": None,
        "user_id": str(uuid4()),
        "version": 7,
        "created_at": "2020-01-01",
    }

    async with as_user(ana) as connection:
        assert await refusal(connection, table) == "accepted"
        refused = {
            column: await refusal(connection, table, **{column: value})
            for column, value in forbidden.items()
        }

    assert refused == dict.fromkeys(forbidden, "42501")


@each_entry
async def test_she_changes_and_confirms_an_entry_and_nothing_of_its_origin(
    table: str, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    async with as_user(ana, "cairn_server") as connection:
        entry = await add(connection, table, **INFERRED)

    async with as_user(ana) as connection:
        for column in ("origin", "confidence", "source_message_id", "user_id", "updated_at"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with connection.transaction():
                    await connection.execute(
                        f"update public.{table} set {column} = default where id = $1", entry
                    )
        await connection.execute(
            f"update public.{table} set is_confirmed = true where id = $1", entry
        )
    confirmed = await row(owner, table, entry)
    async with as_user(ana) as connection:
        deleted = await connection.execute(f"delete from public.{table} where id = $1", entry)

    assert confirmed is not None
    assert (confirmed["is_confirmed"], confirmed["origin"]) == (True, "companion")
    assert (confirmed["confidence"], confirmed["version"]) == (0.7, 2)
    assert confirmed["updated_at"] > confirmed["created_at"]
    assert deleted == "DELETE 1"


@each_entry
async def test_an_entry_outlives_the_message_it_was_drawn_from(
    table: str, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    message = await message_of(ana, as_user)
    async with as_user(ana, "cairn_server") as connection:
        entry = await add(connection, table, source_message_id=message, **INFERRED)
        drawn = await row(connection, table, entry)
        await connection.execute("delete from public.messages where id = $1", message)

    left = await row(owner, table, entry)
    assert drawn is not None
    assert left is not None
    assert (drawn["source_message_id"], left["source_message_id"]) == (message, None)
    assert (left["user_id"], left["origin"]) == (ana.user_id, "companion")


@each_entry
async def test_an_entry_is_not_drawn_from_what_somebody_else_said(
    table: str, ana: Viewer, new_user: NewUser, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    ben = await new_user("Ben")
    his = await message_of(ben, as_user)
    assert await owner.fetchval("select count(*) from public.messages where id = $1", his) == 1

    async with as_user(ana, "cairn_server") as connection:
        refused = await refusal(connection, table, source_message_id=his, **INFERRED)

    assert refused == f"{table}_source_message_fkey"


@each_entry
async def test_nobody_writes_an_origin_that_cannot_be(
    table: str, ana: Viewer, as_user: AsUser
) -> None:
    certain = f"{table}_hers_are_confirmed_and_certain"
    between = f"{table}_confidence_is_between_0_and_1"

    async with as_user(ana, "cairn_server") as connection:
        assert await refusal(connection, table, **INFERRED) == "accepted"
        assert await refusal(connection, table, origin="user", is_confirmed=False) == certain
        assert await refusal(connection, table, origin="user", confidence=0.9) == certain
        for wrong in (1.01, -0.1, "NaN"):
            assert await refusal(connection, table, origin="agent", confidence=wrong) == between


@each_single
async def test_each_person_has_one_row_and_writes_it_herself(
    table: str, ana: Viewer, new_user: NewUser, as_user: AsUser
) -> None:
    """CO-043."""
    ben = await new_user("Ben")

    async with as_user(ana) as connection:
        entry = await add(connection, table)
        again = await refusal(connection, table)
        await connection.execute(f"update public.{table} set {changed(table)} where id = $1", entry)
        version = await connection.fetchval(
            f"select version from public.{table} where id = $1", entry
        )
    async with as_user(ben) as connection:
        his = await refusal(connection, table)

    assert (again, version, his) == (f"{table}_one_each_key", 2, "accepted")


def changed(table: str) -> str:
    return "quality = 4" if table == "user_sleep_routine" else "notes = 'other'"


# The probes of isolation try every table; these stand for the three kinds of them.
@pytest.mark.parametrize("table", ["user_themes", "user_suicidal_thoughts", "user_sleep_routine"])
async def test_another_person_neither_sees_nor_changes_nor_deletes_a_row(
    table: str, ana: Viewer, new_user: NewUser, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """CO-045."""
    ben = await new_user("Ben")
    async with as_user(ana) as connection:
        entry = await add(connection, table)
    before = await row(owner, table, entry)

    for role in ("authenticated", "cairn_server"):
        async with as_user(ben, role) as connection:
            assert await row(connection, table, entry) is None
            column = next(iter(CATEGORIES[table]), "quality")
            assert (
                await connection.execute(
                    f"update public.{table} set {column} = {column} where id = $1", entry
                )
                == "UPDATE 0"
            )
            assert (
                await connection.execute(f"delete from public.{table} where id = $1", entry)
                == "DELETE 0"
            )

    assert before is not None
    assert await row(owner, table, entry) == before


@each_category
async def test_every_text_and_list_of_words_is_bounded(
    table: str, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    texts = await columns(owner, table, "text")
    lists = await columns(owner, table, "text[]")

    async with as_user(ana) as connection:
        # A row of which nothing but this is wrong.
        assert await refusal(connection, table) == "accepted"
        for column in texts:
            refused = await refusal(connection, table, **{column: "x" * 5000, **whole(column)})
            assert "characters" in refused, column
            if column in CATEGORIES[table]:
                for blank in ("", " \n"):
                    name = await refusal(connection, table, **{column: blank})
                    assert name.startswith(f"{table}_{column}_has_1_to_"), column
        for column in lists:
            rule = f"{table}_{column}_are_a_short_list"
            assert await refusal(connection, table, **{column: ["x" * 200] * 20}) == "accepted"
            for wrong in (["x"] * 21, [" "], [""], ["x" * 201], [None]):
                assert await refusal(connection, table, **{column: wrong}) == rule, wrong
            assert await refusal(connection, table, **{column: None}) == "23502"


@each_category
async def test_every_number_has_two_ends(
    table: str, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    too_much = {"smallint": 32_000, "integer": 50_000, "double precision": 50_000}

    async with as_user(ana) as connection:
        for kind, most in too_much.items():
            for column in set(await columns(owner, table, kind)) - {"version", "confidence"}:
                for wrong in (-6, most):
                    refused = await refusal(connection, table, **{column: wrong, **whole(column)})
                    assert refused.startswith(f"{table}_"), (column, wrong)


def whole(column: str) -> dict[str, object]:
    """Give what must be said along with a column."""
    along: dict[str, dict[str, object]] = {
        "typical_amount": {"amount_unit": "drinks"},
        "amount_unit": {"typical_amount": 1},
    }
    return along.get(column, {})


async def columns(owner: asyncpg.Connection, table: str, kind: str) -> list[str]:
    rows = await owner.fetch(
        "select attname::text from pg_attribute where attrelid = $1::text::regclass "
        "and attnum > 0 and atttypid = $2::text::regtype",
        f"public.{table}",
        kind,
    )
    return [found["attname"] for found in rows]


@pytest.mark.parametrize(
    ("table", "values", "constraint"),
    [
        ("user_previous_therapy", {"started_on": "2024-02-01", "ended_on": "2024-01-31"}, "dates_are_in_order"),
        ("user_current_practices", {"started_on": "2024-02-01", "last_practised_on": "2024-01-31"}, "dates_are_in_order"),
        ("user_current_stressors", {"started_on": "2024-02-01", "ended_on": "2024-01-31"}, "dates_are_in_order"),
        ("user_themes", {"first_noticed_on": "2024-02-01", "last_noticed_on": "2024-01-31"}, "dates_are_in_order"),
        ("user_risk_factors", {"first_noticed_on": "2024-02-01", "last_noticed_on": "2024-01-31"}, "dates_are_in_order"),
        ("user_goals", {"started_on": "2024-02-01", "target_on": "2024-01-31"}, "dates_are_in_order"),
        ("user_suicidal_thoughts", {"occurred_at": "2024-02-01", "passed_at": "2024-01-31"}, "dates_are_in_order"),
        ("user_living_situation", {"household_size": 0}, "household_size_is_between_1_and_100"),
        ("user_relationship_status", {"children_count": -1}, "children_count_is_between_0_and_30"),
        ("user_sleep_routine", {"usual_bedtime": "24:00"}, "times_are_before_midnight"),
        ("user_sleep_routine", {"usual_wake_time": "24:00"}, "times_are_before_midnight"),
        ("user_sleep_routine", {"asleep_minutes": 1441}, "minutes_are_within_a_day"),
        ("user_sleep_routine", {"latency_minutes": -1}, "minutes_are_within_a_day"),
        ("user_sleep_routine", {"quality": 11}, "scales_are_between_0_and_10"),
        ("user_daily_habits", {"usual_time": "24:00"}, "usual_time_is_before_midnight"),
        ("user_daily_habits", {"takes_minutes": 1441}, "takes_minutes_is_within_a_day"),
        ("user_mood_trends", {"mood": -6}, "mood_is_between_minus_5_and_5"),
        ("user_mood_trends", {"mood": 6}, "mood_is_between_minus_5_and_5"),
        ("user_mood_trends", {"anxiety": 11}, "scales_are_between_0_and_10"),
        ("user_emotional_states", {"lasted_minutes": 43_201}, "lasted_at_most_30_days"),
        ("user_emotional_patterns", {"settles_in_minutes": 43_201}, "settles_within_30_days"),
        ("user_dysregulating_factors", {"recovery_minutes": 43_201}, "recovery_takes_at_most_30_days"),
        ("user_ancestral_issues", {"generations_back": 0}, "generations_back_is_between_1_and_7"),
        ("user_ancestral_issues", {"generations_back": 8}, "generations_back_is_between_1_and_7"),
        ("user_value_compass", {"importance": 11}, "scales_are_between_0_and_10"),
        ("user_value_compass", {"lived": -1}, "scales_are_between_0_and_10"),
        ("user_goals", {"progress": 101}, "progress_is_between_0_and_100"),
        ("user_goals", {"progress": -1}, "progress_is_between_0_and_100"),
        ("user_strengths", {"kind": "skill", "virtue": "courage"}, "virtues_are_strengths_of_character"),
        ("user_coping_tools", {"is_for_crisis": True, "helps_later": False}, "crisis_ones_do_no_harm_later"),
        ("user_coping_tools", {"takes_minutes": 1441}, "takes_minutes_is_within_a_day"),
        ("user_regulation_strategies", {"works_within_minutes": 1441}, "works_within_a_day"),
        ("user_trauma_patterns", {"reexperiencing": 5}, "symptoms_are_between_0_and_4"),
        ("user_trauma_patterns", {"avoidance": -1}, "symptoms_are_between_0_and_4"),
        ("user_trauma_patterns", {"sense_of_threat": 5}, "symptoms_are_between_0_and_4"),
        ("user_substance_use", {"typical_amount": 2}, "amounts_have_a_unit"),
        ("user_substance_use", {"amount_unit": "drinks"}, "amounts_have_a_unit"),
        ("user_substance_use", {"abstinent_since": "2024-01-01"}, "abstinence_has_a_state"),
        ("user_substance_use", {"age_at_first_use": 121}, "age_at_first_use_is_between_0_and_120"),
    ],
)  # fmt: skip
async def test_a_row_that_cannot_be_is_refused_by_the_name_of_its_rule(
    table: str, values: dict[str, object], constraint: str, ana: Viewer, as_user: AsUser
) -> None:
    """CO-008."""
    async with as_user(ana) as connection:
        assert await refusal(connection, table) == "accepted"
        assert await refusal(connection, table, **values) == f"{table}_{constraint}"


@pytest.mark.parametrize(
    ("table", "values"),
    [
        ("user_previous_therapy", {"started_on": "2024-02-01", "ended_on": "2024-02-01"}),
        ("user_mood_trends", {"mood": -5}),
        ("user_mood_trends", {"mood": 5, "energy": 10, "anxiety": 0}),
        ("user_sleep_routine", {"usual_bedtime": "23:59:59", "asleep_minutes": 1440, "quality": 10}),
        ("user_substance_use", {"status": "abstinent", "abstinent_since": "2024-01-01"}),
        ("user_substance_use", {"typical_amount": 2.5, "amount_unit": "drinks"}),
        ("user_coping_tools", {"is_for_crisis": True}),
        ("user_strengths", {"virtue": "courage"}),
        ("user_value_compass", {"importance": 0, "lived": 10}),
        ("user_themes", {"name": "x" * 200, "description": "x" * 2000}),
        ("user_insight_notes", {"insight": "x" * 4000}),
    ],
)  # fmt: skip
async def test_the_ends_of_what_is_allowed_are_allowed(
    table: str, values: dict[str, object], ana: Viewer, as_user: AsUser
) -> None:
    async with as_user(ana) as connection:
        assert await refusal(connection, table, **values) == "accepted"


async def test_the_compass_points_to_what_matters_and_is_not_lived(
    ana: Viewer, as_user: AsUser
) -> None:
    """CO-064."""
    async with as_user(ana) as connection:
        await add(connection, "user_value_compass", name="Music", importance=8, lived=3)
        await add(connection, "user_value_compass", name="Work", importance=6, lived=9)
        await add(connection, "user_value_compass", name="Sister", importance=9, lived=2)
        found = await connection.fetch(
            "select name, public.value_gap(importance, lived) as gap "
            "from public.user_value_compass order by gap desc"
        )

    assert [tuple(each) for each in found] == [("Sister", 7), ("Music", 5), ("Work", -3)]


@pytest.mark.parametrize(
    ("kind", "ascending"),
    [
        (
            "suicidal_ideation",
            ["wish_to_be_dead", "non_specific_active_thoughts", "active_with_method",
             "active_with_some_intent", "active_with_plan_and_intent"],
        ),
        (
            "change_stage",
            ["precontemplation", "contemplation", "preparation", "action", "maintenance"],
        ),
    ],
)  # fmt: skip
async def test_the_steps_of_a_clinical_scale_compare_in_its_order(
    kind: str, ascending: list[str], owner: asyncpg.Connection
) -> None:
    """CO-036: C-SSRS, ideation 1 to 5."""
    steps = await owner.fetchval(
        f"select array_agg(step::text order by step) from unnest(enum_range(null::public.{kind})) "
        "as step"
    )

    assert steps == ascending


KEYS = [
    ("user_support_system", "person_id", "user_people", True),
    ("user_relationship_dynamics", "person_id", "user_people", True),
    ("user_role_model_traits", "person_id", "user_people", False),
    ("user_relationship_status", "partner_id", "user_people", False),
    ("user_goals", "value_id", "user_value_compass", False),
    ("user_growth_milestones", "goal_id", "user_goals", False),
    ("user_insight_notes", "theme_id", "user_themes", False),
]


@pytest.mark.parametrize(("table", "column", "parent", "goes_with_it"), KEYS)
async def test_what_was_written_about_somebody_alone_goes_with_them_and_the_rest_stays(
    table: str,
    column: str,
    parent: str,
    goes_with_it: bool,
    ana: Viewer,
    as_user: AsUser,
    owner: asyncpg.Connection,
) -> None:
    """N-19: deletion reaches third parties."""
    async with as_user(ana) as connection:
        target = await add(connection, parent)
        entry = await add(connection, table, **{column: target})
        before = await row(owner, table, entry), await row(connection, table, entry)
        await connection.execute(f"delete from public.{parent} where id = $1", target)

    left = await row(owner, table, entry)
    assert before[1] is not None
    assert before[1][column] == target
    if goes_with_it:
        assert left is None
    else:
        assert left is not None
        assert (left[column], left["user_id"]) == (None, ana.user_id)


@pytest.mark.parametrize(("table", "column", "parent", "goes_with_it"), KEYS)
async def test_a_row_does_not_lead_to_another_person_s(
    table: str,
    column: str,
    parent: str,
    goes_with_it: bool,
    ana: Viewer,
    new_user: NewUser,
    as_user: AsUser,
) -> None:
    """X-41."""
    ben = await new_user("Ben")
    async with as_user(ana) as connection:
        hers = await add(connection, parent)
        mine = await refusal(connection, table, **{column: hers})

    async with as_user(ben) as connection:
        refused = await refusal(connection, table, **{column: hers})

    assert mine == "accepted"
    assert refused == f"{table}_{column.removesuffix('_id')}_fkey"


async def test_the_four_sensitive_tables_say_so_and_no_event_tells_of_them(
    owner: asyncpg.Connection,
) -> None:
    """CO-044."""
    found = await owner.fetch(
        """
        select c.relname, private.is_sensitive(c.relname) as listed,
               obj_description(c.oid, 'pg_class') ~ '\\. Sensitive: ' as says_so,
               exists (
                 select from pg_trigger t
                 where t.tgrelid = c.oid and t.tgfoid = 'private.live_record'::regproc
               ) as is_live
        from pg_class c where c.relnamespace = 'public'::regnamespace and c.relname = any ($1)
        """,
        list(CATEGORIES),
    )

    assert len(found) == len(CATEGORIES)
    assert {each["relname"] for each in found if each["listed"]} == SENSITIVE
    assert {each["relname"] for each in found if each["says_so"]} == SENSITIVE
    assert {each["relname"] for each in found if not each["is_live"]} == SENSITIVE


async def test_a_theme_is_told_to_her_devices_and_a_thought_of_suicide_is_not(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """CO-044."""
    async with as_user(ana) as connection:
        theme = await add(connection, "user_themes")
        for table in sorted(SENSITIVE):
            await add(connection, table)

    events = await owner.fetch(
        "select table_name, row_id, operation, conversation_id from public.live_events "
        "where user_id = $1",
        ana.user_id,
    )
    assert [tuple(event) for event in events] == [("user_themes", theme, "insert", None)]


async def test_an_account_deleted_by_supabase_auth_takes_her_life_with_it_and_nobody_else_s(
    ana: Viewer, new_user: NewUser, as_user: AsUser, superuser: asyncpg.Connection
) -> None:
    """CO-007."""
    ben = await new_user("Ben")
    for viewer in (ana, ben):
        message = await message_of(viewer, as_user)
        async with as_user(viewer, "cairn_server") as connection:
            for table in SINGLES:
                await add(connection, table)
            for table in ENTRIES:
                await add(connection, table, source_message_id=message, **INFERRED)

    await superuser.execute("set role supabase_auth_admin")
    await superuser.execute("delete from auth.users where id = $1", ana.user_id)
    await superuser.execute("reset role")

    left = {
        viewer: [
            await superuser.fetchval(
                f"select count(*) from public.{table} where user_id = $1", viewer.user_id
            )
            for table in CATEGORIES
        ]
        for viewer in (ana, ben)
    }
    assert left == {ana: [0] * len(CATEGORIES), ben: [1] * len(CATEGORIES)}


async def test_a_conversation_of_many_messages_is_deleted_and_what_was_drawn_from_it_stays(
    start: Start, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    conversation = await start()
    async with as_user(ana, "cairn_server") as connection:
        said = [await say(connection, conversation, f"Message {each}") for each in range(30)]
        for message in said:
            await add(connection, "user_themes", source_message_id=message["id"], **INFERRED)

    async with as_user(ana) as connection:
        await connection.execute("delete from public.conversations where id = $1", conversation)

    left = await owner.fetch(
        "select source_message_id from public.user_themes where user_id = $1", ana.user_id
    )
    assert [each["source_message_id"] for each in left] == [None] * 30
