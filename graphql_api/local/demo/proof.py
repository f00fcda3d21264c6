"""What the demo proves: what each device holds, compared with what is in the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg
from rich.table import Table

from graphql_api.local.demo.device import Device
from graphql_api.local.demo.held import Message
from graphql_api.local.demo.operations import LOOK, SEND
from graphql_api.local.demo.story import Cast, Story

MESSAGES = """
select id::text, turn, upper(role::text) as role, upper(state::text) as state, content
from public.messages where conversation_id = $1 order by turn
"""
TITLE = "select title from public.conversations where id = $1"
NEWEST = """
select row_id::text, max(seq) as seq from public.live_events where conversation_id = $1
group by row_id
"""
TO_HEAR = "select count(*) from public.live_events where user_id = $1 and seq > $2"
HEARD = """
select count(*) from public.live_events where user_id = $1 and row_id = any($2::text[]::uuid[])
"""


@dataclass(frozen=True, slots=True)
class Truth:
    """What the owner of the database sees of one conversation.

    Attributes:
        messages: by turn.
        title: of the conversation.
        newest: the number of the newest event about each row.
    """

    messages: list[Message]
    title: str
    newest: dict[str, int]


@dataclass(frozen=True, slots=True)
class Finding:
    """How one device compares with the database.

    Attributes:
        held: messages that it holds.
        rows: messages that there are, as the owner counts.
        lost: messages, changes or characters that it lacks.
        doubled: events that it was told twice.
        is_same: whether it holds the same messages in the same order, title and count of messages.
        resyncs: how often it was told that events are gone.
        of_others: events of the other person, about whose rows it was told.
        to_hear: events of the other person that there were in the meantime.
        other: what it gets when it asks for the other's conversation; None as it must be.
        lists_other: whether the other's conversation is in its list.
        code: what it gets for a message into the other's conversation.
    """

    held: int
    rows: int
    lost: int
    doubled: int
    is_same: bool
    resyncs: int
    of_others: int
    to_hear: int
    other: object
    lists_other: bool
    code: str

    def faults(self) -> list[str]:
        """Say what is not as it must be."""
        return [
            fault
            for is_wrong, fault in (
                (self.lost > 0, f"lost {self.lost}"),
                (self.doubled > 0, f"was told {self.doubled} twice"),
                (not self.is_same, "holds something else than the database"),
                (self.resyncs > 0, "was told that events are gone"),
                (self.of_others > 0, f"was told {self.of_others} events of somebody else"),
                (self.to_hear == 0, "had nothing to hear of the other, which proves nothing"),
                (self.other is not None or self.lists_other, "sees the other's conversation"),
                (self.code != "NOT_FOUND", "may write into the other's conversation"),
            )
            if is_wrong
        ]


async def examine(
    owner: asyncpg.Connection, story: Story, device: Device, other: Device
) -> Finding:
    """Compare what `device` holds with the database, and try what it may see of `other`'s."""
    truth = await read_truth(owner, device.conversation_id)
    looked = await device.get(LOOK, other=other.conversation_id)
    sent = await device.ask(SEND, conversationId=other.conversation_id, content="Can I come in?")
    errors = sent.get("errors") or [{"extensions": {"code": "SENT"}}]
    head = story.heads[other.user_id]
    return Finding(
        held=len(device.held.messages),
        rows=len(truth.messages),
        lost=count_lost(device, truth),
        doubled=device.held.doubled,
        is_same=is_same(device, truth),
        resyncs=device.held.resyncs,
        of_others=await owner.fetchval(HEARD, other.user_id, sorted(device.held.ids())),
        to_hear=await owner.fetchval(TO_HEAR, other.user_id, head),
        other=looked["conversation"],
        lists_other=str(other.conversation_id)
        in {node["id"] for node in looked["conversations"]["nodes"]},
        code=errors[0]["extensions"]["code"],
    )


async def read_truth(owner: asyncpg.Connection, conversation_id: UUID | None) -> Truth:
    """Read all of a conversation as the owner of the database."""
    rows = await owner.fetch(MESSAGES, conversation_id)
    newest = await owner.fetch(NEWEST, conversation_id)
    return Truth(
        messages=[Message(**dict(row)) for row in rows],
        title=await owner.fetchval(TITLE, conversation_id),
        newest={row["row_id"]: row["seq"] for row in newest},
    )


def count_lost(device: Device, truth: Truth) -> int:
    """Count what `device` lacks: changes of rows, and characters of streams.

    The newest event about each row must have come; what came before it may have been told with it.
    """
    held = device.held
    changes = sum(held.newest.get(row_id, 0) != seq for row_id, seq in truth.newest.items())
    characters = sum(
        abs(len(message.content) - len(held.streams[message.id].text))
        for message in truth.messages
        if message.id in held.streams
    )
    return changes + characters


def is_same(device: Device, truth: Truth) -> bool:
    """Tell whether `device` holds the same messages in the same order, title, count and streams."""
    held = device.held
    texts = {message.id: message.content for message in truth.messages}
    return (
        held.in_order() == truth.messages
        and device.title == truth.title
        and held.cards[str(device.conversation_id)].message_count == len(truth.messages)
        and all(stream.text == texts.get(reply) for reply, stream in held.streams.items())
    )


def make_table(cast: Cast, findings: Sequence[Finding], story: Story) -> Table:
    """Put what was found of each device side by side."""
    table = Table(
        title="What each device holds, and what the owner of the database sees",
        title_justify="left",
    )
    table.add_column("")
    for device in cast.devices:
        table.add_column(device.name, justify="center")

    def add(label: str, *cells: object) -> None:
        table.add_row(label, *(str(cell) for cell in cells))

    add("messages that it holds", *(one.held for one in findings))
    add("messages in the database", *(one.rows for one in findings))
    add("same texts, same order", *("yes" if one.is_same else "NO" for one in findings))
    add("lost", *(one.lost for one in findings))
    add("doubled", *(one.doubled for one in findings))
    add("events missed, and told on return", story.missed, "", "")
    table.add_section()
    add("events of the other person", *(one.to_hear for one in findings))
    add("of these, it was told", *(one.of_others for one in findings))
    add(
        "the other's conversation, by id",
        *("null" if one.other is None else "SEEN" for one in findings),
    )
    add("the other's in its list", *("SEEN" if one.lists_other else "no" for one in findings))
    add("a message sent into it", *(one.code for one in findings))
    return table
