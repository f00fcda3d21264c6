"""What a field means in SQL: plain facts that declarations record and the planner reads."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, TypeAlias
from uuid import UUID

from graphql_api.auth import Viewer

# The key in a field's metadata under which its meaning is kept.
MEANING = "cairn"

PAGE_DEFAULT = 20
PAGE_MAXIMUM = 100
ESTIMATE_LIMIT = 1_000

ServerRole = Literal["cairn_server"]


class DeclarationError(Exception):
    """A declaration that cannot be meant."""


@dataclass(frozen=True, slots=True)
class Table:
    """What a type says of its table.

    Attributes:
        name: table in schema `public`.
        orders: columns, not null and indexed after the owner, that a list may be sorted by.
        filters: columns that a list may be filtered by.
        order_by: the default order; a leading minus means newest or largest first.
        unique: order columns that no two rows of one parent share, with the column that names the
            parent; lists of that parent need no id to break ties.
        anonymous: whether callers without a token may read it (public catalogues only).
    """

    name: str
    orders: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    order_by: str = "-id"
    unique: Mapping[str, str] = field(default_factory=dict)
    anonymous: bool = False


# Fields of a type ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ColumnOf:
    """A column under another name than the field's own."""

    column: str


@dataclass(frozen=True, slots=True)
class BelongsTo:
    """The row of another table whose id is in `column`."""

    column: str


@dataclass(frozen=True, slots=True)
class HasOne:
    """The one row of another table whose `column` holds this row's id; no two may."""

    column: str


@dataclass(frozen=True, slots=True)
class HasMany:
    """The rows of another table whose `column` holds this row's id."""

    column: str
    order_by: str | None


@dataclass(frozen=True, slots=True)
class Computed:
    """A SQL function of the row: `schema.function(row.argument, …)`."""

    function: str
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Itself:
    """In a payload: the very row that was written."""


# Root fields of Query --------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RowById:
    """One row by its id, given as argument `id`."""


@dataclass(frozen=True, slots=True)
class Rows:
    """All rows that the viewer may see, as a connection."""

    order_by: str | None


@dataclass(frozen=True, slots=True)
class ViewerRow:
    """The row whose id is the viewer's; null for a caller without a token."""


@dataclass(frozen=True, slots=True)
class NodeById:
    """Any row by its nodeId."""


@dataclass(frozen=True, slots=True)
class NodesById:
    """Any rows by their nodeIds, in their order; null where there is none."""


# Writes ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Replay:
    """How a create tells its own repetition from a clash.

    Attributes:
        keys: column lists, each unique per owner; a row that holds one list's values is the
            first try's.
        same: columns that must be equal for it to be a repetition, else it is a CONFLICT.
    """

    keys: tuple[tuple[str, ...], ...]
    same: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Idempotency:
    """A key under which a create happens once, kept in `private.idempotency_keys`.

    Attributes:
        verb: the mutation's name; the same key for another verb is a CONFLICT.
        key: what the client sent.
        request_hash: sha256 of the rest of the input; another hash is a CONFLICT.
    """

    verb: str
    key: str
    request_hash: str


@dataclass(frozen=True, slots=True)
class Also:
    """One more row that an insert brings with it."""

    table: str
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Insert:
    """Insert one row into the answer's table.

    Attributes:
        values: column to value.
        role: the role to write as, if not the viewer's own.
        replay: how a repetition is known by the row itself.
        idempotency: how it is known by a key.
        also: rows that are inserted with it, in the same transaction: all of them or none.
        wakes: whether there may be a job to do now, so that workers look.
    """

    values: Mapping[str, object]
    role: ServerRole | None = None
    replay: Replay | None = None
    idempotency: Idempotency | None = None
    also: tuple[Also, ...] = ()
    wakes: bool = False


@dataclass(frozen=True, slots=True)
class Update:
    """Change the row `id` of the answer's table.

    Attributes:
        id: which row.
        values: column to new value.
        expected_version: refuse with CONFLICT when `version` differs.
        role: the role to write as, if not the viewer's own.
        wakes: whether there may be a job to do now, so that workers look.
    """

    id: UUID
    values: Mapping[str, object]
    expected_version: int | None = None
    role: ServerRole | None = None
    wakes: bool = False


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete the row `id` of the answer's table."""

    id: UUID
    role: ServerRole | None = None
    wakes: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class Call:
    """Call a SQL function that keeps an invariant and gives rows of the answer's table.

    Attributes:
        function: its name; in schema `public`, unless the name says otherwise.
        arguments: by name.
        role: the role to write as, if not the viewer's own.
        wakes: whether there may be a job to do now, so that workers look.
    """

    function: str
    arguments: Mapping[str, object] = field(default_factory=dict)
    role: ServerRole | None = None
    wakes: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """Write nothing more: the verb's service did it, and the row `id` is the answer."""

    id: UUID
    role: ServerRole | None = None
    wakes: ClassVar[bool] = False


Write: TypeAlias = Insert | Update | Delete | Call | Done


@dataclass(frozen=True, slots=True)
class Context:
    """What a verb may use: who asks, and the services of this process, by name."""

    viewer: Viewer
    services: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Verb:
    """A mutation: from its input to what is written; the answer is then read by plan.

    Attributes:
        prepare: validates the input, does what is slow, outside of any transaction, and gives
            the write.
    """

    prepare: Callable[[Context, Mapping[str, Any]], Awaitable[Write]]


FieldMeaning: TypeAlias = ColumnOf | BelongsTo | HasOne | HasMany | Computed | Itself
RootMeaning: TypeAlias = RowById | Rows | ViewerRow | NodeById | NodesById | Verb
