"""Serving and stopping: what is under way ends in good order."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from graphql_api.local.process import Problem
from graphql_api.local.stack import Urls
from graphql_api.server import CannotListen, listen, serve
from graphql_api.settings import Settings


class Slow:
    """An application with a request that takes as long as the test wants."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.ended = False
        self.app = Starlette(routes=[Route("/", self.answer)], lifespan=self.lifespan)

    async def answer(self, _request: Request) -> Response:
        self.asked.set()
        await self.may_answer.wait()
        return PlainTextResponse("done")

    @asynccontextmanager
    async def lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        yield
        self.ended = True


async def serve_slow(
    slow: Slow, settings: Settings, client: Callable[[str], Awaitable[None]]
) -> None:
    listener = listen("127.0.0.1", 0)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    await serve(slow.app, settings, listener, beside=lambda: client(url))


async def test_a_request_under_way_is_answered_after_a_stop_signal(settings: Settings) -> None:
    slow = Slow()
    answers: list[str] = []

    async def client(url: str) -> None:
        asking = asyncio.create_task(get(url))
        await slow.asked.wait()
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.sleep(0)  # the handler runs in the loop
        slow.may_answer.set()
        answers.append(await asking)

    await serve_slow(slow, settings, client)

    assert answers == ["done"]
    assert slow.ended


async def test_a_grace_below_a_second_is_a_grace(settings: Settings) -> None:
    slow = Slow()
    answers: list[str] = []
    short = settings.model_copy(update={"shutdown_grace": timedelta(milliseconds=400)})

    async def client(url: str) -> None:
        asking = asyncio.create_task(get(url))
        await slow.asked.wait()
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.sleep(0.3)  # uvicorn looks ten times a second whether it should stop
        slow.may_answer.set()
        answers.append(await asking)

    await serve_slow(slow, short, client)

    assert answers == ["done"]


async def test_a_second_signal_does_not_wait(settings: Settings) -> None:
    slow = Slow()

    async def client(url: str) -> None:
        asking = asyncio.create_task(get(url))
        await slow.asked.wait()
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.gather(asking, return_exceptions=True)

    async with asyncio.timeout(settings.shutdown_grace.total_seconds() / 2):
        await serve_slow(slow, settings, client)


async def test_what_goes_wrong_beside_the_server_stops_it_and_is_told(settings: Settings) -> None:
    slow = Slow()

    async def client(_url: str) -> None:
        raise Problem("beside")

    with pytest.raises(Problem, match="beside"):
        await serve_slow(slow, settings, client)

    assert slow.ended


async def test_what_goes_wrong_at_the_start_is_told_and_frees_the_port(settings: Settings) -> None:
    @asynccontextmanager
    async def broken(_app: Starlette) -> AsyncIterator[None]:
        raise Problem("no database")
        yield

    listener = listen("127.0.0.1", 0)
    port = listener.getsockname()[1]

    with pytest.raises(Problem, match="no database"):
        await serve(Starlette(lifespan=broken), settings, listener)

    listen("127.0.0.1", port).close()


def test_a_taken_port_is_told() -> None:
    with listen("127.0.0.1", 0) as taken, pytest.raises(CannotListen, match="is taken") as refused:
        listen("127.0.0.1", taken.getsockname()[1])

    assert refused.value.is_taken


def test_a_host_that_is_not_this_machine_is_told() -> None:
    with pytest.raises(CannotListen, match=r"Cannot listen on 192\.0\.2\.1:0"):
        listen("192.0.2.1", 0)


def test_serving_as_an_owner_is_refused_in_a_sentence(database_urls: Urls) -> None:
    environment = {
        **os.environ,
        "SUPABASE_DATABASE_URL": database_urls.owner,
        "SUPABASE_JWT_SECRET": "s" * 32,
        "CAIRN_CORS_ORIGINS": "https://app.example",
        "CHAT_MODEL": "none",
        "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
    }

    ran = subprocess.run(
        [sys.executable, "-m", "graphql_api", "serve", "--port", "0"],
        env=environment,
        capture_output=True,
        check=False,
        text=True,
    )

    assert ran.returncode == 1
    assert "Role postgres" in ran.stderr
    assert "cairn migrate" in ran.stderr
    assert "Traceback" not in ran.stderr + ran.stdout


async def get(url: str) -> str:
    async with httpx2.AsyncClient() as client:
        return (await client.get(url)).text


def test_a_serving_process_may_hold_as_many_sockets_as_the_system_allows() -> None:
    program = (
        "import gc, resource; from graphql_api.server import make_room;"
        "_, hard = resource.getrlimit(resource.RLIMIT_NOFILE);"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard));"
        "make_room();"
        "soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE);"
        "raise SystemExit(soft < min(hard, 65_536) or gc.get_threshold()[2] < 100)"
    )

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
