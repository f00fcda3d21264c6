"""Parts: who may write what, and what breaks a rule for a reason."""

from __future__ import annotations

from tests.database.access.kinds import Exceptions, Writes

WRITES: Writes = {}

EXCEPTIONS: Exceptions = {}
