"""Sending: the named stages that every message of hers goes through, and what a reply is.

    accept → admit → check → store → reply → remember

What `check` finds is stored with the message, and nothing is answered or remembered before it:
`reply` adds the companion's answer, queued, in the transaction of the message itself, and a worker
writes it. `check` knows no rules yet and finds nothing; `remember` adds no row yet. A message that
she changes goes the same way.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from graphql_api.admission.budget import Budget
from graphql_api.errors import BadInput
from graphql_api.fields import check_key
from graphql_api.ids import uuid_v7
from graphql_api.meaning import Also, Call, Context, Insert, Replay, Write
from graphql_api.session import Statement

CONTENT_MAXIMUM = 32_000
# Whoever is in danger is heard, whatever she has used up.
GRAVE = frozenset({"moderate", "high", "critical"})

# A phone that never saw the answer sends again, with the same key or the same id of its own.
REPLAY = Replay(
    keys=(("conversation_id", "idempotency_key"), ("id",)),
    same=("conversation_id", "content", "role"),
)

WAS_SENT = """
select exists (
  select from public.messages as message
  where message.conversation_id = $1
    and (message.idempotency_key = $2 or message.id = $3)
)
"""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message that may be checked.

    Attributes:
        conversation_id: where she says it.
        content: what she says.
        id: of her own making, or of ours.
        idempotency_key: None without one.
        wants_answer: whether the companion is to answer.
    """

    conversation_id: UUID
    content: str
    id: UUID
    idempotency_key: str | None
    wants_answer: bool = True


@dataclass(frozen=True, slots=True)
class Finding:
    """What the safety check found in a message.

    Attributes:
        level: `none`, `low`, `moderate`, `high` or `critical`.
    """

    level: str


NOTHING = Finding("none")


async def prepare_message(context: Context, given: Mapping[str, Any]) -> Write:
    """Bring what she says to the point where it can be stored."""
    accepted = accept(given)
    finding = check(accepted.content)
    if accepted.wants_answer:
        # A repeat of what was stored is answered, whatever she has used since.
        unless = Statement(
            WAS_SENT, (accepted.conversation_id, accepted.idempotency_key, accepted.id)
        )
        await admit(context, finding, unless)
    also = (*reply(accepted, finding), *remember(accepted, finding))
    return store(accepted, finding, also)


async def prepare_edit(context: Context, given: Mapping[str, Any]) -> Write:
    """Bring other words for her latest message to where they take the place of the old ones.

    Its reply goes with the old words, also one under way, and the new ones are answered.
    """
    content = accept_content(given["content"])
    finding = check(content)
    await admit(context, finding)
    arguments = {
        "message_id": given["id"],
        "content": content,
        "crisis_level": finding.level,
        "reply_id": uuid_v7(),
    }
    return Call("private.resend_message", arguments, role="cairn_server", wakes=True)


async def prepare_retry(context: Context, given: Mapping[str, Any]) -> Write:
    """Ask again for a reply that has failed."""
    # What she said was checked when she said it; the worker looks at what was found.
    await admit(context, NOTHING)
    arguments = {"message_id": given["id"]}
    return Call("private.retry_reply", arguments, role="cairn_server", wakes=True)


def accept(given: Mapping[str, Any]) -> Accepted:
    """Refuse what no conversation can hold.

    Raises:
        BadInput: the content is blank, too long, or holds a NUL; or the key is no key.
    """
    content = accept_content(given["content"])
    key = given.get("idempotencyKey")
    if key is not None:
        check_key(key)
    own_id = given.get("id") or uuid_v7()
    return Accepted(given["conversationId"], content, own_id, key, given.get("answer", True))


def accept_content(content: str) -> str:
    """Give the content of a message that can be stored.

    Raises:
        BadInput: it is blank, too long, or holds a NUL.
    """
    if not content.strip():
        raise BadInput("Say something: the content is blank.", field="input.content")
    if len(content) > CONTENT_MAXIMUM:
        raise BadInput(f"At most {CONTENT_MAXIMUM:,} characters.", field="input.content")
    if "\x00" in content:
        raise BadInput("A NUL character cannot be stored.", field="input.content")
    return content


async def admit(context: Context, finding: Finding, unless: Statement | None = None) -> None:
    """Refuse to ask the companion for more than her budget holds; never when she is in danger.

    Her message is then stored; whether the reply is written without a budget is the worker's to
    say.

    Raises:
        RateLimited: her budget is used up; nothing was stored.
    """
    budget: Budget | None = context.services.get("budget")
    if budget is not None and finding.level not in GRAVE:
        await budget.admit(context.viewer, unless=unless)


def check(_content: str) -> Finding:
    """Look for signs of danger. There are no rules in this version: it finds none."""
    return NOTHING


def store(accepted: Accepted, finding: Finding, also: tuple[Also, ...]) -> Insert:
    """Say what is stored: as the server, with her claims, since nobody else may insert messages."""
    values: dict[str, object] = {
        "id": accepted.id,
        "conversation_id": accepted.conversation_id,
        "role": "user",
        "content": accepted.content,
        "crisis_level": finding.level,
    }
    if accepted.idempotency_key is not None:
        values["idempotency_key"] = accepted.idempotency_key
    return Insert(values, role="cairn_server", replay=REPLAY, also=also, wakes=bool(also))


def reply(accepted: Accepted, _finding: Finding) -> tuple[Also, ...]:
    """Say what is stored so that the companion answers: its reply, queued.

    The database makes a job of it, and lets no message have two. A repeat stores nothing, and so
    has the first message's reply.
    """
    if not accepted.wants_answer:
        return ()
    queued = {
        "id": uuid_v7(),
        "conversation_id": accepted.conversation_id,
        "role": "assistant",
        "state": "queued",
        "content": "",
        "in_reply_to": accepted.id,
    }
    return (Also("messages", queued),)


def remember(_accepted: Accepted, _finding: Finding) -> tuple[Also, ...]:
    """Say what is stored so that the message is remembered: nothing, there is no memory yet."""
    return ()
