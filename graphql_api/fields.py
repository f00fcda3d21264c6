"""The lines that a domain writes: one word for each root field of Query and Mutation."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField

from graphql_api.arguments import moment
from graphql_api.errors import BadInput
from graphql_api.events import ChangesOf, EventsIn, StreamOf, table_name
from graphql_api.ids import uuid_v7
from graphql_api.lists import PageField
from graphql_api.meaning import (
    MEANING,
    Call,
    Context,
    Delete,
    Idempotency,
    Insert,
    NodeById,
    NodesById,
    RowById,
    Rows,
    ServerRole,
    Update,
    Verb,
    ViewerRow,
    Write,
)

# A key is the client's own: a uuid, a hash, a counter with a prefix.
IDEMPOTENCY_KEY_MAXIMUM = 200


class ArgumentField(StrawberryField):
    """A field whose arguments are given as a list of (name, type, description)."""

    @classmethod
    def declare(
        cls,
        meaning: object,
        description: str,
        *arguments: tuple[str, object, str],
    ) -> Any:
        """Declare a field that means `meaning`; what may be null may be left out."""
        field = cls(python_name=None, description=description, metadata={MEANING: meaning})
        field.arguments = [
            StrawberryArgument(
                python_name=name,
                graphql_name=None,
                type_annotation=StrawberryAnnotation(kind),
                description=about,
            )
            for name, kind, about in arguments
        ]
        return field


def row(description: str) -> Any:
    """Declare a root field that gives one row by its id; null when it is hidden or missing."""
    return ArgumentField.declare(RowById(), description, ("id", UUID, "The row's id."))


def rows(description: str, *, order_by: str | None = None) -> Any:
    """Declare a root list of all rows that the caller may see."""
    return PageField(python_name=None, description=description, metadata={MEANING: Rows(order_by)})


def viewer_row(description: str) -> Any:
    """Declare a root field that gives the row whose id is the caller's."""
    return ArgumentField.declare(ViewerRow(), description)


def node(description: str) -> Any:
    """Declare `node(nodeId)`."""
    return ArgumentField.declare(
        NodeById(), description, ("node_id", strawberry.ID, "As a field `nodeId` gave it.")
    )


def nodes(description: str) -> Any:
    """Declare `nodes(nodeIds)`."""
    return ArgumentField.declare(
        NodesById(),
        description,
        ("node_ids", list[strawberry.ID], "At most 100, as fields `nodeId` gave them."),
    )


AFTER = ("after", str | None, "The cursor of the last event that arrived; what follows is told.")


def events_in(of: type, column: str, description: str) -> Any:
    """Declare a subscription to what happens to one row of `of`, and to all that is in it.

    Args:
        of: the type of the row.
        column: of `live_events`, which holds the row's id; the argument is called like it.
        description: for the schema.
    """
    return ArgumentField.declare(
        EventsIn(table_name(of), camel_case(column), column),
        description,
        (column, UUID, "The row's id."),
        AFTER,
    )


def changes_of(of: type, column: str, description: str) -> Any:
    """Declare a subscription to all rows of `of` that are hers.

    Args:
        of: the type of the rows.
        column: of `live_events`, which holds such a row's id.
        description: for the schema.
    """
    return ArgumentField.declare(ChangesOf(table_name(of), column), description, AFTER)


def stream_of(of: type, argument: str, description: str) -> Any:
    """Declare a subscription to the text of one row of `of` while it is written."""
    return ArgumentField.declare(
        StreamOf(table_name(of), camel_case(argument)),
        description,
        (argument, UUID, "The row's id."),
        AFTER,
    )


def verb(
    prepare: Callable[[Context, Mapping[str, Any]], Any],
    taking: type,
    description: str,
) -> Any:
    """Declare a mutation that `prepare` turns into a write; its one argument is `input`."""
    return ArgumentField.declare(
        Verb(prepare), description, ("input", taking, "What to do it with.")
    )


def create(
    taking: type,
    description: str,
    *,
    role: ServerRole | None = None,
    wakes: bool = False,
) -> Any:
    """Declare a plain insert: each entry of the input is the column of the same name.

    A repetition with the same `idempotencyKey`, or with the same `id` of the client's own making,
    answers with the first row, whatever became of it since.

    Args:
        taking: the input: columns, and `id` and `idempotencyKey` where the client may send them.
        description: for the schema.
        role: the role to write as, if not the viewer's own.
        wakes: whether workers may have something to do then.
    """
    name = verb_name(taking)

    async def prepare(_context: Context, given: Mapping[str, Any]) -> Write:
        values = columns(given, without=("idempotencyKey",))
        key = idempotency(name, given)
        if values.get("id") is None:
            # The key remembers the row by its id, so this one must be known before the insert.
            values.pop("id", None)
            if key is not None:
                values["id"] = uuid_v7()
        return Insert(values, role, idempotency=key, wakes=wakes)

    return verb(prepare, taking, description)


