"""What is sent: status, headers and bytes of an answer, and errors as GraphQL speaks them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import orjson
from starlette.types import Send

from graphql_api.errors import ApiError, BadInput
from graphql_api.responses import Answer

Headers = tuple[tuple[bytes, bytes], ...]

# An answer is sent in pieces, each when the client has read most of those before it.
PIECE_BYTES = 64 * 1024

# Answers are a person's own and never kept by a cache, guessed at by a browser, or framed.
SAFE_HEADERS: Headers = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
)


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """A complete answer, ready to be sent.

    Attributes:
        status: of HTTP.
        media_type: of the body, which is UTF-8.
        body: all of it.
        headers: besides the type, the length and the safe ones.
        operation: what kind of GraphQL operation it answers, for the metrics.
        safe_headers: other ones for an answer that is meant to be looked at.
    """

    status: int
    media_type: str
    body: bytes
    headers: Headers = ()
    operation: str = "none"
    safe_headers: Headers = SAFE_HEADERS

    async def send(self, send: Send) -> None:
        """Send it, with a length, so that the connection stays usable.

        Each piece waits until the client has read; how long at most is `server.py`'s to say.
        """
        await send(
            {
                "type": "http.response.start",
                "status": self.status,
                "headers": [
                    (b"content-type", f"{self.media_type}; charset=utf-8".encode()),
                    (b"content-length", str(len(self.body)).encode()),
                    *self.safe_headers,
                    *self.headers,
                ],
            }
        )
        last = max(len(self.body) - 1, 0) // PIECE_BYTES * PIECE_BYTES
        for start in range(0, last, PIECE_BYTES):
            piece = self.body[start : start + PIECE_BYTES]
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": self.body[last:]})


class AnswerTooLarge(BadInput):
    """The answer is too large: ask for smaller pages."""


def check_size(answer: Answer, limit_bytes: int) -> None:
    """Refuse to send an answer that is too large.

    Raises:
        AnswerTooLarge: more than `limit_bytes`.
    """
    if len(answer.body) <= limit_bytes:
        return
    text = f"The answer is larger than {limit_bytes} bytes: ask for smaller pages."
    if answer.operation == "mutation":
        text += " What was to be written is written."
    raise AnswerTooLarge(text)


def json_answer(status: int, value: Mapping[str, object]) -> HttpAnswer:
    """Give a plain JSON answer."""
    return HttpAnswer(status, "application/json", orjson.dumps(value))


def error_answer(
    error: ApiError, *, media_type: str, status: int | None = None, headers: Headers = ()
) -> HttpAnswer:
    """Give the answer for a request that was refused before anything ran: no `data` entry.

    Args:
        error: what the caller is told.
        media_type: the one that was negotiated.
        status: instead of the error's own.
        headers: besides those that the error asks for.
    """
    status = error.status if status is None else status
    return HttpAnswer(
        status, media_type, error_body(error), (*_headers_of(error, status), *headers)
    )


def error_body(error: ApiError) -> bytes:
    """Give the JSON of a result that is nothing but this error."""
    return orjson.dumps({"errors": [{"message": error.message, "extensions": error.extensions}]})


def _headers_of(error: ApiError, status: int) -> Headers:
    headers: list[tuple[bytes, bytes]] = []
    if status == 401:
        headers.append((b"www-authenticate", b'Bearer realm="cairn", error="invalid_token"'))
    if status in (408, 413):
        # What is left of a body that is too large or too slow is not worth reading.
        headers.append((b"connection", b"close"))
    if error.retry_after_seconds is not None:
        headers.append(retry_after(error.retry_after_seconds))
    return tuple(headers)


def retry_after(seconds: float) -> tuple[bytes, bytes]:
    """Give the header that says when to come again; whole seconds, at least one."""
    return (b"retry-after", str(max(1, math.ceil(seconds))).encode())
