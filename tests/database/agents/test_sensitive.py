"""What is sensitive leaves no content in the agents' log (CO-044, D14)."""

from __future__ import annotations

from uuid import uuid4

import asyncpg
import orjson
import pytest

from graphql_api.auth import Viewer
from tests.fixtures.people import AsUser

SENSITIVE = {
    "user_risk_factors": "(id, name, area, severity) values ($1, 'a secret', 'self_neglect', 3)",
    "user_substance_use": "(id, substance, name) values ($1, 'alcohol', 'a secret')",
    "user_suicidal_thoughts": "(id, ideation, note) values ($1, 'wish_to_be_dead', 'a secret')",
    "user_trauma_patterns": "(id, name) values ($1, 'a secret')",
}


async def test_these_are_the_sensitive_tables(owner: asyncpg.Connection) -> None:
    found = await owner.fetch(
        "select relname from pg_class where relnamespace = 'public'::regnamespace "
        "and relkind = 'r' and private.is_sensitive(relname) order by 1"
    )

    assert [row[0] for row in found] == sorted(SENSITIVE)


@pytest.mark.parametrize("table", SENSITIVE)
async def test_that_it_was_done_is_told_and_nothing_of_what_it_says(
    table: str, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    entry = uuid4()
    claims = orjson.loads(ana.claims) | {"act": {"sub": "pipeline"}}
    async with as_user(ana, "cairn_server") as connection:
        await connection.execute(
            "select set_config('request.jwt.claims', $1, true)", orjson.dumps(claims).decode()
        )
        await connection.execute(f"insert into public.{table} {SENSITIVE[table]}", entry)
        await connection.execute(f"update public.{table} set confidence = 0.5 where id = $1", entry)

    actions = await owner.fetch("select * from public.agent_actions where entity_id = $1", entry)
    words = {row["action_type"].split("_")[0] for row in actions}
    assert words == {"create", "update"}
    assert [(row["before"], row["after"]) for row in actions] == [(None, None)] * 2
    assert all(row["blanked_at"] is not None for row in actions)
    assert "a secret" not in str([dict(row) for row in actions])
