"""Functions of ours, as the catalogue knows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import asyncpg

from tests.isolation.catalogue import OURS, ROLES, literal


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
        """Write a value; an id also where an array of them is asked for."""
        return f"array['{value}'::uuid]" if self.kind == "uuid[]" else literal(value, self.kind)


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

    @property
    def asked(self) -> Mapping[str, Parameter]:
        """What is given: all but what has a default, save ids; by position, all."""
        by_name = all(parameter.name for parameter in self.parameters)
        return {
            parameter.name or str(place): parameter
            for place, parameter in enumerate(self.parameters)
            if not (parameter.optional and by_name) or parameter.is_id
        }

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
