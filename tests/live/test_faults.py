"""Feeds while what they rest on breaks: each goes on where it was."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import asyncpg
import pytest

from graphql_api.auth import Viewer
from graphql_api.live import hub
from graphql_api.local.stack import Urls
from graphql_api.settings import Settings
from tests.fixtures.graphql import settings_for
from tests.fixtures.people import NewUser, insert_auth_user, viewer_of
from tests.fixtures.servers import FreshCluster
from tests.live.listening import ALL_HERS, EVENTS, STREAM, Engine, engine_on
from tests.live.rows import Rows

WRITERS = 4
SUBSCRIBERS = 20
RECONNECTS = 15


async def test_a_stream_goes_on_when_postgres_is_back(
    fresh_cluster: FreshCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "POLL_SECONDS", 0.1)
    ana = await _sign_up(fresh_cluster)
    connection = await fresh_cluster.connect()
    rows = Rows(connection)
    conversation = await rows.conversation(ana.user_id, "before")
    reply = await rows.reply(ana.user_id, conversation)
    await rows.begin(reply)
    await rows.draft(reply, "Half ")
    async with engine_on(settings_for(fresh_cluster.urls)) as engine:
        listener = await engine.listen(ana, EVENTS, id=conversation)
        streaming = await engine.listen(ana, STREAM, id=reply)
        await listener.until("CaughtUp")
        await streaming.until("CaughtUp")

        fresh_cluster.kill()
        engine.tell(ana)
        assert await listener.is_silent()
        assert await streaming.is_silent()
        fresh_cluster.start()
        connection = await fresh_cluster.connect()
        rows = Rows(connection)
        await rows.rename(conversation, "after")
        await rows.draft(reply, "Half a sentence.")

        told = await listener.next()
        assert (told["seq"], told["conversation"]["title"]) == (5, "after")
        assert await streaming.next() == {
            "__typename": "MessageText",
            "cursor": "1:16",
            "offset": 5,
            "text": "a sentence.",
        }
        await connection.close()


async def test_no_reconnect_loses_or_doubles_anything(
    engine: Engine, new_user: NewUser, database_urls: Urls
) -> None:
    """Twenty subscribers come and go 300 times while writers hold transactions open."""
    ana = await new_user("Ana")
    setup = await asyncpg.connect(database_urls.owner)
    conversation = await Rows(setup).conversation(ana.user_id)
    await setup.close()
    is_over = asyncio.Event()

    async def write(number: int) -> int:
        connection = await asyncpg.connect(database_urls.owner)
        rows, written = Rows(connection), 0
        while not is_over.is_set():
            async with connection.transaction():
                await rows.message(ana.user_id, conversation, f"{number}/{written}")
                written += 1
                if written % 10 == number:
                    await asyncio.sleep(0.1)
            await asyncio.sleep(0.01)
        await connection.close()
        return written

    async def follow(number: int) -> tuple[list[dict[str, object]], str]:
        """Come and go; give what was told, and where it ended."""
        told: list[dict[str, object]] = []
        cursor = "0"
        for turn in range(RECONNECTS):
            listener = await engine.listen(ana, EVENTS, id=conversation, after=cursor)
            for _ in range(1 + (number + turn) % 7):
                event = await listener.next()
                cursor = str(event["cursor"])
                if event["__typename"] != "CaughtUp":
                    told.append(event)
            await listener.close()
        return told, cursor

    writers = [asyncio.create_task(write(number)) for number in range(WRITERS)]
    followed = await asyncio.gather(*(follow(number) for number in range(SUBSCRIBERS)))
    is_over.set()
    written = sum(await asyncio.gather(*writers))

    for told, cursor in followed:
        listener = await engine.listen(ana, EVENTS, id=conversation, after=cursor)
        rest = (await listener.until("CaughtUp"))[:-1]
        await listener.close()
        assert [event["seq"] for event in [*told, *rest]] == list(range(1, written + 2))


async def test_a_busy_pool_makes_a_stream_wait_and_not_fail(
    settings: Settings, new_user: NewUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = await new_user("Ana")
    async with engine_on(settings.model_copy(update={"pool_size": 1})) as engine:
        listener = await engine.listen(ana, ALL_HERS)
        async with engine.database.transaction(ana):
            monkeypatch.setattr(engine.database, "_acquire_seconds", 0.05)
            assert await listener.is_silent(0.7)
            monkeypatch.undo()
        assert (await listener.next())["__typename"] == "CaughtUp"


async def _sign_up(cluster: FreshCluster) -> Viewer:
    connection = await cluster.connect()
    user_id = uuid4()
    await insert_auth_user(connection, user_id, "Ana")
    await connection.close()
    return viewer_of(user_id)
