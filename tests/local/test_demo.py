"""`cairn demo`: what it shows, what it proves, and that it notices when something is wrong."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import pty
import re
import signal
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
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
from graphql_api.local.folder import Folder
from graphql_api.local.process import Problem
from graphql_api.local.stack import Urls
from graphql_api.settings import Settings
from graphql_api.worker import work
from tests.fixtures.graphql import JWT_SECRET, Caller
from tests.fixtures.sockets import ServeLive
from tests.local.test_dev import COMMAND, Dev

# Its tokens end when they say, which saves the five seconds that clocks may differ.
ONE_CLOCK = {"CAIRN_JWT_LEEWAY": "0"}

LEFT = """
select (select count(*) from public.conversations) as conversations,
       (select count(*) from public.messages) as messages,
       (select count(*) from public.user_sessions) as sign_ins
"""


# Alone --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    folder = tmp_path_factory.mktemp("demo") / "stack"
    return subprocess.run(
        [*COMMAND, "demo", "--data-dir", str(folder)],
        env={"PATH": ""},
        capture_output=True,
        check=False,
        text=True,
    )


def table_of(output: str) -> dict[str, list[str]]:
    rows = [line.split("│") for line in output.splitlines() if line.count("│") == 5]
    return {row[1].strip(): [cell.strip() for cell in row[2:5]] for row in rows}


def test_both_of_anas_devices_hear_every_sentence_and_ben_none(
    alone: subprocess.CompletedProcess[str],
) -> None:
    assert alone.returncode == 0, alone.stderr
    heard = re.findall(r"\d s  (Ana's phone|Ana's laptop|Ben's phone) +(\w+: .*)", alone.stdout)
    by = {name: {said for who, said in heard if who == name} for name, _ in heard}

    said = {
        f"Ana: {text}" for text in (script.ANA_BEGINS, script.ANA_IS_CUT_OFF, script.ANA_GOES_ON)
    }
    assert said <= by["Ana's phone"] & by["Ana's laptop"]
    # The phone, back again, is told in one piece what the laptop heard sentence by sentence.
    sentences = {line for line in by["Ana's laptop"] if line.startswith("companion")}
    assert len(sentences) >= 8
    phones = " ".join(by["Ana's phone"])
    assert all(sentence.removeprefix("companion: ") in phones for sentence in sentences)
    assert not said & by["Ben's phone"]


def test_the_phone_is_cut_off_in_the_middle_and_told_the_rest_of_that_very_answer(
    alone: subprocess.CompletedProcess[str],
) -> None:
    before = re.search(r"torn off, after (\d+) characters", alone.stdout)
    after = re.search(r"(\d+) events later, and the answer's last (\d+) characters", alone.stdout)

    assert before is not None
    assert int(before[1]) > 0
    assert "refused: 4403 The token has expired" in alone.stdout
    assert after is not None
    assert int(after[1]) >= 3
    assert int(after[2]) > 0


def test_every_device_is_compared_with_the_database(
    alone: subprocess.CompletedProcess[str],
) -> None:
    table = table_of(alone.stdout)
    to_hear = table.pop("events of the other person")
    missed = table.pop("events missed, and told on return")

    assert all(int(count) > 0 for count in to_hear)
    assert int(missed[0]) > 0
    assert table == {
        "messages that it holds": ["6", "6", "4"],
        "messages in the database": ["6", "6", "4"],
        "same texts, same order": ["yes"] * 3,
        "lost": ["0"] * 3,
        "doubled": ["0"] * 3,
        "of these, it was told": ["0"] * 3,
        "the other's conversation, by id": ["null"] * 3,
        "the other's in its list": ["no"] * 3,
        "a message sent into it": ["NOT_FOUND"] * 3,
    }


def test_without_a_terminal_there_are_plain_lines_of_a_person_s_width(
    alone: subprocess.CompletedProcess[str],
) -> None:
    assert "\x1b" not in alone.stdout
    assert all(len(line) <= 80 for line in alone.stdout.splitlines() if line[:1] in "┏┃│└")


# Beside `cairn dev` -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dev]:
    running = Dev(tmp_path_factory.mktemp("demo") / "stack", **ONE_CLOCK)
    yield running
    running.end()


async def left(dev: Dev) -> dict[str, int]:
    """How much there is of what the demo makes."""
    facts = Folder(dev.data_dir).running()
    assert facts is not None
    connection = await asyncpg.connect(facts["urls"]["superuser"])
    try:
        return dict(await connection.fetchrow(LEFT))
    finally:
        await connection.close()


def start_demo(dev: Dev, *arguments: str, stdout: int = subprocess.PIPE) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, "demo", "--data-dir", str(dev.data_dir), *arguments],
        env={**os.environ, **ONE_CLOCK, "TERM": "xterm-256color"},
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
    )


def read_terminal(terminal: int) -> str:
    """Read what a program wrote on its terminal, until it ends."""
    pieces = []
    # Linux says so when the last program has closed a terminal.
    with contextlib.suppress(OSError):
        while piece := os.read(terminal, 4096):
            pieces.append(piece)
    os.close(terminal)
    return b"".join(pieces).decode()


async def test_beside_dev_its_worker_answers_and_nothing_is_left_behind(dev: Dev) -> None:
    before = await left(dev)
    terminal, theirs = pty.openpty()
    demo = start_demo(dev, "--no-pauses", stdout=theirs)
    os.close(theirs)

    shown = read_terminal(terminal)

    assert demo.wait() == 0, demo.stderr and demo.stderr.read()
    assert demo.stderr is not None
    demo.stderr.close()
    assert table_of(shown)["same texts, same order"] == ["yes"] * 3
    assert "Starting" not in shown
    assert "\x1b" not in shown
    assert before["conversations"] > 0
    assert await left(dev) == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_stopped_in_the_middle_it_fails_and_leaves_nothing_behind(
    dev: Dev, number: signal.Signals
) -> None:
    before = await left(dev)
    demo = start_demo(dev, "--no-pauses")
    assert demo.stdout is not None
    while "companion:" not in (line := demo.stdout.readline()):
        assert line, "the demo ended"
    demo.send_signal(number)

    _, errors = demo.communicate(timeout=30)

    assert demo.returncode == 1
    assert errors == "The demo was stopped before its end.\n"
    assert await left(dev) == before


# What it would notice -----------------------------------------------------------------------------

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
