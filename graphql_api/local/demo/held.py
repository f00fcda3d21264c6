"""What a device holds: whatever its subscriptions have told it, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

VIEWER = "viewer"
CONVERSATION = "conversation"

UNDER_WAY = ("QUEUED", "STREAMING")


@dataclass(frozen=True, slots=True)
class Message:
    """A message, as it was told last.

    Attributes:
        id: its own.
        turn: its place in the conversation.
        role: `USER` or `ASSISTANT`.
        state: `COMPLETE` when it is whole.
        content: what was said.
    """

    id: str
    turn: int
    role: str
    state: str
    content: str


@dataclass(frozen=True, slots=True)
class Card:
    """A conversation, as it was told last.

    Attributes:
        title: of the conversation.
        message_count: how many messages it holds.
        seq: the number of the event that told it.
    """

    title: str | None
    message_count: int
    seq: int


@dataclass(slots=True)
class Stream:
    """A reply's text, as far as it was told.

    Attributes:
        text: until now.
        is_finished: nothing more comes.
    """

    text: str = ""
    is_finished: bool = False


@dataclass(slots=True)
class Held:
    """All that one device knows.

    Attributes:
        cards: conversations, by id.
        messages: of the open conversation, by id.
        streams: texts of replies that were heard while they were written, by the reply's id.
        cursors: of the newest event, by subscription.
        newest: the number of the newest event about each row of the open conversation.
        events: how many were told about rows, all in all.
        doubled: how many of them were told already.
        caught_up: subscriptions that have told all that had happened before they were begun.
        resyncs: how often it was told that events are gone.
    """

    cards: dict[str, Card] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    streams: dict[str, Stream] = field(default_factory=dict)
    cursors: dict[str, str] = field(default_factory=dict)
    newest: dict[str, int] = field(default_factory=dict)
    events: int = 0
    doubled: int = 0
    caught_up: set[str] = field(default_factory=set)
    resyncs: int = 0

    def take(self, name: str, event: dict[str, Any]) -> None:
        """Take in an event.

        Args:
            name: of the subscription; for a reply's stream, the reply's id.
            event: as the API gave it.
        """
        if "seq" in event:
            self.events += 1
            if event["seq"] <= int(self.cursors.get(name, 0)):
                self.doubled += 1
                return
        self.cursors[name] = event["cursor"]
        match event["__typename"]:
            case "MessageChanged":
                self._put(Message(**event["message"]), event["seq"])
            case "ConversationChanged":
                self._put_card(name, event["conversation"], event["seq"])
            case "MessageDeleted":
                self.messages.pop(event["deletedId"], None)
                self.newest[event["deletedId"]] = event["seq"]
            case "ConversationDeleted":
                self.cards.pop(event["deletedId"], None)
            case "MessageText" | "MessageReplaced" | "MessageFinished":
                self._write(self.streams.setdefault(name, Stream()), event)
            case "CaughtUp":
                self.caught_up.add(name)
            case "ResyncRequired":
                self.resyncs += 1

    def in_order(self) -> list[Message]:
        """Give the messages of the open conversation by turn, as a screen shows them."""
        return sorted(self.messages.values(), key=lambda message: message.turn)

    def text_of(self, message: Message) -> str:
        """Give what there is to show of a message: a reply under way has what was streamed."""
        stream = self.streams.get(message.id)
        if message.state in UNDER_WAY and stream is not None:
            return stream.text
        return message.content

    def has_whole(self, reply_id: str) -> bool:
        """Tell whether a reply has ended, and its stream, too, if it was heard at all."""
        message = self.messages.get(reply_id)
        stream = self.streams.get(reply_id)
        is_over = message is not None and message.state not in UNDER_WAY
        return is_over and (stream is None or stream.is_finished)

    def has_come_to(self, seq: int) -> bool:
        """Tell whether both subscriptions to events have told all up to number `seq`."""
        return all(int(self.cursors.get(name, 0)) >= seq for name in (VIEWER, CONVERSATION))

    def ids(self) -> set[str]:
        """Give the id of every row of which anything was told."""
        return {*self.cards, *self.messages, *self.newest, *self.streams}

    def _put(self, message: Message, seq: int) -> None:
        self.messages[message.id] = message
        self.newest[message.id] = seq

    def _put_card(self, name: str, card: dict[str, Any], seq: int) -> None:
        """Keep a card, unless the other subscription has told a later one already."""
        known = self.cards.get(card["id"])
        if known is None or known.seq <= seq:
            self.cards[card["id"]] = Card(card["title"], card["messageCount"], seq)
        if name == CONVERSATION:
            self.newest[card["id"]] = seq

    def _write(self, stream: Stream, event: dict[str, Any]) -> None:
        match event["__typename"]:
            case "MessageText":
                stream.text = stream.text[: event["offset"]] + event["text"]
            case "MessageReplaced":
                stream.text = event["text"]
            case "MessageFinished":
                stream.is_finished = True
