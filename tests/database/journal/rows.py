"""Writes rows whose values are SQL, and says who acts."""

from __future__ import annotations

import asyncpg

from graphql_api.auth import Viewer


async def insert(connection: asyncpg.Connection, table: str, **columns: str) -> asyncpg.Record:
    """Insert a row of SQL expressions into a table of public; give it."""
    names, values = ", ".join(columns), ", ".join(columns.values())
    return await connection.fetchrow(
        f"insert into public.{table} ({names}) values ({values}) returning *"
    )


async def act_as(connection: asyncpg.Connection, actor: str) -> None:
    """Let `actor`, such as `pipeline`, act in the caller's name until the transaction ends."""
    await connection.execute(
        "select set_config('request.jwt.claims', (current_setting('request.jwt.claims')::jsonb "
        "|| jsonb_build_object('act', jsonb_build_object('sub', $1::text)))::text, true)",
        actor,
    )


def text(value: object) -> str:
    """Quote a value for SQL."""
    return "'" + str(value).replace("'", "''") + "'"


async def act_as_undo(superuser: asyncpg.Connection, viewer: Viewer) -> None:
    """Become who undoes what an agent did, in the viewer's name, until the transaction ends.

    The role comes with the chapter on agents; before that it is made, and goes with the transaction.
    """
    await superuser.execute(
        "do $$ begin if not exists (select from pg_roles where rolname = 'cairn_undo') then "
        "create role cairn_undo nologin; end if; end $$; grant cairn_server to cairn_undo"
    )
    await superuser.execute(
        "select set_config('request.jwt.claims', $1, true), set_config('role', 'cairn_undo', true)",
        viewer.claims,
    )
