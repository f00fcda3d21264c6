"""The client of Redis, which carries hints: it gives up soon, because nobody waits for a hint."""

from __future__ import annotations

import socket

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from graphql_api.settings import Settings

REDIS_CONNECTIONS = 10  # NU-022
REDIS_TIMEOUT_SECONDS = 1.0
# Whoever only listens never learns by himself that a firewall has forgotten the connection.
SILENT_SECONDS = 15
PROBE_SECONDS = 5
PROBES = 3


def redis_client(settings: Settings) -> Redis:
    """Make a client; it connects when it is used. Nothing waits for it longer than for Postgres."""
    client: Redis = Redis.from_url(
        settings.redis_url.get_secret_value(),
        max_connections=REDIS_CONNECTIONS,
        socket_connect_timeout=REDIS_TIMEOUT_SECONDS,
        socket_keepalive=True,
        socket_keepalive_options=_probing(),
        retry=Retry(NoBackoff(), 1),
    )
    return client


def _probing() -> dict[int, int]:
    """Say when a silent connection is probed, by the names that this system has for it."""
    wanted = {
        "TCP_KEEPIDLE": SILENT_SECONDS,
        "TCP_KEEPINTVL": PROBE_SECONDS,
        "TCP_KEEPCNT": PROBES,
    }
    return {getattr(socket, name): value for name, value in wanted.items() if hasattr(socket, name)}
