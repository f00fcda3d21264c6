"""The chat page as `cairn dev` serves it, with a companion whose pace and faults are known.

    python -m tests.judges.chat_server --port 8000

It says ten numbered sentences. Of her last words, "slowly" makes it take three seconds, "very
slowly" eight, and "break" makes it fail after two sentences, but only at the first attempt.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncGenerator, Sequence
from datetime import timedelta

from graphql_api.app import Development, Services, create_app
from graphql_api.companion.extractive import extractive_summary
from graphql_api.companion.protocol import ModelFailure, Summary, Turn, Usage
from graphql_api.http import ChatPage
from graphql_api.local.people import PEOPLE, sign_token
from graphql_api.logs import configure_logs
from graphql_api.server import listen, run_loop, serve
from graphql_api.settings import Settings
from graphql_api.worker import work

NUMBERS = ("One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten")
# By what she says: the first that is part of it.
PAUSE_SECONDS = {"very slowly": 0.8, "slowly": 0.3, "": 0.02}


class Counting:
    """Counts to ten, in sentences."""

    name = "counting"

    def __init__(self) -> None:
        self._broken: set[str] = set()

    async def reply(self, turns: Sequence[Turn]) -> AsyncGenerator[str | Usage, None]:
        said = turns[-1].content
        pause = next(seconds for words, seconds in PAUSE_SECONDS.items() if words in said)
        for number, word in enumerate(NUMBERS):
            if number == 2 and "break" in said and said not in self._broken:
                self._broken.add(said)
                # So late that the worker gives up instead of trying again.
                raise ModelFailure("interrupted", "cut", is_transient=True, retry_after_seconds=600)
            yield f"{word} is a number. "
            await asyncio.sleep(pause)
        yield Usage(self.name, 1, 1, is_estimated=True)

    async def summarise(self, turns: Sequence[Turn]) -> Summary:
        return extractive_summary(turns)

    async def aclose(self) -> None:
        """Nothing is open."""


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--port", type=int, required=True)
    settings = Settings()
    configure_logs(settings)
    secret = settings.supabase_jwt_secret
    if secret is None:
        raise SystemExit("Set SUPABASE_JWT_SECRET.")

    def sign(name: str, lifetime: timedelta) -> str:
        return sign_token(secret.get_secret_value(), PEOPLE[name], lifetime=lifetime)

    chat = ChatPage(PEOPLE, sign, companion="a program that counts")
    app = create_app(settings, Development(tabs=(), chat=chat))

    async def beside() -> None:
        services: Services = app.state.services
        await work(services.database, Counting(), services.hints, settings)

    listener = listen("127.0.0.1", arguments.parse_args().port)
    run_loop(serve(app, settings, listener, beside=beside))


if __name__ == "__main__":
    main()
