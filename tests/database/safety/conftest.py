"""A log of who looked, until the chapter on audit is there; and people of the care team."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.fixtures.people import NewUser

# As `private.append_audit` of the chapter on audit is called.
STAND_IN = """
create table private.looked (user_id uuid, event_type text, row_id text);
create function private.append_audit(
  user_id uuid, event_type text, event_category text, severity text, event_data jsonb default '{}'
) returns void language sql set search_path = '' as $$
  insert into private.looked values (append_audit.user_id, append_audit.event_type, event_data ->> 'row_id')
$$;
"""

Looks = Callable[[Viewer], Awaitable[list[tuple[str, str | None]]]]
Staff = Callable[..., Awaitable[Viewer]]


@pytest.fixture
async def looks(owner: asyncpg.Connection) -> AsyncIterator[Looks]:
    """Give what a person's access log says of staff: event and row."""
    is_there = await owner.fetchval(
        "select exists (select from pg_proc where proname = 'append_audit')"
    )
    if not is_there:
        await owner.execute(STAND_IN)

    async def read(viewer: Viewer) -> list[tuple[str, str | None]]:
        rows = await owner.fetch(
            "select event_type, event_data ->> 'row_id' as row_id from public.audit_log "
            "where user_id = $1 and event_category = 'access' order by seq"
            if is_there
            else "select event_type, row_id from private.looked where user_id = $1",
            viewer.user_id,
        )
        return [(row["event_type"], row["row_id"]) for row in rows]

    yield read
    if not is_there:
        await owner.execute(
            "drop function private.append_audit(uuid, text, text, text, jsonb); "
            "drop table private.looked"
        )


@pytest.fixture
async def staff(new_user: NewUser, owner: asyncpg.Connection, looks: Looks) -> Staff:
    """Make somebody of the care team, signed in with a second factor."""

    async def hire(role: str = "care_team", *, is_active: bool = True) -> Viewer:
        somebody = await new_user("Dr Ito")
        await owner.execute(
            "insert into private.staff_members (user_id, role, is_active) "
            "values ($1, $2::text::private.staff_role, $3)",
            somebody.user_id,
            role,
            is_active,
        )
        return replace(somebody, aal="aal2")

    return hire
