"""The whole way, from a commit to real sockets that are torn off again and again, in one storm."""

from __future__ import annotations

import asyncio
import random
from uuid import UUID

import asyncpg
import pytest
from pydantic import SecretStr

from graphql_api import ear
from graphql_api.live import hub
from graphql_api.local.people import sign_token
from graphql_api.local.stack import Urls
from graphql_api.settings import Settings
from tests.fixtures.graphql import JWT_SECRET, Caller
from tests.fixtures.servers import FreshRedis
from tests.fixtures.sockets import LiveServer, ServeLive, SocketClient
from tests.live.listening import EVENTS
from tests.live.rows import Rows

DEVICES = 20
TEARS = 15  # of each device: 300 in all
SLOW_COMMIT_SECONDS = 2.0
LAST = "the last of all"
NUMBERS = """
select seq from public.live_events where user_id = $1 and conversation_id = $2 order by seq
"""


class Device:
    """One of her devices: it follows a conversation, and comes back behind its cursor."""

    def __init__(self, server: LiveServer, token: str, conversation: UUID, seed: int) -> None:
        self._server = server
        self._token = token
        self._conversation = conversation
        self._dice = random.Random(seed)
        self._cursor = "0"
        self.seen: list[int] = []
        self.is_torn = asyncio.Event()

    async def follow(self) -> None:
        """Listen until the last message, torn off after each few events."""
        for _ in range(TEARS):
            if await self._listen(events=self._dice.randint(1, 6)):
                return
        self.is_torn.set()
        while not await self._listen(events=10_000):
            pass

    async def _listen(self, *, events: int) -> bool:
        """Listen to so many events, then tear the connection off; tell whether it was the last."""
        async with self._server.socket(self._token) as client:
            await client.subscribe("events", EVENTS, id=str(self._conversation), after=self._cursor)
            for _ in range(events):
                if await self._take(client):
                    return True
            client.connection.transport.abort()
        return False

    async def _take(self, client: SocketClient) -> bool:
        told = (await client.next("events"))["data"]["conversationEvents"]
        self._cursor = told["cursor"]
        if told["__typename"] == "CaughtUp":
            return False
        assert told["__typename"] in ("MessageChanged", "ConversationChanged"), told
        self.seen.append(told["seq"])
        return bool(told.get("message", {}).get("content") == LAST)


async def test_three_hundred_torn_sockets_and_a_lost_redis_lose_double_and_mix_nothing(
    serve_live: ServeLive,
    settings: Settings,
    ana: Caller,
    database_urls: Urls,
    fresh_redis: FreshRedis,
    owner: asyncpg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hub, "POLL_SECONDS", 0.2)
    monkeypatch.setattr(ear, "RETRY_SECONDS", 0.1)
    assert ana.viewer.user_id is not None
    user_id = ana.viewer.user_id
    conversation = await Rows(owner).conversation(user_id)
    others = [await Rows(owner).conversation(user_id) for _ in range(2)]
    stormy = settings.model_copy(update={"redis_url": SecretStr(fresh_redis.url)})
    is_over = asyncio.Event()

    async def write(into: UUID, *, pause: float = 0.02, hold: float = 0.0) -> int:
        """Write one message after the other; `hold` keeps each transaction open before its end."""
        connection = await asyncpg.connect(database_urls.owner)
        rows, written = Rows(connection), 0
        while not is_over.is_set():
            async with connection.transaction():
                await rows.message(user_id, into)
                await asyncio.sleep(hold)
            written += 1
            await asyncio.sleep(pause)
        await connection.close()
        return written

    async with serve_live(stormy) as server:
        token = sign_token(JWT_SECRET, user_id)
        devices = [Device(server, token, conversation, seed) for seed in range(DEVICES)]
        following = [asyncio.create_task(device.follow()) for device in devices]
        writing = [
            *(asyncio.create_task(write(conversation)) for _ in range(3)),
            # Numbers between the others', given to transactions that began long before them.
            *(asyncio.create_task(write(one, hold=SLOW_COMMIT_SECONDS)) for one in others),
        ]
        await asyncio.sleep(1)
        fresh_redis.kill()
        await asyncio.sleep(1)
        fresh_redis.start()
        for device in devices:
            await device.is_torn.wait()
        is_over.set()
        written = sum((await asyncio.gather(*writing))[:3])
        await Rows(owner).message(user_id, conversation, LAST)
        await asyncio.gather(*following)

    numbers = [row["seq"] for row in await owner.fetch(NUMBERS, user_id, conversation)]
    assert len(numbers) == written + 2  # with the conversation's own, and the last
    for device in devices:
        assert device.seen == numbers
