"""Both ways of executing, side by side."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any

import asyncpg
from graphql import parse, validate

from graphql_api.auth import ANONYMOUS, Viewer
from graphql_api.execution import Executor, GraphQLRequest
from graphql_api.responses import Answer
from graphql_api.schema import catalog
from graphql_api.session import Database
from graphql_api.settings import Settings
from tests.fixtures.people import viewer_of
from tests.reference.data import PEOPLE, insert_data
from tests.reference.documents import Operation
from tests.reference.executor import ReferenceExecutor, Request
from tests.reference.rows import Row, Rows, read_rows
from tests.reference.values import World

# Random operations are larger than people's; the limits have tests of their own.
WIDE = {
    "max_depth": 40,
    "max_tokens": 50_000,
    "max_fields": 50_000,
    "max_aliases": 2_000,
    "max_directives": 2_000,
    "max_cost": 10_000_000,
    "pool_size": 1,
}

Written = Mapping[str, Callable[[Rows, Mapping[str, Any]], Row | None]]


@dataclass
class Tally:
    """What was compared."""

    executed: int = 0
    twins: int = 0
    with_rows: int = 0
    refused: int = 0

    def counts(self) -> tuple[int, int, int]:
        """Give how many were executed, were twins, and gave rows."""
        return (self.executed, self.twins, self.with_rows)


class Comparison:
    """The planner and the reference on one database, in an event loop of their own.

    Hypothesis calls plain functions, so each example runs the loop until it is answered.
    """

    def __init__(self, settings: Settings, owner_url: str, api_url: str) -> None:
        self._settings = settings.model_copy(update=WIDE)
        self._owner_url = owner_url
        self._api_url = api_url
        self._runner = asyncio.Runner()
        self.tally = Tally()
        self.reference = ReferenceExecutor()
        self.viewers: dict[str, Viewer] = {"nobody": ANONYMOUS}
        self.rows: dict[str, Rows] = {}

    def __enter__(self) -> Comparison:
        self._runner.__enter__()
        try:
            self._runner.run(self._open())
        except BaseException:
            self._runner.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._runner.run(self._close())
        self._runner.__exit__(kind, error, trace)

    async def _open(self) -> None:
        owner = await asyncpg.connect(self._owner_url)
        await insert_data(owner)
        await owner.close()
        self._database = await Database.connect(self._settings)
        self._executor = Executor(catalog(), self._database, self._settings)
        self._connection = await asyncpg.connect(self._api_url, server_settings={"timezone": "UTC"})
        self.viewers |= {name: viewer_of(user_id) for name, user_id in PEOPLE.items()}
        for name, viewer in self.viewers.items():
            self.rows[name] = await read_rows(self._connection, viewer)

    async def _close(self) -> None:
        await self._connection.close()
        await self._database.close()

    @property
    def world(self) -> World:
        """What random operations are made from."""
        return World(self.reference.schema, self.rows)

    def answer(self, operation: Operation) -> Answer:
        """Ask the API's executor."""
        request = GraphQLRequest(
            operation.query, operation.operation_name, dict(operation.variables)
        )
        return self._runner.run(self._executor.execute(self.viewers[operation.viewer], request))

    def expected(self, operation: Operation, written: Written | None = None) -> Any:
        """Ask the reference."""
        request = Request(
            self.viewers[operation.viewer].user_id, self.rows[operation.viewer], written or {}
        )
        document = parse(operation.query)
        return self.reference.execute(
            document, operation.variables, operation.operation_name, request
        )

    def refresh(self, name: str) -> None:
        """Read somebody's rows again."""
        self.rows[name] = self._runner.run(read_rows(self._connection, self.viewers[name]))

    def check(self, operation: Operation, written: Written | None = None) -> None:
        """Assert that both ways give the same answer, key order included."""
        answer = self.answer(operation)
        self.tally.executed += 1
        body = json.loads(answer.body)
        if operation.viewer == "nobody" and answer.status == 401:
            self.tally.refused += 1
            assert "data" not in body
            return
        if written is not None:
            self.refresh(operation.viewer)
        if answer.status != 200 or "errors" in body:
            faults = validate(self.reference.schema, parse(operation.query))
            raise AssertionError(f"Refused: {body.get('errors')}; not valid: {faults}")
        data = self.expected(operation, written)
        assert canonical(body["data"]) == canonical(data)
        self.tally.with_rows += has_rows(data)

    def check_with_twin(self, operation: Operation) -> None:
        """Check an operation, and the same document with other variables if it has any."""
        self.check(operation)
        if operation.twin != operation.variables:
            self.check(replace(operation, variables=operation.twin))
            self.tally.twins += 1


def canonical(value: Any) -> str:
    """Give JSON text in which equal numbers look equal, and the order of keys counts."""
    return json.dumps(_numbers(value), indent=1)


def _numbers(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, dict):
        return {name: _numbers(item) for name, item in value.items()}
    return [_numbers(item) for item in value] if isinstance(value, list) else value


def has_rows(data: Any) -> bool:
    """Tell whether an answer holds anything that was read from a row."""
    if isinstance(data, dict):
        return any(
            has_rows(item) for name, item in data.items() if not name.startswith(("__", "i"))
        )
    if isinstance(data, list):
        return any(has_rows(item) for item in data)
    return data is not None and data is not False and data != 0
