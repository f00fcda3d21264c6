"""Entries of Ana's journal."""

from __future__ import annotations

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.database.journal.entries import Write
from tests.database.journal.rows import insert
from tests.fixtures.people import AsUser


@pytest.fixture
def write(ana: Viewer, as_user: AsUser) -> Write:
    """Write an entry of Ana's, with these columns as SQL."""

    async def write_entry(**columns: str) -> asyncpg.Record:
        async with as_user(ana) as connection:
            return await insert(
                connection, "journal_entries", **{"content": "'It rained.'"} | columns
            )

    return write_entry
