"""What every judge stands on: one local stack, one `cairn serve`, and people who may call it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import asyncpg
import httpx2

from graphql_api import migrations
from graphql_api.local.folder import Folder
from graphql_api.local.people import PEOPLE, sign_token
from graphql_api.local.process import Account, Child, free_port
from graphql_api.local.stack import Stack, Urls, supply_platform

PROJECT = Path(__file__).resolve().parents[2]
SUPABASE = PROJECT / "supabase"
SCHEMA = PROJECT / "schema.graphql"
START_SECONDS = 30.0

# Variables that would point a server, or a tool, at somebody's real project.
_FOREIGN = (
    "SUPABASE_",
    "CAIRN_",
    "REDIS_",
    "PG",
    "DATABASE_",
    "NODE_OPTIONS",
    "CHAT_MODEL",
    "OPENAI_",
)

# A model that is named, where nobody listens.
NO_MODEL = {"CHAT_MODEL": "none", "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}


class NotStarted(Exception):
    """The API does not answer; the text is the end of its log."""


@dataclass(frozen=True)
class Ground:
    """The running servers.

    Attributes:
        stack: Postgres and Valkey.
        urls: of the database that the API serves: migrated by our runner, and seeded.
        endpoint: where GraphQL answers.
        folder: for files of this run; removed at its end.
    """

    stack: Stack
    urls: Urls
    endpoint: str
    folder: Path

    def token(self, name: str, *, lifetime: timedelta = timedelta(hours=1)) -> str:
        """Sign a token for Ana or Ben; a negative lifetime gives one that has expired."""
        return sign_token(self.stack.folder.secret("jwt"), PEOPLE[name], lifetime=lifetime)

    def room(self, name: str) -> Path:
        """Make an empty folder for one judge."""
        room = self.folder / name
        room.mkdir()
        return room

    async def new_database(self, name: str) -> Urls:
        """Make another database with Supabase's own schemas, and none of our migrations."""
        admin = await asyncpg.connect(self.urls.superuser)
        try:
            await admin.execute(f"create database {name}")
        finally:
            await admin.close()
        urls = self.stack.urls(name)
        await supply_platform(urls.superuser, owner_password=self.stack.folder.secret("owner"))
        return urls


def environment(**variables: str) -> dict[str, str]:
    """Give this shell's variables, without those that point elsewhere, and with these."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    return {**ours, **variables}


@asynccontextmanager
async def prepared() -> AsyncIterator[Ground]:
    """Start everything, and stop and remove it afterwards.

    Raises:
        Problem: a server does not start.
        NotStarted: the API does not answer in time.
    """
    with contextlib.ExitStack() as undo:
        home = _new_folder()
        undo.callback(shutil.rmtree, home, ignore_errors=True)
        folder = undo.enter_context(Folder(home / "stack"))
        stack = Stack(folder, durable=False)
        undo.callback(stack.stop)
        stack.start()
        await stack.set_up()
        urls = stack.urls()
        await migrations.seed_all(urls.owner)
        api = Child("Cairn", folder=folder.path, account=Account(), stop=signal.SIGTERM)
        undo.callback(api.stop)
        url = await serve(api, stack, urls)
        yield Ground(stack, urls, f"{url}/graphql", home)


def _new_folder() -> Path:
    """Make the folder of this run; another Postgres runs from a copy in it, maybe as `nobody`."""
    folder = Path(tempfile.mkdtemp(prefix="cairn-judges-"))
    folder.chmod(0o711)
    return folder


async def serve(
    api: Child,
    stack: Stack,
    urls: Urls,
    *,
    program: tuple[str, ...] = ("graphql_api", "serve"),
    port: int | None = None,
    **variables: str,
) -> str:
    """Start `cairn serve` as `api`, with these variables on top; give its URL when it is ready.

    Another `program` is a module that serves as well, and what follows its name; `port` is any
    free one unless it is given.

    Raises:
        NotStarted: it does not answer in time.
    """
    port = free_port() if port is None else port
    api.start(
        [sys.executable, "-m", *program, "--port", str(port)],
        cwd=PROJECT,
        environment=environment(
            SUPABASE_DATABASE_URL=urls.api,
            SUPABASE_JWT_SECRET=stack.folder.secret("jwt"),
            REDIS_URL=urls.redis,
            CAIRN_CORS_ORIGINS="https://app.example",
            CAIRN_ENVIRONMENT="development",
            # Only a worker would ask it.
            **{**NO_MODEL, **variables},
        ),
    )
    url = f"http://127.0.0.1:{port}"
    transport = httpx2.AsyncHTTPTransport(retries=0)
    async with httpx2.AsyncClient(transport=transport, timeout=2) as client:
        for _ in range(int(START_SECONDS / 0.1)):
            if api.wait(0.1) is not None:
                break
            with contextlib.suppress(httpx2.TransportError):
                if (await client.get(f"{url}/health/ready")).status_code == 200:
                    return url
    raise NotStarted(f"The API did not start:\n{api.log_tail()}")
