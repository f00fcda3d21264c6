"""Which media type to answer in: the `Accept` header, read as RFC 9110 says."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

GRAPHQL_RESPONSE = "application/graphql-response+json"
JSON = "application/json"
HTML = "text/html"
EVENT_STREAM = "text/event-stream"

# First is what an absent or indifferent Accept gets (`*/*`), as GraphQL over HTTP asks.
OFFERED = (JSON, GRAPHQL_RESPONSE, EVENT_STREAM)
OFFERED_WITH_PAGE = (JSON, GRAPHQL_RESPONSE, HTML, EVENT_STREAM)

MAX_ACCEPT_CHARACTERS = 1_000


@lru_cache(maxsize=256)
def negotiate(accept: str | None, offered: Sequence[str]) -> str | None:
    """Give the offered type that the client likes best; None when it likes none (406).

    Each offered type takes the `q` of the most specific range that names it; the highest wins,
    then the one whose range the client wrote first, then the one that is offered first.

    Args:
        accept: value of the header, or None; longer than 1,000 characters counts as None.
        offered: media types, best first.
    """
    if accept is None or not accept.strip() or len(accept) > MAX_ACCEPT_CHARACTERS:
        return offered[0]
    ranges = [parsed for part in accept.split(",") if (parsed := _parse(part)) is not None]
    best: tuple[float, int, int] | None = None
    chosen: str | None = None
    for preference, media_type in enumerate(offered):
        match = _most_specific(media_type, ranges)
        if match is None:
            continue
        place, quality = match
        rank = (quality, -place, -preference)
        if quality > 0 and (best is None or rank > best):
            best, chosen = rank, media_type
    return chosen


@lru_cache(maxsize=256)
def names(accept: str | None, media_type: str) -> bool:
    """Tell whether the client asks for `media_type` by its name, however much it likes others.

    A `*/*` does not count: who says no more than that would be surprised by events.
    """
    if accept is None or len(accept) > MAX_ACCEPT_CHARACTERS:
        return False
    ranges = [parsed for part in accept.split(",") if (parsed := _parse(part)) is not None]
    return any(name == media_type and quality > 0 for name, quality in ranges)


def _most_specific(
    media_type: str, ranges: Sequence[tuple[str, float]]
) -> tuple[int, float] | None:
    """Give place and quality of the range that fits `media_type` most closely."""
    family = media_type.partition("/")[0] + "/*"
    for wanted in (media_type, family, "*/*"):
        for place, (name, quality) in enumerate(ranges):
            if name == wanted:
                return place, quality
    return None


def _parse(part: str) -> tuple[str, float] | None:
    """Read one media range; None when it is malformed or asks for a charset other than UTF-8."""
    name, *parameters = (piece.strip() for piece in part.lower().split(";"))
    if "/" not in name:
        return None
    quality = 1.0
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "q":
            try:
                quality = float(value)
            except ValueError:
                return None
            if not 0 <= quality <= 1:
                return None
        elif key.strip() == "charset" and value.strip().strip('"') not in ("utf-8", "utf8"):
            return None
    return name, quality
