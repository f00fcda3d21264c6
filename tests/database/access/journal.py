"""Journal and continuity: who may write what, and what breaks a rule for a reason."""

from __future__ import annotations

from tests.database.access.kinds import Exceptions, Writes

WRITES: Writes = {
    ("authenticated", "journal_entries", "insert"): {
        "id", "conversation_id", "title", "content", "mood", "emotional_tone", "themes",
        "is_private", "shared_with_ai",
    },
    ("authenticated", "journal_entries", "update"): {
        "conversation_id", "title", "content", "mood", "emotional_tone", "themes", "is_private",
        "shared_with_ai", "deleted_at",
    },
    ("authenticated", "journal_entries", "delete"): set(),
    ("cairn_server", "journal_entries", "update"): {"insights_extracted_at"},
    ("authenticated", "user_conversation_continuity", "update"): {"open_points"},
    ("authenticated", "user_conversation_continuity", "delete"): set(),
    ("cairn_server", "user_conversation_continuity", "insert"): {
        "id", "conversation_id", "last_topics", "open_points", "mood_at_end", "suggested_opening",
        "through_turn",
    },
    ("cairn_server", "user_conversation_continuity", "update"): {
        "last_topics", "mood_at_end", "suggested_opening", "through_turn",
    },
    ("cairn_server", "feedback_log", "insert"): {
        "id", "feedback_id", "status", "note", "crisis_event_id",
    },
}  # fmt: skip

EXCEPTIONS: Exceptions = {
    "asks-who-calls": {
        "private.journal_entries_enqueue_memory": "a trigger; queues the row at hand",
        "private.sweep_trashed_journal_entries": "a job over all users; takes no argument",
        "private.user_feedback_is_received": "a trigger; begins the log of the row at hand",
    },
}
