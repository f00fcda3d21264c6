"""The companion by a model: what it asks an endpoint, and what it gives of the answer."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from contextlib import aclosing
from typing import Any, cast

import pytest

from graphql_api.companion.context import estimate_prompt, estimate_tokens
from graphql_api.companion.endpoint import OPENAI, Endpoint
from graphql_api.companion.model import OpenAICompanion, companion_of
from graphql_api.companion.protocol import Usage
from graphql_api.settings import Settings
from tests.companion.asking import ANSWER, ASKED, hear
from tests.companion.conftest import Ask
from tests.fixtures.model_server import Fault, ModelServer


async def test_a_reply_comes_piece_by_piece_and_its_usage_last(ask: Ask) -> None:
    """NU-066."""
    pieces, usage = await hear(ask())

    assert len(pieces) == len(ANSWER.split())
    assert "".join(pieces) == ANSWER
    assert usage == Usage("test-model-2026", 6, len(ANSWER.split()), is_estimated=False)
    assert usage.tokens == 6 + len(ANSWER.split())


async def test_pieces_are_given_as_they_come(ask: Ask, model_server: ModelServer) -> None:
    model_server.fail_next(Fault("hold", after=3))

    async with aclosing(ask().reply(ASKED)) as pieces:
        first = [await anext(pieces) for _ in range(3)]
        sent_before = model_server.asked[0].pieces
        model_server.go_on()
        rest = [piece async for piece in pieces]

    assert sent_before == 3
    assert first == ["Thank", " you", " for"]
    assert isinstance(rest[-1], Usage)


async def test_the_question_is_what_the_api_documents(ask: Ask, model_server: ModelServer) -> None:
    await hear(ask(reply_tokens=120))

    asked = model_server.asked[0]
    assert asked.path == "/v1/chat/completions"
    assert asked.headers["authorization"] == "Bearer test-key"
    assert asked.body == {
        "model": "test-model",
        "messages": [
            {"role": "system", "content": "Be kind."},
            {"role": "user", "content": "I slept badly again."},
        ],
        "max_tokens": 120,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


async def test_an_endpoint_that_ignores_the_wish_for_usage_is_estimated(
    ask: Ask, model_server: ModelServer
) -> None:
    model_server.ignores_usage = True

    _, usage = await hear(ask())

    assert usage == Usage(
        "test-model-2026", estimate_prompt(ASKED), estimate_tokens(ANSWER), is_estimated=True
    )


async def test_an_option_that_is_refused_by_name_is_left_out_from_then_on(
    ask: Ask, model_server: ModelServer
) -> None:
    model_server.refuses = {"stream_options", "max_tokens"}
    companion = ask(reply_tokens=120)

    pieces, usage = await hear(companion)
    await hear(companion)

    assert "".join(pieces) == ANSWER
    assert usage.is_estimated
    assert len(model_server.asked) == 4  # refused twice, and never again
    last = model_server.asked[-1].body
    assert last["max_completion_tokens"] == 120
    assert not last.keys() & {"stream_options", "max_tokens"}


class Refusal:
    """What an endpoint says no with, and which part of the request it names."""

    status_code = 400

    def __init__(self, param: str | None) -> None:
        self.param = param

    def __str__(self) -> str:
        return "No to 'what are max_tokens?'"


@pytest.mark.parametrize(("param", "is_switched_off"), [("messages", False), ("max_tokens", True)])
async def test_where_an_endpoint_names_what_it_refuses_no_words_of_hers_count(
    ask: Ask, param: str, is_switched_off: bool
) -> None:
    companion = ask(reply_tokens=120)
    await hear(companion)
    endpoint = companion._endpoint

    conceded = endpoint._concedes(cast(Any, Refusal(param)), ("max_tokens", "stream_options"))

    assert conceded is is_switched_off
    assert endpoint._refused == ({"max_tokens"} if is_switched_off else set())


async def test_two_replies_that_learn_of_a_refused_option_at_once_both_succeed(
    ask: Ask, model_server: ModelServer
) -> None:
    model_server.refuses = {"stream_options"}
    companion = ask()

    both = await asyncio.gather(hear(companion), hear(companion))

    assert ["".join(pieces) for pieces, _ in both] == [ANSWER, ANSWER]


async def test_a_reply_that_is_cut_at_its_most_tokens_is_kept(
    ask: Ask, model_server: ModelServer
) -> None:
    model_server.fail_next(Fault("length"))

    pieces, usage = await hear(ask())

    assert "".join(pieces) == ANSWER
    assert not usage.is_estimated


async def test_an_endpoint_that_does_not_stop_is_stopped(
    ask: Ask, model_server: ModelServer
) -> None:
    model_server.fail_next(Fault("endless"))

    pieces, usage = await hear(ask(reply_tokens=50))

    assert 400 < len("".join(pieces)) < 450
    assert usage.is_estimated
    await model_server.asked[0].wait_for_end()
    assert model_server.asked[0].has_left


async def test_a_reply_that_nobody_wants_any_more_is_closed_at_once(
    ask: Ask, model_server: ModelServer
) -> None:
    model_server.fail_next(Fault("hold", after=3))
    pieces = ask().reply(ASKED)
    await anext(pieces)

    await pieces.aclose()

    await model_server.asked[0].wait_for_end()
    assert model_server.asked[0].has_left


@pytest.mark.parametrize("after", [0, 3])
async def test_a_cancelled_task_closes_its_question_at_once(
    ask: Ask, model_server: ModelServer, after: int
) -> None:
    model_server.fail_next(Fault("hold", after=after))
    task = asyncio.create_task(hear(ask()))
    asked = await asyncio.to_thread(model_server.wait_for_request)

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    await asked.wait_for_end()
    assert asked.has_left


async def test_connections_are_used_again(ask: Ask, model_server: ModelServer) -> None:
    companion = ask()

    for _ in range(3):
        await hear(companion)

    assert model_server.connections == 1


async def test_an_endpoint_without_a_key_is_asked_without_one(model_server: ModelServer) -> None:
    model_server.key = "none"
    companion = OpenAICompanion(
        Settings(openai_api_key=None, openai_base_url=model_server.url, chat_model="test-model")
    )

    pieces, _ = await hear(companion)
    await companion.aclose()

    assert "".join(pieces) == ANSWER


@pytest.fixture
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "CHAT_MODEL"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"CHAT_MODEL": "gpt"},
        {"OPENAI_API_KEY": "key", "OPENAI_BASE_URL": "https://models.example/v1"},
        {"OPENAI_API_KEY": " ", "OPENAI_BASE_URL": "", "CHAT_MODEL": "gpt"},
        {"OPENAI_API_KEY": "key", "CHAT_MODEL": " "},
    ],
)
def test_without_a_model_and_a_place_for_it_there_is_no_companion(
    nothing_set: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    for name, value in variables.items():
        nothing_set.setenv(name, value)

    assert companion_of(Settings()) is None
    with pytest.raises(ValueError, match="CHAT_MODEL"):
        OpenAICompanion(Settings())


async def test_a_key_and_a_model_are_enough_for_openai(nothing_set: pytest.MonkeyPatch) -> None:
    nothing_set.setenv("OPENAI_API_KEY", "key\n")
    nothing_set.setenv("CHAT_MODEL", "gpt")
    settings = Settings()
    # What the environment says later, or to others, changes nothing.
    nothing_set.setenv("OPENAI_BASE_URL", "https://elsewhere.example/v1")

    endpoint = Endpoint(settings)

    assert endpoint.model == "gpt"
    assert endpoint.base_url == OPENAI
    await endpoint.close()


@pytest.mark.parametrize(
    "url", ["models.example/v1", "ftp://models.example", "https://", "https://me:pw@models.example"]
)
def test_an_address_that_is_none_is_refused(nothing_set: pytest.MonkeyPatch, url: str) -> None:
    nothing_set.setenv("OPENAI_BASE_URL", url)

    with pytest.raises(ValueError, match="OPENAI_BASE_URL"):
        Settings()


def test_the_client_is_not_imported_until_a_model_is_asked() -> None:
    loading = (
        "import sys, graphql_api.app, graphql_api.worker, graphql_api.companion.model;"
        "sys.exit('openai' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", loading], check=False).returncode == 0
