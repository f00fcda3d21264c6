"""From a request's bytes to a `GraphQLRequest`: bounded first, then decoded, then checked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any, cast
from urllib.parse import parse_qsl

import orjson
from starlette.types import Receive

from graphql_api.errors import BadInput, Timeout
from graphql_api.execution import GraphQLRequest
from graphql_api.http.disconnect import ClientGone

# A phone on a bad line needs a while for 512 kB; whoever needs longer only holds a connection.
BODY_SECONDS = 30.0
# Filters nest a few levels; hundreds can only be meant to exhaust a recursive reader.
MAX_DEPTH = 32
# A long message is one value; each of many takes long to be coerced.
MAX_VALUES = 5_000
MAX_URL_PARAMETERS = 16


class BodyTooLarge(BadInput):
    """The request body is larger than this service reads."""

    status = 413


class BodyTooSlow(Timeout):
    """The request did not arrive in time."""

    status = 408


class UnsupportedBody(BadInput):
    """Send the request as `application/json` in UTF-8, not compressed."""

    status = 415


def check_content_headers(headers: Mapping[bytes, bytes], *, limit_bytes: int) -> None:
    """Refuse a body that is not plain JSON, or says that it is too large, before reading it.

    A browser sends `application/json` across origins only after a preflight, which is what keeps
    another site's form from posting here.

    Raises:
        UnsupportedBody, BodyTooLarge.
    """
    content_type = headers.get(b"content-type", b"").decode("latin-1").lower()
    name, *parameters = (piece.strip() for piece in content_type.split(";"))
    if name != "application/json":
        raise UnsupportedBody
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "charset" and value.strip().strip('"') not in ("utf-8", "utf8"):
            raise UnsupportedBody
    # Not unpacked: a few bytes on the wire could become many in memory.
    if headers.get(b"content-encoding", b"identity").strip().lower() not in (b"identity", b""):
        raise UnsupportedBody
    length = headers.get(b"content-length", b"")
    if length.isdigit() and int(length) > limit_bytes:
        raise _too_large(limit_bytes)


async def read_body(receive: Receive, *, limit_bytes: int) -> bytes:
    """Read the body, and stop at the first byte too many, whatever its headers said.

    Raises:
        BodyTooLarge: more than `limit_bytes`.
        BodyTooSlow: not complete after `BODY_SECONDS`.
        ClientGone: the client went away.
    """
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await _read(receive, limit_bytes)
    except TimeoutError as error:
        raise BodyTooSlow from error


async def _read(receive: Receive, limit_bytes: int) -> bytes:
    chunks: list[bytes] = []
    size_bytes = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        chunk = message.get("body", b"")
        size_bytes += len(chunk)
        if size_bytes > limit_bytes:
            raise _too_large(limit_bytes)
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)


def parse_body(body: bytes) -> GraphQLRequest:
    """Read the JSON of a POST.

    Raises:
        BadInput: not JSON in UTF-8 (lone surrogates and bare NULs are not), not one request, or
            one of too many values.
    """
    parameters = _json(body, "The body")
    if isinstance(parameters, list):
        raise BadInput("Batches are not supported: send one operation in each request.")
    if not isinstance(parameters, dict):
        raise BadInput("The body must be a JSON object.")
    return request_of(parameters)


def parse_query_string(query_string: bytes, *, limit_bytes: int) -> GraphQLRequest:
    """Read the parameters of a GET.

    Raises:
        BadInput: not UTF-8, a parameter given twice, or not a request.
        BodyTooLarge: more than `limit_bytes`.
    """
    if len(query_string) > limit_bytes:
        raise _too_large(limit_bytes)
    try:
        pairs = parse_qsl(
            query_string.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MAX_URL_PARAMETERS,
        )
    except ValueError as error:
        raise BadInput("The parameters of the URL are not valid.") from error
    parameters: dict[str, object] = dict(pairs)
    if len(parameters) != len(pairs):
        raise BadInput("A parameter of the URL is given twice.")
    for name in ("variables", "extensions"):
        text = cast("str | None", parameters.get(name))
        parameters[name] = _json(text.encode(), f"`{name}`") if text else None
    return request_of(parameters)


def _json(data: bytes, what: str) -> Any:
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise BadInput(f"{what} is not valid JSON in UTF-8.") from error
    check_values(value, data, what)
    return value


def check_values(value: object, data: bytes, what: str) -> None:
    """Refuse NUL characters, which Postgres cannot store, and too many or too deep values.

    Args:
        value: what `data` holds, or a part of it.
        data: the JSON.
        what: begins the sentence of the refusal.

    Raises:
        BadInput.
    """
    # A walk through every value costs more than the rest; these counts say when it is needed.
    brackets = data.count(b"{") + data.count(b"[")
    most_values = 2 * (data.count(b",") + brackets) + 1
    if b"\\u0000" in data or brackets > MAX_DEPTH or most_values > MAX_VALUES:
        _walk(value, what)


def _walk(value: object, what: str) -> None:
    level: list[object] = [value]
    values = 0
    for _ in range(MAX_DEPTH):
        values += len(level)
        if values > MAX_VALUES:
            raise BadInput(f"{what} holds more than {MAX_VALUES} names and values.")
        if any(isinstance(item, str) and "\x00" in item for item in level):
            raise BadInput(f"{what} contains a NUL character.")
        level = [child for item in level for child in _children(item)]
        if not level:
            return
    raise BadInput(f"{what} is nested more than {MAX_DEPTH} levels deep.")


def _children(item: object) -> Iterable[object]:
    if isinstance(item, dict):
        return (*item.keys(), *item.values())
    return item if isinstance(item, list) else ()


def request_of(parameters: Mapping[str, object]) -> GraphQLRequest:
    """Read the four parameters of a request.

    Raises:
        BadInput: one of them is missing or not of its kind.
    """
    query = parameters.get("query")
    if not isinstance(query, str) or not query:
        raise BadInput("`query` must be the text of a GraphQL document.", field="query")
    if "\x00" in query:
        raise BadInput("`query` contains a NUL character.", field="query")
    operation_name = parameters.get("operationName")
    if not isinstance(operation_name, str | None):
        raise BadInput("`operationName` must be a string or null.", field="operationName")
    variables = parameters.get("variables")
    if not isinstance(variables, dict | None):
        raise BadInput("`variables` must be an object or null.", field="variables")
    if not isinstance(parameters.get("extensions"), dict | None):
        raise BadInput("`extensions` must be an object or null.", field="extensions")
    return GraphQLRequest(
        query=query,
        operation_name=operation_name or None,
        variables=cast("dict[str, Any]", variables or {}),
    )


def _too_large(limit_bytes: int) -> BodyTooLarge:
    return BodyTooLarge(f"The request is larger than {limit_bytes} bytes.")
