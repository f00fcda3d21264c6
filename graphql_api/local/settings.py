"""Settings for a server on the local stack."""

from __future__ import annotations

import socket

import psutil
from pydantic import SecretStr, ValidationError

from graphql_api.local.process import Problem
from graphql_api.local.stack import Urls
from graphql_api.server import CannotListen, listen
from graphql_api.settings import Settings


def local_settings(urls: Urls, jwt_secret: str, *, port: int = 0) -> Settings:
    """Give the environment's settings, with everything that points elsewhere pointing here.

    Args:
        urls: of the local stack.
        jwt_secret: signs and verifies tokens.
        port: where the server listens on 127.0.0.1.

    Raises:
        Problem: a variable of the environment has no valid value.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        names = ", ".join(str(fault["loc"][0]) for fault in error.errors())
        raise Problem(f"These variables have values that are not valid: {names}.") from error
    return settings.model_copy(
        update={
            "supabase_database_url": SecretStr(urls.api),
            "redis_url": SecretStr(urls.redis),
            "supabase_url": None,
            "supabase_jwks_url": None,
            "supabase_jwt_secret": SecretStr(jwt_secret),
            "jwt_audience": "authenticated",
            "jwt_issuer": None,
            "owner_database_url": None,
            "environment": "development",
            "pooler": "session",
            "host": "127.0.0.1",
            "port": port,
        }
    )


def listen_here(port: int) -> socket.socket:
    """Take the port on 127.0.0.1 now, before anything is started.

    Raises:
        Problem: somebody else listens there, and who.
    """
    try:
        return listen("127.0.0.1", port)
    except CannotListen as error:
        if not error.is_taken:
            raise Problem(str(error)) from error
        raise Problem(
            f"Port {port} on 127.0.0.1 is taken{_taken_by(port)}. Stop that program, or choose "
            f'another port: make dev ARGS="--port {port + 1 if port < 65535 else 0}"'
        ) from error


def _taken_by(port: int) -> str:
    """Name the program that listens on the port, when the system lets us see it."""
    try:
        for connection in psutil.net_connections(kind="tcp"):
            listens = connection.status == psutil.CONN_LISTEN and connection.laddr.port == port
            if listens and connection.pid:
                name = psutil.Process(connection.pid).name()
                return f" by {name} (process {connection.pid})"
    except (psutil.Error, OSError):
        return ""  # not everywhere allowed; the sentence is true without it
    return ""
