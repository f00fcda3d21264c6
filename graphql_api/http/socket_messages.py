"""The messages of graphql-transport-ws: strict readers of a client's, writers of ours.

https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import orjson

from graphql_api.errors import ApiError, BadInput
from graphql_api.execution import GraphQLRequest
from graphql_api.http.reading import check_values, request_of

SUBPROTOCOL = "graphql-transport-ws"
# Ids are a client's own; those of stock clients are uuids or small numbers.
MAX_ID_CHARACTERS = 256

MAX_REASON_BYTES = 123  # RFC 6455

INVALID_MESSAGE = 4400


class Violation(Exception):
    """A client broke the protocol: its socket is closed.

    Attributes:
        code: of the close frame.
        reason: a few words that hold nothing of what the client sent.
    """

    def __init__(self, code: int, reason: str) -> None:
        """Close with this code and reason (at most 123 bytes)."""
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Init:
    """Lets the client in; `authorization` is that of its payload."""

    authorization: str | None


@dataclass(frozen=True, slots=True)
class Ping:
    """Wants a pong; with `authorization`, also a newer token taken."""

    authorization: str | None


@dataclass(frozen=True, slots=True)
class Pong:
    """Answers a ping, or is a heartbeat."""


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Begins an operation.

    Attributes:
        id: what the client calls it.
        request: the operation, or why it is none.
        size_bytes: of the whole message.
    """

    id: str
    request: GraphQLRequest | BadInput
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Complete:
    """Ends an operation of the client's."""

    id: str


Message = Init | Ping | Pong | Subscribe | Complete


def read_message(text: str) -> Message:
    """Read one message of a client. Names that the protocol does not know are passed over.

    Raises:
        Violation: it is none.
    """
    data = text.encode()
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise Violation(INVALID_MESSAGE, "The message is not valid JSON") from None
    if not isinstance(value, dict):
        raise Violation(INVALID_MESSAGE, "The message is not a JSON object")
    kind = value.get("type")
    if kind == "subscribe":
        return _subscribe(value, data)
    try:
        check_values(value, data, "The message")
    except BadInput as error:
        raise Violation(INVALID_MESSAGE, error.message) from None
    if kind == "complete":
        return Complete(_id(value))
    if kind == "connection_init":
        return Init(_authorization(_payload(value)))
    if kind == "ping":
        return Ping(_authorization(_payload(value)))
    if kind == "pong":
        _payload(value)
        return Pong()
    raise Violation(INVALID_MESSAGE, "The message has no type that a client sends")


def _subscribe(value: Mapping[str, object], data: bytes) -> Subscribe:
    operation_id = _id(value)
    payload = value.get("payload")
    if not isinstance(payload, dict):
        raise Violation(INVALID_MESSAGE, "The payload of subscribe is not an object")
    kinds = {
        "query": str,
        "operationName": str | None,
        "variables": dict | None,
        "extensions": dict | None,
    }
    for name, kind in kinds.items():
        if not isinstance(payload.get(name), kind):
            raise Violation(INVALID_MESSAGE, f"The payload of subscribe has no valid {name}")
    request: GraphQLRequest | BadInput
    try:
        check_values(payload, data, "The payload")
        request = request_of(payload)
    except BadInput as error:
        request = error
    return Subscribe(operation_id, request, len(data))


def _id(value: Mapping[str, object]) -> str:
    given = value.get("id")
    if not isinstance(given, str) or not given:
        raise Violation(INVALID_MESSAGE, "The message has no id")
    if len(given) > MAX_ID_CHARACTERS:
        raise Violation(INVALID_MESSAGE, f"An id has {MAX_ID_CHARACTERS} characters at most")
    return given


def _payload(value: Mapping[str, object]) -> Mapping[str, object]:
    payload = value.get("payload")
    if not isinstance(payload, dict | None):
        raise Violation(INVALID_MESSAGE, "The payload is not an object")
    return cast("dict[str, object]", payload or {})


def _authorization(payload: Mapping[str, object]) -> str | None:
    """Give the one authorization of a payload, however its name is spelled; null is none."""
    found = [value for name, value in payload.items() if name.lower() == "authorization"]
    if len(found) > 1:
        raise Violation(INVALID_MESSAGE, "The payload has more than one authorization")
    authorization = found[0] if found else None
    if not isinstance(authorization, str | None):
        raise Violation(INVALID_MESSAGE, "The authorization is not a string")
    return authorization


# Ours -----------------------------------------------------------------------------------------


def connection_ack(expires_at: int | None) -> str:
    """Let a client in, and tell when its token ends, in seconds since 1970."""
    return _written({"type": "connection_ack", "payload": {"expiresAt": expires_at}})


def ping(payload: Mapping[str, object]) -> str:
    """Tell a client something that is about no operation."""
    return _written({"type": "ping", "payload": payload})


def pong(payload: Mapping[str, object] | None = None) -> str:
    """Answer a ping."""
    return _written({"type": "pong"} if payload is None else {"type": "pong", "payload": payload})


def next_result(operation_id: str, body: bytes) -> str:
    """Give one result, whose JSON is passed on as it is."""
    return (b'{"id":%b,"type":"next","payload":%b}' % (orjson.dumps(operation_id), body)).decode()


def error(operation_id: str, errors: object) -> str:
    """End an operation with errors."""
    return _written({"id": operation_id, "type": "error", "payload": errors})


def error_of(operation_id: str, told: ApiError) -> str:
    """End an operation with one of our errors."""
    return error(operation_id, [{"message": told.message, "extensions": told.extensions}])


def complete(operation_id: str) -> str:
    """End an operation."""
    return _written({"id": operation_id, "type": "complete"})


def short_reason(text: str) -> str:
    """Give as much of a sentence of ours as a close frame holds."""
    return text.encode()[:MAX_REASON_BYTES].decode(errors="ignore")


def _written(message: Mapping[str, object]) -> str:
    return orjson.dumps(message).decode()
