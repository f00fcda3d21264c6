"""GraphQL over HTTP: one endpoint, from an ASGI scope to the bytes of an answer."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import timedelta

import structlog
from starlette.types import Receive, Scope, Send

from graphql_api.auth import Viewer
from graphql_api.errors import ApiError, BadInput, Internal, Unauthenticated
from graphql_api.execution import GraphQLRequest
from graphql_api.http.accept import (
    EVENT_STREAM,
    GRAPHQL_RESPONSE,
    HTML,
    JSON,
    OFFERED,
    OFFERED_WITH_PAGE,
    names,
    negotiate,
)
from graphql_api.http.answers import Headers, HttpAnswer, check_size, error_answer, retry_after
from graphql_api.http.disconnect import CancelWhenGone, ClientGone
from graphql_api.http.page import Page
from graphql_api.http.parts import Parts
from graphql_api.http.reading import (
    check_content_headers,
    parse_body,
    parse_query_string,
    read_body,
)
from graphql_api.http.sse import PING_EVERY, EventAnswer, resumed, single
from graphql_api.logs import log_error
from graphql_api.responses import Answer

ALLOW: Headers = ((b"allow", b"GET, POST, OPTIONS"),)
ALLOW_POST: Headers = ((b"allow", b"POST, OPTIONS"),)
CHALLENGE: Headers = ((b"www-authenticate", b'Bearer realm="cairn"'),)

BAD_REQUEST = 400

RawHeaders = Mapping[bytes, bytes]

log = structlog.get_logger(__name__)


class MethodNotAllowed(BadInput):
    """Use POST, or GET for a query."""

    status = 405


class NotAcceptable(BadInput):
    """Accept `application/graphql-response+json`, `application/json` or `text/event-stream`."""

    status = 406


class GraphQLEndpoint:
    """`/graphql`: POST for everything, GET for queries, and in development a page to try them.

    The order is: who is it (most often remembered), is she let in, what does she ask, run it.
    What fails before the operation runs is answered without a `data` entry and with its own
    status. What fails inside is the executor's to say: with its status under
    `application/graphql-response+json`, always with 200 under `application/json`.
    """

    def __init__(
        self,
        parts: Parts,
        *,
        page: Page | None = None,
        ping_every: timedelta = PING_EVERY,
    ) -> None:
        """Serve what `parts` execute.

        Args:
            parts: shared with the sockets.
            page: answers a GET that prefers HTML; None switches that off.
            ping_every: how often a silent stream gives a sign of life.
        """
        self._parts = parts
        self._executor = parts.executor
        self._verifier = parts.verifier
        self._admission = parts.admission
        self._metrics = parts.metrics
        self._limit_bytes = parts.settings.body_limit_bytes
        self._page = page
        self._ping_every = ping_every
        self._offered = OFFERED if page is None else OFFERED_WITH_PAGE

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; a client who left gets none."""
        started = time.perf_counter()
        self._metrics.in_flight.inc()
        status: int | None = None
        operation = "none"
        try:
            answer = await self._answer(scope, receive)
            operation = answer.operation
            await answer.send(send)
            status = answer.status
        except ClientGone:
            log.info("the client left")
        finally:
            self._metrics.in_flight.dec()
            self._metrics.count(operation, status, time.perf_counter() - started)

    async def _answer(self, scope: Scope, receive: Receive) -> HttpAnswer | EventAnswer:
        """Give an answer for everything that may happen, but for a client who left."""
        headers = dict(scope["headers"])
        media_type = JSON
        try:
            if scope["method"] == "OPTIONS":
                return HttpAnswer(200, JSON, b"", ALLOW)
            chosen = self._media_type(headers, scope["method"])
            # What goes wrong before there are events is told in JSON.
            media_type = JSON if chosen == EVENT_STREAM else chosen
            if chosen == HTML and self._page is not None:
                return self._page.answer(headers)
            return await self._graphql(scope, receive, headers, chosen)
        except (MethodNotAllowed, NotAcceptable) as error:
            log_error(error)
            return error_answer(error, media_type=media_type, headers=ALLOW)
        except ApiError as error:
            log_error(error)
            return error_answer(error, media_type=media_type)
        except ClientGone:
            raise
        except Exception as error:
            masked = Internal()
            masked.__cause__ = error
            log_error(masked)
            return error_answer(masked, media_type=media_type)

    def _media_type(self, headers: RawHeaders, method: str) -> str:
        if method not in ("GET", "POST"):
            raise MethodNotAllowed
        offered = self._offered if method == "GET" else OFFERED
        chosen = negotiate(_accept(headers), offered)
        if chosen is None:
            raise NotAcceptable
        return chosen

    async def _graphql(
        self, scope: Scope, receive: Receive, headers: RawHeaders, media_type: str
    ) -> HttpAnswer | EventAnswer:
        viewer = await self._viewer(scope, headers)
        by_get = scope["method"] == "GET"
        if by_get:
            request = parse_query_string(scope["query_string"], limit_bytes=self._limit_bytes)
        else:
            check_content_headers(headers, limit_bytes=self._limit_bytes)
            request = parse_body(await read_body(receive, limit_bytes=self._limit_bytes))
        if names(_accept(headers), EVENT_STREAM):
            return await self._by_events(
                viewer, resumed(request, headers), receive, scope, media_type
            )
        async with CancelWhenGone(receive):
            answer = await self._executor.execute(viewer, request, queries_only=by_get)
        return self._by_json(answer, media_type)

    async def _by_events(
        self,
        viewer: Viewer,
        request: GraphQLRequest,
        receive: Receive,
        scope: Scope,
        media_type: str,
    ) -> HttpAnswer | EventAnswer:
        """Answer a subscription by events; anything else, too, if the client likes them best."""
        events = EventAnswer(viewer, self._parts, receive, ping_every=self._ping_every)
        async with CancelWhenGone(receive):
            given = await self._executor.start(
                events.leave.whose, request, queries_only=scope["method"] == "GET"
            )
        if not isinstance(given, Answer):
            await events.carry(given)
            return events
        if media_type != EVENT_STREAM:
            return self._by_json(given, media_type)
        # graphql-sse asks for it: its client takes any status but 200 for a reason to come again.
        if given.is_refused and given.status != BAD_REQUEST:
            return self._by_json(given, GRAPHQL_RESPONSE)
        check_size(given, self._parts.settings.answer_limit_bytes)
        return single(given)

    def _by_json(self, answer: Answer, media_type: str) -> HttpAnswer:
        check_size(answer, self._parts.settings.answer_limit_bytes)
        return _http_answer(answer, media_type)

    async def _viewer(self, scope: Scope, headers: RawHeaders) -> Viewer:
        """Say who asks, and let her in.

        Raises:
            Unauthenticated: no good token, signed out, or two Authorization headers (a proxy may
                have believed the other one).
            Unavailable: nobody can tell just now.
        """
        authorization = headers.get(b"authorization")
        if authorization is None:
            return await self._verifier.viewer_of(None)
        if sum(1 for name, _ in scope["headers"] if name == b"authorization") > 1:
            raise Unauthenticated("Send one Authorization header.")
        viewer = await self._verifier.viewer_of(authorization.decode("latin-1"))
        client = scope.get("client")
        await self._admission.admit(
            viewer,
            user_agent=headers.get(b"user-agent", b"").decode("latin-1") or None,
            ip=client[0] if client else None,
        )
        return viewer


def _accept(headers: RawHeaders) -> str | None:
    accept = headers.get(b"accept")
    return None if accept is None else accept.decode("latin-1")


def _http_answer(answer: Answer, media_type: str) -> HttpAnswer:
    status = answer.status if media_type == GRAPHQL_RESPONSE or answer.status == 405 else 200
    headers: Headers = ()
    if status == 401:
        headers = CHALLENGE
    elif status == 405:
        headers = ALLOW_POST
    if answer.retry_after_seconds is not None:
        headers = (*headers, retry_after(answer.retry_after_seconds))
    return HttpAnswer(status, media_type, answer.body, headers, answer.operation)
