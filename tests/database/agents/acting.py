"""Acts in a person's name as an agent does: with her claims, and its own."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from graphql_api.auth import Viewer
from tests.fixtures.people import AsUser

AGENT = "agent:claude"


@asynccontextmanager
async def as_agent(
    as_user: AsUser, viewer: Viewer, actor: str = AGENT, role: str = "cairn_server"
) -> AsyncIterator[asyncpg.Connection]:
    """Open a transaction in her name, of the server or `role`, by `actor`."""
    async with as_user(viewer, role) as connection:
        claims = json.loads(viewer.claims) | {"act": {"sub": actor}}
        await connection.execute(
            "select set_config('request.jwt.claims', $1, true)", json.dumps(claims)
        )
        yield connection
