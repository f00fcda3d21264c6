"""What the catalogue of a migrated database says, and the chapters its migrations are."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import asyncpg

from graphql_api.migrations import MIGRATIONS

ROLES = ("anon", "authenticated", "cairn_server", "service_role")


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `is_generated` is one that nobody can write."""

    name: str
    type: str
    is_key: bool
    is_enum: bool


@dataclass(frozen=True, slots=True)
class Link:
    """A foreign key: the columns here without the owner's, and the table that it leads to."""

    columns: tuple[str, ...]
    target: str
    is_required: bool
    is_unique: bool


@dataclass(frozen=True, slots=True)
class Table:
    """A table of ours.

    Attributes:
        name: with its schema.
        comment: what it is.
        columns: in their order.
        links: to other tables of ours.
        grants: by role and command, the columns; `()` stands for all of them.
        policies: those that are not the usual comparison with the owner, as (name, command).
    """

    name: str
    comment: str
    columns: tuple[Column, ...]
    links: tuple[Link, ...]
    grants: Mapping[tuple[str, str], tuple[str, ...]]
    policies: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Function:
    """A function that can be called: who may, and with whose rights it runs."""

    name: str
    arguments: str
    comment: str
    is_definer: bool
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chapter:
    """One migration: its file, title and introduction, and the objects that it makes."""

    file: str
    title: str
    introduction: str
    tables: tuple[Table, ...]
    functions: tuple[Function, ...]
    enums: tuple[tuple[str, str, tuple[str, ...]], ...]


COLUMNS = """
select format('%s.%s', n.nspname, c.relname) as table, a.attname as name,
       format_type(a.atttypid, null) as type,
       coalesce(a.attnum = any (p.conkey), false) as is_key, y.typtype = 'e' as is_enum
from pg_attribute a
join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
join pg_type y on y.oid = a.atttypid
left join pg_constraint p on p.conrelid = c.oid and p.contype = 'p'
where n.nspname in ('public', 'private') and c.relkind = 'r' and a.attnum > 0
  and not a.attisdropped
order by 1, a.attnum
"""
LINKS = """
select format('%s.%s', n.nspname, c.relname) as table,
       format('%s.%s', tn.nspname, t.relname) as target,
       array_agg(a.attname::text order by pair.place) as columns,
       bool_and(a.attnotnull) as is_required,
       exists (
         select from pg_index i
         where i.indrelid = c.oid and i.indisunique and i.indpred is null
           and i.indkey::int2[] <@ k.conkey
       ) as is_unique
from pg_constraint k
join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
join pg_class t on t.oid = k.confrelid join pg_namespace tn on tn.oid = t.relnamespace
cross join unnest(k.conkey) with ordinality as pair (number, place)
join pg_attribute a on a.attrelid = c.oid and a.attnum = pair.number
where k.contype = 'f' and n.nspname in ('public', 'private')
  and tn.nspname in ('public', 'private')
group by k.oid, k.conkey, c.oid, n.nspname, c.relname, tn.nspname, t.relname
order by 1, k.conname
"""
TABLE_GRANTS = """
select format('%s.%s', n.nspname, c.relname) as table, a.grantee::regrole::text as role,
       lower(a.privilege_type) as command, array[]::text[] as columns
from pg_class c join pg_namespace n on n.oid = c.relnamespace
cross join aclexplode(c.relacl) a
where n.nspname in ('public', 'private') and c.relkind = 'r' and a.grantee <> c.relowner
union all
select format('%s.%s', n.nspname, c.relname), a.grantee::regrole::text, lower(a.privilege_type),
       array_agg(t.attname::text order by t.attnum)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
join pg_attribute t on t.attrelid = c.oid and t.attnum > 0 and not t.attisdropped
cross join aclexplode(t.attacl) a
where n.nspname in ('public', 'private') and c.relkind = 'r' and a.grantee <> c.relowner
group by 1, 2, 3
"""
POLICIES = """
select format('%s.%s', n.nspname, c.relname) as table, p.polname as name,
       case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update'
                     when 'd' then 'delete' else 'all' end as command
from pg_policy p join pg_class c on c.oid = p.polrelid
join pg_namespace n on n.oid = c.relnamespace
where n.nspname in ('public', 'private') and p.polname !~ '^owner_(select|insert|update|delete)$'
order by 1, 3, 2
"""
FUNCTIONS = """
select format('%s.%s', n.nspname, p.proname) as name,
       pg_get_function_identity_arguments(p.oid) as arguments,
       coalesce(obj_description(p.oid, 'pg_proc'), '') as comment, p.prosecdef as is_definer,
       array(select r from unnest($1::text[]) with ordinality as one (r, place)
             where has_function_privilege(r, p.oid, 'execute')
               and has_schema_privilege(r, n.oid, 'usage') order by place) as roles
from pg_proc p join pg_namespace n on n.oid = p.pronamespace
where n.nspname in ('public', 'private') and p.prorettype <> 'trigger'::regtype
order by 1, 2
"""
ENUMS = """
select format('%s.%s', n.nspname, y.typname) as name,
       coalesce(obj_description(y.oid, 'pg_type'), '') as comment,
       array(select e.enumlabel::text from pg_enum e where e.enumtypid = y.oid
             order by e.enumsortorder) as labels
from pg_type y join pg_namespace n on n.oid = y.typnamespace
where n.nspname in ('public', 'private') and y.typtype = 'e'
order by 1
"""
COMMENTS = """
select format('%s.%s', n.nspname, c.relname) as table,
       coalesce(obj_description(c.oid, 'pg_class'), '') as comment
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname in ('public', 'private') and c.relkind = 'r'
order by 1
"""


