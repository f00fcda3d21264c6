"""The three questions, as each server's own schema asks them, and whether the answers agree."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from benchmarks.database import Person

CONVERSATIONS = 20
MESSAGES = 10
CONTENT = 'Not too bad: I slept, at last. And I thought of what you said about "it", déjà vu.'

Variables = dict[str, Any]


class Disagreement(Exception):
    """The servers do not answer the same; then there is nothing to compare."""


@dataclass(frozen=True, slots=True)
class Workload:
    """One question in two schemas.

    Attributes:
        key: `A`, `B` or `C`.
        cairn: the operation for Cairn.
        peer: the operation for PostGraphile.
        cairn_variables: those of all the questions that a person asks.
        peer_variables: the same questions, for PostGraphile.
        writes: whether it changes the database.
    """

    key: str
    title: str
    cairn: str
    peer: str
    cairn_variables: Callable[[Person], list[Variables]]
    peer_variables: Callable[[Person], list[Variables]]
    writes: bool = False


def _page_sizes(_person: Person) -> list[Variables]:
    return [{"conversations": CONVERSATIONS, "messages": MESSAGES}]


def _ids(person: Person) -> list[Variables]:
    return [{"id": str(one)} for one in person.conversations[::5]]


def _sent_to_cairn(person: Person) -> list[Variables]:
    return [
        # Stored and nothing more, as PostGraphile does it: no reply of the companion is queued.
        {"input": {"conversationId": str(one), "content": CONTENT, "answer": False}}
        for one in person.conversations
    ]


def _sent_to_peer(person: Person) -> list[Variables]:
    return [
        {"input": {"message": {"conversationId": str(one), "role": "user", "content": CONTENT}}}
        for one in person.conversations
    ]


WORKLOADS = (
    Workload(
        "A",
        f"{CONVERSATIONS} conversations with their {MESSAGES} newest messages",
        """
        query Talks($conversations: Int!, $messages: Int!) {
          conversations(first: $conversations, orderBy: [LAST_MESSAGE_AT_DESC]) {
            edges {
              cursor
              node {
                id
                title
                status
                createdAt
                messages(first: $messages, orderBy: [TURN_DESC]) {
                  edges { cursor node { id turn role content createdAt } }
                  pageInfo { hasNextPage }
                }
              }
            }
            pageInfo { hasNextPage }
          }
        }
        """,
        """
        query Talks($conversations: Int!, $messages: Int!) {
          allConversations(first: $conversations, orderBy: [LAST_MESSAGE_AT_DESC]) {
            edges {
              cursor
              node {
                rowId
                title
                status
                createdAt
                messagesByConversationIdAndUserId(first: $messages, orderBy: [TURN_DESC]) {
                  edges { cursor node { rowId turn role content createdAt } }
                  pageInfo { hasNextPage }
                }
              }
            }
            pageInfo { hasNextPage }
          }
        }
        """,
        _page_sizes,
        _page_sizes,
    ),
    Workload(
        "B",
        "one conversation by its id",
        "query Talk($id: UUID!) { conversation(id: $id) { id title status createdAt } }",
        "query Talk($id: UUID!) { conversationByRowId(rowId: $id) { rowId title status createdAt } }",
        _ids,
        _ids,
    ),
    Workload(
        "C",
        "send a message",
        """
        mutation Say($input: SendMessageInput!) {
          sendMessage(input: $input) { message { id turn role content createdAt } }
        }
        """,
        """
        mutation Say($input: CreateMessageInput!) {
          createMessage(input: $input) { message { rowId turn role content createdAt } }
        }
        """,
        _sent_to_cairn,
        _sent_to_peer,
        writes=True,
    ),
)

# The same thing under PostGraphile's name.
NAMES = {
    "rowId": "id",
    "allConversations": "conversations",
    "conversationByRowId": "conversation",
    "messagesByConversationIdAndUserId": "messages",
    "createMessage": "sendMessage",
}
# Each server's own: where to go on from, and an id, a turn and a moment that come with the writing.
CURSORS = frozenset({"cursor"})
WRITTEN = frozenset({"id", "turn", "createdAt"})


def bodies(
    operation: str, variables: Callable[[Person], list[Variables]], people: tuple[Person, ...]
) -> list[tuple[Person, bytes]]:
    """Give the body of each question, one person's after another's, so that neighbours differ."""
    query = " ".join(operation.split())
    asked = [[(person, one) for one in variables(person)] for person in people]
    return [
        (person, json.dumps({"query": query, "variables": one}).encode())
        for person, one in chain.from_iterable(zip(*asked, strict=True))
    ]


def compare(workload: Workload, cairn: bytes, peer: bytes) -> None:
    """See that two answers hold the same rows in the same order, with the same values.

    Raises:
        Disagreement: they do not.
    """
    ignored = CURSORS | WRITTEN if workload.writes else CURSORS
    ours, theirs = (_plain(json.loads(answer)["data"], ignored) for answer in (cairn, peer))
    if ours != theirs:
        raise Disagreement(
            f"Workload {workload.key}: the answers differ.\n"
            f"Cairn: {cairn[:1500].decode()}\nPostGraphile: {peer[:1500].decode()}"
        )
    if not any(ours.values()):
        raise Disagreement(f"Workload {workload.key}: the answers are empty.")


def _plain(value: Any, ignored: frozenset[str]) -> Any:
    """Give an answer in Cairn's names, with moments for their texts."""
    if isinstance(value, Mapping):
        return {
            NAMES.get(key, key): None if key in ignored else _scalar(key, _plain(one, ignored))
            for key, one in value.items()
            if NAMES.get(key, key) not in ignored
        }
    if isinstance(value, list):
        return [_plain(one, ignored) for one in value]
    return value


def _scalar(key: str, value: Any) -> Any:
    if key == "createdAt":
        return datetime.fromisoformat(value)
    if key in ("status", "role"):
        return value.upper()  # Cairn's enums are spelled in capitals
    return value
