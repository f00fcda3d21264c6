"""Chat: who may write what, and what breaks a rule for a reason."""

from __future__ import annotations

from tests.database.access.kinds import Exceptions, Writes

WRITES: Writes = {
    ("authenticated", "conversations", "insert"): {
        "id", "title", "description", "kind", "metadata",
    },
    ("authenticated", "conversations", "update"): {"title", "description", "status", "metadata"},
    ("authenticated", "conversations", "delete"): set(),
    ("cairn_server", "conversations", "update"): {
        "last_turn", "message_count", "last_message_at", "updated_at", "crisis_level",
        "safety_plan_triggered",
    },
    ("cairn_server", "messages", "insert"): {
        "id", "conversation_id", "role", "message_type", "state", "in_reply_to", "failure",
        "attempt", "is_replaced", "content", "draft", "idempotency_key", "processed_content", "pii_detected", "sentiment_score", "crisis_level",
        "crisis_indicators", "requires_intervention", "memory_extracted", "model_used",
        "tokens_used", "response_time_ms", "metadata",
    },
    ("cairn_server", "messages", "update"): {
        "state", "failure", "attempt", "is_replaced", "content", "draft", "processed_content",
        "pii_detected", "sentiment_score", "crisis_level", "crisis_indicators", "requires_intervention", "memory_extracted",
        "model_used", "tokens_used", "response_time_ms", "metadata",
    },
    ("cairn_server", "messages", "delete"): set(),
    ("authenticated", "thread_mappings", "insert"): {
        "id", "conversation_id", "source", "external_thread_id", "metadata",
    },
    ("authenticated", "thread_mappings", "update"): {"metadata"},
    ("authenticated", "thread_mappings", "delete"): set(),
    ("cairn_server", "conversation_summaries", "insert"): {
        "id", "conversation_id", "summary", "key_topics", "emotional_themes", "action_items",
        "sentiment_overall", "crisis_indicators", "therapeutic_progress", "through_turn",
        "metadata",
    },
    ("cairn_server", "conversation_summaries", "update"): {
        "summary", "key_topics", "emotional_themes", "action_items", "sentiment_overall",
        "crisis_indicators", "therapeutic_progress", "metadata",
    },
    ("cairn_server", "conversation_summaries", "delete"): set(),
}  # fmt: skip

EXCEPTIONS: Exceptions = {
    "asks-who-calls": {
        "private.messages_uncount": "a trigger; counts the rows at hand",
    },
}
