"""The Supabase CLI against our migrations: the same history, either way, and no warnings."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import asyncpg
import orjson

from graphql_api import migrations
from tests.judges import node
from tests.judges.ground import SUPABASE, Ground
from tests.judges.judge import Judge, Objection, Ran, run

HISTORY = """
select version, name, statements, md5(statements::text)
from supabase_migrations.schema_migrations order by version
"""
SEEDS = "select path, hash from supabase_migrations.seed_files order by path"

TABLES = """
select relname::text from pg_class
where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1
"""

# What everybody who comes from a table editor forgets.
HOLE = """
create table public.hole (id uuid primary key, user_id uuid);
grant all on public.hole to anon, authenticated;
"""


class Cli:
    """The CLI in a copy of `supabase/`, as somebody uses it who has linked a project."""

    def __init__(self, room: Path) -> None:
        self.room = room
        self.migrations = room / "supabase" / "migrations"
        shutil.copytree(SUPABASE, room / "supabase")

    async def __call__(self, *words: str, url: str) -> Ran:
        return await run(
            node.PROGRAMS / "supabase",
            *words,
            f"--remote={url}",
            "--yes",
            cwd=self.room,
            # A home of its own: no login of this shell's user, and nothing left in it.
            variables={"HOME": str(self.room), "SUPABASE_TELEMETRY_DISABLED": "1"},
        )

    async def listed(self, url: str) -> list[tuple[str, str]]:
        """Give each migration as (in the folder, in the database); empty where it is not."""
        ran = await self("migration", "list", "--output-format", "json", url=url)
        rows = orjson.loads(ran.must_succeed("`migration list` fails").out)["migrations"]
        return [(row["local"] or "", row["remote"] or "") for row in rows]

    async def push(self, url: str, *flags: str) -> list[str]:
        """Apply what is pending; give the files that the CLI names."""
        ran = await self("db", "push", "--output-format", "json", *flags, url=url)
        return list(orjson.loads(ran.must_succeed("`db push` fails").out)["migrations"])

    async def advisors(self, url: str) -> Ran:
        """Ask all its security and performance lints; warnings make it fail."""
        flags = ("--type", "all", "--level", "warn", "--fail-on", "warn", "-o", "json")
        return await self("db", "advisors", *flags, url=url)


async def history(ground: Ground) -> str:
    """Ours and theirs: each finds what the other applied, goes on from there, and writes alike."""
    cli = Cli(ground.room("history"))
    versions = list(migrations.expected_versions())

    ours = ground.urls.owner
    both = [(version, version) for version in versions]
    _same(await cli.listed(ours), both, "`migration list` of a database that our runner migrated")
    _same(await cli.push(ours), [], "What `db push` finds to do after our runner")

    theirs = (await ground.new_database("pushed")).owner
    pushed = await cli.push(theirs, "--include-seed")
    _same(len(pushed), len(versions), "The number of migrations that `db push` applies")
    _same(await migrations.migrate(theirs), [], "What our runner finds to do after `db push`")
    seeded = await migrations.seed_all(theirs)
    _same(seeded, False, "Whether our runner seeds again what the CLI has seeded")
    for query, what in ((HISTORY, "The history"), (SEEDS, "The record of seeds")):
        _same(await _rows(theirs, query), await _rows(ours, query), f"{what} that the CLI writes")

    await _take_turns(ground, cli, versions)
    return f"{len(versions)} migrations and the seeds: identical, both ways"


async def _take_turns(ground: Ground, cli: Cli, versions: list[str]) -> None:
    """The CLI applies the first file, our runner the rest, and both call it done."""
    url = (await ground.new_database("by_turns")).owner
    later = [path for path in sorted(cli.migrations.iterdir()) if versions[0] not in path.name]
    aside = cli.room / "later"
    aside.mkdir()
    for path in later:
        path.rename(aside / path.name)
    await cli.push(url)
    for path in later:
        (aside / path.name).rename(path)

    applied = await migrations.migrate(url)

    _same(applied, versions[1:], "What our runner does after a first file by the CLI")
    _same(await cli.push(url), [], "What the CLI finds to do after both took turns")


async def advisors(ground: Ground) -> str:
    """No lint of Supabase's warns; a hole that we plant is seen."""
    cli = Cli(ground.room("advisors"))
    ran = await cli.advisors(ground.urls.owner)
    ran.must_succeed("`db advisors` warns")

    holed = (await ground.new_database("holed")).owner
    await migrations.migrate(holed)
    connection = await asyncpg.connect(holed)
    try:
        await connection.execute(HOLE)
    finally:
        await connection.close()
    seen = await cli.advisors(holed)
    if seen.code == 0 or "rls_disabled_in_public" not in seen.out:
        raise Objection(f"`db advisors` does not see a planted hole:\n{seen.said.strip()}")
    return "0 warnings, 0 errors"


async def types(ground: Ground) -> str:
    """Each table of public has types, which compile strictly and refuse an app's mistakes."""
    cli = Cli(ground.room("supabase-types"))
    made = await cli("gen", "types", "typescript", "--schema", "public", url=ground.urls.owner)
    made.must_succeed("`gen types` fails")
    shutil.copytree(node.FOLDER / "supabase_types", cli.room, dirs_exist_ok=True)
    # What it says of the connection is on stdout, too.
    _, begin, rest = made.out.partition("export type ")
    (cli.room / "database.ts").write_text(begin + rest)
    compiled = await run(node.PROGRAMS / "tsc", "--project", ".", cwd=cli.room)
    compiled.must_succeed("tsc --strict refuses the types, or what an app does with them")
    tables = await _rows(ground.urls.owner, TABLES)
    missing = [name for (name,) in tables if not re.search(rf'"{name}": {{\s*Row: {{', made.out)]
    _same(missing, [], "The tables without types")
    return f"{len(tables)} tables, {made.out.count(chr(10))} lines of types, 0 errors"


async def _rows(url: str, query: str) -> list[tuple[object, ...]]:
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()


def _same(found: object, expected: object, what: str) -> None:
    if found != expected:
        raise Objection(f"{what} is not as expected.\nExpected: {expected}\nFound:    {found}")


JUDGES = (
    Judge("history", "Supabase CLI 3.1: migration list, db push, one history", history),
    Judge("advisors", "Supabase CLI 3.1: db advisors, security and performance", advisors),
    Judge("types", "Supabase CLI 3.1: gen types, compiled by tsc --strict", types),
)
