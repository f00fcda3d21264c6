"""The care team lists and handles crisis events, and each person finds it in her log. D24, CL-061, CO-051, X-63."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from graphql_api.auth import ANONYMOUS, Viewer
from tests.database.chat import Start, say
from tests.database.profiles.trying import act_as, refusal
from tests.database.safety.conftest import Looks, Staff
from tests.database.safety.events import find, notice
from tests.fixtures.people import AsUser, NewUser

LIST = "select * from public.list_crisis_events()"
HANDLE = "select public.handle_crisis_event($1, $2)"


async def listed(
    as_user: AsUser, viewer: Viewer, sql: str = LIST, *arguments: object
) -> Sequence[asyncpg.Record]:
    async with as_user(viewer) as connection:
        rows: Sequence[asyncpg.Record] = await connection.fetch(sql, *arguments)
        return rows


async def handle(as_user: AsUser, viewer: Viewer, event_id: UUID, note: str = "Called.") -> None:
    async with as_user(viewer) as connection:
        await connection.execute(HANDLE, event_id, note)


async def test_the_care_team_sees_open_events_of_everybody_and_each_is_told(
    ana: Viewer, new_user: NewUser, as_user: AsUser, staff: Staff, looks: Looks
) -> None:
    ben, doctor = await new_user("Ben"), await staff()
    hers, hers_too = await notice(as_user, ana), await notice(as_user, ana, "low")
    his = await notice(as_user, ben)

    rows = await listed(as_user, doctor)

    seen = {row["id"]: row for row in rows}
    assert {hers["id"], hers_too["id"], his["id"]} <= seen.keys()
    assert [row["created_at"] for row in rows] == sorted(
        (row["created_at"] for row in rows), reverse=True
    )
    assert seen[his["id"]]["user_id"] == ben.user_id
    assert await looks(ana) == [("crisis_events.list", None)]
    assert await looks(ben) == [("crisis_events.list", None)]


async def test_no_word_of_hers_is_in_the_list(
    start: Start, ana: Viewer, as_user: AsUser, staff: Staff
) -> None:
    conversation, doctor = await start(), await staff("admin")
    async with as_user(ana, "cairn_server") as connection:
        message = await say(connection, conversation, "I do not want to wake up.")
    await notice(as_user, ana, "critical", conversation, message["id"])

    rows = await listed(as_user, doctor)

    assert "wake up" not in str([dict(row) for row in rows])
    assert "conversation_id" not in rows[0].keys()  # noqa: SIM118


async def test_handled_ones_are_listed_when_asked_for(
    ana: Viewer, as_user: AsUser, staff: Staff
) -> None:
    event, doctor = await notice(as_user, ana), await staff()
    await handle(as_user, doctor, event["id"])

    open_ones = await listed(as_user, doctor)
    all_of_them = await listed(as_user, doctor, "select * from public.list_crisis_events(false)")

    assert event["id"] not in {row["id"] for row in open_ones}
    assert event["id"] in {row["id"] for row in all_of_them}


async def test_pages_lose_no_event_also_of_one_moment(
    ana: Viewer, as_user: AsUser, staff: Staff, owner: asyncpg.Connection
) -> None:
    doctor = await staff()
    await owner.execute("update public.crisis_events set status = 'handled' where status = 'open'")
    made = set()
    async with as_user(ana, "cairn_server") as connection:
        for _ in range(3):
            made.add(
                await connection.fetchval(
                    "insert into public.crisis_events (level, source) values ('low', 'rules') "
                    "returning id"
                )
            )
    made |= {(await notice(as_user, ana))["id"] for _ in range(4)}

    page = "select * from public.list_crisis_events(before => $1, max => 2)"
    seen: list[UUID] = []
    before = None
    while rows := await listed(as_user, doctor, page, before):
        seen += [row["id"] for row in rows]
        before = rows[-1]["created_at"]

    assert len(seen) == len(set(seen))
    assert set(seen) == made


@pytest.mark.parametrize("size", [0, 101, None])
async def test_a_page_has_1_to_100_events(size: int | None, as_user: AsUser, staff: Staff) -> None:
    sql = "select * from public.list_crisis_events(max => $1)"

    assert await refusal(as_user, await staff(), sql, size) == "CA400"


async def test_handling_says_who_when_and_what_and_is_in_her_log(
    ana: Viewer, as_user: AsUser, staff: Staff, looks: Looks, owner: asyncpg.Connection
) -> None:
    event, doctor = await notice(as_user, ana), await staff()

    await handle(as_user, doctor, event["id"], "Spoke with her.")

    found = await find(owner, "crisis_events", event["id"])
    assert (found["status"], found["handled_by"]) == ("handled", doctor.user_id)
    assert found["handled_note"] == "Spoke with her."
    assert found["handled_at"] - event["created_at"] < timedelta(minutes=5)
    assert await looks(ana) == [("crisis_events.handle", str(event["id"]))]


async def test_of_ten_who_handle_at_once_one_does(
    ana: Viewer, as_user: AsUser, staff: Staff, looks: Looks
) -> None:
    event, doctor = await notice(as_user, ana), await staff()

    async def try_it() -> str:
        try:
            await handle(as_user, doctor, event["id"])
        except asyncpg.PostgresError as error:
            return str(error.sqlstate)
        return "handled"

    outcomes = Counter(await asyncio.gather(*(try_it() for _ in range(10))))

    assert outcomes == {"handled": 1, "CA409": 9}
    assert len(await looks(ana)) == 1


async def test_handling_needs_an_event_and_a_note(
    ana: Viewer, as_user: AsUser, staff: Staff
) -> None:
    event, doctor = await notice(as_user, ana), await staff()

    refused = [
        await refusal(as_user, doctor, HANDLE, event_id, note)
        for event_id, note in ((uuid4(), "x"), (event["id"], " \n"), (event["id"], None))
    ]

    assert refused == ["CA404", "CA400", "CA400"]


async def test_without_a_log_there_is_no_list(
    ana: Viewer, as_user: AsUser, staff: Staff, looks: Looks, owner: asyncpg.Connection
) -> None:
    event, doctor = await notice(as_user, ana), await staff()
    call = await owner.fetchval(
        "select oid::regprocedure::text from pg_proc where proname = 'append_audit'"
    )
    await owner.execute(f"alter function {call} rename to append_audit_away")
    try:
        refused = [
            await refusal(as_user, doctor, LIST),
            await refusal(as_user, doctor, HANDLE, event["id"], "Called."),
        ]
    finally:
        away = call.replace("append_audit(", "append_audit_away(")
        await owner.execute(f"alter function {away} rename to append_audit")

    assert refused == ["42883", "42883"]
    assert (await find(owner, "crisis_events", event["id"]))["status"] == "open"
    assert await looks(ana) == []


async def test_nobody_else_lists_or_handles_anything(
    ana: Viewer, new_user: NewUser, as_user: AsUser, staff: Staff, looks: Looks
) -> None:
    event, doctor = await notice(as_user, ana), await staff()
    strangers = [
        await new_user("Ben"),
        replace(await new_user("Ben"), aal="aal2"),
        replace(doctor, aal="aal1"),
        replace(doctor, aal=None),
        await staff(is_active=False),
        replace(ana, aal="aal2"),
        Viewer(user_id=None, role="authenticated", aal="aal2"),
    ]

    for stranger in strangers:
        for sql, arguments in ((LIST, ()), (HANDLE, (event["id"], "x"))):
            for role in ("authenticated", "cairn_server"):
                assert await refusal(as_user, stranger, sql, *arguments, role=role) == "42501"
    assert await refusal(as_user, ANONYMOUS, LIST) == "42501"
    assert await looks(ana) == []


async def test_an_agent_or_a_locked_account_of_the_care_team_is_not_the_care_team(
    as_user: AsUser, staff: Staff, owner: asyncpg.Connection
) -> None:
    doctor, locked = await staff(), await staff()
    await owner.execute("update public.users set is_active = false where id = $1", locked.user_id)

    async def list_as_agent() -> None:
        async with as_user(doctor) as connection:
            await act_as(connection, doctor, "agent:chatgpt")
            await connection.execute(LIST)

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await list_as_agent()
    assert await refusal(as_user, locked, LIST) == "42501"


async def test_staff_read_nothing_of_others_besides(
    ana: Viewer, start: Start, as_user: AsUser, staff: Staff
) -> None:
    await start()
    await notice(as_user, ana)
    doctor = await staff()

    async with as_user(doctor) as connection:
        seen = [
            await connection.fetchval(f"select count(*) from public.{table}")
            for table in ("crisis_events", "conversations", "safety_plans", "safety_contacts")
        ]

    assert seen == [0, 0, 0, 0]
    assert await refusal(as_user, doctor, "select * from private.staff_members") == "42501"
