"""Voice: who may write what, and what breaks a rule for a reason."""

from __future__ import annotations

from tests.database.access.kinds import Exceptions, Writes

WRITES: Writes = {
    ("cairn_server", "voice_calls", "insert"): {
        "id", "conversation_id", "vapi_call_id", "assistant_id", "channel", "status",
        "phone_number", "started_at", "ended_at", "ended_reason", "cost_total", "cost_currency",
        "cost_breakdown",
    },
    ("cairn_server", "voice_calls", "update"): {
        "conversation_id", "vapi_call_id", "status", "started_at", "ended_at", "ended_reason",
        "cost_total", "cost_currency", "cost_breakdown",
    },
    ("authenticated", "voice_calls", "delete"): set(),
    ("cairn_server", "call_summaries", "insert"): {
        "id", "call_id", "summary", "summary_json", "duration_seconds", "sentiment", "key_topics",
        "action_items", "crisis_indicators", "emotional_state",
    },
    ("cairn_server", "call_summaries", "update"): {
        "summary", "summary_json", "duration_seconds", "sentiment", "key_topics", "action_items",
        "crisis_indicators", "emotional_state",
    },
    ("authenticated", "call_summaries", "delete"): set(),
}  # fmt: skip

EXCEPTIONS: Exceptions = {
    "asks-who-calls": {
        "private.owner_of_call": "the provider names a call, not a person; gives ids only",
    },
    "unique-by-owner": {
        "voice_calls_vapi_call_id_key": "only the server writes it; the provider names calls by it",
    },
    "falls-with-her": {"voices": "a catalogue, nobody's own"},
    "one-policy-each": {"voices": "a catalogue, which is read only"},
    "policy-roles": {
        "voices.anybody reads the voices that are published": "a catalogue is for everybody",
    },
    "anonymous": {"voices:anon": "a catalogue is for everybody"},
}
