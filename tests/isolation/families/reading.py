"""Reading what is hers."""

from __future__ import annotations

from collections.abc import Iterator

from tests.isolation.catalogue import ANA, BEN, Row, Table
from tests.isolation.probe import Probe, at_most, nothing


def probes(table: Table, role: str) -> Iterator[Probe]:
    """Try to read her rows of an owned table."""
    hers = f"t.{table.owner} = '{ANA}'"
    not_his = f"t.{table.owner} is distinct from '{BEN}'"
    every = {
        "by owner": f"select count(*) from {table} as t where {hers}",
        "all but his": f"select count(*) from {table} as t where {not_his}",
        "owners": f"select coalesce(string_agg(distinct t.{table.owner}::text, ' ')"
        f" filter (where {not_his}), '') from {table} as t",
        "by an error": f"select count(*) from {table} as t"
        f" where 1 / (case when {hers} then 0 else 1 end) = 0",
        "by sampling": f"select count(*) from {table} as t tablesample system (100) where {hers}",
        "through a join": f"select count(*) from {table} as mine"
        f" right join {table} as t on mine.{table.owner} = '{BEN}' where {hers}",
        "by what the planner knows": "select count(*) from pg_catalog.pg_stats"
        f" where schemaname = '{table.schema}' and tablename = '{table.name}'",
    }
    for attempt, sql in every.items():
        yield Probe("read", attempt, sql, nothing)
    yield Probe("read", "count", f"select count(*) from {table}", at_most(table.his_count))
    for number, row in enumerate(table.hers, start=1):
        yield from _of_row(table, role, row, number)


def _of_row(table: Table, role: str, row: Row, number: int) -> Iterator[Probe]:
    at = table.at(row, alias="t.")
    of_row = {
        "by key": f"select count(*) from {table} as t where {at}",
        "whether it exists": f"select exists (select from {table} as t where {at})",
        "whole": f"select coalesce(max(t::text), '') from {table} as t where {at}",
        "locked for update": f"select count(*) from (select from {table} as t where {at} for update) as t",
        "locked for share": f"select count(*) from (select from {table} as t where {at} for share) as t",
    }
    for attempt, sql in of_row.items():
        yield Probe("read", f"{attempt}, row {number}", sql, nothing)
    for column in table.may(role, "select"):
        if row[column] is not None:
            yield Probe(
                "read",
                f"by {column}, row {number}",
                f"select count(*) from {table} as t where t.{column}::text"
                f" = {table.value(column, {**row})}::text and t.{table.owner} <> '{BEN}'",
                nothing,
            )
