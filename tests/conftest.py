"""Fixtures of all tests; what they are is in `tests/README.md`."""

from tests.fixtures.cluster import (
    pytest_configure_node,
    pytest_sessionfinish,
    pytest_sessionstart,
)
from tests.fixtures.connections import connections
from tests.fixtures.graphql import ana, anonymous, app, ben, caller, client, serve, settings
from tests.fixtures.model_server import model_server
from tests.fixtures.people import as_user, new_user, owner, superuser
from tests.fixtures.servers import cluster, database_urls, fresh_cluster, fresh_redis
from tests.fixtures.sockets import live_server, serve_live

__all__ = [
    "ana",
    "anonymous",
    "app",
    "as_user",
    "ben",
    "caller",
    "client",
    "cluster",
    "connections",
    "database_urls",
    "fresh_cluster",
    "fresh_redis",
    "live_server",
    "model_server",
    "new_user",
    "owner",
    "pytest_configure_node",
    "pytest_sessionfinish",
    "pytest_sessionstart",
    "serve",
    "serve_live",
    "settings",
    "superuser",
]
