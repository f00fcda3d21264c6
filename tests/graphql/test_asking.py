"""Asking the companion: one queued reply for each message, and what she may do with it."""

from __future__ import annotations

import asyncio
from uuid import UUID

import asyncpg
import pytest

from graphql_api.domains.chat import sending
from graphql_api.domains.chat.sending import Finding
from graphql_api.ids import uuid_v7
from graphql_api.settings import Settings
from tests.fixtures.graphql import Answer, Caller, Serve, caller_for
from tests.fixtures.people import NewUser

START = "mutation { startConversation(input: {}) { id } }"
SEND = """
mutation ($input: SendMessageInput!) {
  sendMessage(input: $input) {
    message { id turn content reply { id } }
    reply { id turn role state content failure draft inReplyTo { id } }
    conversation { messageCount }
  }
}
"""
EDIT = """
mutation ($id: UUID!, $content: String!) {
  editMessage(input: {id: $id, content: $content}) {
    message { id turn content } reply { id turn state } conversation { messageCount }
  }
}
"""
RETRY = "mutation ($id: UUID!) { retryReply(input: {id: $id}) { reply { state failure } } }"
CANCEL = "mutation ($id: UUID!) { cancelReply(input: {id: $id}) { reply { state } } }"
STATUS = "mutation ($id: UUID!) { %sConversation(input: {id: $id}) { status } }"


async def start(caller: Caller) -> str:
    return str((await caller(START)).data["startConversation"]["id"])


async def ask(caller: Caller, conversation: str, content: str = "Hello", **given: object) -> Answer:
    return await caller(SEND, input={"conversationId": conversation, "content": content, **given})


async def asked(caller: Caller) -> tuple[str, str, str]:
    """Begin a conversation with a message; give its id, the message's and the reply's."""
    conversation = await start(caller)
    sent = (await ask(caller, conversation)).data["sendMessage"]
    return conversation, sent["message"]["id"], sent["reply"]["id"]


async def set_state(owner: asyncpg.Connection, reply: str, state: str) -> None:
    failure = "unavailable" if state == "failed" else None
    await owner.execute(
        "update public.messages set state = $2::text::public.message_state,"
        " failure = $3::text::public.reply_failure, content = 'Done.' where id = $1",
        UUID(reply),
        state,
        failure,
    )


async def test_a_message_has_a_queued_reply_from_the_beginning(ana: Caller) -> None:
    conversation = await start(ana)

    sent = (await ask(ana, conversation)).data["sendMessage"]

    assert sent["reply"] | {"id": None} == {
        "id": None,
        "turn": 2,
        "role": "ASSISTANT",
        "state": "QUEUED",
        "content": "",
        "failure": None,
        "draft": None,
        "inReplyTo": {"id": sent["message"]["id"]},
    }
    assert sent["message"]["reply"] == {"id": sent["reply"]["id"]}
    assert sent["conversation"]["messageCount"] == 2


async def test_a_queued_reply_is_a_job_of_the_same_transaction(
    ana: Caller, superuser: asyncpg.Connection
) -> None:
    _, _, reply = await asked(ana)

    job = await superuser.fetchrow("select * from private.jobs where ref_id = $1", UUID(reply))

    assert job is not None
    assert (job["kind"], job["user_id"], job["attempts"]) == ("reply", ana.viewer.user_id, 0)


async def test_what_is_said_without_asking_is_not_answered(
    ana: Caller, superuser: asyncpg.Connection
) -> None:
    conversation = await start(ana)

    sent = (await ask(ana, conversation, answer=False)).data["sendMessage"]

    assert sent["reply"] is None
    assert sent["conversation"]["messageCount"] == 1
    jobs = "select count(*) from private.jobs where user_id = $1"
    assert await superuser.fetchval(jobs, ana.viewer.user_id) == 0


@pytest.mark.parametrize("given", [{"idempotencyKey": "k"}, {"id": str(uuid_v7())}])
async def test_twenty_repetitions_at_once_are_one_message_with_one_reply(
    ana: Caller, superuser: asyncpg.Connection, given: dict[str, str]
) -> None:
    conversation = await start(ana)

    answers = await asyncio.gather(*(ask(ana, conversation, **given) for _ in range(20)))

    assert [answer.errors for answer in answers] == [[]] * 20
    told = [answer.data["sendMessage"] for answer in answers]
    assert len({(sent["message"]["id"], sent["reply"]["id"]) for sent in told}) == 1
    stored = "select count(*) from public.messages where conversation_id = $1"
    assert await superuser.fetchval(stored, UUID(conversation)) == 2
    jobs = "select count(*) from private.jobs where user_id = $1"
    assert await superuser.fetchval(jobs, ana.viewer.user_id) == 1


