"""Tries a statement in somebody's name, and says how it was refused."""

from __future__ import annotations

import json

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.fixtures.people import AsUser


async def refusal(
    as_user: AsUser, viewer: Viewer, sql: str, *arguments: object, role: str | None = None
) -> str:
    """Give the constraint that refused it, or its SQLSTATE; it must be refused."""

    async def carry_out() -> None:
        async with as_user(viewer, role) as connection:
            await connection.execute(sql, *arguments)

    with pytest.raises(asyncpg.PostgresError) as refused:
        await carry_out()
    constraint: str | None = getattr(refused.value, "constraint_name", None)
    return constraint or str(refused.value.sqlstate)


async def act_as(connection: asyncpg.Connection, viewer: Viewer, actor: str) -> None:
    """Let `actor` go on in the viewer's name, as RFC 8693 says."""
    await connection.execute(
        "select set_config('request.jwt.claims', $1, true)",
        json.dumps({**json.loads(viewer.claims), "act": {"sub": actor}}),
    )
