"""Sabotages of what is live: the event log, deliveries, sockets, replies and their jobs."""

from __future__ import annotations

from tests.mutants import live_database
from tests.mutants.mutant import Mutant

EVENTS: tuple[Mutant, ...] = live_database.MUTANTS

SOCKETS: tuple[Mutant, ...] = ()

REPLIES: tuple[Mutant, ...] = ()

MUTANTS = (*EVENTS, *SOCKETS, *REPLIES)
