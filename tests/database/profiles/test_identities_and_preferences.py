"""Who she is elsewhere, and how she likes her companion to be. SC-058, SC-059, CL-040, CL-044, CO-038, CO-043."""

from __future__ import annotations

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.database.profiles.trying import refusal
from tests.fixtures.people import AsUser, NewUser

LINK = "insert into public.external_identities (source, external_id) values ($1, $2)"


async def link(as_user: AsUser, viewer: Viewer, source: str, external_id: str) -> None:
    async with as_user(viewer, "cairn_server") as connection:
        await connection.execute(LINK, source, external_id)


async def test_the_server_finds_who_that_is_and_at_first_contact_nobody(
    ana: Viewer, as_user: AsUser
) -> None:
    external_id = f"ext-{ana.user_id}"
    find = "select private.person_of_external_identity('chatgpt', $1)"
    async with as_user(role="cairn_server") as connection:
        before = await connection.fetchval(find, external_id)

    await link(as_user, ana, "chatgpt", external_id)

    async with as_user(role="cairn_server") as connection:
        after = await connection.fetchval(find, external_id)
        elsewhere = await connection.fetchval(
            "select private.person_of_external_identity('claude', $1)", external_id
        )
    assert (before, after, elsewhere) == (None, ana.user_id, None)


async def test_one_identity_leads_to_one_person_and_a_person_has_one_each(
    ana: Viewer, new_user: NewUser, as_user: AsUser
) -> None:
    ben, external_id = await new_user("Ben"), f"ext-{ana.user_id}"
    await link(as_user, ana, "chatgpt", external_id)

    his = await refusal(as_user, ben, LINK, "chatgpt", external_id, role="cairn_server")
    second = await refusal(as_user, ana, LINK, "chatgpt", "another", role="cairn_server")
    await link(as_user, ana, "claude", external_id)

    assert (his, second) == ("external_identities_source_key", "external_identities_user_key")


@pytest.mark.parametrize(
    ("source", "external_id", "rule"),
    [
        ("Chat GPT", "x", "external_identities_source_is_a_short_word"),
        ("chatgpt", "", "external_identities_external_id_has_1_to_200_characters"),
        ("chatgpt", "x" * 201, "external_identities_external_id_has_1_to_200_characters"),
    ],
)
async def test_an_identity_that_breaks_a_rule_is_refused(
    source: str, external_id: str, rule: str, ana: Viewer, as_user: AsUser
) -> None:
    assert await refusal(as_user, ana, LINK, source, external_id, role="cairn_server") == rule


async def test_she_claims_to_be_nobody_and_unlinks_herself(
    ana: Viewer, new_user: NewUser, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    ben = await new_user("Ben")
    await link(as_user, ana, "chatgpt", f"ext-{ana.user_id}")
    forget = "delete from public.external_identities"

    claimed = await refusal(as_user, ben, LINK, "chatgpt", f"ext-{ana.user_id}")
    async with as_user(ben) as connection:
        his = await connection.execute(forget)
    there = await owner.fetchval(
        "select count(*) from public.external_identities where user_id = $1", ana.user_id
    )
    async with as_user(ana) as connection:
        hers = await connection.execute(forget)

    assert (claimed, his, there, hers) == ("42501", "DELETE 0", 1, "DELETE 1")


PREFER = "insert into public.user_ai_preferences (directness) values (7) returning *"


async def test_preferences_have_defaults_and_there_is_one_row_each(
    ana: Viewer, as_user: AsUser
) -> None:
    async with as_user(ana) as connection:
        row = await connection.fetchrow(PREFER)

    again = await refusal(as_user, ana, PREFER)

    assert (row["tone"], row["reply_length"], row["therapeutic_style"]) == (
        "warm",
        "medium",
        "open",
    )
    assert (row["reminds_of_limits"], row["avoid_topics"], row["version"]) == (True, [], 1)
    assert again == "user_ai_preferences_user_key"


@pytest.mark.parametrize(
    ("columns", "rule"),
    [
        ("directness = 11", "user_ai_preferences_directness_is_from_0_to_10"),
        ("directness = -1", "user_ai_preferences_directness_is_from_0_to_10"),
        ("humour = 11", "user_ai_preferences_humour_is_from_0_to_10"),
        ("companion_name = ' '", "user_ai_preferences_companion_name_has_1_to_60_characters"),
        (
            "companion_name = repeat('x', 61)",
            "user_ai_preferences_companion_name_has_1_to_60_characters",
        ),
        ("language = 'klingon language'", "user_ai_preferences_language_is_a_language_tag"),
        (
            "avoid_topics = array_fill('x'::text, array[51])",
            "user_ai_preferences_avoid_topics_are_at_most_50",
        ),
        (
            "instructions = repeat('x', 2001)",
            "user_ai_preferences_instructions_are_at_most_2000_characters",
        ),
        ("tone = 'cruel'", "22P02"),
        ("user_id = gen_random_uuid()", "42501"),
    ],
)
async def test_preferences_that_break_a_rule_are_refused(
    columns: str, rule: str, ana: Viewer, as_user: AsUser
) -> None:
    async with as_user(ana) as connection:
        await connection.execute(PREFER)

    assert await refusal(as_user, ana, f"update public.user_ai_preferences set {columns}") == rule
