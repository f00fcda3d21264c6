"""What Cairn asks of whoever answers: a language model, or the script of `cairn dev`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

Role = Literal["user", "assistant", "system"]
FailureCode = Literal["unavailable", "refused", "interrupted"]


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a conversation; its words do not show in its repr, and so in no log."""

    role: Role
    content: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Usage:
    """What one answer has cost (NU-066).

    Attributes:
        model: who answered, by its own name where it gives one.
        prompt_tokens: tokens read.
        reply_tokens: tokens written.
        is_estimated: the model did not say, and `context.estimate_tokens` was asked.
    """

    model: str
    prompt_tokens: int
    reply_tokens: int
    is_estimated: bool

    @property
    def tokens(self) -> int:
        """All of them, as a budget counts."""
        return self.prompt_tokens + self.reply_tokens


@dataclass(frozen=True, slots=True)
class Summary:
    """What a conversation was about, within the bounds of the table `conversation_summaries`.

    Attributes:
        summary: not blank, at most 8,000 characters.
        key_topics: at most 10, the most important first.
        emotional_themes: at most 10, the strongest first.
        action_items: at most 10: what she means to do.
        sentiment_overall: from -1 (bad) to 1 (good); None when it was not measured.
        therapeutic_progress: at most 2,000 characters; None when nothing can be said.
        model: who wrote it; `extractive` for the rules.
        usage: None when no model was asked.
    """

    summary: str = field(repr=False)
    key_topics: tuple[str, ...] = field(repr=False)
    emotional_themes: tuple[str, ...] = field(repr=False)
    action_items: tuple[str, ...] = field(repr=False)
    sentiment_overall: float | None = field(repr=False)
    therapeutic_progress: str | None = field(repr=False)
    model: str
    usage: Usage | None


class ModelFailure(Exception):
    """The companion could not answer, or not to the end.

    It carries no word of the prompt, the answer, the key or the endpoint, and has neither cause
    nor context, since those of an HTTP client hold all of them.

    Attributes:
        code: `unavailable` (nothing came: down, slow, busy), `refused` (it will not answer this,
            or not us), `interrupted` (it broke off after its first words).
        reason: one fixed word for logs, such as `timeout` or `http_429`.
        is_transient: whether the same question may succeed later.
        retry_after_seconds: how long the endpoint asks to be left alone, from 0 to 600; None when
            it did not say.
        tokens: what it has cost all the same, if a model has answered.
    """

    def __init__(
        self,
        code: FailureCode,
        reason: str,
        *,
        is_transient: bool,
        retry_after_seconds: float | None = None,
        tokens: int = 0,
    ) -> None:
        super().__init__(f"{code}: {reason}")
        self.code: FailureCode = code
        self.reason = reason
        self.is_transient = is_transient
        self.retry_after_seconds = retry_after_seconds
        self.tokens = tokens


class Companion(Protocol):
    """Whoever answers."""

    @property
    def name(self) -> str:
        """What is stored as the model of its replies."""
        ...

    def reply(self, turns: Sequence[Turn]) -> AsyncGenerator[str | Usage, None]:
        """Give the reply in pieces of text, as they come, and its Usage last.

        Close it (`contextlib.aclosing`) when not all of it is wanted: the model then stops at once.

        Args:
            turns: as `context.fit_turns` gives them, the system prompt first.

        Raises:
            ModelFailure: while iterating. Once a piece was given, nothing is tried again here.
        """
        ...

    async def summarise(self, turns: Sequence[Turn]) -> Summary:
        """Sum up a conversation.

        Args:
            turns: hers and the companion's, oldest first, without a system prompt; cut here to
                what the model can read.

        Raises:
            ModelFailure: there is no summary. `extractive.extractive_summary` needs no model.
        """
        ...

    async def aclose(self) -> None:
        """Close what is open to the model; replies under way end as interrupted."""
        ...
