"""Whether a subscriber may still hear is asked before every read and every event."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import cached_property
from uuid import uuid4

import orjson
import pytest

from graphql_api.auth import ANONYMOUS, Viewer
from graphql_api.errors import Unauthenticated
from graphql_api.execution import GraphQLRequest
from graphql_api.settings import Settings
from tests.fixtures.people import NewUser
from tests.live.listening import ALL_HERS, EVENTS, STREAM, Engine, engine_on
from tests.live.rows import Rows


class Session:
    """A session that can end."""

    def __init__(self, viewer: Viewer) -> None:
        self.viewer = viewer
        self.has_ended = False
        self.asked = 0

    def __call__(self) -> Viewer:
        self.asked += 1
        if self.has_ended:
            raise Unauthenticated("Signed out.")
        return self.viewer


class Poisoned(Viewer):
    """Somebody whose claims make every policy fail."""

    @cached_property
    def claims(self) -> str:
        return orjson.dumps({"role": self.role, "sub": "no uuid"}).decode()


async def test_an_event_that_was_read_is_not_delivered_after_the_sign_out(
    engine: Engine, rows: Rows, new_user: NewUser
) -> None:
    ana = Session(await new_user("Ana"))
    conversation = await rows.conversation(ana.viewer.user_id)
    await rows.message(ana.viewer.user_id, conversation)
    listener = await engine.listen(ana, EVENTS, id=conversation, after="0")
    await listener.next()

    ana.has_ended = True

    with pytest.raises(Unauthenticated, match="Signed out"):
        await listener.next()
    assert len(engine.statements) == 1
    assert await listener.has_ended()


async def test_nothing_is_read_after_the_sign_out(
    engine: Engine, rows: Rows, new_user: NewUser
) -> None:
    ana = Session(await new_user("Ana"))
    listener = await engine.listen(ana, ALL_HERS)
    await listener.until("CaughtUp")
    assert await listener.is_silent(0)
    engine.statements.clear()

    ana.has_ended = True
    await rows.conversation(ana.viewer.user_id)

    with pytest.raises(Unauthenticated):
        await listener.next()
    assert engine.statements == []


async def test_a_stream_does_not_become_somebody_elses(
    engine: Engine, rows: Rows, new_user: NewUser
) -> None:
    ana, ben = await new_user("Ana"), await new_user("Ben")
    session = Session(ana)
    listener = await engine.listen(session, ALL_HERS)
    await listener.until("CaughtUp")

    session.viewer = ben
    await rows.conversation(ana.user_id)

    with pytest.raises(Unauthenticated):
        await listener.next()


async def test_a_renewed_token_goes_on_where_the_old_one_was(
    engine: Engine, rows: Rows, new_user: NewUser
) -> None:
    session = Session(await new_user("Ana"))
    listener = await engine.listen(session, ALL_HERS)
    await listener.until("CaughtUp")

    session.viewer = replace(session.viewer, aal="aal2")
    await rows.conversation(session.viewer.user_id, "Later")

    assert (await listener.next())["conversation"]["title"] == "Later"


async def test_one_poisoned_subscriber_ends_alone(
    engine: Engine, rows: Rows, new_user: NewUser
) -> None:
    ana = await new_user("Ana")
    poisoned = Poisoned(user_id=ana.user_id, role="authenticated")
    ana_hears = await engine.listen(ana, ALL_HERS)
    await ana_hears.until("CaughtUp")

    for query in (ALL_HERS, EVENTS, STREAM):
        listener = await engine.listen(
            poisoned, query, **({} if query is ALL_HERS else {"id": uuid4()})
        )
        body = await listener.body()
        assert body["data"] is None
        assert len(body["errors"]) == 1
        assert "no uuid" not in str(body)
        assert await listener.has_ended()

    await rows.conversation(ana.user_id, "Still here")
    assert (await ana_hears.next())["conversation"]["title"] == "Still here"


@pytest.mark.parametrize("query", [ALL_HERS, EVENTS, STREAM])
async def test_nobody_without_a_token_subscribes(engine: Engine, query: str) -> None:
    variables = {} if query is ALL_HERS else {"id": uuid4()}

    error = await engine.refusal(ANONYMOUS, query, **variables)

    assert error["extensions"]["code"] == "UNAUTHENTICATED"


async def test_whoever_may_not_begin_is_told_so(engine: Engine, new_user: NewUser) -> None:
    session = Session(await new_user("Ana"))
    session.has_ended = True

    answer = await engine.start(session, ALL_HERS, {})

    assert getattr(answer, "status", None) == 401


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("subscription { a: viewerEvents { __typename } b: viewerEvents { __typename } }", "one"),
        ("subscription { __typename }", "introspection"),
        ("subscription { viewerEvents @skip(if: true) { __typename } }", "top level"),
        (
            "subscription { viewerEvents { ... on ConversationChanged { conversation { secret } } } }",
            "secret",
        ),
        ("subscription { viewerEvents(after: 3) { __typename } }", "fit"),
        ("subscription { viewerEvents", "Syntax"),
        (
            "subscription { viewerEvents { ... on ConversationChanged { conversation {"
            " messages(first: 100) { nodes { reply { id } } }"
            " summaries(first: 100) { nodes { id } } } } } }",
            "smaller pages",
        ),
        (
            "subscription { viewerEvents { ... on ConversationChanged { conversation {"
            ' messages(first: 1, after: "x") { nodes { id } } } } } }',
            "cursor",
        ),
        (
            'subscription { messageStream(messageId: "a0000000-0000-4000-8000-000000000001") {'
            " ... on MessageText { a: text b: text c: text } } }",
            "names",
        ),
    ],
)
async def test_a_bad_document_is_refused_as_in_queries(
    engine: Engine, new_user: NewUser, query: str, message: str
) -> None:
    ana = await new_user("Ana")

    error = await engine.refusal(ana, query)

    assert error["extensions"]["code"] == "BAD_INPUT"
    assert message in error["message"]


async def test_a_plain_request_does_not_subscribe(engine: Engine, new_user: NewUser) -> None:
    ana = await new_user("Ana")

    answer = await engine.executor.execute(ana, GraphQLRequest(ALL_HERS, None, {}))

    assert answer.status == 400
    assert b"accept text/event-stream" in answer.body


async def test_whoever_leaves_leaves_no_alarm_behind(
    engine: Engine, rows: Rows, new_user: NewUser
) -> None:
    ana = await new_user("Ana")
    conversation = await rows.conversation(ana.user_id)
    reply = await rows.reply(ana.user_id, conversation)
    unopened = await engine.listen(ana, ALL_HERS)
    closed = await engine.listen(ana, ALL_HERS)
    cancelled = await engine.listen(ana, EVENTS, id=conversation)
    streaming = await engine.listen(ana, STREAM, id=reply)
    for listener in (closed, cancelled, streaming):
        await listener.until("CaughtUp")
    waiting = asyncio.create_task(anext(cancelled.stream))
    await asyncio.sleep(0)
    assert engine.hub.subscriptions == 3

    waiting.cancel()
    await asyncio.wait([waiting])
    for listener in (unopened, closed, streaming):
        await listener.close()

    assert engine.hub.subscriptions == 0
    assert engine.hub._seen == {}


async def test_one_person_has_so_many_subscriptions_at_most_and_nobody_else_pays(
    settings: Settings, rows: Rows, new_user: NewUser
) -> None:
    ana, ben = await new_user("Ana"), await new_user("Ben")
    async with engine_on(settings.model_copy(update={"live_subscriptions": 2})) as engine:
        first = await engine.listen(ana, ALL_HERS)
        await first.until("CaughtUp")
        await (await engine.listen(ana, ALL_HERS)).until("CaughtUp")

        refusal = await engine.refusal(ana, ALL_HERS)
        await (await engine.listen(ben, ALL_HERS)).until("CaughtUp")
        await first.close()
        await (await engine.listen(ana, ALL_HERS)).until("CaughtUp")

    assert refusal["extensions"]["code"] == "RATE_LIMITED"
