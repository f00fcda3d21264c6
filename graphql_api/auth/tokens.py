"""Tokens: from the text after `Bearer` to a `Viewer`, or `Unauthenticated`."""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

import httpx2
import jwt

from graphql_api.auth.keys import KeySet, VerifyingKey
from graphql_api.auth.viewer import ANONYMOUS, Viewer
from graphql_api.errors import Unauthenticated
from graphql_api.settings import Settings

# Supabase's own tokens are below 2 kB; a proxy in front usually allows 8 kB for all headers.
MAX_TOKEN_BYTES = 8 * 1024

NOT_VALID = "The token is not valid."
EXPIRED = "The token has expired; sign in again."


@dataclass(frozen=True, slots=True)
class _Verified:
    viewer: Viewer
    expires_at: int


class TokenVerifier:
    """Verifies tokens, and remembers those that it has verified until they expire.

    Verifying costs 107 µs (HS256) or 225 µs (ES256); remembering costs under 1 µs.
    """

    def __init__(
        self,
        settings: Settings,
        http_client: httpx2.AsyncClient | None = None,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Take secret, key set, audience and issuer from `settings`.

        Args:
            settings: read once; a new secret needs a new process.
            http_client: fetches the key set; one of its own when None.
            clock: seconds since 1970.
        """
        secret = settings.supabase_jwt_secret
        self._secret = secret.get_secret_value().encode() if secret is not None else None
        self._audience = settings.jwt_audience
        self._issuer = settings.jwt_issuer
        self._leeway_seconds = settings.jwt_leeway.total_seconds()
        self._cache: OrderedDict[bytes, _Verified] = OrderedDict()
        self._cache_size = settings.token_cache_size
        self._clock = clock
        self._own_client: httpx2.AsyncClient | None = None
        self._keys: KeySet | None = None
        if settings.jwks_url is not None:
            if http_client is None:
                http_client = self._own_client = httpx2.AsyncClient()
            self._keys = KeySet(settings.jwks_url, http_client)
            self._keys.on_key_gone = self._cache.clear

    @property
    def cached(self) -> int:
        """How many verified tokens are remembered."""
        return len(self._cache)

    async def viewer_of(self, authorization: str | None) -> Viewer:
        """Give the caller for the value of an `Authorization` header; None is anonymous.

        Raises:
            Unauthenticated: a header that is not `Bearer <token>`, or a bad token.
            Unavailable: the token's key cannot be had just now.
        """
        if authorization is None:
            return ANONYMOUS
        scheme, _, token = authorization.partition(" ")
        token = token.strip(" ")
        if scheme.lower() != "bearer" or not token or " " in token:
            raise Unauthenticated("The Authorization header is not `Bearer <token>`.")
        return await self.verify(token)

    async def verify(self, token: str) -> Viewer:
        """Give the viewer of a token.

        Raises:
            Unauthenticated: forged, expired, not for us, or not about a user.
            Unavailable: the token's key cannot be had just now.
        """
        if len(token) > MAX_TOKEN_BYTES or not token.isascii():
            raise Unauthenticated(NOT_VALID)
        if self._keys is not None:
            self._keys.renew_when_due()
        digest = hashlib.sha256(token.encode()).digest()
        known = self._cache.get(digest)
        if known is not None:
            if self._clock() < known.expires_at + self._leeway_seconds:
                self._cache.move_to_end(digest)
                return known.viewer
            del self._cache[digest]
            raise Unauthenticated(EXPIRED)
        claims = await self._verified_claims(token)
        viewer = self._viewer(claims)
        self._remember(digest, _Verified(viewer, int(claims["exp"])))
        return viewer

    async def close(self) -> None:
        """End what runs in the background."""
        if self._keys is not None:
            await self._keys.close()
        if self._own_client is not None:
            await self._own_client.aclose()

    async def _verified_claims(self, token: str) -> Mapping[str, Any]:
        """Check signature and times. Audience and issuer are `_viewer`'s, which knows the role."""
        key, algorithm = await self._key_for(token)
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key.public if isinstance(key, VerifyingKey) else key,
                algorithms=[algorithm],
                leeway=self._leeway_seconds,
                options={"require": ["exp"], "verify_aud": False, "verify_iss": False},
            )
        except jwt.ExpiredSignatureError:
            raise Unauthenticated(EXPIRED) from None
        except jwt.ImmatureSignatureError:
            raise Unauthenticated("The token is not valid yet.") from None
        except (jwt.PyJWTError, ValueError, TypeError, ArithmeticError, RecursionError):
            raise Unauthenticated(NOT_VALID) from None
        return claims

    async def _key_for(self, token: str) -> tuple[VerifyingKey | bytes, str]:
        """Choose the key by the header, each algorithm from its own kind of key only."""
        try:
            header = jwt.get_unverified_header(token)
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
            raise Unauthenticated(NOT_VALID) from None
        algorithm = header.get("alg")
        if algorithm == "HS256" and self._secret is not None:
            return self._secret, algorithm
        if algorithm in ("ES256", "RS256") and self._keys is not None:
            key = await self._keys.find(header.get("kid"), algorithm)
            return key, key.algorithm
        raise Unauthenticated(NOT_VALID)

    def _viewer(self, claims: Mapping[str, Any]) -> Viewer:
        role = claims.get("role")
        if role == "anon" and "sub" not in claims:
            # The project's public key, sent by stock clients before sign-in. It has no audience
            # and another issuer, and grants what no token at all grants.
            return ANONYMOUS
        self._check_addressee(claims)
        if role != "authenticated":
            # service_role, cairn_server, postgres, …: never by a token.
            raise Unauthenticated("The token's role may not be used here.")
        return Viewer(
            user_id=_uuid(claims.get("sub")),
            role="authenticated",
            session_id=_uuid(claims["session_id"]) if "session_id" in claims else None,
            expires_at=int(claims["exp"]),
            issued_at=int(claims["iat"]) if "iat" in claims else None,
            aal=_assurance(claims.get("aal")),
            is_anonymous=claims.get("is_anonymous") is True,
        )

    def _check_addressee(self, claims: Mapping[str, Any]) -> None:
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        if self._audience not in audiences:
            raise Unauthenticated("The token is not meant for this service.")
        if self._issuer is not None and claims.get("iss") != self._issuer:
            raise Unauthenticated("The token comes from an issuer that is not trusted here.")

    def _remember(self, digest: bytes, verified: _Verified) -> None:
        self._cache[digest] = verified
        while len(self._cache) > self._cache_size:
            self._cache.popitem(last=False)


def _uuid(value: object) -> UUID:
    """Read a uuid in its usual spelling only; `null`, braces and urn: are somebody's mistake."""
    try:
        parsed = UUID(value) if isinstance(value, str) else None
    except ValueError:
        parsed = None
    if parsed is None or str(parsed) != str(value).lower():
        raise Unauthenticated("The token does not name a user and session as it should.")
    return parsed


def _assurance(value: object) -> Literal["aal1", "aal2"] | None:
    """Give the assurance level; one that nobody here knows is worth none."""
    if value == "aal1":
        return "aal1"
    return "aal2" if value == "aal2" else None
