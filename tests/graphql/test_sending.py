"""Sending: turns, hashes, repetitions, and what no conversation takes."""

from __future__ import annotations

import asyncio
import hashlib
from uuid import UUID, uuid4

import asyncpg
import pytest

from graphql_api.ids import uuid_v7
from tests.fixtures.graphql import Answer, Caller

START = "mutation($input: StartConversationInput!) { startConversation(input: $input) { id } }"
SEND = """
mutation($input: SendMessageInput!) {
  sendMessage(input: $input) {
    message { id turn content contentHash role state crisisLevel }
    conversation { status messageCount lastTurn lastMessageAt }
  }
}
"""
SEND_PLAIN = (
    "mutation($input: SendMessageInput!) { sendMessage(input: $input) { message { id turn } } }"
)
COUNTERS = """
query($id: UUID!) {
  conversation(id: $id) {
    status messageCount lastTurn
    messages(first: 100) { totalCount nodes { id turn content } }
  }
}
"""


async def start(caller: Caller, **given: object) -> str:
    answer = await caller(START, input=given)
    return str(answer.data["startConversation"]["id"])


async def send(caller: Caller, conversation: str, content: str, **given: object) -> Answer:
    """Say something, and ask nobody to answer."""
    said = {"conversationId": conversation, "content": content, "answer": False, **given}
    return await caller(SEND, input=said)


async def set_status(caller: Caller, verb: str, conversation: str) -> None:
    answer = await caller(
        f"mutation($id: UUID!) {{ {verb}Conversation(input: {{id: $id}}) {{ id }} }}",
        id=conversation,
    )
    assert answer.errors == []


async def test_a_message_gets_its_turn_and_its_hash(ana: Caller) -> None:
    """SC-003, SC-004, SC-006, NU-055, NU-057, D6."""
    conversation = await start(ana)
    content = 'Grüße, 世界 🌍\n\t"quoted" \\back </script> \u2028\x01'

    first = await send(ana, conversation, content)
    second = await send(ana, conversation, "And again.")

    assert first.data["sendMessage"]["message"] | {"id": None} == {
        "id": None,
        "turn": 1,
        "content": content,
        "contentHash": hashlib.sha256(content.encode()).hexdigest(),
        "role": "USER",
        "state": "COMPLETE",
        "crisisLevel": "NONE",
    }
    told = second.data["sendMessage"]
    assert told["message"]["turn"] == 2
    assert told["conversation"]["messageCount"] == told["conversation"]["lastTurn"] == 2


async def test_the_same_key_gives_the_same_message(ana: Caller) -> None:
    """SC-008, SC-009."""
    conversation = await start(ana)
    first = await send(ana, conversation, "Once.", idempotencyKey="k1")

    again = await send(ana, conversation, "Once.", idempotencyKey="k1")

    assert again.data == first.data
    assert again.data["sendMessage"]["conversation"]["messageCount"] == 1


async def test_the_same_key_with_another_body_is_a_conflict(ana: Caller) -> None:
    conversation = await start(ana)
    await send(ana, conversation, "Once.", idempotencyKey="k1")

    answer = await send(ana, conversation, "Something else.", idempotencyKey="k1")

    assert answer.codes == ["CONFLICT"]
    assert answer.data == {"sendMessage": None}
    counters = await ana(COUNTERS, id=conversation)
    assert counters.data["conversation"]["messageCount"] == 1


async def test_a_key_belongs_to_its_conversation(ana: Caller) -> None:
    """D6: unique per user and conversation."""
    one, other = await start(ana), await start(ana)

    first = await send(ana, one, "Once.", idempotencyKey="k1")
    second = await send(ana, other, "Once.", idempotencyKey="k1")

    assert first.errors == second.errors == []
    ids = {answer.data["sendMessage"]["message"]["id"] for answer in (first, second)}
    assert len(ids) == 2


async def test_a_repetition_is_answered_also_after_the_conversation_ended(ana: Caller) -> None:
    """The phone that lost the first answer must not believe that nothing was stored."""
    conversation = await start(ana)
    first = await send(ana, conversation, "My last word.", idempotencyKey="k1")
    await set_status(ana, "complete", conversation)

    again = await send(ana, conversation, "My last word.", idempotencyKey="k1")

    assert again.errors == []
    assert again.data["sendMessage"]["message"] == first.data["sendMessage"]["message"]


