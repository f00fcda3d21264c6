"""pgTAP: the claims in `supabase/tests`, one a file, asked by pg_prove as `supabase test db` asks them."""

from __future__ import annotations

import re
from pathlib import Path

import asyncpg

from graphql_api import migrations
from tests.judges.ground import SUPABASE, Ground
from tests.judges.judge import Judge, Objection, Ran, run

EXTENSIONS = Path("/usr/share/postgresql")
# The search path of a Supabase database, where pgTAP's own functions are found.
SEARCH_PATH = '"$user", public, extensions'
PATIENCE_SECONDS = 300.0


async def prove(ground: Ground) -> str:
    """Every claim holds on a database with Ana and Ben, and one that is false is found out."""
    url = await _database(ground)
    proved = await _prove(url, SUPABASE / "tests")
    proved.must_succeed("pg_prove objects")
    files = re.search(r"Files=(\d+), Tests=(\d+)", proved.out)
    if files is None or files[1] == "0":
        raise Objection(f"pg_prove ran nothing:\n{proved.said}")

    room = ground.room("pgtap")
    (room / "false.test.sql").write_text(
        "begin; select plan(1); select is(1, 2, 'one is two'); select * from finish(); rollback;"
    )
    if (await _prove(url, room)).code == 0:
        raise Objection("pg_prove believes that one is two.")
    return f"{files[2]} claims in {files[1]} files"


async def _prove(url: str, folder: Path) -> Ran:
    # One after the other, as the Supabase CLI does: two would wait for the same rows of Ana's.
    return await run(
        *("pg_prove", "--dbname", url, "--recurse", "--ext", ".sql", folder),
        cwd=SUPABASE,
        variables={"PGOPTIONS": f"-c search_path={SEARCH_PATH.replace(' ', '')}"},
        patience_seconds=PATIENCE_SECONDS,
    )


async def _database(ground: Ground) -> str:
    """Make a database with our migrations, Ana and Ben, and pgTAP; give its owner's URL."""
    urls = await ground.new_database("tapped")
    await migrations.migrate(urls.owner)
    await migrations.seed_all(urls.owner)
    connection = await asyncpg.connect(urls.superuser)
    try:
        # Pure SQL: what Debian packs for its own Postgres runs on any.
        await connection.execute("set search_path = extensions")
        await connection.execute(_pgtap().read_text())
    finally:
        await connection.close()
    return urls.owner


def _pgtap() -> Path:
    """Find pgTAP's script, by the newest version.

    Raises:
        Objection: it is not installed.
    """
    found = [
        path
        for path in EXTENSIONS.glob("*/extension/pgtap--*.sql")
        if re.fullmatch(r"pgtap--[\d.]+\.sql", path.name)
    ]
    if not found:
        raise Objection(
            "There is no pgTAP. On Debian: apt install postgresql-15-pgtap (or another number) "
            "libtap-parser-sourcehandler-pgtap-perl."
        )
    return max(found, key=lambda path: [int(part) for part in re.findall(r"\d+", path.stem)])


JUDGES = (Judge("pgtap", "pgTAP 1.2 by pg_prove: the claims in supabase/tests", prove),)
