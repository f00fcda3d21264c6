"""What other services tell is stored first and processed once: NU-117 to NU-120, SC-070, SC-071, SC-095, SC-096."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeAlias
from uuid import UUID, uuid4

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.fixtures.people import AsUser

Call: TypeAlias = Callable[..., Awaitable[list[asyncpg.Record]]]
CLAIM = "select * from private.claim_webhook_event($1, 60)"


@pytest.fixture
async def provider(owner: asyncpg.Connection) -> AsyncIterator[str]:
    """A provider of this test's own."""
    name = f"p{uuid4().hex[:12]}"
    yield name
    await owner.execute("delete from private.webhook_events where provider = $1", name)


@pytest.fixture
def call(as_user: AsUser) -> Call:
    """Call a function as the server does, for nobody."""

    async def run(sql: str, *arguments: object) -> list[asyncpg.Record]:
        async with as_user(role="cairn_server") as connection:
            found: list[asyncpg.Record] = await connection.fetch(sql, *arguments)
            return found

    return run


async def store(
    call: Call, provider: str, event: str = "evt_1", payload: object = None, **changed: object
) -> bool:
    facts: dict[str, object] = {"event_type": "call.ended", "signed": True, "about": None} | changed
    ((is_new,),) = await call(
        "select private.store_webhook_event($1, $2, $3, $4, $5, $6)",
        provider,
        event,
        facts["event_type"],
        json.dumps(payload if payload is not None else {"id": event}),
        facts["signed"],
        facts["about"],
    )
    assert isinstance(is_new, bool)
    return is_new


async def event(owner: asyncpg.Connection, provider: str) -> asyncpg.Record:
    return await owner.fetchrow(
        "select * from private.webhook_events where provider = $1", provider
    )


async def test_an_event_is_stored_once_however_often_it_is_sent(
    provider: str, call: Call, owner: asyncpg.Connection
) -> None:
    """SC-071, X-59: one table for all providers."""
    answers = await asyncio.gather(*(store(call, provider) for _ in range(20)))

    stored = await event(owner, provider)
    assert sorted(answers) == [False] * 19 + [True]
    assert (stored["processing_status"], stored["attempts"], stored["signature_verified"]) == (
        "received",
        0,
        True,
    )


async def test_another_providers_event_may_have_the_same_id(
    provider: str, call: Call, owner: asyncpg.Connection
) -> None:
    other = f"{provider}x"

    assert [await store(call, name) for name in (provider, other)] == [True, True]

    await owner.execute("delete from private.webhook_events where provider = $1", other)


async def test_an_event_may_name_a_call_that_nobody_knows_yet(
    provider: str, call: Call, owner: asyncpg.Connection
) -> None:
    """NU-120."""
    await store(call, provider, about="vapi-call-of-tomorrow")

    assert (await event(owner, provider))["vapi_call_id"] == "vapi-call-of-tomorrow"


@pytest.mark.parametrize(
    "payload",
    [
        {"transcript": "I slept badly."},
        {"call": {"artifact": {"x": 1}}},
        {"a": [{"b": [[{"messages": []}]]}]},
        {"Transcript": "x"},
        {"messagesOpenAIFormatted": []},
        {"stereo_recording_url": "https://x"},
        {"call": {"recordingUrl": "https://x"}},
        [{"transcript": "x"}],
    ],
)
async def test_what_was_said_in_a_call_is_never_stored(
    payload: object, provider: str, call: Call, owner: asyncpg.Connection
) -> None:
    """D16, X-71."""
    with pytest.raises(asyncpg.PostgresError) as refused:
        await store(call, provider, payload=payload)
    with pytest.raises(asyncpg.CheckViolationError):
        await owner.execute(
            "insert into private.webhook_events "
            "(provider, external_event_id, event_type, payload, signature_verified) "
            "values ($1, 'e', 't', $2, true)",
            provider,
            json.dumps(payload),
        )

    assert refused.value.sqlstate == "CA400"
    assert "slept" not in str(refused.value)
    assert await event(owner, provider) is None


@pytest.mark.parametrize(
    "payload",
    [
        {"message": "Your card was declined."},
        {"type": "transcript"},
        {"a": ["messages", None, 1, {"b": "transcript"}]},
        {},
    ],
)
async def test_what_only_speaks_of_a_transcript_is_stored(
    payload: object, provider: str, call: Call
) -> None:
    assert await store(call, provider, payload=payload)


async def test_an_event_that_nobody_signed_takes_no_ones_place(
    provider: str, call: Call, owner: asyncpg.Connection
) -> None:
    for signed in (False, None):
        with pytest.raises(asyncpg.PostgresError) as refused:
            await store(call, provider, signed=signed)
        assert refused.value.sqlstate == "CA400"

    assert await event(owner, provider) is None
    assert await store(call, provider)


