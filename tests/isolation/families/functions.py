"""Functions: called with her ids and keys, and with what nobody has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, product
from uuid import uuid4

import asyncpg

from tests.isolation.catalogue import OURS, ROLES, Catalogue, Table, literal
from tests.isolation.families.linking import her_ids, his_ids
from tests.isolation.families.values import fresh
from tests.isolation.probe import Told


@dataclass(frozen=True)
class Parameter:
    """A parameter; `optional` when it has a default."""

    name: str
    kind: str
    optional: bool

    @property
    def is_id(self) -> bool:
        return self.kind in ("uuid", "uuid[]")

    def sql(self, value: str) -> str:
        """Write one id, also where an array of them is asked for."""
        return literal(value, "uuid") if self.kind == "uuid" else f"array['{value}'::uuid]"


@dataclass(frozen=True)
class Function:
    """A function that can be called.

    Attributes:
        identity: schema, name and types of its parameters.
        callers: the roles that may call it: execute it, and use its schema.
    """

    identity: str
    name: str
    kind: str
    parameters: tuple[Parameter, ...]
    callers: frozenset[str]

    def call(self, values: Mapping[str, str]) -> str:
        """Write a call that gives all it answers as one text; values are SQL."""
        if all(p.name for p in self.parameters):
            given = ", ".join(f'"{name}" => {value}' for name, value in values.items())
        else:
            given = ", ".join(values.values())
        if self.kind == "p":
            return f"call {self.name}({given})"
        return (
            f"select string_agg(x::text, chr(10) order by x::text) from {self.name}({given}) as x"
        )


FUNCTIONS = """
  select format('%s.%s(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)) as identity,
    format('%s.%s', n.nspname, p.proname) as name, p.prokind::text as kind,
    array(
      select coalesce(p.proargnames[place], '') from generate_series(1, p.pronargs) as place
    ) as names,
    array(select format_type(t, null) from unnest(p.proargtypes::oid[]) t) as kinds,
    p.pronargdefaults as defaults,
    array(
      select r from unnest($2::text[]) r
      where has_function_privilege(r, p.oid, 'execute') and has_schema_privilege(r, n.oid, 'usage')
    ) as callers
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace
  where n.nspname = any($1::text[]) and p.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)
    and p.prokind in ('f', 'p')
    -- Those of extensions are nobody's but theirs.
    and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
  order by 1
"""


async def read(connection: asyncpg.Connection) -> dict[str, Function]:
    """Read the functions of our schemas that are no triggers."""
    found = {}
    for row in await connection.fetch(FUNCTIONS, OURS, ROLES):
        names, kinds = row["names"], row["kinds"]
        parameters = tuple(
            Parameter(name, kind, place >= len(kinds) - row["defaults"])
            for place, (name, kind) in enumerate(zip(names, kinds, strict=True))
        )
        found[row["identity"]] = Function(
            row["identity"], row["name"], row["kind"], parameters, frozenset(row["callers"])
        )
    return found


# -- what to call it with ---------------------------------------------------------------------

PLAIN = {
    "boolean": ("true",),
    "smallint": ("1",),
    "integer": ("1", "0"),
    "bigint": ("1",),
    "numeric": ("1",),
    "double precision": ("0.5", "30"),
    "real": ("0.5",),
    "timestamp with time zone": ("now() + interval '1 hour'", "now() - interval '1 hour'"),
    "date": ("current_date",),
    "time without time zone": ("'09:00'::time",),
    "interval": ("interval '1 hour'",),
    "jsonb": ("'{}'::jsonb", "'[]'::jsonb"),
    "json": ("'{}'::json",),
    "inet": ("null::inet",),
    "bytea": ("'\\x00'::bytea",),
}
MOST_ASSIGNMENTS = 24


def his_assignments(function: Function, catalogue: Catalogue) -> list[dict[str, str]]:
    """Give sets of arguments that Ben might call it with on his own behalf, likely ones first."""
    names = [name for name, _ in _named(function)]
    choices = [list(_his(parameter, catalogue)) for _, parameter in _named(function)]
    return [
        dict(zip(names, values, strict=True))
        for values in islice(product(*choices), MOST_ASSIGNMENTS)
    ]


def _named(function: Function) -> list[tuple[str, Parameter]]:
    """Leave out what has a default, save ids; by position, nothing can be left out."""
    by_name = all(parameter.name for parameter in function.parameters)
    return [
        (parameter.name or str(place), parameter)
        for place, parameter in enumerate(function.parameters)
        if not (parameter.optional and by_name) or parameter.is_id
    ]


def _his(parameter: Parameter, catalogue: Catalogue) -> Iterator[str]:
    if parameter.is_id:
        yield from (parameter.sql(one) for one in his_ids(parameter.name, catalogue))
        return
    if parameter.kind in catalogue.labels:
        yield from (literal(label, parameter.kind) for label in catalogue.labels[parameter.kind])
        return
    known = [
        literal(row[column], parameter.kind)
        for table, column in _holding(parameter, catalogue)
        for row in table.his
        if row[column] is not None
    ]
    yield from dict.fromkeys(known[:4])
    if parameter.kind in PLAIN:
        yield from PLAIN[parameter.kind]
    elif parameter.kind.endswith("[]"):
        yield literal("{}", parameter.kind)
    elif parameter.kind == "text":
        yield literal("something", "text")
    elif not known:
        yield literal(None, parameter.kind)


def _holding(parameter: Parameter, catalogue: Catalogue) -> list[tuple[Table, str]]:
    """Find columns of a parameter's name and type; of unusual types, any columns of that type."""
    tables = [table for table in catalogue.tables.values() if table.owner is not None]
    named = [
        (table, parameter.name)
        for table in tables
        if parameter.name in table.columns and table.columns[parameter.name].kind == parameter.kind
    ]
    if named or parameter.kind in PLAIN or parameter.kind == "text":
        return named
    return [(t, c.name) for t in tables for c in t.columns.values() if c.kind == parameter.kind]


