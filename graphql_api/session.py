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
from typing import Any

import asyncpg

from graphql_api.auth import Viewer
from graphql_api.errors import ApiError, Internal, Timeout, Unavailable, from_sqlstate
from graphql_api.login import ROLES, Role, refuse_unsafe_login
from graphql_api.pipeline import Pipeline, Refused
from graphql_api.pool import Pool, PoolClosed
from graphql_api.preamble import preamble, session_settings
from graphql_api.settings import Settings

# Time for the server's own time-out to arrive before the client stops waiting for it.
NETWORK_SLACK_SECONDS = 1.0

# A prepared statement takes 0.1 to 3 MB of its server process, the more the longer it is (24 lists
# in one operation: 3.4 MB). Longer ones are planned each time.
STATEMENTS_PER_CONNECTION = 100
KEPT_CHARACTERS = 16 * 1024


# Between the commit and its acknowledgement nobody but the database knows.
OUTCOME_UNKNOWN = "The connection broke; it may have been done. Repeat it with the same key or id."

# Once 4 MB were freed, the C library (glibc) of a server process keeps up to 8 MB of freed memory.
# Until then it hands each large answer's memory back to the system, and faults it in again for the
# next one: a third of what Postgres spends on a page of 70 kB.
KEEP_MEMORY = "select length(repeat(' ', 4000000))"


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

    def __init__(self, sqlstate: str | None, constraint: str | None, message: str | None) -> None:
        """Keep the facts that carry no row data: of messages, those of our own class CA."""
        self.sqlstate: str = sqlstate or "XX000"
        self.constraint = constraint
        self.api_error: ApiError = from_sqlstate(
            self.sqlstate,
            constraint=constraint,
            message=message if self.sqlstate.startswith("CA") else None,
        )
        super().__init__(f"SQLSTATE {self.sqlstate}")

    @classmethod
    def of(cls, error: asyncpg.PostgresError) -> DatabaseError:
        """Read the driver's error."""
        constraint = getattr(error, "constraint_name", None)
        return cls(error.sqlstate, constraint, getattr(error, "message", None))


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


@dataclass(slots=True)
class Loan:
    """A connection that is lent out, and what is known of it.

    Attributes:
        connection: None until there is one.
        deadline: of the wait for a connection; once extended, of the work.
        is_committing: whether a commit is on its way and not yet acknowledged.
        is_clean: whether the connection may serve somebody else.
    """

    connection: asyncpg.Connection | None = None
    deadline: asyncio.Timeout | None = None
    is_extended: bool = False
    is_committing: bool = False
    is_clean: bool = False

    def extend(self, seconds: float) -> None:
        """Give the work its own time; the server's time-out comes first, unless it is stalled."""
        if self.deadline is not None:
            now = asyncio.get_running_loop().time()
            self.deadline.reschedule(now + seconds + NETWORK_SLACK_SECONDS)
        self.is_extended = True


