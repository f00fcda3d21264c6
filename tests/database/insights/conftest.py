"""Insights about Ana."""

from __future__ import annotations

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.database.insights.insight import Tell
from tests.database.journal.rows import act_as, insert
from tests.fixtures.people import AsUser


@pytest.fixture
def tell(ana: Viewer, as_user: AsUser) -> Tell:
    """Tell Ana something, as her companion, with these columns as SQL."""

    async def tell_her(**columns: str) -> asyncpg.Record:
        async with as_user(ana, "cairn_server") as connection:
            await act_as(connection, "pipeline")
            return await insert(
                connection,
                "insights",
                **{"type": "'observation'", "content": "'You breathe out when you say her name.'"}
                | columns,
            )

    return tell_her
