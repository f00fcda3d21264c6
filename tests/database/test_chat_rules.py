"""The life of a conversation: where its status may go, and what its version counts."""

from __future__ import annotations

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.database.chat import Start, move, read, say
from tests.fixtures.people import AsUser

STATUSES = ("active", "paused", "completed", "archived")
# D4, and what each status may be archived from.
ALLOWED = {
    ("active", "paused"),
    ("paused", "active"),
    ("active", "completed"),
    ("paused", "completed"),
    ("active", "archived"),
    ("paused", "archived"),
    ("completed", "archived"),
}


@pytest.mark.parametrize("after", STATUSES)
@pytest.mark.parametrize("before", STATUSES)
async def test_a_status_goes_only_where_it_may(
    before: str, after: str, start: Start, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """NU-050, CL-016, TR-004, X-07: the whole matrix of D4, from a direct update."""
    conversation = await start(before)
    # `archived` was reached from active.
    allowed = ALLOWED | {(status, status) for status in STATUSES} | {("archived", "active")}

    if (before, after) in allowed:
        await move(as_user, ana, conversation, after)
    else:
        with pytest.raises(asyncpg.PostgresError) as refused:
            await move(as_user, ana, conversation, after)
        assert refused.value.sqlstate == "CA409"
        assert str(refused.value) == f"A conversation that is {before} cannot become {after}."

    found = await read(owner, conversation)
    assert found["status"] == (after if (before, after) in allowed else before)


@pytest.mark.parametrize("status", STATUSES)
async def test_the_same_status_again_changes_nothing(
    status: str, start: Start, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    conversation = await start(status)
    before = await read(owner, conversation)

    await move(as_user, ana, conversation, status)

    after = await read(owner, conversation)
    ignored = {"updated_at": None}
    assert dict(after) | ignored == dict(before) | ignored


@pytest.mark.parametrize("status", ["active", "paused", "completed"])
async def test_a_restored_conversation_is_where_it_was(
    status: str, start: Start, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """NU-208."""
    conversation = await start(status)
    before = await read(owner, conversation)
    await move(as_user, ana, conversation, "archived")
    assert (await read(owner, conversation))["archived_from"] == status

    async with as_user(ana) as connection:
        restored = await connection.fetchrow(
            "select * from public.restore_conversation($1)", conversation
        )

    assert (restored["status"], restored["archived_from"]) == (status, None)
    assert restored["completed_at"] == before["completed_at"]
    assert restored["version"] == before["version"] + 2


@pytest.mark.parametrize("status", ["active", "paused", "completed"])
async def test_what_is_not_archived_cannot_be_restored(
    status: str, start: Start, ana: Viewer, as_user: AsUser
) -> None:
    conversation = await start(status)

    with pytest.raises(asyncpg.PostgresError) as refused:
        async with as_user(ana) as connection:
            await connection.execute("select public.restore_conversation($1)", conversation)

    assert refused.value.sqlstate == "CA409"
    assert str(refused.value) == "This conversation is not archived."


async def test_an_archived_conversation_comes_back_only_to_where_it_was(
    start: Start, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    conversation = await start("paused")
    await move(as_user, ana, conversation, "archived")

    for status in ("active", "completed"):
        with pytest.raises(asyncpg.PostgresError, match="cannot become"):
            await move(as_user, ana, conversation, status)
    await move(as_user, ana, conversation, "paused")

    assert (await read(owner, conversation))["status"] == "paused"


async def test_completing_says_when(start: Start, owner: asyncpg.Connection) -> None:
    """CL-020, TR-004."""
    found = await read(owner, await start("completed"))

    assert found["completed_at"] == found["updated_at"]


async def test_the_dashboard_is_bound_by_the_same_rules(
    start: Start, owner: asyncpg.Connection
) -> None:
    conversation = await start("completed")

    with pytest.raises(asyncpg.PostgresError, match="completed cannot become active"):
        await owner.execute(
            "update public.conversations set status = 'active' where id = $1", conversation
        )


async def test_the_version_counts_what_a_writer_changes_and_no_messages(
    start: Start, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    conversation = await start()
    for change in (
        "title = 'Sleep'",
        "title = 'Sleep'",
        "description = 'Notes'",
        "metadata = '{\"mood\": 3}'",
        "status = 'paused'",
    ):
        async with as_user(ana) as connection:
            await connection.execute(
                f"update public.conversations set {change} where id = $1", conversation
            )
    before = await read(owner, conversation)
    async with as_user(ana, "cairn_server") as connection:
        await say(connection, conversation, role="assistant")

    after = await read(owner, conversation)

    assert (before["version"], after["version"]) == (5, 5)
    assert after["message_count"] == before["message_count"] + 1
