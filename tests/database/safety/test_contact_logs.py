"""Each attempt is written down, only allowed ways are used, and one is tried after the other.

NU-137, NU-139, NU-142, NU-144 to NU-146, N-18.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.database.profiles.trying import refusal
from tests.database.safety.events import find, notice, trust
from tests.fixtures.people import AsUser, NewUser

ATTEMPT = """
insert into public.contact_logs
  (safety_contact_id, crisis_event_id, contact_method, success, reason, initiated_by, attempted_at)
values ($1, $2, $3::text::public.contact_method, $4, 'crisis', 'system', $5) returning id
"""
NEXT = "select external_first_name from private.next_safety_contact($1)"


async def attempt(
    as_user: AsUser,
    viewer: Viewer,
    contact: asyncpg.Record,
    event: asyncpg.Record | None = None,
    *,
    method: str = "call",
    success: bool = True,
    at: datetime | None = None,
) -> UUID:
    async with as_user(viewer, "cairn_server") as connection:
        row_id: UUID = await connection.fetchval(
            ATTEMPT,
            contact["id"],
            event and event["id"],
            method,
            success,
            at or datetime.now(UTC),
        )
        return row_id


async def test_an_attempt_says_when_the_contact_was_last_reached(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """NU-145."""
    contact, now = await trust(as_user, ana), datetime.now(UTC)
    await attempt(as_user, ana, contact, at=now)
    await attempt(as_user, ana, contact, method="sms", success=False, at=now - timedelta(days=1))

    found = await find(owner, "safety_contacts", contact["id"])
    assert found["last_contacted_at"] == now
    assert (found["last_contact_method"], found["last_contact_successful"]) == ("call", True)


async def test_an_outcome_that_comes_later_is_noted_too(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    contact = await trust(as_user, ana)
    row_id = await attempt(as_user, ana, contact, success=False)

    async with as_user(ana, "cairn_server") as connection:
        await connection.execute(
            "update public.contact_logs set success = true, response_received = true, "
            "response_time_minutes = 4, response_summary = 'On the way.' where id = $1",
            row_id,
        )

    found = await find(owner, "safety_contacts", contact["id"])
    assert found["last_contact_successful"] is True


@pytest.mark.parametrize("method", ["email", "app"])
async def test_a_way_that_she_has_not_allowed_is_not_taken(
    method: str, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """NU-139."""
    contact = await trust(as_user, ana, allowed=("call", "app"))

    refused = await refusal(
        as_user,
        ana,
        ATTEMPT,
        contact["id"],
        None,
        method,
        True,
        datetime.now(UTC),
        role="cairn_server",
    )

    found = await find(owner, "safety_contacts", contact["id"])
    assert (refused, found["last_contacted_at"]) == ("CA409", None)


async def test_contacts_are_tried_in_order_until_one_answers(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """NU-137."""
    first, second, _, resting, _ = [
        await trust(as_user, ana, name, allowed=allowed, preferred=allowed[0])
        for name, allowed in (
            ("first", ("call",)),
            ("second", ("sms",)),
            ("third", ("call",)),
            ("resting", ("call",)),
            ("not yet confirmed", ("app",)),
        )
    ]
    event, other = await notice(as_user, ana), await notice(as_user, ana)

    async def following(of: asyncpg.Record) -> object:
        async with as_user(ana, "cairn_server") as connection:
            return await connection.fetchval(NEXT, of["id"])

    async with as_user(ana) as connection:
        await connection.execute(
            "update public.safety_contacts set is_active = false, priority_order = 9 where id = $1",
            resting["id"],
        )
    order = [await following(event)]
    await attempt(as_user, ana, first, event, success=False)
    order.append(await following(event))
    answered = await attempt(as_user, ana, second, event, method="sms")
    order.append(await following(event))
    async with as_user(ana, "cairn_server") as connection:
        await connection.execute(
            "update public.contact_logs set response_received = true where id = $1", answered
        )
    order += [await following(event), await following(other)]

    assert order == ["first", "second", "third", None, "first"]


@pytest.mark.parametrize(
    ("columns", "values", "rule"),
    [
        ("error_code", "'No Answer!'", "contact_logs_error_code_is_a_short_word"),
        ("error_code", "'busy'", "contact_logs_only_failed_ones_have_an_error_code"),
        (
            "message_template",
            "repeat('x', 101)",
            "contact_logs_message_template_is_at_most_100_characters",
        ),
        (
            "response_received, response_time_minutes",
            "true, -1",
            "contact_logs_response_time_minutes_is_not_negative",
        ),
        (
            "response_received, response_summary",
            "true, repeat('x', 1001)",
            "contact_logs_response_summary_is_at_most_1000_characters",
        ),
        ("response_summary", "'Yes.'", "contact_logs_unanswered_ones_have_no_response"),
        ("contact_metadata", "'[]'", "contact_logs_contact_metadata_is_an_object_of_at_most_4_kb"),
        ("user_id", "gen_random_uuid()", "42501"),
    ],
)
async def test_an_attempt_that_breaks_a_rule_is_refused(
    columns: str, values: str, rule: str, ana: Viewer, as_user: AsUser
) -> None:
    contact = await trust(as_user, ana)

    refused = await refusal(
        as_user,
        ana,
        "insert into public.contact_logs "
        f"(safety_contact_id, contact_method, success, reason, initiated_by, {columns}) "
        f"values ($1, 'call', true, 'crisis', 'staff', {values})",
        contact["id"],
        role="cairn_server",
    )

    assert refused == rule


async def test_an_attempt_is_for_contacts_and_events_of_her_own(
    ana: Viewer, new_user: NewUser, as_user: AsUser
) -> None:
    ben = await new_user("Ben")
    hers, his = await trust(as_user, ana), await trust(as_user, ben)
    event = await notice(as_user, ana)

    refused = [
        await refusal(
            as_user,
            ben,
            ATTEMPT,
            contact,
            event_id,
            "call",
            True,
            datetime.now(UTC),
            role="cairn_server",
        )
        for contact, event_id in ((hers["id"], None), (uuid4(), None), (his["id"], event["id"]))
    ]

    assert refused == ["CA409", "CA409", "contact_logs_crisis_event_fkey"]


@pytest.mark.parametrize(
    ("sql", "role"),
    [
        ("delete from public.contact_logs", "authenticated"),
        ("delete from public.contact_logs", "cairn_server"),
        ("update public.contact_logs set response_summary = 'x'", "authenticated"),
        ("update public.contact_logs set attempted_at = now()", "cairn_server"),
        ("update public.contact_logs set contact_method = 'sms'", "cairn_server"),
        (
            "insert into public.contact_logs (contact_method, success, reason, initiated_by) "
            "values ('call', true, 'trial', 'user')",
            "authenticated",
        ),
    ],
)
async def test_an_attempt_is_not_rewritten(
    sql: str, role: str, ana: Viewer, as_user: AsUser
) -> None:
    await attempt(as_user, ana, await trust(as_user, ana))

    assert await refusal(as_user, ana, sql, role=role) == "42501"


async def test_ben_sees_none_of_anas_attempts_and_gets_none_of_her_contacts(
    ana: Viewer, new_user: NewUser, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    ben, event = await new_user("Ben"), await notice(as_user, ana)
    row_id = await attempt(as_user, ana, await trust(as_user, ana))

    async with as_user(ben, "cairn_server") as connection:
        seen = await connection.fetchval("select count(*) from public.contact_logs")
        following = await connection.fetch(NEXT, event["id"])

    assert await find(owner, "contact_logs", row_id) is not None
    assert (seen, following) == (0, [])
