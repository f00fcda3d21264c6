"""Declare twice and compare: what the domains say of the database is what its catalogue says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    get_named_type,
    is_scalar_type,
)

from graphql_api.auth import Viewer
from graphql_api.catalog import Column, ComputedColumn, TableType, ToHolder, ToMany, ToOne
from graphql_api.events import ChangesOf, EventsIn, RowOf, StreamOf, events_of
from graphql_api.meaning import Call, Context, Delete, Done, Insert, Rows, Update, Verb, Write
from graphql_api.schema import catalog

CATALOG = catalog()
MUTATION = CATALOG.schema.mutation_type
assert MUTATION is not None
SUBSCRIPTION = CATALOG.schema.subscription_type
assert SUBSCRIPTION is not None
FEEDS = sorted(SUBSCRIPTION.fields)
TYPES = sorted(CATALOG.types)
NODE_TYPES = [kind.type_name for kind in CATALOG.node_types]
MUTATIONS = sorted(MUTATION.fields)

# Orders of a root list without an index of their own, and why that is borne.
UNINDEXED_ORDERS = {
    ("messages", "turn"): "a turn means something within a conversation only; there it is indexed",
}
# Filters of a root list that no index begins with, and why that is borne.
UNINDEXED_FILTERS = {
    ("conversations", "kind"): "nobody has more than some thousand conversations",
    ("conversations", "title"): "nobody has more than some thousand conversations",
    ("messages", "turn"): "it is asked within a conversation, where it is indexed",
    ("messages", "role"): "a third of the rows at least has any role: they are met on the way",
}


@dataclass(frozen=True)
class Facts:
    """What the catalogue of the database says of schema `public`."""

    columns: Mapping[str, Mapping[str, tuple[str, bool]]]
    enums: Mapping[str, Sequence[str]]
    foreign_keys: frozenset[tuple[str, tuple[str, ...], str, tuple[str, ...]]]
    indexes: Mapping[str, Sequence[tuple[tuple[str, ...], bool]]]
    comments: Mapping[str, str]


@pytest.fixture
async def facts(owner: asyncpg.Connection) -> Facts:
    columns: dict[str, dict[str, tuple[str, bool]]] = {}
    for table, column, kind, required in await owner.fetch(COLUMNS):
        columns.setdefault(table, {})[column] = (kind, required)
    indexes: dict[str, list[tuple[tuple[str, ...], bool]]] = {}
    for table, names, is_unique in await owner.fetch(INDEXES):
        indexes.setdefault(table, []).append((tuple(names), is_unique))
    return Facts(
        columns=columns,
        enums=dict(await owner.fetch(ENUMS)),
        foreign_keys=frozenset(
            (table, tuple(names), target, tuple(target_names))
            for table, names, target, target_names in await owner.fetch(FOREIGN_KEYS)
        ),
        indexes=indexes,
        comments=dict(await owner.fetch(COMMENTS)),
    )


COLUMNS = """
select c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull
from pg_class c join pg_attribute a on a.attrelid = c.oid
where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attnum > 0
  and not a.attisdropped
"""
ENUMS = """
select t.typname, array_agg(e.enumlabel::text order by e.enumsortorder)
from pg_type t join pg_enum e on e.enumtypid = t.oid
where t.typnamespace = 'public'::regnamespace
group by t.typname
"""
FOREIGN_KEYS = """
select k.conrelid::regclass::text,
       array(select a.attname::text from unnest(k.conkey) with ordinality as n (num, place)
             join pg_attribute a on a.attrelid = k.conrelid and a.attnum = n.num order by n.place),
       k.confrelid::regclass::text,
       array(select a.attname::text from unnest(k.confkey) with ordinality as n (num, place)
             join pg_attribute a on a.attrelid = k.confrelid and a.attnum = n.num order by n.place)
from pg_constraint k
where k.contype = 'f' and k.connamespace = 'public'::regnamespace
"""
INDEXES = """
select i.indrelid::regclass::text,
       array(select a.attname::text from unnest(i.indkey::int[]) with ordinality as n (num, place)
             join pg_attribute a on a.attrelid = i.indrelid and a.attnum = n.num order by n.place),
       i.indisunique
from pg_index i join pg_class c on c.oid = i.indrelid
where c.relnamespace = 'public'::regnamespace and i.indisvalid
"""
COMMENTS = """
select c.relname, obj_description(c.oid, 'pg_class')
from pg_class c
where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
"""


def columns_of(kind: TableType) -> dict[str, Column]:
    return {name: one for name, one in kind.members.items() if isinstance(one, Column)}


def starts_with(facts: Facts, table: str, *columns: str) -> bool:
    """Whether an index answers for these columns, the owner's first."""
    leading = ("user_id", *columns) if columns[:1] != ("user_id",) else columns
    return any(names[: len(leading)] == leading for names, _ in facts.indexes[table])


