"""One wall at a time: policies without grants, triggers and keys beside them."""

from __future__ import annotations

from collections.abc import Iterator

from tests.isolation.callers import Caller
from tests.isolation.catalogue import ANA, BEN, Table
from tests.isolation.families.values import fresh_key
from tests.isolation.probe import Judge, Outcome, Probe, Told, Verdict, at_most, refused, unseen


def policies(table: Table) -> Iterator[Probe]:
    """Try, with everything granted, what only a policy refuses then."""
    assert table.owner is not None
    his, her = table.his[0], table.hers[0]
    at, count = table.at(her), table.his_count
    column = next(
        (
            c
            for c in table.columns.values()
            if c.name not in table.key and not c.generated and c.name != table.owner
        ),
        table.columns[table.key[-1]],
    ).name
    value = table.value(column, his)
    owner = {table.owner: f"'{ANA}'::uuid"}
    for attempt, sql in {
        "read": f"select count(*) from {table} where {at}",
        "read by owner": f"select count(*) from {table} where {table.owner} <> '{BEN}'",
        "locked": f"select count(*) from (select from {table} where {at} for update) as t",
        "by an error": f"select count(*) from {table} where"
        f" 1 / (case when {table.owner} = '{ANA}' then 0 else 1 end) = 0",
        "change": f"update {table} set {column} = {value} where {at}",
        "remove": f"delete from {table} where {at}",
    }.items():
        yield Probe("one wall", f"{attempt}, a policy", sql, unseen)
    only_his = _only(count)
    for attempt, sql in {
        "read everything": f"select count(*) from {table}",
        "change everything": f"update {table} set {column} = {value}",
        "remove everything": f"delete from {table}",
    }.items():
        if attempt.startswith("change") and column in table.key:
            continue
        yield Probe("one wall", f"{attempt}, a policy", sql, only_his)
    for attempt, sql in {
        "insert her row": table.insert(table.copy(her, fresh_key(table) | owner)),
        "insert his row as hers": table.insert(table.copy(his, fresh_key(table) | owner)),
        "give a row away": f"update {table} set {table.owner} = '{ANA}' where {table.at(his)}",
        "give all away": f"update {table} set {table.owner} = '{ANA}'",
    }.items():
        yield Probe("one wall", f"{attempt}, a policy", sql, refused)


def _only(count: int) -> Judge:
    """Make a judge: refused by a policy means that he met rows of hers."""

    def judge(told: Told, twin: Told | None = None) -> Verdict:
        if told.sqlstate == "42501" and "row-level security" in (told.message or ""):
            return Outcome.HIT, f"{told.sqlstate} {told.message}"
        return at_most(count)(told, twin)

    return judge


def no_policy_for(table: Table, caller: Caller) -> Iterator[Probe]:
    """Try, with everything granted, as a role that no policy should let see her rows."""
    limit = table.his_count if caller.role == "postgres" else 0
    yield Probe("one wall", "count", f"select count(*) from {table}", at_most(limit))
    hers = f"select count(*) from {table} where {table.owner} = '{ANA}'"
    yield Probe("one wall", "hers", hers, unseen)
    yield Probe("one wall", "remove", f"delete from {table}", at_most(limit))
