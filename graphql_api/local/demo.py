"""`cairn demo`: two written conversations over the real API, and who can see what of them.

What Ana and Ben say goes over HTTP with their own tokens. The companion's lines are written, and
stored by the server's role as a worker would store a model's: a user's token may not say them.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx2
import structlog
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from graphql_api import migrations
from graphql_api.app import create_app
from graphql_api.auth import Viewer
from graphql_api.domains.chat import store_reply
from graphql_api.local.folder import Folder
from graphql_api.local.people import PEOPLE, sign_token
from graphql_api.local.process import Problem
from graphql_api.local.script import ANAS, ANAS_TITLE, BENS, BENS_TITLE, Exchange
from graphql_api.local.settings import listen_here, local_settings
from graphql_api.local.stack import Stack, Urls
from graphql_api.server import run_loop, serve
from graphql_api.session import Database

SECONDS_TO_READ = 1.2

START = """
mutation Start($title: String!) {
  startConversation(input: { title: $title }) { id }
}
"""
DELETE = "mutation($id: UUID!) { deleteConversation(input: {id: $id}) { deletedId } }"
SEND = """
mutation Send($conversationId: UUID!, $content: String!) {
  sendMessage(input: { conversationId: $conversationId, content: $content }) {
    message { turn }
  }
}
"""
LOOK = """
query Look($mine: UUID!, $other: UUID!) {
  mine: conversation(id: $mine) { messages { totalCount } }
  other: conversation(id: $other) { id }
  conversations(first: 100) { nodes { id } }
}
"""


@dataclass(slots=True)
class Side:
    """One of the two people, at her device.

    Attributes:
        name: `Ana` or `Ben`.
        client: speaks HTTP with her token.
        viewer: whom the server knows her as.
        title: of the conversation.
        exchanges: what is said in it.
        conversation_id: known once it has begun.
    """

    name: str
    client: httpx2.AsyncClient
    viewer: Viewer
    title: str
    exchanges: Sequence[Exchange]
    conversation_id: UUID | None = None

    async def ask(self, query: str, **variables: object) -> dict[str, Any]:
        """Call the API; give the whole response."""
        response = await self.client.post(
            "/graphql",
            json={"query": query, "variables": {k: str(v) for k, v in variables.items()}},
        )
        body: dict[str, Any] = response.json()
        return body

    async def get(self, query: str, **variables: object) -> Any:
        """Call the API; give the data.

        Raises:
            Problem: it answered with an error.
        """
        body = await self.ask(query, **variables)
        if "errors" in body:
            raise Problem(f"The API refused {self.name}: {body['errors'][0]['message']}")
        return body["data"]


def run(data_dir: Path, console: Console, *, pauses: bool) -> None:
    """Play on the running `cairn dev`, or else on a stack started for the demo alone.

    Raises:
        Problem: something that a person can put right, or somebody saw what is not hers.
    """
    folder = Folder(data_dir)
    facts = folder.running()
    wait = SECONDS_TO_READ if pauses and console.is_terminal else 0.0
    if facts is not None:
        if "url" not in facts:
            raise Problem("`cairn dev` is just starting here; try again in a moment.")
        secret = folder.secret("jwt")
        run_loop(_play(console, facts["url"], Urls(**facts["urls"]), secret, wait))
        return
    with folder:
        stack = Stack(folder, redis_url=os.environ.get("REDIS_URL"))
        try:
            with console.status("Starting Postgres and Valkey …"):
                stack.start()
            run_loop(_play_alone(console, stack, wait))
        finally:
            stack.stop()


async def _play_alone(console: Console, stack: Stack, wait: float) -> None:
    """Serve the API for as long as the demo lasts, with only its warnings on the screen."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    await stack.set_up()
    urls, secret = stack.urls(), stack.folder.secret("jwt")
    await migrations.seed(urls.owner, migrations.SEED)
    listener = listen_here(0)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    settings = local_settings(urls, secret)
    await serve(
        create_app(settings),
        settings,
        listener,
        beside=lambda: _play(console, url, urls, secret, wait),
    )


async def _play(console: Console, url: str, urls: Urls, secret: str, wait: float) -> None:
    database = await Database.connect(local_settings(urls, secret))
    owner = await asyncpg.connect(urls.owner)
    try:
        async with _client(url, secret, "ana") as anas, _client(url, secret, "ben") as bens:
            ana = Side("Ana", anas, _viewer("ana"), ANAS_TITLE, ANAS)
            ben = Side("Ben", bens, _viewer("ben"), BENS_TITLE, BENS)
            try:
                await _talk(console, database, ana, ben, wait)
                await _compare(console, owner, ana, ben)
            finally:
                # The demo leaves Ana's and Ben's own conversations as it found them.
                for side in (ana, ben):
                    if side.conversation_id is not None:
                        await side.get(DELETE, id=side.conversation_id)
    finally:
        await owner.close()
        await database.close()


