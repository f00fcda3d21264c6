"""Selections: which fields an operation asks of a type, fragments and @skip/@include applied.

GraphQL specification (September 2025), 6.3.2 CollectFields.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from graphql import (
    BooleanValueNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLAbstractType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
)

from graphql_api.arguments import Variables
from graphql_api.errors import BadInput

Collected: TypeAlias = dict[str, list[FieldNode]]


@dataclass(frozen=True, slots=True)
class Document:
    """What selections are read against.

    Attributes:
        schema: the schema.
        fragments: the document's fragments by name.
        variables: coerced variables of the request that is planned.
    """

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Variables


def collect(
    document: Document, kind: GraphQLObjectType, selection_sets: Iterable[SelectionSetNode | None]
) -> Collected:
    """Give the fields asked of `kind`, by response key, in the order of the answer."""
    fields: Collected = {}
    seen: set[str] = set()
    for selection_set in selection_sets:
        if selection_set is not None:
            _collect_into(document, kind, selection_set, fields, seen)
    return fields


def collect_below(
    document: Document, kind: GraphQLObjectType, nodes: Sequence[FieldNode]
) -> Collected:
    """Give the fields asked of `kind` below the merged `nodes` of one response key."""
    return collect(document, kind, (node.selection_set for node in nodes))


def _collect_into(
    document: Document,
    kind: GraphQLObjectType,
    selection_set: SelectionSetNode,
    fields: Collected,
    seen: set[str],
) -> None:
    for selection in selection_set.selections:
        if not _is_included(document, selection):
            continue
        if isinstance(selection, FieldNode):
            key = selection.alias.value if selection.alias else selection.name.value
            fields.setdefault(key, []).append(selection)
        elif isinstance(selection, InlineFragmentNode):
            condition = selection.type_condition
            if condition is None or _applies(document, condition.name.value, kind):
                _collect_into(document, kind, selection.selection_set, fields, seen)
        elif isinstance(selection, FragmentSpreadNode) and selection.name.value not in seen:
            seen.add(selection.name.value)
            fragment = document.fragments[selection.name.value]
            if _applies(document, fragment.type_condition.name.value, kind):
                _collect_into(document, kind, fragment.selection_set, fields, seen)


def _is_included(document: Document, node: SelectionNode) -> bool:
    for directive in node.directives or ():
        name = directive.name.value
        if name in ("skip", "include"):
            condition = (directive.arguments or ())[0].value
            if isinstance(condition, VariableNode):
                value = document.variables.get(condition.name.value)
                if value is None:
                    raise BadInput(f"@{name} needs true or false.", field=condition.name.value)
            else:
                value = isinstance(condition, BooleanValueNode) and condition.value
            if value is (name == "skip"):
                return False
    return True


def _applies(document: Document, condition: str, kind: GraphQLObjectType) -> bool:
    if condition == kind.name:
        return True
    named = document.schema.type_map.get(condition)
    return isinstance(named, GraphQLAbstractType) and document.schema.is_sub_type(named, kind)
