"""The room where it is tried: a copy of the migrated database, with Ana and Ben in it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from graphql_api.local.stack import Urls
from graphql_api.migrations import seed_all
from tests.fixtures.cluster import TEMPLATE, Cluster
from tests.isolation import catalogue
from tests.isolation.callers import REAL, Caller, World
from tests.isolation.catalogue import ANA, Catalogue
from tests.isolation.probe import Probe, Result, Told

HERE = Path(__file__).parent
# Where something of hers may be: our schemas, and Supabase Auth's account.
WATCHED = """
  select c.oid, format('%s.%s', n.nspname, c.relname) as name,
    n.nspname = 'public' as is_public, c.relname = 'users' as is_users,
    array(
      select a.attname::text from pg_attribute a
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.atttypid = 'uuid'::regtype
    ) as ids
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p') and (n.nspname = any($1::text[]) or c.oid = 'auth.users'::regclass)
"""


@dataclass(frozen=True)
class Room:
    """Connections to one database.

    Attributes:
        api: logged in as `cairn_api`, as the API is.
        admin: the superuser, who can build other worlds.
    """

    api: asyncpg.Connection
    admin: asyncpg.Connection

    async def catalogue(self) -> Catalogue:
        """Read the catalogue, and what Ana and Ben have."""
        return await catalogue.read(self.admin)

    async def told(
        self, caller: Caller, statements: Sequence[str], world: World = REAL
    ) -> list[Told]:
        """Try statements, each undone, and give what they told."""
        connection = self.api if world is REAL else self.admin
        async with undone(connection):
            for statement in world.breaking:
                await connection.execute(statement)
            await connection.execute(
                "select set_config('role', $1, true), set_config('request.jwt.claims', $2, true)",
                caller.role,
                caller.claims,
            )
            rows = await connection.fetch("select * from proof.attempt($1::text[])", statements)
        return [Told(*row.values()) for row in rows]

    async def run(
        self, subject: str, caller: Caller, probes: Iterable[Probe], world: World = REAL
    ) -> list[Result]:
        """Try probes, and judge what came of each."""
        chosen = list(probes)
        twins = [probe for probe in chosen if probe.twin is not None]
        statements = [probe.sql for probe in chosen] + [probe.twin or "" for probe in twins]
        told = await self.told(caller, statements, world)
        beside = dict(zip(map(id, twins), told[len(chosen) :], strict=True))
        who = caller.name if world is REAL else f"{caller.name}; {world.name}"
        results = []
        for probe, answer in zip(chosen, told[: len(chosen)], strict=True):
            outcome, note = probe.judge(answer, beside.get(id(probe)))
            results.append(Result(probe.family, subject, who, probe.attempt, outcome, note))
        return results


@asynccontextmanager
async def undone(connection: asyncpg.Connection) -> AsyncIterator[None]:
    """Undo whatever happens in the block; blocks may stand in one another."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        yield
    finally:
        await transaction.rollback()


@asynccontextmanager
async def furnished(cluster: Cluster, database: str) -> AsyncIterator[Urls]:
    """Make a database with Ana and Ben in it, each with a row in every table; drop it after."""
    if cluster.problem:
        raise RuntimeError(cluster.problem)
    admin = await asyncpg.connect(cluster.urls.superuser)
    try:
        await admin.execute(
            f"create database {database} template {TEMPLATE} owner postgres strategy file_copy"
        )
        known = cluster.urls
        superuser, owner, api = (
            f"{url.rsplit('/', 1)[0]}/{database}"
            for url in (known.superuser, known.owner, known.api)
        )
        urls = Urls(superuser, owner, api, known.redis)
        await seed_all(urls.owner)
        await _furnish(urls)
        yield urls
    finally:
        await admin.execute(f"drop database if exists {database} with (force)")
        await admin.close()


async def _furnish(urls: Urls) -> None:
    connection = await asyncpg.connect(urls.superuser)
    try:
        await connection.execute((HERE / "furniture.sql").read_text())
        await connection.execute((HERE / "proof.sql").read_text())
        for row in await connection.fetch(WATCHED, catalogue.OURS):
            query = (
                "select md5(coalesce(string_agg(t::text, '|' order by t::text collate \"C\"), '')) "
                f"from {row['name']} as t where {_of_hers(row)}"
            )
            await connection.execute("insert into proof.watched values ($1, $2)", row["oid"], query)
        await connection.execute("analyze")
    finally:
        await connection.close()


def _of_hers(row: asyncpg.Record) -> str:
    """Write which rows are watched: hers, those that name her, or of what is everybody's all."""
    ids = row["ids"]
    if row["is_users"] or "user_id" in ids:
        return f"t.{'id' if row['is_users'] else 'user_id'} = '{ANA}'"
    if row["is_public"]:
        return "true"
    return f"'{ANA}' in ({', '.join(ids)})" if ids else "false"


@asynccontextmanager
async def opened(urls: Urls) -> AsyncIterator[Room]:
    """Connect to a furnished database. Names are written in full, as nothing is searched for."""
    api = await asyncpg.connect(urls.api, server_settings={"search_path": ""})
    admin = await asyncpg.connect(urls.superuser, server_settings={"search_path": ""})
    try:
        yield Room(api, admin)
    finally:
        await api.close()
        await admin.close()
