"""What is written into the audit log, by itself and by whom: D15, SC-092 to SC-094, NU-182, NU-183."""

from __future__ import annotations

import json
from uuid import UUID, uuid4

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.database.agents.acting import as_agent
from tests.database.audit.lines import lines
from tests.database.chat import Start, move, say
from tests.fixtures.people import AsUser, NewUser


async def test_signing_up_begins_a_log(ana: Viewer, owner: asyncpg.Connection) -> None:
    (first,) = await lines(owner, ana.user_id)

    assert (first["seq"], first["event_type"], first["event_category"]) == (
        1,
        "users.insert",
        "account",
    )
    assert first["previous_hash"] == "0" * 64


async def test_a_change_is_a_line_with_the_names_of_columns_and_nothing_that_is_in_them(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    async with as_user(ana) as connection:
        await connection.execute(
            "update public.users set bio = 'Afraid of lifts.', display_name = 'Nia'"
        )

    line = (await lines(owner, ana.user_id))[-1]
    assert (line["event_type"], line["actor"], line["session_id"]) == (
        "users.update",
        "user",
        ana.session_id,
    )
    assert json.loads(line["event_data"]) == {
        "row_id": str(ana.user_id),
        "columns": ["bio", "display_name"],
    }
    whole = " ".join(str(value) for value in line.values())
    assert "lifts" not in whole
    assert "Nia" not in whole


@pytest.mark.parametrize(
    "change", ["last_active_at = now()", "xp = xp + 5", "current_streak = 3", "xp = xp"]
)
async def test_what_only_counts_is_no_line(
    change: str, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    async with as_user(ana, "cairn_server") as connection:
        assert await connection.execute(f"update public.users set {change}") == "UPDATE 1"

    assert len(await lines(owner, ana.user_id)) == 1


async def test_a_sign_in_and_its_end_are_lines(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    async with as_user(ana, "cairn_server") as connection:
        for agent in ("phone", "phone again"):
            await connection.execute(
                "select private.admit_session($1, now() + interval '1 hour', 'api', $2, null)",
                ana.session_id,
                agent,
            )
        await connection.execute("select private.end_session($1)", ana.session_id)

    found = (await lines(owner, ana.user_id))[1:]
    assert [(line["event_type"], line["event_category"]) for line in found] == [
        ("user_sessions.insert", "sign_in"),
        ("user_sessions.update", "sign_in"),
    ]
    assert json.loads(found[1]["event_data"])["columns"] == ["ended_at"]


async def test_of_conversations_states_and_deletion_are_lines_and_talking_is_not(
    start: Start, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    conversation = await start()
    async with as_user(ana, "cairn_server") as connection:
        await say(connection, conversation)
        await connection.execute("update public.conversations set title = 'On lifts'")
    await move(as_user, ana, conversation, "completed")
    async with as_user(ana) as connection:
        await connection.execute("delete from public.conversations")

    found = (await lines(owner, ana.user_id))[1:]
    assert [(line["event_type"], line["severity"]) for line in found] == [
        ("conversations.update", "info"),
        ("conversations.delete", "notice"),
    ]
    assert {json.loads(line["event_data"])["row_id"] for line in found} == {str(conversation)}


async def test_a_line_says_who_did_it(
    ana: Viewer, new_user: NewUser, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    ben = await new_user("Ben")
    change = "update public.users set bio = $1 where id = $2"
    async with as_user(ana) as connection:
        await connection.execute(change, "a", ana.user_id)
    async with as_agent(as_user, ana) as connection:
        await connection.execute(change, "b", ana.user_id)
    async with as_agent(as_user, ana, "pipeline") as connection:
        await connection.execute(change, "c", ana.user_id)
    await owner.execute(change, "d", ana.user_id)
    for word in ("e", "f"):
        async with owner.transaction():
            await owner.execute("select set_config('request.jwt.claims', $1, true)", ben.claims)
            await owner.execute(change, word, ana.user_id)
        await owner.execute(
            "insert into private.staff_members (user_id, role) values ($1, 'care_team') "
            "on conflict do nothing",
            ben.user_id,
        )

    found = (await lines(owner, ana.user_id))[1:]
    assert [line["actor"] for line in found] == [
        "user",
        "agent:claude",
        "pipeline",
        "system:postgres",
        # Staff are named; nobody else is, since a safety contact leaves nothing when he goes.
        "person:contact",
        f"person:{ben.user_id}",
    ]
    # Of others she reads no session.
    assert [line["session_id"] for line in found] == [ana.session_id] * 3 + [None] * 3


async def test_a_line_tells_where_a_request_of_hers_came_from_and_not_that_of_others(
    ana: Viewer, new_user: NewUser, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """NU-182: session_id, ip_address, user_agent."""
    ben = await new_user("Ben")
    facts = (
        "select set_config('cairn.ip_address', '192.0.2.7', true), "
        "set_config('cairn.user_agent', repeat('x', 500), true), "
        "set_config('cairn.request_id', 'r-1', true)"
    )
    async with as_user(ana) as connection:
        await connection.execute(facts)
        await connection.execute("update public.users set bio = 'a'")
    async with owner.transaction():
        await owner.execute(facts)
        await owner.execute("select set_config('request.jwt.claims', $1, true)", ben.claims)
        await owner.execute("update public.users set bio = 'b' where id = $1", ana.user_id)

    hers, other = (await lines(owner, ana.user_id))[1:]
    assert (str(hers["ip_address"]), len(hers["user_agent"]), hers["request_id"]) == (
        "192.0.2.7",
        400,
        "r-1",
    )
    assert (other["ip_address"], other["user_agent"], other["request_id"]) == (None, None, "r-1")


async def test_the_server_adds_to_the_log_of_whom_it_acts_for(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    async with as_user(ana, "cairn_server") as connection:
        await connection.execute(
            "select private.log_event('data_export.requested', 'privacy', 'notice', $1)",
            json.dumps({"export_id": str(UUID(int=1))}),
        )

    line = (await lines(owner, ana.user_id))[-1]
    assert (line["event_type"], line["event_category"], line["severity"], line["actor"]) == (
        "data_export.requested",
        "privacy",
        "notice",
        "user",
    )


async def test_her_lines_can_be_filtered_by_category_and_severity(
    ana: Viewer, as_user: AsUser
) -> None:
    """NU-183."""
    async with as_user(ana, "cairn_server") as connection:
        await connection.execute(
            "select private.log_event('a.b', 'privacy', 'notice'), "
            "private.log_event('a.c', 'billing', 'warning')"
        )

    async with as_user(ana) as connection:
        by_category = await connection.fetch(
            "select event_type from public.audit_log where event_category = 'privacy'"
        )
        grave = await connection.fetch(
            "select event_type from public.audit_log where severity >= 'warning'"
        )

    assert [row[0] for row in by_category] == ["a.b"]
    assert [row[0] for row in grave] == ["a.c"]


@pytest.mark.parametrize(
    ("arguments", "refusal"),
    [
        ("'a.b', 'access', 'info'", "CA400"),
        ("'Not a word', 'privacy', 'info'", "audit_log_event_type_is_a_short_word"),
        ("'a.b.c', 'privacy', 'info'", "audit_log_event_type_is_a_short_word"),
        (
            "'a.b', 'privacy', 'info', '[]'",
            "audit_log_event_data_is_an_object_of_at_most_2_kb",
        ),
        (
            "'a.b', 'privacy', 'info', jsonb_build_object('x', repeat('x', 2048))",
            "audit_log_event_data_is_an_object_of_at_most_2_kb",
        ),
        ("'a.b', 'gossip', 'info'", "22P02"),
    ],
)
async def test_a_line_that_breaks_a_rule_is_refused(
    arguments: str, refusal: str, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    with pytest.raises(asyncpg.PostgresError) as refused:
        async with as_user(ana, "cairn_server") as connection:
            await connection.execute(f"select private.log_event({arguments})")

    told = getattr(refused.value, "constraint_name", None) or refused.value.sqlstate
    assert told == refusal
    assert len(await lines(owner, ana.user_id)) == 1


async def test_nobody_is_logged_who_is_not_signed_in(as_user: AsUser) -> None:
    with pytest.raises(asyncpg.PostgresError) as refused:
        async with as_user(role="cairn_server") as connection:
            await connection.execute("select private.log_event('a.b', 'privacy')")

    assert refused.value.sqlstate == "CA401"


async def test_a_transaction_that_fails_leaves_no_line(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    with pytest.raises(asyncpg.DivisionByZeroError):
        async with as_user(ana) as connection:
            await connection.execute("update public.users set bio = 'a'; select 1 / 0")

    assert len(await lines(owner, ana.user_id)) == 1


async def test_the_inbox_is_empty_after_each_commit(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    async with as_user(ana) as connection:
        await connection.execute("update public.users set bio = 'a'")

    assert await owner.fetchval("select count(*) from private.audit_inbox") == 0


@pytest.mark.parametrize("role", ["authenticated", "cairn_server"])
@pytest.mark.parametrize(
    "statement",
    [
        "insert into public.audit_log (event_type) values ('a.b')",
        "update public.audit_log set severity = 'info'",
        "delete from public.audit_log",
        "truncate public.audit_log",
        "select * from private.audit_heads",
        "select * from private.audit_inbox",
        "insert into private.audit_inbox (event_type) values ('a.b')",
        "select private.append_audit(gen_random_uuid(), 'a.b', 'privacy')",
        "select private.remove_audit_lines(gen_random_uuid())",
        "select private.trim_audit(gen_random_uuid(), now())",
        "set role cairn_eraser",
    ],
)
async def test_nobody_is_granted_to_write_the_log(
    statement: str, role: str, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with as_user(ana, role) as connection:
            await connection.execute(statement)

    assert len(await lines(owner, ana.user_id)) == 1


@pytest.mark.parametrize("role", ["authenticated", "cairn_server"])
async def test_ben_reads_none_of_anas_lines(
    role: str, ana: Viewer, new_user: NewUser, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    ben = await new_user("Ben")
    assert len(await lines(owner, ana.user_id)) == 1

    async with as_user(ben, role) as connection:
        found = await connection.fetch("select distinct user_id from public.audit_log")

    assert [row[0] for row in found] == [ben.user_id]


@pytest.mark.parametrize(
    "statement",
    [
        "update public.audit_log set severity = 'critical'",
        "update public.audit_log set id = id",
        "delete from public.audit_log",
        "truncate public.audit_log",
    ],
)
async def test_not_even_the_owner_changes_or_removes_a_line(
    statement: str, ana: Viewer, owner: asyncpg.Connection
) -> None:
    before = await lines(owner, ana.user_id)

    with pytest.raises(asyncpg.PostgresError) as refused:
        await owner.execute(statement)

    assert refused.value.sqlstate == "CA409"
    assert await lines(owner, ana.user_id) == before


async def test_whoever_is_not_there_gets_no_line(owner: asyncpg.Connection) -> None:
    nobody = uuid4()

    await owner.execute("select private.append_audit($1, 'a.b', 'privacy')", nobody)

    assert await lines(owner, nobody) == []


async def test_a_token_whose_session_is_no_uuid_is_logged_without_one(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    async with as_user(ana) as connection:
        claims = json.loads(ana.claims) | {"session_id": "mcp-7"}
        await connection.execute(
            "select set_config('request.jwt.claims', $1, true)", json.dumps(claims)
        )
        await connection.execute("update public.users set bio = 'a'")

    line = (await lines(owner, ana.user_id))[-1]
    assert (line["event_type"], line["session_id"]) == ("users.update", None)
