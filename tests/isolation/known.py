"""What is meant to answer differently, each with the reason; the report lists them."""

from __future__ import annotations

# Functions for which hers and what is not there differ on purpose.
TELLS_APART = {
    "private.admit_session": "a session's id is a primary key that only a signed token holds; taken, it admits nobody else",
}
# Functions of the worker, who serves everybody: their answers depend on all people there are.
SERVES_EVERYBODY = {
    "private.claim_job": "gives the next job, whoever's it is: ids only",
    "private.finish_job": "for the worker: whoever holds a claim's number holds the job, ids only",
    "private.hold_job": "for the worker: whoever holds a claim's number holds the job, ids only",
    "private.postpone_job": "for the worker: whoever holds a claim's number holds the job, ids only",
    "private.release_job": "for the worker: whoever holds a claim's number holds the job, ids only",
    "private.denials_after": "the deny list is everybody's, and holds no personal data",
    "private.live_news": "numbers only, of people whom the API's process serves",
    "private.next_job_at": "a moment only",
    "private.repeat_failed_user_syncs": "a count only",
    "private.sweep_denials": "a count only",
    "private.sweep_idempotency_keys": "a count only",
    "private.sweep_live_events": "a count only",
    "private.sweep_model_usage": "a count only",
}
