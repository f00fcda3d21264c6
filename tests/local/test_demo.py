"""`cairn demo`: what it plays, and what it proves."""

from __future__ import annotations

import subprocess
import sys

import pytest

from graphql_api.local.script import ANAS, BENS


def test_anas_conversation_has_thirty_turns() -> None:
    assert 2 * len(ANAS) == 30


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    folder = tmp_path_factory.mktemp("demo") / "stack"
    return subprocess.run(
        [sys.executable, "-m", "graphql_api", "demo", "--data-dir", str(folder)],
        env={"COLUMNS": "2000", "PATH": ""},
        capture_output=True,
        check=False,
        text=True,
    )


def test_every_line_of_both_is_shown(played: subprocess.CompletedProcess[str]) -> None:
    assert played.returncode == 0, played.stderr
    for exchange in (*ANAS, *BENS):
        assert exchange.person in played.stdout
        assert exchange.companion in played.stdout


def test_each_sees_her_own_and_nothing_of_the_other(
    played: subprocess.CompletedProcess[str],
) -> None:
    rows = [line.split("│") for line in played.stdout.splitlines() if line.count("│") == 4]
    table = {row[1].strip(): [cell.strip() for cell in row[2:4]] for row in rows}

    assert table == {
        "messages in the own conversation": ["30", "12"],
        "the other's conversation, by its id": ["null", "null"],
        "the other's among `conversations`": ["no", "no"],
        "a message sent into the other's": ["NOT_FOUND", "NOT_FOUND"],
        "rows that are really there, as the owner": ["30", "12"],
    }
