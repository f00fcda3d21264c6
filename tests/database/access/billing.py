"""Billing: who may write what, and what breaks a rule for a reason."""

from __future__ import annotations

from tests.database.access.kinds import Exceptions, Writes

WRITES: Writes = {
    ("cairn_server", "subscriptions", "insert"): {
        "id", "stripe_customer_id", "status", "plan", "trial_ends_at",
    },
    ("cairn_server", "subscriptions", "update"): {"stripe_customer_id"},
}  # fmt: skip

EXCEPTIONS: Exceptions = {
    "asks-who-calls": {
        "private.apply_subscription_event": "the provider names a customer, not a person",
    },
    "unique-by-owner": {
        "subscriptions_stripe_customer_id_key": "only the server writes it",
        "subscriptions_stripe_subscription_id_key": "only the server writes it",
    },
}
