"""The client of Redis, which carries hints: it gives up soon, because nobody waits for a hint."""

from __future__ import annotations

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from graphql_api.settings import Settings

REDIS_CONNECTIONS = 10  # NU-022
REDIS_TIMEOUT_SECONDS = 1.0


def redis_client(settings: Settings) -> Redis:
    """Make a client; it connects when it is used. Nothing waits for it longer than for Postgres."""
    client: Redis = Redis.from_url(
        settings.redis_url.get_secret_value(),
        max_connections=REDIS_CONNECTIONS,
        socket_connect_timeout=REDIS_TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 1),
    )
    return client