async def read(connection: asyncpg.Connection) -> list[Chapter]:
    """Give the chapters of the database, in the order of the migrations."""
    tables = await _tables(connection)
    functions = [Function(*row) for row in await connection.fetch(FUNCTIONS, list(ROLES))]
    enums = [(row[0], row[1], tuple(row[2])) for row in await connection.fetch(ENUMS)]
    chapters = []
    for file in sorted(MIGRATIONS.glob("*.sql")):
        text = file.read_text()
        title, introduction = _introduction(text)
        made = _made(text)
        chapters.append(
            Chapter(
                file.name,
                title,
                introduction,
                tuple(tables[name] for name in made["table"]),
                tuple(one for one in functions if one.name in made["function"]),
                tuple(one for one in enums if one[0] in made["type"]),
            )
        )
    return chapters


def _made(text: str) -> dict[str, list[str]]:
    """Name what a migration makes, by kind, in its order."""
    made: dict[str, list[str]] = {"table": [], "function": [], "type": []}
    pattern = r"^create (?:or replace )?(table|function|type) ((?:public|private)\.\w+)"
    for kind, name in re.findall(pattern, text, re.MULTILINE):
        if name not in made[kind]:
            made[kind].append(name)
    return made


def _introduction(text: str) -> tuple[str, str]:
    """Give the title and the prose that a migration begins with."""
    lines: list[str] = []
    for line in text.splitlines():
        if not line.startswith("--"):
            break
        lines.append(line.removeprefix("--").strip())
    paragraphs = " ".join(line or "\n" for line in lines).split("\n")
    first, *rest = [" ".join(paragraph.split()) for paragraph in paragraphs]
    title, _, sentence = first.partition(": ")
    opening = sentence[:1].upper() + sentence[1:]
    return title, "\n\n".join(part for part in (opening, *rest) if part)


async def _tables(connection: asyncpg.Connection) -> dict[str, Table]:
    columns = _by_table(await connection.fetch(COLUMNS))
    links = _by_table(await connection.fetch(LINKS))
    grants = _by_table(await connection.fetch(TABLE_GRANTS))
    policies = _by_table(await connection.fetch(POLICIES))
    return {
        row["table"]: Table(
            row["table"],
            row["comment"],
            tuple(
                Column(one["name"], one["type"], one["is_key"], one["is_enum"])
                for one in columns.get(row["table"], ())
            ),
            tuple(
                Link(
                    tuple(name for name in one["columns"] if name != "user_id") or ("user_id",),
                    one["target"],
                    one["is_required"],
                    one["is_unique"],
                )
                for one in links.get(row["table"], ())
            ),
            {
                (one["role"], one["command"]): tuple(one["columns"])
                for one in grants.get(row["table"], ())
            },
            tuple((one["name"], one["command"]) for one in policies.get(row["table"], ())),
        )
        for row in await connection.fetch(COMMENTS)
    }


def _by_table(rows: Sequence[asyncpg.Record]) -> dict[str, list[asyncpg.Record]]:
    found: dict[str, list[asyncpg.Record]] = {}
    for row in rows:
        found.setdefault(row["table"], []).append(row)
    return found
