"""Birth years on both sides of the line, and people who have said them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from uuid import UUID

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.fixtures.people import NewUser

# In a country that states nothing, 16: surely so for whoever was born 17 years ago.
THIS_YEAR = datetime.now(UTC).year
YOUNG = THIS_YEAR - 15

Person = Callable[..., Awaitable[Viewer]]


@pytest.fixture
async def person(new_user: NewUser, owner: asyncpg.Connection) -> Person:
    """Sign somebody up who has stated this year and country."""

    async def sign_up(year: int | None = YOUNG, country: str | None = None) -> Viewer:
        somebody = await new_user("Noa", birth_year=year)
        await owner.execute(
            "update public.profiles set country = $1 where user_id = $2", country, somebody.user_id
        )
        return somebody

    return sign_up


async def window(
    owner: asyncpg.Connection, user_id: UUID | None
) -> tuple[date | None, date | None]:
    """From when and until when she takes part, as is kept with her."""
    return tuple(
        await owner.fetchrow(
            "select takes_part_from, takes_part_until from public.users where id = $1", user_id
        )
    )


async def takes_part(owner: asyncpg.Connection, viewer: Viewer) -> bool:
    answer: bool = await owner.fetchval("select private.takes_part($1)", viewer.user_id)
    return answer
