"""The key set of the identity provider: fetched, kept, and refetched within bounds.

A key set (JWKS) changes seldom and is asked at each token, so it is kept in memory:

- younger than `MAX_AGE_SECONDS`: used as it is;
- older: used, while one background fetch renews it, so that a key that was withdrawn goes;
- a `kid` nobody knows: refetched at once (a rotation), but never more often than every
  `REFETCH_SECONDS`, however many forged tokens ask for it, and by one fetch for all who wait;
- the provider is down: the old keys serve on until `STALE_SECONDS`, then nobody is believed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import httpx2
import orjson
import structlog
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK
from jwt.exceptions import PyJWTError

from graphql_api.errors import Unauthenticated, Unavailable

Algorithm = Literal["ES256", "RS256"]

MAX_AGE_SECONDS = 600.0  # as long as Supabase's own edge keeps its key set
STALE_SECONDS = 3600.0
REFETCH_SECONDS = 10.0
FETCH_TIMEOUT_SECONDS = 5.0
MAX_BODY_BYTES = 64 * 1024
MAX_KEYS = 32
MIN_RSA_BITS = 2048

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class VerifyingKey:
    """One public key, and the one algorithm that it may verify.

    The algorithm follows from the key's own type, never from a token's header: with a free
    choice, a public RSA key would serve as an HMAC secret that everybody knows.
    """

    kid: str | None
    algorithm: Algorithm
    public: EllipticCurvePublicKey | RSAPublicKey
    fingerprint: bytes


class KeySetRefused(Exception):
    """The provider's answer is not a key set that can be used."""


