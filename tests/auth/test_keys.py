"""The key set: rotation, outages and floods."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Callable

import httpx2
import pytest

from graphql_api.auth import TokenVerifier
from graphql_api.auth.keys import (
    MAX_AGE_SECONDS,
    REFETCH_SECONDS,
    STALE_SECONDS,
    KeySet,
)
from graphql_api.errors import Unauthenticated, Unavailable
from tests.auth.signing import (
    JWKS_URL,
    USER,
    Clock,
    Provider,
    Signer,
    elliptic,
    key_set_settings,
    rsa_signer,
)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def signer() -> Signer:
    return elliptic()


@pytest.fixture
def provider(signer: Signer) -> Provider:
    return Provider(signer)


@pytest.fixture
def keys(provider: Provider, clock: Clock) -> KeySet:
    return KeySet(JWKS_URL, provider.client, clock=clock)


async def renewed(keys: KeySet) -> None:
    """Start the background fetch that is due, and see its end."""
    keys.renew_when_due()
    for task in asyncio.all_tasks():
        if task.get_name() == "key set":
            await task


@pytest.mark.parametrize("kind", [elliptic, rsa_signer])
async def test_a_token_signed_with_a_published_key_is_believed(kind: Callable[[], Signer]) -> None:
    signer = kind()
    verifier = TokenVerifier(key_set_settings(), Provider(signer).client)

    assert (await verifier.verify(signer.token())).user_id == USER


async def test_the_key_set_is_fetched_once_for_many_tokens(signer: Signer) -> None:
    provider = Provider(signer)
    verifier = TokenVerifier(key_set_settings(), provider.client)

    await asyncio.gather(*(verifier.verify(signer.token()) for _ in range(20)))

    assert provider.fetches == 1


async def test_a_key_of_a_stranger_is_refused_though_it_bears_a_published_name(
    signer: Signer, provider: Provider
) -> None:
    verifier = TokenVerifier(key_set_settings(), provider.client)

    with pytest.raises(Unauthenticated):
        await verifier.verify(elliptic(kid=signer.kid).token())


async def test_a_token_without_a_key_name_fits_the_only_key(
    keys: KeySet, provider: Provider
) -> None:
    assert await keys.find(None, "ES256")

    other = KeySet(JWKS_URL, Provider(elliptic(), elliptic()).client)
    with pytest.raises(Unauthenticated):
        await other.find(None, "ES256")


async def test_a_key_is_found_for_its_own_algorithm_only(keys: KeySet, signer: Signer) -> None:
    assert await keys.find(signer.kid, "ES256")

    with pytest.raises(Unauthenticated):
        await keys.find(signer.kid, "RS256")


async def test_a_rotated_key_is_learned_at_its_first_token(
    keys: KeySet, provider: Provider, signer: Signer, clock: Clock
) -> None:
    await keys.find(signer.kid, "ES256")
    successor = elliptic()
    provider.publish(signer, successor)
    clock.now += REFETCH_SECONDS

    assert (await keys.find(successor.kid, "ES256")).kid == successor.kid
    assert provider.fetches == 2


async def test_a_flood_of_unknown_keys_fetches_once_in_a_while(
    keys: KeySet, provider: Provider, signer: Signer, clock: Clock
) -> None:
    await keys.find(signer.kid, "ES256")
    clock.now += REFETCH_SECONDS

    for number in range(100):
        with pytest.raises(Unauthenticated):
            await keys.find(f"unknown-{number}", "ES256")
    assert provider.fetches == 2

    clock.now += REFETCH_SECONDS
    answers = await asyncio.gather(
        *(keys.find(f"unknown-{number}", "ES256") for number in range(100)), return_exceptions=True
    )

    assert {type(answer) for answer in answers} == {Unauthenticated}
    assert provider.fetches == 3


async def test_a_caller_who_gives_up_leaves_the_fetch_to_the_others(signer: Signer) -> None:
    asked, go = asyncio.Event(), asyncio.Event()

    async def slowly(_request: httpx2.Request) -> httpx2.Response:
        asked.set()
        await go.wait()
        return httpx2.Response(200, json={"keys": [signer.jwk]})

    keys = KeySet(JWKS_URL, httpx2.AsyncClient(transport=httpx2.MockTransport(slowly)))
    impatient = asyncio.create_task(keys.find(signer.kid, "ES256"))
    patient = asyncio.create_task(keys.find(signer.kid, "ES256"))
    await asked.wait()

    impatient.cancel()
    await asyncio.wait([impatient])
    go.set()

    assert (await patient).kid == signer.kid


async def test_an_old_set_is_renewed_in_the_background_and_a_withdrawn_key_goes(
    keys: KeySet, provider: Provider, signer: Signer, clock: Clock
) -> None:
    await keys.find(signer.kid, "ES256")
    provider.publish(elliptic())
    clock.now += MAX_AGE_SECONDS

    # Nobody waits for the renewal.
    assert await keys.find(signer.kid, "ES256")

    await renewed(keys)
    with pytest.raises(Unauthenticated):
        await keys.find(signer.kid, "ES256")


async def test_verified_tokens_are_forgotten_with_their_key(
    signer: Signer, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    verifier = TokenVerifier(key_set_settings(), provider.client)
    token = signer.token()
    await verifier.verify(token)
    assert verifier.cached == 1
    provider.publish(elliptic())
    monkeypatch.setattr("graphql_api.auth.keys.MAX_AGE_SECONDS", 0.0)
    monkeypatch.setattr("graphql_api.auth.keys.REFETCH_SECONDS", 0.0)

    await verifier.verify(token)  # starts the renewal, and is still believed
    keys = verifier._keys
    assert keys is not None
    await renewed(keys)

    assert verifier.cached == 0
    with pytest.raises(Unauthenticated):
        await verifier.verify(token)


@pytest.mark.parametrize(
    "answer",
    [
        {"keys": "none"},
        {"error": "no"},
        [],
        {"keys": [{}] * 100},
        {"keys": [], "padding": "x" * 100_000},
    ],
)
async def test_an_answer_that_is_no_key_set_changes_nothing(
    keys: KeySet, provider: Provider, signer: Signer, clock: Clock, answer: object
) -> None:
    await keys.find(signer.kid, "ES256")
    provider.answer_with(answer)
    clock.now += MAX_AGE_SECONDS

    await renewed(keys)

    assert provider.fetches == 2
    assert await keys.find(signer.kid, "ES256")


async def test_a_compressed_key_set_is_not_unpacked(
    keys: KeySet, provider: Provider, signer: Signer
) -> None:
    body = gzip.compress(json.dumps({"keys": [signer.jwk]}).encode())
    provider.respond = lambda: httpx2.Response(
        200, content=body, headers={"content-encoding": "gzip"}
    )

    with pytest.raises(Unavailable):
        await keys.find(signer.kid, "ES256")


async def test_a_redirect_is_not_followed(keys: KeySet, provider: Provider, signer: Signer) -> None:
    provider.respond = lambda: httpx2.Response(
        302, headers={"location": "https://evil.example/keys"}
    )

    with pytest.raises(Unavailable):
        await keys.find(signer.kid, "ES256")
    assert provider.fetches == 1


async def test_old_keys_serve_on_while_the_provider_is_down_but_not_for_ever(
    keys: KeySet, provider: Provider, signer: Signer, clock: Clock
) -> None:
    await keys.find(signer.kid, "ES256")
    provider.break_down()
    clock.now += STALE_SECONDS - 1

    await renewed(keys)
    assert await keys.find(signer.kid, "ES256")

    clock.now += REFETCH_SECONDS
    with pytest.raises(Unavailable) as refused:
        await keys.find(signer.kid, "ES256")
    assert refused.value.retry_after_seconds == REFETCH_SECONDS

    provider.publish(signer)
    clock.now += REFETCH_SECONDS
    assert await keys.find(signer.kid, "ES256")


async def test_a_new_key_during_an_outage_is_a_matter_of_time_and_not_of_guilt(
    keys: KeySet, provider: Provider, signer: Signer, clock: Clock
) -> None:
    await keys.find(signer.kid, "ES256")
    provider.break_down()
    clock.now += REFETCH_SECONDS

    with pytest.raises(Unavailable):
        await keys.find("perhaps-new", "ES256")


async def test_a_provider_that_never_answered_makes_nobody_known(
    keys: KeySet, provider: Provider, signer: Signer
) -> None:
    provider.break_down()

    for _ in range(50):
        with pytest.raises(Unavailable):
            await keys.find(signer.kid, "ES256")
    assert provider.fetches == 1


async def test_a_provider_that_hangs_is_given_up(
    signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graphql_api.auth.keys.FETCH_TIMEOUT_SECONDS", 0.01)

    async def never(_request: httpx2.Request) -> httpx2.Response:
        await asyncio.Event().wait()
        raise AssertionError

    keys = KeySet(JWKS_URL, httpx2.AsyncClient(transport=httpx2.MockTransport(never)))

    with pytest.raises(Unavailable):
        await keys.find(signer.kid, "ES256")


@pytest.mark.parametrize(
    "change",
    [
        {"use": "enc"},
        {"alg": "ES384"},
        {"kty": "OKP"},
        {"crv": "P-384"},
        {"x": "!!"},
        {"x": "AAAA"},
        {"kid": 7},
    ],
)
async def test_a_key_that_is_not_for_our_signatures_is_left_out(
    signer: Signer, change: dict[str, object]
) -> None:
    provider = Provider()
    provider.answer_with({"keys": [signer.jwk | change, "junk", None]})

    with pytest.raises(Unauthenticated):
        await KeySet(JWKS_URL, provider.client).find(signer.kid, "ES256")


async def test_the_private_half_in_a_key_set_does_no_harm(signer: Signer) -> None:
    provider = Provider()
    private = json.loads(_private_jwk(signer))
    provider.answer_with({"keys": [{**private, "kid": signer.kid}]})

    assert await KeySet(JWKS_URL, provider.client).find(signer.kid, "ES256")


def _private_jwk(signer: Signer) -> str:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from jwt.algorithms import ECAlgorithm

    assert isinstance(signer.private, EllipticCurvePrivateKey)
    made = ECAlgorithm.to_jwk(signer.private)
    assert "d" in json.loads(made)
    return made


async def test_closing_ends_a_fetch_that_is_under_way(signer: Signer) -> None:
    asked = asyncio.Event()

    async def never(_request: httpx2.Request) -> httpx2.Response:
        asked.set()
        await asyncio.Event().wait()
        raise AssertionError

    keys = KeySet(JWKS_URL, httpx2.AsyncClient(transport=httpx2.MockTransport(never)))
    waiting = asyncio.create_task(keys.find(signer.kid, "ES256"))
    await asked.wait()

    await keys.close()

    assert (await asyncio.gather(waiting, return_exceptions=True))[0] is not None