@pytest.mark.parametrize(
    ("column", "value", "constraint"),
    [
        ("provider", "'Stripe Inc'", "webhook_events_provider_is_a_short_word"),
        ("external_event_id", "''", "webhook_events_external_event_id_has_1_to_200_characters"),
        ("event_type", "''", "webhook_events_event_type_has_1_to_100_characters"),
        ("vapi_call_id", "''", "webhook_events_vapi_call_id_has_1_to_200_characters"),
        ("payload", "'[]'", "webhook_events_payload_is_an_object_of_at_most_256_kb"),
        (
            "payload",
            "jsonb_build_object('x', repeat('x', 262144))",
            "webhook_events_payload_is_an_object_of_at_most_256_kb",
        ),
        ("signature_verified", "false", "webhook_events_only_signed_ones_are_stored"),
        ("attempts", "-1", "webhook_events_attempts_are_not_negative"),
        ("error_message", "'It failed.'", "webhook_events_error_message_is_a_short_word"),
        ("processed_at", "now()", "webhook_events_processed_ones_say_when"),
        ("due_at", "null", "webhook_events_open_ones_are_due"),
    ],
)
async def test_an_event_that_breaks_a_rule_is_refused_by_its_name(
    column: str, value: str, constraint: str, provider: str, owner: asyncpg.Connection
) -> None:
    facts = {
        "provider": f"'{provider}'",
        "external_event_id": "'e'",
        "event_type": "'t'",
        "payload": "'{}'",
        "signature_verified": "true",
    } | {column: value}

    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await owner.execute(
            f"insert into private.webhook_events ({', '.join(facts)}) "
            f"values ({', '.join(facts.values())})"
        )

    assert refused.value.constraint_name == constraint


async def test_twenty_workers_at_once_take_each_event_once(provider: str, call: Call) -> None:
    for number in range(10):
        await store(call, provider, f"evt_{number}")

    taken = await asyncio.gather(*(call(CLAIM, [provider]) for _ in range(20)))

    ids = [rows[0]["external_event_id"] for rows in taken if rows]
    assert len(ids) == len(set(ids))
    left = await call(CLAIM, [provider])
    # Who came while another looked at the same row may have gone without; nobody took one twice.
    while left:
        ids.append(left[0]["external_event_id"])
        left = await call(CLAIM, [provider])
    assert sorted(ids) == sorted(f"evt_{number}" for number in range(10))


async def test_an_event_is_processed_once_and_says_whom_it_was_about(
    provider: str, call: Call, ana: Viewer, owner: asyncpg.Connection
) -> None:
    await store(call, provider)
    (taken,) = await call(CLAIM, [provider])

    await call(
        "select private.finish_webhook_event($1, $2, $3)",
        taken["id"],
        taken["attempt"],
        ana.user_id,
    )

    done = await event(owner, provider)
    assert (done["processing_status"], done["user_id"], done["due_at"]) == (
        "processed",
        ana.user_id,
        None,
    )
    assert done["processed_at"] is not None
    assert await call(CLAIM, [provider]) == []
    assert not await store(call, provider)


async def test_a_failure_is_kept_with_its_reason_and_tried_again(
    provider: str, call: Call, owner: asyncpg.Connection
) -> None:
    """NU-118, SC-096."""
    await store(call, provider)
    (first,) = await call(CLAIM, [provider])
    await call(
        "select private.fail_webhook_event($1, $2, 'no_such_customer', 0)",
        first["id"],
        first["attempt"],
    )

    failed = await event(owner, provider)
    (second,) = await call(CLAIM, [provider])
    await call("select private.finish_webhook_event($1, $2)", second["id"], second["attempt"])

    assert (failed["processing_status"], failed["error_message"]) == ("failed", "no_such_customer")
    assert (first["attempt"], second["attempt"], second["id"]) == (1, 2, first["id"])
    assert (await event(owner, provider))["error_message"] is None


async def test_a_failure_for_good_waits_until_somebody_repeats_it(
    provider: str, call: Call, owner: asyncpg.Connection, ana: Viewer, as_user: AsUser
) -> None:
    await store(call, provider)
    (taken,) = await call(CLAIM, [provider])
    await call("select private.fail_webhook_event($1, $2, 'broken')", taken["id"], taken["attempt"])
    assert await call(CLAIM, [provider]) == []
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with as_user(ana, "cairn_server") as connection:
            await connection.execute("select private.repeat_webhook_event($1)", taken["id"])

    await owner.execute("select private.repeat_webhook_event($1)", taken["id"])

    assert len(await call(CLAIM, [provider])) == 1
    with pytest.raises(asyncpg.PostgresError) as refused:
        await owner.execute("select private.repeat_webhook_event($1)", taken["id"])
    assert refused.value.sqlstate == "CA409"


