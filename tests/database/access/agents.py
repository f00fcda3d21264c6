"""Agents: who may write what, and what breaks a rule for a reason."""

from __future__ import annotations

from tests.database.access.kinds import Exceptions, Writes

# Of agent_actions nobody writes anything.
WRITES: Writes = {}

EXCEPTIONS: Exceptions = {
    "asks-who-calls": {
        "private.forget_agent_actions": "a trigger; the actions on the row at hand",
        "private.messages_forget_quotes": "a trigger; the actions of those whose messages are at hand",
        "private.capture_agent_action": "a trigger; writes into the list of the row's owner",
    },
    "private-execute": {
        "private.undo_agent_action": "asks who calls; the body of the public one is bound to it",
    },
}
