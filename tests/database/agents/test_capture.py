"""What agents do is written down, in the transaction of doing it: TR-024 to TR-027, TR-031, TR-032."""

from __future__ import annotations

import json
from uuid import uuid4

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.database.agents.acting import as_agent
from tests.database.agents.conftest import Agent
from tests.database.chat import Start, say
from tests.fixtures.people import AsUser, NewUser


async def test_an_action_holds_the_row_before_and_after(agent: Agent) -> None:
    """X-39: the former state has a home."""
    made = await agent.plants()
    changed = await agent.does("update public.gardens set name = 'Beans', weight = 0.1")
    gone = await agent.does("delete from public.gardens")

    assert [row["action_type"] for row in (made, changed, gone)] == [
        "create_garden",
        "update_garden",
        "delete_garden",
    ]
    assert {(row["entity_type"], row["entity_id"]) for row in (made, changed, gone)} == {
        ("gardens", made["entity_id"])
    }
    assert made["before"] is None
    assert json.loads(made["after"])["name"] == "Roses"
    assert json.loads(changed["before"]) == json.loads(made["after"])
    assert json.loads(changed["after"])["weight"] == 0.1
    assert json.loads(changed["result"]) == {"columns": ["name", "weight"]}
    assert json.loads(gone["before"]) == json.loads(changed["after"])
    assert gone["after"] is None
    # What Postgres computes itself is no state.
    assert "loud_name" not in json.loads(made["after"])


async def test_an_action_says_who_did_it_where_and_what_for(
    agent: Agent, start: Start, ana: Viewer, as_user: AsUser
) -> None:
    conversation = await start()
    async with as_agent(as_user, ana, "pipeline") as connection:
        await connection.execute(
            "select private.begin_agent_action($1, $2)", conversation, '{"wish": "roses"}'
        )
        await connection.execute("insert into public.gardens (name) values ('Roses')")

    (action,) = await agent.actions()
    assert (action["actor"], action["conversation_id"], action["user_id"]) == (
        "pipeline",
        conversation,
        ana.user_id,
    )
    assert json.loads(action["payload"]) == {"wish": "roses"}


async def test_where_and_what_for_are_forgotten_at_the_end_of_the_transaction(
    agent: Agent, start: Start, ana: Viewer, as_user: AsUser
) -> None:
    conversation = await start()
    async with as_agent(as_user, ana) as connection:
        await connection.execute(
            "select private.begin_agent_action($1, $2)", conversation, '{"wish": "roses"}'
        )

    action = await agent.plants()

    assert (action["conversation_id"], action["payload"]) == (None, "{}")


