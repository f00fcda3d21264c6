"""A probe is one statement that Ben tries, and a judge who says what its answer means."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias


class Outcome(enum.Enum):
    """What came of a probe."""

    REFUSED = "refused"
    NOTHING = "nothing"
    ALIKE = "alike"
    APART = "apart"
    HIT = "HIT"
    BROKEN = "BROKEN"

    @property
    def is_bad(self) -> bool:
        """Whether Ben got something, or the probe proves nothing."""
        return self in (Outcome.HIT, Outcome.BROKEN)


@dataclass(frozen=True, slots=True)
class Told:
    """What a statement told Ben.

    Attributes:
        sqlstate: of its error; None when there was none.
        rows: that it gave or wrote.
        answer: the one value that it gave, as text.
        changed: something of Ana's was different after it.
    """

    sqlstate: str | None
    constraint: str | None
    message: str | None
    detail: str | None
    rows: int | None
    answer: str | None
    changed: bool

    def masked(self, *passed: str) -> tuple[object, ...]:
        """Give all that was told, without the values passed in, ids and moments."""
        texts = (self.sqlstate, self.constraint, self.message, self.detail, self.answer)
        hidden = [None if text is None else mask(text, passed) for text in texts]
        return (*hidden, self.rows if self.sqlstate is None else None)


UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d(:?\d\d)?|Z)?")


def mask(text: str, passed: tuple[str, ...] = ()) -> str:
    """Put placeholders in the place of what differs between two calls anyway."""
    for value in passed:
        if value:
            text = text.replace(value, "<passed>")
    return MOMENT.sub("<moment>", UUID.sub("<id>", text))


Verdict: TypeAlias = tuple[Outcome, str]
# Judges an answer, and beside it the twin's: the same statement with a value that nobody has.
Judge: TypeAlias = Callable[[Told, Told | None], Verdict]


@dataclass(frozen=True, slots=True)
class Probe:
    """One statement to try.

    Attributes:
        family: one of `families.FAMILIES`.
        attempt: what is tried, in words.
        sql: a select gives one value; anything else gives none.
        judge: says what the answer means.
        twin: the same with a value that nobody has, to compare.
    """

    family: str
    attempt: str
    sql: str
    judge: Judge
    twin: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a probe.

    Attributes:
        subject: the table, function or view that it was about.
        caller: in whose name it was tried.
    """

    family: str
    subject: str
    caller: str
    attempt: str
    outcome: Outcome
    note: str

    def __str__(self) -> str:
        return (
            f"{self.outcome.value}: {self.caller}, {self.subject}, {self.family}: "
            f"{self.attempt} ({self.note})"
        )


# -- judges -----------------------------------------------------------------------------------


def is_broken(told: Told) -> bool:
    """Whether the statement itself is wrong, so that its failure proves nothing."""
    state = told.sqlstate or ""
    return state[:2] in ("42", "XX", "0A") and state != "42501"


def _describe(told: Told) -> str:
    if told.sqlstate is not None:
        return f"{told.sqlstate} {told.constraint or ''} {told.message or ''}".strip()
    return f"{told.rows} rows, answer {str(told.answer)[:200]!r}"


def refused(told: Told, _: Told | None = None) -> Verdict:
    """It must not even be allowed."""
    if told.sqlstate == "42501":
        return Outcome.REFUSED, "42501"
    return Outcome.BROKEN if is_broken(told) else Outcome.HIT, _describe(told)


def uncallable(told: Told, _: Told | None = None) -> Verdict:
    """It must be refused before it begins, and not by something inside of it."""
    if told.sqlstate == "42501" and (told.message or "").startswith(
        (
            "permission denied for function",
            "permission denied for procedure",
            "permission denied for schema",
        )
    ):
        return Outcome.REFUSED, "42501"
    return Outcome.BROKEN if is_broken(told) else Outcome.HIT, _describe(told)


