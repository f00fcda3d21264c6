"""Insights and commitments: who may write what, and what breaks a rule for a reason."""

from __future__ import annotations

from tests.database.access.kinds import Exceptions, Writes

WRITES: Writes = {
    ("authenticated", "insights", "insert"): {
        "id", "conversation_id", "journey_session_id", "title", "content", "tags",
    },
    ("authenticated", "insights", "update"): {
        "title", "content", "tags", "status", "rating", "feedback",
    },
    ("authenticated", "insights", "delete"): set(),
    ("cairn_server", "insights", "insert"): {"origin", "type", "journal_entry_id", "evidence"},
    ("cairn_server", "insights", "update"): {"revealed_at", "actioned_at"},
    ("authenticated", "commitments", "insert"): {
        "id", "conversation_id", "insight_id", "goal_id", "text", "why", "due_on",
    },
    ("authenticated", "commitments", "update"): {
        "insight_id", "goal_id", "text", "why", "due_on", "status",
    },
    ("authenticated", "commitments", "delete"): set(),
    ("cairn_server", "commitments", "insert"): {"origin"},
    ("cairn_server", "commitments", "update"): {"kept_at", "dropped_at"},
}  # fmt: skip

EXCEPTIONS: Exceptions = {
    "asks-who-calls": {
        "private.insights_enqueue_memory": "a trigger; queues the row at hand",
        "private.journal_entries_take_insights": "a trigger; the insights of the row at hand",
    },
}
