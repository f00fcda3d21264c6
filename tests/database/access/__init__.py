"""Who may write what, and what breaks a rule for a reason: a module for each migration.

A table that is in no `WRITES` is a plain one: she alone writes it, and nobody sets owner and times.
"""

from __future__ import annotations

from tests.database.access import (
    accounts,
    admin,
    agents,
    audit,
    billing,
    chat,
    erasure,
    foundation,
    images,
    insights,
    integration,
    journal,
    journeys,
    life,
    live,
    memory,
    minors,
    parts,
    privacy,
    profiles,
    replies,
    rewards,
    safety,
    schedules,
    voice,
)
from tests.database.access.kinds import Writes

MODULES = (
    foundation,
    accounts,
    chat,
    live,
    replies,
    profiles,
    memory,
    life,
    journal,
    journeys,
    insights,
    parts,
    safety,
    voice,
    schedules,
    rewards,
    images,
    billing,
    audit,
    agents,
    integration,
    privacy,
    erasure,
    minors,
    admin,
)
WRITES: Writes = {key: columns for module in MODULES for key, columns in module.WRITES.items()}


def exceptions(rule: str) -> dict[str, str]:
    """Give what may break a rule, by its name, each with the reason."""
    return {
        culprit: reason
        for module in MODULES
        for culprit, reason in module.EXCEPTIONS.get(rule, {}).items()
    }
