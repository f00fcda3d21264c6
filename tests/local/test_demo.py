"""`cairn demo`: what it shows and proves, alone and beside `cairn dev`."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import signal
import subprocess
from collections.abc import Iterator

import asyncpg
import pytest

from graphql_api.local import script
from graphql_api.local.folder import Folder
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
