"""What the access log says of who looked, and people of the care team."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.fixtures.people import NewUser

Looks = Callable[[Viewer], Awaitable[list[tuple[str, str | None]]]]
Staff = Callable[..., Awaitable[Viewer]]


@pytest.fixture
def looks(owner: asyncpg.Connection) -> Looks:
    """Give what a person's access log says of staff: event and row."""

    async def read(viewer: Viewer) -> list[tuple[str, str | None]]:
        rows = await owner.fetch(
            "select event_type, event_data ->> 'row_id' as row_id from public.audit_log "
            "where user_id = $1 and event_category = 'access' order by seq",
            viewer.user_id,
        )
        return [(row["event_type"], row["row_id"]) for row in rows]

    return read


@pytest.fixture
def staff(new_user: NewUser, owner: asyncpg.Connection) -> Staff:
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
