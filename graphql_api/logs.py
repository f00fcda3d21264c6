"""Logs: one line an event, JSON in production; never a token, a variable, or a user's words.

An exception's own text may quote any of these (Postgres's details quote rows), so that only its
type and the places in the code that it passed through are written.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Sequence

import structlog

from graphql_api.errors import ApiError
from graphql_api.settings import Settings

MAX_FRAMES = 12

log = structlog.get_logger("cairn")


def configure_logs(settings: Settings) -> None:
    """Write to standard output: JSON in production, coloured lines in development."""
    development = settings.environment == "development"
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty())
        if development
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )


def log_error(error: ApiError, *, operation_name: str | None = None) -> None:
    """Write what a client was told, under the id that it was told, with the cause's whereabouts.

    Our own faults are errors, a caller's are notes: those who watch the log wake up for the first.
    """
    cause = error.__cause__
    facts: dict[str, object] = {
        "errorId": error.error_id,
        "code": error.code,
        "operation": operation_name,
        "field": error.field,
    }
    if cause is not None:
        facts["cause"] = type(cause).__qualname__
        facts["sqlstate"] = getattr(cause, "sqlstate", None)
    facts = {name: value for name, value in facts.items() if value is not None}
    if error.status < 500:
        log.info("request refused", **facts)
        return
    log.error("request failed", **facts, where=whereabouts(cause or error))


def whereabouts(error: BaseException) -> Sequence[str]:
    """Name the lines of code that `error` passed through, innermost last; no values, no text."""
    frames = traceback.extract_tb(error.__traceback__)[-MAX_FRAMES:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
