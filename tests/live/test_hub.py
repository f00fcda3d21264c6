"""The hub: one question a second for everybody, and nobody is woken for nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
from structlog.testing import capture_logs

from graphql_api.errors import Unavailable
from graphql_api.live import Hints, Hub, hub
from graphql_api.session import Database

ANA, BEN = UUID(int=1), UUID(int=2)


class Log:
    """Stands for the database: the heads of logs, and what was asked about them."""

    def __init__(self) -> None:
        self.heads: dict[UUID, int] = {}
        self.questions: list[tuple[list[UUID], list[int]]] = []
        self.is_away = False
        self.on_enter: Callable[[], object] = lambda: None

    def transaction(self, *_: object, **__: object) -> Log:
        return self

    async def __aenter__(self) -> Log:
        if self.is_away:
            raise Unavailable
        self.on_enter()
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def rows(self, _sql: str, users: list[UUID], seen: list[int]) -> list[tuple[UUID, int]]:
        self.questions.append((users, seen))
        return [
            (user, self.heads[user])
            for user, number in zip(users, seen, strict=True)
            if self.heads.get(user, 0) > number
        ]


def hub_of(log: Log) -> Hub:
    return Hub(cast(Database, log), Hints(None))


async def test_a_poll_wakes_those_who_have_not_read_so_far() -> None:
    log = Log()
    news = hub_of(log)
    ahead, behind, other = news.register(ANA), news.register(ANA), news.register(BEN)
    for wake, seq in ((ahead, 7), (behind, 6), (other, 7)):
        wake.saw(seq)
    log.heads = {ANA: 7, BEN: 7}

    await news._poll()

    assert log.questions == [([ANA, BEN], [6, 7])]
    assert await behind.wait(0)
    assert not await ahead.wait(0)
    assert not await other.wait(0)


async def test_what_is_asked_is_made_anew_only_when_somebody_reads_comes_or_goes() -> None:
    log = Log()
    news = hub_of(log)
    wakes = [news.register(UUID(int=number)) for number in range(1, 5_001)]

    await news._poll()
    await news._poll()
    assert log.questions[0][0] is log.questions[1][0]
    wakes[0].saw(3)
    wakes[1].close()
    await news._poll()

    users, seen = log.questions[2]
    assert len(users) == 4_999
    assert seen[0] == 3


async def test_a_hint_wakes_all_of_one_person_and_nobody_else() -> None:
    news = hub_of(Log())
    first, second, other = news.register(ANA), news.register(ANA), news.register(BEN)

    news.ring(ANA)

    assert await first.wait(0)
    assert await second.wait(0)
    assert not await other.wait(0)


async def test_more_of_a_draft_wakes_those_alone_who_look_for_it() -> None:
    hints = Hints(None)
    news = Hub(cast(Database, Log()), hints)
    log_feed, text_feed = news.register(ANA), news.register(ANA, looks_by_itself=True)

    hints.tell(ANA, draft=True)

    assert await text_feed.wait(0)
    assert not await log_feed.wait(0)


async def test_a_hint_that_may_be_for_anybody_wakes_everybody() -> None:
    news = hub_of(Log())
    wakes = [news.register(ANA), news.register(BEN, looks_by_itself=True)]

    news.ring(None)

    assert [await wake.wait(0) for wake in wakes] == [True, True]


async def test_an_alarm_that_rang_before_the_wait_is_heard_once() -> None:
    wake = hub_of(Log()).register(ANA)
    wake.ring()

    assert await wake.wait(0)
    assert not await wake.wait(0)


async def test_an_alarm_wakes_who_waits_without_end() -> None:
    wake = hub_of(Log()).register(ANA)
    waiting = asyncio.create_task(wake.wait())
    await asyncio.sleep(0)

    wake.ring()

    assert await asyncio.wait_for(waiting, 1)


async def test_who_looks_by_himself_is_not_asked_for() -> None:
    news = hub_of(Log())
    wake = news.register(ANA, looks_by_itself=True)

    assert (news.subscriptions, news._seen) == (1, {})
    wake.close()
    wake.close()
    assert news.subscriptions == 0


async def test_a_log_that_was_taken_back_is_followed_from_there() -> None:
    log = Log()
    news = hub_of(log)
    wake = news.register(ANA)
    wake.saw(9)
    wake.saw(4)
    log.heads = {ANA: 5}

    await news._poll()

    assert await wake.wait(0)


async def test_polls_that_fail_are_told_once_and_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "POLL_SECONDS", 0.01)
    log = Log()
    log.is_away, log.heads = True, {ANA: 1}
    news = hub_of(log)
    wake = news.register(ANA)
    with capture_logs() as logs:
        await news.start()
        assert not await wake.wait(0.1)
        log.is_away = False
        assert await wake.wait(5)
        await news.stop()

    assert [line["event"] for line in logs] == ["news cannot be read", "news can be read again"]


async def test_whoever_comes_or_reads_while_postgres_is_asked_ends_no_poll() -> None:
    log = Log()
    news = hub_of(log)
    ana = news.register(ANA)
    log.heads = {ANA: 1}
    log.on_enter = lambda: news.register(BEN)

    await news._poll()

    assert await ana.wait(0)
    assert log.questions == [([ANA], [0])]


async def test_a_fault_of_any_kind_is_told_and_polls_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hub, "POLL_SECONDS", 0.01)
    log = Log()
    log.heads = {ANA: 1}
    faults = [TypeError("a fault of ours")]

    def fail_once() -> None:
        if faults:
            raise faults.pop()

    log.on_enter = fail_once
    news = hub_of(log)
    wake = news.register(ANA)
    with capture_logs() as logs:
        await news.start()
        assert await wake.wait(5)
        await news.stop()

    assert logs[0]["event"] == "news cannot be read"
    assert "a fault of ours" not in str(logs)


async def test_nobody_is_asked_for_when_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "POLL_SECONDS", 0.001)
    log = Log()
    news = hub_of(log)
    await news.start()
    await asyncio.sleep(0.02)
    await news.stop()

    assert log.questions == []


async def test_a_hint_reaches_the_hub() -> None:
    hints = Hints(None)
    wake = Hub(cast(Any, Log()), hints).register(ANA)

    hints.tell(ANA)
    hints.tell(uuid4())

    assert await wake.wait(0)
