"""What the ways in share: who executes, who lets in, who counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from graphql_api.auth import TokenVerifier, Viewer
from graphql_api.execution import GraphQLRequest
from graphql_api.feeds import EventStream
from graphql_api.http.leave import Denies
from graphql_api.http.listeners import Listeners
from graphql_api.http.metrics import Metrics
from graphql_api.responses import Answer
from graphql_api.settings import Settings


class Executes(Protocol):
    """What the ways in need of an executor."""

    async def execute(
        self, viewer: Viewer, request: GraphQLRequest, *, queries_only: bool = False
    ) -> Answer:
        """Run one operation as `viewer`; `queries_only` refuses others with 405."""
        ...

    async def start(
        self, whose: Callable[[], Viewer], request: GraphQLRequest, *, queries_only: bool = False
    ) -> Answer | EventStream:
        """Run one operation, or begin a subscription; `queries_only` refuses mutations."""
        ...


class Admits(Protocol):
    """What the ways in need of an admission."""

    @property
    def denials(self) -> Denies:
        """Whom leave ends for before its time."""
        ...

    async def admit(self, viewer: Viewer, *, user_agent: str | None, ip: str | None) -> None:
        """Let `viewer` in, or raise."""
        ...


@dataclass(frozen=True, slots=True)
class Parts:
    """What both the endpoint of requests and that of sockets are made of."""

    executor: Executes
    verifier: TokenVerifier
    admission: Admits
    listeners: Listeners
    metrics: Metrics
    settings: Settings
