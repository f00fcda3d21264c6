"""Faults of a model's endpoint: each becomes a ModelFailure that tells nobody's words."""

from __future__ import annotations

import logging
import time
import traceback
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from graphql_api.companion.failures import retry_after_seconds
from graphql_api.companion.protocol import ModelFailure
from tests.companion.asking import ANSWER, ASKED, hear
from tests.companion.conftest import Ask
from tests.fixtures.model_server import Fault, ModelServer

SOON = {"model_timeout": timedelta(seconds=0.2)}


async def fail(ask: Ask, fault: Fault, server: ModelServer, **settings: object) -> ModelFailure:
    server.fail_next(fault)
    with pytest.raises(ModelFailure) as caught:
        await hear(ask(**settings))
    return caught.value


def told(failure: ModelFailure) -> tuple[str, str, bool]:
    return failure.code, failure.reason, failure.is_transient


@pytest.mark.parametrize(
    ("fault", "code", "reason", "is_transient"),
    [
        (Fault("drop"), "unavailable", "connection", True),
        (Fault("slow", seconds=60), "unavailable", "timeout", True),
        (Fault("slow_pieces", after=0, seconds=60), "unavailable", "timeout", True),
        (Fault("slow_pieces", after=3, seconds=60), "interrupted", "timeout", True),
        (Fault("comments", after=3, seconds=3), "interrupted", "timeout", True),
        (Fault("cut", after=0), "unavailable", "connection", True),
        (Fault("cut", after=3), "interrupted", "connection", True),
        (Fault("unfinished"), "interrupted", "unfinished", True),
        (Fault("malformed", after=0), "unavailable", "malformed", True),
        (Fault("malformed", after=3), "interrupted", "malformed", True),
        (Fault("error", after=3), "interrupted", "error_event", True),
        (Fault("empty"), "unavailable", "empty", True),
        (Fault("raw", raw="<html>Log in</html>"), "unavailable", "unfinished", True),
        (Fault("raw"), "unavailable", "unfinished", True),  # an answer, but not as a stream
        (Fault("filter"), "refused", "content_filter", False),
        (Fault("status", status=400, code="content_filter"), "refused", "content_filter", False),
        (Fault("status", status=400), "refused", "http_400", False),
        (Fault("status", status=401), "refused", "http_401", False),
        (Fault("status", status=403), "refused", "http_403", False),
        (Fault("status", status=404), "refused", "http_404", False),
        (Fault("status", status=408), "unavailable", "http_408", True),
        (Fault("status", status=429), "unavailable", "http_429", True),
        (Fault("status", status=429, code="insufficient_quota"), "unavailable", "http_429", False),
        (Fault("status", status=500), "unavailable", "http_500", True),
        (Fault("status", status=503), "unavailable", "http_503", True),
    ],
    ids=lambda value: (
        f"{value.kind}-{value.after or value.status}" if isinstance(value, Fault) else ""
    ),
)
async def test_every_fault_has_its_code(
    ask: Ask,
    model_server: ModelServer,
    fault: Fault,
    code: str,
    reason: str,
    is_transient: bool,
) -> None:
    failure = await fail(ask, fault, model_server, **SOON)

    assert told(failure) == (code, reason, is_transient)
    assert failure.retry_after_seconds is None
    assert len(model_server.asked) == 1


@pytest.mark.parametrize(
    ("fault", "is_paid"),
    [
        (Fault("empty"), True),
        (Fault("filter"), True),
        (Fault("cut", after=3), True),
        (Fault("cut", after=0), False),
        (Fault("status", status=503), False),
        (Fault("raw", raw="<html>Log in</html>"), False),
    ],
)
async def test_a_failure_costs_what_a_model_has_read(
    ask: Ask, model_server: ModelServer, fault: Fault, is_paid: bool
) -> None:
    failure = await fail(ask, fault, model_server, **SOON)

    assert (failure.tokens > 0) == is_paid


async def test_all_tries_of_a_question_cost(ask: Ask, model_server: ModelServer) -> None:
    model_server.fail_always(Fault("empty"))
    costs = []
    for retries in (0, 2):
        with pytest.raises(ModelFailure) as caught:
            await hear(ask(model_retries=retries))
        costs.append(caught.value.tokens)

    assert costs[1] == 3 * costs[0]


@pytest.mark.parametrize(
    "chunk",
    [
        "null",
        "1",
        "[]",
        "\x00",
        "{" * 5_000,
        '{"choices": {}}',
        '{"choices": [1]}',
        '{"choices": [{"delta": 1}]}',
        '{"choices": [{"delta": {"content": 5}}]}',
        '{"choices": [{"finish_reason": 7}]}',
        '{"error": "x"}',
        '{"error": {"message": 5}}',
    ],
    ids=range(12),
)
async def test_a_chunk_that_is_none_ends_the_reply(
    ask: Ask, model_server: ModelServer, chunk: str
) -> None:
    failure = await fail(ask, Fault("malformed", after=2, raw=chunk), model_server)

    assert failure.code == "interrupted"
    assert failure.reason in ("malformed", "error_event")


@pytest.mark.parametrize(
    "chunk", ["{}", '{"choices": null}', '{"choices": []}', '{"model": 5, "usage": "many"}']
)
async def test_a_chunk_that_says_nothing_is_passed_over(
    ask: Ask, model_server: ModelServer, chunk: str
) -> None:
    model_server.fail_next(Fault("malformed", after=2, raw=chunk))

    pieces, usage = await hear(ask())

    assert "".join(pieces) == ANSWER
    assert usage.model == "test-model-2026"
    assert not usage.is_estimated


