"""The opaque id of interface Node: base64 of `Type:uuid`, as Relay's servers write it."""

from __future__ import annotations

import base64
import binascii
from uuid import UUID

# encode(…, 'base64') of Postgres breaks lines after this many characters (RFC 2045).
LINE_LENGTH = 76


def encode_node_id(type_name: str, row_id: UUID) -> str:
    """Give the nodeId of a row."""
    return base64.b64encode(f"{type_name}:{row_id}".encode()).decode()


def decode_node_id(node_id: object, type_name: str) -> UUID | None:
    """Give the row's id; None when it is malformed or of another type: both mean "no such row"."""
    try:
        name, _, text = base64.b64decode(str(node_id), validate=True).decode().partition(":")
        return UUID(text) if name == type_name else None
    except (ValueError, binascii.Error):
        return None


def encode_sql(type_name: str, expression: str) -> str:
    """Give the SQL text of `encode_node_id`; the type's name holds letters only."""
    encoded = f"encode(convert_to('{type_name}:' || {expression}, 'UTF8'), 'base64')"
    length = -(-(len(type_name) + 37) // 3) * 4
    return f"replace({encoded}, E'\\n', '')" if length > LINE_LENGTH else encoded
