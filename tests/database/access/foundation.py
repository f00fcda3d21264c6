"""The foundation: who may write what, and what breaks a rule for a reason."""

from __future__ import annotations

from tests.database.access.kinds import Exceptions, Writes

WRITES: Writes = {}

EXCEPTIONS: Exceptions = {
    "asks-who-calls": {
        "private.only_herself": "a trigger; reads the caller's own claims",
        "private.applied_migrations": "versions of migrations belong to nobody",
        "private.sweep_idempotency_keys": "a job over all users; takes no argument",
    },
    "private-execute": {
        "private.actor": "reads the caller's own claims",
        "private.writer": "the default of origins; the same",
        "private.uuid_v7": "the default of ids",
    },
}
