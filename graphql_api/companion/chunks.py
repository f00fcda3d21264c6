"""The chunks of a stream, read with care: an endpoint may send anything in their place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel

from graphql_api.companion.context import estimate_prompt, estimate_tokens
from graphql_api.companion.failures import BadChunk
from graphql_api.companion.protocol import Turn, Usage

# A model's name is stored and shown; a count of tokens is an integer of Postgres.
MAX_NAME_CHARACTERS = 200
MAX_TOKENS = 10_000_000


@dataclass(slots=True)
class Reading:
    """What has come of one answer until now.

    Attributes:
        model: who answers, by the endpoint's own word where it gave one.
        text: the pieces of it.
        length: their characters.
        reason: why it ended, by OpenAI's words (`stop`, `length`, `content_filter`); None before.
        counted: tokens read and written, by the endpoint's count; None when it gave none.
        is_declined: the model gave a refusal of its own in place of text.
    """

    model: str
    text: list[str] = field(default_factory=list, repr=False)
    length: int = 0
    reason: str | None = None
    counted: tuple[int, int] | None = None
    is_declined: bool = False

    def take(self, chunk: object) -> str:
        """Take a chunk; give the piece of text in it, which may be empty.

        Raises:
            BadChunk: it is not one.
        """
        if not isinstance(chunk, BaseModel):
            raise BadChunk
        name = getattr(chunk, "model", None)
        if isinstance(name, str) and name.strip():
            self.model = name.strip()[:MAX_NAME_CHARACTERS]
        self._count(getattr(chunk, "usage", None))
        # The chunk of usage has none, and some endpoints open with one that has none.
        choices = getattr(chunk, "choices", None)
        if choices is None or choices == []:
            return ""
        if not isinstance(choices, list):
            raise BadChunk
        return self._choose(choices[0])

    def _choose(self, choice: object) -> str:
        reason, delta = getattr(choice, "finish_reason", None), getattr(choice, "delta", None)
        is_one = isinstance(choice, BaseModel) and isinstance(delta, BaseModel | None)
        if not is_one or not isinstance(reason, str | None):
            raise BadChunk
        self.reason = reason or self.reason
        self.is_declined = self.is_declined or bool(getattr(delta, "refusal", None))
        piece = getattr(delta, "content", None)
        if piece is None:
            return ""
        if not isinstance(piece, str):
            raise BadChunk
        self.text.append(piece)
        self.length += len(piece)
        return piece

    def _count(self, usage: object) -> None:
        counts = (getattr(usage, "prompt_tokens", None), getattr(usage, "completion_tokens", None))
        read, written = counts
        # Nonsense is as good as nothing: it is estimated then.
        if isinstance(read, int) and isinstance(written, int):
            is_sane = 0 < read <= MAX_TOKENS and 0 <= written <= MAX_TOKENS
            self.counted = (read, written) if is_sane else None

    @property
    def has_answered(self) -> bool:
        """Whether a model has read the prompt, as far as can be told: it spoke, counted or ended."""
        return self.length > 0 or self.counted is not None or self.reason is not None

    def usage(self, turns: Sequence[Turn]) -> Usage:
        """Say what it has cost: as counted by the endpoint, else by our estimate."""
        if self.counted is not None:
            return Usage(self.model, *self.counted, is_estimated=False)
        written = estimate_tokens("".join(self.text))
        return Usage(self.model, estimate_prompt(turns), written, is_estimated=True)
