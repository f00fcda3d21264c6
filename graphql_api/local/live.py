"""The API of `cairn dev`: set up the database, serve, keep the servers alive, and greet."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import time
from contextlib import aclosing
from dataclasses import asdict
from datetime import timedelta

from rich.console import Console

from graphql_api import migrations
from graphql_api.app import Development, Services, create_app
from graphql_api.companion.model import OpenAICompanion
from graphql_api.companion.protocol import Companion
from graphql_api.companion.scripted import ScriptedCompanion
from graphql_api.http import ChatPage, Tab
from graphql_api.local.people import PEOPLE, sign_token
from graphql_api.local.process import Problem
from graphql_api.local.settings import local_settings
from graphql_api.local.stack import Stack
from graphql_api.logs import configure_logs
from graphql_api.server import serve
from graphql_api.settings import Settings
from graphql_api.worker import work

WATCH_SECONDS = 0.5

FIRST_QUERY = """# You are signed in as Ana; Ctrl-Enter runs this.
# Ben's rows lie in the same tables.
query Conversations {
  viewer {
    fullName
  }
  conversations(first: 5) {
    nodes {
      id
      title
      messages(last: 3) {
        nodes {
          role
          content
        }
      }
    }
  }
}
"""

FIRST_MUTATION = """# Begin a conversation, then send its first message with the id that comes back.
mutation Start {
  startConversation(input: { title: "A quiet evening" }) {
    id
    title
  }
}
"""

CURL_QUERY = "{ conversations { nodes { title } } }"


async def live(stack: Stack, listener: socket.socket, console: Console, began: float) -> None:
    """Set the database up, serve, and keep the servers alive, until asked to stop.

    Args:
        stack: started.
        listener: where the API is to answer.
        console: for people.
        began: when the command did, by the monotonic clock.
    """
    stack.folder.tell(urls=asdict(stack.urls()))
    with console.status("Applying migrations …"):
        applied = await stack.set_up()
        await migrations.seed_all(stack.urls().owner)
    for name in applied:
        console.print(f"Applied {name}", style="dim")
    port = listener.getsockname()[1]
    settings = local_settings(stack.urls(), stack.folder.secret("jwt"), port=port)
    configure_logs(settings)
    tokens = {name: sign_token(stack.folder.secret("jwt"), who) for name, who in PEOPLE.items()}
    companion = _companion(settings)
    chat = _chat_page(stack.folder.secret("jwt"), companion)
    app = create_app(settings, Development(tabs=_tabs(tokens["ana"]), chat=chat))

    async def beside() -> None:
        url = f"http://127.0.0.1:{port}"
        stack.folder.tell(url=url, urls=asdict(stack.urls()))
        _greet(console, url, tokens, companion, seconds=time.monotonic() - began)
        services: Services = app.state.services
        try:
            async with aclosing(companion), asyncio.TaskGroup() as tasks:
                tasks.create_task(work(services.database, companion, services.hints, settings))
                tasks.create_task(_watch(stack, console))
        except* Problem as group:  # a server that has ended does not start again
            raise group.exceptions[0] from None

    await serve(app, settings, listener, beside=beside)


async def _watch(stack: Stack, console: Console) -> None:
    """Start a server again that ended by itself, or was killed."""
    while True:
        await asyncio.sleep(WATCH_SECONDS)
        # Here and not in a thread: the servers are to end with the thread that starts them.
        for name in stack.revive():
            console.print(f"{name} had ended and was started again.", style="yellow")


def _companion(settings: Settings) -> Companion:
    """Give the model that the environment names, or the script that says that it is none."""
    return OpenAICompanion(settings) if settings.has_model else ScriptedCompanion()


def _chat_page(secret: str, companion: Companion) -> ChatPage:
    def sign(name: str, lifetime: timedelta) -> str:
        return sign_token(secret, PEOPLE[name], lifetime=lifetime)

    is_scripted = isinstance(companion, ScriptedCompanion)
    who = "a program with prepared sentences" if is_scripted else f"the model {companion.name}"
    return ChatPage(PEOPLE, sign, companion=who)


def _tabs(token: str) -> list[Tab]:
    headers = json.dumps({"Authorization": f"Bearer {token}"}, indent=2)
    return [Tab(query, headers=headers) for query in (FIRST_QUERY, FIRST_MUTATION)]


def _greet(
    console: Console, url: str, tokens: dict[str, str], companion: Companion, *, seconds: float
) -> None:
    """Print what a newcomer needs; whole lines, so that they can be copied."""
    console.print()
    console.print(f"[bold]Cairn is running[/bold] (started in {seconds:.1f} s). Ctrl-C stops it.")
    _say_where_not(console)
    _say_who_answers(console, companion)
    console.print(f"\n  A chat, on one device or two [link={url}]{url}[/link]")
    console.print(f"  GraphiQL, signed in as Ana   [link={url}/graphql]{url}/graphql[/link]")
    for name, token in tokens.items():
        console.print(f"\n  {name.capitalize()}'s token, good for 12 hours")
        console.print(token, soft_wrap=True, highlight=False, style="dim")
    console.print("\n  Ana's conversations")
    body = json.dumps({"query": CURL_QUERY})
    console.print(
        f"curl -s {url}/graphql -H 'Content-Type: application/json' "
        f"-H 'Authorization: Bearer {tokens['ana']}' -d '{body}'",
        soft_wrap=True,
        highlight=False,
        markup=False,
    )
    console.print()


def _say_who_answers(console: Console, companion: Companion) -> None:
    if isinstance(companion, ScriptedCompanion):
        console.print(
            "The companion is a script that gives back what is said; it is no language model. For "
            "a model's answers set CHAT_MODEL, and OPENAI_API_KEY or OPENAI_BASE_URL."
        )
    else:
        console.print(f"The companion is the model {companion.name}.", markup=False)


def _say_where_not(console: Console) -> None:
    pointing = [
        name
        for name in ("SUPABASE_URL", "SUPABASE_DATABASE_URL", "SUPABASE_DB_HOST")
        if os.environ.get(name)
    ]
    if pointing:
        console.print(
            f"{' and '.join(pointing)} set in your environment: not used here. This is a database "
            "on this machine; `cairn serve` would use yours.",
            style="yellow",
        )