async def test_an_id_of_the_clients_own_is_kept_and_its_replay_is_the_same_message(
    ana: Caller,
) -> None:
    conversation, own = await start(ana), str(uuid_v7())

    first = await send(ana, conversation, "Mine.", id=own)
    again = await send(ana, conversation, "Mine.", id=own)
    other = await send(ana, conversation, "Not that.", id=own)

    assert first.data["sendMessage"]["message"]["id"] == own
    assert again.data == first.data
    assert other.codes == ["CONFLICT"]


async def test_an_own_id_used_in_another_conversation_is_a_conflict(ana: Caller) -> None:
    one, other, own = await start(ana), await start(ana), str(uuid_v7())
    await send(ana, one, "Mine.", id=own)

    answer = await send(ana, other, "Mine.", id=own)

    assert answer.codes == ["CONFLICT"]


async def test_twenty_repetitions_at_once_are_one_message(ana: Caller) -> None:
    conversation = await start(ana)

    answers = await asyncio.gather(
        *(send(ana, conversation, "Once.", idempotencyKey="k1") for _ in range(20))
    )

    assert [answer.errors for answer in answers] == [[]] * 20
    assert len({answer.data["sendMessage"]["message"]["id"] for answer in answers}) == 1
    counters = await ana(COUNTERS, id=conversation)
    assert counters.data["conversation"]["messageCount"] == 1


async def test_fifty_senders_at_once_leave_exact_counters(
    ana: Caller, owner: asyncpg.Connection
) -> None:
    """SC-005, NU-056: turns without gaps, counted once each."""
    conversation = await start(ana)

    answers = await asyncio.gather(
        *(send(ana, conversation, f"Message {number}.") for number in range(50))
    )

    assert [answer.errors for answer in answers] == [[]] * 50
    turns = sorted(answer.data["sendMessage"]["message"]["turn"] for answer in answers)
    assert turns == list(range(1, 51))
    kept = (await ana(COUNTERS, id=conversation)).data["conversation"]
    assert (kept["messageCount"], kept["lastTurn"]) == (50, 50)
    assert kept["messages"]["totalCount"] == 50
    assert [one["turn"] for one in kept["messages"]["nodes"]] == list(range(1, 51))
    rows = "select count(*) from public.messages where conversation_id = $1"
    assert await owner.fetchval(rows, UUID(conversation)) == 50


async def test_fifty_plain_senders_at_once_leave_exact_counters(ana: Caller) -> None:
    conversation = await start(ana)

    answers = await asyncio.gather(
        *(
            ana(
                SEND_PLAIN,
                input={"conversationId": conversation, "content": f"{number}", "answer": False},
            )
            for number in range(50)
        )
    )

    turns = sorted(answer.data["sendMessage"]["message"]["turn"] for answer in answers)
    assert turns == list(range(1, 51))


async def test_a_message_takes_up_a_paused_conversation(ana: Caller) -> None:
    """D4."""
    conversation = await start(ana)
    await set_status(ana, "pause", conversation)

    answer = await send(ana, conversation, "I am back.")

    assert answer.data["sendMessage"]["conversation"]["status"] == "ACTIVE"


@pytest.mark.parametrize("verb", ["complete", "archive"])
async def test_a_conversation_that_is_put_away_takes_no_message(ana: Caller, verb: str) -> None:
    """D4, TR-004."""
    conversation = await start(ana)
    await send(ana, conversation, "Before.")
    await set_status(ana, verb, conversation)

    answer = await send(ana, conversation, "After.")

    assert answer.codes == ["CONFLICT"]
    assert answer.data == {"sendMessage": None}
    counters = await ana(COUNTERS, id=conversation)
    assert counters.data["conversation"]["messageCount"] == 1


@pytest.mark.parametrize("content", ["", " ", "\n\t \u00a0\u2003", "\u2028"])
async def test_blank_content_is_refused(ana: Caller, content: str) -> None:
    conversation = await start(ana)

    answer = await send(ana, conversation, content)

    assert answer.codes == ["BAD_INPUT"]
    assert answer.errors[0]["extensions"]["field"] == "input.content"


