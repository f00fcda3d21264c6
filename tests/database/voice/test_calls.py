"""Calls and what is kept of them, which is never a transcript. NU-107 to NU-115, NU-119, NU-120, X-26."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.database.chat import Start
from tests.database.live import events
from tests.fixtures.people import AsUser, NewUser

# Postgres 18 has a word of its own for a row that is kept because others refer to it.
KEPT = (asyncpg.RestrictViolationError, asyncpg.ForeignKeyViolationError)

VOICE = "cairn-voice-juniper"
STATES = ("pending", "ringing", "in_progress", "completed", "failed", "missed", "cancelled")
STATE_STEPS = {
    "pending": {"ringing", "in_progress", "completed", "failed", "missed", "cancelled"},
    "ringing": {"in_progress", "completed", "failed", "missed", "cancelled"},
    "in_progress": {"completed", "failed"},
    "completed": set(),
    "failed": set(),
    "missed": set(),
    "cancelled": set(),
}  # fmt: skip


async def call(connection: asyncpg.Connection, **columns: object) -> Any:
    """Place a call from the app, with these columns besides."""
    given = {"assistant_id": VOICE, "channel": "web"} | columns
    return await connection.fetchrow(
        f"insert into public.voice_calls ({', '.join(given)}) select {', '.join(given)} "
        "from jsonb_populate_record(null::public.voice_calls, $1) returning *",
        json.dumps(given, default=str),
    )


async def change(connection: asyncpg.Connection, found: UUID, assignment: str) -> Any:
    return await connection.fetchrow(
        f"update public.voice_calls set {assignment} where id = $1 returning *", found
    )


def begun(status: str) -> str:
    """The assignments that bring a call to a status, as the provider reports it."""
    if status == "completed":
        return (
            "status = 'completed', started_at = coalesce(started_at, now() - interval '1 minute')"
        )
    return f"status = '{status}'"


async def sum_up(connection: asyncpg.Connection, found: UUID, **columns: object) -> Any:
    given = {"call_id": found, "summary": "She spoke of the sea."} | columns
    return await connection.fetchrow(
        f"insert into public.call_summaries ({', '.join(given)}) select {', '.join(given)} "
        "from jsonb_populate_record(null::public.call_summaries, $1) returning *",
        json.dumps(given, default=str),
    )


async def test_a_call_is_placed_goes_on_and_ends(ana: Viewer, as_user: AsUser) -> None:
    """NU-109, NU-110."""
    async with as_user(ana, "cairn_server") as connection:
        placed = await call(connection, channel="phone", phone_number="+351210000000")
        await change(connection, placed["id"], "vapi_call_id = 'call-of-this-test'")
        await change(connection, placed["id"], "status = 'ringing'")
        spoken = await change(connection, placed["id"], "status = 'in_progress'")
    async with as_user(ana, "cairn_server") as connection:
        ended = await change(
            connection,
            placed["id"],
            "status = 'completed', ended_at = started_at + interval '95 seconds', "
            "ended_reason = 'customer-ended-call'",
        )
        paid = await change(connection, placed["id"], "cost_total = 0.4211")

    assert (placed["user_id"], placed["status"]) == (ana.user_id, "pending")
    assert (placed["started_at"], placed["duration_seconds"]) == (None, None)
    assert spoken["started_at"] is not None
    assert (ended["status"], ended["duration_seconds"]) == ("completed", 95)
    assert (str(paid["cost_total"]), paid["cost_currency"]) == ("0.4211", "USD")


@pytest.mark.parametrize("after", STATES)
@pytest.mark.parametrize("before", STATES)
async def test_a_call_goes_only_forward(
    before: str, after: str, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """NU-110. Messages of the provider that come late change nothing."""
    async with as_user(ana, "cairn_server") as connection:
        placed = await call(connection)
        if before != "pending":
            await change(connection, placed["id"], begun(before))

    if after == before or after in STATE_STEPS[before]:
        async with as_user(ana, "cairn_server") as connection:
            found = await change(connection, placed["id"], begun(after))
        ends = after in ("completed", "failed", "missed", "cancelled")
        assert found["status"] == after
        assert (found["ended_at"] is not None) == ends
        assert (found["started_at"] is not None) == (
            "completed" in (before, after) or "in_progress" in (before, after)
        )
    else:
        with pytest.raises(asyncpg.PostgresError) as refused:
            await change(owner, placed["id"], begun(after))
        assert refused.value.sqlstate == "CA409"


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"channel": "phone"}, "voice_calls_by_phone_have_a_number"),
        ({"phone_number": "0049 30 1"}, "voice_calls_phone_number_is_international"),
        ({"phone_number": "+0123456789"}, "voice_calls_phone_number_is_international"),
        ({"vapi_call_id": ""}, "voice_calls_vapi_call_id_has_1_to_200_characters"),
        ({"status": "in_progress"}, "voice_calls_under_way_have_begun"),
        (
            {"status": "completed", "ended_at": "2026-01-01T10:00:00Z"},
            "voice_calls_under_way_have_begun",
        ),
        (
            {"status": "ringing", "started_at": "2026-01-01T10:00:00Z"},
            "voice_calls_pending_and_ringing_ones_have_not_begun",
        ),
        ({"status": "missed"}, "voice_calls_say_when_they_ended"),
        ({"ended_at": "2026-01-01T10:00:00Z"}, "voice_calls_say_when_they_ended"),
        (
            {
                "status": "completed",
                "started_at": "2026-01-01T10:00:00Z",
                "ended_at": "2026-01-01T09:59:59Z",
            },
            "voice_calls_end_after_they_begin",
        ),
        ({"ended_reason": "She said: goodbye"}, "voice_calls_ended_reason_is_a_short_word"),
        ({"cost_total": -0.01}, "voice_calls_cost_total_is_not_negative"),
        ({"cost_currency": "usd", "cost_total": 1}, "voice_calls_cost_currency_has_3_letters"),
        ({"cost_breakdown": []}, "voice_calls_cost_breakdown_is_an_object_of_at_most_8_kb"),
        (
            {"cost_breakdown": {"x": "x" * 8200}},
            "voice_calls_cost_breakdown_is_an_object_of_at_most_8_kb",
        ),
    ],
)
async def test_a_call_that_breaks_a_rule_is_refused_by_its_name(
    columns: dict[str, object], constraint: str, ana: Viewer, as_user: AsUser
) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        async with as_user(ana, "cairn_server") as connection:
            await call(connection, **columns)

    assert refused.value.constraint_name == constraint


@pytest.mark.parametrize(
    "document",
    [
        {"transcript": "Hello."},
        {"Transcript": None},
        {"full_transcript_url": "https://example.com"},
        {"report": {"parts": [{"transcription": ["Hello."]}]}},
        {"report": [[{"utterances": []}]]},
        {"messages": [{"role": "user", "content": "Hello."}]},
        {"turns": []},
        {"verbatimQuotes": ["Hello."]},
        {"dialogue": "Hello."},
        {"artifact": {}},
        {"recordingUrl": "https://example.com/call.wav"},
    ],
    ids=lambda document: json.dumps(document)[:40],
)
@pytest.mark.parametrize(
    ("column", "constraint"),
    [
        ("summary_json", "call_summaries_summary_json_holds_no_transcript"),
        ("crisis_indicators", "call_summaries_crisis_indicators_hold_no_transcript"),
        ("cost_breakdown", "voice_calls_cost_breakdown_holds_no_transcript"),
    ],
)
async def test_no_transcript_comes_in_by_the_back_door(
    column: str, constraint: str, document: object, ana: Viewer, as_user: AsUser
) -> None:
    """NU-113, NU-115."""
    async with as_user(ana, "cairn_server") as connection:
        placed = (await call(connection))["id"]
        await sum_up(connection, placed)
    table = "voice_calls" if column == "cost_breakdown" else "call_summaries"

    with pytest.raises(asyncpg.CheckViolationError) as refused:
        async with as_user(ana, "cairn_server") as connection:
            await connection.execute(
                f"update public.{table} set {column} = $1", json.dumps(document)
            )

    assert refused.value.constraint_name == constraint


async def test_no_column_is_made_for_a_transcript(owner: asyncpg.Connection) -> None:
    """NU-113."""
    columns = await owner.fetch(
        "select column_name from information_schema.columns where table_schema in "
        "('public', 'private') and column_name ~ 'transcri|recording|utterance'"
    )

    assert columns == []


async def test_a_summary_keeps_what_a_call_was_about(ana: Viewer, as_user: AsUser) -> None:
    """NU-114."""
    async with as_user(ana, "cairn_server") as connection:
        placed = await call(connection)
        kept = await sum_up(
            connection,
            placed["id"],
            summary_json={"asked_for": "company", "turning_point": ["the sea"]},
            duration_seconds=840,
            sentiment="lighter",
            key_topics=["sleep"],
            action_items=["Leave the parcel"],
            crisis_indicators={"none_found": True},
            emotional_state="calmer",
        )

    assert kept["user_id"] == ana.user_id
    assert json.loads(kept["summary_json"])["turning_point"] == ["the sea"]
    assert (kept["key_topics"], kept["action_items"]) == (["sleep"], ["Leave the parcel"])


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"summary": " "}, "call_summaries_summary_has_1_to_4000_characters"),
        ({"summary": "x" * 4001}, "call_summaries_summary_has_1_to_4000_characters"),
        ({"summary_json": [1]}, "call_summaries_summary_json_is_an_object_of_at_most_8_kb"),
        ({"duration_seconds": -1}, "call_summaries_duration_seconds_are_not_negative"),
        ({"sentiment": "x" * 61}, "call_summaries_sentiment_is_at_most_60_characters"),
        ({"key_topics": ["x"] * 31}, "call_summaries_key_topics_are_at_most_30"),
        ({"action_items": ["x"] * 31}, "call_summaries_action_items_are_at_most_30"),
        (
            {"crisis_indicators": "none"},
            "call_summaries_crisis_indicators_are_an_object_up_to_8_kb",
        ),
        (
            {"emotional_state": "x" * 201},
            "call_summaries_emotional_state_is_at_most_200_characters",
        ),
    ],
)
async def test_a_summary_that_breaks_a_rule_is_refused_by_its_name(
    columns: dict[str, object], constraint: str, ana: Viewer, as_user: AsUser
) -> None:
    async with as_user(ana, "cairn_server") as connection:
        placed = (await call(connection))["id"]

    with pytest.raises(asyncpg.CheckViolationError) as refused:
        async with as_user(ana, "cairn_server") as connection:
            await sum_up(connection, placed, **columns)

    assert refused.value.constraint_name == constraint


async def test_a_call_has_one_summary(ana: Viewer, as_user: AsUser) -> None:
    async with as_user(ana, "cairn_server") as connection:
        placed = await call(connection)
        await sum_up(connection, placed["id"])

    with pytest.raises(asyncpg.UniqueViolationError) as refused:
        async with as_user(ana, "cairn_server") as connection:
            await sum_up(connection, placed["id"])

    assert refused.value.constraint_name == "call_summaries_call_key"


async def test_what_she_deletes_is_gone_and_a_summary_goes_with_its_call(
    start: Start, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    conversation = await start()
    async with as_user(ana, "cairn_server") as connection:
        placed = await call(connection, conversation_id=conversation)
        await sum_up(connection, placed["id"])
    async with as_user(ana) as connection:
        await connection.execute("delete from public.conversations where id = $1", conversation)
    kept = await owner.fetchrow("select * from public.voice_calls where id = $1", placed["id"])

    async with as_user(ana) as connection:
        answer = await connection.execute("delete from public.voice_calls")

    assert kept["conversation_id"] is None
    assert answer == "DELETE 1"
    count = "select count(*) from public.call_summaries where user_id = $1"
    assert await owner.fetchval(count, ana.user_id) == 0
    told = await events(owner, ana.user_id)
    assert [row for row in told if row[0] == "call_summaries"] != []
    assert ("voice_calls", placed["id"], "delete") in told


@pytest.mark.parametrize(
    "statement",
    [
        "insert into public.voice_calls (assistant_id, channel) values ('cairn-voice-sol', 'web')",
        "update public.voice_calls set status = 'cancelled'",
        "update public.voice_calls set cost_total = 0",
        "insert into public.call_summaries (call_id, summary) select id, 'x' from public.voice_calls",
        "update public.call_summaries set summary = 'x'",
        "select private.owner_of_call('x')",
    ],
)
async def test_calls_are_the_servers_to_place_and_to_tell_of(
    statement: str, ana: Viewer, as_user: AsUser
) -> None:
    async with as_user(ana, "cairn_server") as connection:
        await sum_up(connection, (await call(connection))["id"])

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with as_user(ana) as connection:
            await connection.execute(statement)


async def test_ben_sees_deletes_and_summarises_no_call_of_anas(
    ana: Viewer, as_user: AsUser, new_user: NewUser, owner: asyncpg.Connection
) -> None:
    ben = await new_user("Ben")
    async with as_user(ana, "cairn_server") as connection:
        placed = await call(connection)
    assert await owner.fetchval("select true from public.voice_calls where id = $1", placed["id"])

    async with as_user(ben, "cairn_server") as connection:
        seen = await connection.fetch("select * from public.voice_calls")
        changed = await change(connection, placed["id"], "status = 'cancelled'")
        deleted = await connection.execute(
            "delete from public.voice_calls where id = $1", placed["id"]
        )
    with pytest.raises(asyncpg.ForeignKeyViolationError) as refused:
        async with as_user(ben, "cairn_server") as connection:
            await sum_up(connection, placed["id"])

    assert (seen, changed, deleted) == ([], None, "DELETE 0")
    assert refused.value.constraint_name == "call_summaries_call_fkey"


async def test_the_provider_names_a_call_and_the_worker_learns_whose_it_is(
    ana: Viewer, as_user: AsUser
) -> None:
    """NU-119, NU-120."""
    name = f"call-{uuid4()}"
    async with as_user(ana, "cairn_server") as connection:
        placed = await call(connection, vapi_call_id=name)

    async with as_user(role="cairn_server") as connection:
        found = await connection.fetch("select * from private.owner_of_call($1)", name)
        unknown = await connection.fetch("select * from private.owner_of_call('not-yet-known')")

    assert [tuple(row) for row in found] == [(ana.user_id, placed["id"])]
    assert unknown == []


async def test_the_providers_id_is_one_calls_for_good(
    ana: Viewer, as_user: AsUser, new_user: NewUser
) -> None:
    name, ben = f"call-{uuid4()}", await new_user("Ben")
    async with as_user(ana, "cairn_server") as connection:
        placed = await call(connection, vapi_call_id=name)

    with pytest.raises(asyncpg.UniqueViolationError):
        async with as_user(ben, "cairn_server") as connection:
            await call(connection, vapi_call_id=name)
    with pytest.raises(asyncpg.PostgresError) as refused:
        async with as_user(ana, "cairn_server") as connection:
            await change(connection, placed["id"], "vapi_call_id = 'another'")

    assert refused.value.sqlstate == "CA409"


async def test_a_voice_that_was_talked_with_is_retired_and_not_deleted(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """NU-107, NU-108, X-26, N-09."""
    name = f"voice-{uuid4()}"
    await owner.execute(
        "insert into public.voices (assistant_id, name, is_published) values ($1, 'Test', true)",
        name,
    )
    async with as_user(ana, "cairn_server") as connection:
        placed = await call(connection, assistant_id=name)

    await owner.execute("update public.voices set is_active = false where assistant_id = $1", name)
    with pytest.raises(KEPT) as refused:
        await owner.execute("delete from public.voices where assistant_id = $1", name)
    await owner.execute(
        "update public.voices set assistant_id = $2 where assistant_id = $1", name, f"{name}-2"
    )

    found = await owner.fetchrow("select * from public.voice_calls where id = $1", placed["id"])
    assert refused.value.constraint_name == "voice_calls_voice_fkey"
    assert found["assistant_id"] == f"{name}-2"


@pytest.mark.parametrize("role", ["anon", "authenticated", "cairn_server"])
async def test_everybody_reads_the_voices_that_are_published_and_nobody_writes_them(
    role: str, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    draft = f"voice-{uuid4()}"
    await owner.execute(
        "insert into public.voices (assistant_id, name) values ($1, 'Draft')", draft
    )

    async with as_user(ana, role) as connection:
        found = {row[0] for row in await connection.fetch("select assistant_id from public.voices")}
    for statement in (
        "insert into public.voices (assistant_id, name) values ('mine', 'Mine')",
        "update public.voices set name = 'Mine'",
        "delete from public.voices",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with as_user(ana, role) as connection:
                await connection.execute(statement)

    assert VOICE in found
    assert draft not in found


@pytest.mark.parametrize(
    ("column", "value", "constraint"),
    [
        ("assistant_id", "", "voices_assistant_id_has_1_to_100_characters"),
        ("name", " ", "voices_name_has_1_to_100_characters"),
        ("description", "x" * 1001, "voices_description_is_at_most_1000_characters"),
        ("language", "english", "voices_language_is_a_language_tag"),
        ("sample_url", "http://example.com/a.mp3", "voices_sample_url_is_https"),
    ],
)
async def test_a_voice_that_breaks_a_rule_is_refused_by_its_name(
    column: str, value: str, constraint: str, owner: asyncpg.Connection
) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await owner.execute(
            f"update public.voices set {column} = $1 where assistant_id = '{VOICE}'", value
        )

    assert refused.value.constraint_name == constraint


async def test_costs_are_summed_for_one_person_and_a_time(
    ana: Viewer, as_user: AsUser, new_user: NewUser, owner: asyncpg.Connection
) -> None:
    """NU-111, NU-112."""
    ben = await new_user("Ben")
    for viewer, cost in (
        (ana, Decimal("0.5")),
        (ana, Decimal("0.25")),
        (ana, None),
        (ben, Decimal(9)),
    ):
        async with as_user(viewer, "cairn_server") as connection:
            placed = await call(connection)
            await change(
                connection,
                placed["id"],
                "status = 'completed', started_at = now() - interval '60 seconds', ended_at = now()",
            )
            await connection.execute(
                "update public.voice_calls set cost_total = $1 where id = $2",
                cost,
                placed["id"],
            )
    await owner.execute(
        "update public.voice_calls set created_at = now() - interval '40 days' "
        "where user_id = $1 and cost_total = 0.25",
        ana.user_id,
    )

    costs = "select * from public.voice_costs(now() - interval '30 days', $1)"
    async with as_user(ana) as connection:
        lately = await connection.fetch(costs, None)
        before = await connection.fetch(
            "select total from public.voice_costs(now() - interval '90 days', "
            "now() - interval '30 days')"
        )

    assert [
        (row["currency"], row["calls"], row["seconds"], float(row["total"])) for row in lately
    ] == [("USD", 2, 120, 0.5)]
    assert [float(row["total"]) for row in before] == [0.25]
