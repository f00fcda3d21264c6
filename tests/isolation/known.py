"""What is meant to be so, each with the reason; the report lists it."""

from __future__ import annotations

from collections.abc import Mapping

from tests.database.access import exceptions

# They tell the server what depends on other people, or do to these what is asked of them. The
# reason is the one for which `access` lets them run without asking who calls.
SERVES_EVERYBODY = (
    "private.audit_anchors",
    "private.claim_erasure_job",
    "private.finish_job",
    "private.hold_job",
    "private.next_erasure_job_at",
    "private.owner_of_call",
    "private.person_of_external_identity",
    "private.postpone_job",
    "private.release_job",
    "private.schedules_without_next_run",
    "private.set_next_run",
    "private.takes_part",
)
_REASONS = exceptions("asks-who-calls")
ON_PURPOSE: Mapping[str, str] = {
    **{name: _REASONS[name] for name in SERVES_EVERYBODY if name in _REASONS},
    "private.admit_session": "a session's id is a primary key that only a signed token holds; taken, it admits nobody else",
}
# Functions for those who have no token.
OPEN = frozenset(exceptions("public-execute"))
