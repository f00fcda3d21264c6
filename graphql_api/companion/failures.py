"""What the official client raises, as a ModelFailure: a code and a fixed word, no text of theirs.

Their errors quote prompts, keys and answers; so nothing of them is kept, not even as a cause.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from graphql_api.companion.protocol import ModelFailure

if TYPE_CHECKING:
    from openai import APIStatusError

MAX_RETRY_AFTER_SECONDS = 600.0

# Other statuses of 400 and above say that the question, or whoever asks, is refused.
_LATER = frozenset({408, 409, 425, 429})
# Too many requests, but no waiting helps.
_UNPAID = frozenset({"insufficient_quota", "billing_hard_limit_reached"})


class BadChunk(ValueError):
    """A chunk of a stream is not what the API says that it is."""


def failure_of(error: Exception, *, has_begun: bool) -> ModelFailure:
    """Give the ModelFailure for anything that was raised while asking or reading.

    Args:
        error: whatever it is.
        has_begun: a piece of text came before it.
    """
    import openai

    if isinstance(error, ModelFailure):
        return error
    if isinstance(error, openai.APIStatusError):
        return _refusal(error)
    if isinstance(error, (TimeoutError, openai.APITimeoutError)):
        return broken("timeout", has_begun=has_begun)
    if isinstance(error, openai.APIConnectionError):
        return broken("connection", has_begun=has_begun)
    if isinstance(error, openai.APIResponseValidationError):
        return broken("malformed", has_begun=has_begun)
    if isinstance(error, openai.APIError):  # as an event of a stream
        return broken("error_event", has_begun=has_begun)
    return broken("malformed", has_begun=has_begun)


def broken(reason: str, *, has_begun: bool) -> ModelFailure:
    """Give the failure of an answer that did not come, or broke off."""
    return ModelFailure("interrupted" if has_begun else "unavailable", reason, is_transient=True)


def filtered() -> ModelFailure:
    """Give the failure of an answer that the endpoint's own filter has stopped."""
    return ModelFailure("refused", "content_filter", is_transient=False)


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """Read how long to wait, from 0 to 600 seconds; None when that is not said, or not readable.

    It stands as milliseconds (`retry-after-ms`, OpenAI's own), seconds, or a date (RFC 9110, 10.2.3).
    """
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return _bounded(milliseconds / 1000)
    text = headers.get("retry-after")
    seconds = _number(text)
    if seconds is not None:
        return _bounded(seconds)
    try:
        moment = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return _bounded((aware - datetime.now(UTC)).total_seconds())


def _refusal(error: APIStatusError) -> ModelFailure:
    """Read an answer with a status that is not 2xx."""
    status = error.status_code
    if error.code == "content_filter":
        return filtered()
    is_transient = (status >= 500 or status in _LATER) and error.code not in _UNPAID
    return ModelFailure(
        "unavailable" if is_transient or status == 429 else "refused",
        f"http_{status}",
        is_transient=is_transient,
        retry_after_seconds=retry_after_seconds(error.response.headers) if is_transient else None,
    )


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _bounded(seconds: float) -> float:
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_SECONDS)
