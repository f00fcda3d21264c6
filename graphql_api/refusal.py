"""Refusals: a whole request that is answered with errors before anything of it runs."""

from __future__ import annotations

from graphql import GraphQLError, ObjectFieldNode, ValueNode

from graphql_api.errors import ApiError, BadInput


class RequestError(Exception):
    """The request is refused before anything runs.

    Attributes:
        errors: GraphQL errors with their extensions.
        status: the HTTP status that fits.
    """

    def __init__(self, errors: list[GraphQLError], status: int = 400) -> None:
        """Refuse with these errors."""
        super().__init__()
        self.errors = errors
        self.status = status


def coded(error: GraphQLError) -> GraphQLError:
    """Give an error of the request its code; a value that does not fit is pointed at, not quoted."""
    message = error.message
    place = error.nodes[0] if error.nodes else None
    if " represent " in message or isinstance(place, ValueNode | ObjectFieldNode):
        message = "This value does not fit the type of its place."
    source = BadInput(message)
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=source.extensions,
    )


def refused(error: ApiError) -> RequestError:
    """Give the refusal of a whole request for one of our own errors."""
    return RequestError([GraphQLError(error.message, extensions=error.extensions)], error.status)
