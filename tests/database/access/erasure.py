"""Erasure: who may write what, and what breaks a rule for a reason."""

from __future__ import annotations

from tests.database.access.kinds import Exceptions, Writes

WRITES: Writes = {}

EXCEPTIONS: Exceptions = {
    "asks-who-calls": {
        "private.erase_next": "for the worker: whoever asked to be erased and is due; takes no argument",
        "private.auth_users_erase": "a trigger; the account at hand, whoever deletes it",
        "private.begin_erasure": "staff only; not granted to the API's roles",
        "private.cancel_erasure": "staff only; not granted to the API's roles",
        "private.claim_erasure_job": "for workers, who serve everybody; gives ids only",
        "private.erase": "for workers; asks for the claim's number",
        "private.erase_user": "staff only; not granted to the API's roles",
        "private.erasure_requests_close": "a trigger; the account of the row's own person",
        "private.erasure_requests_stamp": "a trigger; the request of the row at hand",
        "private.export_erasures": "staff only; hashes of people who are gone",
        "private.finish_erasure_job": "for workers; asks for the claim's number",
        "private.next_erasure_job_at": "a moment only",
        "private.postpone_erasure_job": "for workers; asks for the claim's number",
        "private.queue_due_erasures": "a job over all users; takes how many at most",
        "private.replay_erasures": "staff only; not granted to the API's roles",
        "private.users_erase": "a trigger; the person at hand, whoever deletes her",
        "private.users_follow_closing": "a trigger; the request of the row at hand",
        "private.users_leave_nothing": "a trigger; looks for rows of the person at hand",
    },
}
