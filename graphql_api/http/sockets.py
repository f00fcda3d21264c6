"""The way in for WebSockets: who may open one, and with which sub-protocol."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from starlette.types import Receive, Scope, Send

from graphql_api.errors import ApiError, BadInput, Forbidden
from graphql_api.http.answers import SAFE_HEADERS, error_answer
from graphql_api.http.parts import Parts
from graphql_api.http.socket import Socket
from graphql_api.http.socket_messages import SUBPROTOCOL
from graphql_api.logs import log_error


class WrongSubprotocol(BadInput):
    """Ask for the sub-protocol graphql-transport-ws."""


class ForeignOrigin(Forbidden):
    """Pages of this origin may not call."""


class SocketEndpoint:
    """`/graphql` for WebSockets that speak graphql-transport-ws."""

    def __init__(self, parts: Parts) -> None:
        """Serve what `parts` execute."""
        self._parts = parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket to its end, or refuse its handshake."""
        await receive()  # websocket.connect
        try:
            check_origin(scope, self._parts.settings.cors_origins)
            if SUBPROTOCOL not in scope.get("subprotocols", ()):
                raise WrongSubprotocol
        except ApiError as error:
            log_error(error)
            await _refuse(error, send)
            return
        socket = Socket(scope, receive, send, self._parts)
        await send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL})
        await socket.run()


def check_origin(scope: Scope, allowed: Collection[str]) -> None:
    """Let programs and pages of our own or allowed origins in; browsers ask nobody else.

    Raises:
        ForeignOrigin: a page of somebody else's, or two origins.
    """
    origins = [value for name, value in scope["headers"] if name == b"origin"]
    if not origins:
        return
    headers: Mapping[bytes, bytes] = dict(scope["headers"])
    origin = origins[0].decode("latin-1")
    if len(origins) > 1 or not (origin in allowed or _is_own(origin, headers.get(b"host", b""))):
        raise ForeignOrigin


def _is_own(origin: str, host: bytes) -> bool:
    """Tell whether a page comes from this very host; a proxy may have taken the TLS off."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    own = host.decode("latin-1").lower()
    return parts.scheme in ("http", "https") and bool(own) and parts.netloc.lower() == own


async def _refuse(error: ApiError, send: Send) -> None:
    answer = error_answer(error, media_type="application/json")
    headers = [(b"content-type", b"application/json"), *SAFE_HEADERS]
    await send(
        {"type": "websocket.http.response.start", "status": error.status, "headers": headers}
    )
    await send({"type": "websocket.http.response.body", "body": answer.body})
