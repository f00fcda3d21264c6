"""The plan: a tree that says what to read, as plain data. No SQL text, no decisions left open.

A plan is frozen and holds no value of a request save page sizes: filters, ids and cursors are read
from the variables when it runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from graphql_api.arguments import Read
from graphql_api.catalog import Column, ComputedColumn, TableType
from graphql_api.cursor import OrderKey
from graphql_api.filters import Condition

# Values of a selection -------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TypeName:
    """`__typename`."""

    name: str


@dataclass(frozen=True, slots=True)
class NodeIdOf:
    """The nodeId of the row at hand."""

    type_name: str


@dataclass(frozen=True, slots=True)
class Object:
    """The fields asked of a row, by response key."""

    kind: TableType
    fields: tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class One:
    """One row of another table, whose id is in `column` of the row at hand; null if hidden."""

    column: str
    object: Object


@dataclass(frozen=True, slots=True)
class Holder:
    """The one row of another table whose `column` is the id of the row at hand; null if none."""

    column: str
    object: Object


@dataclass(frozen=True, slots=True)
class Matching:
    """The one row whose id a request gives; null if there is none, or it is hidden."""

    id: Read
    object: Object


@dataclass(frozen=True, slots=True)
class FirstOf:
    """The first of several candidates that is a row (`node`: one candidate per type)."""

    candidates: tuple[Matching, ...]


@dataclass(frozen=True, slots=True)
class EachOf:
    """A list with one entry per given id (`nodes`), null where no candidate has it.

    Attributes:
        ids: for each candidate, the ids in order, null where the entry is of another type.
        candidates: what to read of each type.
    """

    ids: tuple[Read, ...]
    candidates: tuple[Object, ...]


@dataclass(frozen=True, slots=True)
class Cursor:
    """The cursor of an edge."""


@dataclass(frozen=True, slots=True)
class EdgeFields:
    """The fields asked of the edges."""

    fields: tuple[tuple[str, TypeName | Cursor | Object], ...]


@dataclass(frozen=True, slots=True)
class Nodes:
    """The rows alone."""

    object: Object


@dataclass(frozen=True, slots=True)
class PageFacts:
    """The fields asked of pageInfo: response key and name."""

    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Count:
    """totalCount; `mode` is `exact` or `estimated`."""

    mode: str


PagePart: TypeAlias = TypeName | EdgeFields | Nodes | PageFacts | Count


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list.

    Attributes:
        kind: what is listed.
        owner_column: column that must equal the id of the row at hand; None for a root list.
        order: sort keys, the id last.
        size: rows at most.
        backward: whether the page is the list's end (`last`).
        after: sort values that rows must follow; None without such a cursor.
        before: sort values that rows must precede.
        where: filter, or None.
        parts: the fields asked of the connection, by response key.
    """

    kind: TableType
    owner_column: str | None
    order: tuple[OrderKey, ...]
    size: int
    backward: bool
    after: Read | None
    before: Read | None
    where: Condition | None
    parts: tuple[tuple[str, PagePart], ...]


Value: TypeAlias = (
    Column
    | ComputedColumn
    | TypeName
    | NodeIdOf
    | Object
    | One
    | Holder
    | Matching
    | FirstOf
    | EachOf
    | Page
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What one or several root fields read.

    Attributes:
        fields: root values by response key.
        cost: rows read at most, page sizes multiplied down the tree; the price of the operation.
        tables: the types read, for the question whether this caller may.
    """

    fields: tuple[tuple[str, Value], ...]
    cost: int
    tables: frozenset[str]


@dataclass(frozen=True, slots=True)
class Answered:
    """What a mutation reads of the row that it wrote; cost and tables as in `Plan`."""

    row: Matching
    cost: int
    tables: frozenset[str]
