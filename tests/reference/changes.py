"""Random mutations whose input is right for the data as it stands, and whose answers are random."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from hypothesis import strategies as st

from tests.reference.data import TEXTS, uuid_of
from tests.reference.documents import LARGEST, Operation, Writer
from tests.reference.executor import find
from tests.reference.rows import Row, Rows
from tests.reference.values import World

# Which conversations a verb may be said of (D4).
STATUSES = {
    "pauseConversation": ("ACTIVE", "PAUSED"),
    "resumeConversation": ("ACTIVE", "PAUSED"),
    "completeConversation": ("ACTIVE", "PAUSED", "COMPLETED"),
    "archiveConversation": ("ACTIVE", "PAUSED", "COMPLETED", "ARCHIVED"),
    "restoreConversation": ("ARCHIVED",),
    "renameConversation": ("ACTIVE", "PAUSED", "COMPLETED", "ARCHIVED"),
    "deleteConversation": ("ACTIVE", "PAUSED", "COMPLETED", "ARCHIVED"),
    "sendMessage": ("ACTIVE", "PAUSED"),
}
# Which replies a verb may be said of.
STATES = {
    "retryReply": ("FAILED",),
    # Failed ones, too; but they are few, and are left to be tried again.
    "cancelReply": ("QUEUED", "STREAMING"),
}
VERBS = [
    *STATUSES,
    *STATES,
    "editMessage",
    "startConversation",
    "findOrStartConversation",
    "updateViewer",
]
# So many stay; without rows there is nothing to answer with.
FEWEST = 8


@dataclass(frozen=True)
class Change:
    """A mutation, and how to find the row that it wrote."""

    operation: Operation
    verb: str
    written: Callable[[Rows, Mapping[str, Any]], Row | None]


def changes(world: World, viewer: str, series: int) -> st.SearchStrategy[Change]:
    """Make changes of somebody's data, as they stand when one is drawn.

    No two are alike, in one series or in two: an id of the client's own may be used once.
    """
    place = count()
    return st.builds(
        lambda size, seed: Author(
            random.Random(f"{series} {seed} {next(place)}"), world, viewer
        ).change(size),
        st.integers(1, LARGEST),
        st.integers(0, 2**64),
    )


@dataclass(frozen=True)
class Author:
    """Thinks of a change."""

    numbers: random.Random
    world: World
    viewer: str

    def change(self, size: int) -> Change:
        """Make one change, whose answer asks for about `size` fields."""
        verb = self.numbers.choice(VERBS)
        candidates = self.conversations(verb)
        if (verb in STATUSES and not candidates) or (
            verb == "deleteConversation" and len(candidates) < FEWEST
        ):
            verb = "startConversation"
        if verb == "editMessage" or verb in STATES:
            found = self.messages(verb)
            if not found:
                return self.change(size)
            given, written = self.words(verb, self.numbers.choice(found))
        else:
            given, written = self.input(verb, candidates)
        writer = Writer(self.numbers, self.world, size, viewer=self.viewer)
        return Change(writer.mutation(verb, given), verb, written)

    def conversations(self, verb: str) -> Sequence[Row]:
        rows = self.world.rows[self.viewer]["Conversation"]
        return [row for row in rows if row["status"] in STATUSES.get(verb, ())]

    def messages(self, verb: str) -> Sequence[Row]:
        """Give the messages that a verb may be said of: replies, or her latest words."""
        messages = self.world.rows[self.viewer]["Message"]
        if verb in STATES:
            return [row for row in messages if row["state"] in STATES[verb]]
        open_ones = {row["id"] for row in self.conversations("sendMessage")}
        latest: dict[object, Row] = {}
        for row in sorted(messages, key=lambda one: int(one["turn"])):
            if row["role"] == "USER" and row["conversation_id"] in open_ones:
                latest[row["conversation_id"]] = row
        return list(latest.values())

    def words(
        self, verb: str, row: Row
    ) -> tuple[dict[str, object], Callable[[Rows, Mapping[str, Any]], Row | None]]:
        given: dict[str, object] = {"id": row["id"]}
        if verb == "editMessage":
            given["content"] = self.text(blank=False)
        return given, lambda rows, given: find(rows, "Message", given["id"])

    def text(self, *, blank: bool = True) -> str:
        return self.numbers.choice([text for text in TEXTS if blank or text.strip()])

    def some(self, **entries: object) -> dict[str, object]:
        """Give some of these entries, in any order."""
        chosen = [item for item in entries.items() if self.numbers.random() < 0.6]
        self.numbers.shuffle(chosen)
        return dict(chosen)

    def input(
        self, verb: str, candidates: Sequence[Row]
    ) -> tuple[dict[str, object], Callable[[Rows, Mapping[str, Any]], Row | None]]:
        if verb == "startConversation":
            before = {row["id"] for row in self.world.rows[self.viewer]["Conversation"]}
            given = self.some(
                id=uuid_of(self.numbers),
                title=self.text(),
                description=None,
                metadata={"a": self.text(), "b": [1, 0.5, None]},
                idempotencyKey=str(uuid_of(self.numbers)),
            )
            return given, lambda rows, _input: _new(rows["Conversation"], before)
        if verb == "findOrStartConversation":
            return self.thread(), _by_thread
        if verb == "updateViewer":
            bio = self.numbers.choice([None, self.text()])
            given = {"displayName": self.text(), **self.some(fullName=self.text(), bio=bio)}
            return given, lambda rows, _input: rows["User"][0]
        row = self.numbers.choice(candidates)
        if verb == "sendMessage":
            before = {one["id"] for one in self.world.rows[self.viewer]["Message"]}
            given = {"conversationId": row["id"], "content": self.text(blank=False)}
            own = self.some(id=uuid_of(self.numbers), idempotencyKey=str(uuid_of(self.numbers)))
            own |= self.some(answer=self.numbers.random() < 0.5)
            return {**given, **own}, lambda rows, _input: _said(rows["Message"], before)
        given = {"id": row["id"]}
        if verb == "deleteConversation":
            return given, lambda _rows, _input: row
        if verb == "renameConversation":
            given |= {"title": self.text(), **self.some(description=None)}
        if verb != "restoreConversation":
            given |= self.some(expectedVersion=row["version"])
        return given, lambda rows, given: find(rows, "Conversation", given["id"])

    def thread(self) -> dict[str, object]:
        known = self.world.rows[self.viewer]["ThreadMapping"]
        if known and self.numbers.random() < 0.5:
            row = self.numbers.choice(known)
            return {"source": row["source"], "externalThreadId": row["external_thread_id"]}
        return {
            "source": self.numbers.choice(["chatgpt", "claude"]),
            "externalThreadId": f"{self.numbers.getrandbits(64)} {self.text()}",
            **self.some(title=self.text()),
        }


def _new(rows: Sequence[Row], before: set[object]) -> Row:
    (row,) = [row for row in rows if row["id"] not in before]
    return row


def _said(rows: Sequence[Row], before: set[object]) -> Row:
    """Give what she said, and not the reply that was queued with it."""
    return _new([row for row in rows if row["role"] == "USER"], before)


def _by_thread(rows: Rows, given: Mapping[str, Any]) -> Row | None:
    (mapping,) = [
        row
        for row in rows["ThreadMapping"]
        if (row["source"], row["external_thread_id"])
        == (given["source"], given["externalThreadId"])
    ]
    return find(rows, "Conversation", mapping["conversation_id"])
