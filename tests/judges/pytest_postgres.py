"""A pytest plugin: the clusters of the tests run another Postgres.

CAIRN_JUDGES_POSTGRES names the folder with its `postgres` and `initdb`, and
CAIRN_JUDGES_POSTGRES_MAJOR its version, which is checked: the tests would pass on ours, too.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import asyncpg
import pytest

from graphql_api.local import binaries
from graphql_api.local.process import Account
from tests.fixtures.cluster import CLUSTER


def _named(account: Account) -> Path:
    return Path(os.environ["CAIRN_JUDGES_POSTGRES"])


binaries.postgres = _named


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Refuse to go on with another Postgres than the one that is to be judged."""
    found = asyncio.run(_major(session.config.stash[CLUSTER].urls.superuser))
    if found != int(os.environ["CAIRN_JUDGES_POSTGRES_MAJOR"]):
        raise pytest.UsageError(f"The tests run on Postgres {found}.")


async def _major(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        return int(connection.get_server_version().major)
    finally:
        await connection.close()