async def test_her_own_changes_and_those_of_the_dashboard_are_no_actions(
    agent: Agent, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    for role in ("authenticated", "cairn_server"):
        async with as_user(ana, role) as connection:
            await connection.execute("insert into public.gardens (name) values ($1)", role)
    await owner.execute("update public.gardens set level = 3 where user_id = $1", ana.user_id)

    assert await agent.actions() == []


@pytest.mark.parametrize("change", ["name = name", "updated_at = now()"])
async def test_a_change_of_nothing_is_no_action(
    change: str, agent: Agent, owner: asyncpg.Connection, ana: Viewer
) -> None:
    await agent.plants()

    async with owner.transaction():
        claims = json.loads(ana.claims) | {"act": {"sub": "pipeline"}}
        await owner.execute("select set_config('request.jwt.claims', $1, true)", json.dumps(claims))
        await owner.execute(f"update public.gardens set {change}")

    assert len(await agent.actions()) == 1


async def test_what_fails_leaves_no_action(agent: Agent, ana: Viewer, as_user: AsUser) -> None:
    """TR-031."""
    with pytest.raises(asyncpg.DivisionByZeroError):
        async with as_agent(as_user, ana) as connection:
            await connection.execute(
                "insert into public.gardens (name) values ('Roses'); select 1 / 0"
            )

    assert await agent.actions() == []


async def test_of_conversations_what_is_said_of_them_is_an_action_and_talking_is_not(
    agent: Agent, start: Start, ana: Viewer, as_user: AsUser
) -> None:
    conversation = await start()
    async with as_agent(as_user, ana, "pipeline") as connection:
        await say(connection, conversation)
    renamed = await agent.does("update public.conversations set title = 'Renamed'")

    assert len(await agent.actions()) == 1
    assert (renamed["action_type"], renamed["conversation_id"]) == (
        "update_conversation",
        conversation,
    )


async def test_a_deleted_conversation_takes_no_action_with_it(agent: Agent, start: Start) -> None:
    conversation = await start()
    await agent.does("update public.conversations set title = 'Renamed'")
    gone = await agent.does("delete from public.conversations where id = $1", conversation)

    assert [row["conversation_id"] for row in await agent.actions()] == [None, None]
    assert gone["action_type"] == "delete_conversation"


async def test_a_mapping_and_a_summary_are_actions_in_their_conversation(
    agent: Agent, start: Start
) -> None:
    conversation = await start()
    mapped = await agent.does(
        "insert into public.thread_mappings (conversation_id, source, external_thread_id) "
        "values ($1, 'claude', 't')",
        conversation,
    )
    summed_up = await agent.does(
        "insert into public.conversation_summaries (conversation_id, summary, through_turn) "
        "values ($1, 'short', 1)",
        conversation,
        actor="pipeline",
    )

    assert [row["action_type"] for row in (mapped, summed_up)] == [
        "create_thread_mapping",
        "create_conversation_summary",
    ]
    assert {row["conversation_id"] for row in (mapped, summed_up)} == {conversation}


@pytest.mark.parametrize("payload", ["[]", "null", '{"x": "' + "x" * 16_384 + '"}'])
async def test_a_payload_is_a_small_object(payload: str, ana: Viewer, as_user: AsUser) -> None:
    with pytest.raises(asyncpg.PostgresError) as refused:
        async with as_agent(as_user, ana) as connection:
            await connection.execute("select private.begin_agent_action(null, $1)", payload)

    assert refused.value.sqlstate == "CA400"


@pytest.mark.parametrize("role", ["authenticated", "cairn_server"])
@pytest.mark.parametrize(
    "statement",
    [
        "insert into public.agent_actions (action_type, entity_type, entity_id, actor, before) "
        "values ('update_garden', 'gardens', gen_random_uuid(), 'agent:me', '{\"level\": 9}')",
        "update public.agent_actions set before = '{\"level\": 9}'",
        "update public.agent_actions set reverted_at = null",
        "delete from public.agent_actions",
        "select private.write_back('public.gardens', gen_random_uuid(), '{}', '{}')",
        "set role cairn_undo",
    ],
)
async def test_a_former_state_can_be_forged_by_nobody(
    statement: str, role: str, agent: Agent, ana: Viewer, as_user: AsUser
) -> None:
    before = await agent.plants()

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with as_user(ana, role) as connection:
            await connection.execute(statement)

    assert await agent.actions() == [before]


@pytest.mark.parametrize("role", ["authenticated", "cairn_server"])
async def test_ben_reads_none_of_anas_actions(
    role: str, agent: Agent, new_user: NewUser, as_user: AsUser
) -> None:
    ben = await new_user("Ben")
    assert await agent.plants() is not None

    async with as_user(ben, role) as connection:
        assert await connection.fetch("select * from public.agent_actions") == []


async def test_an_agent_that_names_bens_conversation_writes_of_none(
    agent: Agent, new_user: NewUser, as_user: AsUser, ana: Viewer, owner: asyncpg.Connection
) -> None:
    ben = await new_user("Ben")
    bens = await owner.fetchval(
        "insert into public.conversations (user_id) values ($1) returning id", ben.user_id
    )
    async with as_agent(as_user, ana) as connection:
        await connection.execute("select private.begin_agent_action($1)", bens)
        await connection.execute("insert into public.gardens (name) values ('Roses')")

    (action,) = await agent.actions()
    assert action["conversation_id"] is None


@pytest.mark.parametrize(
    ("column", "value", "constraint"),
    [
        ("actor", "null", "agent_actions_only_an_undo_may_be_her_own"),
        ("actor", "''", "agent_actions_actor_has_1_to_240_characters"),
        ("action_type", "'Make it so'", "agent_actions_action_type_is_a_short_word"),
        ("entity_type", "'public.gardens'", "agent_actions_entity_type_is_a_short_word"),
        ("payload", "'[]'", "agent_actions_payload_is_an_object_of_at_most_16_kb"),
        ("result", "'[]'", "agent_actions_result_is_an_object_of_at_most_8_kb"),
        ("before", "'[]'", "agent_actions_before_is_an_object_of_at_most_256_kb"),
        ("after", "'[]'", "agent_actions_after_is_an_object_of_at_most_256_kb"),
        ("after", "null", "agent_actions_know_what_was_or_became_until_blanked"),
        ("blanked_at", "now()", "agent_actions_know_what_was_or_became_until_blanked"),
    ],
)
async def test_an_action_that_breaks_a_rule_is_refused_by_its_name(
    column: str, value: str, constraint: str, agent: Agent, owner: asyncpg.Connection
) -> None:
    action = await agent.plants()

    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await owner.execute(
            f"update public.agent_actions set {column} = {value} where id = $1", action["id"]
        )

    assert refused.value.constraint_name == constraint


async def test_an_erased_person_leaves_no_action(
    agent: Agent, ana: Viewer, owner: asyncpg.Connection
) -> None:
    await agent.plants()

    await owner.execute("delete from auth.users where id = $1", ana.user_id)

    assert await agent.actions() == []


async def test_every_table_that_is_captured_leaves_undoing_to_the_undo(
    owner: asyncpg.Connection,
) -> None:
    """Else an undo by an agent would be written down twice."""
    triggers = await owner.fetch(
        "select tgname, pg_get_triggerdef(oid) from pg_trigger "
        "where tgfoid = 'private.capture_agent_action'::regproc"
    )

    assert len(triggers) >= 5
    for name, definition in triggers:
        assert name.startswith("t700_")
        assert "(private.actor() IS NOT NULL) AND (CURRENT_USER <> 'cairn_undo'" in definition, name


async def test_the_role_of_undoing_is_nobodys_and_may_no_more_than_the_server(
    owner: asyncpg.Connection,
) -> None:
    role = await owner.fetchrow("select * from pg_roles where rolname = 'cairn_undo'")
    members = await owner.fetch(
        "select distinct member::regrole::text from pg_auth_members "
        "where roleid = 'cairn_undo'::regrole"
    )
    groups = await owner.fetch(
        "select distinct roleid::regrole::text from pg_auth_members "
        "where member = 'cairn_undo'::regrole"
    )
    owned = await owner.fetch("select proname from pg_proc where proowner = 'cairn_undo'::regrole")

    assert (role["rolcanlogin"], role["rolbypassrls"], role["rolsuper"]) == (False,) * 3
    assert [row[0] for row in members] == ["postgres"]
    assert [row[0] for row in groups] == ["cairn_server"]
    assert [row[0] for row in owned] == ["write_back"]


async def test_an_unknown_conversation_is_no_reason_not_to_write(
    agent: Agent, ana: Viewer, as_user: AsUser
) -> None:
    async with as_agent(as_user, ana) as connection:
        await connection.execute("select private.begin_agent_action($1)", uuid4())
        await connection.execute("insert into public.gardens (name) values ('Roses')")

    assert [row["conversation_id"] for row in await agent.actions()] == [None]


async def test_an_agent_that_meets_an_erasure_is_refused_at_once(
    agent: Agent, ana: Viewer, owner: asyncpg.Connection
) -> None:
    """To wait for it, with a row of hers locked that the erasure wants, would end in a deadlock."""
    await agent.plants()

    async with owner.transaction():
        await owner.execute("select from public.users where id = $1 for update", ana.user_id)
        with pytest.raises(asyncpg.PostgresError) as refused:
            await agent.does(
                "set local lock_timeout = '2s'; update public.gardens set name = 'Weeds'"
            )

    assert refused.value.sqlstate == "CA409"
    assert len(await agent.actions()) == 1


async def test_an_agent_waits_for_no_conversation_that_is_being_deleted(
    agent: Agent, start: Start, owner: asyncpg.Connection
) -> None:
    conversation = await start()
    await agent.plants()

    async with owner.transaction():
        await owner.execute("delete from public.conversations where id = $1", conversation)
        changed = await agent.does(
            "set local lock_timeout = '2s'; "
            f"set local cairn.action_conversation = '{conversation}'; "
            "update public.gardens set name = 'Weeds'"
        )

    assert (changed["action_type"], changed["conversation_id"]) == ("update_garden", None)
