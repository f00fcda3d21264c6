"""Mutations: a verb decides, one transaction writes and reads the answer, and only then it goes out.

Each mutation field has a transaction of its own, in the order of the document. What a repeated
create, a stale version or a hidden row means is decided here, for every table alike.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
from graphql import FieldNode, GraphQLInputObjectType, GraphQLNamedType, get_named_type

from graphql_api.arguments import Symbol, value_of
from graphql_api.compile import Compiled, compile_row
from graphql_api.errors import BadInput, Conflict, NotFound, Unauthenticated
from graphql_api.login import Role
from graphql_api.meaning import Context, Idempotency, Insert, Update, Verb, Write
from graphql_api.plan import Answered
from graphql_api.session import Database, DatabaseError, Statement, Transaction
from graphql_api.writes import (
    WRITTEN_ID,
    is_plain,
    replay_statements,
    version_statement,
    write_arguments,
    write_shape,
    write_text,
)

CLAIM_KEY = "select private.claim_idempotency_key($1, $2, $3, $4)"
UNIQUE_VIOLATION = "23505"
# Our own refusal of what does not fit the present state, which may be the first try's doing.
CONFLICT = "CA409"


@dataclass(slots=True)
class Step:
    """One mutation field of an operation.

    Attributes:
        key: response key.
        node: the field, for the place of an error.
        verb: what it does.
        input: its one argument.
        json: entries of the input that are JSON columns.
        answer: what it reads of the written row.
        read_back: the statement that reads a rich answer; its parameter is `WRITTEN_ID`.
        texts: SQL of writes met so far, by shape.
    """

    key: str
    node: FieldNode
    verb: Verb
    input: Symbol
    json: frozenset[str]
    answer: Answered
    read_back: Compiled = field(init=False)
    plain: bool = field(init=False)
    texts: dict[Hashable, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Compile what does not depend on the write."""
        self.plain = is_plain(self.answer.row.object)
        self.read_back = compile_row(self.answer.row)


class Mutations:
    """Performs mutation fields against one database."""

    def __init__(self, database: Database, told: Callable[[UUID, Write], None]) -> None:
        """Write through `database`; `told` hears of each commit: whose it was, and what."""
        self._database = database
        self._told = told

    async def perform(self, context: Context, step: Step, variables: Mapping[str, Any]) -> str:
        """Do one mutation field and give its answer's JSON; it is committed when this returns.

        Raises:
            ApiError: the verb or the database refused; nothing was written.
        """
        user_id = context.viewer.user_id
        if user_id is None:
            raise Unauthenticated
        write = await step.verb.prepare(context, _given(step, variables))
        try:
            answer = await self._write(context, step, write, variables)
        except DatabaseError as error:
            first = await self._first_try(context, step, write, error)
            return await self._read(context, step, write, first, variables)
        self._told(user_id, write)
        return answer

    async def _write(
        self, context: Context, step: Step, write: Write, variables: Mapping[str, Any]
    ) -> str:
        """Write, and give the answer's JSON."""
        role = role_of(context, write)
        key = write.idempotency if isinstance(write, Insert) else None
        statement = Statement(f"/* {role} */ {self._text(step, write)}", write_arguments(write))
        if step.plain and key is None:
            json = await self._database.run_text(context.viewer, statement, role=role, write=True)
            if json is None:
                raise await self._nothing_written(context, step, write, role)
            return json.decode()
        async with self._database.transaction(context.viewer, role=role) as transaction:
            if isinstance(write, Insert) and key is not None:
                first = await _claim(transaction, key, write)
                if first is not None:
                    return await _read_back(transaction, step, first, variables, role)
            given = await transaction.value(statement.text, *statement.arguments)
            if given is not None and step.plain:
                return str(given)
            if given is not None:
                return await _read_back(transaction, step, given, variables, role)
        raise await self._nothing_written(context, step, write, role)

    async def _nothing_written(
        self, context: Context, step: Step, write: Write, role: Role
    ) -> Conflict | NotFound:
        """Say why no row was written: it changed since, or it is hidden or missing."""
        if isinstance(write, Update) and write.expected_version is not None:
            statement = version_statement(write, step.answer.row.object.kind.table.name)
            version = await self._database.run(context.viewer, statement, role=role)
            if version is not None and version != write.expected_version:
                return Conflict(
                    f"It was changed since: its version is {version} now.",
                    field="input.expectedVersion",
                )
        return NotFound()

    def _text(self, step: Step, write: Write) -> str:
        shape = write_shape(write)
        text = step.texts.get(shape)
        if text is None:
            answer = step.answer.row.object if step.plain else None
            text = step.texts[shape] = write_text(
                write, step.answer.row.object.kind.table.name, answer
            )
        return text

    async def _first_try(
        self, context: Context, step: Step, write: Write, error: DatabaseError
    ) -> UUID:
        """Give the row of the first try, when this create is its repetition.

        Raises:
            Conflict: the key or id is taken by something else.
            DatabaseError: the failure was another one.
        """
        if error.sqlstate not in (UNIQUE_VIOLATION, CONFLICT) or not isinstance(write, Insert):
            raise error
        if write.replay is None or write.idempotency is not None:
            raise error
        role = role_of(context, write)
        async with self._database.transaction(
            context.viewer, role=role, read_only=True
        ) as transaction:
            for statement in replay_statements(
                write, write.replay, step.answer.row.object.kind.table.name
            ):
                for row_id, is_same in await transaction.rows(statement.text, *statement.arguments):
                    if is_same:
                        found: UUID = row_id
                        return found
        if error.sqlstate == CONFLICT:
            raise error
        raise Conflict("This key or id was used for something else.") from error

    async def _read(
        self,
        context: Context,
        step: Step,
        write: Write,
        row_id: UUID,
        variables: Mapping[str, Any],
    ) -> str:
        role = role_of(context, write)
        async with self._database.transaction(
            context.viewer, role=role, read_only=True
        ) as transaction:
            return await _read_back(transaction, step, row_id, variables, role)


