"""Columns that are not granted: tried one by one, with and without the server's rights."""

from __future__ import annotations

from collections.abc import Iterator

from tests.database.access import WRITES
from tests.isolation.catalogue import Table
from tests.isolation.probe import Outcome, Probe, Told, Verdict, refused

# Whose row it is and when it was written nobody says, unless `access` lists it for a reason.
OURS = {"user_id", "created_at", "updated_at", "version"}
LISTED = {table for _, table, _ in WRITES}


def probes(table: Table, role: str) -> Iterator[Probe]:
    """Try each column that this role must not insert or update, in rows of one's own."""
    for column in table.columns.values():
        if not _is_expected(table, role, "insert", column.name):
            yield Probe(
                "columns",
                f"insert {column.name}",
                f"insert into {table} ({column.name}) select null::{column.kind} where false",
                _refused_or_generated,
            )
        if not _is_expected(table, role, "update", column.name):
            yield Probe(
                "columns",
                f"update {column.name}",
                f"update {table} set {column.name} = default where false",
                refused,
            )


def _is_expected(table: Table, role: str, verb: str, column: str) -> bool:
    """Whether it is granted on purpose."""
    roles = ("authenticated", "cairn_server") if role == "cairn_server" else (role,)
    if table.name in LISTED:
        return any(column in WRITES.get((one, table.name, verb), ()) for one in roles)
    is_ours = column in OURS or table.columns[column].generated
    is_granted = ("authenticated", verb) in table.columns[column].granted
    return is_granted and not is_ours and not (verb == "update" and column in table.key)


def _refused_or_generated(told: Told, twin: Told | None = None) -> Verdict:
    if told.sqlstate == "428C9":  # Postgres itself lets nobody write it.
        return Outcome.REFUSED, "428C9"
    return refused(told, twin)
