"""Audit: who may write what, and what breaks a rule for a reason."""

from __future__ import annotations

from tests.database.access.kinds import Exceptions, Writes

WRITES: Writes = {
    # Whom nobody can become: one function runs as it.
    ("cairn_eraser", "audit_log", "delete"): set(),
}

EXCEPTIONS: Exceptions = {
    "asks-who-calls": {
        "private.audit_anchors": "numbers and hashes, to be kept outside",
        "private.audit_change": "a trigger; writes into the log of the row's owner",
        "private.audit_inbox_empty": "a trigger; writes the line at hand",
        "private.trim_audit": "granted to nobody; for the job that keeps retention",
        "private.users_begin_audit": "a trigger; the chain of the row at hand",
        "private.users_forget_audit": "a trigger; removes what is the row's",
        "private.verify_audit": "numbers of lines only; for the tool that compares with anchors",
    },
    "falls-with-her": {
        "audit_log": "users_forget_audit removes it; a key would lock her row at each line",
    },
}
