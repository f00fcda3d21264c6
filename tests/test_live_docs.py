"""The lines that docs/live.md gives to front ends are those that the judges run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from graphql import build_schema, parse, validate

ROOT = Path(__file__).parent.parent
LIVE = ROOT / "docs" / "live.md"
SCRIPTS = ROOT / "tests" / "judges" / "javascript" / "live"
SNIPPETS = ("graphql-ws.mjs", "apollo.mjs", "urql.mjs", "graphql-sse.mjs")


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(), re.DOTALL)


def test_every_line_of_code_stands_in_a_file_that_a_judge_runs() -> None:
    scripts = [(SCRIPTS / name).read_text() for name in SNIPPETS]

    unknown = [
        block for block in blocks(LIVE, "js") if not any(block in script for script in scripts)
    ]

    assert unknown == []


@pytest.mark.parametrize("name", SNIPPETS)
def test_a_judge_runs_it_and_the_page_shows_all_of_it(name: str) -> None:
    shown = "".join(blocks(LIVE, "js"))

    functions = re.findall(r"(?m)^export function (\w+)", (SCRIPTS / name).read_text())
    judge = (SCRIPTS / f"with-{name}").read_text()

    assert functions
    assert all(f"export function {function}(" in shown for function in functions)
    assert all(f"{function}(" in judge for function in functions)


@pytest.mark.parametrize("page", ["live.md", "api.md"])
def test_every_operation_that_is_shown_is_valid(page: str) -> None:
    schema = build_schema((ROOT / "schema.graphql").read_text())

    faults = [
        error.message
        for block in blocks(ROOT / "docs" / page, "graphql")
        for error in validate(schema, parse(block))
    ]

    assert faults == []


def test_the_first_chat_is_short_and_readme_says_how_to_run_it() -> None:
    readme = (ROOT / "README.md").read_text()

    lines = (ROOT / "docs" / "chat.mjs").read_text().splitlines()

    assert len(lines) <= 40
    assert "cp docs/chat.mjs" in readme
    assert re.search(r'(?m)^node chat\.mjs ".+"$', readme)
