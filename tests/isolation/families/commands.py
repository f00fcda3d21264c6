"""What is not about rows; and every table for those without a token, or without claims."""

from __future__ import annotations

from collections.abc import Iterator

from tests.isolation.callers import Caller
from tests.isolation.catalogue import ANA, BEN, Table
from tests.isolation.probe import Outcome, Probe, Told, Verdict, at_most, nothing, refused


def commands(table: Table, role: str) -> Iterator[Probe]:
    """Try on a table what only its owner may do."""
    first = next(iter(table.columns))
    for attempt, sql in {
        "truncate": f"truncate {table}",
        "truncate with all that hangs on it": f"truncate {table} cascade",
        "a trigger": f"create trigger spy before insert on {table} for each row"
        " execute function pg_catalog.suppress_redundant_updates_trigger()",
        "a rule": f"create rule spy as on delete to {table} do instead nothing",
        "a policy": f"create policy spy on {table} using (true)",
        **({"a policy less": f"drop policy owner_select on {table}"} if table.is_owned else {}),
        "row-level security off": f"alter table {table} disable row level security",
        "a trigger off": f"alter table {table} disable trigger user",
        "a column": f"alter table {table} add column spy text",
        "a column less": f"alter table {table} drop column {first}",
        "another owner": f"alter table {table} owner to {role}",
        "a comment": f"comment on table {table} is 'mine'",
        "no table": f"drop table {table} cascade",
        "an index": f"create index spy on {table} ({first})",
    }.items():
        yield Probe("commands", attempt, sql, refused)
    yield Probe(
        "commands",
        "rights to truncate, refer or trigger",
        f"select has_any_column_privilege('{table}', 'references')"
        f" or has_table_privilege('{table}', 'truncate, trigger, references')",
        nothing,
    )
    may_lock = (role, "delete") in table.granted
    yield Probe(
        "commands",
        "a lock that keeps everybody out",
        f"lock table {table} in access exclusive mode",
        _lock_of_who_may_delete if may_lock else refused,
    )


def _lock_of_who_may_delete(told: Told, _: Told | None = None) -> Verdict:
    return (Outcome.NOTHING, "Postgres allows it") if told.sqlstate is None else refused(told)


def ownerless(table: Table) -> Iterator[Probe]:
    """Try to write what is everybody's to read."""
    first = next(iter(table.columns))
    for attempt, sql in {
        "insert": f"insert into {table} default values",
        "update": f"update {table} set {first} = {first}",
        "delete": f"delete from {table}",
    }.items():
        yield Probe("change", attempt, sql, refused)


def without_token(table: Table) -> Iterator[Probe]:
    """Try a table as nobody; of those that belong to nobody, only to write."""
    first = next(c.name for c in table.columns.values() if not c.generated)
    if table.is_owned or table.schema != "public":
        yield Probe("nobody", "read", f"select count(*) from {table}", refused)
        yield Probe(
            "nobody", "whether there is any", f"select exists (select from {table})", refused
        )
    for attempt, sql in {
        "insert": f"insert into {table} default values",
        "insert a column": f"insert into {table} ({first}) select null where false",
        "update": f"update {table} set {first} = default where false",
        "delete": f"delete from {table}",
        "truncate": f"truncate {table}",
    }.items():
        yield Probe("nobody", attempt, sql, refused)
    for column in table.columns:
        if table.is_owned:
            yield Probe("nobody", f"read {column}", f"select count({column}) from {table}", refused)


def bad_claims(table: Table, caller: Caller) -> Iterator[Probe]:
    """Try an owned table with claims that are not as they should be."""
    his = table.his_count if caller.is_ben else 0
    limit = at_most(his)
    yield Probe("bad claims", "count", f"select count(*) from {table}", limit)
    hers = f"select count(*) from {table} where {table.owner} = '{ANA}'"
    yield Probe("bad claims", "hers", hers, at_most(0))
    yield Probe("bad claims", "remove", f"delete from {table}", limit)
    for column in table.may(caller.role, "update"):
        if column not in table.key and not table.columns[column].generated:
            value = table.value(column, table.his[0])
            yield Probe("bad claims", "change", f"update {table} set {column} = {value}", limit)
            break
    granted = table.may(caller.role, "insert")
    if granted and not caller.is_ben:
        values = table.granted_copy(caller.role, table.his[0], {})
        yield Probe("bad claims", "insert", table.insert(values), at_most(0))


def hidden(table: Table) -> Iterator[Probe]:
    """Try a table that no role of the API may touch."""
    first = next(c.name for c in table.columns.values() if not c.generated)
    for attempt, sql in {
        "read": f"select count(*) from {table}",
        "whether there is any": f"select exists (select from {table})",
        "insert": f"insert into {table} default values",
        "insert a column": f"insert into {table} ({first}) select null where false",
        "update": f"update {table} set {first} = default where false",
        "delete": f"delete from {table}",
        "truncate": f"truncate {table}",
        "rights": f"select count({first}) from {table} where {first}::text like '%{BEN}%'",
    }.items():
        yield Probe("hidden", attempt, sql, refused)