def json_entries(taken: GraphQLNamedType) -> frozenset[str]:
    """Name the entries of an input that go into JSON columns: the driver wants those as text."""
    fields = taken.fields if isinstance(taken, GraphQLInputObjectType) else {}
    return frozenset(
        name for name, one in fields.items() if get_named_type(one.type).name == "JSON"
    )


def _given(step: Step, variables: Mapping[str, Any]) -> dict[str, Any]:
    given = value_of(step.input, variables)
    return {
        name: _json_text(value, f"input.{name}") if name in step.json else value
        for name, value in given.items()
    }


def _json_text(value: object, field: str) -> str | None:
    """Give a JSON column's text, the keys sorted, so that equal inputs hash equally.

    Raises:
        BadInput: a number is too large to be one.
    """
    if value is None:
        return None
    try:
        text = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError as error:
        raise BadInput("A number in it is out of range.", field=field) from error
    if _is_infinite(value):
        raise BadInput("A number in it is out of range.", field=field)
    return text.decode()


def _is_infinite(value: object) -> bool:
    if isinstance(value, float):
        return not math.isfinite(value)
    if isinstance(value, dict):
        return any(_is_infinite(item) for item in value.values())
    return isinstance(value, list) and any(_is_infinite(item) for item in value)


def role_of(context: Context, write: Write) -> Role:
    """Give the role that a write is done as.

    Idempotency keys are the server's to keep, so a create with one is done as the server, under
    the same policies with the same claims.
    """
    if write.role is not None:
        return write.role
    if isinstance(write, Insert) and write.idempotency is not None:
        return "cairn_server"
    return context.viewer.role


async def _claim(transaction: Transaction, key: Idempotency, write: Insert) -> UUID | None:
    """Claim an idempotency key; give the first try's row when there was one."""
    row_id = write.values["id"]
    first: UUID | None = await transaction.value(
        CLAIM_KEY, key.verb, key.key, key.request_hash, row_id
    )
    return first


async def _read_back(
    transaction: Transaction, step: Step, row_id: UUID, variables: Mapping[str, Any], role: Role
) -> str:
    statement = step.read_back.bind({**variables, WRITTEN_ID: row_id})
    text = await transaction.value(f"/* {role} */ {statement.text}", *statement.arguments)
    if text is None:
        raise NotFound
    return str(text)
