"""Lies that have a name: what somebody would forge in her own favour, in rows of her own.

Each names a table and what must not be written there. Where the table or column is not there, the
report says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.isolation.catalogue import BEN, Catalogue, Table
from tests.isolation.families.values import fresh_key
from tests.isolation.probe import Probe, refused

SHE = ("authenticated",)
BOTH = ("authenticated", "cairn_server")


@dataclass(frozen=True)
class Lie:
    """Something that must not be written.

    Attributes:
        what: the lie, in words.
        verb: `insert`, `update` or `delete`.
        roles: to whom it is refused; the server says many things that she must not.
        column: the one that the lie is in; None for a whole row.
    """

    what: str
    table: str
    verb: str
    roles: tuple[str, ...] = SHE
    column: str | None = None


LIES = (
    Lie("a forged reply of the companion", "messages", "insert"),
    Lie("other words in the companion's mouth", "messages", "update", SHE, "content"),
    Lie("a message made a reply", "messages", "update", BOTH, "role"),
    Lie("a message taken back past the server", "messages", "delete"),
    Lie("a lower crisis level of a message", "messages", "update", SHE, "crisis_level"),
    Lie("a lower crisis level of a conversation", "conversations", "update", SHE, "crisis_level"),
    Lie("a forged summary", "conversation_summaries", "insert"),
    Lie("points of one's own", "users", "update", SHE, "xp"),
    Lie("a longer streak", "users", "update", SHE, "current_streak"),
    Lie("a lock taken off", "users", "update", BOTH, "is_active"),
    Lie("a closed account opened again", "users", "update", BOTH, "deleted_at"),
    Lie("an address that was not confirmed", "users", "update", BOTH, "email_confirmed_at"),
    Lie("another address", "users", "update", BOTH, "email"),
    Lie("an ended sign-in taken up again", "user_sessions", "update", BOTH, "ended_at"),
    Lie("a sign-in that never was", "user_sessions", "insert", BOTH),
    Lie("an event that never was", "live_events", "insert", BOTH),
    Lie("an event less", "live_events", "delete", BOTH),
    Lie("another count of events", "live_heads", "update", BOTH, "seq"),
    Lie("a badge awarded to oneself", "user_badges", "insert"),
    Lie("an undo of what was never done", "agent_actions", "insert", BOTH),
    Lie("a forged `before` for an undo", "agent_actions", "update", BOTH, "before"),
    Lie("a trace of an agent less", "agent_actions", "delete", BOTH),
    Lie("a forged line of the audit", "audit_log", "insert", BOTH),
    Lie("a line of the audit less", "audit_log", "delete", BOTH),
    Lie("a memory that she never had", "memories", "insert"),
    Lie("a forged vector", "memory_vectors", "insert"),
    Lie("a snapshot that never was", "user_memory_snapshots", "insert"),
    Lie("a crisis that never was", "crisis_events", "insert"),
    Lie("a crisis less", "crisis_events", "delete"),
    Lie("a lower level of a crisis", "crisis_events", "update", SHE, "level"),
    Lie("a crisis handled by nobody", "crisis_events", "update", SHE, "handled_at"),
    Lie("a subscription without paying", "subscriptions", "insert"),
    Lie("a better plan", "subscriptions", "update", SHE, "plan"),
    Lie("a subscription that goes on", "subscriptions", "update", SHE, "status"),
    Lie("a guardian's consent", "guardian_consents", "update", SHE, "status"),
    Lie("a guardian who never was", "guardian_consents", "insert"),
    Lie("an age that nobody verified", "profiles", "update", SHE, "age_verified"),
    Lie("another year of birth after the first", "users", "update", BOTH, "takes_part_from"),
    Lie("a calmer crisis level of one's own", "profiles", "update", SHE, "current_crisis_level"),
    Lie("an observation in the companion's name", "insights", "update", SHE, "origin"),
    Lie("a memory that scores more", "memories", "update", SHE, "composite_score"),
    Lie("a memory that never asked for consent", "memories", "update", SHE, "consented_at"),
    Lie("an undo undone", "agent_actions", "update", BOTH, "reverted_at"),
    Lie("a consent that was given earlier", "consents", "update", BOTH, "created_at"),
    Lie("a consent withdrawn without a trace", "consents", "delete", BOTH),
    Lie("points for a badge", "user_badges", "update", BOTH, "xp_awarded"),
    Lie("a call that never was", "voice_calls", "insert"),
    Lie("a run that never was", "schedule_executions", "insert"),
    Lie("an erasure that is done", "erasure_requests", "update", SHE, "status"),
    Lie("a file of another for one's export", "data_exports", "update", SHE, "storage_path"),
    Lie("an export that is ready", "data_exports", "update", SHE, "status"),
    Lie("an identity on another platform", "external_identities", "insert"),
    Lie("a contact who has confirmed", "safety_contacts", "update", SHE, "confirmed_at"),
)


def is_here(lie: Lie, catalogue: Catalogue) -> bool:
    """Whether there is what it would be written in."""
    table = catalogue.tables.get(f"public.{lie.table}")
    return table is not None and (lie.column is None or lie.column in table.columns)


def probes(table: Table, role: str) -> Iterator[Probe]:
    """Try the lies that would be written in a table."""
    for lie in LIES:
        if lie.table != table.name or role not in lie.roles:
            continue
        if lie.verb == "insert":
            sql = table.insert(_own_row(table, role))
        elif lie.verb == "update" and lie.column in table.columns:
            sql = f"update {table} set {lie.column} = default where {table.owner} = '{BEN}'"
        elif lie.verb == "delete":
            sql = f"delete from {table} where {table.at(table.his[0])}"
        else:
            continue
        yield Probe("lies", lie.what, sql, refused)


def _own_row(table: Table, role: str) -> dict[str, str]:
    """A row as true as it can be: his own, of columns that he may fill in if he may any."""
    row, key = table.his[0], fresh_key(table)
    return table.granted_copy(role, row, key) or table.copy(row, key)
