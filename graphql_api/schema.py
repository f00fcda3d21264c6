"""The schema: the domains merged into one, and the few root fields that belong to none."""

from __future__ import annotations

from datetime import UTC, datetime

import strawberry
from graphql import GraphQLSchema
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import merge_types

from graphql_api import __version__
from graphql_api.catalog import Catalog, read_catalog
from graphql_api.domains import accounts, chat
from graphql_api.fields import node, nodes
from graphql_api.table import Node


@strawberry.type(description="The program that answers.")
class Server:
    """The program that answers."""

    version: str = strawberry.field(description="Of Cairn, such as `0.1.0`.")
    time: datetime = strawberry.field(description="Its clock.")


@strawberry.type
class General:
    """Root fields that belong to no domain."""

    node: Node | None = node("Any row by its nodeId; null if hidden, missing or malformed.")
    nodes: list[Node | None] = nodes("Any rows by their nodeIds, in their order.")

    @strawberry.field(description="The program that answers; the one thing not read from Postgres.")
    def server(self) -> Server:
        """Say who answers."""
        return Server(version=__version__, time=datetime.now(UTC))


DOMAINS = (accounts, chat)

Query = merge_types("Query", (*(domain.Query for domain in DOMAINS), General))
Mutation = merge_types("Mutation", tuple(domain.Mutation for domain in DOMAINS))
Subscription = merge_types(
    "Subscription",
    tuple(domain.Subscription for domain in DOMAINS if hasattr(domain, "Subscription")),
)

schema = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    config=StrawberryConfig(disable_field_suggestions=True),
)


def graphql_schema() -> GraphQLSchema:
    """Give graphql-core's schema, for parsing and validating."""
    return schema._schema


def catalog() -> Catalog:
    """Read the declarations of all domains."""
    return read_catalog(graphql_schema())


def sdl() -> str:
    """Give the schema as text, as `schema.graphql` publishes it."""
    return schema.as_str().rstrip() + "\n"
