"""Sabotages of what is live: the event log, deliveries, sockets, replies and their jobs."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

EVENTS: tuple[Mutant, ...] = ()

SOCKETS: tuple[Mutant, ...] = ()

REPLIES: tuple[Mutant, ...] = ()

MUTANTS = (*EVENTS, *SOCKETS, *REPLIES)