def update(
    taking: type,
    description: str,
    *,
    set_to: Mapping[str, object] | None = None,
    required: Sequence[str] = (),
    wakes: bool = False,
) -> Any:
    """Declare a plain update of the row `id`: entries that are absent stay as they are.

    Args:
        taking: the input: `id`, columns, and `expectedVersion` where the client may send one.
        description: for the schema.
        set_to: columns that this verb always sets.
        required: entries that may be absent from the input but not null.
        wakes: whether workers may have something to do then.
    """

    async def prepare(_context: Context, given: Mapping[str, Any]) -> Write:
        for entry in required:
            if entry in given and given[entry] is None:
                raise BadInput("This cannot be null.", field=f"input.{entry}")
        values = {**columns(given, without=("id", "expectedVersion")), **(set_to or {})}
        if not values:
            raise BadInput("Nothing to change.", field="input")
        return Update(given["id"], values, given.get("expectedVersion"), wakes=wakes)

    return verb(prepare, taking, description)


def delete(taking: type, description: str) -> Any:
    """Declare the deletion of the row `id`, for good."""

    async def prepare(_context: Context, given: Mapping[str, Any]) -> Write:
        return Delete(given["id"])

    return verb(prepare, taking, description)


def call(
    function: str,
    taking: type,
    description: str,
    *,
    role: ServerRole | None = None,
    renamed: Mapping[str, str] | None = None,
    wakes: bool = False,
) -> Any:
    """Declare a verb that a SQL function does: each entry of the input is its named argument.

    Args:
        function: its name; in schema `public`, unless the name says otherwise.
        taking: the input.
        description: for the schema.
        role: the role to call it as, if not the viewer's own.
        renamed: arguments that are not called as their entry of the input.
        wakes: whether workers may have something to do then.
    """

    async def prepare(_context: Context, given: Mapping[str, Any]) -> Write:
        names = renamed or {}
        return Call(
            function,
            {
                names.get(entry, snake_case(entry)): plain(value, f"input.{entry}")
                for entry, value in given.items()
            },
            role,
            wakes=wakes,
        )

    return verb(prepare, taking, description)


def verb_name(taking: type) -> str:
    """Give `startConversation` for `StartConversationInput`."""
    bare = taking.__name__.removesuffix("Input")
    return bare[:1].lower() + bare[1:]


def columns(given: Mapping[str, Any], *, without: Sequence[str] = ()) -> dict[str, object]:
    """Give an input's entries by column name."""
    return {
        snake_case(entry): plain(value, f"input.{entry}")
        for entry, value in given.items()
        if entry not in without
    }


def idempotency(verb_name: str, given: Mapping[str, Any]) -> Idempotency | None:
    """Give the idempotency that an input asks for, by a key or by an id of its own.

    The key itself is no part of the hash.

    Raises:
        BadInput: the key is empty or longer than 200 characters.
    """
    key = given.get("idempotencyKey")
    if key is not None:
        check_key(key)
    elif given.get("id") is not None:
        key = str(given["id"])
    else:
        return None
    rest = {entry: value for entry, value in given.items() if entry != "idempotencyKey"}
    text = orjson.dumps(rest, option=orjson.OPT_SORT_KEYS, default=str)
    return Idempotency(verb_name, key, hashlib.sha256(text).hexdigest())


def check_key(key: str) -> None:
    """Check an idempotency key.

    Raises:
        BadInput: it is empty or longer than 200 characters.
    """
    if not 0 < len(key) <= IDEMPOTENCY_KEY_MAXIMUM:
        raise BadInput(
            f"A key has 1 to {IDEMPOTENCY_KEY_MAXIMUM} characters.", field="input.idempotencyKey"
        )


def plain(value: object, field: str) -> object:
    """Give a value as the driver wants it: an enum as its stored text, a moment in UTC.

    Raises:
        BadInput: a moment without an offset, or out of range.
    """
    if isinstance(value, datetime):
        return moment(value, field)
    return getattr(value, "value", value)


def camel_case(name: str) -> str:
    """Give `conversationId` for `conversation_id`."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def snake_case(entry: str) -> str:
    """Give `external_thread_id` for `externalThreadId`."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in entry)
