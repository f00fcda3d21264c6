"""The event log: who may write what, and what breaks a rule for a reason."""

from __future__ import annotations

from tests.database.access.kinds import Exceptions, Writes

WRITES: Writes = {}

EXCEPTIONS: Exceptions = {
    "asks-who-calls": {
        "private.live_news": "numbers only, of the people that the API's process serves",
        "private.live_record": "a trigger; writes into the log of the row's owner",
        "private.sweep_live_events": "a job over all users; takes no argument",
        "private.users_forget_live": "a trigger; removes what is the row's",
    },
    "falls-with-her": {
        "live_events": "users_forget_live removes them; a key would lock her row at each event",
        "live_heads": "the same",
    },
}
