"""Safety: who may write what, and what breaks a rule for a reason."""

from __future__ import annotations

from tests.database.access.kinds import Exceptions, Writes

WRITES: Writes = {
    ("cairn_server", "crisis_events", "insert"): {
        "id", "level", "source", "detector", "confidence", "flags", "conversation_id", "message_id",
        "escalation_path", "response_template", "response_given", "resources_offered",
    },
    ("cairn_server", "crisis_events", "update"): {
        "level", "detector", "confidence", "flags", "escalation_path", "response_template",
        "response_given", "resources_offered",
    },
    ("authenticated", "safety_contacts", "insert"): {
        "id", "external_first_name", "external_last_name", "external_phone_number",
        "external_email", "priority_order", "allowed_methods", "preferred_method",
        "relationship_type", "notes", "preferred_contact_time", "timezone", "is_active",
        "is_emergency_contact", "custom_metadata",
    },
    ("authenticated", "safety_contacts", "update"): {
        "external_first_name", "external_last_name", "external_phone_number", "external_email",
        "priority_order", "allowed_methods", "preferred_method", "relationship_type", "notes",
        "preferred_contact_time", "timezone", "is_active", "is_emergency_contact",
        "custom_metadata",
    },
    ("authenticated", "safety_contacts", "delete"): set(),
    ("cairn_server", "safety_contacts", "update"): {"state"},
    ("cairn_server", "contact_logs", "insert"): {
        "id", "safety_contact_id", "crisis_event_id", "attempted_at", "contact_method", "success",
        "reason", "initiated_by", "message_template", "error_code", "response_received",
        "response_time_minutes", "response_summary", "contact_metadata",
    },
    ("cairn_server", "contact_logs", "update"): {
        "success", "error_code", "response_received", "response_time_minutes", "response_summary",
    },
}  # fmt: skip

EXCEPTIONS: Exceptions = {
    "asks-who-calls": {
        "private.contact_logs_note_contact": "a trigger; the contact of the row at hand",
        "private.crisis_events_raise": "a trigger; conversation and profile of the row's owner",
        "private.safety_contacts_forget": "a trigger; the log of the row at hand",
        "public.decline_contact_invitation": "contact_of_invitation, which it begins with, asks",
        "public.handle_crisis_event": "is_care_team, which it begins with, asks",
        "public.list_crisis_events": "is_care_team, which it begins with, asks",
    },
    "owner-in-keys": {
        "safety_contacts_contact_user_id_fkey": "the contact is somebody else; only accepting writes it",
    },
    "unique-by-owner": {
        "safety_contacts_invitation_key": "finds the invitation; only invite_safety_contact writes it",
    },
}
