"""The local stack as one thing: both servers, and a database that looks like a Supabase project."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from graphql_api import migrations
from graphql_api.local.folder import Folder
from graphql_api.local.postgres import Postgres
from graphql_api.local.process import Problem, unprivileged
from graphql_api.local.valkey import Valkey

PLATFORM = Path(__file__).with_name("platform.sql")

# What Supabase makes and `platform.sql` does not: where that is, Supabase is.
IS_REAL_SUPABASE = """
select to_regclass('auth.schema_migrations') is not null or exists (
  select from pg_catalog.pg_roles
  where rolname in ('dashboard_user', 'pgbouncer', 'supabase_realtime_admin')
)
"""


@dataclass(frozen=True, slots=True)
class Urls:
    """Where one database of the stack is, by who asks; and Redis. All hold passwords.

    Attributes:
        superuser: may do anything; for tests and repairs.
        owner: `postgres`, who owns the tables and, as on Supabase, is no superuser.
        api: `cairn_api`, as whom the API connects; owns nothing.
        redis: the Redis-like server.
    """

    superuser: str
    owner: str
    api: str
    redis: str


class Stack:
    """Postgres and Valkey in one folder, started and stopped together."""

    def __init__(
        self, folder: Folder, *, durable: bool = True, redis_url: str | None = None
    ) -> None:
        """Describe the stack, and start nothing.

        Args:
            folder: where it lives; entered (locked) by the caller.
            durable: whether Postgres's commits survive a crash of the machine.
            redis_url: a Redis that already runs, to be used in place of our own.
        """
        account = unprivileged(folder.path)
        self.folder = folder
        self.postgres = Postgres(folder, account, durable=durable)
        self.valkey = Valkey(folder, account) if redis_url is None else None
        self._redis_url = redis_url

    def start(self) -> None:
        """Start both servers and wait until they answer.

        Raises:
            Problem: one does not start; then the other is stopped.
        """
        with contextlib.ExitStack() as undo:
            undo.callback(self.stop)
            self.postgres.start()
            if self.valkey is not None:
                self.valkey.start()
            undo.pop_all()

    def stop(self) -> None:
        """Stop both servers in good order; harmless when they are stopped."""
        if self.valkey is not None:
            self.valkey.stop()
        self.postgres.stop()

    def revive(self) -> list[str]:
        """Start again what has ended by itself; give the names of what was started.

        Raises:
            Problem: it does not start again.
        """
        revived = []
        for server in (self.postgres, self.valkey):
            if server is not None and server.child.pid is None:
                server.stop()
                server.start()
                revived.append(server.child.name)
        return revived

    def urls(self, database: str = "postgres") -> Urls:
        """Give the URLs of one database of the cluster."""
        return Urls(
            superuser=self.postgres.superuser_url.rsplit("/", 1)[0] + f"/{database}",
            owner=self.postgres.url("postgres", self.folder.secret("owner"), database),
            api=self.postgres.url("cairn_api", self.folder.secret("api"), database),
            redis=self._redis_url or (self.valkey.url if self.valkey else ""),
        )

    async def set_up(self, database: str = "postgres") -> list[str]:
        """Make `database` a Supabase project with our migrations; give the versions of new ones.

        Safe to repeat: what is there stays.

        Raises:
            Problem: the database belongs to a real Supabase, or the migrations do not apply.
        """
        urls = self.urls(database)
        try:
            await supply_platform(urls.superuser, owner_password=self.folder.secret("owner"))
        except asyncpg.InvalidPasswordError as error:
            home = self.folder.path
            raise Problem(
                f"The data in {home / 'postgres'} has another password than {home / 'secrets.json'}"
                " says. Put the old file back, or move both away to begin anew."
            ) from error
        try:
            applied = await migrations.migrate(urls.owner)
            await migrations.ensure_api_role(urls.owner, self.folder.secret("api"))
        except migrations.MigrationError as error:
            raise Problem(
                f"The local database was not migrated: {error} To begin anew, move "
                f"{self.folder.path / 'postgres'} away."
            ) from error
        return applied


async def supply_platform(superuser_url: str, *, owner_password: str) -> None:
    """Give a bare database the least of what Supabase supplies; where it is already, nothing.

    Raises:
        Problem: Supabase itself is there; nothing was changed.
    """
    connection = await asyncpg.connect(superuser_url)
    try:
        if await connection.fetchval(IS_REAL_SUPABASE):
            raise Problem(
                "This database belongs to a Supabase project, which brings its own roles and "
                "schemas. Apply the migrations alone: `cairn migrate --owner-url URL`."
            )
        async with connection.transaction():
            if not await connection.fetchval("select to_regclass('auth.users') is not null"):
                await connection.execute(PLATFORM.read_text())
            await connection.execute(
                await connection.fetchval(
                    "select format('alter role postgres password %L', $1::text)", owner_password
                )
            )
    finally:
        await connection.close()