async def _talk(console: Console, database: Database, ana: Side, ben: Side, wait: float) -> None:
    for side in (ana, ben):
        begun = await side.get(START, title=side.title)
        side.conversation_id = UUID(begun["startConversation"]["id"])
    console.print()
    console.print(_beside(Text(ana.title, style="bold"), Text(ben.title, style="bold")))
    console.print("[dim]The companion's lines are written for this demo; no model is asked.[/dim]")
    for exchanges in zip_longest(ana.exchanges, ben.exchanges):
        cells = []
        for side, exchange in zip((ana, ben), exchanges, strict=True):
            cells.append(Text("") if exchange is None else await _say(database, side, exchange))
        console.print(Padding(_beside(*cells), (1, 0, 0, 0)))
        await asyncio.sleep(wait)


async def _say(database: Database, side: Side, exchange: Exchange) -> Text:
    """Send what the person says, store the answer, and give both for the screen."""
    if side.conversation_id is None:
        raise Problem(f"{side.name}'s conversation has not begun.")
    await side.get(SEND, conversationId=side.conversation_id, content=exchange.person)
    await store_reply(database, side.viewer, side.conversation_id, exchange.companion)
    return Text.assemble(
        (f"{side.name}  ", "bold cyan"),
        exchange.person,
        "\n",
        ("companion  ", "bold green"),
        (exchange.companion, "dim"),
    )


@dataclass(frozen=True, slots=True)
class Sight:
    """What one person gets when she looks at her own and at the other's conversation."""

    own_messages: int
    other: object
    lists_other: bool
    code_of_sending: str


async def _look(side: Side, other: Side) -> Sight:
    data = await side.get(LOOK, mine=side.conversation_id, other=other.conversation_id)
    listed = {node["id"] for node in data["conversations"]["nodes"]}
    sent = await side.ask(SEND, conversationId=other.conversation_id, content="Can I come in?")
    errors = sent.get("errors") or [{"extensions": {"code": "nothing: it was sent"}}]
    return Sight(
        own_messages=data["mine"]["messages"]["totalCount"],
        other=data["other"],
        lists_other=str(other.conversation_id) in listed,
        code_of_sending=errors[0]["extensions"]["code"],
    )


async def _compare(console: Console, owner: asyncpg.Connection, ana: Side, ben: Side) -> None:
    """Show side by side what each sees, and what is there.

    Raises:
        Problem: somebody saw, or could do, what is not hers.
    """
    seen = {ana.name: await _look(ana, ben), ben.name: await _look(ben, ana)}
    there = {side.name: await _count(owner, side) for side in (ana, ben)}
    table = Table(title="\nThe same tables, seen by each", title_justify="left")
    table.add_column("")
    for name in seen:
        table.add_column(f"as {name}", justify="center")

    def row(label: str, *cells: object) -> None:
        table.add_row(label, *(str(cell) for cell in cells))

    row("messages in the own conversation", *(sight.own_messages for sight in seen.values()))
    row(
        "the other's conversation, by its id",
        *("null" if sight.other is None else "SEEN" for sight in seen.values()),
    )
    row(
        "the other's among `conversations`",
        *("SEEN" if sight.lists_other else "no" for sight in seen.values()),
    )
    row("a message sent into the other's", *(sight.code_of_sending for sight in seen.values()))
    row("rows that are really there, as the owner", *there.values())
    console.print(table)
    apart = all(
        sight.other is None
        and not sight.lists_other
        and sight.code_of_sending == "NOT_FOUND"
        and sight.own_messages == there[name] == 2 * len(side.exchanges)
        for (name, sight), side in zip(seen.items(), (ana, ben), strict=True)
    )
    if not apart:
        raise Problem("This is not as it must be: see the table.")
    console.print("Postgres itself keeps them apart: the queries hold no `where user_id = …`.\n")


async def _count(owner: asyncpg.Connection, side: Side) -> int:
    return int(
        await owner.fetchval(
            "select count(*) from public.messages where conversation_id = $1",
            side.conversation_id,
        )
    )


def _client(url: str, secret: str, name: str) -> httpx2.AsyncClient:
    token = sign_token(secret, PEOPLE[name])
    return httpx2.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {token}"})


def _viewer(name: str) -> Viewer:
    return Viewer(user_id=PEOPLE[name], role="authenticated")


def _beside(left: Text, right: Text) -> Table:
    grid = Table.grid(expand=True, padding=(0, 2))
    grid.add_column(ratio=1)
    grid.add_column(ratio=1)
    grid.add_row(left, right)
    return grid
