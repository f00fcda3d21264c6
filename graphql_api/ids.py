"""Ids: UUIDs of version 7, ordered by time (RFC 9562, 5.7), as `private.uuid_v7()` makes them."""

from __future__ import annotations

import secrets
import time
from uuid import UUID


def uuid_v7() -> UUID:
    """Give a new id: 48 bits of milliseconds since 1970, then 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    number = (milliseconds << 80) | secrets.randbits(80)
    number = (number & ~(0xF << 76)) | (0x7 << 76)
    number = (number & ~(0x3 << 62)) | (0x2 << 62)
    return UUID(int=number)
