"""What the log says, and what it must never say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from graphql_api.errors import Internal, NotFound
from graphql_api.logs import configure_logs, log_error
from graphql_api.settings import Settings


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def only_line(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    (line,) = capsys.readouterr().out.splitlines()
    written = json.loads(line)
    assert isinstance(written, dict)
    return written


@pytest.fixture
def production(settings: Settings) -> None:
    configure_logs(settings.model_copy(update={"environment": "production"}))


class Refused(Exception):
    """As the database's error: it knows its SQLSTATE, and its text quotes a row."""

    sqlstate = "23505"


@pytest.mark.usefixtures("production")
def test_a_fault_of_ours_is_an_error_with_its_whereabouts_and_without_its_text(
    capsys: pytest.CaptureFixture[str],
) -> None:
    masked = Internal()
    try:
        raise Refused("Key (title)=(my secret) already exists")
    except Refused as error:
        masked.__cause__ = error

    log_error(masked, operation_name="Start")

    line = only_line(capsys)
    assert line["level"] == "error"
    assert line["errorId"] == masked.error_id
    assert (line["code"], line["operation"]) == ("INTERNAL", "Start")
    assert (line["cause"], line["sqlstate"]) == ("Refused", "23505")
    assert any("test_logs.py" in place for place in line["where"])
    assert "secret" not in json.dumps(line)


@pytest.mark.usefixtures("production")
def test_a_fault_of_the_caller_is_a_note(capsys: pytest.CaptureFixture[str]) -> None:
    error = NotFound(field="input.conversationId")

    log_error(error)

    line = only_line(capsys)
    assert line["level"] == "info"
    assert line["errorId"] == error.error_id
    assert line["field"] == "input.conversationId"
    assert "where" not in line


def test_a_log_that_nobody_watches_live_has_no_colours(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logs(settings)

    log_error(NotFound())

    assert "\x1b" not in capsys.readouterr().out