# Types ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TYPES)
def test_a_field_is_a_column_of_its_type_and_null_where_the_column_may_be(
    facts: Facts, name: str
) -> None:
    kind = CATALOG.types[name]

    declared = {
        column.name: (column.sql_type.removeprefix("public."), not column.nullable)
        for column in columns_of(kind).values()
    }

    stored = facts.columns[kind.table.name]
    assert declared == {
        column: (_bare(stored[column][0]), stored[column][1]) for column in declared
    }


def _bare(kind: str) -> str:
    return {"timestamp with time zone": "timestamptz"}.get(kind, kind).removeprefix("public.")


def test_an_enum_has_the_labels_of_the_database_in_its_order(facts: Facts) -> None:
    compared = 0
    for kind in CATALOG.types.values():
        for column in columns_of(kind).values():
            if column.enum_type is None:
                continue
            declared = next(
                one
                for one in CATALOG.schema.type_map.values()
                if isinstance(one, GraphQLEnumType) and _stored_name(one.name) == column.enum_type
            )
            labels = [
                str(getattr(one.value, "value", one.value)) for one in declared.values.values()
            ]
            assert labels == list(facts.enums[column.enum_type])
            compared += 1
    assert compared >= 7


def _stored_name(name: str) -> str:
    return "".join(f"_{one.lower()}" if one.isupper() else one for one in name).lstrip("_")


@pytest.mark.parametrize("name", TYPES)
def test_a_relation_has_a_foreign_key_that_carries_the_owner(facts: Facts, name: str) -> None:
    kind = CATALOG.types[name]
    for member in kind.members.values():
        if isinstance(member, ToHolder):
            child = CATALOG.types[member.type_name].table.name
            assert _carries_owner(facts, child, member.column, kind.table.name)
            # Or there were two rows where the schema says one.
            assert (("user_id", member.column), True) in facts.indexes[child]
        elif isinstance(member, ToOne):
            target = CATALOG.types[member.type_name].table.name
            assert _carries_owner(facts, kind.table.name, member.column, target)
        elif isinstance(member, ToMany):
            child = CATALOG.types[member.type_name].table.name
            assert _carries_owner(facts, child, member.column, kind.table.name)


def _carries_owner(facts: Facts, child: str, column: str, parent: str) -> bool:
    if column == "user_id":
        return (child, ("user_id",), parent, ("id",)) in facts.foreign_keys
    key = (child, (column, "user_id"), parent, ("id", "user_id"))
    return key in facts.foreign_keys


@pytest.mark.parametrize("name", NODE_TYPES)
def test_a_list_has_an_index_that_begins_with_its_owner(facts: Facts, name: str) -> None:
    """An order of a root list, and the parent of a nested one, whose rows are few, come next."""
    kind = CATALOG.types[name]
    table = kind.table.name
    nested = [
        member.column
        for other in CATALOG.types.values()
        for member in other.members.values()
        if isinstance(member, ToMany) and member.type_name == name
    ]

    missing = [
        (table, column)
        for column in (kind.table.orders if _is_listed_by_root(name) else ())
        if not starts_with(facts, table, column)
    ]

    assert set(missing) == {pair for pair in UNINDEXED_ORDERS if pair[0] == table}
    assert all(starts_with(facts, table, column) for column in nested)
    assert all(facts.columns[table][column][1] for column in kind.table.orders)


def _is_listed_by_root(name: str) -> bool:
    return any(
        isinstance(meaning, Rows)
        and get_named_type(CATALOG.schema.query_type.fields[field].type).name == f"{name}Connection"
        for (root, field), meaning in CATALOG.roots.items()
        if root == "Query" and CATALOG.schema.query_type is not None
    )


@pytest.mark.parametrize("name", NODE_TYPES)
def test_a_filter_has_an_index_or_a_reason(facts: Facts, name: str) -> None:
    table = CATALOG.types[name].table

    missing = {
        (table.name, column)
        for column in table.filters
        if not starts_with(facts, table.name, column)
    }

    assert missing == {pair for pair in UNINDEXED_FILTERS if pair[0] == table.name}


@pytest.mark.parametrize("name", NODE_TYPES)
def test_what_is_called_unique_is(facts: Facts, name: str) -> None:
    table = CATALOG.types[name].table
    for column, parent in table.unique.items():
        assert (("user_id", parent, column), True) in facts.indexes[table.name]


