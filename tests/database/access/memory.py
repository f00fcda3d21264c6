"""Memory and its snapshots: who may write what, and what breaks a rule for a reason."""

from __future__ import annotations

from tests.database.access.kinds import Exceptions, Writes

WRITES: Writes = {
    ("authenticated", "memories", "update"): {"is_consented", "status"},
    ("authenticated", "memories", "delete"): set(),
    ("cairn_server", "memories", "insert"): {
        "id", "conversation_id", "message_id", "author_role", "content", "original_content",
        "processed_content", "summary", "memory_type", "storage_type", "significance_level",
        "significance_category", "relevance_score", "stability_score", "explicitness_score",
        "quality_score", "validation_passed", "decay_rate", "consolidation_count", "valid_from",
        "valid_until", "is_consented", "pii_detected", "tags", "extraction_metadata",
    },
    ("cairn_server", "memories", "update"): {
        "content", "original_content", "processed_content", "summary", "memory_type",
        "storage_type", "significance_level", "significance_category", "relevance_score",
        "stability_score", "explicitness_score", "quality_score", "validation_passed",
        "decay_rate", "consolidation_count", "valid_from", "valid_until", "superseded_by",
        "pii_detected", "tags", "extraction_metadata",
    },
    ("cairn_server", "memory_vectors", "insert"): {"id", "embedder", "embedding", "search"},
    ("cairn_server", "memory_vectors", "delete"): set(),
    ("cairn_server", "memory_access", "insert"): {
        "id", "salience", "access_count", "last_accessed_at",
    },
    ("cairn_server", "memory_access", "update"): {"salience", "access_count", "last_accessed_at"},
    ("authenticated", "memory_links", "delete"): set(),
    ("cairn_server", "memory_links", "insert"): {
        "id", "from_memory_id", "to_memory_id", "kind", "strength",
    },
    ("cairn_server", "memory_links", "update"): {"kind", "strength"},
    ("cairn_server", "memory_metrics", "insert"): {
        "day", "retrievals", "misses", "candidates", "hits", "score_total", "latency_ms_total",
        "latency_ms_max",
    },
    ("cairn_server", "memory_metrics", "update"): {
        "retrievals", "misses", "candidates", "hits", "score_total", "latency_ms_total",
        "latency_ms_max",
    },
    ("authenticated", "check_ins", "insert"): {
        "id", "conversation_id", "mood", "energy", "prompts", "note", "occurred_at",
    },
    ("authenticated", "check_ins", "update"): {"mood", "energy", "prompts", "note", "occurred_at"},
    ("authenticated", "check_ins", "delete"): set(),
    ("cairn_server", "check_ins", "insert"): {"origin"},
}  # fmt: skip

EXCEPTIONS: Exceptions = {
    "asks-who-calls": {
        "private.check_ins_enqueue_memory": "a trigger; the update of the row at hand",
        "private.claim_memory_update": "for workers, who serve everybody; gives ids only",
        "private.conversations_enqueue_memory": "a trigger; the update of the row at hand",
        "private.drop_memory_update": "a trigger; the update of the row at hand",
        "private.memories_drop_vector": "a trigger; the vector of the row at hand",
        "private.users_forget_memory_updates": "a trigger; removes what is the row's",
    },
    "falls-with-her": {
        "memory_updates": "users_forget_memory_updates removes them; a key would lock her row "
        "after a conversation's",
    },
}