async def test_her_latest_message_is_said_in_other_words_and_answered_anew(ana: Caller) -> None:
    _, message, reply = await asked(ana)

    edited = (await ana(EDIT, id=message, content="Good evening")).data["editMessage"]

    assert edited["message"] == {"id": message, "turn": 1, "content": "Good evening"}
    assert edited["reply"]["id"] != reply
    assert edited["reply"]["state"] == "QUEUED"
    assert edited["conversation"]["messageCount"] == 2


async def test_an_earlier_message_stays_as_it_was_said(ana: Caller) -> None:
    conversation, message, _ = await asked(ana)
    await ask(ana, conversation, "And this.")

    answer = await ana(EDIT, id=message, content="Something else")

    assert answer.codes == ["CONFLICT"]


@pytest.mark.parametrize("verb", ["complete", "archive"])
async def test_nothing_is_changed_in_a_conversation_that_is_put_away(
    ana: Caller, verb: str
) -> None:
    conversation, message, _ = await asked(ana)
    await ana(STATUS % verb, id=conversation)

    answer = await ana(EDIT, id=message, content="Something else")

    assert answer.codes == ["CONFLICT"]


@pytest.mark.parametrize("content", ["", " \n", "x" * 32_001])
async def test_other_words_are_checked_as_the_first_ones_were(ana: Caller, content: str) -> None:
    _, message, _ = await asked(ana)

    answer = await ana(EDIT, id=message, content=content)

    assert answer.codes == ["BAD_INPUT"]
    assert answer.errors[0]["extensions"]["field"] == "input.content"


@pytest.mark.parametrize("state", ["queued", "complete", "cancelled"])
async def test_only_a_failed_reply_is_asked_for_again(
    ana: Caller, owner: asyncpg.Connection, state: str
) -> None:
    _, _, reply = await asked(ana)
    if state != "queued":
        await set_state(owner, reply, state)

    answer = await ana(RETRY, id=reply)

    assert answer.codes == ["CONFLICT"]


@pytest.mark.parametrize("state", ["complete", "cancelled"])
async def test_what_has_ended_is_not_cancelled(
    ana: Caller, owner: asyncpg.Connection, state: str
) -> None:
    _, _, reply = await asked(ana)
    await set_state(owner, reply, state)

    answer = await ana(CANCEL, id=reply)

    assert answer.codes == ["CONFLICT"]


@pytest.mark.parametrize("document", [RETRY, CANCEL])
async def test_what_she_says_herself_is_no_reply(ana: Caller, document: str) -> None:
    _, message, _ = await asked(ana)

    answer = await ana(document, id=message)

    assert answer.codes == ["NOT_FOUND"]


@pytest.mark.parametrize("document", [RETRY, CANCEL])
async def test_another_persons_reply_is_not_found(
    ana: Caller, ben: Caller, owner: asyncpg.Connection, document: str
) -> None:
    _, _, reply = await asked(ana)
    await set_state(owner, reply, "failed")

    answer = await ben(document, id=reply)

    assert answer.codes == ["NOT_FOUND"]
    state = "select state::text from public.messages where id = $1"
    assert await owner.fetchval(state, UUID(reply)) == "failed"


async def test_another_persons_message_is_not_changed(
    ana: Caller, ben: Caller, owner: asyncpg.Connection
) -> None:
    _, message, _ = await asked(ana)

    answer = await ben(EDIT, id=message, content="Ben was here")

    assert answer.codes == ["NOT_FOUND"]
    content = "select content from public.messages where id = $1"
    assert await owner.fetchval(content, UUID(message)) == "Hello"


# The budget --------------------------------------------------------------------------------------


async def spend(superuser: asyncpg.Connection, caller: Caller, tokens: int) -> None:
    await superuser.execute(
        "insert into private.model_usage (user_id, hour, tokens)"
        " values ($1, date_trunc('hour', now(), 'UTC'), $2)"
        " on conflict (user_id, hour) do update set tokens = excluded.tokens",
        caller.viewer.user_id,
        tokens,
    )


