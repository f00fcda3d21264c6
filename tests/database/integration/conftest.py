"""A client, and the way from her consent to its tokens."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from uuid import UUID

import asyncpg
import pytest

from graphql_api.auth import Viewer
from graphql_api.local.stack import Urls
from tests.fixtures.people import AsUser

ADDRESS = "https://chat.example.com/callback"
SCOPES = ["memory:read", "memory:write"]


def sha256(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def challenge(verifier: str) -> str:
    """RFC 7636, 4.2."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@dataclass
class Oauth:
    """Our authorization server, as far as the database goes.

    Attributes:
        endpoint: a pool of the API, as nobody in particular: the token endpoint has no user.
    """

    endpoint: asyncpg.Pool
    as_user: AsUser
    owner: asyncpg.Connection
    client_id: str = field(default_factory=lambda: f"client-{secrets.token_hex(6)}")
    verifier: str = "v" * 43

    def hash(self, token: str) -> str:
        """The hash of a token that only this test has."""
        return sha256(f"{self.client_id} {token}")

    async def call(self, sql: str, *arguments: object) -> list[asyncpg.Record]:
        async with self.endpoint.acquire() as connection, connection.transaction():
            await connection.execute("set local role cairn_server")
            found: list[asyncpg.Record] = await connection.fetch(sql, *arguments)
            return found

    async def register(self, **changed: object) -> None:
        facts: dict[str, object] = {
            "client_id": self.client_id,
            "client_secret_hash": None,
            "name": "Chat",
            "redirect_uris": [ADDRESS],
            "scopes": SCOPES,
            "token_endpoint_auth_method": "none",
            "grant_types": ["authorization_code", "refresh_token"],
        } | changed
        await self.call(
            "select private.register_client($1, $2, $3, $4, $5, $6, $7)", *facts.values()
        )

    async def issue(self, viewer: Viewer, **changed: object) -> str:
        """Let the client in; give the code that it is sent."""
        code = secrets.token_urlsafe(32)
        facts: dict[str, object] = {
            "client_id": self.client_id,
            "redirect_uri": ADDRESS,
            "scopes": SCOPES,
            "code_challenge": challenge(self.verifier),
            "resource": None,
            "lifetime_seconds": 60.0,
        } | changed
        async with self.as_user(viewer, "cairn_server") as connection:
            await connection.execute(
                "select private.issue_authorization_code($1, $2, $3, $4, $5, $6, $7)",
                sha256(code),
                *facts.values(),
            )
        return code

    async def redeem(
        self, code: str, access: str | None = None, refresh: str | None = None, **changed: object
    ) -> asyncpg.Record | None:
        facts: dict[str, object] = {
            "client_id": self.client_id,
            "redirect_uri": ADDRESS,
            "code_challenge": challenge(self.verifier),
            "access": self.hash(access or secrets.token_urlsafe(32)),
            "refresh": self.hash(refresh or secrets.token_urlsafe(32)),
            "resource": None,
        } | changed
        found = await self.call(
            "select * from private.redeem_authorization_code"
            "($1, $2, $3, $4, $5, $6, 3600, 86400, $7, '192.0.2.9', 'Chat/1.0')",
            sha256(code),
            *facts.values(),
        )
        return found[0] if found else None

    async def rotate(
        self,
        refresh: str,
        access: str | None = None,
        following: str | None = None,
        **changed: object,
    ) -> asyncpg.Record | None:
        facts: dict[str, object] = {
            "client_id": self.client_id,
            "access": self.hash(access or secrets.token_urlsafe(32)),
            "following": self.hash(following or secrets.token_urlsafe(32)),
            "wanted_scopes": None,
        } | changed
        found = await self.call(
            "select * from private.rotate_refresh_token($1, $2, $3, $4, 3600, 86400, $5)",
            self.hash(refresh),
            *facts.values(),
        )
        return found[0] if found else None

    async def admit(self, access: str) -> asyncpg.Record | None:
        found = await self.call("select * from private.admit_access_token($1)", self.hash(access))
        return found[0] if found else None

    async def family(self, family_id: UUID) -> asyncpg.Record:
        return await self.owner.fetchrow(
            "select * from private.oauth_families where id = $1", family_id
        )


@pytest.fixture
async def oauth(
    database_urls: Urls, as_user: AsUser, owner: asyncpg.Connection
) -> AsyncIterator[Oauth]:
    pool = await asyncpg.create_pool(database_urls.api, min_size=5, max_size=10)
    server = Oauth(pool, as_user, owner)
    await server.register()
    yield server
    await pool.close()
