"""One message, one reply: its verbs, its rules, and what it leaves behind."""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.database.chat import Start, read, say
from tests.database.live import jobs_of
from tests.fixtures.people import AsUser, NewUser

ANSWER = (
    "insert into public.messages (conversation_id, role, state, content, in_reply_to) "
    "values ($1, 'assistant', 'queued', '', $2) returning id"
)
RETRY = "select * from private.retry_reply($1)"
CANCEL = "select * from private.cancel_reply($1)"
RESEND = "select * from private.resend_message($1, $2, $3::text::public.crisis_level, $4)"


@pytest.fixture
async def pair(start: Start, ana: Viewer, as_user: AsUser) -> tuple[UUID, UUID]:
    """What Ana said, and the queued reply to it."""
    conversation = await start()
    async with as_user(ana, "cairn_server") as connection:
        message = (await say(connection, conversation))["id"]
        reply = await connection.fetchval(ANSWER, conversation, message)
    return message, reply


async def change(owner: asyncpg.Connection, reply: UUID, *changes: str) -> None:
    for one in changes:
        await owner.execute(f"update public.messages set {one} where id = $1", reply)


async def find(owner: asyncpg.Connection, message: UUID) -> asyncpg.Record:
    return await owner.fetchrow("select * from public.messages where id = $1", message)


async def attempt(
    as_user: AsUser, viewer: Viewer, sql: str, *arguments: object
) -> asyncpg.Record | str:
    """Give the row that a verb answers with, or the SQLSTATE that it fails with."""
    try:
        async with as_user(viewer, "cairn_server") as connection:
            return await connection.fetchrow(sql, *arguments)
    except asyncpg.PostgresError as error:
        return str(error.sqlstate)


async def test_a_message_has_one_reply_however_often_it_is_stored(
    pair: tuple[UUID, UUID], ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    message, _ = pair
    conversation = (await find(owner, message))["conversation_id"]

    with pytest.raises(asyncpg.UniqueViolationError) as refused:
        async with as_user(ana, "cairn_server") as connection:
            await connection.execute(ANSWER, conversation, message)

    assert refused.value.constraint_name == "messages_in_reply_to_key"
    assert (await read(owner, conversation))["message_count"] == 2


async def test_a_deleted_message_takes_its_reply_with_it_and_both_off_the_count(
    pair: tuple[UUID, UUID], ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    message, reply = pair
    conversation = (await find(owner, message))["conversation_id"]

    async with as_user(ana, "cairn_server") as connection:
        await connection.execute("delete from public.messages where id = $1", message)

    assert await find(owner, reply) is None
    assert (await read(owner, conversation))["message_count"] == 0


async def test_a_reply_answers_nothing_of_another_person(
    pair: tuple[UUID, UUID], new_user: NewUser, as_user: AsUser
) -> None:
    ben = await new_user("Ben")

    async with as_user(ben) as connection:
        his = await connection.fetchval(
            "insert into public.conversations (title) values ('his') returning id"
        )

    hers = await attempt(as_user, ben, ANSWER, his, pair[0])
    missing = await attempt(as_user, ben, ANSWER, his, uuid4())

    assert hers == missing == "23503"


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ("state = 'failed'", "messages_only_failed_replies_say_why"),
        ("failure = 'refused'", "messages_only_failed_replies_say_why"),
        ("draft = 'One.'", "messages_only_replies_under_way_have_a_draft"),
        (
            "state = 'complete', content = 'x', draft = 'x'",
            "messages_only_replies_under_way_have_a_draft",
        ),
        ("attempt = -1", "messages_measures_are_in_range"),
    ],
)
async def test_a_reply_that_breaks_a_rule_is_refused_by_its_name(
    changes: str, constraint: str, pair: tuple[UUID, UUID], owner: asyncpg.Connection
) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await change(owner, pair[1], changes)

    assert refused.value.constraint_name == constraint


@pytest.mark.parametrize("changes", ["attempt = 1", "is_replaced = true"])
async def test_what_she_says_is_neither_attempted_nor_replaced(
    changes: str, pair: tuple[UUID, UUID], owner: asyncpg.Connection
) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await change(owner, pair[0], changes)

    assert refused.value.constraint_name == "messages_only_replies_answer_and_are_attempted"


