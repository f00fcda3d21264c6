"""Parts of Ana's."""

from __future__ import annotations

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.database.journal.rows import insert
from tests.database.parts.part import Find
from tests.fixtures.people import AsUser


@pytest.fixture
def find(ana: Viewer, as_user: AsUser) -> Find:
    """Find a part of Ana's, with these columns as SQL."""

    async def find_part(viewer: Viewer = ana, **columns: str) -> asyncpg.Record:
        async with as_user(viewer) as connection:
            return await insert(connection, "parts", **{"name": "'The Keeper'"} | columns)

    return find_part
