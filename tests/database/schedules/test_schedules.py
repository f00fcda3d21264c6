"""Schedules: what may be appointed, by whom, and how. NU-116, NU-121 to NU-127, NU-132, X-26, X-35."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.database.live import events
from tests.fixtures.people import AsUser, NewUser

PHONE = "+351210000000"


async def appoint(connection: asyncpg.Connection, **columns: object) -> Any:
    """Make a schedule for a chat each morning, with these columns besides."""
    given = {
        "name": "Morning",
        "schedule_type": "chat_checkup",
        "cron_expression": "0 9 * * *",
    } | columns
    return await connection.fetchrow(
        f"insert into public.schedules ({', '.join(given)}) select {', '.join(given)} "
        "from jsonb_populate_record(null::public.schedules, $1) returning *",
        json.dumps(given, default=str),
    )


async def test_she_appoints_a_chat_and_the_moment_is_to_be_computed(
    ana: Viewer, as_user: AsUser
) -> None:
    """NU-121, NU-122, NU-123, NU-127."""
    async with as_user(ana) as connection:
        made = await appoint(connection)

    assert (made["user_id"], made["timezone"], made["is_active"]) == (ana.user_id, "UTC", True)
    assert (made["next_run_at"], made["last_run_at"], made["version"]) == (None, None, 1)


@pytest.mark.parametrize(
    "expression",
    [
        "* * * * *", "0 9 * * *", "*/15 * * * *", "30 21 * * SUN", "0 9 * * MON-FRI", "0 9 * * 7",
        "0,30 8-18/2 1,15 * *", "0 0 29 2 *", "0 0 31 1,3 *", "0 0 31 4 1", "0 9 1 jan,Jul *",
        "59 23 31 12 *", "0 9 * JAN-MAR sat,SUN", "1-59/2 * * * *", "0  9   *  * *",
    ],
)  # fmt: skip
async def test_a_cron_expression_has_five_fields(
    expression: str, ana: Viewer, as_user: AsUser
) -> None:
    async with as_user(ana) as connection:
        made = await appoint(connection, cron_expression=expression)

    assert made["cron_expression"] == expression


@pytest.mark.parametrize(
    "expression",
    [
        "", " ", "daily", "@daily", "0 9 * *", "0 9 * * * *", " 0 9 * * *", "0 9 * * * ",
        "60 9 * * *", "0 24 * * *", "0 9 0 * *", "0 9 32 * *", "0 9 * 0 *", "0 9 * 13 *",
        "0 9 * * 8", "0 9 * * MO", "0 9 * * SUNDAY", "0 9 JAN * *", "-1 9 * * *", "0 18-9 * * *",
        "*/0 * * * *", "*/60 * * * *", "5/10 * * * *", "0, 9 * * *", "0,,1 9 * * *", ",0 9 * * *",
        "0- 9 * * *", "0-5/ 9 * * *", "1.5 9 * * *", "0 9 * * 1#2", "0 9 L * *", "0 9 ? * *",
        "0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 0 31 2 */2", "0\n9 * * *", "0 9 * * *; select",
        "\u0660 9 * * *",
    ],
)  # fmt: skip
async def test_what_is_no_cron_expression_or_never_comes_round_is_refused(
    expression: str, ana: Viewer, as_user: AsUser
) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        async with as_user(ana) as connection:
            await appoint(connection, cron_expression=expression)

    assert refused.value.constraint_name == "schedules_cron_expression_has_5_fields_that_come_round"


@pytest.mark.parametrize(
    "zone",
    ["UTC", "Europe/Lisbon", "America/Argentina/Buenos_Aires", "Asia/Kathmandu", "Etc/GMT+5"],
)
async def test_a_time_zone_has_its_iana_name(zone: str, ana: Viewer, as_user: AsUser) -> None:
    async with as_user(ana) as connection:
        assert (await appoint(connection, timezone=zone))["timezone"] == zone


@pytest.mark.parametrize(
    "zone",
    ["", "europe/lisbon", "Europe/Nowhere", "PDT", "UTC+1", "Foo/Bar3", "+01:00", "posixrules",
     "posix/Europe/Lisbon", "Europe/Lisbon ", "../etc/passwd"],
)  # fmt: skip
async def test_a_time_zone_that_does_not_exist_is_refused_now_and_later(
    zone: str, ana: Viewer, as_user: AsUser
) -> None:
    async with as_user(ana) as connection:
        made = await appoint(connection)

    with pytest.raises(asyncpg.PostgresError) as refused:
        async with as_user(ana) as connection:
            await appoint(connection, timezone=zone)
    with pytest.raises(asyncpg.PostgresError) as refused_later:
        async with as_user(ana) as connection:
            await connection.execute(
                "update public.schedules set timezone = $2 where id = $1", made["id"], zone
            )

    assert refused.value.sqlstate == refused_later.value.sqlstate == "CA400"


@pytest.mark.parametrize(
    "columns",
    [
        {"schedule_type": "reminder", "reminder_method": "sms", "phone_number": PHONE},
        {"schedule_type": "reminder", "reminder_method": "call", "phone_number": PHONE},
        {"schedule_type": "reminder", "reminder_method": "email", "email": "ana@example.com"},
        {"schedule_type": "voice_call", "assistant_id": "cairn-voice-sol"},
        {
            "schedule_type": "voice_call",
            "assistant_id": "cairn-voice-sol",
            "reminder_method": "call",
            "phone_number": PHONE,
        },
    ],
)
async def test_each_kind_says_how_she_is_reached(
    columns: dict[str, object], ana: Viewer, as_user: AsUser
) -> None:
    """NU-124, NU-125, NU-132."""
    async with as_user(ana) as connection:
        made = await appoint(connection, **columns)

    assert made["schedule_type"] == columns["schedule_type"]


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"schedule_type": "reminder"}, "schedules_reminders_say_how"),
        (
            {"schedule_type": "reminder", "reminder_method": "call"},
            "schedules_by_call_or_sms_have_a_phone_number",
        ),
        ({"reminder_method": "sms"}, "schedules_by_call_or_sms_have_a_phone_number"),
        (
            {"reminder_method": "email", "phone_number": PHONE},
            "schedules_by_email_have_an_address",
        ),
        ({"schedule_type": "voice_call"}, "schedules_voice_calls_have_an_assistant"),
        (
            {"schedule_type": "voice_call", "reminder_method": "call", "phone_number": PHONE},
            "schedules_voice_calls_have_an_assistant",
        ),
        ({"phone_number": "00351210000000"}, "schedules_phone_number_is_international"),
        ({"phone_number": "+351 21 000"}, "schedules_phone_number_is_international"),
        ({"email": "ana"}, "schedules_email_is_an_address"),
        ({"email": "ana@home"}, "schedules_email_is_an_address"),
        ({"email": "a na@example.com"}, "schedules_email_is_an_address"),
        ({"name": " "}, "schedules_name_has_1_to_200_characters"),
        ({"description": "x" * 2001}, "schedules_description_is_at_most_2000_characters"),
        (
            {"cron_expression": "0," * 49 + "59 9 * * *"},
            "schedules_cron_expression_is_at_most_100_characters",
        ),
        ({"context_summary": "x" * 4001}, "schedules_context_summary_is_at_most_4000_characters"),
        ({"custom_metadata": []}, "schedules_custom_metadata_is_an_object_of_at_most_8_kb"),
    ],
)
async def test_a_schedule_that_breaks_a_rule_is_refused_by_its_name(
    columns: dict[str, object], constraint: str, ana: Viewer, as_user: AsUser
) -> None:
    """NU-125, NU-126."""
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        async with as_user(ana) as connection:
            await appoint(connection, **columns)

    assert refused.value.constraint_name == constraint


async def test_a_voice_that_is_not_there_or_retired_calls_nobody(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """X-26."""
    retired = f"voice-{uuid4().hex}"
    await owner.execute(
        "insert into public.voices (assistant_id, name, is_published, is_active) "
        "values ($1, 'Old', true, false)",
        retired,
    )

    for voice in ("nobody", retired):
        with pytest.raises(asyncpg.PostgresError) as refused:
            async with as_user(ana) as connection:
                await appoint(connection, schedule_type="voice_call", assistant_id=voice)
        assert refused.value.sqlstate == "CA404"


@pytest.mark.parametrize("role", ["authenticated", "cairn_server"])
@pytest.mark.parametrize(
    "column", ["next_run_at", "last_run_at", "user_id", "version", "created_at", "updated_at"]
)
async def test_the_runs_are_not_hers_to_say(
    role: str, column: str, ana: Viewer, as_user: AsUser
) -> None:
    async with as_user(ana) as connection:
        await appoint(connection)

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with as_user(ana, role) as connection:
            await connection.execute(f"update public.schedules set {column} = default")


async def planned(owner: asyncpg.Connection, schedule: UUID) -> Any:
    """Give it a next run, as the worker does; it is version 1 still."""
    return await owner.fetchrow(
        "update public.schedules set next_run_at = now() + interval '1 day' where id = $1 "
        "returning *",
        schedule,
    )


@pytest.mark.parametrize(
    ("change", "keeps"),
    [
        ("cron_expression = '0 10 * * *'", False),
        ("timezone = 'Europe/Lisbon'", False),
        ("is_active = false", False),
        ("name = 'Evening'", True),
        ("context_summary = 'Ask about the sea.'", True),
        ("cron_expression = cron_expression", True),
    ],
)
async def test_when_she_changes_the_time_the_next_run_is_computed_anew(
    change: str, keeps: bool, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    async with as_user(ana) as connection:
        made = await appoint(connection)
    before = await planned(owner, made["id"])

    async with as_user(ana) as connection:
        after = await connection.fetchrow(
            f"update public.schedules set {change} where id = $1 returning *", made["id"]
        )

    changes_something = change != "cron_expression = cron_expression"
    assert before["version"] == 1
    assert after["version"] == 1 + changes_something
    assert after["next_run_at"] == (before["next_run_at"] if keeps else None)


async def test_what_is_switched_off_has_no_next_run_even_for_the_dashboard(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    async with as_user(ana) as connection:
        made = await appoint(connection, is_active=False)

    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await planned(owner, made["id"])

    assert refused.value.constraint_name == "schedules_inactive_ones_do_not_run"


async def test_ben_neither_sees_nor_changes_anas_schedule(
    ana: Viewer, as_user: AsUser, new_user: NewUser, owner: asyncpg.Connection
) -> None:
    ben = await new_user("Ben")
    async with as_user(ana) as connection:
        made = await appoint(connection)
    assert await owner.fetchval("select true from public.schedules where id = $1", made["id"])

    async with as_user(ben) as connection:
        seen = await connection.fetch("select * from public.schedules")
        changed = await connection.execute(
            "update public.schedules set is_active = false where id = $1", made["id"]
        )
        deleted = await connection.execute("delete from public.schedules where id = $1", made["id"])

    assert (seen, changed, deleted) == ([], "UPDATE 0", "DELETE 0")


async def test_a_schedule_stays_with_its_owner_even_for_the_dashboard(
    ana: Viewer, as_user: AsUser, new_user: NewUser, owner: asyncpg.Connection
) -> None:
    ben = await new_user("Ben")
    async with as_user(ana) as connection:
        made = await appoint(connection)

    with pytest.raises(asyncpg.PostgresError) as refused:
        await owner.execute(
            "update public.schedules set user_id = $2 where id = $1", made["id"], ben.user_id
        )

    assert refused.value.sqlstate == "CA409"


async def test_each_change_of_a_schedule_is_an_event_of_hers(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    async with as_user(ana) as connection:
        made = await appoint(connection)
    async with as_user(ana) as connection:
        await connection.execute("delete from public.schedules where id = $1", made["id"])

    assert await events(owner, ana.user_id) == [
        ("schedules", made["id"], "insert"),
        ("schedules", made["id"], "delete"),
    ]
