"""Acts in a person's name, as the pipeline or an agent."""

from __future__ import annotations

import asyncpg


async def act(connection: asyncpg.Connection, actor: str) -> None:
    """Go on as somebody who acts in the name of the person that the transaction is for."""
    await connection.execute(
        "select set_config('request.jwt.claims', (current_setting('request.jwt.claims')::jsonb "
        "|| jsonb_build_object('act', jsonb_build_object('sub', $1::text)))::text, true)",
        actor,
    )
