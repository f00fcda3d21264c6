"""Faults of the model's endpoint and of Postgres, and what becomes of a reply under way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import pytest
from pydantic import SecretStr

from graphql_api.companion.model import OpenAICompanion
from graphql_api.jobs import replies
from graphql_api.session import Database
from graphql_api.settings import Settings
from tests.fixtures.graphql import Serve, caller_for, settings_for
from tests.fixtures.model_server import KEY, MODEL, Fault, ModelServer
from tests.fixtures.people import insert_auth_user, viewer_of
from tests.fixtures.servers import FreshCluster
from tests.jobs.talk import CANCEL, USAGE, Desk, Played, Talk, eventually, working


@pytest.fixture
async def model(settings: Settings, model_server: ModelServer) -> AsyncIterator[OpenAICompanion]:
    """A companion that asks the pretended endpoint, and gives up soon."""
    companion = OpenAICompanion(
        settings.model_copy(
            update={
                "openai_base_url": model_server.url,
                "openai_api_key": SecretStr(KEY),
                "chat_model": MODEL,
                "model_retries": 0,
                "model_timeout": timedelta(seconds=0.5),
            }
        )
    )
    yield companion
    await companion.aclose()


BEFORE = [
    Fault("drop"),
    Fault("slow", seconds=30),
    Fault("status", status=500),
    Fault("status", status=503, retry_after="1"),
    Fault("status", status=429, retry_after="1"),
    Fault("malformed"),
    Fault("raw", raw="<html>no JSON</html>"),
    Fault("empty"),
]


@pytest.mark.parametrize("fault", BEFORE, ids=lambda fault: f"{fault.kind}-{fault.status}")
async def test_what_goes_wrong_before_the_first_word_is_tried_again(
    talk: Talk,
    database: Database,
    model: OpenAICompanion,
    model_server: ModelServer,
    fault: Fault,
) -> None:
    model_server.fail_next(fault)
    reply = await talk.say()
    desk = Desk.of(database, model)
    await desk.answer()
    between = await talk.row(reply)
    await talk.owner.execute("update private.jobs set run_at = now()")

    await desk.answer()

    row = await talk.row(reply)
    assert (between["state"], between["draft"]) == ("queued", None)
    assert (row["state"], row["attempt"]) == ("complete", 1)
    assert row["content"].startswith("Thank you for telling me.")


AFTER = [
    Fault("cut", after=8),
    Fault("unfinished", after=8),
    Fault("malformed", after=8),
    Fault("error", after=8),
    Fault("slow_pieces", after=8, seconds=30),
]


@pytest.mark.parametrize("fault", AFTER, ids=lambda fault: fault.kind)
async def test_a_reply_that_breaks_off_begins_anew(
    talk: Talk,
    database: Database,
    model: OpenAICompanion,
    model_server: ModelServer,
    fault: Fault,
) -> None:
    model_server.fail_next(fault)
    reply = await talk.say()
    desk = Desk.of(database, model)
    await desk.answer()
    between = await talk.row(reply)
    await talk.owner.execute("update private.jobs set run_at = now()")

    await desk.answer()

    row = await talk.row(reply)
    assert (between["state"], between["draft"][:25]) == ("streaming", "Thank you for telling me.")
    assert (row["state"], row["attempt"], row["content"].count("Thank you")) == ("complete", 2, 1)


async def test_a_model_that_is_down_fails_the_reply_in_the_end_and_she_may_ask_again(
    talk: Talk, database: Database, model: OpenAICompanion, model_server: ModelServer
) -> None:
    model_server.stop()
    reply = await talk.say()
    desk = Desk.of(database, model)

    for _ in range(3):
        await talk.owner.execute("update private.jobs set run_at = now()")
        await desk.answer()

    row = await talk.row(reply)
    assert (row["state"], row["failure"]) == ("failed", "unavailable")


async def test_cancelling_ends_the_request_to_the_model(
    talk: Talk,
    database: Database,
    model: OpenAICompanion,
    model_server: ModelServer,
    quick: Settings,
) -> None:
    model_server.fail_next(Fault("endless"))
    model_server.pause_seconds = 0.01
    reply = await talk.say()

    async with working(database, model, quick):
        await talk.until(reply, "streaming")
        await talk.caller(CANCEL, id=reply)
        await model_server.asked[0].wait_for_end()

        async def is_paid() -> bool:
            return await talk.spent() > 0

        await eventually(is_paid)

    assert model_server.asked[0].has_left
    assert (await talk.row(reply))["state"] == "cancelled"


async def test_a_reply_goes_on_when_postgres_comes_back(
    fresh_cluster: FreshCluster, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed and started again in the middle of a sentence: the same attempt ends."""
    settings = settings_for(fresh_cluster.urls)
    owner = await fresh_cluster.connect()
    ana = viewer_of(uuid4())
    assert ana.user_id is not None
    await insert_auth_user(owner, ana.user_id, "Ana")
    is_waiting = asyncio.Event()
    monkeypatch.setattr(replies.log, "warning", lambda *_, **__: is_waiting.set())

    async def kill() -> None:
        fresh_cluster.kill()

    model = Played(["One. And", kill, " two. And", " three.", USAGE])
    database = await Database.connect(settings)
    async with serve(settings) as client:
        talk = await Talk.begin(caller_for(client, ana), owner)
        reply = await talk.say()
        async with working(database, model, settings):
            await is_waiting.wait()
            fresh_cluster.start()
            after = await fresh_cluster.connect()
            row = await Talk(talk.caller, after, talk.id).until(reply, "complete", seconds=30)
            await after.close()
    await database.close()
    await owner.close()

    assert (row["content"], row["attempt"], len(model.asked)) == ("One. And two. And three.", 1, 1)
