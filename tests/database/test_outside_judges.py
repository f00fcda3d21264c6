"""What linters that nobody here wrote say of the schema; those that need Node are `make judges`."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
from pathlib import Path

import asyncpg

from graphql_api.local.stack import Urls
from graphql_api.migrations import MIGRATIONS
from tests.database.access import exceptions

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


async def test_pgrls_warns_of_nothing_that_is_not_explained(
    database_urls: Urls, owner: asyncpg.Connection, tmp_path: Path
) -> None:
    code, said = await pgrls(database_urls, await explained(owner, tmp_path))

    assert code == 0, said


async def test_pgrls_sees_a_planted_hole(
    database_urls: Urls, owner: asyncpg.Connection, tmp_path: Path
) -> None:
    config = await explained(owner, tmp_path)
    await owner.execute("create table public.hole (id uuid primary key, user_id uuid)")
    try:
        code, said = await pgrls(database_urls, config)
    finally:
        await owner.execute("drop table public.hole")

    assert code == 1
    assert "public.hole" in said


async def test_pgrls_sees_a_trigger_that_passes_policies_and_is_not_explained(
    database_urls: Urls, owner: asyncpg.Connection, tmp_path: Path
) -> None:
    config = await explained(owner, tmp_path)
    await owner.execute(
        "create trigger t999_careless before update on public.messages "
        "for each row execute function private.touch_updated_at()"
    )
    try:
        code, said = await pgrls(database_urls, config)
    finally:
        await owner.execute("drop trigger t999_careless on public.messages")

    assert code == 1
    assert "t999_careless" in said


async def explained(owner: asyncpg.Connection, folder: Path) -> Path:
    """Write our configuration with what is no bypass, or one with a reason."""
    triggers = await owner.fetch(
        """
        select format('%s.%s.%s', n.nspname, c.relname, t.tgname)
        from pg_trigger t
        join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
        join pg_proc p on p.oid = t.tgfoid join pg_namespace f on f.oid = p.pronamespace
        where not t.tgisinternal and n.nspname = 'public'
          and (not p.prosecdef or p.prosrc ~ 'auth\\.uid\\(\\)'
               or format('%s.%s', f.nspname, p.proname) = any ($1))
        """,
        list(exceptions("asks-who-calls")),
    )
    # They only take away from what the owner's policies allow.
    restrictive = await owner.fetch(
        "select format('public.%s.%s', c.relname, p.polname) "
        "from pg_policy p join pg_class c on c.oid = p.polrelid where not p.polpermissive"
    )
    config = folder / "pgrls.toml"
    text = (PROJECT / "supabase/pgrls.toml").read_text()
    for rule, found in (
        ("SEC013", triggers),
        ("SEC005", restrictive),
    ):
        allowed = ",".join(f'"{row[0]}"' for row in found)
        text += f"\n[lint.rules.{rule}]\nallowlist = [{allowed}]\n"
    config.write_text(text)
    return config


async def pgrls(urls: Urls, config: Path) -> tuple[int, str]:
    return await run(SCRIPTS / "pgrls", "lint", "--config", config, "--database-url", urls.owner)


async def test_trespass_proves_every_table_of_public_isolated(
    owner: asyncpg.Connection, tmp_path: Path
) -> None:
    tables, intent = await every_row_is_its_owners(owner, tmp_path)

    code, said = await trespass(MIGRATIONS, intent)

    assert code == 0, said
    assert f"0 vulnerable  ·  0 unknown  ·  {tables} proved isolated" in said


async def test_trespass_sees_a_planted_hole(owner: asyncpg.Connection, tmp_path: Path) -> None:
    _, intent = await every_row_is_its_owners(owner, tmp_path)
    folder = Path(shutil.copytree(MIGRATIONS, tmp_path / "migrations"))
    hole = "create policy hole on public.messages for select to authenticated using (true);"
    (folder / "20990101000000_hole.sql").write_text(hole)

    code, said = await trespass(folder, intent)

    assert code == 1
    assert "1 vulnerable" in said


async def every_row_is_its_owners(owner: asyncpg.Connection, folder: Path) -> tuple[int, Path]:
    """Tell trespass, of each table of public, that a row is for its owner; give their number.

    Catalogues, which are nobody's own, are read by everybody.
    """
    columns = await owner.fetch(
        "select table_name, bool_or(column_name = 'user_id') as has_owner "
        "from information_schema.columns where table_schema = 'public' group by table_name"
    )
    catalogues = {name.split(":")[0] for name in exceptions("anonymous")}
    intent = folder / "trespass.intent"
    intent.write_text(
        "".join(
            f"[{row['table_name']}]\ntenant = {'user_id' if row['has_owner'] else 'id'}\n"
            f"select = {'public' if row['table_name'] in catalogues else 'owner'}\n"
            "insert = owner\nupdate = owner\ndelete = owner\n"
            for row in columns
        )
    )
    return len(columns), intent


async def trespass(migrations: Path, intent: Path) -> tuple[int, str]:
    return await run(
        *(SCRIPTS / "trespass", "check", migrations, "--intent", intent),
        *("--fail-on", "unknown", "--no-color"),
    )
