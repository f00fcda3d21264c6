"""Functions that are meant to answer differently; the report lists those that do, with the reason."""

from __future__ import annotations

from collections.abc import Mapping

from tests.database.access import exceptions

# Those that run with the owner's rights and do not ask who calls: workers serve everybody. Each has
# its reason in `access`. Only the server's role may have them; for her they would be a hit.
ON_PURPOSE: Mapping[str, str] = {
    **exceptions("asks-who-calls"),
    "private.admit_session": "a session's id is a primary key that only a signed token holds; taken, it admits nobody else",
}
