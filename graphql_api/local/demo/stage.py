"""Where the demo is played: beside the running `cairn dev`, or on a stack of its own."""

from __future__ import annotations

import asyncio
import logging
import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import asyncpg
import httpx2
import structlog
from rich.console import Console
from websockets.exceptions import WebSocketException

from graphql_api import migrations
from graphql_api.app import Services, create_app
from graphql_api.companion.scripted import PAUSE, ScriptedCompanion
from graphql_api.local.demo.device import Device
from graphql_api.local.demo.lines import Lines
from graphql_api.local.demo.proof import examine, make_table
from graphql_api.local.demo.screen import Screen, is_large_enough
from graphql_api.local.demo.story import Cast, Story
from graphql_api.local.demo.view import View
from graphql_api.local.folder import Folder
from graphql_api.local.process import Problem
from graphql_api.local.settings import listen_here, local_settings
from graphql_api.local.stack import Stack, Urls
from graphql_api.server import STOP_SIGNALS, run_loop, serve
from graphql_api.settings import Settings
from graphql_api.worker import work

# Before each word, when a person reads along.
SLOW_PAUSE = 3 * PAUSE

CONCLUSION = (
    "Same messages, same order: nothing lost, nothing doubled.",
    "Ben's phone heard nothing of Ana's, and her devices heard nothing of his.",
    "Postgres itself keeps them apart: the queries hold no `where user_id = …`.",
)

STOPPED = "The demo was stopped before its end."

# What comes of a server that ends meanwhile, by who speaks with it.
GONE = (
    OSError,
    httpx2.TransportError,
    WebSocketException,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
)

FORGET = "delete from public.conversations where id = any($1::uuid[])"
FORGET_SIGN_INS = "delete from public.user_sessions where id = any($1::uuid[])"


@dataclass(frozen=True, slots=True)
class Place:
    """Where there is an API to play on.

    Attributes:
        url: of the API.
        owner_url: of its database, as the owner.
        secret: signs tokens.
        settings: of a server here.
    """

    url: str
    owner_url: str
    secret: str
    settings: Settings


def run(data_dir: Path, console: Console, *, pauses: bool) -> None:
    """Play on the running `cairn dev`, or else on a stack started for the demo alone.

    Args:
        data_dir: where `cairn dev` may be running.
        console: where it is shown; on a terminal as a picture.
        pauses: whether a person reads along; otherwise it is told in plain lines.

    Raises:
        Problem: something that a person can put right; or what was shown is not as it must be.
    """
    is_drawn = pauses and console.is_terminal and not console.is_dumb_terminal
    is_slow = is_drawn
    if not is_drawn or not is_large_enough(console):
        console = Console(
            file=console.file, width=console.width, force_terminal=False, color_system=None
        )
        is_drawn = False
    view: View = Screen(console) if is_drawn else Lines(console, is_slow=is_slow)
    performance = Performance(console, view, is_slow=is_slow)
    folder = Folder(data_dir)
    facts = folder.running()
    if facts is None:
        performance.run_alone(folder)
        return
    if "url" not in facts:
        raise Problem("`cairn dev` is just starting here; try again in a moment.")
    urls, secret = Urls(**facts["urls"]), folder.secret("jwt")
    place = Place(facts["url"], urls.owner, secret, local_settings(urls, secret))
    run_loop(performance.play_until_stopped(place))


