"""The words of a subscription: what its events are, and which changes of which rows they tell.

Like those of `table.py` they only record; `read_event_types` reads them off the finished schema.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, TypeVar

import strawberry
from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
)

from graphql_api.meaning import MEANING, DeclarationError, Itself

Declared = TypeVar("Declared", bound=type)

EventKind = Literal["changed", "gone", "finished", "caught_up", "resync", "text", "replaced"]

# What each kind of event knows besides a row, by the names of its fields in Python.
FACTS: Mapping[EventKind, frozenset[str]] = {
    "changed": frozenset({"cursor", "seq"}),
    "gone": frozenset({"cursor", "seq", "deleted_id"}),
    "finished": frozenset({"cursor"}),
    "caught_up": frozenset({"cursor"}),
    "resync": frozenset({"cursor", "reason"}),
    "text": frozenset({"cursor", "offset", "text"}),
    "replaced": frozenset({"cursor", "text"}),
}
# The kinds that tell of a row as it is now.
ROW_KINDS = frozenset({"changed", "finished"})


@dataclass(frozen=True, slots=True)
class EventWord:
    """What a type of event tells.

    Attributes:
        kind: what happened.
        table: to a row of which table in schema `public`; None when it is of no one row.
    """

    kind: EventKind
    table: str | None = None


CAUGHT_UP = EventWord("caught_up")
RESYNC = EventWord("resync")
TEXT = EventWord("text")
REPLACED = EventWord("replaced")


def changed(of: type) -> EventWord:
    """Say that a row of `of` is new, or is not what it was."""
    return EventWord("changed", table_name(of))


def gone(of: type) -> EventWord:
    """Say that a row of `of` was deleted."""
    return EventWord("gone", table_name(of))


def finished(of: type) -> EventWord:
    """Say that the row of `of` that a stream follows is not under way any more."""
    return EventWord("finished", table_name(of))


def table_name(of: type) -> str:
    """Name the table that type `of` speaks for."""
    name: str = of.__cairn_table__.name  # type: ignore[attr-defined]
    return name


def event(word: EventWord) -> Callable[[Declared], Declared]:
    """Declare a type of event; its docstring is the description."""

    def declare(cls: Declared) -> Declared:
        cls.__cairn_event__ = word  # type: ignore[attr-defined]
        declared: Declared = strawberry.type(cls, description=inspect.cleandoc(cls.__doc__ or ""))
        return declared

    return declare


# Root fields of Subscription -------------------------------------------------


@dataclass(frozen=True, slots=True)
class EventsIn:
    """What happens to a row of `table`, whose id is the argument, and to all that is in it.

    Attributes:
        table: of the row.
        argument: its name in GraphQL.
        column: of `live_events`, which holds that id.
    """

    table: str
    argument: str
    column: str


@dataclass(frozen=True, slots=True)
class ChangesOf:
    """What happens to any row of `table` that is hers; what happens in one is a change of it.

    Attributes:
        table: of the rows.
        column: of `live_events`, which holds such a row's id.
    """

    table: str
    column: str


@dataclass(frozen=True, slots=True)
class StreamOf:
    """The text of one row of `table`, whose id is the argument, while it is written.

    Attributes:
        table: of the row: it has `state`, `attempt`, `draft`, `content` and `is_replaced`.
        argument: its name in GraphQL.
    """

    table: str
    argument: str


FeedMeaning: TypeAlias = EventsIn | ChangesOf | StreamOf


# Types of events, as the schema has them -------------------------------------


@dataclass(frozen=True, slots=True)
class Fact:
    """What an event knows besides a row; `name` is one of `FACTS`."""

    name: str


@dataclass(frozen=True, slots=True)
class RowOf:
    """The row that an event tells of, as it is now."""

    type_name: str


@dataclass(frozen=True, slots=True)
class EventType:
    """A type of event, and what its fields mean."""

    type_name: str
    word: EventWord
    members: Mapping[str, Fact | RowOf]


def read_event_types(schema: GraphQLSchema) -> dict[str, EventType]:
    """Read all types of events off `schema`, by name.

    Raises:
        DeclarationError: one has a field that its kind of event knows nothing of.
    """
    found = {}
    for name, kind in schema.type_map.items():
        definition = kind.extensions.get("strawberry-definition")
        word = getattr(getattr(definition, "origin", None), "__cairn_event__", None)
        if word is not None and isinstance(kind, GraphQLObjectType):
            members = {key: _member(name, word, field) for key, field in kind.fields.items()}
            found[name] = EventType(name, word, members)
    return found


def events_of(schema: GraphQLSchema, field: GraphQLField) -> tuple[str, ...]:
    """Name the types of events that a field of Subscription gives.

    Raises:
        DeclarationError: it gives no union.
    """
    union = get_named_type(field.type)
    if not isinstance(union, GraphQLUnionType):
        raise DeclarationError(f"{union.name} is no union of events")
    return tuple(kind.name for kind in schema.get_possible_types(union))


def _member(name: str, word: EventWord, field: GraphQLField) -> Fact | RowOf:
    definition = field.extensions["strawberry-definition"]
    if isinstance(definition.metadata.get(MEANING), Itself) and word.kind in ROW_KINDS:
        return RowOf(get_named_type(field.type).name)
    if definition.python_name not in FACTS[word.kind]:
        raise DeclarationError(f"{name} knows no {definition.python_name}")
    return Fact(definition.python_name)