class KeySet:
    """The provider's current keys, by `kid`."""

    def __init__(
        self,
        url: str,
        client: httpx2.AsyncClient,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Fetch from `url` with `client` when first asked; `clock` gives seconds."""
        self._url = url
        self._client = client
        self._clock = clock
        self._keys: tuple[VerifyingKey, ...] = ()
        self._fetched_at: float | None = None
        self._tried_at: float | None = None
        self._failed = False
        self._fetching: asyncio.Task[None] | None = None
        # Told whenever a key is no longer in the set, so that tokens that it signed are forgotten.
        self.on_key_gone: Callable[[], None] = lambda: None

    async def find(self, kid: str | None, algorithm: Algorithm) -> VerifyingKey:
        """Give the key for a token's header.

        Args:
            kid: the header's `kid`; None fits only when one single key has the algorithm.
            algorithm: the header's `alg`, which must be the key's own.

        Raises:
            Unauthenticated: no such key.
            Unavailable: the provider does not answer, and what is known of its keys is too old.
        """
        self.renew_when_due()
        if self._is_usable():
            key = self._known(kid, algorithm)
            if key is not None:
                return key
        await self._refetch()
        if not self._is_usable():
            raise Unavailable(retry_after_seconds=REFETCH_SECONDS)
        key = self._known(kid, algorithm)
        if key is not None:
            return key
        if self._failed:
            # Perhaps a new key that we cannot learn of: the token may well be good, later.
            raise Unavailable(retry_after_seconds=REFETCH_SECONDS)
        raise Unauthenticated("The token was signed with a key that is not known here.")

    def renew_when_due(self) -> None:
        """Start a fetch in the background when the set has become old; cheap, and never waits."""
        if self._fetched_at is None:
            return
        if self._clock() - self._fetched_at >= MAX_AGE_SECONDS:
            if not self._is_usable() and self._keys:
                self._replace(())
            if self._may_fetch():
                self._start()

    async def close(self) -> None:
        """End a fetch that is under way."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.gather(self._fetching, return_exceptions=True)

    def _known(self, kid: str | None, algorithm: Algorithm) -> VerifyingKey | None:
        fitting = [
            key
            for key in self._keys
            if key.algorithm == algorithm and (kid is None or key.kid == kid)
        ]
        return fitting[0] if len(fitting) == 1 else None

    def _is_usable(self) -> bool:
        return self._fetched_at is not None and self._clock() - self._fetched_at < STALE_SECONDS

    def _may_fetch(self) -> bool:
        if self._fetching is not None:
            return False
        return self._tried_at is None or self._clock() - self._tried_at >= REFETCH_SECONDS

    def _start(self) -> asyncio.Task[None]:
        self._tried_at = self._clock()
        self._fetching = asyncio.create_task(self._fetch(), name="key set")
        return self._fetching

    async def _refetch(self) -> None:
        """Fetch unless that was done just now; wait for a fetch that is under way."""
        if self._may_fetch():
            self._start()
        if self._fetching is not None:
            # A request that gives up must not take the fetch from the others who wait for it.
            await asyncio.shield(self._fetching)

    async def _fetch(self) -> None:
        try:
            async with asyncio.timeout(FETCH_TIMEOUT_SECONDS):
                keys = _parse(await self._read())
        except (httpx2.HTTPError, httpx2.InvalidURL, KeySetRefused, TimeoutError) as error:
            self._failed = True
            log.warning("the key set could not be fetched", reason=type(error).__name__)
        else:
            self._failed = False
            self._fetched_at = self._clock()
            self._replace(keys)
        finally:
            self._fetching = None

    async def _read(self) -> bytes:
        # Not compressed: a few bytes on the wire cannot become many in memory.
        headers = {"accept": "application/json", "accept-encoding": "identity"}
        async with self._client.stream(
            "GET", self._url, headers=headers, follow_redirects=False
        ) as response:
            if response.status_code != 200:
                raise KeySetRefused(f"status {response.status_code}")
            if response.headers.get("content-encoding", "identity") != "identity":
                raise KeySetRefused("compressed")
            body = bytearray()
            async for chunk in response.aiter_bytes(chunk_size=8192):
                body += chunk
                if len(body) > MAX_BODY_BYTES:
                    raise KeySetRefused("too large")
            return bytes(body)

    def _replace(self, keys: tuple[VerifyingKey, ...]) -> None:
        gone = {key.fingerprint for key in self._keys} - {key.fingerprint for key in keys}
        self._keys = keys
        if gone:
            self.on_key_gone()


def _parse(body: bytes) -> tuple[VerifyingKey, ...]:
    """Read the keys that we can use; others (encryption, unknown types, short keys) are left out.

    Raises:
        KeySetRefused: not a key set at all.
    """
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise KeySetRefused("not JSON") from error
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list) or len(entries) > MAX_KEYS:
        raise KeySetRefused("no list of keys")
    parsed = [_verifying_key(entry) for entry in entries if isinstance(entry, dict)]
    return tuple(key for key in parsed if key is not None)


def _verifying_key(entry: Mapping[str, Any]) -> VerifyingKey | None:
    algorithm: Algorithm
    match entry.get("kty"), entry.get("crv"):
        case "EC", "P-256":
            algorithm = "ES256"
        case "RSA", _:
            algorithm = "RS256"
        case _:
            return None
    kid = entry.get("kid")
    if entry.get("alg", algorithm) != algorithm or entry.get("use", "sig") != "sig":
        return None
    if kid is not None and not isinstance(kid, str):
        return None
    # The private half has no business here; PyJWT would build a private key of it.
    public_part = {
        name: entry[name] for name in ("kty", "crv", "x", "y", "n", "e") if name in entry
    }
    try:
        public = PyJWK(public_part, algorithm=algorithm).key
    except (PyJWTError, ValueError, TypeError):
        return None
    if not isinstance(public, EllipticCurvePublicKey | RSAPublicKey):
        return None
    if isinstance(public, RSAPublicKey) and public.key_size < MIN_RSA_BITS:
        return None
    fingerprint = orjson.dumps([kid, public_part], option=orjson.OPT_SORT_KEYS)
    return VerifyingKey(kid=kid, algorithm=algorithm, public=public, fingerprint=fingerprint)
