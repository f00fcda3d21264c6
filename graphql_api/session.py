"""Sessions with Postgres: one short transaction in which the database believes it is the viewer.

Nothing else in the package opens a transaction or knows the driver. Role and claims are local to
the transaction, so a pooled connection never remembers its previous user; and a connection whose
request was cancelled, timed out or failed outside of SQL is thrown away, because a reply that is
still on its way would answer the next user (seen in 299 of 300 tries in a careless prototype).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal

import asyncpg

from graphql_api.auth import Viewer
from graphql_api.errors import ApiError, Internal, Timeout, Unavailable, from_sqlstate
from graphql_api.pool import Pool, PoolClosed
from graphql_api.settings import Settings

Role = Literal["anon", "authenticated", "cairn_server"]
ROLES: frozenset[str] = frozenset({"anon", "authenticated", "cairn_server"})

# Time for the server's own time-out to arrive before the client stops waiting for it.
NETWORK_SLACK_SECONDS = 1.0

# Prepared statements take 0.1 to 0.5 MB each in a server process: 200 are 100 MB at most.
STATEMENTS_PER_CONNECTION = 200


# Between the commit and its acknowledgement nobody but the database knows.
OUTCOME_UNKNOWN = "The connection broke; it may have been done. Repeat it with the same key or id."

# Once 4 MB were freed, the C library (glibc) of a server process keeps up to 8 MB of freed memory.
# Until then it hands each large answer's memory back to the system, and faults it in again for the
# next one: a third of what Postgres spends on a page of 70 kB.
KEEP_MEMORY = "select length(repeat(' ', 4000000))"


class UnsafeRole(Exception):
    """The login role of the API could read past row-level security."""


# A dying server's last words, read between two statements, confuse the driver's own bookkeeping
# (InternalClientError: "cannot switch to state 11"); the connection is as lost as any other.
DRIVER_LOST = (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError)
CONNECTION_LOST = (*DRIVER_LOST, asyncpg.PostgresConnectionError)


@dataclass(frozen=True, slots=True)
class Statement:
    """One SQL text with its arguments, in the order of `$1`, `$2`, …."""

    text: str
    arguments: tuple[object, ...] = ()


class DatabaseError(Exception):
    """What Postgres refused, for those who can mend it; others let it become an `ApiError`.

    Attributes:
        sqlstate: five characters.
        constraint: name of the violated constraint, or None.
        api_error: what a client may be told.
    """

    def __init__(self, error: asyncpg.PostgresError) -> None:
        """Keep the facts of `error` that carry no row data."""
        self.sqlstate: str = error.sqlstate or "XX000"
        self.constraint: str | None = getattr(error, "constraint_name", None)
        message = str(getattr(error, "message", "")) if self.sqlstate.startswith("CA") else None
        self.api_error: ApiError = from_sqlstate(
            self.sqlstate, constraint=self.constraint, message=message
        )
        super().__init__(f"SQLSTATE {self.sqlstate}")


class Transaction:
    """An open transaction of one viewer."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        """Speak on `connection`, whose preamble has run."""
        self._connection = connection

    async def value(self, sql: str, *arguments: object) -> Any:
        """Give the first column of the first row; None when there is no row."""
        return await self._connection.fetchval(sql, *arguments)

    async def rows(self, sql: str, *arguments: object) -> Sequence[Any]:
        """Give all rows, each indexable by position and by column name."""
        rows: Sequence[Any] = await self._connection.fetch(sql, *arguments)
        return rows

    async def execute(self, sql: str, *arguments: object) -> None:
        """Run a statement for its effect."""
        await self._connection.execute(sql, *arguments)


class Database:
    """The sessions of one process, and the only way to Postgres."""

    def __init__(self, pool: Pool, settings: Settings) -> None:
        """Use `connect` instead."""
        self._pool = pool
        self._settings = settings
        self._acquire_seconds = settings.acquire_timeout.total_seconds()
        self._read_seconds = settings.query_timeout.total_seconds()
        self._write_seconds = settings.mutation_timeout.total_seconds()
        self.acquire_timeouts = 0

    @classmethod
    async def connect(cls, settings: Settings, *, allow_owner_role: bool = False) -> Database:
        """Open the pool, and refuse a role that row-level security does not bind.

        Raises:
            UnsafeRole: the login is a superuser, bypasses row security, or owns tables.
            Unavailable: no connection could be made, or no URL is set.
        """
        url = settings.database_url
        if url is None:
            raise Unavailable("No database is configured: set SUPABASE_DATABASE_URL.")
        behind_pooler = settings.pooler == "transaction"

        async def connect() -> asyncpg.Connection:
            connection = await asyncpg.connect(
                url,
                timeout=settings.acquire_timeout.total_seconds(),
                # A named statement of one server connection is unknown to the next.
                statement_cache_size=0 if behind_pooler else STATEMENTS_PER_CONNECTION,
                max_cached_statement_lifetime=0,
                max_cacheable_statement_size=256 * 1024,
                server_settings=None if behind_pooler else _session_settings(settings),
            )
            if not behind_pooler:
                try:
                    await connection.execute(KEEP_MEMORY)
                except BaseException:
                    connection.terminate()
                    raise
            return connection

        pool = Pool(
            connect,
            size=settings.pool_size,
            lifetime_seconds=settings.connection_lifetime.total_seconds(),
        )
        database = cls(pool, settings)
        try:
            await database._refuse_unsafe_role(allow_owner_role)
        except (OSError, asyncpg.PostgresError, TimeoutError) as error:
            await database.close()
            if isinstance(error, asyncpg.ProtocolViolationError) and not behind_pooler:
                raise Unavailable(
                    "A pooler that keeps no sessions is in between: set CAIRN_POOLER=transaction."
                ) from error
            raise Unavailable("Postgres does not answer.") from error
        except BaseException:
            await database.close()
            raise
        return database

    async def close(self) -> None:
        """Let running transactions end for as long as one may take, then cut what is left."""
        try:
            async with asyncio.timeout(self._write_seconds + NETWORK_SLACK_SECONDS):
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()

    async def run(
        self, viewer: Viewer, statement: Statement, *, role: Role | None = None, write: bool = False
    ) -> Any:
        """Run one statement as `viewer` in a transaction of its own and give its one value.

        Raises:
            DatabaseError: Postgres refused; nothing was changed.
            Timeout: the statement, or a lock it needed, took too long.
            Unavailable: no connection, or it broke.
        """
        async with self.transaction(viewer, role=role, read_only=not write) as transaction:
            return await transaction.value(statement.text, *statement.arguments)

    @asynccontextmanager
    async def transaction(
        self, viewer: Viewer | None, *, role: Role | None = None, read_only: bool = False
    ) -> AsyncIterator[Transaction]:
        """Open a transaction in which Postgres believes it is `viewer`; commit when it ends well.

        Args:
            viewer: whose claims the policies read; None is nobody (housekeeping as the server).
            role: the role to take in place of the viewer's own: `cairn_server` for what only the
                server may write, with her claims all the same.
            read_only: refuse writes.

        Raises:
            DatabaseError, Timeout, Unavailable: as `run`.
        """
        preamble = self._preamble(viewer, role, read_only=read_only)
        seconds = self._read_seconds if read_only else self._write_seconds
        connection: asyncpg.Connection | None = None
        begun = committing = clean = False
        try:
            async with asyncio.timeout(self._acquire_seconds) as deadline:
                connection = await self._begin(preamble)
                begun = True
                # The server's own time-out comes first; this one is for a server that is stalled.
                loop = asyncio.get_running_loop()
                deadline.reschedule(loop.time() + seconds + NETWORK_SLACK_SECONDS)
                try:
                    yield Transaction(connection)
                    committing = not read_only
                    await connection.execute("commit")
                except (asyncpg.PostgresError, ApiError, DatabaseError):
                    await connection.execute("rollback")
                    clean = True
                    raise
            clean = True
        except asyncpg.PostgresError as error:
            raise DatabaseError(error) from error
        except TimeoutError as error:
            if committing:
                raise Unavailable(OUTCOME_UNKNOWN) from error
            if begun:
                raise Timeout from error
            self.acquire_timeouts += 1
            raise Unavailable("All sessions with the database are busy.") from error
        except (*DRIVER_LOST, PoolClosed) as error:
            raise Unavailable(OUTCOME_UNKNOWN if committing else None) from error
        finally:
            if connection is not None:
                self._pool.give_back(connection, clean=clean)

    def _preamble(self, viewer: Viewer | None, role: Role | None, *, read_only: bool) -> str:
        taken = role or (viewer.role if viewer is not None else None)
        if taken not in ROLES:
            raise Internal
        claims = "{}" if viewer is None else viewer.claims
        begin = "begin read only" if read_only else "begin"
        text = (
            f"{begin};set local role {taken};"
            f"select set_config('request.jwt.claims',{_literal(claims)},true)"
        )
        if self._settings.pooler == "transaction":
            values = {**_session_settings(self._settings), **self._timeouts(read_only=read_only)}
            return text + "".join(
                f",set_config({_literal(name)},{_literal(value)},true)"
                for name, value in values.items()
            )
        if not read_only:
            for name, value in self._timeouts(read_only=False).items():
                text += f",set_config({_literal(name)},{_literal(value)},true)"
        return text

    def _timeouts(self, *, read_only: bool) -> dict[str, str]:
        seconds = self._read_seconds if read_only else self._write_seconds
        return {"statement_timeout": str(int(seconds * 1000))}

    async def _begin(self, preamble: str) -> asyncpg.Connection:
        """Acquire a connection and run the preamble; one found dead is replaced, once."""
        for is_last_try in (False, True):
            connection = await self._pool.acquire()
            try:
                await connection.execute(preamble)
            except BaseException as error:
                self._pool.give_back(connection, clean=False)
                if is_last_try or not isinstance(error, CONNECTION_LOST):
                    raise
            else:
                return connection
        raise Unavailable

    async def _refuse_unsafe_role(self, allow_owner_role: bool) -> None:
        async with asyncio.timeout(self._acquire_seconds):
            connection = await self._pool.acquire()
            try:
                conforming = await connection.fetchval("show standard_conforming_strings")
                row = await connection.fetchrow(ROLE_FACTS)
            finally:
                self._pool.give_back(connection, clean=False)
        if conforming != "on":
            raise UnsafeRole("standard_conforming_strings is off; claims could not be quoted.")
        missing = [name for name in sorted(ROLES) if not row[f"may_be_{name}"]]
        if missing:
            raise UnsafeRole(
                f"Role {row['name']} may not become {', '.join(missing)}: run `cairn migrate`"
                " with the owner's URL and serve with the URL that it prints."
            )
        faults = [
            sentence
            for flag, sentence in (
                (row["is_superuser"], "is a superuser"),
                (row["bypasses"], "bypasses row-level security"),
                (row["owns_tables"], "owns tables"),
            )
            if flag
        ]
        if faults and not allow_owner_role:
            raise UnsafeRole(
                f"Role {row['name']} {' and '.join(faults)}: it could read past row-level security."
                " Run `cairn migrate` with the owner's URL and serve with the URL that it prints."
            )


ROLE_FACTS = """
select role.rolname::text as name,
       role.rolsuper as is_superuser,
       role.rolbypassrls as bypasses,
       exists (
         select from pg_catalog.pg_class as relation
         join pg_catalog.pg_namespace as schema on schema.oid = relation.relnamespace
         where schema.nspname in ('public', 'private')
           and relation.relkind in ('r', 'p', 'v', 'm')
           and pg_catalog.pg_has_role(role.oid, relation.relowner, 'member')
       ) as owns_tables,
       pg_catalog.pg_has_role(role.oid, 'anon', 'member') as may_be_anon,
       pg_catalog.pg_has_role(role.oid, 'authenticated', 'member') as may_be_authenticated,
       pg_catalog.pg_has_role(role.oid, 'cairn_server', 'member') as may_be_cairn_server
from pg_catalog.pg_roles as role
where role.rolname = session_user
"""


def _session_settings(settings: Settings) -> dict[str, str]:
    """Settings that outlive `set role` when given at connect (those of `alter role` do not)."""
    milliseconds = {
        "statement_timeout": settings.query_timeout,
        "lock_timeout": settings.lock_timeout,
        "idle_in_transaction_session_timeout": settings.mutation_timeout,
    }
    values = {name: str(int(span.total_seconds() * 1000)) for name, span in milliseconds.items()}
    # Statements of a few milliseconds: compiling them costs more than it saves (measured).
    return {**values, "jit": "off", "timezone": "UTC", "search_path": ""}


def _literal(text: str) -> str:
    """Quote for SQL; sound because standard_conforming_strings was asserted at connect."""
    if "\x00" in text:
        raise Internal
    return "'" + text.replace("'", "''") + "'"