async def test_content_of_32_000_characters_fits_and_one_more_does_not(ana: Caller) -> None:
    conversation = await start(ana)

    fits = await send(ana, conversation, "🌍" * 32_000)
    over = await send(ana, conversation, "x" * 32_001)

    assert fits.data["sendMessage"]["message"]["content"] == "🌍" * 32_000
    assert over.codes == ["BAD_INPUT"]


async def test_a_message_of_one_megabyte_is_refused_before_it_is_read(ana: Caller) -> None:
    conversation = await start(ana)

    answer = await send(ana, conversation, "x" * 1_048_576)

    assert (answer.status, answer.codes) == (413, ["BAD_INPUT"])
    assert "data" not in answer.body


@pytest.mark.parametrize(
    "body",
    [
        b'{"query":"mutation { sendMessage(input: {conversationId: \\"%b\\", content: \\"a\\\\u0000b\\"}) { message { id } } }"}',
        b'{"query":"mutation($c: String!) { sendMessage(input: {conversationId: \\"%b\\", content: $c}) { message { id } } }","variables":{"c":"a\\u0000b"}}',
        b'{"query":"mutation($c: String!) { sendMessage(input: {conversationId: \\"%b\\", content: $c}) { message { id } } }","variables":{"c":"\\ud800"}}',
        b'{"query":"mutation { sendMessage(input: {conversationId: \\"%b\\", content: \\"\\\\ud800\\"}) { message { id } } }"}',
        b'{"query":"mutation($c: String!) { sendMessage(input: {conversationId: \\"%b\\", content: $c}) { message { id } } }","variables":{"c":"\xff"}}',
    ],
    ids=["NUL in the document", "NUL", "lone surrogate", "the same in the document", "not UTF-8"],
)
async def test_text_that_postgres_cannot_hold_is_refused(ana: Caller, body: bytes) -> None:
    conversation = await start(ana)

    response = await ana.client.post(
        "/graphql",
        content=body % conversation.encode(),
        headers={**ana.headers, "content-type": "application/json"},
    )

    errors = response.json()["errors"]
    assert [error["extensions"]["code"] for error in errors] == ["BAD_INPUT"]
    counters = await ana(COUNTERS, id=conversation)
    assert counters.data["conversation"]["messageCount"] == 0


@pytest.mark.parametrize("key", ["", "k" * 201])
async def test_a_key_has_1_to_200_characters(ana: Caller, key: str) -> None:
    conversation = await start(ana)

    answer = await send(ana, conversation, "Hello.", idempotencyKey=key)

    assert answer.codes == ["BAD_INPUT"]
    assert answer.errors[0]["extensions"]["field"] == "input.idempotencyKey"


async def test_a_message_to_nowhere_is_not_found(ana: Caller) -> None:
    answer = await send(ana, str(uuid4()), "Hello?")

    assert answer.codes == ["NOT_FOUND"]
    assert answer.data == {"sendMessage": None}


async def test_without_a_token_nothing_is_said(anonymous: Caller) -> None:
    answer = await send(anonymous, str(uuid4()), "Hello?")

    assert (answer.status, answer.codes) == (401, ["UNAUTHENTICATED"])
    assert "data" not in answer.body


async def test_messages_of_one_operation_are_sent_in_order(ana: Caller) -> None:
    conversation = await start(ana)

    answer = await ana(
        """
        mutation($id: UUID!) {
          a: sendMessage(input: {conversationId: $id, content: "one", answer: false}) { message { turn } }
          b: sendMessage(input: {conversationId: $id, content: " ", answer: false}) { message { turn } }
          c: sendMessage(input: {conversationId: $id, content: "three", answer: false}) { message { turn } }
        }
        """,
        id=conversation,
    )

    assert answer.data == {"a": {"message": {"turn": 1}}, "b": None, "c": {"message": {"turn": 2}}}
    assert [error["path"] for error in answer.errors] == [["b"]]


async def test_null_for_a_whole_input_is_bad_input(ana: Caller) -> None:
    nowhere = '{conversationId: "00000000-0000-7000-8000-000000000000", content: "x"}'

    answer = await ana(
        f"mutation($input: SendMessageInput = {nowhere})"
        " { sendMessage(input: $input) { message { id } } }",
        input=None,
    )

    assert answer.codes == ["BAD_INPUT"]
