"""An engine that tells what happens, and rows for it to tell of."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from graphql_api.live import hub
from graphql_api.settings import Settings
from tests.live.listening import Engine, engine_on
from tests.live.rows import Rows


@pytest.fixture(scope="session")
async def shared_engine(settings: Settings) -> AsyncIterator[Engine]:
    """One engine for the tests of a worker: to connect takes longer than most of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hub, "POLL_SECONDS", 0.05)
        async with engine_on(settings) as engine:
            yield engine


@pytest.fixture
async def engine(shared_engine: Engine) -> AsyncIterator[Engine]:
    """An engine without Redis; what is subscribed to through it ends with the test."""
    shared_engine.statements.clear()
    yield shared_engine
    await shared_engine.close_listeners()


@pytest.fixture
def rows(owner: asyncpg.Connection) -> Rows:
    """Change rows by plain SQL, as somebody in the dashboard does."""
    return Rows(owner)
