"""The composition root: settings become a running application; nothing else builds objects."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx2
import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

from graphql_api.admission import Admission
from graphql_api.admission.budget import Budget
from graphql_api.auth import TokenVerifier
from graphql_api.execution import Executor
from graphql_api.http import (
    ChatPage,
    GraphQLEndpoint,
    Health,
    Listeners,
    Metrics,
    Origins,
    Page,
    Parts,
    RequestId,
    SocketEndpoint,
    Tab,
    asset_route,
    live,
    ready,
)
from graphql_api.live import Hints, Hub
from graphql_api.migrations import expected_versions
from graphql_api.redis_client import redis_client
from graphql_api.schema import catalog
from graphql_api.session import Database
from graphql_api.settings import NO_DATABASE, NO_MODEL, Settings

log = structlog.get_logger(__name__)

LOOPBACK = ("localhost", "127.0.0.1", "::1")
MIN_SECRET_BYTES = 32  # RFC 7518: an HMAC key at least as long as its hash
ORIGIN = re.compile(
    r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?|https?://\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?"
)


@dataclass(frozen=True, slots=True)
class Development:
    """What only `cairn dev` adds.

    Attributes:
        tabs: that GraphiQL is opened with; a token may be in them.
        chat: a page that signs Ana and Ben in.
    """

    tabs: Sequence[Tab]
    chat: ChatPage | None = None


@dataclass(slots=True)
class Services:
    """What lives as long as the application runs.

    Attributes:
        admission: also ends sessions.
        database: the pool, for what runs beside the API in one process.
        endpoint: answers requests to `/graphql`.
        sockets: serves WebSockets to `/graphql`.
        listeners: whom these two serve just now.
        hints: told of commits, by whatever else runs in this process.
        hub: wakes subscriptions.
        health: answers `/health/ready`.
        metrics: answers `/metrics`.
    """

    admission: Admission
    database: Database
    endpoint: GraphQLEndpoint
    sockets: SocketEndpoint
    listeners: Listeners
    hints: Hints
    hub: Hub
    health: Health
    metrics: Metrics


def create_app(
    settings: Settings,
    development: Development | None = None,
    *,
    allow_owner_role: bool = False,
) -> Starlette:
    """Build the application; it connects when it starts up, and fails there when it cannot.

    Args:
        settings: of the process.
        development: adds GraphiQL and the chat page; None in production and tests.
        allow_owner_role: serve although the login could read past row-level security when no role
            were taken; see `Database.connect`.
    """
    page = None if development is None else Page(development.tabs)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with _services(settings, page, allow_owner_role=allow_owner_role) as services:
            app.state.services = services
            # Told by `server.serve` when it begins to stop: streams would last for ever.
            app.state.on_stop = services.listeners.stop
            yield

    routes: list[BaseRoute] = [
        Route("/graphql", _GraphQL()),
        WebSocketRoute("/graphql", _Sockets()),
        Route("/health/live", live, methods=["GET"]),
        Route("/health/ready", _ready, methods=["GET"]),
    ]
    if settings.metrics or settings.environment == "development":
        routes.append(Route("/metrics", _metrics, methods=["GET"]))
    if page is not None:
        routes.append(asset_route())
    if development is not None and development.chat is not None:
        routes.extend(development.chat.routes())
    return Starlette(
        routes=routes,
        lifespan=lifespan,
        middleware=[
            Middleware(RequestId),
            Middleware(Origins, allowed=settings.cors_origins),
        ],
    )


def check_ready_to_serve(settings: Settings) -> list[str]:
    """Say in a sentence each what is missing or wrong for serving in production; empty when fit."""
    sentences = [
        sentence
        for missing, sentence in (
            (settings.database_url is None, NO_DATABASE),
            (
                settings.supabase_jwt_secret is None and settings.jwks_url is None,
                "No way to check tokens: set SUPABASE_URL, SUPABASE_JWKS_URL or SUPABASE_JWT_SECRET.",
            ),
            (
                not settings.cors_origins,
                "No web page may call this server: set CAIRN_CORS_ORIGINS,"
                " such as https://app.example.",
            ),
            # Its worker may run elsewhere; without any, nobody who calls would be answered.
            (not settings.has_model, NO_MODEL),
        )
        if missing
    ]
    return [
        *sentences,
        *_faults_of_secret(settings),
        *_faults_of_key_set(settings),
        *_faults_of_origins(settings),
    ]


def _faults_of_secret(settings: Settings) -> list[str]:
    if settings.supabase_jwt_secret is None:
        return []
    secret = settings.supabase_jwt_secret.get_secret_value()
    if "-----BEGIN" in secret:
        return ["SUPABASE_JWT_SECRET is a key file, not a secret: set SUPABASE_JWKS_URL instead."]
    if len(secret.encode()) < MIN_SECRET_BYTES:
        return [f"SUPABASE_JWT_SECRET is too short: it must have {MIN_SECRET_BYTES} bytes or more."]
    return []


def _faults_of_key_set(settings: Settings) -> list[str]:
    url = urlsplit(settings.jwks_url or "https:")
    if url.scheme == "https" or url.hostname in LOOPBACK:
        return []
    return ["The key set is not fetched by https, so that anybody on the way could forge tokens."]


def _faults_of_origins(settings: Settings) -> list[str]:
    if "*" in settings.cors_origins:
        return ["CAIRN_CORS_ORIGINS is `*`: name the origins of your own pages instead."]
    return [
        f"CAIRN_CORS_ORIGINS has {origin!r}, which is no origin: write https://app.example."
        for origin in settings.cors_origins
        if ORIGIN.fullmatch(origin) is None
    ]


@asynccontextmanager
async def _services(
    settings: Settings, page: Page | None, *, allow_owner_role: bool
) -> AsyncIterator[Services]:
    """Build everything in order, and take it down in the opposite one."""
    async with AsyncExitStack() as stack:
        database = await Database.connect(settings, allow_owner_role=allow_owner_role)
        stack.push_async_callback(database.close)
        # A session of its own, so that neither sign-outs nor health wait behind busy requests.
        watch = await Database.connect(
            settings.model_copy(update={"pool_size": 1}), allow_owner_role=allow_owner_role
        )
        stack.push_async_callback(watch.close)
        redis = redis_client(settings)
        stack.push_async_callback(redis.aclose)
        client = await stack.enter_async_context(httpx2.AsyncClient())
        verifier = TokenVerifier(settings, client)
        stack.push_async_callback(verifier.close)
        admission = Admission(database, redis, watch=watch)
        await admission.start()
        stack.push_async_callback(admission.stop)
        hints = Hints(redis)
        await hints.start()
        stack.push_async_callback(hints.stop)
        hub = Hub(watch, hints)
        await hub.start()
        stack.push_async_callback(hub.stop)
        metrics = Metrics(lambda: database.acquire_timeouts)
        listeners = Listeners(metrics, max_of_user=settings.live_connections)
        admission.denials.on_denied = listeners.look
        executor = Executor(
            catalog(),
            database,
            settings,
            {"admission": admission, "budget": Budget(database, settings.tokens_per_day)},
            hints=hints,
            hub=hub,
        )
        parts = Parts(executor, verifier, admission, listeners, metrics, settings)
        health = Health(watch, redis, expected_versions(), lambda: database.acquire_timeouts)
        log.info("ready to serve", environment=settings.environment)
        yield Services(
            admission=admission,
            database=database,
            endpoint=GraphQLEndpoint(parts, page=page),
            sockets=SocketEndpoint(parts),
            listeners=listeners,
            hints=hints,
            hub=hub,
            health=health,
            metrics=metrics,
        )
        log.info("shutting down")


class _GraphQL:
    """Passes the bare ASGI call on: wrapping it in Request and Response costs time on each."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        services: Services = scope["app"].state.services
        await services.endpoint(scope, receive, send)


class _Sockets:
    """The same for WebSockets."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        services: Services = scope["app"].state.services
        await services.sockets(scope, receive, send)


async def _ready(request: Request) -> Response:
    services: Services = request.app.state.services
    return await ready(services.health)


async def _metrics(request: Request) -> Response:
    services: Services = request.app.state.services
    return Response(services.metrics.text(), media_type="text/plain; version=0.0.4")
