"""Sending: the named stages that every message of hers goes through, and what a reply is.

    accept → check → store → reply → remember

In this version `accept` and `store` do their work. `check` knows no rules yet and finds nothing;
`reply` and `remember` add no row yet, because there is neither a companion nor a memory. What they
will add (a queued reply, a memory update) is inserted in the transaction of the message itself.
The order is the promise: what `check` finds is stored with the message, and nothing is answered or
remembered before it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from graphql_api.auth import Viewer
from graphql_api.errors import BadInput
from graphql_api.fields import check_key
from graphql_api.meaning import Also, Context, Insert, Replay, Write
from graphql_api.session import Database, Statement
from graphql_api.writes import write_arguments, write_text

CONTENT_MAXIMUM = 32_000

# A phone that never saw the answer sends again, with the same key or the same id of its own.
REPLAY = Replay(
    keys=(("conversation_id", "idempotency_key"), ("id",)),
    same=("conversation_id", "content", "role"),
)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message that may be checked."""

    conversation_id: UUID
    content: str
    id: UUID | None
    idempotency_key: str | None


@dataclass(frozen=True, slots=True)
class Finding:
    """What the safety check found in a message.

    Attributes:
        level: `none`, `low`, `moderate`, `high` or `critical`.
    """

    level: str


async def prepare_message(_context: Context, given: Mapping[str, Any]) -> Write:
    """Bring what she says to the point where it can be stored."""
    accepted = accept(given)
    finding = check(accepted)
    also = (*reply(accepted, finding), *remember(accepted, finding))
    return store(accepted, finding, also)


def accept(given: Mapping[str, Any]) -> Accepted:
    """Refuse what no conversation can hold.

    Raises:
        BadInput: the content is blank, too long, or holds a NUL; or the key is no key.
    """
    content: str = given["content"]
    if not content.strip():
        raise BadInput("Say something: the content is blank.", field="input.content")
    if len(content) > CONTENT_MAXIMUM:
        raise BadInput(f"At most {CONTENT_MAXIMUM:,} characters.", field="input.content")
    if "\x00" in content:
        raise BadInput("A NUL character cannot be stored.", field="input.content")
    key = given.get("idempotencyKey")
    if key is not None:
        check_key(key)
    return Accepted(given["conversationId"], content, given.get("id"), key)


def check(_accepted: Accepted) -> Finding:
    """Look for signs of danger. There are no rules in this version: it finds none."""
    return Finding("none")


def store(accepted: Accepted, finding: Finding, also: tuple[Also, ...]) -> Insert:
    """Say what is stored: as the server, with her claims, since nobody else may insert messages."""
    values: dict[str, object] = {
        "conversation_id": accepted.conversation_id,
        "role": "user",
        "content": accepted.content,
        "crisis_level": finding.level,
    }
    if accepted.id is not None:
        values["id"] = accepted.id
    if accepted.idempotency_key is not None:
        values["idempotency_key"] = accepted.idempotency_key
    return Insert(values, role="cairn_server", replay=REPLAY, also=also)


def reply(_accepted: Accepted, _finding: Finding) -> tuple[Also, ...]:
    """Say what is stored so that the companion answers: nothing, there is no companion yet."""
    return ()


def remember(_accepted: Accepted, _finding: Finding) -> tuple[Also, ...]:
    """Say what is stored so that the message is remembered: nothing, there is no memory yet."""
    return ()


async def store_reply(
    database: Database, viewer: Viewer, conversation_id: UUID, content: str
) -> UUID:
    """Store what the companion says to `viewer`, and give the message's id.

    Only the server may: nobody puts words into the companion's mouth through the API or through
    Supabase's own REST. A reply that was on its way when she completed the conversation is stored.

    Raises:
        DatabaseError: the conversation is not hers, or the content is blank or too long.
    """
    said = Insert(
        {"conversation_id": conversation_id, "role": "assistant", "content": content},
        role="cairn_server",
    )
    statement = Statement(write_text(said, "messages", None), write_arguments(said))
    stored: UUID = await database.run(viewer, statement, role=said.role, write=True)
    return stored
