"""Accounts: who may write what, and what breaks a rule for a reason."""

from __future__ import annotations

from tests.database.access.kinds import Exceptions, Writes

WRITES: Writes = {
    ("authenticated", "users", "update"): {
        "full_name", "display_name", "bio", "avatar_url", "settings",
    },
    ("cairn_server", "users", "update"): {"current_streak", "xp", "last_active_at"},
    ("authenticated", "user_service_profiles", "insert"): {
        "id", "service_type", "service_preferences",
    },
    ("authenticated", "user_service_profiles", "update"): {"service_preferences"},
    ("authenticated", "user_service_profiles", "delete"): set(),
    ("cairn_server", "user_service_profiles", "insert"): {
        "service_metadata", "usage_stats", "last_used_at",
    },
    ("cairn_server", "user_service_profiles", "update"): {
        "service_metadata", "usage_stats", "last_used_at",
    },
}  # fmt: skip

EXCEPTIONS: Exceptions = {
    "asks-who-calls": {
        "private.auth_users_follow": "a trigger; runs as Supabase Auth, for anybody",
        "private.denials_after": "the deny list is everybody's; for the API itself",
        "private.denials_number": "a trigger; numbers the row at hand",
        "private.deny_user": "staff only; not granted to the API's roles",
        "private.repeat_failed_user_syncs": "a job over all users; takes the number of a part",
        "private.sweep_denials": "a job over all users; takes no argument",
        "private.users_deny": "a trigger; denies the row at hand",
    },
}