async def test_over_her_budget_nothing_is_stored_and_she_is_told_when_to_go_on(
    ana: Caller, settings: Settings, superuser: asyncpg.Connection
) -> None:
    conversation = await start(ana)
    await spend(superuser, ana, settings.tokens_per_day)

    answer = await ask(ana, conversation)

    assert answer.codes == ["RATE_LIMITED"]
    assert 0 < answer.errors[0]["extensions"]["retryAfterSeconds"] <= 3600
    stored = "select count(*) from public.messages where conversation_id = $1"
    assert await superuser.fetchval(stored, UUID(conversation)) == 0


async def test_one_token_below_her_budget_she_may_ask(
    ana: Caller, settings: Settings, superuser: asyncpg.Connection
) -> None:
    conversation = await start(ana)
    await spend(superuser, ana, settings.tokens_per_day - 1)

    assert (await ask(ana, conversation)).errors == []


async def test_somebody_elses_use_is_not_hers(
    ana: Caller, ben: Caller, settings: Settings, superuser: asyncpg.Connection
) -> None:
    await spend(superuser, ben, settings.tokens_per_day)

    assert (await ask(ana, await start(ana))).errors == []


async def test_who_has_used_little_lets_nobody_else_through(
    ana: Caller, ben: Caller, settings: Settings, superuser: asyncpg.Connection
) -> None:
    conversation = await start(ben)
    await spend(superuser, ben, settings.tokens_per_day)
    assert (await ask(ana, await start(ana))).errors == []

    assert (await ask(ben, conversation)).codes == ["RATE_LIMITED"]


async def test_without_asking_for_an_answer_she_may_say_what_she_likes(
    ana: Caller, settings: Settings, superuser: asyncpg.Connection
) -> None:
    conversation = await start(ana)
    await spend(superuser, ana, settings.tokens_per_day)

    assert (await ask(ana, conversation, answer=False)).errors == []


@pytest.mark.parametrize("given", [{"idempotencyKey": "k"}, {"id": str(uuid_v7())}])
async def test_over_her_budget_a_repetition_is_answered_all_the_same(
    new_user: NewUser,
    serve: Serve,
    settings: Settings,
    superuser: asyncpg.Connection,
    given: dict[str, str],
) -> None:
    """The phone that lost the first answer must not believe that nothing was stored."""
    async with serve(settings.model_copy(update={"tokens_per_day": 1_000})) as client:
        clara = caller_for(client, await new_user("Clara"))
        conversation = await start(clara)
        await spend(superuser, clara, 999)
        first = await ask(clara, conversation, **given)
        await spend(superuser, clara, 1_000)

        again = await ask(clara, conversation, **given)
        other = await ask(clara, conversation)

    assert again.data["sendMessage"]["message"] == first.data["sendMessage"]["message"]
    assert other.codes == ["RATE_LIMITED"]


@pytest.mark.parametrize(("level", "codes"), [("low", ["RATE_LIMITED"]), ("moderate", [])])
async def test_whoever_is_in_danger_is_heard_whatever_she_has_used(
    ana: Caller,
    settings: Settings,
    superuser: asyncpg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    level: str,
    codes: list[str],
) -> None:
    monkeypatch.setattr(sending, "check", lambda _content: Finding(level))
    conversation = await start(ana)
    await spend(superuser, ana, settings.tokens_per_day)

    assert (await ask(ana, conversation)).codes == codes


@pytest.mark.parametrize("document", [EDIT, RETRY])
async def test_over_her_budget_nothing_is_asked_anew(
    ana: Caller, settings: Settings, superuser: asyncpg.Connection, document: str
) -> None:
    conversation = await start(ana)
    await spend(superuser, ana, settings.tokens_per_day - 1)
    sent = (await ask(ana, conversation)).data["sendMessage"]
    await set_state(superuser, sent["reply"]["id"], "failed")
    await spend(superuser, ana, settings.tokens_per_day)

    answer = await ana(
        document,
        id=sent["message" if document == EDIT else "reply"]["id"],
        **({"content": "Something else"} if document == EDIT else {}),
    )

    assert answer.codes == ["RATE_LIMITED"]
