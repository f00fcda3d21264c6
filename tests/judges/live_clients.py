"""Stock clients of live chat: a server of their own, a worker, a model, tokens that expire."""

from __future__ import annotations

import asyncio
import contextlib
import re
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID, uuid4

from graphql_api.local.people import PEOPLE
from graphql_api.local.process import Account, Child, free_port
from tests.fixtures.model_server import KEY, MODEL, ModelServer
from tests.judges import node
from tests.judges.clients import passed
from tests.judges.ground import PROJECT, Ground, environment, serve
from tests.judges.judge import Judge, Objection, run

SCRIPTS = node.FOLDER / "javascript" / "live"
CHAT = PROJECT / "docs" / "chat.mjs"
README = PROJECT / "README.md"
# A reply takes about a second and a half, so that there is a middle to fall into.
PAUSE_SECONDS = 0.03


@dataclass
class Stage:
    """What the scripts play on.

    Attributes:
        ground: the stack.
        api: `cairn serve`, which the scripts may stop and start.
        port: where it listens, again and again.
    """

    ground: Ground
    api: Child
    port: int

    @property
    def endpoint(self) -> str:
        """Where GraphQL answers."""
        return f"http://127.0.0.1:{self.port}/graphql"

    async def start(self) -> None:
        """Start the server.

        Raises:
            NotStarted: it does not answer in time.
        """
        ground = self.ground
        # Tokens of two seconds live two seconds, not seven.
        await serve(self.api, ground.stack, ground.urls, port=self.port, CAIRN_JWT_LEEWAY="0")

    async def stop(self) -> None:
        """Ask the server to stop in good order, and wait until it has."""
        await asyncio.to_thread(self.api.stop)

    async def obey(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Do what a script asks in one word, and say `done`."""
        word = (await reader.readline()).decode().strip()
        with contextlib.closing(writer):
            await {"start": self.start, "stop": self.stop}[word]()
            writer.write(b"done\n")
            await writer.drain()


@asynccontextmanager
async def staged(ground: Ground, name: str) -> AsyncIterator[Stage]:
    """Start a server, a worker and a model for one judge, and stop them afterwards."""
    room = ground.room(f"live-{name}")
    with contextlib.ExitStack() as undo:
        model = undo.enter_context(ModelServer(pause_seconds=PAUSE_SECONDS))
        api = Child("Server", folder=room, account=Account(), stop=signal.SIGTERM)
        undo.callback(api.stop)
        worker = Child("Worker", folder=room, account=Account(), stop=signal.SIGTERM)
        undo.callback(worker.stop)
        stage = Stage(ground, api, free_port())
        await stage.start()
        _work(worker, ground, model)
        yield stage
        if worker.wait(0) is not None:
            raise Objection(f"The worker has ended:\n{worker.log_tail()}")


def _work(worker: Child, ground: Ground, model: ModelServer) -> None:
    worker.start(
        [sys.executable, "-m", "graphql_api", "worker"],
        cwd=PROJECT,
        environment=environment(
            SUPABASE_DATABASE_URL=ground.urls.api,
            REDIS_URL=ground.urls.redis,
            OPENAI_BASE_URL=model.url,
            OPENAI_API_KEY=KEY,
            CHAT_MODEL=MODEL,
        ),
    )


def _variables(stage: Stage, orders: asyncio.Server) -> dict[str, str]:
    """What `stage.mjs` reads. The secret is that of a stack which this run throws away."""
    ana: UUID = PEOPLE["ana"]
    return {
        "ENDPOINT": stage.endpoint,
        "SECRET": stage.ground.stack.folder.secret("jwt"),
        "ANA_ID": str(ana),
        "ANA_SESSION": str(uuid4()),
        "ORDERS_PORT": str(orders.sockets[0].getsockname()[1]),
    }


async def _asked(ground: Ground, script: str) -> str:
    async with staged(ground, script) as stage:
        orders = await asyncio.start_server(stage.obey, "127.0.0.1", 0)
        async with orders:
            good = await passed(SCRIPTS / script, _variables(stage, orders))
    return f"{good} of {good}"


async def live_graphql_ws(ground: Ground) -> str:
    """What an app built on graphql-ws relies on."""
    return await _asked(ground, "with-graphql-ws.mjs")


async def live_apollo(ground: Ground) -> str:
    """What an app built on Apollo Client relies on."""
    return await _asked(ground, "with-apollo.mjs")


async def live_urql(ground: Ground) -> str:
    """What an app built on urql relies on."""
    return await _asked(ground, "with-urql.mjs")


async def live_graphql_sse(ground: Ground) -> str:
    """What an app built on graphql-sse relies on."""
    return await _asked(ground, "with-graphql-sse.mjs")


async def first_chat(ground: Ground) -> str:
    """The program of README holds a chat, as a newcomer would run it, and says what is wrong."""
    (line,) = re.findall(r'(?m)^node chat\.mjs "(.+)"$', README.read_text())
    room = ground.room("first-chat")
    (room / "node_modules").symlink_to(node.MODULES)
    shutil.copy(CHAT, room)
    async with staged(ground, CHAT.name) as stage:
        place = {"CAIRN": stage.endpoint.replace("http", "ws", 1)}
        signed = {**place, "TOKEN": ground.token("ana")}
        ran = await run("node", CHAT.name, line, cwd=room, variables=signed)
        wrong = await run("node", CHAT.name, line, cwd=room, variables={**place, "TOKEN": "none"})
    ran.must_succeed("docs/chat.mjs does not end well")
    # The pretended model repeats the end of what she said.
    if line not in ran.out:
        raise Objection(f"docs/chat.mjs does not print the reply:\n{ran.said}")
    if wrong.code != 1 or "token" not in wrong.said or len(wrong.said.splitlines()) > 3:
        raise Objection(f"docs/chat.mjs does not say that the token is wrong:\n{wrong.said}")
    return "a reply"


JUDGES = (
    Judge("live-ws", "graphql-ws 6: live chat, tokens that expire, restarts", live_graphql_ws),
    Judge("live-apollo", "Apollo Client 4 over graphql-ws: the same", live_apollo),
    Judge("live-urql", "@urql/core 6 over graphql-ws, and over SSE: the same", live_urql),
    Judge("live-sse", "graphql-sse 2, distinct connections: the same", live_graphql_sse),
    Judge("first-chat", "docs/chat.mjs, as README says to run it", first_chat),
)