def quality(told: Told) -> int:
    """Rank what his own call told: the further it came, the more the probes beside it prove."""
    state = told.sqlstate
    if state is None:
        return 0
    if state in ("CA409", "CA410"):
        return 1
    return 2 if state.startswith("CA") and state != "CA400" else 3


@dataclass(frozen=True)
class Call:
    """A call with something of hers, and the same with what nobody has."""

    attempt: str
    values: Mapping[str, str]
    missing: Mapping[str, str]
    passed: tuple[str, ...]


def calls_for_hers(
    function: Function, his: Mapping[str, str], catalogue: Catalogue
) -> Iterator[Call]:
    """Put ids and keys of hers in each place of his arguments, and in all places at once."""
    places: dict[str, list[tuple[str, str]]] = {}
    for name, parameter in _named(function):
        if parameter.is_id:
            places[name] = list(her_ids(parameter.name, catalogue))
        elif parameter.kind == "text":
            keys = list(_her_keys(parameter, catalogue))
            if keys:
                places[name] = keys
    kinds = dict(_named(function))
    for name, targets in places.items():
        for number, (target, value) in enumerate(targets):
            yield _call(f"{name}: {target} {number}", his, {name: value}, kinds)
    if len(places) > 1:
        # Together, the ids of hers that belong together.
        for number in range(max(len(targets) for targets in places.values())):
            hers = {name: targets[number % len(targets)][1] for name, targets in places.items()}
            yield _call(f"all of hers {number}", his, hers, kinds)
        last = {name: targets[-1][1] for name, targets in places.items()}
        yield _call("all of hers, the last", his, last, kinds)


def _call(
    attempt: str, his: Mapping[str, str], hers: Mapping[str, str], kinds: Mapping[str, Parameter]
) -> Call:
    def written(name: str, value: str) -> str:
        parameter = kinds[name]
        return parameter.sql(value) if parameter.is_id else literal(value, parameter.kind)

    missing = {
        name: str(uuid4()) if kinds[name].is_id else str(fresh("text", value))
        for name, value in hers.items()
    }
    return Call(
        attempt,
        {**his, **{name: written(name, value) for name, value in hers.items()}},
        {**his, **{name: written(name, value) for name, value in missing.items()}},
        (*hers.values(), *missing.values()),
    )


def _her_keys(parameter: Parameter, catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    """Give texts of hers by which something of hers is found: parts of unique keys."""
    for table in catalogue.tables.values():
        keyed = {name for unique in table.uniques for name in unique.columns}
        if table.owner is not None and parameter.name in keyed:
            for row in table.hers:
                value = row[parameter.name]
                if value is not None and table.columns[parameter.name].kind == "text":
                    yield str(table), value
