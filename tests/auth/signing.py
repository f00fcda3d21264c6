"""Keys, tokens and a key set that tests can turn over, take down and count the fetches of."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import cache
from typing import Any
from uuid import UUID, uuid4

import httpx2
import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from pydantic import SecretStr

from graphql_api.settings import Settings
from tests.fixtures.graphql import OwnSettings

SECRET = "a-secret-of-these-tests-and-nothing-else"
USER = UUID("3f2b8c1e-9d4a-4c6b-8e57-1a2b3c4d5e6f")
JWKS_URL = "https://keys.example/auth/v1/.well-known/jwks.json"

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def claims(**changes: Any) -> dict[str, Any]:
    """What Supabase writes into a token; a change to None takes the claim out."""
    now = int(time.time())
    written = {
        "sub": str(USER),
        "role": "authenticated",
        "aud": "authenticated",
        "iss": "https://project.example/auth/v1",
        "iat": now,
        "exp": now + 3600,
        "session_id": str(uuid4()),
        "aal": "aal1",
        "is_anonymous": False,
        "email": "ana@example.com",
        "user_metadata": {"role": "service_role"},
    }
    return {name: value for name, value in (written | changes).items() if value is not None}


def by_secret(secret: str = SECRET, **changes: Any) -> str:
    return jwt.encode(claims(**changes), secret, algorithm="HS256")


def settings(**changes: Any) -> Settings:
    return OwnSettings(supabase_jwt_secret=SecretStr(SECRET)).model_copy(update=changes)


def key_set_settings(**changes: Any) -> Settings:
    return OwnSettings(supabase_jwks_url=JWKS_URL).model_copy(update=changes)


class Signer:
    """A private key with a name."""

    def __init__(self, private: PrivateKey, kid: str | None = None) -> None:
        self.private = private
        self.kid = kid or uuid4().hex
        self.algorithm = "RS256" if isinstance(private, rsa.RSAPrivateKey) else "ES256"

    def token(self, **changes: Any) -> str:
        return jwt.encode(
            claims(**changes), self.private, algorithm=self.algorithm, headers={"kid": self.kid}
        )

    @property
    def jwk(self) -> dict[str, Any]:
        if isinstance(self.private, rsa.RSAPrivateKey):
            made = RSAAlgorithm.to_jwk(self.private.public_key())
        else:
            made = ECAlgorithm.to_jwk(self.private.public_key())
        return {**json.loads(made), "kid": self.kid, "alg": self.algorithm, "use": "sig"}

    @property
    def public_pem(self) -> bytes:
        return self.private.public_key().public_bytes(
            Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
        )


def elliptic(kid: str | None = None) -> Signer:
    return Signer(ec.generate_private_key(ec.SECP256R1()), kid)


@cache
def rsa_signer() -> Signer:
    return Signer(rsa.generate_private_key(65537, 2048))


class Provider:
    """The identity provider's key set, over HTTP without a network."""

    def __init__(self, *signers: Signer) -> None:
        self.fetches = 0
        self.publish(*signers)

    def publish(self, *signers: Signer) -> None:
        self.answer_with({"keys": [signer.jwk for signer in signers]})

    def answer_with(self, document: object, status: int = 200) -> None:
        self.respond: Callable[[], httpx2.Response] = lambda: httpx2.Response(status, json=document)

    def break_down(self) -> None:
        def refuse() -> httpx2.Response:
            raise httpx2.ConnectError("down")

        self.respond = refuse

    @property
    def client(self) -> httpx2.AsyncClient:
        def handle(_request: httpx2.Request) -> httpx2.Response:
            self.fetches += 1
            return self.respond()

        return httpx2.AsyncClient(transport=httpx2.MockTransport(handle))


class Clock:
    """Seconds that pass when told to."""

    def __init__(self, now: float = 1_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now
