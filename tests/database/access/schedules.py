"""Schedules: who may write what, and what breaks a rule for a reason."""

from __future__ import annotations

from tests.database.access.kinds import Exceptions, Writes

WRITES: Writes = {
    ("authenticated", "schedules", "insert"): {
        "id", "name", "description", "schedule_type", "cron_expression", "timezone",
        "reminder_method", "phone_number", "email", "assistant_id", "is_active",
        "context_summary", "custom_metadata",
    },
    ("authenticated", "schedules", "update"): {
        "name", "description", "schedule_type", "cron_expression", "timezone",
        "reminder_method", "phone_number", "email", "assistant_id", "is_active",
        "context_summary", "custom_metadata",
    },
    ("authenticated", "schedules", "delete"): set(),
    ("cairn_server", "schedule_executions", "update"): {
        "user_responded", "response_time_minutes", "session_duration_minutes",
        "execution_metadata",
    },
}  # fmt: skip

EXCEPTIONS: Exceptions = {
    "asks-who-calls": {
        "private.is_time_zone": "names of time zones belong to nobody",
        "private.schedules_change": "a trigger; counts the schedules of the row's own person",
        "private.claim_due_schedules": "for workers, who serve everybody",
        "private.finish_schedule_run": "for workers; asks for the claim's number",
        "private.hold_schedule_run": "for workers; asks for the claim's number",
        "private.schedules_without_next_run": "for workers, who serve everybody",
        "private.set_next_run": "for workers; a moment, of the version that they have seen",
    },
    "private-execute": {"private.is_cron": "the check of her own schedules; looks at a text"},
}
