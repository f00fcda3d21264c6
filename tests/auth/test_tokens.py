"""Tokens: who is believed, and who is not."""

from __future__ import annotations

import base64
import json
import time
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest
from pydantic import SecretStr

from graphql_api.auth import ANONYMOUS, TokenVerifier
from graphql_api.errors import Unauthenticated
from tests.auth.signing import (
    SECRET,
    USER,
    Clock,
    Provider,
    by_secret,
    claims,
    elliptic,
    key_set_settings,
    rsa_signer,
    settings,
)


async def refusal(verifier: TokenVerifier, token: str) -> str:
    """The sentence that a client reads, which must never be the library's or the token's."""
    with pytest.raises(Unauthenticated) as refused:
        await verifier.verify(token)
    assert token not in refused.value.message or not token
    return refused.value.message


def part(value: object) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


async def test_a_good_token_names_its_viewer() -> None:
    session_id = uuid4()
    issued_at = int(time.time()) - 10

    viewer = await TokenVerifier(settings()).verify(
        by_secret(session_id=str(session_id), iat=issued_at, exp=issued_at + 60, aal="aal2")
    )

    assert viewer.user_id == USER
    assert viewer.role == "authenticated"
    assert viewer.session_id == session_id
    assert (viewer.issued_at, viewer.expires_at) == (issued_at, issued_at + 60)
    assert viewer.aal == "aal2"
    assert viewer.is_anonymous is False


async def test_claims_for_policies_carry_nothing_else_of_the_token() -> None:
    viewer = await TokenVerifier(settings()).verify(by_secret(session_id=None))

    assert json.loads(viewer.claims) == {
        "role": "authenticated",
        "sub": str(USER),
        "aal": "aal1",
        "is_anonymous": False,
    }


async def test_a_user_without_credentials_is_known_as_one() -> None:
    viewer = await TokenVerifier(settings()).verify(by_secret(is_anonymous=True))

    assert viewer.is_anonymous is True
    assert viewer.role == "authenticated"


async def test_no_header_is_the_anonymous_viewer() -> None:
    assert await TokenVerifier(settings()).viewer_of(None) is ANONYMOUS


async def test_the_public_key_of_the_project_is_the_anonymous_viewer() -> None:
    token = jwt.encode(
        {"iss": "supabase", "ref": "abc", "role": "anon", "exp": int(time.time()) + 60},
        SECRET,
        algorithm="HS256",
    )

    assert await TokenVerifier(settings()).verify(token) is ANONYMOUS


async def test_an_anonymous_token_that_names_a_user_is_refused() -> None:
    assert await refusal(TokenVerifier(settings()), by_secret(role="anon"))


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic YTpi", "Token abc", "Bearer a b", "abc"]
)
async def test_a_malformed_header_is_refused(header: str) -> None:
    with pytest.raises(Unauthenticated):
        await TokenVerifier(settings()).viewer_of(header)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_the_scheme_may_be_written_in_any_case(scheme: str) -> None:
    viewer = await TokenVerifier(settings()).viewer_of(f"{scheme} {by_secret()}")

    assert viewer.user_id == USER


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "a.b",
        "a.b.c",
        "....",
        "é.é.é",
        "\x00",
        f"{part([])}.{part({})}.x",
        f"{part({'alg': 'HS256', 'kid': 7})}.{part({})}.x",
        f"{part({'alg': ['HS256']})}.{part({})}.x",
        f"{part({'alg': 'HS256', 'crit': ['b64'], 'b64': False})}.{part({})}.x",
        f"{part(b'[' * 3000)}.{part({})}.x",
        f"{part(bytes([255, 254]))}.{part({})}.x",
    ],
)
async def test_what_is_no_token_is_refused(token: str) -> None:
    assert await refusal(TokenVerifier(settings()), token) == "The token is not valid."


async def test_a_signed_payload_nested_too_deep_is_refused() -> None:
    signed = jwt.api_jws.encode(b"[" * 3000, SECRET, algorithm="HS256")

    assert await refusal(TokenVerifier(settings()), signed) == "The token is not valid."


async def test_a_forged_signature_is_refused() -> None:
    forged = by_secret("another-secret-that-is-as-long-as-it-must-be")

    assert await refusal(TokenVerifier(settings()), forged) == "The token is not valid."