@pytest.mark.parametrize("name", NODE_TYPES)
def test_a_type_is_described_as_its_table_is(facts: Facts, name: str) -> None:
    described = CATALOG.schema.type_map[name].description or ""

    comment = facts.comments[CATALOG.types[name].table.name]

    assert described.replace("\n", " ").startswith(comment)


@pytest.mark.parametrize("name", TYPES)
async def test_what_is_computed_has_its_function(owner: asyncpg.Connection, name: str) -> None:
    kind = CATALOG.types[name]
    for member in kind.members.values():
        if not isinstance(member, ComputedColumn):
            continue
        function = await owner.fetchrow(
            """
            select p.provolatile::text, format_type(p.prorettype, null) as gives,
                   has_function_privilege('authenticated', p.oid, 'execute') as may_execute
            from pg_proc p
            where p.oid = format('public.%I(%s)', $1::text, (
              select string_agg(format_type(a.atttypid, null), ',' order by n.place)
              from unnest($3::text[]) with ordinality as n (name, place)
              join pg_attribute a on a.attrelid = $2::text::regclass and a.attname = n.name
            ))::regprocedure
            """,
            member.function,
            f"public.{kind.table.name}",
            list(member.arguments),
        )
        assert function["provolatile"] in ("i", "s")
        assert function["gives"] == member.column.sql_type
        assert function["may_execute"]


@pytest.mark.parametrize("name", TYPES)
@pytest.mark.parametrize("role", ["authenticated", "cairn_server"])
async def test_every_column_of_the_schema_may_be_read(
    owner: asyncpg.Connection, name: str, role: str
) -> None:
    """By her, and by the server in her name, which reads the answers of its own writes."""
    kind = CATALOG.types[name]
    relations = {member.column for member in kind.members.values() if isinstance(member, ToOne)}
    for column in {"id", *(one.name for one in columns_of(kind).values()), *relations}:
        assert await _may(owner, role, kind.table.name, "select", column)


async def test_a_caller_without_a_token_may_read_no_table(owner: asyncpg.Connection) -> None:
    for kind in CATALOG.types.values():
        assert not kind.table.anonymous
        assert not await owner.fetchval(
            "select has_any_column_privilege('anon', $1::regclass, 'select')",
            f"public.{kind.table.name}",
        )


# Mutations -----------------------------------------------------------------------------------------


def sample(kind: GraphQLInputType) -> Any:
    """Give some value of an input type, with every entry that it may have."""
    if isinstance(kind, GraphQLNonNull):
        return sample(kind.of_type)
    if isinstance(kind, GraphQLList):
        return [sample(kind.of_type)]
    if isinstance(kind, GraphQLInputObjectType):
        return {name: sample(entry.type) for name, entry in kind.fields.items()}
    if isinstance(kind, GraphQLEnumType):
        return next(iter(kind.values.values())).value
    return SAMPLES[get_named_type(kind).name]


SAMPLES: Mapping[str, Any] = {
    "UUID": UUID(int=7),
    "ID": "word",
    "String": "word",
    "Int": 1,
    "Float": 0.5,
    "Boolean": True,
    "DateTime": datetime(2026, 12, 1, tzinfo=UTC),
    "Date": date(2026, 12, 1),
    "JSON": {},
}


class OpenDoor:
    """The service that ends a sign-in, without a database."""

    async def end_session(self, _viewer: Viewer, _id: UUID) -> None:
        """Do nothing."""


async def write_of(name: str) -> Write:
    """Let a verb decide what to write for an input that holds everything."""
    assert MUTATION is not None
    verb = CATALOG.roots["Mutation", name]
    assert isinstance(verb, Verb)
    viewer = Viewer(user_id=UUID(int=8), role="authenticated")
    context = Context(viewer, {"admission": OpenDoor()})
    return await verb.prepare(context, sample(MUTATION.fields[name].args["input"].type))


@pytest.mark.parametrize("name", MUTATIONS)
async def test_what_a_verb_writes_is_granted_to_the_role_that_writes_it(
    owner: asyncpg.Connection, name: str
) -> None:
    assert MUTATION is not None
    write = await write_of(name)
    table = CATALOG.types[get_named_type(MUTATION.fields[name].type).name].table.name
    roles = {write.role or "authenticated"}
    if isinstance(write, Insert) and write.idempotency is not None:
        roles.add("cairn_server")

    for role in roles:
        match write:
            case Insert(values):
                for column in values:
                    assert await _may(owner, role, table, "insert", column)
            case Update(_, values):
                for column in values:
                    assert await _may(owner, role, table, "update", column)
            case Delete():
                allowed = "select has_table_privilege($1, $2::regclass, 'delete')"
                assert await owner.fetchval(allowed, role, f"public.{table}")
            case Call(function, arguments):
                assert set(arguments) <= await _arguments(owner, role, function)
            case Done():
                assert name == "endSession"


