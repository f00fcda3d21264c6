"""The summary by a model: JSON that is believed only after it has been checked."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from graphql_api.companion.protocol import ModelFailure, Turn
from graphql_api.companion.summary import REPAIR, Draft
from tests.companion.conftest import Ask
from tests.fixtures.model_server import Fault, ModelServer

TALK = [Turn("user", "The exam is on Friday."), Turn("assistant", "That is soon.")]
GOOD: dict[str, Any] = {
    "summary": "You spoke of the exam.",
    "key_topics": ["exam"],
    "emotional_themes": ["worry"],
    "action_items": ["Call Mia."],
    "sentiment_overall": -0.5,
    "therapeutic_progress": None,
}


def answering(*texts: str) -> Callable[[list[dict[str, Any]]], str]:
    """Answer by one text after the other."""
    left = list(texts)
    return lambda messages: left.pop(0)


async def test_it_is_what_the_model_wrote(ask: Ask, model_server: ModelServer) -> None:
    """NU-069."""
    summary = await ask().summarise(TALK)

    assert summary.summary.startswith("The exam was talked about")
    assert summary.key_topics == ("exam", "sleep")
    assert summary.action_items == ("Call the sister tomorrow.",)
    assert summary.sentiment_overall == -0.4
    assert summary.model == "test-model-2026"
    assert summary.usage is not None
    assert not summary.usage.is_estimated


async def test_the_conversation_is_given_as_text_and_json_is_asked_for(
    ask: Ask, model_server: ModelServer
) -> None:
    await ask().summarise(TALK)

    body = model_server.asked[0].body
    assert body["response_format"] == {"type": "json_object"}
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert "Person: The exam is on Friday." in body["messages"][1]["content"]
    assert "Companion: That is soon." in body["messages"][1]["content"]


async def test_a_long_conversation_is_cut_to_the_context(
    ask: Ask, model_server: ModelServer
) -> None:
    talk = [Turn("user", f"{number} " + "word " * 100) for number in range(200)]

    await ask(context_tokens=2_000).summarise(talk)

    content = model_server.asked[0].body["messages"][1]["content"]
    assert "199 word" in content
    assert "\n\n100 word" not in content
    assert len(content) < 8_000


async def test_an_endpoint_that_knows_no_json_format_is_asked_without(
    ask: Ask, model_server: ModelServer
) -> None:
    model_server.refuses = {"response_format"}
    model_server.answer = answering(f"Here it is:\n```json\n{json.dumps(GOOD)}\n```")

    summary = await ask().summarise(TALK)

    assert summary.summary == GOOD["summary"]
    assert "response_format" not in model_server.asked[1].body


async def test_a_bad_answer_is_repaired_once_and_both_are_paid(
    ask: Ask, model_server: ModelServer
) -> None:
    model_server.answer = answering("I would rather talk.", json.dumps(GOOD))

    summary = await ask().summarise(TALK)

    assert summary.summary == GOOD["summary"]
    first, second = (asked.body["messages"] for asked in model_server.asked)
    assert second[: len(first)] == first
    assert [message["content"] for message in second[2:]] == ["I would rather talk.", REPAIR]
    words = sum(len(str(one["content"]).split()) for one in (*first, *second))
    assert summary.usage is not None
    assert summary.usage.prompt_tokens == words


async def test_a_second_bad_answer_is_a_failure(ask: Ask, model_server: ModelServer) -> None:
    model_server.answer = answering("No.", "[]")

    with pytest.raises(ModelFailure) as caught:
        await ask().summarise(TALK)

    failure = caught.value
    assert (failure.reason, failure.is_transient) == ("bad_summary", False)
    assert failure.tokens > 2 * len(REPAIR.split())  # both answers are to be paid
    assert (failure.__cause__, failure.__context__) == (None, None)
    assert len(model_server.asked) == 2


async def test_a_fault_of_the_endpoint_is_a_failure(ask: Ask, model_server: ModelServer) -> None:
    model_server.fail_next(Fault("cut", after=2))

    with pytest.raises(ModelFailure) as caught:
        await ask().summarise(TALK)

    assert (caught.value.code, caught.value.is_transient) == ("interrupted", True)


@pytest.mark.parametrize(
    "change",
    [
        {"summary": ""},
        {"summary": " \x00 "},
        {"summary": 5},
        {"summary": "x" * 8_001},
        {"key_topics": "exam"},
        {"key_topics": [5]},
        {"key_topics": ["x" * 101]},
        {"action_items": ["x" * 501]},
        {"sentiment_overall": 1.01},
        {"sentiment_overall": "bad"},
        {"sentiment_overall": float("nan")},
        {"therapeutic_progress": "x" * 2_001},
    ],
    ids=lambda change: next(iter(change)),
)
def test_an_answer_out_of_bounds_is_none(change: dict[str, Any]) -> None:
    assert Draft.read(json.dumps(GOOD)) is not None
    assert Draft.read(json.dumps({**GOOD, **change})) is None


@pytest.mark.parametrize("field", ["summary", "key_topics", "emotional_themes", "action_items"])
def test_an_answer_without_a_field_is_none(field: str) -> None:
    assert Draft.read(json.dumps({name: GOOD[name] for name in GOOD if name != field})) is None


@pytest.mark.parametrize(
    "text", ["", "null", "{}", "{", "}{", "[" * 100_000, "{" + '"a":{' * 50_000]
)
def test_an_answer_that_is_no_object_is_none(text: str) -> None:
    assert Draft.read(text) is None


def test_what_can_be_put_right_is() -> None:
    topics = [" exam\x00 ", "exam", "", *(f"topic {number}" for number in range(20))]
    given = {**GOOD, "key_topics": topics, "therapeutic_progress": " ", "sentiment_overall": 1}

    draft = Draft.read(json.dumps({**given, "summary": "One.\nTwo.\x07 \ud83d", "more": 1}))

    assert draft is not None
    assert draft.summary == "One.\nTwo."
    assert draft.key_topics == ["exam", *(f"topic {number}" for number in range(9))]
    assert draft.therapeutic_progress is None
    assert draft.sentiment_overall == 1
