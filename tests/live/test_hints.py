"""Hints between processes: quick when Redis is there, never missed when it is not."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from structlog.testing import capture_logs

from graphql_api import ear
from graphql_api.live import Hints, hints
from graphql_api.redis_client import redis_client
from graphql_api.settings import Settings
from tests.fixtures.servers import FreshRedis


class Ear:
    """What a process heard."""

    def __init__(self, hints: Hints) -> None:
        self.hints = hints
        self.news: asyncio.Queue[UUID | None] = asyncio.Queue()
        self.jobs: asyncio.Queue[bool] = asyncio.Queue()
        hints.on_news(self.news.put_nowait)
        hints.on_jobs(lambda: self.jobs.put_nowait(True))

    async def next(self) -> UUID | None:
        async with asyncio.timeout(10):
            return await self.news.get()

    async def hears(self) -> None:
        """Wait until this process listens: then everybody is to look, once."""
        assert await self.next() is None
        async with asyncio.timeout(10):
            await self.jobs.get()


@asynccontextmanager
async def process(url: str) -> AsyncIterator[Ear]:
    """A process that speaks and listens."""
    redis: Redis = Redis.from_url(
        url, socket_connect_timeout=1, retry=Retry(NoBackoff(), 1), max_connections=10
    )
    ear = Ear(Hints(redis))
    await ear.hints.start()
    try:
        yield ear
    finally:
        await ear.hints.stop()
        await redis.aclose()


async def test_a_hint_is_heard_here_at_once_and_there_soon(fresh_redis: FreshRedis) -> None:
    ana = uuid4()
    async with process(fresh_redis.url) as here, process(fresh_redis.url) as there:
        await here.hears()
        await there.hears()

        here.hints.tell(ana, jobs=True)

        assert here.news.get_nowait() == ana
        assert here.jobs.get_nowait()
        assert await there.next() == ana
        assert await asyncio.wait_for(there.jobs.get(), 10)
        # Its own echo is not heard again.
        there.hints.tell(ana)
        assert await here.next() == ana
        assert here.news.empty()
        assert here.jobs.empty()


async def test_hints_of_one_person_are_given_together(fresh_redis: FreshRedis) -> None:
    ana, ben = uuid4(), uuid4()
    async with process(fresh_redis.url) as here, process(fresh_redis.url) as there:
        await here.hears()
        await there.hears()

        for _ in range(50):
            here.hints.tell(ana)
        here.hints.tell(ana, jobs=True)
        here.hints.tell(ben)

        assert [await there.next(), await there.next()] == [ana, ben]
        assert there.jobs.qsize() == 1


async def test_a_hint_of_a_draft_does_not_hide_one_of_events(fresh_redis: FreshRedis) -> None:
    ana, ben = uuid4(), uuid4()
    async with process(fresh_redis.url) as here, process(fresh_redis.url) as there:
        drafts: asyncio.Queue[UUID | None] = asyncio.Queue()
        there.hints.on_drafts(drafts.put_nowait)
        await here.hears()
        await there.hears()

        here.hints.tell(ben, draft=True)
        here.hints.tell(ana)
        here.hints.tell(ana, draft=True)

        assert await there.next() == ana
        assert drafts.get_nowait() == ben
        assert drafts.empty()


async def test_more_hints_than_can_wait_become_one_for_everybody(
    fresh_redis: FreshRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hints, "MAXIMUM_PENDING", 3)
    async with process(fresh_redis.url) as here, process(fresh_redis.url) as there:
        await here.hears()
        await there.hears()

        for number in range(100):
            here.hints.tell(UUID(int=number), jobs=number == 1)
        assert len(here.hints._pending) <= 3

        assert await there.next() is None
        assert there.jobs.qsize() == 1


async def test_without_redis_this_process_hears_itself() -> None:
    ear = Ear(Hints(None))
    await ear.hints.start()
    ana = uuid4()

    ear.hints.tell(ana)

    assert ear.news.get_nowait() == ana
    assert ear.hints._pending == {}
    await ear.hints.stop()


async def test_a_killed_redis_harms_nobody_and_is_heard_again(
    fresh_redis: FreshRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ear, "RETRY_SECONDS", 0.05)
    ana = uuid4()
    with capture_logs() as logs:
        async with process(fresh_redis.url) as here, process(fresh_redis.url) as there:
            await here.hears()
            await there.hears()

            fresh_redis.kill()
            for _ in range(20):
                here.hints.tell(ana, jobs=True)
                await asyncio.sleep(0.01)
            assert here.news.qsize() == 20
            fresh_redis.start()
            await there.hears()
            here.hints.tell(ana)

            assert await there.next() == ana

    told = [line["event"] for line in logs]
    assert told.count("hints cannot be heard") == 2
    assert str(ana) not in str(logs)


async def test_a_stalled_redis_holds_nobody_up(fresh_redis: FreshRedis) -> None:
    async with process(fresh_redis.url) as here:
        await here.hears()
        fresh_redis.stall()
        for _ in range(1_000):
            here.hints.tell(uuid4())
        assert here.news.qsize() == 1_000
        async with asyncio.timeout(5):
            await here.hints.stop()
        fresh_redis.resume()


async def test_what_is_no_hint_is_passed_over(fresh_redis: FreshRedis) -> None:
    ana = uuid4()
    redis: Redis = Redis.from_url(fresh_redis.url)
    async with process(fresh_redis.url) as there:
        await there.hears()
        with capture_logs() as logs:
            for text in (b"", b"\xff", b"a b", b"a b c d", f"x {ana} 1 2".encode(), b"x nobody 1"):
                await redis.publish(hints.CHANNEL, text)
            await redis.publish(hints.CHANNEL, f"x {ana} 1".encode())
            assert await there.next() == ana
    await redis.aclose()

    assert len(logs) == 6
    assert there.jobs.empty()


async def test_a_fault_of_any_kind_makes_nobody_deaf_or_mute(
    fresh_redis: FreshRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ear, "RETRY_SECONDS", 0.05)
    ana = uuid4()
    with capture_logs() as logs:
        async with process(fresh_redis.url) as here, process(fresh_redis.url) as there:
            await there.hears()
            faults = [TypeError("a fault of a driver"), TypeError("a fault of a driver")]
            publish, hear = here.hints._publish, there.hints._hear

            async def publish_but_once(*given: Any) -> None:
                if len(faults) == 2:
                    raise faults.pop()
                await publish(*given)

            def hear_but_once(*given: Any) -> None:
                if faults:
                    raise faults.pop()
                hear(*given)

            monkeypatch.setattr(here.hints, "_publish", publish_but_once)
            monkeypatch.setattr(there.hints, "_hear", hear_but_once)
            here.hints.tell(ana)
            await asyncio.sleep(0.05)
            here.hints.tell(ana)
            await there.hears()  # as after each new beginning
            here.hints.tell(ana)
            assert await there.next() == ana

    assert [line["event"] for line in logs] == ["hints cannot be given", "hints cannot be heard"]
    assert "a fault of a driver" not in str(logs)


async def test_a_connection_that_only_listens_is_probed(fresh_redis: FreshRedis) -> None:
    settings = Settings(redis_url=SecretStr(fresh_redis.url))
    async with redis_client(settings) as redis, redis.pubsub() as channel:
        await channel.subscribe("a channel")
        assert channel.connection is not None
        writer = channel.connection._writer
        assert writer is not None
        wire = writer.get_extra_info("socket")

        assert wire.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert 0 < wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) <= 60
