"""GraphQL over HTTP, WebSockets and event streams, and what stands beside: health, metrics, pages."""

from graphql_api.http.chat import ChatPage
from graphql_api.http.graphql import GraphQLEndpoint
from graphql_api.http.health import Health, live, ready
from graphql_api.http.listeners import Listeners
from graphql_api.http.metrics import Metrics
from graphql_api.http.origins import Origins
from graphql_api.http.page import Page, Tab, asset_route
from graphql_api.http.parts import Parts
from graphql_api.http.request_id import RequestId
from graphql_api.http.sockets import SocketEndpoint

__all__ = [
    "ChatPage",
    "GraphQLEndpoint",
    "Health",
    "Listeners",
    "Metrics",
    "Origins",
    "Page",
    "Parts",
    "RequestId",
    "SocketEndpoint",
    "Tab",
    "asset_route",
    "live",
    "ready",
]
