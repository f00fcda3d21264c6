"""Cursors of feeds: where a subscriber is in a log or in a text, checked when they come back.

A cursor is not signed: a forged one is only another place among her own events.
"""

from __future__ import annotations

import re

from graphql_api.errors import BadInput

# A bigint has 19 digits; her numbers begin with 1, 0 is before the first.
PLACE = re.compile(r"0|[1-9][0-9]{0,17}")
IN_TEXT = re.compile(r"(0|[1-9][0-9]{0,8}):(0|[1-9][0-9]{0,8})")


def decode_place(cursor: str | None) -> int | None:
    """Give the number of the last event that arrived; None without a cursor.

    Raises:
        BadInput: it is no cursor of events.
    """
    if cursor is None:
        return None
    if PLACE.fullmatch(cursor) is None:
        raise BadInput("This is not a cursor of events.", field="after")
    return int(cursor)


def decode_in_text(cursor: str | None) -> tuple[int, int] | None:
    """Give attempt and offset (in characters) of what arrived; None without a cursor.

    Raises:
        BadInput: it is no cursor of a text.
    """
    if cursor is None:
        return None
    found = IN_TEXT.fullmatch(cursor)
    if found is None:
        raise BadInput("This is not a cursor of a text.", field="after")
    return int(found[1]), int(found[2])


def encode_in_text(attempt: int, offset: int) -> str:
    """Give the cursor of a place in a text."""
    return f"{attempt}:{offset}"