async def test_a_changed_payload_is_refused() -> None:
    header, _, signature = by_secret().split(".")
    changed = f"{header}.{part(claims(sub=str(uuid4())))}.{signature}"

    assert await refusal(TokenVerifier(settings()), changed) == "The token is not valid."


@pytest.mark.parametrize("name", ["none", "None", "NONE", "", "HS512", "EdDSA", "PS256"])
async def test_an_algorithm_that_is_not_ours_is_refused(name: str) -> None:
    verifier = TokenVerifier(settings(supabase_jwks_url="https://keys.example"))
    unsigned = f"{part({'alg': name, 'typ': 'JWT'})}.{part(claims())}."

    assert await refusal(verifier, unsigned) == "The token is not valid."


async def test_a_token_without_an_algorithm_is_refused() -> None:
    assert await refusal(TokenVerifier(settings()), f"{part({'typ': 'JWT'})}.{part(claims())}.")


async def test_a_public_key_does_not_serve_as_a_secret() -> None:
    signer = rsa_signer()
    provider = Provider(signer)
    signing_input = f"{part({'alg': 'HS256', 'kid': signer.kid})}.{part(claims())}".encode()
    hmac = jwt.get_algorithm_by_name("HS256")
    # PyJWT refuses to make this token, so it is made by hand, as an attacker would.
    signature = part(hmac.sign(signing_input, signer.public_pem))
    confused = f"{signing_input.decode()}.{signature}"

    for verifier in (
        TokenVerifier(key_set_settings(), provider.client),
        TokenVerifier(settings(supabase_jwks_url="https://keys.example"), provider.client),
    ):
        assert await refusal(verifier, confused) == "The token is not valid."


async def test_a_symmetric_key_in_the_key_set_is_not_used() -> None:
    provider = Provider()
    key = part(SECRET.encode())
    provider.answer_with({"keys": [{"kty": "oct", "kid": "k", "alg": "HS256", "k": key}]})
    token = jwt.encode(claims(), SECRET, algorithm="HS256", headers={"kid": "k"})

    assert await refusal(TokenVerifier(key_set_settings(), provider.client), token)


async def test_a_key_verifies_its_own_algorithm_only() -> None:
    signer = elliptic()
    provider = Provider(signer)
    rsa_key = rsa_signer()
    token = jwt.encode(claims(), rsa_key.private, algorithm="RS256", headers={"kid": signer.kid})

    assert await refusal(TokenVerifier(key_set_settings(), provider.client), token)


async def test_an_expired_token_is_refused() -> None:
    token = by_secret(exp=int(time.time()) - 6)

    assert "expired" in await refusal(TokenVerifier(settings()), token)


async def test_a_clock_that_is_a_little_ahead_does_no_harm() -> None:
    now = int(time.time())

    viewer = await TokenVerifier(settings()).verify(
        by_secret(exp=now - 2, nbf=now + 2, iat=now + 2)
    )

    assert viewer.user_id == USER


@pytest.mark.parametrize("claim", ["nbf", "iat"])
async def test_a_token_from_the_future_is_refused(claim: str) -> None:
    changes: dict[str, Any] = {claim: int(time.time()) + 60}
    token = by_secret(**changes)

    assert await refusal(TokenVerifier(settings()), token) == "The token is not valid yet."


@pytest.mark.parametrize("exp", [None, "soon", True, [1], float("inf"), -1])
async def test_a_token_without_a_usable_end_is_refused(exp: Any) -> None:
    assert await refusal(TokenVerifier(settings()), by_secret(exp=exp))


@pytest.mark.parametrize("audience", ["anon", None, ["others"], 7, {"authenticated": 1}])
async def test_a_token_for_another_audience_is_refused(audience: Any) -> None:
    message = await refusal(TokenVerifier(settings()), by_secret(aud=audience))

    assert message == "The token is not meant for this service."


async def test_one_audience_of_several_is_enough() -> None:
    token = by_secret(aud=["others", "authenticated"])

    assert (await TokenVerifier(settings()).verify(token)).user_id == USER


async def test_the_issuer_counts_when_one_is_configured() -> None:
    verifier = TokenVerifier(settings(jwt_issuer="https://project.example/auth/v1"))

    assert (await verifier.verify(by_secret())).user_id == USER
    for issuer in ("https://evil.example/auth/v1", None):
        assert await refusal(verifier, by_secret(iss=issuer))