class Database:
    """The sessions of one process, and the only way to Postgres."""

    def __init__(self, pool: Pool, settings: Settings) -> None:
        """Use `connect` instead."""
        self._pool = pool
        self._settings = settings
        self._acquire_seconds = settings.acquire_timeout.total_seconds()
        self._read_seconds = settings.query_timeout.total_seconds()
        self._write_seconds = settings.mutation_timeout.total_seconds()
        # A pipeline holds its connection, so a weak key would never go: the pool says when.
        self._pipelines: dict[asyncpg.Connection, Pipeline] = {}
        pool.on_discard = lambda connection: self._pipelines.pop(connection, None)
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
                max_cacheable_statement_size=KEPT_CHARACTERS,
                server_settings=None if behind_pooler else session_settings(settings),
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
            await database._check_login(allow_owner_role)
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
        opening = self._preamble(viewer, role, write=not read_only)
        async with self._borrowed() as loan:
            connection = loan.connection = await self._begin(opening)
            loan.extend(self._read_seconds if read_only else self._write_seconds)
            try:
                yield Transaction(connection)
                loan.is_committing = not read_only
                await connection.execute("commit")
            except (asyncpg.PostgresError, ApiError, DatabaseError):
                await connection.execute("rollback")
                loan.is_clean = True
                raise
            loan.is_clean = True

    async def run_text(
        self, viewer: Viewer, statement: Statement, *, role: Role | None = None, write: bool = False
    ) -> bytes | None:
        """Run one statement that gives one text, as `run`, and give the text's bytes.

        A statement that its connection has met before takes one round trip (`pipeline.py`).

        Raises:
            DatabaseError, Timeout, Unavailable: as `run`.
        """
        if self._settings.pooler == "transaction" or len(statement.text) > KEPT_CHARACTERS:
            text = await self.run(viewer, statement, role=role, write=write)
            return None if text is None else str(text).encode()
        for is_last_try in (write, True):
            try:
                return await self._run_text(viewer, statement, role, write=write)
            except Unavailable as error:
                # A read whose connection was found dead is asked again, once.
                if is_last_try or not isinstance(error.__cause__, ConnectionError):
                    raise
        raise Unavailable

    async def _run_text(
        self, viewer: Viewer, statement: Statement, role: Role | None, *, write: bool
    ) -> bytes | None:
        seconds = self._write_seconds if write else self._read_seconds
        settings = (
            self._role(viewer, role),
            viewer.claims,
            str(int(seconds * 1000)),
        )
        async with self._borrowed() as loan:
            connection = loan.connection = await self._pool.acquire()
            pipeline = await self._pipeline(connection)
            loan.extend(seconds)
            if not pipeline.knows(statement.text):
                opening = self._preamble(viewer, role, write=write)
                value = await self._learn(pipeline, loan, opening, statement, write=write)
                loan.is_clean = True
                return value
            loan.is_committing = write
            try:
                value = await pipeline.run(
                    statement.text, statement.arguments, settings=settings, write=write
                )
            except Refused as refused:
                loan.is_committing = False
                await connection.execute("rollback")
                loan.is_clean = True
                fields = refused.fields
                raise DatabaseError(fields.get("C"), fields.get("n"), fields.get("M")) from None
            loan.is_clean = True
            return value

    async def _learn(
        self, pipeline: Pipeline, loan: Loan, opening: str, statement: Statement, *, write: bool
    ) -> bytes | None:
        """Run a statement step by step, for the first time on this connection."""
        connection = pipeline.connection
        await connection.execute(opening)
        try:
            prepared = await pipeline.learn(statement.text)
            value = await prepared.fetchval(*statement.arguments)
            loan.is_committing = write
            await connection.execute("commit")
        except asyncpg.PostgresError:
            await connection.execute("rollback")
            loan.is_clean = True
            raise
        return None if value is None else str(value).encode()

    @asynccontextmanager
    async def _borrowed(self) -> AsyncIterator[Loan]:
        """Lend a connection with a deadline, and say in our own errors what went wrong."""
        loan = Loan()
        try:
            async with asyncio.timeout(self._acquire_seconds) as loan.deadline:
                yield loan
        except asyncpg.PostgresError as error:
            raise DatabaseError.of(error) from error
        except TimeoutError as error:
            if loan.is_committing:
                raise Unavailable(OUTCOME_UNKNOWN) from error
            if loan.is_extended:
                raise Timeout from error
            self.acquire_timeouts += 1
            raise Unavailable("All sessions with the database are busy.") from error
        except (*DRIVER_LOST, PoolClosed) as error:
            raise Unavailable(OUTCOME_UNKNOWN if loan.is_committing else None) from error
        finally:
            if loan.connection is not None:
                self._pool.give_back(loan.connection, clean=loan.is_clean)

    async def _pipeline(self, connection: asyncpg.Connection) -> Pipeline:
        pipeline = self._pipelines.get(connection)
        if pipeline is None:
            pipeline = Pipeline(connection, size=STATEMENTS_PER_CONNECTION)
            await pipeline.prepare()
            self._pipelines[connection] = pipeline
        return pipeline

    def _role(self, viewer: Viewer | None, role: Role | None) -> str:
        taken = role or (viewer.role if viewer is not None else None)
        if taken not in ROLES:
            raise Internal
        return taken

    def _preamble(self, viewer: Viewer | None, role: Role | None, *, write: bool) -> str:
        claims = "{}" if viewer is None else viewer.claims
        return preamble(self._settings, self._role(viewer, role), claims, write=write)

    async def _begin(self, opening: str) -> asyncpg.Connection:
        """Acquire a connection and run the preamble; one found dead is replaced, once."""
        for is_last_try in (False, True):
            connection = await self._pool.acquire()
            try:
                await connection.execute(opening)
            except BaseException as error:
                self._pool.give_back(connection, clean=False)
                if is_last_try or not isinstance(error, CONNECTION_LOST):
                    raise
            else:
                return connection
        raise Unavailable

    async def _check_login(self, allow_owner_role: bool) -> None:
        async with asyncio.timeout(self._acquire_seconds):
            connection = await self._pool.acquire()
            try:
                await refuse_unsafe_login(connection, allow_owner_role=allow_owner_role)
            finally:
                self._pool.give_back(connection, clean=False)
