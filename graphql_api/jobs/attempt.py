"""One attempt at a reply: what the model has said, what was released of it, and what it cost."""

from __future__ import annotations

from collections.abc import Sequence

from graphql_api.companion.context import estimate_prompt, estimate_tokens
from graphql_api.companion.protocol import ModelFailure, Turn, Usage
from graphql_api.companion.sentences import Sentences

MAX_CHARACTERS = 32_000  # as `messages.content` holds


class Attempt:
    """A reply in the making.

    Attributes:
        released: what passed the gate: all that anybody may see.
        is_over: nothing more is released: it was stopped by the gate, or is as long as can be.
        is_replaced: the gate stopped it, and `released` is the text in its place.
        is_paid: its tokens are counted already.
    """

    def __init__(self, turns: Sequence[Turn], model: str) -> None:
        """Begin.

        Args:
            turns: what the model reads.
            model: who it is, until its usage tells a better name.
        """
        self.released = ""
        self.is_over = False
        self.is_replaced = False
        self.is_paid = False
        self._turns = turns
        self._model = model
        self._sentences = Sentences()
        self._received: list[str] = []
        self._usage: Usage | None = None
        self._failure: ModelFailure | None = None

    def take(self, piece: str | Usage) -> list[str]:
        """Take what the model gives; give the sentences that are whole now."""
        if isinstance(piece, Usage):
            self._usage = piece
            return []
        self._received.append(piece)
        return self._sentences.feed(piece)

    def rest(self) -> list[str]:
        """Give what is left when the model has ended."""
        rest = self._sentences.rest()
        return [rest] if rest else []

    def fail(self, failure: ModelFailure) -> None:
        """Take the model's failure, and what it has cost all the same."""
        self._failure = failure

    def release(self, sentence: str) -> None:
        """Add a sentence that passed the gate, as far as there is room for it."""
        text = self.released + storable(sentence)
        self.is_over = len(text) >= MAX_CHARACTERS
        self.released = text[:MAX_CHARACTERS]

    def replace(self, text: str) -> None:
        """Put `text` in place of everything."""
        self.released = text
        self.is_over = self.is_replaced = True

    @property
    def model(self) -> str:
        """Who wrote it."""
        return storable(self._usage.model if self._usage is not None else self._model)

    @property
    def tokens(self) -> int:
        """What it has cost until now; estimated unless the model has said."""
        if self._usage is not None:
            return self._usage.tokens
        cost = 0 if self._failure is None else self._failure.tokens
        if not self._received:
            return cost
        heard = estimate_prompt(self._turns) + estimate_tokens("".join(self._received))
        return max(cost, heard)

    @property
    def tokens_when_left(self) -> int:
        """What it has cost if nobody waits for the rest.

        The model has read the prompt, even if not a word has come: who cancels soon enough, again
        and again, would else ask for free.
        """
        is_silent = self._usage is None and self._failure is None and not self._received
        return estimate_prompt(self._turns) if is_silent else self.tokens


def storable(text: str) -> str:
    """Make a text one that Postgres can hold: no NUL, and no half of a pair of surrogates."""
    whole = text.replace("\x00", "").encode("utf-16", "surrogatepass")
    return whole.decode("utf-16", "replace")
