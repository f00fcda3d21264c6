"""The endpoint with an executor that records instead of executing, called without a network."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx2
import orjson
from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute

from graphql_api.auth import TokenVerifier, Viewer
from graphql_api.errors import ApiError
from graphql_api.execution import GraphQLRequest
from graphql_api.feeds import Event, EventStream
from graphql_api.http import GraphQLEndpoint, Listeners, Metrics, Page, Parts, SocketEndpoint
from graphql_api.http.sse import PING_EVERY
from graphql_api.responses import Answer
from tests.auth.signing import settings
from tests.fixtures.sockets import LiveServer, listening, serving

GRAPHQL = "application/graphql-response+json"
BODY_LIMIT_BYTES = 4096
ANSWER_LIMIT_BYTES = 1024 * 1024

Run = Callable[[Viewer, GraphQLRequest], Awaitable[Answer]]


class OpenList:
    """A deny list with those on it whom a test puts there."""

    def __init__(self) -> None:
        self.denied: set[Viewer] = set()
        self.refusal: ApiError | None = None

    def has(self, viewer: Viewer) -> bool:
        return viewer in self.denied

    async def be_fresh(self) -> None:
        if self.refusal is not None:
            raise self.refusal


class OpenDoor:
    """Admission that lets everybody in, and remembers who came."""

    def __init__(self) -> None:
        self.denials = OpenList()
        self.refusal: ApiError | None = None
        self.came: list[tuple[Viewer, str | None, str | None]] = []

    async def admit(self, viewer: Viewer, *, user_agent: str | None, ip: str | None) -> None:
        self.came.append((viewer, user_agent, ip))
        if self.refusal is not None:
            raise self.refusal


Whose = Callable[[], Viewer]
Tell = Callable[[Whose, GraphQLRequest], AsyncGenerator[Event, None]]


@dataclass
class RecordingExecutor:
    """Answers as it is told, and keeps what it was asked; `tell` makes it a subscription."""

    answer: Answer = field(default_factory=lambda: Answer(200, b'{"data":{"ok":true}}', "query"))
    run: Run | None = None
    tell: Tell | None = None
    asked: list[tuple[Viewer, GraphQLRequest, bool]] = field(default_factory=list)

    async def execute(
        self, viewer: Viewer, request: GraphQLRequest, *, queries_only: bool = False
    ) -> Answer:
        self.asked.append((viewer, request, queries_only))
        return self.answer if self.run is None else await self.run(viewer, request)

    async def start(
        self, whose: Whose, request: GraphQLRequest, *, queries_only: bool = False
    ) -> Answer | EventStream:
        if self.tell is None:
            return await self.execute(whose(), request, queries_only=queries_only)
        self.asked.append((whose(), request, queries_only))
        return EventStream(self.tell(whose, request))

    @property
    def request(self) -> GraphQLRequest:
        """The only request that came."""
        ((_, request, _),) = self.asked
        return request


class Endpoint:
    """One endpoint, its parts, and a client."""

    def __init__(
        self, page: Page | None = None, *, ping_every: timedelta = PING_EVERY, **limits: object
    ) -> None:
        self.executor = RecordingExecutor()
        self.door = OpenDoor()
        self.metrics = Metrics(lambda: 0)
        self.settings = settings().model_copy(
            update={
                "body_limit_bytes": BODY_LIMIT_BYTES,
                "answer_limit_bytes": ANSWER_LIMIT_BYTES,
                **limits,
            }
        )
        self.listeners = Listeners(self.metrics, max_of_user=self.settings.live_connections)
        self.parts = Parts(
            self.executor,
            TokenVerifier(self.settings),
            self.door,
            self.listeners,
            self.metrics,
            self.settings,
        )
        self.app = GraphQLEndpoint(self.parts, page=page, ping_every=ping_every)
        self.routed = Starlette(
            routes=[
                Route("/graphql", self.app),
                WebSocketRoute("/graphql", SocketEndpoint(self.parts)),
            ]
        )
        self.routed.state.on_stop = self.listeners.stop
        self.client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(self.routed), base_url="http://localhost:8000"
        )

    def served(self, *, stops: bool = False) -> AbstractAsyncContextManager[LiveServer]:
        """Serve it on a real port, with sockets; as a whole if the test `stops` the server."""
        return (serving if stops else listening)(self.routed, self.settings)

    async def post(
        self, body: object, *, headers: dict[str, str] | None = None, accept: str | None = GRAPHQL
    ) -> httpx2.Response:
        content = body if isinstance(body, bytes) else orjson.dumps(body)
        given = {"content-type": "application/json"}
        if accept is not None:
            given["accept"] = accept
        request = self.client.build_request(
            "POST", "/graphql", content=content, headers=given | (headers or {})
        )
        if accept is None:
            del request.headers["accept"]
        return await self.client.send(request)

    async def get(self, *, accept: str = GRAPHQL, **parameters: str) -> httpx2.Response:
        return await self.client.get("/graphql", params=parameters, headers={"accept": accept})


def only_error(response: httpx2.Response) -> dict[str, Any]:
    """The one error of an answer that was refused before anything ran."""
    body = response.json()
    assert set(body) == {"errors"}
    (error,) = body["errors"]
    assert isinstance(error, dict)
    assert len(error["extensions"]["errorId"]) == 32
    return error


class Connection:
    """A bare ASGI connection, for what a well-behaved client cannot do."""

    def __init__(self, app: Any, *, method: str = "POST", headers: dict[str, str] | None = None):
        given = {"content-type": "application/json", "accept": GRAPHQL} | (headers or {})
        self.scope: dict[str, Any] = {
            "type": "http",
            "method": method,
            "path": "/graphql",
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in given.items()],
            "client": ("203.0.113.7", 4711),
        }
        self.incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.sent: list[dict[str, Any]] = []
        self.app = app

    def body(self, chunk: bytes, *, more: bool = False) -> None:
        self.incoming.put_nowait({"type": "http.request", "body": chunk, "more_body": more})

    def disconnect(self) -> None:
        self.incoming.put_nowait({"type": "http.disconnect"})

    async def serve(self) -> None:
        async def send(message: dict[str, Any]) -> None:
            self.sent.append(message)

        await self.app(self.scope, self.incoming.get, send)

    @property
    def status(self) -> int | None:
        return self.sent[0]["status"] if self.sent else None
