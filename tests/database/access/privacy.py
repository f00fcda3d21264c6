"""Privacy: who may write what, and what breaks a rule for a reason."""

from __future__ import annotations

from tests.database.access.kinds import Exceptions, Writes

WRITES: Writes = {
    ("authenticated", "user_privacy_settings", "update"): {
        "data_retention_days", "allow_long_term_storage", "auto_anonymize_pii",
        "handling_of_names", "handling_of_contact_details", "handling_of_addresses",
        "handling_of_payment_details", "handling_of_identifiers", "allow_analytics",
        "allow_contact", "allow_research",
    },
    ("authenticated", "data_exports", "insert"): {"id", "format", "include_sensitive"},
    ("cairn_server", "data_exports", "update"): {
        "status", "storage_path", "byte_size", "row_count", "error_code", "expires_at",
    },
}  # fmt: skip

EXCEPTIONS: Exceptions = {
    "asks-who-calls": {
        "private.user_privacy_settings_drop_originals": "a trigger; the memories of the row's own person",
        "private.memories_obey_settings": "a trigger; the settings of the row's own person",
        "private.claim_data_export": "for workers, who serve everybody; gives ids only",
        "private.consents_apply": "a trigger; the settings of the row's own person",
        "private.consents_check": "a trigger; compares with what everybody is asked",
        "private.expired_data_exports": "for workers; files whose time has come",
        "private.sweep_retention": "a job over all users; takes the number of a part",
        "private.user_privacy_settings_answer": "a trigger; an answer of the row's own person",
        "private.users_get_privacy_settings": "a trigger; the settings of the row at hand",
    },
}
