"""The page "Add a table" of `graphql_api/README.md` works as it is printed, in a copy of this tree."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PARTS = (
    "graphql_api",
    "supabase",
    "tests",
    "pyproject.toml",
    ".squawk.toml",
    "schema.graphql",
    "README.md",
)
BULKY = shutil.ignore_patterns("node_modules", "__pycache__", ".*_cache")
SECONDS = 120
# Those that read the catalogue of the database or the schema, and so meet the new table.
TESTS = (
    "tests/database/test_conventions.py",
    "tests/isolation/test_proof.py",
    "tests/graphql/test_contract.py",
    "tests/graphql/test_isolation.py",
)


def chapter() -> str:
    page = (ROOT / "graphql_api/README.md").read_text()
    found = re.search(r"^## Add a table.*?(?=^## )", page, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[0]


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", chapter(), re.DOTALL)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of this tree in which the page was followed."""
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, tmp_path / part, ignore=BULKY)
        else:
            shutil.copy(ROOT / part, tmp_path / part)
    migration, rows = blocks("sql")
    (domain,) = blocks("python")
    first, second = re.findall(r"`((?:supabase|graphql_api)/\S+\.(?:sql|py))`:\n", chapter())[:2]
    (tmp_path / first).write_text(migration)
    (tmp_path / second).write_text(domain)
    seed = tmp_path / "supabase/seed.sql"
    seed.write_text(f"{seed.read_text()}\n{rows}")
    schema = tmp_path / "graphql_api/schema.py"
    lines = re.search(r"`(DOMAINS = \((.*?)\))`", chapter())
    assert lines is not None
    text = re.sub(r"^DOMAINS = .*$", lines[1], schema.read_text(), flags=re.MULTILINE)
    schema.write_text(
        re.sub(
            r"^(from graphql_api\.domains import) .*$", rf"\1 {lines[2]}", text, flags=re.MULTILINE
        )
    )
    return tmp_path


def run(copy: Path, *arguments: str) -> str:
    ran = subprocess.run(
        arguments,
        cwd=copy,
        env={key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert ran.returncode == 0, f"{' '.join(arguments)}:\n{ran.stdout[-4000:]}{ran.stderr[-2000:]}"
    return ran.stdout


def test_a_table_is_two_files_and_two_places(copy: Path) -> None:
    beside = Path(sys.executable).parent

    run(
        copy,
        str(beside / "squawk"),
        "--pg-version",
        "15",
        *map(str, sorted(copy.glob("supabase/migrations/*.sql"))),
    )
    run(copy, str(beside / "ruff"), "check", "graphql_api", "--no-cache")
    run(copy, str(beside / "ruff"), "format", "--check", "graphql_api", "--no-cache")
    run(
        copy,
        str(beside / "mypy"),
        "--cache-dir",
        str(copy / "cache"),
        "graphql_api/domains/intentions.py",
    )
    schema = run(copy, sys.executable, "-m", "graphql_api", "schema")
    told = run(
        copy,
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--show-capture=no",
        "-n",
        "0",
        "-k",
        # Of the proof of isolation, what it says of this table.
        "intentions or not (by_the_table or by_the_function or never_been_there)",
        *TESTS,
    )

    for line in (
        "type Intention implements Node {",
        "  createIntention(",
        "  intentions(",
    ):
        assert line in schema
    assert re.search(r"^\d{3} passed", told, re.MULTILINE), told