async def test_a_failed_reply_that_is_tried_again_begins_anew_and_counts_on(
    pair: tuple[UUID, UUID], ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    _, reply = pair
    await change(
        owner,
        reply,
        "state = 'streaming', attempt = 1, draft = 'One.'",
        "state = 'failed', failure = 'interrupted', content = 'One.', draft = null",
    )
    assert await jobs_of(owner, ana) == []

    answer = await attempt(as_user, ana, RETRY, reply)

    assert not isinstance(answer, str)
    assert (answer["id"], answer["state"], answer["failure"]) == (reply, "queued", None)
    assert (answer["content"], answer["draft"], answer["attempt"]) == ("", None, 1)
    assert await jobs_of(owner, ana) == [("reply", reply)]


@pytest.mark.parametrize(
    ("changes", "content"),
    [
        ((), ""),
        (("state = 'streaming', draft = 'One.'",), "One."),
        (("state = 'streaming'",), ""),
        (("state = 'failed', failure = 'refused', content = 'Half.'",), "Half."),
    ],
)
async def test_a_cancelled_reply_keeps_what_was_released(
    changes: tuple[str, ...],
    content: str,
    pair: tuple[UUID, UUID],
    ana: Viewer,
    as_user: AsUser,
    owner: asyncpg.Connection,
) -> None:
    _, reply = pair
    await change(owner, reply, *changes)

    answer = await attempt(as_user, ana, CANCEL, reply)

    assert not isinstance(answer, str)
    assert (answer["state"], answer["failure"], answer["draft"]) == ("cancelled", None, None)
    assert answer["content"] == content
    assert await jobs_of(owner, ana) == []


@pytest.mark.parametrize(
    ("verb", "changes"),
    [
        (RETRY, ""),
        (RETRY, "state = 'streaming'"),
        (RETRY, "state = 'complete', content = 'Yes.'"),
        (RETRY, "state = 'cancelled'"),
        (CANCEL, "state = 'complete', content = 'Yes.'"),
        (CANCEL, "state = 'cancelled'"),
    ],
)
async def test_a_verb_in_the_wrong_state_is_a_conflict_and_changes_nothing(
    verb: str,
    changes: str,
    pair: tuple[UUID, UUID],
    ana: Viewer,
    as_user: AsUser,
    owner: asyncpg.Connection,
) -> None:
    _, reply = pair
    if changes:
        await change(owner, reply, changes)
    before = await find(owner, reply)

    assert await attempt(as_user, ana, verb, reply) == "CA409"

    assert await find(owner, reply) == before


@pytest.mark.parametrize("verb", [RETRY, CANCEL])
async def test_what_is_no_reply_is_not_found(
    verb: str, pair: tuple[UUID, UUID], ana: Viewer, as_user: AsUser
) -> None:
    assert await attempt(as_user, ana, verb, pair[0]) == "CA404"
    assert await attempt(as_user, ana, verb, uuid4()) == "CA404"


async def test_a_message_sent_anew_has_a_new_reply_and_nothing_of_the_old_one(
    pair: tuple[UUID, UUID], ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    message, reply = pair
    conversation, anew = (await find(owner, message))["conversation_id"], uuid4()
    await owner.execute(
        "update public.messages set pii_detected = '{\"name\": 1}', memory_extracted = true, "
        "requires_intervention = true, sentiment_score = 1 where id = $1",
        message,
    )
    await change(owner, reply, "state = 'complete', content = 'Yes.'")
    await owner.execute(
        "insert into public.messages (user_id, conversation_id, role, content) "
        "values ($1, $2, 'system', 'A note.')",
        ana.user_id,
        conversation,
    )

    answer = await attempt(as_user, ana, RESEND, message, "Better words.", "high", anew)

    assert not isinstance(answer, str)
    found = await find(owner, message)
    assert dict(answer) == dict(found)
    assert (found["content"], found["crisis_level"], found["turn"]) == ("Better words.", "high", 1)
    assert (found["pii_detected"], found["sentiment_score"]) == ("{}", None)
    assert (found["memory_extracted"], found["requires_intervention"]) == (False, True)
    assert await find(owner, reply) is None
    new = await find(owner, anew)
    assert (new["state"], new["in_reply_to"], new["turn"]) == ("queued", message, 4)
    assert await jobs_of(owner, ana) == [("reply", anew)]
    container = await read(owner, conversation)
    assert (container["message_count"], container["crisis_level"]) == (2, "high")


async def test_words_that_are_less_grave_leave_the_conversations_level(
    pair: tuple[UUID, UUID], ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    for level in ("critical", "low"):
        await attempt(as_user, ana, RESEND, pair[0], "Words.", level, uuid4())

    found = await find(owner, pair[0])
    container = await read(owner, found["conversation_id"])
    assert (found["crisis_level"], container["crisis_level"]) == ("low", "critical")


async def test_sending_anew_takes_up_a_paused_conversation(
    pair: tuple[UUID, UUID], ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    conversation = (await find(owner, pair[0]))["conversation_id"]
    await owner.execute(
        "update public.conversations set status = 'paused' where id = $1", conversation
    )

    await attempt(as_user, ana, RESEND, pair[0], "Better words.", "none", uuid4())

    assert (await read(owner, conversation))["status"] == "active"


@pytest.mark.parametrize("status", ["completed", "archived"])
async def test_nothing_is_sent_anew_in_a_closed_conversation(
    status: str,
    pair: tuple[UUID, UUID],
    ana: Viewer,
    as_user: AsUser,
    owner: asyncpg.Connection,
) -> None:
    message, reply = pair
    await owner.execute(
        "update public.conversations set status = $2::text::public.conversation_status "
        "where id = (select conversation_id from public.messages where id = $1)",
        message,
        status,
    )
    before = await find(owner, message), await find(owner, reply)

    assert await attempt(as_user, ana, RESEND, message, "x", "none", uuid4()) == "CA409"

    assert (await find(owner, message), await find(owner, reply)) == before


async def test_only_her_latest_message_is_sent_anew(
    pair: tuple[UUID, UUID], ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    message, reply = pair
    async with as_user(ana, "cairn_server") as connection:
        await say(connection, (await find(owner, message))["conversation_id"], "And more.")

    assert await attempt(as_user, ana, RESEND, message, "x", "none", uuid4()) == "CA409"
    assert await attempt(as_user, ana, RESEND, reply, "x", "none", uuid4()) == "CA404"

    assert (await find(owner, message))["content"] == "I slept badly."
    assert await find(owner, reply) is not None


async def test_five_at_once_that_send_anew_leave_one_reply(
    pair: tuple[UUID, UUID], ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    message, _ = pair
    ids = [uuid4() for _ in range(5)]

    answers = await asyncio.gather(
        *(attempt(as_user, ana, RESEND, message, f"Words {one}", "none", one) for one in ids)
    )

    assert [answer for answer in answers if isinstance(answer, str)] == []
    replies = await owner.fetch("select id from public.messages where in_reply_to = $1", message)
    found = await find(owner, message)
    assert [f"Words {row['id']}" for row in replies] == [found["content"]]
    assert await jobs_of(owner, ana) == [("reply", replies[0]["id"])]


@pytest.mark.parametrize(
    ("sql", "extra"), [(RETRY, ()), (CANCEL, ()), (RESEND, ("stolen", "none", uuid4()))]
)
async def test_ben_does_nothing_to_anas_messages_and_learns_not_that_they_are_there(
    sql: str,
    extra: tuple[object, ...],
    pair: tuple[UUID, UUID],
    new_user: NewUser,
    as_user: AsUser,
    owner: asyncpg.Connection,
) -> None:
    message, reply = pair
    if sql == RETRY:
        await change(owner, reply, "state = 'failed', failure = 'unavailable'")
    target = message if sql == RESEND else reply
    before = await find(owner, message), await find(owner, reply)
    assert None not in before
    ben = await new_user("Ben")

    hers = await attempt(as_user, ben, sql, target, *extra)
    missing = await attempt(as_user, ben, sql, uuid4(), *extra)

    assert hers == missing == "CA404"
    assert (await find(owner, message), await find(owner, reply)) == before
