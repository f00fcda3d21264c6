"""Is it alive, and can it serve: for those who start, watch and route to this process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection
from typing import Literal

from redis.asyncio import Redis
from redis.exceptions import RedisError
from starlette.requests import Request
from starlette.responses import Response

from graphql_api.errors import ApiError
from graphql_api.http.answers import SAFE_HEADERS, HttpAnswer, json_answer
from graphql_api.session import Database, DatabaseError

State = Literal["ok", "degraded", "down"]

CHECK_SECONDS = 2.0
# Whoever asks often gets the last answer: the question must not become a load.
KEEP_SECONDS = 1.0
# So long it is called busy, so that each of several askers hears of it.
BUSY_SECONDS = 5.0

MIGRATIONS = "select version from private.applied_migrations() as version"


class Health:
    """What this process depends on, and how it does.

    - Postgres down, or a migration missing: it cannot serve (503, and traffic should go elsewhere);
    - all sessions with Postgres busy, so that requests had to be refused of late: it serves what
      it can (200, degraded), and taking it out would only make the others busier;
    - Redis down: it serves on, a little slower to hear of a sign-out (200, degraded).
    """

    def __init__(
        self,
        database: Database,
        redis: Redis,
        migrations: Collection[str],
        acquire_timeouts: Callable[[], int],
    ) -> None:
        """Ask these parts.

        Args:
            database: with a session that requests cannot take.
            redis: pinged.
            migrations: the versions that this code needs.
            acquire_timeouts: how many requests so far waited in vain for a session.
        """
        self._database = database
        self._acquire_timeouts = acquire_timeouts
        self._timeouts_seen = acquire_timeouts()
        self._busy_until = float("-inf")
        self._redis = redis
        self._migrations = frozenset(migrations)
        self._asking = asyncio.Lock()
        self._asked_at = float("-inf")
        self._checks: dict[str, State] = {}

    async def checks(self) -> dict[str, State]:
        """Give the state of each part, at most a second old, within two seconds."""
        async with self._asking:
            if time.monotonic() - self._asked_at >= KEEP_SECONDS:
                (postgres, migrations), redis = await asyncio.gather(
                    self._postgres(), self._redis_state()
                )
                self._checks = {"postgres": postgres, "migrations": migrations, "redis": redis}
                self._asked_at = time.monotonic()
            return self._checks

    async def _postgres(self) -> tuple[State, State]:
        """Give the states of Postgres and of its migrations, which only it can tell."""
        try:
            async with (
                asyncio.timeout(CHECK_SECONDS),
                self._database.transaction(None, role="cairn_server", read_only=True) as tx,
            ):
                applied = {row[0] for row in await tx.rows(MIGRATIONS)}
        except DatabaseError:
            # It answered; what it lacks is the function that was asked.
            return "ok", "down"
        except (ApiError, TimeoutError):
            return "down", "down"
        postgres: State = "degraded" if self._is_busy() else "ok"
        return postgres, "ok" if self._migrations <= applied else "down"

    def _is_busy(self) -> bool:
        """Tell whether requests waited in vain since the last question, or shortly before."""
        now, timeouts = time.monotonic(), self._acquire_timeouts()
        if timeouts > self._timeouts_seen:
            self._busy_until = now + BUSY_SECONDS
        self._timeouts_seen = timeouts
        return now < self._busy_until

    async def _redis_state(self) -> State:
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                await self._redis.ping()
        except (RedisError, OSError, TimeoutError):
            return "degraded"
        return "ok"


async def live(_request: Request) -> Response:
    """Say that the process answers; nothing else is asked, so that nothing else can fail it."""
    return _response(json_answer(200, {"status": "ok"}))


async def ready(health: Health) -> Response:
    """Say whether requests can be served, and how each part does; no names, no versions."""
    checks = await health.checks()
    if "down" in checks.values():
        return _response(json_answer(503, {"status": "down", "checks": checks}))
    status = "degraded" if "degraded" in checks.values() else "ok"
    return _response(json_answer(200, {"status": status, "checks": checks}))


def _response(answer: HttpAnswer) -> Response:
    headers = {name.decode(): value.decode() for name, value in SAFE_HEADERS}
    return Response(answer.body, answer.status, headers, answer.media_type)
