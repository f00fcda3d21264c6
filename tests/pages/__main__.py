"""`python -m tests.pages`: write the pages about the database anew, or see that they are fresh."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import asyncpg
import typer

from graphql_api.local.folder import Folder
from graphql_api.local.stack import Stack
from graphql_api.migrations import MIGRATIONS
from tests.pages import access, model
from tests.pages.facts import Chapter, read

PROJECT = MIGRATIONS.parents[1]
PAGES = {
    PROJECT / "docs" / "data-model.md": model.page,
    PROJECT / "supabase" / "ACCESS.md": access.page,
}


def main(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Compare with the files, and write nothing.")
    ] = False,
) -> None:
    """Write docs/data-model.md and supabase/ACCESS.md from a database that is migrated for it."""
    chapters = _migrated()
    stale = []
    for path, page in PAGES.items():
        text = page(chapters)
        if path.exists() and path.read_text() == text:
            continue
        stale.append(path.relative_to(PROJECT).as_posix())
        if not check:
            path.write_text(text)
    if check and stale:
        typer.echo(f"Stale: {', '.join(stale)}. Run `make pages` and look at the difference.")
        sys.exit(1)


def _migrated() -> list[Chapter]:
    """Read the catalogue of a database that has our migrations and nothing else."""
    with tempfile.TemporaryDirectory(prefix="cairn-pages-") as home:
        # Its server may run as somebody else, who must find the way in.
        Path(home).chmod(0o711)
        with Folder(Path(home) / "stack") as folder:
            stack = Stack(folder, durable=False, redis_url="redis://not-used")
            try:
                stack.start()
                return asyncio.run(_read(stack))
            finally:
                stack.stop()


async def _read(stack: Stack) -> list[Chapter]:
    await stack.set_up()
    connection = await asyncpg.connect(stack.urls().superuser)
    try:
        return await read(connection)
    finally:
        await connection.close()


if __name__ == "__main__":
    typer.run(main)
