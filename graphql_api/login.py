"""The login of the API: refused when row-level security does not bind it."""

from __future__ import annotations

from typing import Literal

import asyncpg

Role = Literal["anon", "authenticated", "cairn_server"]
ROLES: frozenset[str] = frozenset({"anon", "authenticated", "cairn_server"})


class UnsafeRole(Exception):
    """The login role of the API could read past row-level security."""


async def refuse_unsafe_login(connection: asyncpg.Connection, *, allow_owner_role: bool) -> None:
    """Check who logged in on `connection`.

    Args:
        connection: a fresh one.
        allow_owner_role: let a superuser, owner or bypasser serve all the same.

    Raises:
        UnsafeRole: it is a superuser, bypasses row security, is a member of a role that does,
            owns tables, or may not take the roles that requests run as.
    """
    if await connection.fetchval("show standard_conforming_strings") != "on":
        raise UnsafeRole("standard_conforming_strings is off; claims could not be quoted.")
    row = await connection.fetchrow(ROLE_FACTS)
    missing = [name for name in sorted(ROLES) if not row[f"may_be_{name}"]]
    if missing:
        raise UnsafeRole(
            f"Role {row['name']} may not become {', '.join(missing)}: run `cairn migrate`"
            " with the owner's URL and serve with the URL that it prints."
        )
    faults = [
        sentence
        for flag, sentence in (
            (row["is_superuser"], "is a superuser"),
            (row["bypasses"], "bypasses row-level security"),
            (row["may_bypass"], "may become a role that bypasses row-level security"),
            (row["owns_tables"], "owns tables"),
        )
        if flag
    ]
    if faults and not allow_owner_role:
        raise UnsafeRole(
            f"Role {row['name']} {' and '.join(faults)}: it could read past row-level security."
            " Run `cairn migrate` with the owner's URL and serve with the URL that it prints."
        )


ROLE_FACTS = """
select role.rolname::text as name,
       role.rolsuper as is_superuser,
       role.rolbypassrls as bypasses,
       exists (
         select from pg_catalog.pg_roles as other
         where other.oid <> role.oid and (other.rolsuper or other.rolbypassrls)
           and pg_catalog.pg_has_role(role.oid, other.oid, 'member')
       ) as may_bypass,
       exists (
         select from pg_catalog.pg_class as relation
         join pg_catalog.pg_namespace as schema on schema.oid = relation.relnamespace
         where schema.nspname in ('public', 'private')
           and relation.relkind in ('r', 'p', 'v', 'm')
           and pg_catalog.pg_has_role(role.oid, relation.relowner, 'member')
       ) as owns_tables,
       pg_catalog.pg_has_role(role.oid, 'anon', 'member') as may_be_anon,
       pg_catalog.pg_has_role(role.oid, 'authenticated', 'member') as may_be_authenticated,
       pg_catalog.pg_has_role(role.oid, 'cairn_server', 'member') as may_be_cairn_server
from pg_catalog.pg_roles as role
where role.rolname = session_user
"""
