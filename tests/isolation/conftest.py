"""The room of the proof, and the proof itself: one of each for a process of tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.fixtures.cluster import Cluster
from tests.isolation.proof import Proof
from tests.isolation.room import Room, furnished, opened


@pytest.fixture(scope="session")
async def room(cluster: Cluster, worker_id: str) -> AsyncIterator[Room]:
    """Connections to a database of this process's own, with Ana and Ben in it."""
    async with furnished(cluster, f"cairn_proof_{worker_id}") as urls, opened(urls) as room:
        yield room


@pytest.fixture(scope="session")
async def proof(room: Room) -> Proof:
    """What is tried in it."""
    return await Proof.of(room)
