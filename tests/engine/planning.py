"""An executor whose database only listens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast
from uuid import UUID

import orjson

from graphql_api.auth import ANONYMOUS, Viewer
from graphql_api.execution import Executor, GraphQLRequest
from graphql_api.schema import catalog
from graphql_api.session import Database, Statement
from graphql_api.settings import Settings

SOMEBODY = Viewer(user_id=UUID(int=1), role="authenticated")
NOBODY = ANONYMOUS
CATALOG = catalog()


class ListeningDatabase:
    """Keeps statements, and answers nothing."""

    def __init__(self) -> None:
        self.statements: list[Statement] = []

    async def run(self, _viewer: Viewer, statement: Statement) -> object:
        """Remember a statement."""
        self.statements.append(statement)
        # Mixed operations get one text a field; here, each of those has one argument.
        many = "select array[" in statement.text
        return ["null"] * len(statement.arguments) if many else "{}"

    async def run_text(self, viewer: Viewer, statement: Statement, **_: Any) -> bytes:
        """Remember a statement whose answer is one text."""
        await self.run(viewer, statement)
        return b"{}"

    @asynccontextmanager
    async def transaction(self, *_: Any, **__: Any) -> AsyncIterator[ListeningDatabase]:
        """Listen to the statements of a write."""
        yield self

    async def value(self, sql: str, *arguments: object) -> object:
        """Remember a statement, and give an id."""
        self.statements.append(Statement(sql, arguments))
        return UUID(int=2)


class Planning:
    """Executes operations and tells which statements came of them."""

    def __init__(self, **limits: Any) -> None:
        self.database = ListeningDatabase()
        settings = Settings().model_copy(update=limits)
        self.executor = Executor(CATALOG, cast(Database, self.database), settings)

    async def statements(
        self, query: str, *, viewer: Viewer = SOMEBODY, **variables: Any
    ) -> list[Statement]:
        """Give the statements of one operation.

        Raises:
            AssertionError: it was refused.
        """
        self.database.statements = []
        answer = await self.executor.execute(viewer, GraphQLRequest(query, None, variables))
        body = orjson.loads(answer.body) if b'"errors"' in answer.body else {}
        assert "errors" not in body, body
        return self.database.statements

    async def text(self, query: str, *, viewer: Viewer = SOMEBODY, **variables: Any) -> str:
        """Give the text of the one statement of an operation."""
        (statement,) = await self.statements(query, viewer=viewer, **variables)
        return statement.text
