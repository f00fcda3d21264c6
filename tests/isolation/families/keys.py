"""Values that must be unique: hers are free for him, and tell him nothing."""

from __future__ import annotations

from collections.abc import Iterator

from tests.database.access import exceptions
from tests.isolation.catalogue import BEN, Table, Unique, literal
from tests.isolation.families.values import fresh, fresh_key
from tests.isolation.probe import Outcome, Probe, Told, Verdict, clash, free, refused

# Unique without the owner for a reason; then only the server may write it.
APART = {name.rsplit(".", 1)[-1] for name in exceptions("unique-by-owner")}


def probes(table: Table, role: str) -> Iterator[Probe]:
    """Try her values with what this role is granted."""
    granted = table.may(role, "insert")
    for unique in table.uniques:
        values = _her_values(table, unique)
        # What holds the whole primary key cannot clash before it.
        if set(table.key) <= set(unique.columns) or not values:
            continue
        hers, others = values
        if unique.name in APART:
            if role == "authenticated":
                yield Probe(
                    "unique keys",
                    f"{unique.name}, which only the server writes",
                    table.insert(hers),
                    refused,
                )
            continue
        if not set(hers) <= set(granted):
            yield Probe("unique keys", unique.name, table.insert(hers), free, table.insert(others))
            continue
        copies = [
            table.granted_copy(role, table.his[0], fresh_key(table) | changed)
            for changed in (hers, others)
        ]
        plain = [table.insert(copy) for copy in copies]
        yield Probe("unique keys", unique.name, plain[0], free, plain[1])
        if not any(one.deferrable for one in table.uniques):
            plain = [f"{insert} on conflict do nothing" for insert in plain]
            yield Probe(
                "unique keys", f"{unique.name} on conflict do nothing", plain[0], free, plain[1]
            )


def _her_values(table: Table, unique: Unique) -> tuple[dict[str, str], dict[str, str]] | None:
    """Give the key's columns with her values, which are not his, and with values that nobody has."""
    for row in table.hers:
        parts = [name for name in unique.columns if name not in (None, table.owner)]
        if any(all(row[name] == his[name] for name in parts) for his in table.his):
            continue
        hers, others = {}, {}
        for name in unique.columns:
            if name is None or name == table.owner or row[name] is None:
                continue
            kind = table.columns[name].kind
            value = fresh(kind, row[name])
            if value is not None:
                hers[name], others[name] = table.value(name, row), literal(value, kind)
        if hers:
            return hers, others
    return None


def uniques_alone(table: Table) -> Iterator[Probe]:
    """Try, where nothing but unique keys stands in the way, rows of his with all her values."""
    assert table.owner is not None
    for number, row in enumerate(table.hers, start=1):
        changed = fresh_key(table) | {table.owner: f"'{BEN}'::uuid"}
        if table.name == "users":
            return
        for unique in table.uniques:
            if unique.name in APART:
                for name in unique.columns:
                    if name is not None and name != table.owner:
                        kind = table.columns[name].kind
                        changed[name] = literal(fresh(kind, row[name]), kind)
        insert = table.insert(table.copy(row, changed))
        # A key that is checked at the end of a statement only is no use for `on conflict`.
        ends = (
            ("",) if any(u.deferrable for u in table.uniques) else ("", " on conflict do nothing")
        )
        for end in ends:
            yield Probe("one wall", f"her values, row {number}{end}", f"{insert}{end}", _accepted)


def _accepted(told: Told, _: Told | None = None) -> Verdict:
    """Nothing stands in the way, so that only a key of everybody's can refuse it."""
    if told.sqlstate is None and told.rows == 1:
        return Outcome.ALIKE, "done"
    taken = told.sqlstate in (None, "23505", "23P01")
    note = f"{told.sqlstate} {told.constraint} {told.message}"
    return Outcome.HIT if taken else Outcome.BROKEN, note


def primary(table: Table, role: str) -> Iterator[Probe]:
    """Try her primary keys, as far as the owner is not in them."""
    if table.owner in table.key:
        return
    for number, row in enumerate(table.hers, start=1):
        key = {name: table.value(name, row) for name in table.key}
        insert = table.insert(table.granted_copy(role, table.his[0], {}) | key)
        yield Probe("primary keys", f"insert, row {number}", insert, clash)
        yield Probe(
            "primary keys",
            f"on conflict do nothing, row {number}",
            f"{insert} on conflict do nothing",
            clash,
        )
        for column in table.may(role, "update")[:1]:
            yield Probe(
                "primary keys",
                f"on conflict update {column}, row {number}",
                f"{insert} on conflict ({', '.join(table.key)}) do update"
                f" set {column} = {table.value(column, table.his[0])}",
                refused,
            )
