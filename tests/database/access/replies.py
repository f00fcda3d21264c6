"""Replies and their jobs: who may write what, and what breaks a rule for a reason."""

from __future__ import annotations

from tests.database.access.kinds import Exceptions, Writes

WRITES: Writes = {}

EXCEPTIONS: Exceptions = {
    "asks-who-calls": {
        "private.claim_job": "for workers, who serve everybody; gives ids only",
        "private.conversations_drop_summary": "a trigger; the job of the row at hand",
        "private.conversations_queue_summary": "a trigger; the job of the row at hand",
        "private.finish_job": "for workers; asks for the claim's number",
        "private.hold_job": "for workers; asks for the claim's number",
        "private.jobs_wake_next": "a trigger; the next job of the row's own person",
        "private.messages_drop_reply": "a trigger; the job of the row at hand",
        "private.messages_queue_reply": "a trigger; the job of the row at hand",
        "private.next_job_at": "a moment only",
        "private.postpone_job": "for workers; asks for the claim's number",
        "private.release_job": "for workers; asks for the claim's number",
        "private.sweep_model_usage": "a job over all users; takes no argument",
    },
}
