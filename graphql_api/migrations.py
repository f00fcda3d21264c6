"""Applies `supabase/migrations` and keeps the Supabase CLI's own history, so that either can go on.

The history is `supabase_migrations.schema_migrations` (version, statements, name) and
`supabase_migrations.seed_files` (path, hash), made and filled as `supabase db push` does. Each file
is one transaction together with its line of history: it is there as a whole, or not at all.

A server without an owner's rights asks `private.applied_migrations()`, as `cairn_server`, and
compares with `expected_versions()`.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from graphql_api.logins import scram_verifier, url_for
from graphql_api.statements import ScriptError, split

# In a wheel the folder travels inside the package; in a checkout it stands beside it.
_HERE = Path(__file__).resolve().parent
SUPABASE = _HERE / "supabase" if (_HERE / "supabase").exists() else _HERE.parent / "supabase"
MIGRATIONS = SUPABASE / "migrations"
# As `config.toml` lists them for the CLI: people first, then what is theirs.
SEEDS = (SUPABASE / "seed.sql", *sorted((SUPABASE / "seeds").glob("*.sql")))
API_ROLE = "cairn_api"

_FILE_NAME = re.compile(r"^([0-9]+)_(.*)\.sql$")
# Files of this name and age were made by old versions of the CLI, which skips them since.
_OLD_INIT = "20211209000000"
_LOCK = "select pg_advisory_lock(hashtextextended('cairn.migrations', 0))"
_UNLOCK = "select pg_advisory_unlock(hashtextextended('cairn.migrations', 0))"
_LOCK_TIMEOUT = "60s"
_HISTORY = (
    "create schema if not exists supabase_migrations",
    "create table if not exists supabase_migrations.schema_migrations "
    "(version text not null primary key)",
    "alter table supabase_migrations.schema_migrations add column if not exists statements text[]",
    "alter table supabase_migrations.schema_migrations add column if not exists name text",
    "create table if not exists supabase_migrations.seed_files "
    "(path text not null primary key, hash text not null)",
)


class MigrationError(Exception):
    """The database was not migrated; the message says why, for the person at the terminal."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file of the folder.

    Attributes:
        version: the digits that its name begins with; they give the order.
        name: the rest of its name, without `.sql`.
        statements: what it does.
    """

    version: str
    name: str
    statements: tuple[str, ...]

    def __str__(self) -> str:
        """The file's name without its ending."""
        return f"{self.version}_{self.name}"


def read_folder(folder: Path) -> list[Migration]:
    """Give the migrations of `folder` in order; other files are passed over, as by the CLI.

    Raises:
        MigrationError: the folder is missing, two files have one version, or one cannot be read.
    """
    found: dict[str, Migration] = {}
    for path in _files(folder):
        version, name = _parts(path)
        if not found and name == "init" and len(version) == 14 and version < _OLD_INIT:
            continue
        if version in found:
            raise MigrationError(
                f"{found[version]}.sql and {path.name} have the same version; give one a later one."
            )
        try:
            statements = tuple(split(path.read_text(encoding="utf-8")))
        except (ScriptError, UnicodeDecodeError) as error:
            raise MigrationError(f"{path.name}: {error}") from error
        found[version] = Migration(version, name, statements)
    return list(found.values())


def expected_versions(folder: Path = MIGRATIONS) -> tuple[str, ...]:
    """Give the versions that a database needs for this code, in order.

    Raises:
        MigrationError: the folder is missing.
    """
    return tuple(_parts(path)[0] for path in _files(folder))


async def applied_versions(connection: asyncpg.Connection) -> list[str]:
    """Give the versions that the database has, in order; for a connection of the owner."""
    return list(await _history(connection))


async def pending(connection: asyncpg.Connection, folder: Path = MIGRATIONS) -> list[Migration]:
    """Give the migrations that the database has not had yet, in order.

    Raises:
        MigrationError: the database and the folder have gone separate ways.
    """
    local = read_folder(folder)
    applied = await _history(connection)
    _refuse_drift(local, applied)
    return [migration for migration in local if migration.version not in applied]


async def migrate(owner_url: str, folder: Path = MIGRATIONS) -> list[str]:
    """Apply what is pending, one transaction a file; give the versions applied.

    Waits while another process migrates the same database, and then finds nothing left to do.

    Args:
        owner_url: of the role that owns the tables, `postgres` on Supabase; a direct or
            session-mode connection.
        folder: where the migrations are.

    Raises:
        MigrationError: see its message; files before the one that failed stay applied.
    """
    async with _owner(owner_url) as connection:
        await _make_history(connection)
        applied = []
        for migration in await pending(connection, folder):
            await _apply(connection, migration)
            applied.append(migration.version)
        return applied


async def seed(owner_url: str, file: Path) -> bool:
    """Run a seed that this database has not had, or that was changed since; tell whether it ran.

    The seed must bear to be run again: after a change it is.

    Args:
        owner_url: as for `migrate`.
        file: the CLI's record names it from the folder `supabase`, however deep it is in there.

    Raises:
        MigrationError: see its message; nothing of it was kept.
    """
    script = await asyncio.to_thread(file.read_bytes)
    home = next((folder for folder in file.parents if folder.name == "supabase"), file.parent)
    path = file.relative_to(home.parent).as_posix()
    digest = hashlib.sha256(script).hexdigest()
    async with _owner(owner_url) as connection:
        await _make_history(connection)
        known = await connection.fetchval(
            "select hash from supabase_migrations.seed_files where path = $1", path
        )
        if known == digest:
            return False
        await connection.execute("reset all")
        async with connection.transaction():
            await _run(connection, file.name, split(script.decode()))
            await connection.execute(
                "insert into supabase_migrations.seed_files (path, hash) values ($1, $2) "
                "on conflict (path) do update set hash = excluded.hash",
                path,
                digest,
            )
        return True


