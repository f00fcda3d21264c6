"""Writes: what a verb decided becomes SQL, and its answer is read in the same transaction.

One statement when the answer is made of columns of the written row; otherwise a second one,
because the siblings of a data-modifying CTE see the snapshot from before the write.
"""

from __future__ import annotations

from collections.abc import Hashable

from graphql_api.catalog import Column, ComputedColumn
from graphql_api.compile import Compiler, needed_columns
from graphql_api.meaning import Call, Delete, Done, Insert, Replay, Update, Write
from graphql_api.plan import NodeIdOf, Object, TypeName
from graphql_api.session import Statement
from graphql_api.sql import concat, name

# The variable that holds the id of the written row; no GraphQL name can be spelled like it.
WRITTEN_ID = "$written"


def is_plain(answer: Object) -> bool:
    """Tell whether an answer is made of columns of the written row alone."""
    return all(
        isinstance(value, Column | ComputedColumn | TypeName | NodeIdOf)
        or (isinstance(value, Object) and is_plain(value))
        for _, value in answer.fields
    )


def write_shape(write: Write) -> Hashable:
    """Give what the text of a write depends on."""
    match write:
        case Insert(values):
            also = ((one.table, *one.values) for one in write.also)
            return ("insert", tuple(values), *also)
        case Update(_, values, expected_version):
            return ("update", expected_version is None, *values)
        case Delete():
            return "delete"
        case Done():
            return "done"
        case Call(function, given):
            return ("call", function, *given)


def write_arguments(write: Write) -> tuple[object, ...]:
    """Give the arguments of a write, in the order of its text."""
    match write:
        case Insert(values):
            also = (value for one in write.also for value in one.values.values())
            return (*values.values(), *also)
        case Update(row_id, values, None):
            return (row_id, *values.values())
        case Update(row_id, values, expected_version):
            return (row_id, *values.values(), expected_version)
        case Delete(row_id) | Done(row_id):
            return (row_id,)
        case Call(_, given):
            return tuple(given.values())


def write_text(write: Write, table: str, answer: Object | None) -> str:
    """Give the SQL that writes, and gives the answer's JSON; with no answer, the row's id.

    Args:
        write: what to write; only its shape counts.
        table: name of the table in schema `public`.
        answer: the plain answer, or None when it is read back later.
    """
    returned = needed_columns(answer) if answer is not None else ["id"]
    columns = ", ".join(name(one) for one in returned or ["id"])
    given = "id" if answer is None else concat(Compiler().object(answer, "written"))
    also = _also(write) if isinstance(write, Insert) else ""
    return f"with written as ({_text(write, table, columns)}){also} select {given} from written"


def _also(insert: Insert) -> str:
    """Give the CTEs that insert the rows which come along.

    Each selects from the one before, although it needs nothing of it: siblings are else carried
    out in any order, and rows of one table take their turns in this one.
    """
    text, place, before = "", len(insert.values), "written"
    for number, one in enumerate(insert.also, start=1):
        columns = ", ".join(name(column) for column in one.values)
        marks = ", ".join(f"${place + at}" for at in range(1, len(one.values) + 1))
        place += len(one.values)
        text += (
            f", also_{number} as (insert into public.{name(one.table)} ({columns})"
            f" select {marks} from {before} returning 1)"
        )
        before = f"also_{number}"
    return text


def _text(write: Write, table: str, returned: str) -> str:
    target = f"public.{name(table)}"
    match write:
        case Insert(values) if not values:
            return f"insert into {target} default values returning {returned}"
        case Insert(values):
            columns = ", ".join(name(column) for column in values)
            marks = ", ".join(f"${place}" for place in range(1, len(values) + 1))
            return f"insert into {target} ({columns}) values ({marks}) returning {returned}"
        case Update(_, values, expected_version):
            changes = ", ".join(
                f"{name(column)} = ${place}" for place, column in enumerate(values, start=2)
            )
            text = f"update {target} set {changes} where id = $1"
            if expected_version is not None:
                text += f" and version = ${len(values) + 2}"
            return f"{text} returning {returned}"
        case Delete():
            return f"delete from {target} where id = $1 returning {returned}"
        case Done():
            return f"select {returned} from {target} where id = $1"
        case Call(function, given):
            passed = ", ".join(
                f"{name(argument)} => ${place}" for place, argument in enumerate(given, start=1)
            )
            schema, _, bare = function.rpartition(".")
            return f"select {returned} from {name(schema or 'public')}.{name(bare)}({passed})"


def version_statement(update: Update, table: str) -> Statement:
    """Give the statement that tells a row's version; no row when it is hidden or missing."""
    return Statement(f"select version from public.{name(table)} where id = $1", (update.id,))


def replay_statements(insert: Insert, replay: Replay, table: str) -> list[Statement]:
    """Give the statements that look for the first try of a repeated create.

    Each gives the row's id and whether it says the same; no row when there is none.
    """
    statements = []
    for key in replay.keys:
        if any(insert.values.get(column) is None for column in key):
            continue
        arguments = [insert.values.get(column) for column in (*replay.same, *key)]
        same = " and ".join(
            f"{name(column)} is not distinct from ${place}"
            for place, column in enumerate(replay.same, start=1)
        )
        found = " and ".join(
            f"{name(column)} = ${place}"
            for place, column in enumerate(key, start=1 + len(replay.same))
        )
        text = f"select id, {same} as is_same from public.{name(table)} where {found}"
        statements.append(Statement(text, tuple(arguments)))
    return statements
