"""The stages of sending: what a later one adds is stored with the message, or nothing is."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import asyncpg
import pytest

from graphql_api.domains.chat import sending
from graphql_api.domains.chat.sending import Finding
from graphql_api.meaning import Also
from tests.fixtures.graphql import Caller

START = "mutation { startConversation(input: {}) { id } }"
SEND = """
mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { turn crisisLevel } } }
"""


async def begun(ana: Caller) -> str:
    return str((await ana(START)).data["startConversation"]["id"])


async def stored(owner: asyncpg.Connection, conversation: str) -> list[tuple[Any, ...]]:
    rows = await owner.fetch(
        "select turn, role::text, state::text from public.messages where conversation_id = $1"
        " order by turn",
        UUID(conversation),
    )
    return [tuple(row) for row in rows]


async def test_a_row_that_reply_adds_is_stored_with_the_message(
    ana: Caller, owner: asyncpg.Connection
) -> None:
    conversation = await begun(ana)

    answer = await ana(SEND, input={"conversationId": conversation, "content": "Hello"})

    assert answer.data == {"sendMessage": {"message": {"turn": 1, "crisisLevel": "NONE"}}}
    assert await stored(owner, conversation) == [
        (1, "user", "complete"),
        (2, "assistant", "queued"),
    ]


async def test_when_a_later_stage_cannot_be_stored_nothing_is(
    ana: Caller, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        sending, "remember", lambda *_: (Also("messages", {"role": "user", "content": "x"}),)
    )
    conversation = await begun(ana)

    answer = await ana(SEND, input={"conversationId": conversation, "content": "Hello"})

    assert answer.errors
    assert await stored(owner, conversation) == []


async def test_what_check_finds_is_stored_with_the_message_and_its_conversation(
    ana: Caller, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "check", lambda _content: Finding("high"))
    conversation = await begun(ana)

    answer = await ana(SEND, input={"conversationId": conversation, "content": "Hello"})

    assert answer.data["sendMessage"]["message"]["crisisLevel"] == "HIGH"
    level = await owner.fetchval(
        "select crisis_level::text from public.conversations where id = $1", UUID(conversation)
    )
    assert level == "high"


async def test_what_check_finds_in_other_words_is_stored_with_them(
    ana: Caller, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation = await begun(ana)
    send = "mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { id } } }"
    sent = await ana(send, input={"conversationId": conversation, "content": "Hello"})
    monkeypatch.setattr(
        sending, "check", lambda content: Finding("high" if content == "Help" else "none")
    )

    answer = await ana(
        "mutation ($id: UUID!) { editMessage(input: {id: $id, content: "
        '"Help"}) { message { crisisLevel } conversation { crisisLevel } } }',
        id=sent.data["sendMessage"]["message"]["id"],
    )

    assert answer.data["editMessage"] == {
        "message": {"crisisLevel": "HIGH"},
        "conversation": {"crisisLevel": "HIGH"},
    }
