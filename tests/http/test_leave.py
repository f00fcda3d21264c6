"""When a viewer with an open socket is told that her token ends."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from datetime import timedelta
from uuid import uuid4

from graphql_api.auth import Viewer
from graphql_api.http.leave import TOKEN_EXPIRED, Leave
from tests.fixtures.people import viewer_of


class NobodyDenied:
    """An empty deny list."""

    def has(self, viewer: Viewer) -> bool:
        return False

    async def be_fresh(self) -> None:
        return


class Told:
    """A leave of a token with so many seconds left, and what its client is told."""

    def __init__(self, seconds: float) -> None:
        self.expiring: list[int] = []
        self.ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.viewer = viewer_of(uuid4())
        self.leave = Leave(
            self.lasting(seconds),
            NobodyDenied(),
            leeway=timedelta(0),
            on_end=self.ended.set_result,
            on_expiring=self.expiring.append,
        )

    def lasting(self, seconds: float) -> Viewer:
        return dataclasses.replace(self.viewer, expires_at=int(time.time() + seconds))


async def test_a_client_that_hands_in_the_same_token_again_is_told_once() -> None:
    told = Told(2)
    renewed = told.leave.viewer
    told.leave.start()

    async with asyncio.timeout(5):
        while not told.ended.done():
            told.leave.renew(renewed)
            await asyncio.sleep(0.01)

    assert told.expiring == [renewed.expires_at]
    assert told.ended.result() == TOKEN_EXPIRED


async def test_a_client_whose_tokens_are_short_is_told_when_half_of_each_is_left() -> None:
    told = Told(30)
    told.leave.start()

    for _ in range(100):
        told.leave.renew(told.lasting(30))
        await asyncio.sleep(0)

    told.leave.stop()
    assert told.expiring == []
