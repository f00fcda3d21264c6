"""What linters that nobody here wrote say of the schema; those that need Node are `make judges`."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

from graphql_api.local.stack import Urls
from graphql_api.migrations import MIGRATIONS

PROJECT = MIGRATIONS.parents[1]
SCRIPTS = Path(sys.executable).parent


async def run(*command: str | Path) -> tuple[int, str]:
    """Run a tool in the project's folder; give its exit code and all that it said."""

    def call() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=120
        )

    ran = await asyncio.to_thread(call)
    return ran.returncode, ran.stdout + ran.stderr


async def test_squawk_finds_nothing_unsafe_in_the_migrations() -> None:
    code, said = await run(
        SCRIPTS / "squawk", "--pg-version", "15", *sorted(MIGRATIONS.glob("*.sql"))
    )

    assert code == 0, said


async def test_pgrls_warns_of_nothing_that_is_not_explained(database_urls: Urls) -> None:
    code, said = await run(
        *(SCRIPTS / "pgrls", "lint", "--config", "supabase/pgrls.toml"),
        *("--database-url", database_urls.owner),
    )

    assert code == 0, said


async def test_trespass_proves_that_no_policy_lets_a_stranger_in() -> None:
    code, said = await run(
        SCRIPTS / "trespass", "check", MIGRATIONS, "--fail-on", "unknown", "--no-color"
    )

    assert code == 0, said
    assert "0 vulnerable" in said
