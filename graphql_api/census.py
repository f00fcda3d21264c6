"""The census: what a document holds is counted before it is validated, and too much is refused.

Fragments count as often as they are spread, so that nothing hides in them, and every definition
counts, since all of them are validated.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TypeAlias

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    TokenKind,
    VariableNode,
)

from graphql_api.errors import BadInput
from graphql_api.refusal import refused
from graphql_api.settings import Settings

# Brackets within brackets of any kind; the standard introspection query needs 13.
MAXIMUM_NESTING = 64

# What the standard introspection query nests deeper than other operations may.
INTROSPECTION = frozenset({"__schema", "__type"})
INTROSPECTION_LEVELS = 8
# Lists of the whole schema, of which it nests two. A third one is read in seconds, not milliseconds.
SCHEMA_LISTS = frozenset({"types", "fields", "inputFields", "interfaces", "possibleTypes"})
SCHEMA_LEVELS = 2

# Validation compares all fields of one name in one place with one another, in some 20 µs a pair.
# As many pairs as if each field stood this often in its place:
REPEATS = 8

# Arguments whose numbers (or list lengths) are part of a plan: a literal limit plans best.
EXACT_ARGUMENTS = frozenset({"first", "last", "nodeIds"})

# Where an answer has a value: the keys on the way to it, from the last one up.
Place: TypeAlias = "tuple[Place, str] | None"


def count(
    document: DocumentNode, fragments: Mapping[str, FragmentDefinitionNode], settings: Settings
) -> frozenset[str]:
    """Count a document against the limits, and give the variables whose numbers count for a plan.

    Raises:
        RequestError: a limit is passed.
    """
    _check_nesting(document)
    census = Census(settings, fragments)
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            census.walk(definition.selection_set, 1)
    for name in fragments:
        if name not in census.spread:
            census.walk_fragment(name, 1)
    return frozenset(census.exact)


class Census:
    """Counts what a document holds."""

    def __init__(self, settings: Settings, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        """Count against the limits of `settings`."""
        self._settings = settings
        self._fragments = fragments
        self._fields = 0
        self._aliases = 0
        self._directives = 0
        self._pairs = 0
        self._places: Counter[Place] = Counter()
        self._open: set[str] = set()
        self.spread: set[str] = set()
        self.exact: set[str] = set()

    def walk(
        self,
        selection_set: SelectionSetNode,
        depth: int,
        place: Place = None,
        lists: int | None = None,
    ) -> None:
        """Count below `selection_set`.

        Args:
            selection_set: what is counted.
            depth: of its fields.
            place: where its fields are answered.
            lists: of the schema that enclose it; None outside of introspection.

        Raises:
            RequestError: a limit is passed.
        """
        if depth > self._settings.max_depth:
            raise refused(BadInput(f"At most {self._settings.max_depth} levels of fields."))
        for selection in selection_set.selections:
            self._count(selection, place)
            if isinstance(selection, FieldNode):
                self._walk_field(selection, depth, place, lists)
            elif isinstance(selection, InlineFragmentNode):
                self.walk(selection.selection_set, depth, place, lists)
            elif isinstance(selection, FragmentSpreadNode):
                self.walk_fragment(selection.name.value, depth, place, lists)

    def _walk_field(self, node: FieldNode, depth: int, place: Place, lists: int | None) -> None:
        for argument in node.arguments or ():
            if argument.name.value in EXACT_ARGUMENTS:
                self.exact |= _variables_in(argument.value)
        name = node.name.value
        if place is None and name in INTROSPECTION:
            depth -= INTROSPECTION_LEVELS
            lists = 0
        elif lists is not None and name in SCHEMA_LISTS:
            lists += 1
            if lists > SCHEMA_LEVELS:
                raise refused(BadInput(f"At most {SCHEMA_LEVELS} levels of lists of the schema."))
        if node.selection_set is not None:
            self.walk(node.selection_set, depth + 1, (place, _key(node)), lists)

    def walk_fragment(
        self, name: str, depth: int, place: Place = None, lists: int | None = None
    ) -> None:
        """Count what a fragment holds; an unknown or cyclic one is validation's to refuse."""
        self.spread.add(name)
        if name in self._fragments and name not in self._open:
            self._open.add(name)
            self.walk(self._fragments[name].selection_set, depth, place, lists)
            self._open.discard(name)

    def _count(self, node: SelectionNode, place: Place) -> None:
        self._fields += 1
        self._directives += len(node.directives or ())
        self._aliases += isinstance(node, FieldNode) and node.alias is not None
        if not isinstance(node, InlineFragmentNode):
            here = (place, _key(node) if isinstance(node, FieldNode) else "...")
            self._pairs += self._places[here]
            self._places[here] += 1
        limits = (
            ("fields", self._fields, self._settings.max_fields),
            ("aliases", self._aliases, self._settings.max_aliases),
            ("directives", self._directives, self._settings.max_directives),
        )
        for what, number, limit in limits:
            if number > limit:
                raise refused(BadInput(f"At most {limit} {what} in a document."))
        if self._pairs > REPEATS * self._settings.max_fields:
            raise refused(BadInput("The document repeats the same fields too often."))


def _key(node: FieldNode) -> str:
    return node.alias.value if node.alias else node.name.value


def _variables_in(value: object) -> set[str]:
    if isinstance(value, VariableNode):
        return {value.name.value}
    if isinstance(value, ListValueNode):
        return set().union(*(_variables_in(item) for item in value.values))
    return set()


OPENING = frozenset({TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L})
CLOSING = frozenset({TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R})


def _check_nesting(document: DocumentNode) -> None:
    """Refuse what would exhaust the stack of whoever reads it recursively."""
    token = document.loc.start_token if document.loc else None
    depth = 0
    while token is not None:
        depth += (token.kind in OPENING) - (token.kind in CLOSING)
        if depth > MAXIMUM_NESTING:
            raise refused(BadInput("The document is nested too deeply."))
        token = token.next
