"""Rewards: who may write what, and what breaks a rule for a reason."""

from __future__ import annotations

from tests.database.access.kinds import Exceptions, Writes

WRITES: Writes = {
    ("cairn_server", "user_badges", "insert"): {"id", "badge_id", "xp_awarded"},
    ("cairn_server", "user_activity_days", "insert"): {"day"},
}  # fmt: skip

EXCEPTIONS: Exceptions = {
    "asks-who-calls": {
        "private.end_missed_streaks": "a job over all users; takes no argument",
    },
    "falls-with-her": {"badges": "a catalogue, nobody's own"},
    "one-policy-each": {"badges": "a catalogue, which is read only"},
    "policy-roles": {
        "badges.anybody reads the badges that are published": "a catalogue is for everybody",
    },
    "anonymous": {"badges:anon": "a catalogue is for everybody"},
}
