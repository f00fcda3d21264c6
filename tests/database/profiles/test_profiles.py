"""A profile is there from the first moment; what was so at the beginning stays.

SC-039 to SC-047, SC-050, SC-051, CO-058, CO-063.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.database.chat import Start
from tests.database.profiles.trying import act_as, refusal
from tests.fixtures.people import AsUser, NewUser

THIS_YEAR = datetime.now(UTC).year


async def profile(owner: asyncpg.Connection, user_id: UUID | None) -> asyncpg.Record:
    return await owner.fetchrow("select * from public.profiles where user_id = $1", user_id)


async def change(as_user: AsUser, viewer: Viewer, columns: str, role: str | None = None) -> None:
    async with as_user(viewer, role) as connection:
        await connection.execute(f"update public.profiles set {columns}")


async def test_signing_up_makes_the_profile_with_what_she_stated(
    new_user: NewUser, owner: asyncpg.Connection
) -> None:
    told = await profile(owner, (await new_user("Clara", birth_year=1971)).user_id)
    silent = await profile(owner, (await new_user("Dora", birth_year=None)).user_id)

    assert (told["birth_year"], told["age_verified"], told["version"]) == (1971, False, 1)
    assert (silent["birth_year"], silent["timezone"], silent["emotional_tone"]) == (None, "UTC", [])
    assert (told["current_crisis_level"], told["initial_crisis_level"]) == ("none", None)


@pytest.mark.parametrize(
    ("told", "stated"),
    [
        ({"birth_year": 1990, "country": "fr"}, (1990, "FR")),
        ({"birth_year": "2004"}, (2004, None)),
        ({"birth_year": THIS_YEAR + 1, "country": "FRA"}, (None, None)),
        ({"birth_year": 1850, "country": 33}, (None, None)),
        ({"birth_year": [1990], "country": {"is": "FR"}}, (None, None)),
        ({"birth_year": "1990-05-01"}, (None, None)),
        ([], (None, None)),
        ("Clara", (None, None)),
        (None, (None, None)),
    ],
)
async def test_whatever_she_states_at_sign_up_the_profile_is_made(
    told: object, stated: tuple[object, object], owner: asyncpg.Connection
) -> None:
    user_id = uuid4()
    await owner.execute(
        "insert into auth.users (id, aud, role, raw_user_meta_data, created_at) "
        "values ($1, 'authenticated', 'authenticated', $2::jsonb, now())",
        user_id,
        json.dumps(told),
    )

    found = await profile(owner, user_id)

    assert (found["birth_year"], found["country"]) == stated


async def test_a_failing_profile_stops_no_sign_up_and_is_made_good(
    superuser: asyncpg.Connection,
) -> None:
    """D1."""
    user_id = uuid4()
    transaction = superuser.transaction()
    await transaction.start()
    await superuser.execute(
        "alter table public.profiles add constraint planted check (false) not valid"
    )
    await superuser.execute("set local role supabase_auth_admin")
    await superuser.execute(
        "insert into auth.users (id, aud, role, created_at) "
        "values ($1, 'authenticated', 'authenticated', now())",
        user_id,
    )
    await superuser.execute("reset role")
    missing = (
        await superuser.fetchval("select count(*) from public.users where id = $1", user_id),
        await superuser.fetchval("select count(*) from auth.users where id = $1", user_id),
    )

    await superuser.execute("alter table public.profiles drop constraint planted")
    await superuser.fetchval("select private.repeat_failed_user_syncs()")

    found = await profile(superuser, user_id)
    await transaction.rollback()
    assert missing == (0, 1)
    assert found is not None


@pytest.mark.parametrize(
    ("columns", "rule"),
    [
        ("preferred_name = ' '", "profiles_preferred_name_is_not_blank"),
        ("preferred_name = repeat('x', 101)", "profiles_preferred_name_is_at_most_100_characters"),
        ("pronouns = repeat('x', 41)", "profiles_pronouns_are_at_most_40_characters"),
        ("birth_year = 1899", "CA409"),
        ("country = 'fr'", "profiles_country_is_two_capital_letters"),
        ("language = 'English'", "profiles_language_is_a_language_tag"),
        ("language = 'en_GB'", "profiles_language_is_a_language_tag"),
        (
            "emotional_tone = array_fill('sad'::text, array[21])",
            "profiles_emotional_tone_has_at_most_20_words",
        ),
        (
            "emotional_tone = array[repeat('x', 2001)]",
            "profiles_emotional_tone_has_at_most_20_words",
        ),
        (
            "emotional_tone = array['sad', null]",
            "profiles_emotional_tone_has_at_most_20_words",
        ),
        (
            "initial_emotional_tone = array[repeat('x', 2001)]",
            "profiles_initial_emotional_tone_has_at_most_20_words",
        ),
        (
            "emotional_baseline = '[]'",
            "profiles_emotional_baseline_is_an_object_of_at_most_4_kb",
        ),
        (
            "emotional_baseline = jsonb_build_object(repeat('x', 4097), 1)",
            "profiles_emotional_baseline_is_an_object_of_at_most_4_kb",
        ),
        (
            """emotional_baseline = '{"calm": 11}'""",
            "profiles_emotional_baseline_holds_numbers_from_0_to_10",
        ),
        (
            """emotional_baseline = '{"calm": -1}'""",
            "profiles_emotional_baseline_holds_numbers_from_0_to_10",
        ),
        (
            """emotional_baseline = '{"calm": "very"}'""",
            "profiles_emotional_baseline_holds_numbers_from_0_to_10",
        ),
        (
            """emotional_baseline = '{"calm": {"now": 1}}'""",
            "profiles_emotional_baseline_holds_numbers_from_0_to_10",
        ),
        ("concerns = array_fill('x'::text, array[51])", "profiles_concerns_are_at_most_50"),
        ("profile_summary = ''", "profiles_summary_is_not_blank"),
        ("profile_summary = repeat('x', 8001)", "profiles_summary_is_at_most_8000_characters"),
        ("main_themes = array_fill('x'::text, array[51])", "profiles_main_themes_are_at_most_50"),
        ("current_focus = repeat('x', 1001)", "profiles_current_focus_is_at_most_1000_characters"),
        ("timezone = 'Europe/Atlantis'", "CA400"),
        ("timezone = 'CET+3'", "CA400"),
        ("timezone = 'Foo/Bar3'", "CA400"),
        ("timezone = 'localtime'", "CA400"),
        ("timezone = 'Factory'", "CA400"),
        ("timezone = 'europe/paris'", "CA400"),
        ("timezone = null", "23502"),
        ("age_verified = true", "42501"),
        ("current_crisis_level = 'none'", "42501"),
        ("initial_crisis_level = 'none'", "42501"),
        ("summarised_at = now()", "42501"),
        ("user_id = gen_random_uuid()", "42501"),
        ("version = 7", "42501"),
    ],
)
async def test_a_profile_that_breaks_a_rule_is_refused(
    columns: str, rule: str, ana: Viewer, as_user: AsUser
) -> None:
    refused_by = await refusal(as_user, ana, f"update public.profiles set {columns}")

    assert refused_by == rule


@pytest.mark.parametrize(
    "zone", ["UTC", "Europe/Paris", "America/Argentina/Ushuaia", "Asia/Kolkata"]
)
async def test_a_time_zone_is_one_of_the_iana_database(
    zone: str, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    await change(as_user, ana, f"timezone = '{zone}'")

    assert (await profile(owner, ana.user_id))["timezone"] == zone


async def test_she_makes_and_deletes_no_profile(ana: Viewer, as_user: AsUser) -> None:
    """SC-050: one each, as long as she is there."""
    made = await refusal(as_user, ana, "insert into public.profiles (preferred_name) values ('A')")
    deleted = await refusal(as_user, ana, "delete from public.profiles", role="cairn_server")

    assert (made, deleted) == ("42501", "42501")


@pytest.mark.parametrize(
    ("year", "outcome"), [(1995, 1995), (1990, 1990), (1989, "CA409"), (None, "CA409")]
)
async def test_a_stated_birth_year_becomes_only_later_by_her(
    year: int | None, outcome: object, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    sql = f"birth_year = {year or 'null'}"

    if outcome == "CA409":
        assert await refusal(as_user, ana, f"update public.profiles set {sql}") == outcome
    else:
        await change(as_user, ana, sql)
        assert (await profile(owner, ana.user_id))["birth_year"] == outcome


async def test_a_birth_year_is_stated_once_it_is_not_and_never_in_the_future(
    new_user: NewUser, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    dora = await new_user("Dora", birth_year=None)

    future = await refusal(
        as_user, dora, f"update public.profiles set birth_year = {THIS_YEAR + 1}"
    )
    ancient = await refusal(as_user, dora, "update public.profiles set birth_year = 1899")
    await change(as_user, dora, "birth_year = 2001")

    assert (future, ancient) == ("CA400", "profiles_birth_year_is_from_1900_on")
    assert (await profile(owner, dora.user_id))["birth_year"] == 2001


async def test_the_dashboard_corrects_a_birth_year_and_a_verified_one_is_not_hers(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    await owner.execute(
        "update public.profiles set birth_year = 1980 where user_id = $1", ana.user_id
    )
    await change(as_user, ana, "age_verified = true", "cairn_server")

    later = await refusal(as_user, ana, "update public.profiles set birth_year = 1999")

    assert later == "CA409"
    assert (await profile(owner, ana.user_id))["birth_year"] == 1980


@pytest.mark.parametrize(
    ("first", "then", "role"),
    [
        ("initial_emotional_tone = '{sad}'", "initial_emotional_tone = '{glad}'", None),
        ("initial_emotional_tone = '{sad}'", "initial_emotional_tone = null", None),
        ("initial_emotional_tone = '{}'", "initial_emotional_tone = '{glad}'", None),
        ("initial_crisis_level = 'low'", "initial_crisis_level = 'none'", "cairn_server"),
        ("initial_crisis_level = 'none'", "initial_crisis_level = null", "cairn_server"),
    ],
)
async def test_how_it_was_at_the_beginning_stays(
    first: str, then: str, role: str | None, ana: Viewer, as_user: AsUser
) -> None:
    """SC-044."""
    await change(as_user, ana, first, role)
    await change(as_user, ana, first, role)

    assert await refusal(as_user, ana, f"update public.profiles set {then}", role=role) == "CA409"


async def test_each_change_of_tone_is_kept_with_who_said_it(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """SC-045 to SC-047."""
    await change(as_user, ana, "emotional_tone = '{sad}'")
    await change(as_user, ana, "emotional_tone = '{sad}', pronouns = 'she/her'")
    for actor, tone in (("pipeline", "{calm}"), ("agent:chatgpt", "{}")):
        async with as_user(ana) as connection:
            await act_as(connection, ana, actor)
            await connection.execute(
                "update public.profiles set emotional_tone = $1::text[]",
                [tone[1:-1]] if tone != "{}" else [],
            )

    kept = await owner.fetch(
        "select emotional_tone, origin from public.profile_tone_history "
        "where user_id = $1 order by created_at, id",
        ana.user_id,
    )

    assert [tuple(row) for row in kept] == [
        (["sad"], "user"),
        (["calm"], "companion"),
        ([], "agent"),
    ]


@pytest.mark.parametrize("role", ["authenticated", "cairn_server"])
async def test_nobody_writes_the_history_of_tones_but_the_trigger(
    role: str, ana: Viewer, as_user: AsUser
) -> None:
    await change(as_user, ana, "emotional_tone = '{sad}'")

    made = await refusal(
        as_user,
        ana,
        "insert into public.profile_tone_history (emotional_tone, origin) values ('{glad}', 'user')",
        role=role,
    )
    changed = await refusal(
        as_user, ana, "update public.profile_tone_history set emotional_tone = '{glad}'", role=role
    )

    assert (made, changed) == ("42501", "42501")


async def test_she_takes_a_line_out_of_her_history_and_nobody_elses(
    ana: Viewer, new_user: NewUser, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    ben = await new_user("Ben")
    await change(as_user, ana, "emotional_tone = '{sad}'")
    there = "select count(*) from public.profile_tone_history where user_id = $1"

    async with as_user(ben) as connection:
        his = await connection.execute("delete from public.profile_tone_history")
    between = await owner.fetchval(there, ana.user_id)
    async with as_user(ana) as connection:
        hers = await connection.execute("delete from public.profile_tone_history")

    assert (his, between, hers) == ("DELETE 0", 1, "DELETE 1")


async def test_a_summary_says_when_it_was_written_and_she_may_correct_it(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """CO-058."""
    await change(as_user, ana, "pronouns = 'she/her'")
    before = await profile(owner, ana.user_id)

    await change(as_user, ana, "profile_summary = 'Ana sleeps badly.'", "cairn_server")
    by_server = await profile(owner, ana.user_id)
    await change(as_user, ana, "profile_summary = 'Ana sleeps well.', main_themes = '{sleep}'")
    by_her = await profile(owner, ana.user_id)

    assert (before["summarised_at"], before["version"]) == (None, 2)
    assert by_server["summarised_at"] is not None
    assert by_her["summarised_at"] > by_server["summarised_at"]
    assert (by_her["profile_summary"], by_her["version"]) == ("Ana sleeps well.", 4)


async def test_a_profile_points_at_a_conversation_of_hers_only_and_lets_it_go(
    start: Start, ana: Viewer, new_user: NewUser, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """SC-049."""
    ben, conversation = await new_user("Ben"), await start()
    point = "update public.profiles set conversation_id = $1"

    his = await refusal(as_user, ben, point, conversation)
    async with as_user(ana) as connection:
        await connection.execute(point, conversation)
    pointed = (await profile(owner, ana.user_id))["conversation_id"]
    async with as_user(ana) as connection:
        await connection.execute("delete from public.conversations")

    assert (his, pointed) == ("profiles_conversation_fkey", conversation)
    assert (await profile(owner, ana.user_id))["conversation_id"] is None


async def test_a_profile_is_live_when_it_changes_and_not_for_being_made(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    events = "select table_name, operation from public.live_events where user_id = $1 order by seq"
    before = await owner.fetch(events, ana.user_id)

    await change(as_user, ana, "pronouns = 'she/her'")

    assert before == []
    assert [tuple(row) for row in await owner.fetch(events, ana.user_id)] == [
        ("profiles", "update")
    ]