@pytest.mark.parametrize("name", MUTATIONS)
async def test_a_verb_that_minds_versions_or_repetitions_has_what_it_needs(
    facts: Facts, name: str
) -> None:
    assert MUTATION is not None
    write = await write_of(name)
    table = CATALOG.types[get_named_type(MUTATION.fields[name].type).name].table.name

    if isinstance(write, Update) and write.expected_version is not None:
        assert facts.columns[table]["version"] == ("integer", True)
    if isinstance(write, Insert) and write.replay is not None:
        assert set(write.replay.same) <= facts.columns[table].keys()
        unique = {names for names, is_unique in facts.indexes[table] if is_unique}
        for key in write.replay.keys:
            assert key == ("id",) or ("user_id", *key) in unique


def test_every_mutation_takes_one_input_and_may_answer_null() -> None:
    assert MUTATION is not None
    for field in MUTATION.fields.values():
        assert list(field.args) == ["input"]
        assert isinstance(field.args["input"].type, GraphQLNonNull)
        assert not isinstance(field.type, GraphQLNonNull)


# Subscriptions -------------------------------------------------------------------------------------

# Tables that triggers write into the log, and whether each insert, delete and update is written.
RECORDED = """
select c.relname::text,
       bool_or(t.tgtype & 4 > 0) and bool_or(t.tgtype & 8 > 0) and bool_or(t.tgtype & 16 > 0)
from pg_trigger t join pg_class c on c.oid = t.tgrelid
where t.tgfoid = 'private.live_record'::regproc and t.tgdeferrable and t.tginitdeferred
group by c.relname
"""


@pytest.mark.parametrize("name", FEEDS)
async def test_what_a_feed_tells_is_written_into_the_log(
    owner: asyncpg.Connection, name: str
) -> None:
    assert SUBSCRIPTION is not None
    meaning = CATALOG.feeds[name]
    recorded = dict(await owner.fetch(RECORDED))
    events = events_of(CATALOG.schema, SUBSCRIPTION.fields[name])
    words = [CATALOG.events[event].word for event in events]

    assert "caught_up" in {word.kind for word in words}
    if isinstance(meaning, StreamOf):
        assert {word.table for word in words if word.kind == "finished"} == {meaning.table}
        return
    assert "resync" in {word.kind for word in words}
    for word in words:
        if word.kind in ("changed", "gone"):
            assert recorded[str(word.table)]


@pytest.mark.parametrize("name", sorted(CATALOG.events))
def test_an_event_tells_of_a_row_of_its_own_table(name: str) -> None:
    event = CATALOG.events[name]
    for member in event.members.values():
        if isinstance(member, RowOf):
            assert CATALOG.types[member.type_name].table.name == event.word.table


@pytest.mark.parametrize("name", FEEDS)
def test_a_feed_has_the_columns_that_it_reads(facts: Facts, name: str) -> None:
    meaning = CATALOG.feeds[name]
    match meaning:
        case StreamOf(table, _):
            needed = {"state", "attempt", "draft", "content", "is_replaced"}
            assert needed <= facts.columns[table].keys()
        case EventsIn(_, _, column):
            assert starts_with(facts, "live_events", column, "seq")
        case ChangesOf(_, column):
            assert column in facts.columns["live_events"]
            assert starts_with(facts, "live_events", "seq")


def test_every_type_field_and_argument_that_could_be_misread_is_described() -> None:
    for name, kind in CATALOG.schema.type_map.items():
        if (
            name.startswith("__")
            or name in ("Query", "Mutation", "Subscription")
            or is_scalar_type(kind)
        ):
            continue
        assert kind.description, name
    for root in (CATALOG.schema.query_type, MUTATION, SUBSCRIPTION):
        assert root is not None
        for name, field in root.fields.items():
            assert field.description, name
            assert all(argument.description for argument in field.args.values()), name


async def _may(
    owner: asyncpg.Connection, role: str, table: str, privilege: str, column: str
) -> bool:
    asked = "select has_column_privilege($1, $2::regclass, $3, $4)"
    return bool(await owner.fetchval(asked, role, f"public.{table}", column, privilege))


async def _arguments(owner: asyncpg.Connection, role: str, function: str) -> set[str]:
    schema, _, bare = function.rpartition(".")
    names = await owner.fetchval(
        """
        select p.proargnames from pg_proc p
        where p.pronamespace = $1::text::regnamespace and p.proname = $2
          and has_function_privilege($3, p.oid, 'execute')
        """,
        schema or "public",
        bare,
        role,
    )
    return set(names or ())
