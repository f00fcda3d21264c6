"""What is noted of a crisis, and what it raises. CL-055 to CL-064, SC-087, SC-091, NU-054, CO-050, CO-053, X-04."""

from __future__ import annotations

from uuid import UUID

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.database.chat import Start, say
from tests.database.profiles.trying import refusal
from tests.database.safety.events import find, notice
from tests.fixtures.people import AsUser, NewUser


async def levels(
    owner: asyncpg.Connection, viewer: Viewer, conversation: UUID
) -> tuple[object, ...]:
    return tuple(
        await owner.fetchrow(
            "select c.crisis_level, p.current_crisis_level "
            "from public.conversations c join public.profiles p using (user_id) "
            "where c.id = $1 and c.user_id = $2",
            conversation,
            viewer.user_id,
        )
    )


@pytest.mark.parametrize(
    ("level", "path"),
    [
        ("low", "resources"),
        ("moderate", "safety_plan"),
        ("high", "care_team"),
        ("critical", "emergency_services"),
    ],
)
async def test_the_level_chooses_how_far_help_is_called(
    level: str, path: str, ana: Viewer, as_user: AsUser
) -> None:
    """CL-065."""
    assert (await notice(as_user, ana, level))["escalation_path"] == path


async def test_how_far_help_was_called_may_be_said(ana: Viewer, as_user: AsUser) -> None:
    async with as_user(ana, "cairn_server") as connection:
        path = await connection.fetchval(
            "insert into public.crisis_events (level, source, escalation_path) "
            "values ('low', 'voice', 'care_team') returning escalation_path"
        )

    assert path == "care_team"


