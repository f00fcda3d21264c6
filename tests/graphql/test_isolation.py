"""Two people: whatever Ben asks with Ana's ids, keys, cursors and values, nothing of hers comes back.

The probes are read off the schema, so a new field is probed, or fails for want of a probe.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from graphql import get_named_type

from graphql_api.catalog import ToMany
from graphql_api.feeds import EventStream
from graphql_api.node_id import encode_node_id
from graphql_api.schema import catalog, graphql_schema
from graphql_api.settings import Settings
from tests.fixtures.graphql import Caller
from tests.fixtures.seeded import OWNER_COLUMN, furnish_from_seed
from tests.graphql.probes import (
    NAMING,
    Owned,
    Probe,
    everything,
    mutation_probes,
    query_probes,
    subscription_probes,
)
from tests.live.listening import Engine, engine_on

SCHEMA = graphql_schema()
MUTATION = SCHEMA.mutation_type
SUBSCRIPTION = SCHEMA.subscription_type
assert MUTATION is not None

CATALOG = catalog()
KINDS = [kind.type_name for kind in CATALOG.node_types]
# Every list, and the type of its rows.
LISTS = {
    **{
        name: get_named_type(field.type).name.removesuffix("Connection")
        for name, field in (SCHEMA.query_type.fields if SCHEMA.query_type else {}).items()
        if "after" in field.args
    },
    **{
        f"{kind.type_name}.{name}": member.type_name
        for kind in CATALOG.node_types
        for name, member in kind.members.items()
        if isinstance(member, ToMany)
    },
}


async def fill(caller: Caller, owner: asyncpg.Connection, secret: str) -> None:
    """Give a person something of every kind: with `secret` in every text, or else as in the seed."""
    find = {"source": secret, "externalThreadId": secret, "title": secret}
    started = await caller(
        "mutation($input: FindOrStartConversationInput!)"
        " { findOrStartConversation(input: $input) { id } }",
        input=find,
    )
    first = started.data["findOrStartConversation"]["id"]
    await caller(
        """
        mutation($send: SendMessageInput!, $start: StartConversationInput!, $input: UpdateViewerInput!) {
          sendMessage(input: $send) { message { id } }
          startConversation(input: $start) { id }
          updateViewer(input: $input) { id }
        }
        """,
        send={"conversationId": first, "content": secret, "idempotencyKey": secret},
        start={"title": secret, "idempotencyKey": f"{secret}-2"},
        input={"displayName": secret, "bio": secret},
    )
    for verb in ("pause", "complete", "archive"):
        other = await caller(
            "mutation($t: String) { startConversation(input: {title: $t}) { id } }", t=secret
        )
        await caller(
            f"mutation($id: UUID!) {{ {verb}Conversation(input: {{id: $id}}) {{ id }} }}",
            id=other.data["startConversation"]["id"],
        )
    await owner.execute(
        """
        insert into public.conversation_summaries (user_id, conversation_id, summary, through_turn)
        values ($1, $2, $3, 1)
        """,
        caller.viewer.user_id,
        UUID(first),
        secret,
    )
    assert caller.viewer.user_id is not None
    spoken = {kind.table.name for kind in CATALOG.node_types}
    await furnish_from_seed(owner, caller.viewer.user_id, spoken)


async def owned_by(caller: Caller, owner: asyncpg.Connection, secret: str) -> Owned:
    """Give all that a person sees of her own."""
    ids = {
        kind.type_name: [
            encode_node_id(kind.type_name, row["id"])
            for row in await owner.fetch(
                f"select id from public.{kind.table.name} "
                f"where {OWNER_COLUMN.get(kind.table.name, 'user_id')} = $1",
                caller.viewer.user_id,
            )
        ]
        for kind in CATALOG.node_types
    }
    rows: dict[str, list[dict[str, Any]]] = {}
    whole = everything(SCHEMA.type_map["Node"], SCHEMA)
    found = await caller(
        f"query($ids: [ID!]!) {{ nodes(nodeIds: $ids) {whole} }}",
        ids=[one for some in ids.values() for one in some],
    )
    for row in found.data["nodes"]:
        rows.setdefault(row["__typename"], []).append(row)
    assert sorted(rows) == KINDS
    return Owned(rows, await _cursors(caller, ids), dict.fromkeys(NAMING, secret))


async def _cursors(caller: Caller, ids: Mapping[str, list[str]]) -> dict[str, list[str]]:
    cursors: dict[str, list[str]] = {}
    for path in LISTS:
        parent, _, name = path.rpartition(".")
        if parent:
            query = (
                "query($ids: [ID!]!) { nodes(nodeIds: $ids)"
                f" {{ ... on {parent} {{ {name} {{ edges {{ cursor }} }} }} }} }}"
            )
            pages = (await caller(query, ids=ids[parent])).data["nodes"]
        else:
            pages = [(await caller(f"{{ {name} {{ edges {{ cursor }} }} }}")).data]
        cursors[path] = [edge["cursor"] for page in pages for edge in page[name]["edges"]]
    assert all(cursors.values())
    return cursors


class Two:
    """Ana and Ben, both with something of every kind."""

    def __init__(self, ana: Caller, ben: Caller, owner: asyncpg.Connection) -> None:
        self.ana, self.ben, self._owner = ana, ben, owner
        self.secret = f"her-{uuid4().hex[:20]}"

    async def prepare(self) -> None:
        await fill(self.ana, self._owner, self.secret)
        await fill(self.ben, self._owner, "his")
        self.hers = await owned_by(self.ana, self._owner, self.secret)
        self.his = await owned_by(self.ben, self._owner, "his")
        self._own_ids = {
            text
            for rows in self.hers.rows.values()
            for row in rows
            for text in (row["id"], row["nodeId"])
        }

    def told(self, body: object) -> list[str]:
        """Give what is hers in an answer."""
        text = json.dumps(body)
        return [one for one in (*self._own_ids, self.secret) if one in text]

    async def image(self) -> dict[str, list[str]]:
        """Give every row of hers, as the owner of the tables sees them."""
        tables = await self._owner.fetch(
            """
            select format('%I.%I', n.nspname, c.relname) as name,
                   case when c.relname = 'users' then 'id' else 'user_id' end as column
            from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where n.nspname in ('public', 'private') and c.relkind = 'r' and exists (
              select from pg_attribute a where a.attrelid = c.oid
              and a.attname = case when c.relname = 'users' then 'id' else 'user_id' end)
            """
        )
        return {
            name: [
                row["image"]
                for row in await self._owner.fetch(
                    f"select to_jsonb(t)::text as image from {name} as t where {column} = $1 order by 1",
                    self.ana.viewer.user_id,
                )
            ]
            for name, column in tables
        }


@pytest.fixture
async def two(ana: Caller, ben: Caller, owner: asyncpg.Connection) -> Two:
    two = Two(ana, ben, owner)
    await two.prepare()
    return two


def test_the_lists_and_kinds_that_are_tried_are_read_off_the_schema() -> None:
    assert {"conversations", "messages", "Conversation.messages", "User.sessions"} <= LISTS.keys()
    assert set(KINDS) >= {*LISTS.values(), "User"}


async def test_no_query_gives_ben_anything_of_anas(two: Two) -> None:
    image = await two.image()
    for table in ("public.users", "public.conversations", "public.messages"):
        assert image[table], "there must be rows to hide"
    probes = list(query_probes(SCHEMA, two.hers, two.his))

    for probe in probes:
        answer = await two.ben(probe.query, **probe.variables)

        assert two.told(answer.body) == [], f"{probe.field}({probe.about})"
        assert answer.errors == [], f"{probe.field}({probe.about}): {answer.errors}"
        if probe.about in ("id", "nodeId"):
            assert answer.data == {probe.field: None}

    counted = Counter(f"{probe.field}({probe.about})" for probe in probes)
    assert SCHEMA.query_type is not None
    for name, field in SCHEMA.query_type.fields.items():
        for argument in field.args.keys() - {"first", "last", "orderBy", "where"}:
            assert counted[f"{name}({argument})"] > 0, f"no probe of {name}({argument})"
    assert await two.image() == image


async def test_the_same_questions_of_ana_herself_are_answered(two: Two) -> None:
    """Or the probes would prove nothing."""
    found = Counter[str]()
    for probe in query_probes(SCHEMA, two.hers, two.his):
        answer = await two.ana(probe.query, **probe.variables)

        if two.told(answer.data):
            found[f"{probe.field}({probe.about})"] += 1

    for name in ("conversation(id)", "message(id)", "node(nodeId)", "nodes(nodeIds)"):
        assert found[name] > 0
    assert found["conversations(after)"] + found["conversations(before)"] > 0
    assert found["messages(where.turn)"] == 2


async def test_no_mutation_of_bens_touches_or_tells_anything_of_anas(two: Two) -> None:
    image = await two.image()
    probes = list(mutation_probes(SCHEMA, two.hers, two.his))

    for probe in probes:
        answer = await two.ben(probe.query, **probe.variables)

        what = f"{probe.field}({probe.about}): {answer.body}"
        if probe.means_a_row:
            assert answer.codes == ["NOT_FOUND"], what
        elif probe.about == "id":
            assert answer.codes == ["CONFLICT"], what
        else:
            assert set(answer.codes) <= {"NOT_FOUND", "CONFLICT"}, what
        # He wrote her words himself where they are keys; ids and rows of hers he cannot have.
        assert [one for one in two.told(answer.body) if one != two.secret] == [], what
        assert await two.image() == image, what

    counted = Counter(probe.field for probe in probes)
    assert MUTATION is not None
    for name in MUTATION.fields:
        assert counted[name] > 0, f"no probe of {name}"
    assert sum(probe.means_a_row for probe in probes) >= 40


@pytest.fixture
async def engine(settings: Settings) -> AsyncIterator[Engine]:
    # The probes ask for everything at once, which is more than a client may.
    wide = settings.model_copy(update={"max_cost": 10_000_000, "max_fields": 5_000})
    async with engine_on(wide) as engine:
        yield engine


async def told_to(engine: Engine, caller: Caller, probe: Probe) -> list[Any]:
    """Give what a subscriber is told before she has to wait; the refusal when there is one."""
    stream = await engine.start(caller.viewer, probe.query, probe.variables)
    if not isinstance(stream, EventStream):
        return [json.loads(stream.body)]
    bodies: list[Any] = []
    async with aclosing(stream):
        async for event in stream:
            bodies.append(json.loads(event.body))
            if "CaughtUp" in str(bodies[-1]):
                break
    return bodies


async def test_no_subscription_tells_ben_anything_of_anas(two: Two, engine: Engine) -> None:
    image = await two.image()
    assert image["public.live_events"], "there must be events to hide"
    probes = list(subscription_probes(SCHEMA, two.hers))

    for probe in probes:
        bodies = await told_to(engine, two.ben, probe)

        what = f"{probe.field}({probe.about}): {bodies}"
        assert two.told(bodies) == [], what
        codes = [one["extensions"]["code"] for body in bodies for one in body.get("errors", ())]
        assert codes in ([["NOT_FOUND"], ["BAD_INPUT"]] if probe.means_a_row else [[]]), what

    counted = Counter(f"{probe.field}({probe.about})" for probe in probes)
    assert SUBSCRIPTION is not None
    for name, field in SUBSCRIPTION.fields.items():
        for argument in field.args:
            assert counted[f"{name}({argument})"] > 0, f"no probe of {name}({argument})"
    assert await two.image() == image


async def test_the_same_subscriptions_tell_ana(two: Two, engine: Engine) -> None:
    """Or the probes would prove nothing."""
    found = Counter[str]()
    for probe in subscription_probes(SCHEMA, two.hers):
        if two.told(await told_to(engine, two.ana, probe)):
            found[probe.field] += 1

    assert SUBSCRIPTION is not None
    assert found.keys() == SUBSCRIPTION.fields.keys()


async def test_the_same_changes_are_anas_to_make(two: Two) -> None:
    """Or NOT_FOUND would prove nothing: with her token the same inputs find their rows."""
    found = Counter[str]()
    probes = [one for one in mutation_probes(SCHEMA, two.hers, two.his) if one.means_a_row]
    # What takes something away comes last, and her own sign-in is the very last.
    probes.sort(key=lambda one: (one.field == "endSession", one.field.startswith("delete")))

    for probe in probes:
        answer = await two.ana(probe.query, **probe.variables)

        found[probe.field] += answer.status == 200 and "NOT_FOUND" not in answer.codes

    assert {name for name, times in found.items() if times > 0} == {one.field for one in probes}


async def test_without_a_token_nothing_of_anas_is_told(two: Two, anonymous: Caller) -> None:
    image = await two.image()
    probes: list[Probe] = [
        *query_probes(SCHEMA, two.hers, two.his),
        *mutation_probes(SCHEMA, two.hers, two.his),
    ]

    for probe in probes:
        answer = await anonymous(probe.query, **probe.variables)

        assert (answer.status, answer.codes) == (401, ["UNAUTHENTICATED"]), probe
        assert "data" not in answer.body

    assert await two.image() == image
