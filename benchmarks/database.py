"""The database that both servers ask: a stack of its own, filled once and kept for later runs."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import asyncpg

from graphql_api.local.folder import Folder
from graphql_api.local.people import sign_token
from graphql_api.local.stack import PLATFORM, Stack
from graphql_api.logins import url_for
from graphql_api.migrations import MIGRATIONS

HERE = Path(__file__).parent
PEER_ROLE = "benchmark_peer"

# The same for both servers: all data in memory, and no work by the clock, so that what a round
# costs is its own.
SETTINGS = {
    "shared_buffers": "1GB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "1h",
    "autovacuum": "off",
    "jit": "off",
}

TIDY = "vacuum public.conversations, public.messages, public.live_heads, public.live_events"
PREWARM = """
select extensions.pg_prewarm(oid::regclass) from pg_catalog.pg_class
where relnamespace = 'public'::regnamespace and relkind in ('r', 'i')
"""


@dataclass(frozen=True, slots=True)
class Filling:
    """What the database is filled with.

    Attributes:
        fill: the SQL that does it, once.
        restore: the SQL that takes away what a run has written.
        people: how many of them ask, picked evenly among all.
        settings: of Postgres, besides those that all benchmarks have.
    """

    fill: Path
    restore: Path
    people: int
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def all_settings(self) -> dict[str, str]:
        """All settings of Postgres."""
        return {**SETTINGS, **self.settings}

    def fingerprint(self) -> str:
        """Give a hash of all that the data is made from."""
        files = [PLATFORM, self.fill, *sorted(MIGRATIONS.glob("*.sql"))]
        return hashlib.sha256(
            b"".join(file.read_bytes() for file in files) + repr(self.all_settings).encode()
        ).hexdigest()


MILLION = Filling(HERE / "fill.sql", HERE / "restore.sql", people=200)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who asks.

    Attributes:
        token: hers, for both servers.
        conversations: ids of all of hers.
    """

    id: UUID
    token: str
    conversations: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Ground:
    """The running database and who asks it.

    Attributes:
        stack: holds Postgres and Valkey.
        jwt_secret: signs and verifies the tokens.
        peer_url: as PostGraphile logs in; like `cairn_api`, it owns nothing.
        people: who asks.
    """

    stack: Stack
    jwt_secret: str
    peer_url: str
    people: tuple[Person, ...]

    @property
    def superuser_url(self) -> str:
        """For what no server may do."""
        return self.stack.urls().superuser


@contextmanager
def running(path: Path, filling: Filling = MILLION, *, durable: bool) -> Iterator[Ground]:
    """Run the database in folder `path`, filled; the first time takes about a minute.

    Args:
        path: kept for later runs.
        filling: what it is filled with.
        durable: whether a commit waits for the disk. Where it does, the disk decides how many
            messages can be sent in a second, to either server.

    Raises:
        Problem: it does not start.
    """
    _forget_outdated(path, filling)
    with Folder(path) as folder:
        stack = Stack(folder)
        stack.start()
        try:
            if not _marker(path).exists():
                asyncio.run(_tune(stack, filling))
                stack.stop()
                stack.start()
                asyncio.run(_fill(stack, filling))
                _marker(path).write_text(filling.fingerprint())
            asyncio.run(_begin_anew(stack, filling, durable=durable))
            yield asyncio.run(_ground(stack, filling))
        finally:
            stack.stop()


async def tidy(ground: Ground) -> None:
    """Do between two rounds what autovacuum and checkpoints would do during one."""
    await run(ground.superuser_url, TIDY, "checkpoint")


async def version(ground: Ground) -> str:
    """Give the version of Postgres, such as `18.1`."""
    connection = await asyncpg.connect(ground.superuser_url)
    try:
        return str(await connection.fetchval("show server_version"))
    finally:
        await connection.close()


def _marker(path: Path) -> Path:
    return path / "filled"


def _forget_outdated(path: Path, filling: Filling) -> None:
    """Remove data that was made from other migrations, or not to the end."""
    if (path / "lock").exists():
        with Folder(path) as folder:
            marker = _marker(path)
            if marker.exists() and marker.read_text() == filling.fingerprint():
                return
            marker.unlink(missing_ok=True)
            shutil.rmtree(folder.path / "postgres", ignore_errors=True)


async def _tune(stack: Stack, filling: Filling) -> None:
    statements = [
        f"alter system set {name} = '{value}'" for name, value in filling.all_settings.items()
    ]
    await run(stack.urls().superuser, *statements)


async def _fill(stack: Stack, filling: Filling) -> None:
    await stack.set_up()
    urls = stack.urls()
    password = stack.folder.secret("peer")
    await run(
        urls.superuser,
        f"create role {PEER_ROLE} login noinherit password '{password}'",
        f"grant anon, authenticated, cairn_server to {PEER_ROLE}",
        filling.fill.read_text(),
    )


async def _begin_anew(stack: Stack, filling: Filling, *, durable: bool) -> None:
    """Take away what an earlier run has written, and bring all pages into memory."""
    await run(
        stack.urls().superuser,
        f"alter system set synchronous_commit = {'on' if durable else 'off'}",
        "select pg_reload_conf()",
        filling.restore.read_text(),
        "vacuum analyze",
        PREWARM,
        "checkpoint",
    )


async def _ground(stack: Stack, filling: Filling) -> Ground:
    connection = await asyncpg.connect(stack.urls().superuser)
    try:
        ids = [row[0] for row in await connection.fetch("select id from public.users order by id")]
        sample = ids[:: len(ids) // filling.people]
        rows = await connection.fetch(
            "select user_id, array_agg(id order by id) from public.conversations"
            " where user_id = any($1) group by user_id order by user_id",
            sample,
        )
    finally:
        await connection.close()
    secret = stack.folder.secret("jwt")
    return Ground(
        stack,
        secret,
        url_for(PEER_ROLE, stack.urls().owner, stack.folder.secret("peer")),
        tuple(
            Person(user_id, sign_token(secret, user_id), tuple(conversations))
            for user_id, conversations in rows
        ),
    )


async def run(url: str, *statements: str) -> None:
    """Run statements one after the other, on a connection of their own."""
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()
