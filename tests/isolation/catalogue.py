"""What the database's catalogue says, as plain data: everything that is probed is read off this."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias
from uuid import UUID

import asyncpg

from graphql_api.local.people import PEOPLE

ANA: UUID = PEOPLE["ana"]
BEN: UUID = PEOPLE["ben"]

OURS = ("public", "private", "admin")
ROLES = ("anon", "authenticated", "cairn_server")

Row: TypeAlias = Mapping[str, str | None]  # column → its value as text


def literal(value: str | None, kind: str) -> str:
    """Write a value of some type in SQL."""
    quoted = "null" if value is None else "'" + value.replace("'", "''") + "'"
    return f"{quoted}::{kind}"


@dataclass(frozen=True)
class Column:
    """A column, and who may do what with it.

    Attributes:
        kind: its type, as SQL names it.
        generated: Postgres fills it in, by an expression or as an identity.
        granted: role and verb, by grants of the column or the whole table.
    """

    name: str
    kind: str
    generated: bool
    granted: frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Unique:
    """A unique index.

    Attributes:
        columns: None in place of an expression.
        primary: it is the primary key's.
        deferrable: it may be checked at the end only.
    """

    name: str
    columns: tuple[str | None, ...]
    primary: bool
    deferrable: bool


@dataclass(frozen=True)
class ForeignKey:
    """A foreign key: its columns, side by side with those of `parent`."""

    name: str
    columns: tuple[str, ...]
    parent: str
    parent_columns: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        granted: role and verb, of the whole table; `delete`, `truncate` and so on.
        hers: rows of Ana's, at most three; his are Ben's, or what is everybody's.
        his_count: how many Ben has.
    """

    oid: int
    schema: str
    name: str
    columns: Mapping[str, Column]
    key: tuple[str, ...]
    uniques: tuple[Unique, ...]
    foreign_keys: tuple[ForeignKey, ...]
    granted: frozenset[tuple[str, str]]
    hers: tuple[Row, ...] = ()
    his: tuple[Row, ...] = ()
    his_count: int = 0

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"

    @cached_property
    def owner(self) -> str | None:
        """The column that says whose row it is; None where rows belong to nobody."""
        if self.schema == "public" and self.name == "users":
            return "id"
        return "user_id" if "user_id" in self.columns else None

    @property
    def is_owned(self) -> bool:
        return self.schema == "public" and self.owner is not None

    def may(self, role: str, verb: str) -> list[str]:
        """Name the columns that a role may select, insert or update."""
        return [c.name for c in self.columns.values() if (role, verb) in c.granted]

    def value(self, column: str, row: Row) -> str:
        """Write what a row has in a column."""
        return literal(row[column], self.columns[column].kind)

    def at(self, row: Row, *, alias: str = "") -> str:
        """Write the condition that finds a row by its primary key."""
        return " and ".join(f"{alias}{c} = {self.value(c, row)}" for c in self.key)

    def insert(self, values: Mapping[str, str]) -> str:
        """Write the insertion of one row; the values are SQL."""
        columns, written = ", ".join(values), ", ".join(values.values())
        return f"insert into {self} ({columns}) values ({written})"

    def copy(self, row: Row, changed: Mapping[str, str]) -> dict[str, str]:
        """Give a row's values as SQL, some of them changed, without what Postgres fills in."""
        copied = {c.name: self.value(c.name, row) for c in self.columns.values() if not c.generated}
        return copied | dict(changed)

    def granted_copy(self, role: str, row: Row, changed: Mapping[str, str]) -> dict[str, str]:
        """Give the same, of those columns alone that a role may fill in."""
        granted = self.may(role, "insert")
        return {name: sql for name, sql in self.copy(row, changed).items() if name in granted}


@dataclass(frozen=True)
class View:
    """A view; `stored` when it is a materialized one."""

    schema: str
    name: str
    stored: bool
    columns: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True)
class Catalogue:
    """Everything of ours in one database."""

    tables: Mapping[str, Table]
    views: Mapping[str, View]
    sequences: Sequence[str]
    labels: Mapping[str, Sequence[str]]

    @property
    def owned(self) -> list[Table]:
        """The tables of public whose rows are somebody's."""
        return [table for table in self.tables.values() if table.is_owned]


