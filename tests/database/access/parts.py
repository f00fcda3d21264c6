"""Parts: who may write what, and what breaks a rule for a reason."""

from __future__ import annotations

from tests.database.access.kinds import Exceptions, Writes

HERS = {
    "name", "story", "role", "status", "felt_age", "body_location", "image", "intention", "fears",
    "needs", "attributes",
}  # fmt: skip

WRITES: Writes = {
    ("authenticated", "parts", "insert"): {"id"} | HERS,
    ("authenticated", "parts", "update"): HERS,
    ("authenticated", "parts", "delete"): set(),
    ("cairn_server", "parts", "insert"): {"origin"},
    ("cairn_server", "parts", "update"): {
        "confidence_score", "recent_evidence", "status_changed_at",
    },
    ("authenticated", "part_relationships", "insert"): {
        "id", "from_part_id", "to_part_id", "relationship_type", "polarization_level", "notes",
    },
    ("authenticated", "part_relationships", "update"): {
        "relationship_type", "polarization_level", "notes",
    },
    ("authenticated", "part_relationships", "delete"): set(),
    ("cairn_server", "part_relationships", "insert"): {"origin"},
    ("authenticated", "part_assessments", "insert"): {
        "id", "part_id", "message_id", "assessment_type", "intensity", "note", "content",
    },
    ("authenticated", "part_assessments", "delete"): set(),
    ("cairn_server", "part_assessments", "insert"): {"origin"},
}  # fmt: skip

EXCEPTIONS: Exceptions = {
    "asks-who-calls": {
        "private.messages_forget_evidence": "a trigger; what cites the rows at hand",
    },
}
