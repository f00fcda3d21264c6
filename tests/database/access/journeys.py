"""Journeys: who may write what, and what breaks a rule for a reason."""

from __future__ import annotations

from tests.database.access.kinds import Exceptions, Writes

WRITES: Writes = {
    ("authenticated", "journey_sessions", "insert"): {
        "id", "journey_id", "conversation_id", "metadata",
    },
    ("authenticated", "journey_sessions", "update"): {
        "status", "current_step", "conversation_id", "metadata",
    },
    ("authenticated", "journey_sessions", "delete"): set(),
    ("authenticated", "checkpoints", "insert"): {
        "id", "journey_session_id", "step_id", "key", "value",
    },
    ("authenticated", "checkpoints", "delete"): set(),
}  # fmt: skip

EXCEPTIONS: Exceptions = {
    "asks-who-calls": {
        "private.abandon_idle_journey_sessions": "a job over all users; takes a time only",
    },
    "falls-with-her": {"journeys": "a catalogue, nobody's own"},
    "one-policy-each": {"journeys": "a catalogue, which is read only"},
    "policy-roles": {
        "journeys.anybody reads the journeys that are published": "a catalogue is for everybody",
    },
    "anonymous": {"journeys:anon": "a catalogue is for everybody"},
}
