"""What the database keeps right about messages: turns, counters, hashes, states of replies."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter

import asyncpg
import pytest

from graphql_api.auth import Viewer
from graphql_api.local.stack import Urls
from tests.database.chat import Start, read, say
from tests.fixtures.people import AsUser, NewUser


async def test_a_message_gets_its_turn_its_hash_and_is_counted(
    start: Start, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """SC-004, SC-006, SC-014, NU-055, NU-058."""
    conversation = await start()

    async with as_user(ana, "cairn_server") as connection:
        first = await say(connection, conversation, "Grüße")
        second = await say(connection, conversation, "Good evening.", role="assistant")

    found = await read(owner, conversation)
    assert (first["turn"], second["turn"]) == (1, 2)
    assert first["content_hash"] == hashlib.sha256("Grüße".encode()).hexdigest()
    assert (second["user_id"], second["role"]) == (ana.user_id, "assistant")
    assert (found["message_count"], found["last_turn"]) == (2, 2)
    assert found["last_message_at"] == second["created_at"]


@pytest.mark.parametrize("status", ["completed", "archived"])
@pytest.mark.parametrize("role", ["user", "assistant", "system"])
async def test_a_closed_conversation_takes_no_word_of_hers_and_stores_the_reply_on_its_way(
    role: str, status: str, start: Start, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """TR-004."""
    conversation = await start(status)

    async with as_user(ana, "cairn_server") as connection:
        if role == "user":
            with pytest.raises(asyncpg.PostgresError) as refused:
                await say(connection, conversation)
            assert refused.value.sqlstate == "CA409"
            assert str(refused.value) == f"A conversation that is {status} takes no more messages."
        else:
            assert (await say(connection, conversation, role=role))["turn"] == 1

    found = await read(owner, conversation)
    assert (found["status"], found["message_count"]) == (status, 0 if role == "user" else 1)


@pytest.mark.parametrize(("role", "status"), [("user", "active"), ("assistant", "paused")])
async def test_her_message_makes_a_paused_conversation_active_and_a_reply_does_not(
    role: str, status: str, start: Start, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    conversation = await start("paused")

    async with as_user(ana, "cairn_server") as connection:
        message = await say(connection, conversation, role=role)

    found = await read(owner, conversation)
    assert (found["status"], found["message_count"], message["turn"]) == (status, 1, 1)


async def test_fifty_senders_at_once_leave_exact_counters_and_no_gap(
    start: Start, ana: Viewer, owner: asyncpg.Connection, database_urls: Urls
) -> None:
    """SC-005, NU-056."""
    conversation = await start()
    pool = await asyncpg.create_pool(database_urls.api, min_size=10, max_size=10)

    async def send(number: int) -> int:
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute(
                "select set_config('role', 'cairn_server', true), "
                "set_config('request.jwt.claims', $1, true)",
                ana.claims,
            )
            return int((await say(connection, conversation, f"Message {number}"))["turn"])

    turns = await asyncio.gather(*(send(number) for number in range(50)))
    await pool.close()

    found = await read(owner, conversation)
    assert sorted(turns) == list(range(1, 51))
    assert (found["message_count"], found["last_turn"], found["version"]) == (50, 50, 1)


async def test_senders_and_deleters_at_once_leave_an_exact_count(
    start: Start, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """NU-056: also on deletion."""
    conversation = await start()
    async with as_user(ana, "cairn_server") as connection:
        for number in range(10):
            await say(connection, conversation, f"Old {number}")

    async def send(number: int) -> None:
        async with as_user(ana, "cairn_server") as connection:
            await say(connection, conversation, f"New {number}")

    async def delete(turn: int) -> None:
        async with as_user(ana, "cairn_server") as connection:
            await connection.execute(
                "delete from public.messages where conversation_id = $1 and turn = $2",
                conversation,
                turn,
            )

    await asyncio.gather(*(send(n) for n in range(10)), *(delete(n) for n in range(1, 11)))

    found = await read(owner, conversation)
    assert (found["message_count"], found["last_turn"]) == (10, 20)


async def test_a_failed_insert_takes_no_turn(
    start: Start, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    conversation = await start()
    async with as_user(ana, "cairn_server") as connection:
        await say(connection, conversation, key="monday")

    with pytest.raises(asyncpg.UniqueViolationError) as repeated:
        async with as_user(ana, "cairn_server") as connection:
            await say(connection, conversation, "Again", key="monday")
    async with as_user(ana, "cairn_server") as connection:
        following = await say(connection, conversation, key="tuesday")

    assert repeated.value.constraint_name == "messages_idempotency_key"
    assert following["turn"] == 2
    assert (await read(owner, conversation))["message_count"] == 2


async def test_one_key_sent_ten_times_at_once_is_one_message(
    start: Start, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """SC-008, SC-009."""
    conversation = await start()

    async def send() -> str:
        try:
            async with as_user(ana, "cairn_server") as connection:
                await say(connection, conversation, key="monday")
        except asyncpg.UniqueViolationError:
            return "repeat"
        return "first"

    outcomes = Counter(await asyncio.gather(*(send() for _ in range(10))))

    found = await read(owner, conversation)
    assert outcomes == {"first": 1, "repeat": 9}
    assert (found["message_count"], found["last_turn"]) == (1, 1)


async def test_the_same_key_in_another_conversation_is_another_message(
    start: Start, ana: Viewer, as_user: AsUser
) -> None:
    one, other = await start(), await start()

    async with as_user(ana, "cairn_server") as connection:
        first = await say(connection, one, key="monday")
        second = await say(connection, other, key="monday")

    assert first["id"] != second["id"]


async def test_a_conversation_keeps_the_highest_crisis_level_of_its_messages(
    start: Start, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """NU-052."""
    conversation = await start()

    async with as_user(ana, "cairn_server") as connection:
        for level in ("low", "high", "none"):
            await connection.execute(
                "insert into public.messages (conversation_id, role, content, crisis_level) "
                "values ($1, 'user', 'x', $2::text::public.crisis_level)",
                conversation,
                level,
            )

    assert (await read(owner, conversation))["crisis_level"] == "high"


@pytest.mark.parametrize(
    ("content", "role", "state", "constraint"),
    [
        ("", "user", "complete", "messages_content_is_not_blank"),
        (" \n\t", "user", "complete", "messages_content_is_not_blank"),
        ("", "assistant", "complete", "messages_content_is_not_blank"),
        ("x" * 32_001, "user", "complete", "messages_content_is_at_most_32000_characters"),
        ("x", "user", "queued", "messages_only_replies_are_unfinished"),
    ],
)
async def test_a_message_that_breaks_a_rule_is_refused_by_its_name(
    content: str, role: str, state: str, constraint: str, start: Start, ana: Viewer, as_user: AsUser
) -> None:
    conversation = await start()

    with pytest.raises(asyncpg.CheckViolationError) as refused:
        async with as_user(ana, "cairn_server") as connection:
            await say(connection, conversation, content, role=role, state=state)

    assert refused.value.constraint_name == constraint


async def test_the_longest_message_is_stored_whole(
    start: Start, ana: Viewer, as_user: AsUser
) -> None:
    longest = "ß" * 32_000

    async with as_user(ana, "cairn_server") as connection:
        assert (await say(connection, await start(), longest))["content"] == longest


STATES = ("queued", "streaming", "complete", "failed", "cancelled")
STATE_STEPS = {
    "queued": {"streaming", "complete", "failed", "cancelled"},
    "streaming": {"complete", "failed", "cancelled"},
    "complete": set(),
    "failed": {"queued", "cancelled"},
    "cancelled": set(),
}  # fmt: skip


@pytest.mark.parametrize("after", STATES)
@pytest.mark.parametrize("before", STATES)
async def test_a_reply_goes_only_forward_or_from_failure_back_to_the_queue(
    before: str, after: str, start: Start, ana: Viewer, as_user: AsUser
) -> None:
    conversation = await start()
    async with as_user(ana, "cairn_server") as connection:
        reply = await say(connection, conversation, "Good.", role="assistant", state=before)

    async def change() -> None:
        async with as_user(ana, "cairn_server") as connection:
            await connection.execute(
                "update public.messages set state = $1::text::public.message_state, "
                "failure = $2::text::public.reply_failure, content = 'Better.' where id = $3",
                after,
                "interrupted" if after == "failed" else None,
                reply["id"],
            )

    if after == before or after in STATE_STEPS[before]:
        await change()
    else:
        with pytest.raises(asyncpg.PostgresError) as refused:
            await change()
        assert refused.value.sqlstate == "CA409"


async def test_a_changed_reply_has_the_hash_of_its_new_content(
    start: Start, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    conversation = await start()
    async with as_user(ana, "cairn_server") as connection:
        reply = await say(connection, conversation, "", role="assistant", state="queued")
        await connection.execute(
            "update public.messages set state = 'complete', content = 'Rest.' where id = $1",
            reply["id"],
        )

    found = await owner.fetchval(
        "select content_hash from public.messages where id = $1", reply["id"]
    )
    assert found == hashlib.sha256(b"Rest.").hexdigest()


@pytest.mark.parametrize(
    "column",
    [
        "id = gen_random_uuid()",
        "turn = 7",
        "role = 'system'",
        "user_id = gen_random_uuid()",
        "in_reply_to = id",
    ],
)
async def test_a_message_keeps_its_place_and_speaker_even_for_the_dashboard(
    column: str, start: Start, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    conversation = await start()
    async with as_user(ana, "cairn_server") as connection:
        message = await say(connection, conversation)

    with pytest.raises(asyncpg.PostgresError) as refused:
        await owner.execute(f"update public.messages set {column} where id = $1", message["id"])

    assert refused.value.sqlstate == "CA409"


async def test_a_conversation_stays_with_its_owner_even_for_the_dashboard(
    start: Start, new_user: NewUser, owner: asyncpg.Connection
) -> None:
    conversation, ben = await start(), await new_user("Ben")

    with pytest.raises(asyncpg.PostgresError) as refused:
        await owner.execute(
            "update public.conversations set user_id = $1 where id = $2", ben.user_id, conversation
        )

    assert refused.value.sqlstate == "CA409"


async def test_deleting_a_conversation_takes_its_messages_mappings_and_summaries_with_it(
    start: Start, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """NU-068."""
    conversation, kept = await start(), await start()
    async with as_user(ana, "cairn_server") as connection:
        for target in (conversation, kept):
            await say(connection, target)
            await connection.execute(
                "insert into public.thread_mappings (conversation_id, source, external_thread_id) "
                "values ($1, 'claude', $2)",
                target,
                str(target),
            )
            await connection.execute(
                "insert into public.conversation_summaries "
                "(conversation_id, summary, through_turn) values ($1, 'short', 1)",
                target,
            )

    async with as_user(ana) as connection:
        answer = await connection.execute(
            "delete from public.conversations where id = $1", conversation
        )

    left = [
        (table, row["conversation_id"])
        for table in ("messages", "thread_mappings", "conversation_summaries")
        for row in await owner.fetch(
            f"select conversation_id from public.{table} where user_id = $1", ana.user_id
        )
    ]
    assert answer == "DELETE 1"
    assert left == [
        ("messages", kept),
        ("thread_mappings", kept),
        ("conversation_summaries", kept),
    ]
    assert (await read(owner, kept))["message_count"] == 1


async def test_messages_deleted_in_the_dashboard_are_taken_off_the_count(
    start: Start, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    one, other = await start(), await start()
    async with as_user(ana, "cairn_server") as connection:
        for target in (one, one, one, other):
            await say(connection, target)

    await owner.execute(
        "delete from public.messages where user_id = $1 and turn in (1, 3)", ana.user_id
    )

    found = await read(owner, one), await read(owner, other)
    assert [row["message_count"] for row in found] == [1, 0]
    assert [row["last_turn"] for row in found] == [3, 1]


async def test_an_account_deleted_by_supabase_auth_takes_everything_with_it(
    start: Start, ana: Viewer, as_user: AsUser, superuser: asyncpg.Connection
) -> None:
    """NU-068."""
    conversation = await start()
    async with as_user(ana, "cairn_server") as connection:
        await say(connection, conversation)

    await superuser.execute("set role supabase_auth_admin")
    await superuser.execute("delete from auth.users where id = $1", ana.user_id)
    await superuser.execute("reset role")

    for table in ("conversations", "messages"):
        left = await superuser.fetchval(
            f"select count(*) from public.{table} where user_id = $1", ana.user_id
        )
        assert left == 0