class Performance:
    """One run of the demo."""

    def __init__(self, console: Console, view: View, *, is_slow: bool) -> None:
        """Prepare.

        Args:
            console: for the table at the end.
            view: shows what happens.
            is_slow: whether a person reads along.
        """
        self._console = console
        self._view = view
        self._is_slow = is_slow
        self._is_over = False

    def run_alone(self, folder: Folder) -> None:
        """Start a stack, play, and stop it.

        Raises:
            Problem: it does not start, or what was shown is not as it must be.
        """
        with folder:
            stack = Stack(folder, redis_url=os.environ.get("REDIS_URL"))
            try:
                self._console.print("Starting Postgres, Valkey and the API …", style="dim")
                stack.start()
                run_loop(self._serve(stack))
            finally:
                stack.stop()
        if not self._is_over:
            raise Problem(STOPPED)

    async def _serve(self, stack: Stack) -> None:
        """Serve the API and work for as long as the demo lasts, with only warnings on the screen."""
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
        await stack.set_up()
        urls, secret = stack.urls(), stack.folder.secret("jwt")
        await migrations.seed_all(urls.owner)
        listener = listen_here(0)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        # Tokens end when they say: there is one clock here.
        settings = local_settings(urls, secret).model_copy(update={"jwt_leeway": timedelta(0)})
        app = create_app(settings)
        companion = ScriptedCompanion(SLOW_PAUSE if self._is_slow else PAUSE)

        async def beside() -> None:
            services: Services = app.state.services
            working = work(services.database, companion, services.hints, settings, duties=())
            try:
                async with asyncio.TaskGroup() as tasks:
                    worker = tasks.create_task(working)
                    await self.play(Place(url, urls.owner, secret, settings))
                    worker.cancel()
            except* Problem as group:
                raise group.exceptions[0] from None

        await serve(app, settings, listener, beside=beside)

    async def play_until_stopped(self, place: Place) -> None:
        """Play; a signal that ends programs ends the play, which leaves nothing behind.

        Raises:
            Problem: it was stopped, or what was shown is not as it must be.
        """
        playing = asyncio.create_task(self.play(place))
        loop = asyncio.get_running_loop()
        for number in STOP_SIGNALS:
            loop.add_signal_handler(number, playing.cancel)
        try:
            await playing
        except asyncio.CancelledError:
            raise Problem(STOPPED) from None

    async def play(self, place: Place) -> None:
        """Play the story, compare, and leave everything as it was.

        Raises:
            Problem: something that must come did not come, or is not as it must be.
        """
        owner = await asyncpg.connect(place.owner_url)
        try:
            # Whatever the environment says of proxies: all of it is on this machine.
            async with httpx2.AsyncClient(trust_env=False) as client:
                await self._perform(place, owner, client)
        except GONE as error:
            raise Problem(f"The server at {place.url} does not answer any more.") from error
        finally:
            await owner.close()

    async def _perform(
        self, place: Place, owner: asyncpg.Connection, client: httpx2.AsyncClient
    ) -> None:
        def device(name: str, person: str) -> Device:
            return Device(name, person, place.url, client, place.secret, self._view)

        cast = Cast(
            device("Ana's phone", "ana"),
            device("Ana's laptop", "ana"),
            device("Ben's phone", "ben"),
        )
        grace = place.settings.jwt_leeway
        story = Story(cast, self._view, owner, grace=grace, is_slow=self._is_slow)
        try:
            async with self._view.showing(cast.devices):
                await story.play()
            await self._compare(owner, story, cast)
        finally:
            for each in cast.devices:
                await each.leave()
            # As the owner, and not through the API, which may be gone.
            await owner.execute(FORGET, story.begun)
            await owner.execute(FORGET_SIGN_INS, [each.session_id for each in cast.devices])

    async def _compare(self, owner: asyncpg.Connection, story: Story, cast: Cast) -> None:
        """Show what each device holds beside what there is.

        Raises:
            Problem: it is not the same, or somebody was told what is not hers.
        """
        findings = [await examine(owner, story, *pair) for pair in cast.pairs]
        table = make_table(cast, findings, story)
        self._console.print()
        self._console.print(table, soft_wrap=False)
        faults = [
            f"{device.name} {fault}."
            for device, finding in zip(cast.devices, findings, strict=True)
            for fault in finding.faults()
        ]
        if faults:
            raise Problem("\n".join(["This is not as it must be:", *faults]))
        for sentence in CONCLUSION:
            self._console.print(sentence, style="green", highlight=False, markup=False)
        self._console.print()
        self._is_over = True
