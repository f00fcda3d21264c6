"""Migrations are applied once, in order, whole or not at all, and recorded as the CLI does."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from graphql_api import migrations
from graphql_api.auth import ANONYMOUS
from graphql_api.local.stack import Urls
from graphql_api.logins import scram_verifier, url_for
from graphql_api.migrations import MigrationError, migrate
from tests.fixtures.people import AsUser
from tests.fixtures.servers import FreshCluster

FIRST = "create table public.first (id int);\n-- why\ninsert into public.first values (1);\n"
SECOND = "create function public.second() returns int language sql as $$ select 1; $$;"


@pytest.fixture
async def empty_url(database_urls: Urls) -> AsyncIterator[str]:
    """The owner's URL of an empty database."""
    name = f"empty_{uuid4().hex}"
    admin = await asyncpg.connect(database_urls.superuser)
    await admin.execute(f"create database {name} owner postgres")
    yield f"{database_urls.owner.rsplit('/', 1)[0]}/{name}"
    await admin.execute(f"drop database {name} with (force)")
    await admin.close()


@pytest.fixture
async def empty(empty_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(empty_url)
    yield connection
    await connection.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two migrations and two files that are none."""
    write(tmp_path, "20270101000100_first.sql", FIRST)
    write(tmp_path, "20270101000200_the_second.sql", SECOND)
    write(tmp_path, "README.md", "not SQL")
    write(tmp_path, "notes.sql", "not a migration")
    return tmp_path


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


async def history(connection: asyncpg.Connection) -> list[tuple[object, ...]]:
    rows = await connection.fetch(
        "select version, name, statements from supabase_migrations.schema_migrations "
        "order by version"
    )
    return [tuple(row) for row in rows]


async def columns(connection: asyncpg.Connection, table: str) -> list[tuple[object, ...]]:
    rows = await connection.fetch(
        "select a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, "
        "coalesce(a.attnum = any (i.indkey), false) "
        "from pg_attribute a left join pg_index i on i.indrelid = a.attrelid and i.indisprimary "
        "where a.attrelid = $1::text::regclass and a.attnum > 0 order by a.attnum",
        table,
    )
    return [tuple(row) for row in rows]


async def test_migrations_are_applied_in_order_and_recorded(
    empty_url: str, empty: asyncpg.Connection, folder: Path
) -> None:
    applied = await migrate(empty_url, folder)

    assert applied == ["20270101000100", "20270101000200"]
    assert await history(empty) == [
        (
            "20270101000100",
            "first",
            ["create table public.first (id int)", "-- why\ninsert into public.first values (1)"],
        ),
        ("20270101000200", "the_second", [SECOND.removesuffix(";")]),
    ]
    assert await empty.fetchval("select public.second()") == 1


async def test_the_history_has_the_tables_of_the_supabase_cli(
    empty_url: str, empty: asyncpg.Connection, folder: Path
) -> None:
    await migrate(empty_url, folder)

    assert await columns(empty, "supabase_migrations.schema_migrations") == [
        ("version", "text", True, True),
        ("statements", "text[]", False, False),
        ("name", "text", False, False),
    ]
    assert await columns(empty, "supabase_migrations.seed_files") == [
        ("path", "text", True, True),
        ("hash", "text", True, False),
    ]


async def test_a_second_run_applies_nothing(empty_url: str, folder: Path) -> None:
    await migrate(empty_url, folder)

    assert await migrate(empty_url, folder) == []


async def test_a_new_file_is_applied_alone(
    empty_url: str, empty: asyncpg.Connection, folder: Path
) -> None:
    await migrate(empty_url, folder)
    write(folder, "20270101000300_third.sql", "create table public.third ();")

    pending = await migrations.pending(empty, folder)
    applied = await migrate(empty_url, folder)

    assert [str(migration) for migration in pending] == ["20270101000300_third"]
    assert applied == ["20270101000300"]
    assert await migrations.pending(empty, folder) == []
    assert await migrations.applied_versions(empty) == [
        "20270101000100",
        "20270101000200",
        "20270101000300",
    ]


async def test_five_at_once_apply_each_file_once(
    empty_url: str, empty: asyncpg.Connection, folder: Path
) -> None:
    applied = await asyncio.gather(*(migrate(empty_url, folder) for _ in range(5)))

    assert sorted(map(len, applied)) == [0, 0, 0, 0, 2]
    assert await empty.fetchval("select count(*) from public.first") == 1


async def test_a_failure_in_the_middle_leaves_nothing_of_its_file(
    empty_url: str, empty: asyncpg.Connection, folder: Path
) -> None:
    broken = write(
        folder,
        "20270101000300_third.sql",
        "create table public.third (id int);\n-- why\nselect 1 / 0;\nselect 2;",
    )

    with pytest.raises(MigrationError) as failed:
        await migrate(empty_url, folder)
    tables = await empty.fetchval("select to_regclass('public.third')")
    versions = await migrations.applied_versions(empty)
    broken.write_text("create table public.third (id int);")

    assert str(failed.value) == (
        "20270101000300_third.sql failed at statement 2 of 3 (`select 1 / 0`), "
        "and nothing of it was kept: division by zero"
    )
    assert tables is None
    assert versions == ["20270101000100", "20270101000200"]
    assert await migrate(empty_url, folder) == ["20270101000300"]


async def test_what_one_file_sets_does_not_reach_the_next(
    empty_url: str, empty: asyncpg.Connection, folder: Path
) -> None:
    write(folder, "20270101000300_third.sql", "set statement_timeout = '77s';")
    write(
        folder,
        "20270101000400_fourth.sql",
        "create table public.found as select current_setting('statement_timeout') as setting;",
    )

    await migrate(empty_url, folder)

    assert await empty.fetchval("select setting from public.found") == "0"


async def test_a_database_that_is_ahead_of_the_folder_is_left_alone(
    empty_url: str, folder: Path
) -> None:
    newest = write(folder, "20270101000300_third.sql", "select 1;")
    await migrate(empty_url, folder)
    newest.unlink()

    with pytest.raises(MigrationError) as refused:
        await migrate(empty_url, folder)

    assert str(refused.value) == (
        "The database has migrations that are not in the folder: 20270101000300. "
        "It was migrated by newer code; update this copy, or point it at another database."
    )


async def test_a_file_earlier_than_the_last_one_is_refused(empty_url: str, folder: Path) -> None:
    await migrate(empty_url, folder)
    write(folder, "20270101000150_between.sql", "select 1;")

    with pytest.raises(MigrationError) as refused:
        await migrate(empty_url, folder)

    assert str(refused.value) == (
        "The database has had 20270101000200 already, but not the earlier "
        "20270101000150_between. Give these a version later than it."
    )


async def test_a_file_that_was_changed_afterwards_is_refused(empty_url: str, folder: Path) -> None:
    await migrate(empty_url, folder)
    write(folder, "20270101000100_first.sql", FIRST.replace("values (1)", "values (2)"))

    with pytest.raises(MigrationError, match=r"^20270101000100_first.sql was changed after"):
        await migrate(empty_url, folder)


async def test_a_history_without_statements_is_accepted(
    empty_url: str, empty: asyncpg.Connection, folder: Path
) -> None:
    """As old versions of the CLI, and `supabase migration repair`, may leave it."""
    await migrate(empty_url, folder)
    await empty.execute(
        "update supabase_migrations.schema_migrations set statements = null, name = null"
    )

    assert await migrate(empty_url, folder) == []


def test_two_files_of_one_version_are_refused(folder: Path) -> None:
    write(folder, "20270101000200_again.sql", "select 1;")

    with pytest.raises(MigrationError, match="have the same version"):
        migrations.read_folder(folder)


def test_a_file_that_cannot_be_cut_is_named(folder: Path) -> None:
    write(folder, "20270101000300_third.sql", "select 'open;")

    with pytest.raises(MigrationError) as refused:
        migrations.read_folder(folder)

    assert str(refused.value) == (
        "20270101000300_third.sql: A quote is opened and not closed, line 1."
    )


def test_the_first_file_of_old_clis_is_passed_over(folder: Path) -> None:
    write(folder, "20211208000000_init.sql", "select 1;")

    assert [str(found) for found in migrations.read_folder(folder)] == [
        "20270101000100_first",
        "20270101000200_the_second",
    ]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(MigrationError, match=r"There is no folder .*/nowhere"):
        migrations.read_folder(tmp_path / "nowhere")


async def test_a_database_that_does_not_answer_is_reported_without_its_password(
    folder: Path, database_urls: Urls
) -> None:
    wrong = database_urls.owner.rsplit("@", 1)[1]

    with pytest.raises(MigrationError) as refused:
        await migrate(f"postgresql://postgres:wr0ng-secret@{wrong}", folder)

    assert str(refused.value).startswith("Cannot connect to the database: ")
    assert "wr0ng-secret" not in str(refused.value)


async def test_a_seed_runs_once_again_after_a_change_and_is_recorded(
    empty_url: str, empty: asyncpg.Connection, folder: Path
) -> None:
    await migrate(empty_url, folder)
    seeds = folder / "supabase"
    seeds.mkdir()
    file = write(seeds, "seed.sql", "insert into public.first values (2);")

    ran = [await migrations.seed(empty_url, file), await migrations.seed(empty_url, file)]
    file.write_text("insert into public.first values (3);")
    ran.append(await migrations.seed(empty_url, file))

    recorded = await empty.fetch("select path, hash from supabase_migrations.seed_files")
    assert ran == [True, False, True]
    assert await empty.fetchval("select array_agg(id order by id) from public.first") == [1, 2, 3]
    assert [tuple(row) for row in recorded] == [
        ("supabase/seed.sql", hashlib.sha256(file.read_bytes()).hexdigest())
    ]


async def test_a_failing_seed_keeps_nothing_and_is_not_recorded(
    empty_url: str, empty: asyncpg.Connection, folder: Path
) -> None:
    await migrate(empty_url, folder)
    file = write(folder, "seed.sql", "insert into public.first values (2); select 1 / 0;")

    with pytest.raises(MigrationError, match=r"seed\.sql failed at statement 2 of 2"):
        await migrations.seed(empty_url, file)

    assert await empty.fetchval("select count(*) from public.first") == 1
    assert await empty.fetchval("select count(*) from supabase_migrations.seed_files") == 0


async def test_a_server_without_the_owners_rights_learns_what_is_missing(as_user: AsUser) -> None:
    async with as_user(ANONYMOUS, "cairn_server") as connection:
        rows = await connection.fetch("select private.applied_migrations()")

    assert tuple(row[0] for row in rows) == migrations.expected_versions()


async def test_the_login_of_the_api_gets_a_password_that_postgres_never_sees(
    fresh_cluster: FreshCluster,
) -> None:
    password = "p@ss/w'rd:100%"

    url = await migrations.ensure_api_role(fresh_cluster.urls.owner, password)

    connection = await asyncpg.connect(url)
    login = await connection.fetchval("select session_user")
    await connection.close()
    admin = await fresh_cluster.connect()
    stored = await admin.fetchval("select rolpassword from pg_authid where rolname = 'cairn_api'")
    await admin.execute("create role probe password 'the same everywhere'")
    theirs = await admin.fetchval("select rolpassword from pg_authid where rolname = 'probe'")
    await admin.execute("alter role cairn_api bypassrls")
    with pytest.raises(MigrationError, match="is not what the migrations made"):
        await migrations.ensure_api_role(fresh_cluster.urls.owner, password)
    await admin.close()
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(url_for("cairn_api", url, "wrong"))

    salt = base64.b64decode(theirs.split("$")[1].split(":")[1])
    assert login == "cairn_api"
    assert stored.startswith("SCRAM-SHA-256$")
    assert scram_verifier("the same everywhere", salt) == theirs


@pytest.mark.parametrize("password", ["", "pässword", "two\nlines"])
async def test_a_password_that_scram_would_change_is_refused(
    password: str, database_urls: Urls
) -> None:
    with pytest.raises(MigrationError, match="must be printable ASCII"):
        await migrations.ensure_api_role(database_urls.owner, password)


async def test_without_the_migrations_there_is_no_login(
    fresh_cluster: FreshCluster,
) -> None:
    admin = await fresh_cluster.connect()
    await admin.execute("alter role cairn_api rename to somebody_else")
    await admin.close()

    with pytest.raises(MigrationError, match="apply the migrations first"):
        await migrations.ensure_api_role(fresh_cluster.urls.owner, "secret")


@pytest.mark.parametrize(
    ("owner_url", "api_url"),
    [
        (
            "postgresql://postgres:old@127.0.0.1:5432/postgres",
            "postgresql://cairn_api:n%40w@127.0.0.1:5432/postgres",
        ),
        (
            "postgresql://postgres.abcd:o%40ld@pooler.example.com:5432/postgres?sslmode=require",
            "postgresql://cairn_api.abcd:n%40w@pooler.example.com:5432/postgres?sslmode=require",
        ),
        ("postgresql://localhost/cairn", "postgresql://cairn_api:n%40w@localhost/cairn"),
    ],
)
def test_the_url_of_the_api_is_the_owners_with_another_login(owner_url: str, api_url: str) -> None:
    assert url_for("cairn_api", owner_url, "n@w") == api_url
