"""Integration: who may write what, and what breaks a rule for a reason."""

from __future__ import annotations

from tests.database.access.kinds import Exceptions, Writes

WRITES: Writes = {}

EXCEPTIONS: Exceptions = {
    "asks-who-calls": {
        "private.admit_access_token": "whoever has the token is who calls; finds by its hash only",
        "private.authenticate_client": "a client has no user; says yes or no",
        "private.claim_webhook_event": "for workers; other services' events belong to nobody yet",
        "private.fail_webhook_event": "for workers; asks for the attempt's number",
        "private.find_client": "what a client registered belongs to nobody",
        "private.finish_webhook_event": "for workers; asks for the attempt's number",
        "private.redeem_authorization_code": "the token endpoint has no user yet; the code says whose",
        "private.register_client": "a client belongs to nobody",
        "private.repeat_webhook_event": "staff only; not granted to the API's roles",
        "private.revoke_token": "the token says whose; the client gives it back",
        "private.rotate_refresh_token": "the token endpoint has no user yet; the token says whose",
        "private.store_webhook_event": "another service calls; nobody is signed in",
        "private.sweep_oauth": "a job over all users; takes no argument",
        "private.sweep_webhook_events": "a job over all users; takes no argument",
    },
}
