"""Fixtures of workers: an empty queue, somebody to talk with, and the parts that do jobs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import pytest

from graphql_api.session import Database
from graphql_api.settings import Settings
from tests.fixtures.graphql import Caller
from tests.jobs.talk import Talk


@pytest.fixture(autouse=True)
async def empty_queue(superuser: asyncpg.Connection) -> None:
    """Nothing that other tests have left to do."""
    await superuser.execute("delete from private.jobs")


@pytest.fixture
def quick(settings: Settings) -> Settings:
    """A worker's settings with a lease of a second and no grace."""
    return settings.model_copy(
        update={"lease": timedelta(seconds=1), "shutdown_grace": timedelta(milliseconds=1)}
    )


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    """The worker's database."""
    database = await Database.connect(settings)
    yield database
    await database.close()


@pytest.fixture
async def talk(ana: Caller, superuser: asyncpg.Connection) -> Talk:
    """A conversation of Ana's that has just begun."""
    return await Talk.begin(ana, superuser)
