"""A database that remembers what it was told."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from graphql_api.auth import Viewer
from graphql_api.login import Role
from graphql_api.session import Database, Statement, Transaction


class RecordingDatabase(Database):
    """Does what a `Database` does, and keeps transactions and statements in `told`."""

    told: list[str]

    @asynccontextmanager
    async def transaction(
        self, viewer: Viewer | None, *, role: Role | None = None, read_only: bool = False
    ) -> AsyncIterator[Transaction]:
        """Open a transaction whose statements are remembered."""
        taken = role or (viewer.role if viewer is not None else None)
        self.told.append(f"-- as {taken}{', read only' if read_only else ''}")
        async with super().transaction(viewer, role=role, read_only=read_only) as transaction:
            yield RecordingTransaction(transaction, self.told)

    async def run_text(
        self, viewer: Viewer, statement: Statement, *, role: Role | None = None, write: bool = False
    ) -> bytes | None:
        """Run it step by step: the pipeline would send the same in one message."""
        text = await self.run(viewer, statement, role=role, write=write)
        return None if text is None else str(text).encode()


class RecordingTransaction(Transaction):
    """Remembers each statement, with its arguments."""

    def __init__(self, transaction: Transaction, told: list[str]) -> None:
        self._transaction = transaction
        self._told = told

    def _tell(self, sql: str, arguments: Sequence[object]) -> None:
        self._told.append(sql)
        self._told += [
            f"-- ${place} = {_written(argument)}"
            for place, argument in enumerate(arguments, start=1)
        ]

    async def value(self, sql: str, *arguments: object) -> Any:
        """Pass it on."""
        self._tell(sql, arguments)
        return await self._transaction.value(sql, *arguments)

    async def rows(self, sql: str, *arguments: object) -> Sequence[Any]:
        """Pass it on."""
        self._tell(sql, arguments)
        return await self._transaction.rows(sql, *arguments)

    async def execute(self, sql: str, *arguments: object) -> None:
        """Pass it on."""
        self._tell(sql, arguments)
        await self._transaction.execute(sql, *arguments)


def _written(argument: object) -> str:
    if isinstance(argument, list):
        return f"[{', '.join(map(_written, argument))}]"
    if isinstance(argument, datetime):
        return argument.isoformat()
    return str(argument) if isinstance(argument, UUID) else repr(argument)
