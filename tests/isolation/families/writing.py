"""Writing in her name, and changing or removing what is hers."""

from __future__ import annotations

from collections.abc import Iterator

from tests.isolation.catalogue import ANA, Row, Table
from tests.isolation.families.values import fresh_key
from tests.isolation.probe import Probe, at_most, nothing, refused


def probes(table: Table, role: str) -> Iterator[Probe]:
    """Try to write as her, and to change and remove her rows of an owned table."""
    yield from _as_her(table, role)
    for number, row in enumerate(table.hers, start=1):
        yield from _change(table, role, row, number)
    yield from _without_condition(table, role)


def _as_her(table: Table, role: str) -> Iterator[Probe]:
    assert table.owner is not None
    owner = {table.owner: f"'{ANA}'::uuid"}
    his = table.his[0]
    rows = {
        "a copy of her row": table.copy(table.hers[0], fresh_key(table) | owner),
        "a copy of his row": table.copy(his, fresh_key(table) | owner),
        "her id alone": owner,
        "what is granted, and her id": table.granted_copy(role, his, fresh_key(table)) | owner,
    }
    for attempt, values in rows.items():
        yield Probe("write as her", attempt, table.insert(values), refused)
    give = f"update {table} set {table.owner} = '{ANA}'"
    yield Probe("write as her", "his row given to her", f"{give} where {table.at(his)}", refused)
    yield Probe("write as her", "all rows given to her", give, refused)
    key = ", ".join(table.key)
    yield Probe(
        "write as her",
        "his row given to her by a conflict",
        f"{table.insert(table.copy(his, {}))} on conflict ({key}) do update set {table.owner} = '{ANA}'",
        refused,
    )


def _change(table: Table, role: str, row: Row, number: int) -> Iterator[Probe]:
    at = table.at(row)
    his = table.his[0]
    for column in table.may(role, "update"):
        if not table.columns[column].generated:
            yield Probe(
                "change",
                f"{column}, row {number}",
                f"update {table} set {column} = {table.value(column, his)} where {at}",
                nothing,
            )
    if not table.may(role, "update"):
        key = table.key[0]
        yield Probe(
            "change",
            f"any column, row {number}",
            f"update {table} set {key} = {key} where {at}",
            refused,
        )
    yield Probe(
        "change",
        f"merged away, row {number}",
        f"merge into {table} as t using (values (1)) as s (x) on {table.at(row, alias='t.')}"
        " when matched then delete",
        nothing,
    )
    yield Probe("remove", f"by key, row {number}", f"delete from {table} where {at}", nothing)


def _without_condition(table: Table, role: str) -> Iterator[Probe]:
    """No condition, so that nothing has to be visible first: the policy of the verb stands alone."""
    only_his = at_most(table.his_count)
    for column in table.may(role, "update"):
        # A constant, for a column on the right would have to be read.
        if not table.columns[column].generated and column not in table.key:
            yield Probe(
                "change",
                f"{column}, everywhere",
                f"update {table} set {column} = {table.value(column, table.his[0])}",
                only_his,
            )
    yield Probe("remove", "everything", f"delete from {table}", only_his)
    yield Probe("remove", "by owner", f"delete from {table} where {table.owner} = '{ANA}'", nothing)
