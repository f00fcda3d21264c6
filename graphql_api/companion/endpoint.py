"""One OpenAI-compatible endpoint, asked through the official client.

`openai` is imported when the first one is made: it takes half a second or more, which a process
that answers no replies should not pay.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from graphql_api.companion.protocol import Turn
from graphql_api.settings import Settings

if TYPE_CHECKING:
    from openai import APIStatusError, AsyncStream
    from openai.types.chat import ChatCompletionChunk

OPENAI = "https://api.openai.com/v1"
# For endpoints of one's own that ask for no key; the client insists on one.
NO_KEY = "none"

# At lower levels these write addresses, headers and, in some versions, whole requests.
_TALKATIVE = ("openai", "httpx", "httpx2", "httpcore", "httpcore2")

# Not every endpoint knows these; one that refuses a request and names one of them gets no more of
# it. `max_tokens` is known nearly everywhere; OpenAI's newer models want `max_completion_tokens`.
_OPTIONAL = ("stream_options", "response_format", "max_tokens")


class Endpoint:
    """Where questions go. It holds a pool of connections; close it in the end."""

    def __init__(self, settings: Settings) -> None:
        """Prepare to ask; nothing is sent yet.

        Raises:
            ValueError: the settings name no model, or neither a key nor an address.
        """
        if not settings.has_model or settings.chat_model is None:
            raise ValueError("Set CHAT_MODEL, and OPENAI_API_KEY or OPENAI_BASE_URL.")
        import httpx2
        import openai

        for name in _TALKATIVE:
            logging.getLogger(name).setLevel(logging.WARNING)
        self.model = settings.chat_model
        self.base_url = settings.openai_base_url or OPENAI
        key = settings.openai_api_key
        silence = settings.model_timeout.total_seconds()
        connect = settings.model_connect_timeout.total_seconds()
        timeout = httpx2.Timeout(silence, connect=connect)
        self._client = openai.AsyncOpenAI(
            api_key=key.get_secret_value() if key else NO_KEY,
            base_url=self.base_url,
            timeout=timeout,
            max_retries=0,  # we know when one helps, and how long we may wait
            # A redirect would carry the conversation to an address that nobody has set.
            http_client=openai.DefaultAsyncHttpx2Client(timeout=timeout, follow_redirects=False),
        )
        self.first_timeout = timedelta(seconds=silence + connect)
        self._refused: set[str] = set()

    async def ask(
        self, turns: Sequence[Turn], *, max_tokens: int, is_json: bool = False
    ) -> AsyncStream[ChatCompletionChunk]:
        """Ask, and give the stream of the answer, which the caller closes.

        Raises:
            openai.APIError: whose text must not go anywhere.
        """
        import openai

        while True:
            options = self._options(max_tokens, is_json)
            try:
                stream: AsyncStream[
                    ChatCompletionChunk
                ] = await self._client.chat.completions.create(
                    model=self.model, messages=_messages(turns), stream=True, **options
                )
            except openai.APIStatusError as error:
                # Each turn of this loop sends fewer options.
                if not self._concedes(error, options):
                    raise
            else:
                return stream

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()

    def _options(self, max_tokens: int, is_json: bool) -> dict[str, Any]:
        options: dict[str, Any] = {"max_tokens": max_tokens}
        if "max_tokens" in self._refused:
            options = {"max_completion_tokens": max_tokens}
        if "stream_options" not in self._refused:
            options["stream_options"] = {"include_usage": True}
        if is_json and "response_format" not in self._refused:
            options["response_format"] = {"type": "json_object"}
        return options

    def _concedes(self, error: APIStatusError, sent: Iterable[str]) -> bool:
        """Remember an option that was refused by name; False when that was not the reason."""
        if error.status_code not in (400, 422):
            return False
        # The text may quote what she wrote; where the endpoint says which option it is, that counts.
        told = error.param if isinstance(error.param, str) else str(error)
        named = [name for name in _OPTIONAL if name in sent and name in told]
        self._refused.update(named[:1])
        return bool(named)


def _messages(turns: Sequence[Turn]) -> Any:
    """Write turns as the API has them; its types are unions by role, which a variable role is none of."""
    return [{"role": turn.role, "content": turn.content} for turn in turns]
