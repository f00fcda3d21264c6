"""Responses: the bytes of a GraphQL answer, and what an error may tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import orjson
from graphql import GraphQLError, Node

from graphql_api.errors import ApiError, Internal
from graphql_api.logs import log_error
from graphql_api.refusal import RequestError
from graphql_api.session import DatabaseError


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete GraphQL response.

    Attributes:
        status: HTTP status for `application/graphql-response+json`.
        body: JSON; without `data` when the request was refused before anything ran.
        operation: `query`, `mutation`, or `none` when there was none to run.
        retry_after_seconds: when to try again, if that is known.
    """

    status: int
    body: bytes
    operation: str
    retry_after_seconds: float | None = None

    @property
    def is_refused(self) -> bool:
        """Whether nothing of the request ran: there is no `data`."""
        return self.body.startswith(b'{"errors":')


def answer_body(data: bytes, errors: Sequence[GraphQLError], cost: int) -> bytes:
    """Give the body of an answer whose data is this JSON."""
    told = b""
    if errors:
        told = b',"errors":' + orjson.dumps([error.formatted for error in errors])
    return b'{"data":%b%b,"extensions":{"cost":{"requested":%d}}}' % (data, told, cost)


def refusal_answer(error: RequestError, operation: str) -> Answer:
    """Answer a request that was refused before anything ran: there is no `data`."""
    body = orjson.dumps({"errors": [one.formatted for one in error.errors]})
    return Answer(error.status, body, operation)


def failure_answer(error: ApiError | DatabaseError, operation: str, name: str | None) -> Answer:
    """Answer a query whose one statement failed: `data` is null, since it had begun to run."""
    source = error.api_error if isinstance(error, DatabaseError) else error
    told = visible_error(error, name)
    body = orjson.dumps({"data": None, "errors": [told.formatted]})
    status = source.status if source.status >= 500 else 200
    return Answer(status, body, operation, source.retry_after_seconds)


def visible_error(
    error: ApiError | DatabaseError,
    name: str | None,
    *,
    path: list[str | int] | None = None,
    nodes: Sequence[Node] | None = None,
) -> GraphQLError:
    """Log what went wrong and give what the client may know of it."""
    source = error.api_error if isinstance(error, DatabaseError) else error
    if isinstance(error, DatabaseError):
        source.__cause__ = error
    log_error(source, operation_name=name)
    return GraphQLError(source.message, nodes=nodes, path=path, extensions=source.extensions)


def masked(error: GraphQLError, name: str | None) -> GraphQLError:
    """Hide the text of an error of graphql-core's executor, unless it is one of ours."""
    source = error.original_error or error
    return visible_error(known(source), name, path=error.path, nodes=error.nodes)


def known(error: Exception) -> ApiError | DatabaseError:
    """Give an error that a client may be told of: itself, or INTERNAL in its place."""
    if isinstance(error, ApiError | DatabaseError):
        return error
    hidden = Internal()
    hidden.__cause__ = error
    return hidden
