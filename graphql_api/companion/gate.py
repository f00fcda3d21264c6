"""The gate: every sentence of a reply passes it before anybody sees it or it is stored.

The rules themselves are given to it; until the safety checks bring theirs, everything passes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a sentence.

    Attributes:
        passes: it may be released.
        replacement: the text in place of the whole reply, which ends there; None when it passes.
    """

    passes: bool
    replacement: str | None = field(default=None, repr=False)


PASSES = Verdict(passes=True)


class CheckWords(Protocol):
    """A rule for the companion's words."""

    def __call__(self, sentence: str, *, before: str) -> str | None:
        """Give the text that replaces the reply, or None to let the sentence pass.

        Args:
            sentence: the next one, with the space before it.
            before: what of this reply was released already; a meaning may span sentences.
        """
        ...


def let_pass(sentence: str, *, before: str) -> None:
    """Let everything pass."""
    return


@dataclass(frozen=True, slots=True)
class Gate:
    """Checks a reply, sentence by sentence.

    A rule that raises stops the reply: its error goes to whoever asked, and nothing is released.
    """

    check_words: CheckWords = let_pass

    def check(self, sentence: str, released_so_far: str) -> Verdict:
        """Say whether `sentence` may follow what was released.

        Raises:
            ValueError: a rule stopped the reply without a text in its place.
        """
        replacement = self.check_words(sentence, before=released_so_far)
        if replacement is None:
            return PASSES
        if not replacement.strip():
            raise ValueError("A rule stopped a reply and gave no text in its place.")
        return Verdict(passes=False, replacement=replacement)