async def test_an_event_raises_conversation_and_person_and_lowers_neither(
    start: Start, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    conversation, other = await start(), await start()
    seen = []
    for level in ("moderate", "low", "critical"):
        await notice(as_user, ana, level, conversation)
        seen.append(await levels(owner, ana, conversation))

    assert seen == [
        ("moderate", "moderate"),
        ("moderate", "moderate"),
        ("critical", "critical"),
    ]
    assert await levels(owner, ana, other) == ("none", "critical")


async def test_an_event_that_becomes_graver_raises_them_too(
    start: Start, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """D7: slower detectors can only raise."""
    conversation = await start()
    event = await notice(as_user, ana, "low", conversation)
    raise_it = "update public.crisis_events set level = 'high' where id = $1"

    async with as_user(ana, "cairn_server") as connection:
        path = await connection.fetchval(f"{raise_it} returning escalation_path", event["id"])
    lowered = await refusal(
        as_user, ana, "update public.crisis_events set level = 'low'", role="cairn_server"
    )
    called_off = await refusal(
        as_user,
        ana,
        "update public.crisis_events set escalation_path = 'resources', level = 'critical'",
        role="cairn_server",
    )

    assert (path, await levels(owner, ana, conversation)) == ("care_team", ("high", "high"))
    assert (lowered, called_off) == ("CA409", "CA409")


async def test_an_event_names_where_it_was_noticed_and_survives_that(
    start: Start, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """CL-062."""
    conversation = await start()
    async with as_user(ana, "cairn_server") as connection:
        message = await say(connection, conversation)
    event = await notice(as_user, ana, "high", conversation, message["id"])

    async with as_user(ana, "cairn_server") as connection:
        await connection.execute("delete from public.messages")
    without_message = await find(owner, "crisis_events", event["id"])
    async with as_user(ana) as connection:
        await connection.execute("delete from public.conversations")
    without_both = await find(owner, "crisis_events", event["id"])

    assert (event["conversation_id"], event["message_id"]) == (conversation, message["id"])
    assert (without_message["conversation_id"], without_message["message_id"]) == (
        conversation,
        None,
    )
    assert (without_both["conversation_id"], without_both["level"]) == (None, "high")


async def test_an_event_names_no_conversation_or_message_of_another(
    start: Start, ana: Viewer, new_user: NewUser, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    ben, conversation = await new_user("Ben"), await start()
    async with as_user(ana, "cairn_server") as connection:
        message = await say(connection, conversation)

    refused = [
        await refusal(
            as_user,
            ben,
            f"insert into public.crisis_events (level, source, {column}) values ('high', 'rules', $1)",
            row_id,
            role="cairn_server",
        )
        for column, row_id in (("conversation_id", conversation), ("message_id", message["id"]))
    ]

    assert refused == ["crisis_events_conversation_fkey", "crisis_events_message_fkey"]
    assert await levels(owner, ana, conversation) == ("none", "none")


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("level", "'none'", "crisis_events_level_is_above_none"),
        ("detector", "repeat('x', 101)", "crisis_events_detector_is_at_most_100_characters"),
        ("confidence", "1.1", "crisis_events_confidence_is_from_0_to_1"),
        (
            "flags",
            "array_fill('other'::public.crisis_flag, array[11])",
            "crisis_events_flags_are_at_most_10",
        ),
        (
            "response_template",
            "repeat('x', 101)",
            "crisis_events_response_template_is_at_most_100_characters",
        ),
        (
            "response_given",
            "repeat('x', 8001)",
            "crisis_events_response_given_is_at_most_8000_characters",
        ),
        (
            "resources_offered",
            "array_fill('x'::text, array[21])",
            "crisis_events_resources_offered_are_at_most_20",
        ),
        (
            "resources_offered",
            "array[repeat('x', 8001)]",
            "crisis_events_resources_offered_are_at_most_20",
        ),
        ("status", "'handled'", "42501"),
        ("handled_note", "'done'", "42501"),
        ("user_id", "gen_random_uuid()", "42501"),
    ],
)
async def test_an_event_that_breaks_a_rule_is_refused(
    column: str, value: str, rule: str, ana: Viewer, as_user: AsUser
) -> None:
    level = "" if column == "level" else "level, "
    high = "" if column == "level" else "'high', "

    refused = await refusal(
        as_user,
        ana,
        f"insert into public.crisis_events ({level}source, {column}) values ({high}'rules', {value})",
        role="cairn_server",
    )

    assert refused == rule


@pytest.mark.parametrize(
    "sql",
    [
        "insert into public.crisis_events (level, source) values ('low', 'user')",
        "update public.crisis_events set level = 'critical'",
        "update public.crisis_events set status = 'handled'",
        "delete from public.crisis_events",
    ],
)
async def test_she_reads_her_events_and_writes_none(sql: str, ana: Viewer, as_user: AsUser) -> None:
    event = await notice(as_user, ana)

    async with as_user(ana) as connection:
        seen = await connection.fetchval("select id from public.crisis_events")

    assert seen == event["id"]
    assert await refusal(as_user, ana, sql) == "42501"


async def test_the_server_neither_handles_nor_deletes(ana: Viewer, as_user: AsUser) -> None:
    await notice(as_user, ana)

    refused = [
        await refusal(as_user, ana, sql, role="cairn_server")
        for sql in (
            "update public.crisis_events set status = 'handled'",
            "delete from public.crisis_events",
        )
    ]

    assert refused == ["42501", "42501"]


@pytest.mark.parametrize(
    "columns",
    [
        "status = 'open', handled_at = null, handled_note = null, handled_by = null",
        "handled_note = 'Nothing happened.'",
        "handled_at = now() - interval '1 day'",
        "level = 'critical'",
    ],
)
async def test_what_is_handled_stays_as_it_was_even_in_the_dashboard(
    columns: str, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    event = await notice(as_user, ana)
    handled = await owner.fetchrow(
        "update public.crisis_events set status = 'handled', handled_note = 'Called her.' "
        "where id = $1 returning *",
        event["id"],
    )

    with pytest.raises(asyncpg.PostgresError) as refused:
        await owner.execute(f"update public.crisis_events set {columns} where id = $1", event["id"])

    assert (handled["handled_by"], handled["handled_at"] is not None) == (None, True)
    assert refused.value.sqlstate == "CA409"


async def test_an_event_is_live_for_her(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    event = await notice(as_user, ana)

    rows = await owner.fetch(
        "select table_name, row_id, operation from public.live_events where user_id = $1",
        ana.user_id,
    )
    assert ("crisis_events", event["id"], "insert") in [tuple(row) for row in rows]
