"""The bell: what the hints mean to a worker, whose own news are no news to it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from graphql_api.live import Hints


class Bell:
    """Rings when there may be a job, and when somebody else has changed a person's rows.

    Attributes:
        jobs: set when there may be a job to claim; whoever waits for it clears it.
    """

    def __init__(self, hints: Hints) -> None:
        """Hear and give `hints`."""
        self.jobs = asyncio.Event()
        self._hints = hints
        self._is_telling = False
        self._listening: defaultdict[UUID, set[asyncio.Event]] = defaultdict(set)
        hints.on_news(self._hear)
        hints.on_jobs(self.jobs.set)

    def tell(self, user_id: UUID, *, draft: bool = False) -> None:
        """Say, after a commit of this worker, that `user_id` has news, or only more of a draft."""
        self._is_telling = True
        try:
            self._hints.tell(user_id, draft=draft)
        finally:
            self._is_telling = False

    @contextmanager
    def listening(self, user_id: UUID) -> Iterator[asyncio.Event]:
        """Give an event that is set whenever others may have changed rows of `user_id`."""
        news = asyncio.Event()
        self._listening[user_id].add(news)
        try:
            yield news
        finally:
            self._listening[user_id].discard(news)
            if not self._listening[user_id]:
                del self._listening[user_id]

    def _hear(self, user_id: UUID | None) -> None:
        if self._is_telling:
            return
        heard = list(self._listening) if user_id is None else [user_id]
        for one in heard:
            for news in self._listening.get(one, ()):
                news.set()