async def test_counts_of_tokens_that_cannot_be_are_estimated(
    ask: Ask, model_server: ModelServer
) -> None:
    model_server.ignores_usage = True
    counts = '{"usage": {"prompt_tokens": -5, "completion_tokens": 99999999999}}'
    model_server.fail_next(Fault("malformed", after=2, raw=counts))

    _, usage = await hear(ask())

    assert usage.is_estimated


async def test_what_came_before_a_cut_was_given(ask: Ask, model_server: ModelServer) -> None:
    model_server.fail_next(Fault("cut", after=3))
    pieces: list[str] = []

    with pytest.raises(ModelFailure):
        await hear(ask(model_retries=5), into=pieces)

    assert pieces == ["Thank", " you", " for"]
    assert len(model_server.asked) == 1  # she would see the beginning twice


async def test_an_endpoint_that_is_down_is_unavailable(ask: Ask, model_server: ModelServer) -> None:
    model_server.stop()

    with pytest.raises(ModelFailure) as caught:
        await hear(ask(model_retries=1))

    assert told(caught.value) == ("unavailable", "connection", True)


async def test_an_endpoint_that_was_restarted_is_asked_again(
    ask: Ask, model_server: ModelServer
) -> None:
    companion = ask(model_retries=1)
    await hear(companion)
    model_server.stop()
    model_server.start()

    pieces, _ = await hear(companion)

    assert "".join(pieces) == ANSWER


@pytest.mark.parametrize(
    "fault", [Fault("drop"), Fault("status", status=500), Fault("empty"), Fault("malformed")]
)
async def test_as_long_as_nothing_has_come_it_is_tried_again(
    ask: Ask, model_server: ModelServer, fault: Fault
) -> None:
    model_server.fail_next(fault, fault)

    pieces, _ = await hear(ask(model_retries=2))

    assert "".join(pieces) == ANSWER
    assert len(model_server.asked) == 3


@pytest.mark.parametrize("fault", [Fault("status", status=401), Fault("slow", seconds=60)])
async def test_what_does_not_help_is_not_tried_again(
    ask: Ask, model_server: ModelServer, fault: Fault
) -> None:
    await fail(ask, fault, model_server, model_retries=5, **SOON)

    assert len(model_server.asked) == 1


async def test_tries_are_bounded(ask: Ask, model_server: ModelServer) -> None:
    model_server.fail_always(Fault("status", status=503))

    with pytest.raises(ModelFailure):
        await hear(ask(model_retries=3))

    assert len(model_server.asked) == 4


async def test_a_short_retry_after_is_waited_for(ask: Ask, model_server: ModelServer) -> None:
    model_server.fail_next(Fault("status", status=429, retry_after="0.3"))
    began = time.monotonic()

    await hear(ask(model_retries=1))

    assert time.monotonic() - began > 0.3
    assert len(model_server.asked) == 2


async def test_a_long_retry_after_is_left_to_whoever_asked(
    ask: Ask, model_server: ModelServer
) -> None:
    fault = Fault("status", status=429, retry_after="120")

    failure = await fail(ask, fault, model_server, model_retries=5)

    assert failure.retry_after_seconds == 120
    assert len(model_server.asked) == 1


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7),
        ({"retry-after": "0"}, 0),
        ({"retry-after": "-3"}, 0),
        ({"retry-after": "99999999"}, 600),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "7", "retry-after-ms": "1500"}, 1.5),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0),
        ({"retry-after": "Wed, 21 Oct 2099 07:28:00 GMT"}, 600),
        ({"retry-after": "Wed, 99 Oct 2099 07:28:00 GMT"}, None),
    ],
)
def test_retry_after_is_read_and_bounded(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_seconds(headers) == seconds


def test_retry_after_may_be_a_date() -> None:
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)

    seconds = retry_after_seconds({"retry-after": moment})

    assert seconds is not None
    assert 55 < seconds <= 60


async def test_a_conversation_does_not_follow_a_redirect(
    ask: Ask, model_server: ModelServer
) -> None:
    with ModelServer() as elsewhere:
        location = f"{elsewhere.url}/chat/completions"
        fault = Fault("status", status=307, location=location)

        failure = await fail(ask, fault, model_server)

        assert told(failure) == ("refused", "http_307", False)
        assert elsewhere.asked == []


@pytest.mark.parametrize(
    "fault",
    [
        Fault("status", status=401),
        Fault("status", status=500),
        Fault("drop"),
        Fault("cut", after=3),
        Fault("error", after=3),
        Fault("malformed", after=3),
        Fault("slow", seconds=60),
    ],
    ids=lambda fault: fault.kind,
)
async def test_a_failure_tells_no_word_of_prompt_answer_or_key(
    ask: Ask, model_server: ModelServer, caplog: pytest.LogCaptureFixture, fault: Fault
) -> None:
    caplog.set_level(logging.DEBUG)
    failure = await fail(ask, fault, model_server, **SOON)

    shown = "".join(traceback.format_exception(failure)) + repr(failure) + repr(vars(failure))
    assert failure.__cause__ is None
    assert failure.__context__ is None
    for secret in ("SECRET", "slept", "Thank", "test-key", model_server.url):
        assert secret not in shown
        assert secret not in caplog.text
    assert repr(ASKED[1]) == "Turn(role='user')"


async def test_the_client_writes_no_logs(
    ask: Ask, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("openai", "httpx2", "httpcore2"):  # as OPENAI_LOG=debug would
        monkeypatch.setattr(logging.getLogger(name), "level", logging.DEBUG)
    caplog.set_level(logging.DEBUG)

    await hear(ask())

    talkative = [one.name for one in caplog.records if one.name.startswith(("openai", "http"))]
    assert talkative == []