@pytest.mark.parametrize(
    "sub",
    [
        "null",
        "",
        None,
        7,
        "ana",
        "{3f2b8c1e-9d4a-4c6b-8e57-1a2b3c4d5e6f}",
        "urn:uuid:3f2b8c1e-9d4a-4c6b-8e57-1a2b3c4d5e6f",
        "3f2b8c1e9d4a4c6b8e571a2b3c4d5e6f",
        "3f2b8c1e-9d4a-4c6b-8e57-1a2b3c4d5e6f' or true --",
    ],
)
async def test_a_subject_that_is_no_uuid_is_refused(sub: Any) -> None:
    assert await refusal(TokenVerifier(settings()), by_secret(sub=sub))


async def test_a_uuid_may_be_written_in_capitals() -> None:
    assert (
        await TokenVerifier(settings()).verify(by_secret(sub=str(USER).upper()))
    ).user_id == USER


@pytest.mark.parametrize("session_id", ["null", "", 7, ["x"], "device-1"])
async def test_a_session_that_is_no_uuid_is_refused(session_id: Any) -> None:
    assert await refusal(TokenVerifier(settings()), by_secret(session_id=session_id))


@pytest.mark.parametrize(
    "role",
    [
        "service_role",
        "cairn_server",
        "cairn_api",
        "postgres",
        "supabase_admin",
        "Authenticated",
        "authenticated ",
        "",
        None,
        ["authenticated"],
        {"authenticated": True},
    ],
)
async def test_a_role_that_is_not_for_people_is_refused(role: Any) -> None:
    message = await refusal(TokenVerifier(settings()), by_secret(role=role))

    assert message == "The token's role may not be used here."


@pytest.mark.parametrize("aal", ["aal9", 2, ["aal2"], None])
async def test_an_assurance_level_that_is_not_known_is_worth_none(aal: Any) -> None:
    assert (await TokenVerifier(settings()).verify(by_secret(aal=aal))).aal is None


async def test_a_giant_token_is_refused_before_it_is_read() -> None:
    giant = by_secret(padding="x" * 10_000)

    assert await refusal(TokenVerifier(settings()), giant) == "The token is not valid."


async def test_a_secret_and_a_key_set_serve_side_by_side() -> None:
    signer = elliptic()
    both = key_set_settings(supabase_jwt_secret=SecretStr(SECRET))
    verifier = TokenVerifier(both, Provider(signer).client)

    assert (await verifier.verify(by_secret())).user_id == USER
    assert (await verifier.verify(signer.token())).user_id == USER


# Remembering -------------------------------------------------------------------------------


async def test_a_verified_token_is_remembered() -> None:
    verifier = TokenVerifier(settings())
    token = by_secret()

    assert await verifier.verify(token) is await verifier.verify(token)


async def test_a_remembered_token_still_expires() -> None:
    clock = Clock(time.time())
    verifier = TokenVerifier(settings(), clock=clock)
    token = by_secret(exp=int(clock.now) + 60)
    await verifier.verify(token)

    clock.now += 66

    assert "expired" in await refusal(verifier, token)
    assert verifier.cached == 0


async def test_a_forgery_of_a_remembered_token_is_refused() -> None:
    verifier = TokenVerifier(settings())
    token = by_secret()
    await verifier.verify(token)
    unsigned = token.rpartition(".")[0]

    for signature in ("", part(b"x" * 32)):
        assert await refusal(verifier, f"{unsigned}.{signature}") == "The token is not valid."


async def test_only_so_many_tokens_are_remembered_and_the_one_unused_longest_goes() -> None:
    verifier = TokenVerifier(settings(token_cache_size=3))
    tokens = [by_secret(sub=str(UUID(int=number + 1))) for number in range(4)]
    viewers = [await verifier.verify(token) for token in tokens[:3]]
    await verifier.verify(tokens[0])

    await verifier.verify(tokens[3])

    assert verifier.cached == 3
    assert await verifier.verify(tokens[0]) is viewers[0]
    assert await verifier.verify(tokens[1]) is not viewers[1]


async def test_a_refused_token_is_not_remembered() -> None:
    verifier = TokenVerifier(settings())

    await refusal(verifier, by_secret(role="service_role"))

    assert verifier.cached == 0
