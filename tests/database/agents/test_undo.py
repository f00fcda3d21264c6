"""She undoes what agents did: once, to what was there, and never blindly. TR-028 to TR-030, D14."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.database.agents.acting import as_agent
from tests.database.agents.conftest import Agent
from tests.database.chat import Start, say
from tests.fixtures.people import AsUser, NewUser


async def test_what_was_made_is_deleted(agent: Agent, ana: Viewer) -> None:
    made = await agent.plants()

    undone = await agent.undo(made)

    assert await agent.garden(made["entity_id"]) is None
    assert (undone["undo_of"], undone["action_type"], undone["actor"], undone["user_id"]) == (
        made["id"],
        "delete_garden",
        None,
        ana.user_id,
    )
    assert (json.loads(undone["before"])["name"], undone["after"]) == ("Roses", None)
    assert [bool(row["reverted_at"]) for row in await agent.actions()] == [True, False]


async def test_what_was_changed_is_as_before_in_every_column(agent: Agent) -> None:
    """Lists, objects and numbers as well, and what only the server may say."""
    made = await agent.plants()
    await agent.does(
        "update public.gardens set tags = '{a,\"b c\"}', facts = '{\"a\": [1, null]}', "
        "weight = 0.1, level = 2"
    )
    before = await agent.garden(made["entity_id"])
    changed = await agent.does(
        "update public.gardens set tags = '{}', facts = '{}', weight = 7, level = 9, name = 'Weeds'"
    )

    await agent.undo(changed)

    after = await agent.garden(made["entity_id"])
    assert before is not None
    assert after is not None
    kept = set(before.keys()) - {"version", "updated_at"}
    assert {key: after[key] for key in kept} == {key: before[key] for key in kept}
    # Writers that must not overwrite each other see that it was changed.
    assert after["version"] == before["version"] + 2


async def test_what_was_deleted_is_back_under_its_id_and_as_old_as_it_was(
    agent: Agent, owner: asyncpg.Connection
) -> None:
    made = await agent.plants()
    await owner.execute(
        "update public.gardens set created_at = '2025-01-02 03:04:05.678901+00', level = 4 "
        "where id = $1",
        made["entity_id"],
    )
    gone = await agent.does("delete from public.gardens")

    undone = await agent.undo(gone)

    back = await agent.garden(made["entity_id"])
    assert back is not None
    assert (back["name"], back["level"], back["loud_name"]) == ("Roses", 4, "ROSES")
    assert back["created_at"] == datetime(2025, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
    assert (undone["action_type"], undone["before"]) == ("create_garden", None)
    assert len(await agent.actions()) == 3


async def test_a_state_goes_back_though_its_lifecycle_goes_forward_only(
    agent: Agent, ana: Viewer, as_user: AsUser
) -> None:
    made = await agent.plants()
    planted = await agent.does("update public.gardens set state = 'planted'")
    with pytest.raises(asyncpg.PostgresError) as refused:
        async with as_user(ana) as connection:
            await connection.execute("update public.gardens set state = 'planned'")
    assert refused.value.sqlstate == "CA409"

    await agent.undo(planted)

    back = await agent.garden(made["entity_id"])
    assert back is not None
    assert (back["state"], back["stamped"]) == ("planned", None)


@pytest.mark.parametrize(
    "setting", ["cairn.undo", "cairn.undoing", "role_of.undo", "cairn.action_payload"]
)
async def test_no_setting_of_hers_makes_a_lifecycle_go_backwards(
    setting: str, agent: Agent, ana: Viewer, as_user: AsUser
) -> None:
    await agent.plants()
    await agent.does("update public.gardens set state = 'planted'")

    with pytest.raises(asyncpg.PostgresError) as refused:
        async with as_user(ana, "cairn_server") as connection:
            await connection.execute(
                f"set local {setting} = 'true'; update public.gardens set state = 'planned'"
            )

    assert refused.value.sqlstate == "CA409"


async def test_an_action_is_undone_at_most_once(agent: Agent) -> None:
    """TR-029."""
    made = await agent.plants()
    await agent.undo(made)

    assert await agent.conflict(made) == "This has been undone already."


async def test_fifty_at_once_undo_an_action_once(agent: Agent) -> None:
    await agent.plants()
    changed = await agent.does("update public.gardens set name = 'Weeds'")
    gone = await agent.does("delete from public.gardens")

    async def undo(action: asyncpg.Record) -> str:
        try:
            await agent.undo(action)
        except asyncpg.PostgresError as refused:
            return str(refused.sqlstate)
        return "undone"

    for action in (gone, changed):
        outcomes: Counter[str] = Counter()
        for _ in range(5):
            outcomes.update(await asyncio.gather(*(undo(action) for _ in range(10))))
        assert outcomes == {"undone": 1, "CA409": 49}
    garden = await agent.garden(changed["entity_id"])
    assert garden is not None
    assert garden["name"] == "Roses"
    assert len(await agent.actions()) == 5


async def test_later_actions_come_first(agent: Agent) -> None:
    """TR-030."""
    made = await agent.plants()
    first = await agent.does("update public.gardens set name = 'Beans'")
    second = await agent.does("update public.gardens set name = 'Weeds'")

    for earlier in (made, first):
        assert (
            await agent.conflict(earlier)
            == "A later change of the same thing must be undone first."
        )
    for action in (second, first, made):
        await agent.undo(action)

    assert await agent.garden(made["entity_id"]) is None


async def test_a_later_action_counts_though_it_left_the_thing_as_it_was(agent: Agent) -> None:
    await agent.plants()
    first = await agent.does("update public.gardens set name = 'Beans'")
    await agent.does("update public.gardens set name = 'Weeds'")
    await agent.does("update public.gardens set name = 'Beans'")

    assert await agent.conflict(first) == "A later change of the same thing must be undone first."


@pytest.mark.parametrize(
    "change",
    ["update public.gardens set tags = '{hers}'", "delete from public.gardens"],
)
async def test_what_she_has_changed_since_is_not_undone(
    change: str, agent: Agent, ana: Viewer, as_user: AsUser
) -> None:
    made = await agent.plants()
    changed = await agent.does("update public.gardens set name = 'Beans'")
    async with as_user(ana) as connection:
        await connection.execute(change)
    before = await agent.garden(made["entity_id"])

    assert await agent.conflict(changed) == "This has been changed since."
    assert await agent.garden(made["entity_id"]) == before


async def test_what_she_made_anew_in_the_place_of_what_was_deleted_stays(
    agent: Agent, ana: Viewer, as_user: AsUser
) -> None:
    made = await agent.plants()
    gone = await agent.does("delete from public.gardens")
    async with as_user(ana) as connection:
        await connection.execute("insert into public.gardens (name) values ('Roses')")

    assert await agent.conflict(gone) == (
        "What this belongs to is gone, or something else has taken its place."
    )
    assert await agent.garden(made["entity_id"]) is None


async def test_what_belongs_to_something_gone_is_not_brought_back(
    agent: Agent, ana: Viewer, as_user: AsUser
) -> None:
    garden = await agent.plants()
    await agent.does(
        "insert into public.beds (garden_id, plant) values ($1, 'thyme')", garden["entity_id"]
    )
    gone = await agent.does("delete from public.beds")
    async with as_user(ana) as connection:
        await connection.execute("delete from public.gardens")

    assert await agent.conflict(gone) == (
        "What this belongs to is gone, or something else has taken its place."
    )


async def test_what_has_come_to_belong_to_it_is_not_swept_away(
    agent: Agent, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    made = await agent.plants()
    async with as_user(ana) as connection:
        await connection.execute(
            "insert into public.beds (garden_id, plant) values ($1, 'hers')", made["entity_id"]
        )

    assert await agent.conflict(made) == "Other things have come to belong to this since."
    assert (
        await owner.fetchval(
            "select plant from public.beds where garden_id = $1", made["entity_id"]
        )
        == "hers"
    )


async def test_a_conversation_that_an_agent_began_stays_once_something_is_said_in_it(
    agent: Agent, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    began = await agent.does("insert into public.conversations (title) values ('From Claude')")
    async with as_user(ana, "cairn_server") as connection:
        await say(connection, began["entity_id"])

    assert await agent.conflict(began) == "Other things have come to belong to this since."
    assert (
        await owner.fetchval(
            "select count(*) from public.messages where conversation_id = $1", began["entity_id"]
        )
        == 1
    )


async def test_a_title_is_put_back_also_after_messages(
    agent: Agent, start: Start, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """What each message counts is no change of the conversation."""
    conversation = await start()
    renamed = await agent.does("update public.conversations set title = 'Renamed'")
    async with as_user(ana, "cairn_server") as connection:
        await say(connection, conversation)

    await agent.undo(renamed)

    found = await owner.fetchrow(
        "select title, message_count, version from public.conversations where id = $1", conversation
    )
    assert tuple(found) == ("On sleep", 1, 3)


async def test_the_messages_of_a_deleted_conversation_do_not_come_back_and_it_says_so(
    agent: Agent, start: Start, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    full, empty = await start(), await start()
    async with as_user(ana, "cairn_server") as connection:
        await say(connection, full)
    full_gone = await agent.does("delete from public.conversations where id = $1", full)
    empty_gone = await agent.does("delete from public.conversations where id = $1", empty)

    conflict = await agent.conflict(full_gone)
    await agent.undo(empty_gone)

    assert conflict == "The messages of this conversation are gone for good."
    left = await owner.fetch("select id from public.conversations where user_id = $1", ana.user_id)
    assert [row[0] for row in left] == [empty]


async def test_undoing_can_be_undone(agent: Agent) -> None:
    made = await agent.plants()
    changed = await agent.does("update public.gardens set name = 'Beans'")
    undone = await agent.undo(changed)

    again = await agent.undo(undone)

    garden = await agent.garden(made["entity_id"])
    assert garden is not None
    assert (garden["name"], again["undo_of"]) == ("Beans", undone["id"])
    assert await agent.conflict(made) == "This has been changed since."
    await agent.undo(again)
    await agent.undo(made)


async def test_an_agent_may_undo_and_that_is_one_action_of_its_own(
    agent: Agent, ana: Viewer, as_user: AsUser
) -> None:
    made = await agent.plants()

    async with as_agent(as_user, ana, "agent:other") as connection:
        await connection.execute("select public.undo_agent_action($1)", made["id"])

    found = await agent.actions()
    assert [(row["actor"], row["undo_of"]) for row in found] == [
        ("agent:claude", None),
        ("agent:other", made["id"]),
    ]


@pytest.mark.parametrize("role", ["authenticated", "cairn_server"])
async def test_ben_undoes_nothing_of_anas(
    role: str, agent: Agent, new_user: NewUser, as_user: AsUser
) -> None:
    ben = await new_user("Ben")
    made = await agent.plants()
    before = await agent.garden(made["entity_id"])
    assert before is not None

    with pytest.raises(asyncpg.PostgresError) as refused:
        async with as_user(ben, role) as connection:
            await connection.execute("select public.undo_agent_action($1)", made["id"])
    async with as_user(ben, role) as connection:
        since = await connection.fetch("select * from public.undo_since('-infinity')")

    assert (refused.value.sqlstate, since) == ("CA404", [])
    assert await agent.garden(made["entity_id"]) == before
    assert await agent.actions() == [made]


async def test_nobody_undoes_without_signing_in(agent: Agent, as_user: AsUser) -> None:
    made = await agent.plants()

    for role, sqlstate in (("cairn_server", "CA401"), ("anon", "42501")):
        with pytest.raises(asyncpg.PostgresError) as refused:
            async with as_user(role=role) as connection:
                await connection.execute("select public.undo_agent_action($1)", made["id"])
        assert refused.value.sqlstate == sqlstate


async def test_a_forged_state_would_give_nobody_a_column_that_is_not_hers_or_the_servers(
    agent: Agent, owner: asyncpg.Connection
) -> None:
    """Were a line forged after all, by the owner here, the undo still writes as cairn_undo."""
    made = await agent.plants()
    changed = await agent.does("update public.gardens set name = 'Beans'")
    await owner.execute(
        "update public.agent_actions set before = before || "
        '\'{"stamped": "2000-01-01", "version": 77, "created_at": "2000-01-01"}\' '
        "where id = $1",
        changed["id"],
    )

    await agent.undo(changed)

    garden = await agent.garden(made["entity_id"])
    assert garden is not None
    assert (garden["name"], garden["stamped"], garden["version"]) == ("Roses", None, 3)
    assert garden["created_at"] > datetime.now(UTC) - timedelta(hours=1)


async def test_a_table_that_is_not_captured_is_not_undone(
    agent: Agent, owner: asyncpg.Connection, ana: Viewer
) -> None:
    action = await owner.fetchrow(
        "insert into public.agent_actions (user_id, actor, action_type, entity_type, entity_id, "
        "before, after) values ($1, 'agent:x', 'update_user', 'users', $1, '{\"is_active\": true}', "
        "'{}') returning *",
        ana.user_id,
    )

    assert await agent.conflict(action) == "Changes of this kind cannot be undone."


async def test_what_she_forgot_is_in_no_action_and_not_undone(
    agent: Agent, ana: Viewer, as_user: AsUser
) -> None:
    made = await agent.plants("A secret")
    kept = await agent.plants("Kept")
    async with as_agent(as_user, ana, "pipeline") as connection:
        await connection.execute("delete from public.gardens where id = $1", made["entity_id"])
        blanked = await connection.fetchval(
            "select private.blank_agent_actions('gardens', $1)", made["entity_id"]
        )

    first, other, gone = await agent.actions()
    assert blanked == 2
    for action in (first, gone):
        assert "secret" not in " ".join(str(value) for value in action.values())
        assert await agent.conflict(action) == "What this changed has been forgotten."
    assert other == kept


async def test_ben_blanks_nothing_of_anas(agent: Agent, new_user: NewUser, as_user: AsUser) -> None:
    ben = await new_user("Ben")
    made = await agent.plants()

    async with as_user(ben, "cairn_server") as connection:
        blanked = await connection.fetchval(
            "select private.blank_agent_actions('gardens', $1)", made["entity_id"]
        )

    assert blanked == 0
    assert await agent.actions() == [made]


async def test_all_since_a_moment_is_undone_the_newest_first_and_conflicts_are_told(
    agent: Agent, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    old = await agent.plants("Old")
    moment = await owner.fetchval("select clock_timestamp()")
    mine = await agent.plants("Mine now")
    async with as_user(ana) as connection:
        await connection.execute(
            "update public.gardens set tags = '{hers}' where id = $1", mine["entity_id"]
        )
    new = await agent.plants("New")
    bed = await agent.does("insert into public.beds (garden_id) values ($1)", new["entity_id"])
    renamed = await agent.does(
        "update public.gardens set name = 'Newer' where id = $1", new["entity_id"]
    )

    async with as_user(ana) as connection:
        told = await connection.fetch("select * from public.undo_since($1)", moment)

    assert [tuple(row) for row in told] == [
        (renamed["id"], True, None),
        (bed["id"], True, None),
        (new["id"], True, None),
        (mine["id"], False, "This has been changed since."),
    ]
    assert await agent.garden(new["entity_id"]) is None
    assert await agent.garden(mine["entity_id"]) is not None
    assert await agent.garden(old["entity_id"]) is not None


async def test_actions_of_one_transaction_are_undone_in_their_order(
    agent: Agent, ana: Viewer, as_user: AsUser
) -> None:
    async with as_agent(as_user, ana) as connection:
        garden = await connection.fetchval(
            "insert into public.gardens (name) values ('Roses') returning id"
        )
        for name in "abcdefgh":
            await connection.execute("update public.gardens set name = $1", name)

    async with as_user(ana) as connection:
        told = await connection.fetch("select * from public.undo_since('-infinity')")

    assert [row["undone"] for row in told] == [True] * 9
    assert await agent.garden(garden) is None


async def test_one_actor_can_be_singled_out(agent: Agent, ana: Viewer, as_user: AsUser) -> None:
    made = await agent.plants()
    other = await agent.does("insert into public.gardens (name) values ('Ours')", actor="pipeline")

    async with as_user(ana) as connection:
        told = await connection.fetch(
            "select action_id from public.undo_since('-infinity', 'agent:claude')"
        )

    assert [row[0] for row in told] == [made["id"]]
    assert await agent.garden(other["entity_id"]) is not None


async def test_more_than_a_thousand_actions_are_not_undone_in_one_go(
    agent: Agent, ana: Viewer, as_user: AsUser
) -> None:
    await agent.does(
        "insert into public.gardens (name) select 'Garden ' || n from generate_series(1, 1001) n"
    )

    with pytest.raises(asyncpg.PostgresError) as refused:
        async with as_user(ana) as connection:
            await connection.execute("select public.undo_since('-infinity')")

    assert refused.value.sqlstate == "CA400"


async def test_forgetting_and_undoing_at_once_never_wait_for_each_other(
    agent: Agent, ana: Viewer, as_user: AsUser
) -> None:
    for _ in range(10):
        made = await agent.plants("Fleeting")

        async def forget(garden: object = made["entity_id"]) -> None:
            async with as_user(ana, "cairn_server") as connection:
                await connection.execute("delete from public.gardens where id = $1", garden)
                await connection.execute(
                    "select private.blank_agent_actions('gardens', $1)", garden
                )

        async def undo(action: asyncpg.Record = made) -> str:
            try:
                await agent.undo(action)
            except asyncpg.PostgresError as refused:
                return str(refused.sqlstate)
            return "undone"

        _, outcome = await asyncio.gather(forget(), undo())
        assert outcome in {"undone", "CA409"}
        assert await agent.garden(made["entity_id"]) is None
