"""Probes: every way to hand somebody else's id to the API, read off the schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
)

# Entries of inputs that name something without being a uuid.
NAMING = frozenset({"idempotencyKey", "externalThreadId", "source"})
# Arguments of lists that hold a place or a value of a row.
PLACES = ("after", "before")


@dataclass(frozen=True)
class Owned:
    """What a person has, as she sees it herself.

    Attributes:
        rows: by type, each with all its fields.
        cursors: by root field or `Type.field`, the cursors of her rows in that list.
        inputs: what she once sent, by the name of the entry.
    """

    rows: Mapping[str, list[dict[str, Any]]]
    cursors: Mapping[str, list[str]]
    inputs: Mapping[str, str]


@dataclass(frozen=True)
class Probe:
    """One try.

    Attributes:
        field: the root field that is asked.
        about: the argument or entry that holds what is hers.
        query: the document.
        variables: its variables.
        means_a_row: whether the value names an existing row, so that the answer is NOT_FOUND.
    """

    field: str
    about: str
    query: str
    variables: dict[str, Any]
    means_a_row: bool = False


def everything(kind: Any, schema: GraphQLSchema, depth: int = 1) -> str:
    """Select all that can be selected without arguments, `depth` relations deep."""
    if not isinstance(kind, GraphQLObjectType):
        possible = sorted(schema.get_possible_types(kind), key=lambda one: one.name)
        parts = [f"... on {one.name} {everything(one, schema, 0)}" for one in possible]
        return f"{{ __typename nodeId {' '.join(parts)} }}"
    parts = []
    for name, field in kind.fields.items():
        target = get_named_type(field.type)
        if is_leaf_type(target):
            parts.append(name)
        elif depth > 0 or target.name == "PageInfo":
            parts.append(f"{name} {everything(target, schema, depth - 1)}")
        elif target.name.endswith("Edge") or name == "nodes":
            parts.append(f"{name} {everything(target, schema, 0)}")
    return f"{{ __typename {' '.join(parts)} }}"


def query_probes(schema: GraphQLSchema, hers: Owned, his: Owned) -> Iterator[Probe]:
    """Give the probes of every field of Query, and of every list below his own rows."""
    assert schema.query_type is not None
    for name, field in schema.query_type.fields.items():
        target = get_named_type(field.type)
        selection = everything(target, schema)
        if "id" in field.args:
            for row in hers.rows[target.name]:
                yield _asking(name, "id", "UUID!", row["id"], selection)
        if "nodeId" in field.args:
            for row in _all(hers):
                yield _asking(name, "nodeId", "ID!", row["nodeId"], selection)
        if "nodeIds" in field.args:
            ids = [row["nodeId"] for row in _all(hers)][:100]
            yield _asking(name, "nodeIds", "[ID!]!", ids, selection)
        if "after" in field.args:
            for place in PLACES:
                for cursor in hers.cursors[name]:
                    yield _asking(name, place, "String", cursor, selection)
        if "where" in field.args:
            yield from _filters(schema, name, field.args["where"].type, hers)
    for path, cursors in hers.cursors.items():
        parent, _, name = path.rpartition(".")
        if parent and his.rows[parent]:
            yield from _nested(schema, parent, name, cursors, his)


def _all(owned: Owned) -> list[dict[str, Any]]:
    return [row for rows in owned.rows.values() for row in rows]


def _asking(name: str, argument: str, kind: str, value: object, selection: str) -> Probe:
    query = f"query($value: {kind}) {{ {name}({argument}: $value) {selection} }}"
    return Probe(name, argument, query, {"value": value})


def _filters(schema: GraphQLSchema, name: str, kind: Any, hers: Owned) -> Iterator[Probe]:
    where = get_named_type(kind)
    assert isinstance(where, GraphQLInputObjectType)
    assert schema.query_type is not None
    listed = get_named_type(schema.query_type.fields[name].type)
    selection = everything(listed, schema, 0)
    for column in where.fields.keys() - {"and", "or", "not"}:
        values = {row[column] for row in hers.rows[where.name.removesuffix("Filter")]}
        query = f"query($where: {where.name}) {{ {name}(where: $where) {selection} }}"
        conditions: list[dict[str, Any]] = [
            {column: {"in": sorted(values - {None})}},
            {"not": {column: {"in": []}}},
        ]
        for condition in conditions:
            yield Probe(name, f"where.{column}", query, {"where": condition})


def _nested(
    schema: GraphQLSchema, parent: str, name: str, cursors: list[str], his: Owned
) -> Iterator[Probe]:
    kind = schema.type_map[parent]
    assert isinstance(kind, GraphQLObjectType)
    selection = everything(get_named_type(kind.fields[name].type), schema, 0)
    for place in PLACES:
        for cursor in cursors:
            query = (
                f"query($id: ID!, $value: String) {{ node(nodeId: $id) {{ ... on {parent} "
                f"{{ {name}({place}: $value) {selection} }} }} }}"
            )
            variables = {"id": his.rows[parent][0]["nodeId"], "value": cursor}
            yield Probe(f"{parent}.{name}", place, query, variables)


def mutation_probes(schema: GraphQLSchema, hers: Owned, his: Owned) -> Iterator[Probe]:
    """Give the probes of every mutation: each entry that names something, with what is hers."""
    assert schema.mutation_type is not None
    for name, field in schema.mutation_type.fields.items():
        kind = get_named_type(field.args["input"].type)
        answer = get_named_type(field.type)
        assert isinstance(kind, GraphQLInputObjectType)
        query = f"mutation($input: {kind.name}!) {{ {name}(input: $input) {everything(answer, schema)} }}"
        base = {
            entry: _usual(schema, entry, kind.fields[entry].type, answer, his)
            for entry in _needed(kind)
        }
        named = _hers(kind, hers)
        takes_ids = any(
            get_named_type(declared.type).name == "UUID" for declared in kind.fields.values()
        )
        if named or not takes_ids:
            yield Probe(name, "her name", query, {"input": base | named})
        for entry, declared in kind.fields.items():
            if get_named_type(declared.type).name != "UUID":
                continue
            # What may be repeated is a create, whose id is of the client's own making.
            makes = entry == "id" and "idempotencyKey" in kind.fields
            for row in hers.rows[_named_by(schema, entry, answer)]:
                given = {"input": base | {entry: row["id"]}}
                yield Probe(name, entry, query, given, means_a_row=not makes)


def subscription_probes(schema: GraphQLSchema, hers: Owned) -> Iterator[Probe]:
    """Give the probes of every field of Subscription: each argument, with what is hers."""
    assert schema.subscription_type is not None
    for name, field in schema.subscription_type.fields.items():
        selection = _told(schema, get_named_type(field.type))
        ids = [one for one in field.args if get_named_type(field.args[one].type).name == "UUID"]
        for after in ("0", "0:0", None):
            if not ids:
                if after != "0:0":
                    query = f"subscription($after: String) {{ {name}(after: $after) {selection} }}"
                    yield Probe(name, "after", query, {"after": after})
                continue
            (argument,) = ids
            for row in hers.rows[_named_by(schema, argument, None)]:
                query = (
                    f"subscription($value: UUID!, $after: String) {{ {name}({argument}: $value,"
                    f" after: $after) {selection} }}"
                )
                variables = {"value": row["id"], "after": after}
                for about in (argument, "after"):
                    yield Probe(name, about, query, variables, means_a_row=True)


def _told(schema: GraphQLSchema, union: Any) -> str:
    """Select all that any event tells, the rows with their relations."""
    events = sorted(schema.get_possible_types(union), key=lambda one: one.name)
    parts = [f"... on {one.name} {everything(one, schema, 2)}" for one in events]
    return f"{{ __typename {' '.join(parts)} }}"


def _needed(kind: GraphQLInputObjectType) -> list[str]:
    """Give the entries that must be there, and a word: an update must change something."""
    must = [name for name, one in kind.fields.items() if isinstance(one.type, GraphQLNonNull)]
    words = [
        name
        for name, one in kind.fields.items()
        if get_named_type(one.type).name == "String" and name not in NAMING and name not in must
    ]
    return [*must, *words[:1]]


def _hers(kind: GraphQLInputObjectType, hers: Owned) -> dict[str, str]:
    return {entry: hers.inputs[entry] for entry in kind.fields if entry in NAMING}


def _named_by(schema: GraphQLSchema, entry: str, answer: Any) -> str:
    """Give the type whose row an entry names: `conversationId` a Conversation, `id` the answer."""
    if entry == "id":
        message = answer.fields.get("message")
        name: str = get_named_type(message.type).name if message is not None else answer.name
        return name.removeprefix("Delete").removesuffix("Payload")
    name = entry.removesuffix("Id")
    name = name[0].upper() + name[1:]
    assert name in schema.type_map, f"nobody knows which row `{entry}` names: write a probe"
    return name


def _usual(schema: GraphQLSchema, entry: str, kind: Any, answer: Any, his: Owned) -> Any:
    """Give a value of his own, or of nobody's, for an entry that must be there."""
    named = get_named_type(kind)
    if named.name == "UUID":
        return his.rows[_named_by(schema, entry, answer)][0]["id"]
    if isinstance(named, GraphQLEnumType):
        return next(iter(named.values))
    return USUAL[named.name]


USUAL: Mapping[str, Any] = {
    "String": "usual",
    "Int": 1,
    "Float": 0.5,
    "Boolean": True,
    "DateTime": "2026-12-01T00:00:00Z",
    "Date": "2026-12-01",
    "JSON": {},
}
