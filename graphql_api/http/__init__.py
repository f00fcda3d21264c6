"""GraphQL over HTTP, and what stands beside it: health, metrics, the page to try queries."""

from graphql_api.http.chat import ChatPage
from graphql_api.http.graphql import GraphQLEndpoint
from graphql_api.http.health import Health, live, ready
from graphql_api.http.metrics import Metrics
from graphql_api.http.origins import Origins
from graphql_api.http.page import Page, Tab, asset_route
from graphql_api.http.request_id import RequestId

__all__ = [
    "ChatPage",
    "GraphQLEndpoint",
    "Health",
    "Metrics",
    "Origins",
    "Page",
    "RequestId",
    "Tab",
    "asset_route",
    "live",
    "ready",
]
