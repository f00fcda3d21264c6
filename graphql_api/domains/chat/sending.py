"""Sending: the named stages that every message of hers goes through, and what a reply is.

    accept → check → store → reply → remember

In this version `accept` and `store` do their work. `check` knows no rules yet and finds nothing;
`reply` queues no reply and `remember` no memory update, because there is neither a companion
nor a memory yet. The order is the promise: what `check` finds is stored in the same transaction as
the message, and nothing is answered or remembered before it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from graphql_api.auth import Viewer
from graphql_api.errors import BadInput
from graphql_api.fields import check_key
from graphql_api.meaning import Context, Insert, Replay, Write
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
    return store(accepted, check(accepted))


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


def store(accepted: Accepted, finding: Finding) -> Insert:
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
    return Insert(values, role="cairn_server", replay=REPLAY)


async def store_reply(
    database: Database, viewer: Viewer, conversation_id: UUID, content: str
) -> UUID:
    """Store what the companion says to `viewer`, and give the message's id.

    Only the server may: nobody puts words into the companion's mouth through the API or through
    Supabase's own REST. A reply that was on its way when she completed the conversation is stored.

    Raises:
        DatabaseError: the conversation is not hers, or the content is blank or too long.
    """
    reply = Insert(
        {"conversation_id": conversation_id, "role": "assistant", "content": content},
        role="cairn_server",
    )
    statement = Statement(write_text(reply, "messages", None), write_arguments(reply))
    stored: UUID = await database.run(viewer, statement, role=reply.role, write=True)
    return stored