def nothing(told: Told, _: Told | None = None) -> Verdict:
    """It must be refused, or find nothing."""
    if told.changed:
        return Outcome.HIT, f"her rows changed; {_describe(told)}"
    if told.sqlstate is not None:
        if told.sqlstate == "42501" or told.sqlstate.startswith("CA"):
            return Outcome.REFUSED, told.sqlstate
        # Division by zero is how a filter of Ben's says that it saw a row.
        return Outcome.BROKEN if is_broken(told) else Outcome.HIT, _describe(told)
    found = told.answer if told.answer is not None else str(told.rows)
    is_nothing = found in ("0", "f", "", "false")
    return (Outcome.NOTHING, "") if is_nothing else (Outcome.HIT, _describe(told))


def unseen(told: Told, _: Told | None = None) -> Verdict:
    """Allowed as everything is here, it must find nothing."""
    if told.sqlstate is not None:
        return Outcome.BROKEN if is_broken(told) else Outcome.HIT, _describe(told)
    return nothing(told)


def at_most(count: int) -> Judge:
    """Make a judge: it must be refused, or reach his own rows only, of which there are so many."""

    def judge(told: Told, _: Told | None = None) -> Verdict:
        if told.changed:
            return Outcome.HIT, f"her rows changed; {_describe(told)}"
        if told.sqlstate is not None:
            # A rule of the table's own may forbid it to him.
            return Outcome.BROKEN if is_broken(told) else Outcome.REFUSED, _describe(told)
        found = int(told.answer) if told.answer is not None else told.rows or 0
        return (Outcome.NOTHING, "") if found <= count else (Outcome.HIT, _describe(told))

    return judge


def alike(*passed: str, state: str | None = None, constraint: str | None = None) -> Judge:
    """Make a judge: it must tell what the twin tells, and, if given, this error."""

    def judge(told: Told, twin: Told | None = None) -> Verdict:
        assert twin is not None
        if told.changed:
            return Outcome.HIT, f"her rows changed; {_describe(told)}"
        if told.masked(*passed) != twin.masked(*passed):
            return Outcome.HIT, f"{_describe(told)}; of what is not there: {_describe(twin)}"
        if is_broken(told) or (state, constraint) not in (
            (None, None),
            (told.sqlstate, told.constraint),
        ):
            return Outcome.BROKEN, _describe(told)
        if told.sqlstate == "42501":
            return Outcome.REFUSED, "42501"
        return Outcome.ALIKE, told.sqlstate or "done"

    return judge


def free(told: Told, twin: Told | None = None) -> Verdict:
    """Her value must be as free for him as one that nobody has."""
    assert twin is not None
    if told.changed:
        return Outcome.HIT, f"her rows changed; {_describe(told)}"
    if is_broken(told) or is_broken(twin):
        return Outcome.BROKEN, _describe(told)
    if told.sqlstate == "42501":
        return Outcome.REFUSED, "42501"
    clashes = told.sqlstate == "23505" and twin.sqlstate != "23505"
    swallowed = told.sqlstate is None and twin.sqlstate is None and told.rows != twin.rows
    otherwise = told.sqlstate not in (None, "23505") and twin.sqlstate is None
    if clashes or swallowed or otherwise:
        return Outcome.HIT, f"{_describe(told)}; of what is not there: {_describe(twin)}"
    return Outcome.ALIKE, told.sqlstate or "done"


def clash(told: Told, _: Told | None = None) -> Verdict:
    """A primary key that is taken: it is refused, or it clashes, which is counted apart."""
    if told.changed:
        return Outcome.HIT, f"her rows changed; {_describe(told)}"
    if told.sqlstate == "23505" or (told.sqlstate is None and told.rows == 0):
        return Outcome.APART, told.constraint or "0 rows"
    if told.sqlstate == "42501" or (told.sqlstate or "").startswith(("CA", "23")):
        return Outcome.REFUSED, told.sqlstate or ""
    return Outcome.BROKEN if is_broken(told) else Outcome.HIT, _describe(told)