async def seed_all(owner_url: str) -> bool:
    """Run those of `SEEDS` that are new or changed; tell whether there were any.

    Raises:
        MigrationError: see its message; the seeds before the one that failed stay.
    """
    ran = [await seed(owner_url, file) for file in SEEDS]
    return any(ran)


async def ensure_api_role(owner_url: str, password: str) -> str:
    """Give `cairn_api` a password and return the URL to serve with.

    Only a SCRAM verifier is sent: the password itself never reaches the server or its log.

    Args:
        owner_url: as for `migrate`, which must have been run.
        password: printable ASCII, which SCRAM takes as it is.

    Raises:
        MigrationError: the role is missing or may do more than it should.
    """
    if not password or not all(" " <= character <= "~" for character in password):
        raise MigrationError(f"The password of {API_ROLE} must be printable ASCII.")
    async with _owner(owner_url) as connection:
        role = await connection.fetchrow(
            "select rolsuper or rolbypassrls as passes, rolcanlogin, rolinherit "
            "from pg_roles where rolname = $1",
            API_ROLE,
        )
        if role is None:
            raise MigrationError(f"There is no role {API_ROLE}; apply the migrations first.")
        if role["passes"] or role["rolinherit"] or not role["rolcanlogin"]:
            raise MigrationError(
                f"The role {API_ROLE} is not what the migrations made: it must be "
                "login noinherit nosuperuser nobypassrls."
            )
        await connection.execute(
            f"alter role {API_ROLE} password '{scram_verifier(password, secrets.token_bytes(16))}'"
        )
    return url_for(API_ROLE, owner_url, password)


# -- the folder -------------------------------------------------------------------------------


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise MigrationError(f"There is no folder {folder}.")
    return sorted(path for path in folder.iterdir() if _FILE_NAME.match(path.name))


def _parts(path: Path) -> tuple[str, str]:
    version, name = _FILE_NAME.findall(path.name)[0]
    return version, name


# -- the database -----------------------------------------------------------------------------


@asynccontextmanager
async def _owner(owner_url: str) -> AsyncIterator[asyncpg.Connection]:
    """Connect as the owner and be the only one who migrates."""
    try:
        connection = await asyncpg.connect(owner_url, statement_cache_size=0)
    except (asyncpg.PostgresError, OSError, TimeoutError) as error:
        raise MigrationError(f"Cannot connect to the database: {error}") from error
    try:
        await connection.execute(f"set lock_timeout = '{_LOCK_TIMEOUT}'")
        try:
            await connection.execute(_LOCK)
        except asyncpg.LockNotAvailableError as error:
            raise MigrationError(
                "Another process has been migrating this database for a minute; try again when "
                "it has finished."
            ) from error
        yield connection
        await connection.execute(_UNLOCK)
    finally:
        await connection.close()


async def _make_history(connection: asyncpg.Connection) -> None:
    async with connection.transaction():
        await connection.execute("set local lock_timeout = '4s'")
        await connection.execute("set local client_min_messages = warning")
        for statement in _HISTORY:
            await connection.execute(statement)


async def _history(connection: asyncpg.Connection) -> dict[str, tuple[str, ...] | None]:
    """Give each applied version with its statements; None where an old CLI kept none."""
    if await connection.fetchval(
        "select to_regclass('supabase_migrations.schema_migrations') is null"
    ):
        return {}
    rows = await connection.fetch(
        "select version, statements from supabase_migrations.schema_migrations order by version"
    )
    return {
        row["version"]: None if row["statements"] is None else tuple(row["statements"])
        for row in rows
    }


def _refuse_drift(
    local: Sequence[Migration], applied: Mapping[str, tuple[str, ...] | None]
) -> None:
    by_version = {migration.version: migration for migration in local}
    unknown = [version for version in applied if version not in by_version]
    if unknown:
        raise MigrationError(
            f"The database has migrations that are not in the folder: {', '.join(unknown)}. "
            "It was migrated by newer code; update this copy, or point it at another database."
        )
    last = max(applied, default="")
    late = [str(m) for m in local if m.version not in applied and m.version < last]
    if late:
        raise MigrationError(
            f"The database has had {last} already, but not the earlier {', '.join(late)}. "
            "Give these a version later than it."
        )
    for version, statements in applied.items():
        if statements is not None and statements != by_version[version].statements:
            raise MigrationError(
                f"{by_version[version]}.sql was changed after this database had it. Undo the "
                "change and write a new migration; a development database may be removed and "
                "made anew instead."
            )


async def _apply(connection: asyncpg.Connection, migration: Migration) -> None:
    # Nothing that an earlier file set lives on in the next.
    await connection.execute("reset all")
    async with connection.transaction():
        await _run(connection, f"{migration}.sql", migration.statements)
        await connection.execute(
            "insert into supabase_migrations.schema_migrations (version, name, statements) "
            "values ($1, $2, $3)",
            migration.version,
            migration.name,
            list(migration.statements),
        )


async def _run(connection: asyncpg.Connection, file: str, statements: Sequence[str]) -> None:
    for number, statement in enumerate(statements, start=1):
        try:
            await connection.execute(statement)
        except asyncpg.PostgresError as error:
            code = re.sub(r"(?m)^\s*--.*\n", "", statement).lstrip()
            raise MigrationError(
                f"{file} failed at statement {number} of {len(statements)} "
                f"(`{code.splitlines()[0]}`), and nothing of it was kept: {error}"
            ) from error