TABLES = """
  select c.oid::bigint, n.nspname as schema, c.relname as name,
    coalesce((
      select array_agg(a.attname::text order by place)
      from pg_constraint k cross join unnest(k.conkey) with ordinality as part (number, place)
      join pg_attribute a on a.attrelid = c.oid and a.attnum = part.number
      where k.conrelid = c.oid and k.contype = 'p'
    ), '{}') as key,
    array(
      select r || ' ' || v
      from unnest($2::text[]) r cross join unnest(array['delete', 'truncate', 'trigger', 'references']) v
      where has_table_privilege(r, c.oid, v)
    ) as granted
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = any($1::text[]) and c.relkind in ('r', 'p')
  order by n.nspname = 'public' desc, n.nspname, c.relname
"""
COLUMNS = """
  select a.attrelid::bigint as oid, a.attname as name, format_type(a.atttypid, a.atttypmod) as kind,
    a.attgenerated <> '' or a.attidentity = 'a' as generated,
    array(
      select r || ' ' || v from unnest($2::text[]) r cross join unnest(array['select', 'insert', 'update']) v
      where has_column_privilege(r, a.attrelid, a.attnum, v)
    ) as granted
  from pg_attribute a
  where a.attrelid = any($1::bigint[]) and a.attnum > 0 and not a.attisdropped
  order by a.attrelid, a.attnum
"""
UNIQUES = """
  select i.indrelid::bigint as oid, c.relname as name, i.indisprimary as primary,
    not i.indimmediate as deferrable,
    array(
      select a.attname::text
      from unnest(i.indkey::int2[]) with ordinality as part (number, place)
      left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = part.number and part.number > 0
      where place <= i.indnkeyatts
      order by place
    ) as columns
  from pg_index i join pg_class c on c.oid = i.indexrelid
  where i.indrelid = any($1::bigint[]) and i.indisunique
  order by c.relname
"""
FOREIGN_KEYS = """
  select k.conrelid::bigint as oid, k.conname as name, format('%s.%s', n.nspname, c.relname) as parent,
    array(
      select a.attname::text from unnest(k.conkey) with ordinality as part (number, place)
      join pg_attribute a on a.attrelid = k.conrelid and a.attnum = part.number order by place
    ) as columns,
    array(
      select a.attname::text from unnest(k.confkey) with ordinality as part (number, place)
      join pg_attribute a on a.attrelid = k.confrelid and a.attnum = part.number order by place
    ) as parent_columns
  from pg_constraint k join pg_class c on c.oid = k.confrelid join pg_namespace n on n.oid = c.relnamespace
  where k.conrelid = any($1::bigint[]) and k.contype = 'f'
  order by k.conname
"""
VIEWS = """
  select n.nspname as schema, c.relname as name, c.relkind = 'm' as stored,
    array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0
          and not a.attisdropped order by a.attnum) as columns
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = any($1::text[]) and c.relkind in ('v', 'm', 'f')
  order by n.nspname, c.relname
"""
SEQUENCES = """
  select format('%s.%s', n.nspname, c.relname)
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = any($1::text[]) and c.relkind = 'S'
  order by 1
"""
LABELS = """
  select format_type(y.oid, null) as name, array_agg(e.enumlabel::text order by e.enumsortorder) as labels
  from pg_type y join pg_enum e on e.enumtypid = y.oid
  group by y.oid
"""


def _pairs(granted: Sequence[str]) -> frozenset[tuple[str, str]]:
    return frozenset((role, verb) for role, verb in (one.split() for one in granted))


async def read(connection: asyncpg.Connection) -> Catalogue:
    """Read the catalogue, as the superuser, with an empty search path."""
    listed = await connection.fetch(TABLES, OURS, ROLES)
    oids = [row["oid"] for row in listed]
    columns: dict[int, dict[str, Column]] = {oid: {} for oid in oids}
    for row in await connection.fetch(COLUMNS, oids, ROLES):
        columns[row["oid"]][row["name"]] = Column(
            row["name"], row["kind"], row["generated"], _pairs(row["granted"])
        )
    uniques: dict[int, list[Unique]] = {oid: [] for oid in oids}
    for row in await connection.fetch(UNIQUES, oids):
        uniques[row["oid"]].append(
            Unique(row["name"], tuple(row["columns"]), row["primary"], row["deferrable"])
        )
    keys: dict[int, list[ForeignKey]] = {oid: [] for oid in oids}
    for row in await connection.fetch(FOREIGN_KEYS, oids):
        keys[row["oid"]].append(
            ForeignKey(
                row["name"], tuple(row["columns"]), row["parent"], tuple(row["parent_columns"])
            )
        )
    tables = {}
    for row in listed:
        oid = row["oid"]
        parts = (columns[oid], tuple(row["key"]), tuple(uniques[oid]), tuple(keys[oid]))
        table = Table(oid, row["schema"], row["name"], *parts, _pairs(row["granted"]))
        tables[str(table)] = await _with_rows(connection, table)
    listed = await connection.fetch(VIEWS, OURS)
    views = [View(v["schema"], v["name"], v["stored"], tuple(v["columns"])) for v in listed]
    sequences = [row[0] for row in await connection.fetch(SEQUENCES, OURS)]
    labels = {row[0]: row[1] for row in await connection.fetch(LABELS)}
    return Catalogue(tables, {str(view): view for view in views}, sequences, labels)


async def _with_rows(connection: asyncpg.Connection, table: Table) -> Table:
    """Add what Ana and Ben have in it; of public catalogues, what is everybody's."""
    if table.owner is None and table.schema != "public":
        return table
    texts = ", ".join(f"t.{name}::text" for name in table.columns)
    order = ", ".join(f"t.{name}" for name in table.key) or "1"

    def three(whose: str) -> str:
        return (
            f"array(select array[{texts}] from {table} as t where {whose} order by {order} limit 3)"
        )

    def rows(found: Sequence[Sequence[str | None]]) -> tuple[Row, ...]:
        return tuple(dict(zip(table.columns, row, strict=True)) for row in found)

    if table.owner is None:
        return replace(table, his=rows(await connection.fetchval(f"select {three('true')}")))
    hers, his = (f"t.{table.owner} = '{person}'" for person in (ANA, BEN))
    found = await connection.fetchrow(
        f"select {three(hers)}, {three(his)}, (select count(*) from {table} as t where {his})"
    )
    return replace(table, hers=rows(found[0]), his=rows(found[1]), his_count=found[2])
