"""Acts in a person's name, as the pipeline or an agent."""

from __future__ import annotations

import asyncpg

from graphql_api.auth import Viewer
from tests.fixtures.people import AsUser


async def act(
    as_user: AsUser, viewer: Viewer, actor: str, statement: str, *arguments: object
) -> str | None:
    """Do something as somebody who acts in a person's name; give the SQLSTATE of the refusal."""
    try:
        async with as_user(viewer) as connection:
            await connection.execute(
                "select set_config('request.jwt.claims', "
                "(current_setting('request.jwt.claims')::jsonb || jsonb_build_object('act', "
                "jsonb_build_object('sub', $1::text)))::text, true)",
                actor,
            )
            await connection.execute(statement, *arguments)
    except asyncpg.PostgresError as error:
        return str(error.sqlstate)
    return None