@pytest.mark.parametrize(
    "end",
    [
        "select private.finish_webhook_event($1, $2)",
        "select private.fail_webhook_event($1, $2, 'late')",
    ],
)
async def test_a_worker_that_slept_through_its_time_finishes_nothing(
    end: str, provider: str, call: Call
) -> None:
    await store(call, provider)
    (slow,) = await call("select * from private.claim_webhook_event($1, 0)", [provider])
    (quick,) = await call(CLAIM, [provider])

    with pytest.raises(asyncpg.PostgresError) as refused:
        await call(end, slow["id"], slow["attempt"])
    await call(end, quick["id"], quick["attempt"])

    assert refused.value.sqlstate == "CA410"
    assert (slow["id"], quick["attempt"]) == (quick["id"], 2)


@pytest.mark.parametrize("after", ["received", "processing", "processed", "failed"])
@pytest.mark.parametrize("before", ["received", "processing", "processed", "failed"])
async def test_a_state_goes_only_where_it_may(
    before: str, after: str, provider: str, owner: asyncpg.Connection
) -> None:
    steps = {
        "received": {"processing"},
        "processing": {"processed", "failed"},
        "failed": {"processing", "received"},
        "processed": set(),
    }
    key: UUID = await owner.fetchval(
        "insert into private.webhook_events (provider, external_event_id, event_type, payload, "
        "signature_verified, processing_status, processed_at, due_at) values ($1, 'e', 't', '{}', "
        "true, $2::text::private.webhook_state, case when $2 = 'processed' then now() end, "
        "case when $2 <> 'processed' then now() end) returning id",
        provider,
        before,
    )

    async def change() -> None:
        await owner.execute(
            "update private.webhook_events set processing_status = $1::text::private.webhook_state,"
            " processed_at = case when $1 = 'processed' then now() end,"
            " due_at = case when $1 <> 'processed' then now() end where id = $2",
            after,
            key,
        )

    if after == before or after in steps[before]:
        await change()
    else:
        with pytest.raises(asyncpg.PostgresError) as refused:
            await change()
        assert refused.value.sqlstate == "CA409"


@pytest.mark.parametrize("column", ["payload = '{}'", "provider = 'x'", "event_type = 'x'"])
async def test_what_was_received_stays_even_for_the_dashboard(
    column: str, provider: str, call: Call, owner: asyncpg.Connection
) -> None:
    await store(call, provider)

    with pytest.raises(asyncpg.PostgresError) as refused:
        await owner.execute(
            f"update private.webhook_events set {column} where provider = $1", provider
        )

    assert refused.value.sqlstate == "CA409"


async def test_an_event_about_her_goes_when_she_does(
    provider: str, call: Call, ana: Viewer, owner: asyncpg.Connection
) -> None:
    """X-51."""
    await store(call, provider)
    await store(call, provider, "evt_2")
    (taken,) = await call(CLAIM, [provider])
    await call(
        "select private.finish_webhook_event($1, $2, $3)",
        taken["id"],
        taken["attempt"],
        ana.user_id,
    )

    await owner.execute("delete from auth.users where id = $1", ana.user_id)

    left = await owner.fetch(
        "select external_event_id from private.webhook_events where provider = $1", provider
    )
    assert [row[0] for row in left] == ["evt_2"]
    # One that comes to be about her afterwards is about nobody.
    (other,) = await call(CLAIM, [provider])
    await call(
        "select private.finish_webhook_event($1, $2, $3)",
        other["id"],
        other["attempt"],
        ana.user_id,
    )
    assert (await event(owner, provider))["user_id"] is None


async def test_old_events_are_swept_failed_ones_later(
    provider: str, call: Call, owner: asyncpg.Connection
) -> None:
    for status, days in (("processed", 31), ("processed", 29), ("failed", 31), ("failed", 91)):
        await owner.execute(
            "insert into private.webhook_events (provider, external_event_id, event_type, payload, "
            "signature_verified, processing_status, processed_at, due_at, received_at) "
            "values ($1, $2, 't', '{}', true, $3::text::private.webhook_state, "
            "case when $3 = 'processed' then now() end, null, now() - make_interval(days => $4))",
            provider,
            f"{status}-{days}",
            status,
            days,
        )

    await call("select private.sweep_webhook_events()")

    left = await owner.fetch(
        "select external_event_id from private.webhook_events where provider = $1", provider
    )
    assert {row[0] for row in left} == {"processed-29", "failed-31"}


@pytest.mark.parametrize("role", ["authenticated", "cairn_server"])
async def test_the_table_is_open_to_nobody(role: str, ana: Viewer, as_user: AsUser) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with as_user(ana, role) as connection:
            await connection.execute("select * from private.webhook_events")
