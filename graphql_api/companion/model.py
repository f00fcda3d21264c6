"""The companion by a language model, at any OpenAI-compatible endpoint."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import timedelta
from typing import TYPE_CHECKING

from graphql_api.companion.chunks import Reading
from graphql_api.companion.endpoint import Endpoint
from graphql_api.companion.failures import broken, failure_of, filtered
from graphql_api.companion.protocol import ModelFailure, Summary, Turn, Usage
from graphql_api.companion.summary import Draft, repairing, summarising
from graphql_api.settings import Settings

if TYPE_CHECKING:
    from openai import AsyncStream
    from openai.types.chat import ChatCompletionChunk

# A whole answer may take this many times what may pass between two pieces.
TIMES_IN_ALL = 10
# More characters than this for each token it was allowed, and the endpoint is not counting.
CHARACTERS_PER_TOKEN = 8
SUMMARY_TOKENS = 1_500
# The first pause before asking again; each is twice the last. Shorter by chance, up to a half.
FIRST_PAUSE = timedelta(seconds=0.5)
# Longer than this a worker is not kept waiting: the job is put back instead.
MAX_PAUSE_SECONDS = 8.0

_END = object()


class OpenAICompanion:
    """Answers by a model; only what is sent as a prompt leaves Cairn, and only to the set endpoint."""

    def __init__(self, settings: Settings, *, first_pause: timedelta = FIRST_PAUSE) -> None:
        """Prepare to ask; nothing is sent yet.

        Args:
            settings: which model, where, and all bounds.
            first_pause: before the second try.

        Raises:
            ValueError: the settings name no model, or neither a key nor an address.
        """
        self._endpoint = Endpoint(settings)
        self._silence_seconds = settings.model_timeout.total_seconds()
        self._retries = settings.model_retries
        self._reply_tokens = settings.reply_tokens
        self._context_tokens = settings.context_tokens
        self._first_pause_seconds = first_pause.total_seconds()

    @property
    def name(self) -> str:
        """CHAT_MODEL."""
        return self._endpoint.model

    async def reply(self, turns: Sequence[Turn]) -> AsyncGenerator[str | Usage, None]:
        """Give the reply in pieces and its Usage last; see `Companion.reply`.

        Raises:
            ModelFailure: after as many tries as settings allow, none after the first piece.
        """
        async with aclosing(self._answer(turns, self._reply_tokens)) as pieces:
            async for piece in pieces:
                yield piece

    async def summarise(self, turns: Sequence[Turn]) -> Summary:
        """Let the model sum up, as JSON, checked; asked once more when it is not what was asked for.

        Raises:
            ModelFailure: no answer, or none that could be read.
        """
        asked = summarising(turns, self._context_tokens)
        first, used = await self._whole(asked)
        draft = Draft.read(first)
        if draft is None:
            try:
                second, more = await self._whole(repairing(asked, first))
            except ModelFailure as failure:
                failure.tokens += used.tokens
                raise
            used = _sum(used, more)
            draft = Draft.read(second)
        if draft is None:
            raise ModelFailure("unavailable", "bad_summary", is_transient=False, tokens=used.tokens)
        return draft.summary_by(used)

    async def aclose(self) -> None:
        """Close all connections; answers under way end as interrupted."""
        await self._endpoint.close()

    async def _whole(self, turns: Sequence[Turn]) -> tuple[str, Usage]:
        """Give a whole answer in JSON, and what it has cost."""
        text: list[str] = []
        used = Usage(self.name, 0, 0, is_estimated=True)  # until it is told, at the end
        async with aclosing(self._answer(turns, SUMMARY_TOKENS, is_json=True)) as pieces:
            async for piece in pieces:
                if isinstance(piece, Usage):
                    used = piece
                else:
                    text.append(piece)
        return "".join(text), used

    async def _answer(
        self, turns: Sequence[Turn], max_tokens: int, *, is_json: bool = False
    ) -> AsyncGenerator[str | Usage, None]:
        """Ask, and again as long as nothing has come and it may help."""
        tries = tokens = 0
        while True:
            has_begun = False
            try:
                async with aclosing(self._once(turns, max_tokens, is_json=is_json)) as pieces:
                    async for piece in pieces:
                        has_begun = True
                        yield piece
                return
            except ModelFailure as caught:
                failure = caught
            # What an empty answer has cost counts, too, or whoever brings one about asks for free.
            tokens += failure.tokens
            pause = None if has_begun else self._pause_seconds(failure, tries)
            if pause is None:
                failure.tokens = tokens
                raise failure
            tries += 1
            await asyncio.sleep(pause)

    def _pause_seconds(self, failure: ModelFailure, tries: int) -> float | None:
        """How long to wait before asking again; None when that is not done here.

        After a time-out it is not: she has waited long enough for a worker to be told.
        """
        asked_for = failure.retry_after_seconds or 0.0
        is_hopeless = not failure.is_transient or failure.reason == "timeout"
        if is_hopeless or tries >= self._retries or asked_for > MAX_PAUSE_SECONDS:
            return None
        chance = random.uniform(0.5, 1)  # noqa: S311 - so that workers do not come back together
        pause = min(self._first_pause_seconds * 2.0**tries * chance, MAX_PAUSE_SECONDS)
        return max(pause, asked_for)

    async def _once(
        self, turns: Sequence[Turn], max_tokens: int, *, is_json: bool
    ) -> AsyncGenerator[str | Usage, None]:
        """Ask once; whatever the client raises becomes a ModelFailure that knows nothing of it."""
        reading = Reading(self.name)
        failure: ModelFailure | None = None
        stream: AsyncStream[ChatCompletionChunk] | None = None
        try:
            async with asyncio.timeout(self._endpoint.first_timeout.total_seconds()):
                stream = await self._endpoint.ask(turns, max_tokens=max_tokens, is_json=is_json)
            async with aclosing(self._pieces(stream, reading, max_tokens)) as pieces:
                async for piece in pieces:
                    yield piece
        except Exception as error:
            failure = failure_of(error, has_begun=reading.length > 0)
        finally:
            if stream is not None:
                await stream.close()
        failure = failure or _ending(reading)
        if failure is not None:
            failure.tokens = reading.usage(turns).tokens if reading.has_answered else 0
            raise failure
        yield reading.usage(turns)

    async def _pieces(
        self, stream: AsyncStream[ChatCompletionChunk], reading: Reading, max_tokens: int
    ) -> AsyncGenerator[str, None]:
        """Give what the stream brings, as long as it brings it in time and in bounds."""
        last_moment = asyncio.get_running_loop().time() + TIMES_IN_ALL * self._silence_seconds
        while reading.length <= max_tokens * CHARACTERS_PER_TOKEN:
            chunk = await self._next_chunk(stream, last_moment)
            if chunk is _END:
                return
            if piece := reading.take(chunk):
                yield piece
        reading.reason = "length"

    async def _next_chunk(
        self, stream: AsyncStream[ChatCompletionChunk], last_moment: float
    ) -> ChatCompletionChunk | object:
        """Give the next chunk, or _END.

        Raises:
            TimeoutError: it did not come in time; signs of life that are no chunk do not count.
        """
        next_moment = asyncio.get_running_loop().time() + self._silence_seconds
        async with asyncio.timeout_at(min(next_moment, last_moment)):
            return await anext(stream, _END)


def _ending(reading: Reading) -> ModelFailure | None:
    """Say what is wrong with an answer whose stream has ended in good order; None when nothing is.

    One that was cut at its most tokens is kept: what came is worth reading.
    """
    has_begun = reading.length > 0
    if reading.reason == "content_filter" or (reading.is_declined and not has_begun):
        return filtered()
    if reading.reason is None:
        return broken("unfinished", has_begun=has_begun)
    if not "".join(reading.text).strip():
        return broken("empty", has_begun=False)
    return None


def _sum(first: Usage, second: Usage) -> Usage:
    return Usage(
        second.model,
        first.prompt_tokens + second.prompt_tokens,
        first.reply_tokens + second.reply_tokens,
        is_estimated=first.is_estimated or second.is_estimated,
    )


def companion_of(settings: Settings) -> OpenAICompanion | None:
    """Give the companion that the settings name; None when they name none."""
    return OpenAICompanion(settings) if settings.has_model else None
