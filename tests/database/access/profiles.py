"""Profiles: who may write what, and what breaks a rule for a reason."""

from __future__ import annotations

from tests.database.access.kinds import Exceptions, Writes

WRITES: Writes = {
    # It is made with the person, and goes with her.
    ("authenticated", "profiles", "update"): {
        "preferred_name", "pronouns", "birth_year", "country", "timezone", "language",
        "emotional_tone", "initial_emotional_tone", "emotional_baseline", "concerns",
        "profile_summary", "main_themes", "current_focus", "conversation_id",
    },
    ("cairn_server", "profiles", "update"): {
        "age_verified", "current_crisis_level", "initial_crisis_level",
    },
    ("authenticated", "profile_tone_history", "delete"): set(),
    ("authenticated", "external_identities", "delete"): set(),
    ("cairn_server", "external_identities", "insert"): {"id", "source", "external_id"},
}  # fmt: skip

EXCEPTIONS: Exceptions = {
    "asks-who-calls": {
        "private.grant_guardian_consent": "for a guardian, who has no account; asks for the link's secret",
        "private.onboarding_fix_beginning": "a trigger; the profile of the row's owner",
        "private.person_of_external_identity": "finds who that is; for what the server has checked",
        "private.profiles_keep_tone": "a trigger; a line for the row's owner",
        "private.sweep_guardian_consents": "a job over all users; takes no argument",
        "private.users_make_profile": "a trigger; the profile of the row at hand",
        "private.withdraw_guardian_consent": "for a guardian, who has no account; asks for the link's secret",
    },
    "unique-by-owner": {
        "external_identities_source_key": "finds the person; only the server writes it",
        "guardian_consents_token_key": "finds the consent; only issue_guardian_link writes it",
    },
}
