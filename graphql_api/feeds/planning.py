"""What a subscription asks of each type of event, planned once for a document. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from graphql import FieldNode, GraphQLObjectType

from graphql_api.arguments import Leaf, Read, constant, resolve_arguments
from graphql_api.catalog import Catalog
from graphql_api.errors import BadInput
from graphql_api.events import ChangesOf, EventWord, Fact, FeedMeaning, StreamOf, events_of
from graphql_api.plan import Object, TypeName
from graphql_api.planner import MAXIMUM_NAMES, Planner
from graphql_api.selection import Collected, Document, collect_below

# Events that one statement reads at most.
PAGE_EVENTS = 100

EventValue: TypeAlias = TypeName | Fact | Object


@dataclass(frozen=True, slots=True)
class EventPlan:
    """What is asked of one type of event, by response key."""

    word: EventWord
    fields: tuple[tuple[str, EventValue], ...]


@dataclass(frozen=True, slots=True)
class FeedPlan:
    """What a subscription tells.

    Attributes:
        key: response key of its one field.
        node: the field, for the place of an error.
        meaning: what the field means.
        row: reads the id that it is about; None when it is about all of hers.
        after: reads the cursor that the client has; None without one.
        events: what is asked of each type of event.
        cost: rows that one page reads at most, or one look.
    """

    key: str
    node: FieldNode
    meaning: FeedMeaning
    row: Read | None
    after: Read
    events: tuple[EventPlan, ...]
    cost: int


class FeedPlanner:
    """Plans the one field of a subscription."""

    def __init__(self, catalog: Catalog, document: Document) -> None:
        """Plan against `catalog` for `document`, whose variables give the shapes."""
        self._catalog = catalog
        self._document = document
        self._planner = Planner(catalog, document)

    def plan(self, root: GraphQLObjectType, fields: Mapping[str, Sequence[FieldNode]]) -> FeedPlan:
        """Plan the field of a subscription.

        Raises:
            BadInput: there is not exactly one, or an argument is malformed.
        """
        if len(fields) != 1:
            raise BadInput("Subscribe to one field at a time.")
        ((key, nodes),) = fields.items()
        field = root.fields[nodes[0].name.value]
        meaning = self._catalog.feeds[nodes[0].name.value]
        arguments = resolve_arguments(field, nodes[0], self._document.variables)
        after = arguments.get("after", constant(None))
        assert isinstance(after, Leaf)  # noqa: S101 - the schema gives it a scalar type
        row = None
        if not isinstance(meaning, ChangesOf):
            leaf = arguments[meaning.argument]
            assert isinstance(leaf, Leaf)  # noqa: S101 - the same
            row = leaf.read
        times = 1 if isinstance(meaning, StreamOf) else PAGE_EVENTS
        events = tuple(
            self._event(name, nodes, times) for name in events_of(self._catalog.schema, field)
        )
        return FeedPlan(key, nodes[0], meaning, row, after.read, events, self._planner.cost)

    def _event(self, name: str, nodes: Sequence[FieldNode], times: int) -> EventPlan:
        kind = self._catalog.events[name]
        graphql_type = self._document.schema.type_map[name]
        assert isinstance(graphql_type, GraphQLObjectType)  # noqa: S101 - a member of a union
        collected = collect_below(self._document, graphql_type, nodes)
        _check_names(collected)
        fields: list[tuple[str, EventValue]] = []
        for key, below in collected.items():
            asked = below[0].name.value
            if asked == "__typename":
                fields.append((key, TypeName(name)))
                continue
            member = kind.members[asked]
            if isinstance(member, Fact):
                fields.append((key, member))
            else:
                fields.append((key, self._planner.plan_rows(member.type_name, below, times)))
        return EventPlan(kind.word, tuple(fields))


def _check_names(collected: Collected) -> None:
    """Refuse a text under many names: each is sent."""
    asked = Counter(nodes[0].name.value for nodes in collected.values())
    if asked["text"] > MAXIMUM_NAMES:
        raise BadInput(f"At most {MAXIMUM_NAMES} names for one text of an object.", field="text")
