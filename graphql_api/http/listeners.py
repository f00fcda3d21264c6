"""Everybody who listens at this process, by socket or stream: counted, and looked at on news."""

from __future__ import annotations

from collections import Counter
from typing import Protocol
from uuid import UUID

from graphql_api.auth import Viewer
from graphql_api.errors import RateLimited
from graphql_api.http.metrics import Metrics

TOO_MANY = "Too many connections"


class Listener(Protocol):
    """One socket or stream of an admitted viewer."""

    def look(self) -> None:
        """End if the viewer may not listen any more."""
        ...

    def stop(self) -> None:
        """End, since the server does."""
        ...


class Listeners:
    """The open sockets and streams of one process, so many of each user at most."""

    def __init__(self, metrics: Metrics, *, max_of_user: int) -> None:
        """Begin with nobody."""
        self._metrics = metrics
        self._max_of_user = max_of_user
        self._viewers: dict[Listener, UUID] = {}
        self._of_user: Counter[UUID] = Counter()

    def __len__(self) -> int:
        """How many there are."""
        return len(self._viewers)

    def join(self, listener: Listener, viewer: Viewer) -> None:
        """Count one in; nobody without a user id is counted.

        Raises:
            RateLimited: the user has as many as she may.
        """
        if viewer.user_id is None:
            return
        if self._of_user[viewer.user_id] >= self._max_of_user:
            raise RateLimited(TOO_MANY)
        self._viewers[listener] = viewer.user_id
        self._of_user[viewer.user_id] += 1
        self._metrics.listeners.inc()

    def leave(self, listener: Listener) -> None:
        """Count one out; who never joined is passed over."""
        user_id = self._viewers.pop(listener, None)
        if user_id is None:
            return
        self._metrics.listeners.dec()
        self._of_user[user_id] -= 1
        if not self._of_user[user_id]:
            del self._of_user[user_id]

    def look(self) -> None:
        """Let each see whether its viewer may still listen; the deny list has grown."""
        for listener in tuple(self._viewers):
            listener.look()

    def stop(self) -> None:
        """End all of them, since the server stops."""
        for listener in tuple(self._viewers):
            listener.stop()
