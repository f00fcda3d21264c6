"""Minors: who may write what, and what breaks a rule for a reason."""

from __future__ import annotations

from tests.database.access.kinds import Exceptions, Writes

WRITES: Writes = {}

EXCEPTIONS: Exceptions = {
    "asks-who-calls": {
        "private.ages_of_consent_change": "a trigger; staff's own change, for all of that country",
        "private.auth_users_take_part": "a trigger; runs as Supabase Auth, for the row at hand",
        "private.participation_changes": "a trigger; the owner of the row at hand",
        "private.profiles_keep_country": "a trigger; refuses the row at hand, reads a list of ages",
        "private.repeat_failed_participations": "a job over all users; takes no argument",
        "private.require_participation": "a trigger; asks for the row's owner, whoever writes",
        "private.takes_part": "of the caller by its default; callable by name for the server only",
    },
    "private-execute": {
        "private.takes_part": "the policies ask it in her name",
    },
}
