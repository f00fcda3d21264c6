"""`cairn demo` notices what is lost, doubled, or told to the wrong person."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from rich.console import Console

from graphql_api.companion.scripted import ScriptedCompanion
from graphql_api.local import people, script
from graphql_api.local.demo import proof, story
from graphql_api.local.demo.device import Device
from graphql_api.local.demo.held import CONVERSATION, Held
from graphql_api.local.demo.lines import Lines
from graphql_api.local.demo.proof import Truth, count_lost, is_same
from graphql_api.local.demo.screen import Screen
from graphql_api.local.demo.stage import Performance, Place
from graphql_api.local.demo.view import View
from graphql_api.local.process import Problem
from graphql_api.local.stack import Urls
from graphql_api.settings import Settings
from graphql_api.worker import work
from tests.fixtures.graphql import JWT_SECRET, Caller
from tests.fixtures.sockets import ServeLive

Play = Callable[[View, Console], Awaitable[None]]


@pytest.fixture
def play(
    serve_live: ServeLive,
    settings: Settings,
    database_urls: Urls,
    ana: Caller,
    ben: Caller,
    monkeypatch: pytest.MonkeyPatch,
) -> Play:
    """Play the demo in this process, with people of this test's own."""
    for name, caller in (("ana", ana), ("ben", ben)):
        monkeypatch.setitem(people.PEOPLE, name, caller.viewer.user_id)
    monkeypatch.setattr(story, "QUICK_TOKEN", timedelta(seconds=2))
    here = settings.model_copy(update={"jwt_leeway": timedelta(0)})

    @asynccontextmanager
    async def place() -> AsyncIterator[Place]:
        async with serve_live(here) as server:
            services = server.app.state.services
            companion = ScriptedCompanion(timedelta(milliseconds=10))
            working = asyncio.create_task(
                work(services.database, companion, services.hints, here, duties=())
            )
            yield Place(server.url, database_urls.owner, JWT_SECRET, here)
            working.cancel()
            await asyncio.wait({working})

    async def perform(view: View, console: Console) -> None:
        problem: Problem | None = None
        async with place() as here:
            try:
                await Performance(console, view, is_slow=False).play(here)
            except Problem as error:
                problem = error
        if problem is not None:
            raise problem

    return perform


async def test_a_lost_event_and_one_told_to_the_wrong_person_are_noticed(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    hear = Device.hear
    devices: dict[str, Device] = {}

    async def hear_badly(device: Device, name: str, event: dict[str, Any]) -> None:
        devices[device.name] = device
        is_anas = event.get("message", {}).get("content") == script.ANA_GOES_ON
        if is_anas and device.name == "Ana's laptop":
            devices["Ben's phone"].held.take("leak", event)
            return
        await hear(device, name, event)

    monkeypatch.setattr(Device, "hear", hear_badly)
    console = Console(file=io.StringIO(), width=80)

    with pytest.raises(Problem) as noticed:
        await play(Lines(console, is_slow=False), console)

    assert "Ana's laptop lost 1." in str(noticed.value)
    assert "Ana's laptop holds something else than the database." in str(noticed.value)
    assert "Ben's phone was told 1 events of somebody else." in str(noticed.value)
    assert "Ana's phone" not in str(noticed.value)


async def test_it_is_legible_at_eighty_columns_and_notices_whatever_is_left_out_or_told_twice(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    devices: dict[str, Device] = {}
    truths: dict[object, Truth] = {}
    hear, read_truth = Device.hear, proof.read_truth

    async def record(device: Device, name: str, event: dict[str, Any]) -> None:
        devices[device.name] = device
        recorded.setdefault(device.name, []).append((name, event))
        await hear(device, name, event)

    async def keep(owner: asyncpg.Connection, conversation_id: Any) -> Truth:
        truths[conversation_id] = await read_truth(owner, conversation_id)
        return truths[conversation_id]

    monkeypatch.setattr(Device, "hear", record)
    monkeypatch.setattr(proof, "read_truth", keep)
    console = Console(
        file=io.StringIO(), width=80, height=24, force_terminal=True, color_system=None
    )
    screen = Pictures(console)

    await play(screen, console)

    assert len(screen.pictures) == 9
    for picture in screen.pictures:
        assert {len(line) for line in picture} == {80}
        assert len(picture) < 24
    away = next(picture for picture in screen.pictures if "offline" in picture[-5])
    assert "companion" in "".join(away)
    assert "Three lines on a card" in screen.pictures[-1][1]

    for name, events in recorded.items():
        device = devices[name]
        truth = truths[device.conversation_id]
        assert found(device, truth, events) == (0, 0, True)
        for place, (feed, event) in enumerate(events):
            lost, _, _ = found(device, truth, events[:place] + events[place + 1 :])
            _, doubled, _ = found(device, truth, [*events, events[place]])
            assert lost > 0 or not is_needed(feed, event, truth), f"{name} does not miss {event}"
            assert doubled == ("seq" in event)


class Pictures(Screen):
    """Keeps what is drawn at each turn of the story, and waits for nobody."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self.pictures: list[list[str]] = []

    async def leave_time(self, seconds: float) -> None:
        paper = Console(file=io.StringIO(), width=80, height=24, color_system=None)
        with paper.capture() as drawn:
            paper.print(self.draw())
        self.pictures.append(drawn.get().splitlines())


def is_needed(feed: str, event: dict[str, Any], truth: Truth) -> bool:
    """Whether nothing else tells what this event tells."""
    if event["__typename"] == "MessageText":
        return True
    row = event.get("message") or event.get("conversation")
    return feed == CONVERSATION and row is not None and truth.newest[row["id"]] == event["seq"]


def found(
    device: Device, truth: Truth, events: list[tuple[str, dict[str, Any]]]
) -> tuple[int, int, bool]:
    """What is found of a device that was told these events: lost, doubled, and whether the same."""
    device.held = Held()
    for feed, event in events:
        device.held.take(feed, event)
    return count_lost(device, truth), device.held.doubled, is_same(device, truth)
