"""The errors a client can see, and the one table that maps Postgres's answers to them.

    ApiError
    ├── Unauthenticated   UNAUTHENTICATED   401
    ├── Forbidden         FORBIDDEN         403
    ├── NotFound          NOT_FOUND         404
    ├── BadInput          BAD_INPUT         400
    ├── Conflict          CONFLICT          409
    ├── ConsentRequired   CONSENT_REQUIRED  403
    ├── RateLimited       RATE_LIMITED      429
    ├── Timeout           TIMEOUT           504
    ├── Unavailable       UNAVAILABLE       503
    └── Internal          INTERNAL          500

The list is closed: a client may switch over `extensions.code`. Nothing of Postgres's own text
(message, detail, hint, query) ever reaches a client, because details quote other rows.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, ClassVar


class ApiError(Exception):
    """Something went wrong that the caller may be told about."""

    code: ClassVar[str] = "INTERNAL"
    status: ClassVar[int] = 500

    def __init__(
        self,
        message: str | None = None,
        *,
        field: str | None = None,
        retry_after_seconds: float | None = None,
    ) -> None:
        """Keep what the client is told.

        Args:
            message: a sentence for the client; the class's first line when None.
            field: dotted path of the argument at fault, such as `input.title`.
            retry_after_seconds: how long to wait before trying again, when that helps.
        """
        super().__init__(message or (type(self).__doc__ or "").strip().splitlines()[0])
        self.field = field
        self.retry_after_seconds = retry_after_seconds
        self.error_id = uuid.uuid4().hex

    @property
    def message(self) -> str:
        """The sentence a client reads."""
        return str(self.args[0])

    @property
    def extensions(self) -> dict[str, Any]:
        """The `extensions` of the GraphQL error: code and errorId; field and retryAfterSeconds if known."""
        extensions: dict[str, Any] = {"code": self.code, "errorId": self.error_id}
        if self.field is not None:
            extensions["field"] = self.field
        if self.retry_after_seconds is not None:
            extensions["retryAfterSeconds"] = self.retry_after_seconds
        return extensions


class Unauthenticated(ApiError):
    """Sign in first: the request carries no valid token."""

    code = "UNAUTHENTICATED"
    status = 401


class Forbidden(ApiError):
    """You may not do this."""

    code = "FORBIDDEN"
    status = 403


class NotFound(ApiError):
    """There is no such thing, or it is not yours."""

    code = "NOT_FOUND"
    status = 404


class BadInput(ApiError):
    """The request is not valid."""

    code = "BAD_INPUT"
    status = 400


class Conflict(ApiError):
    """This does not fit the present state."""

    code = "CONFLICT"
    status = 409


class ConsentRequired(ApiError):
    """A consent is missing for this."""

    code = "CONSENT_REQUIRED"
    status = 403


class RateLimited(ApiError):
    """Too many requests; wait a moment."""

    code = "RATE_LIMITED"
    status = 429


class Timeout(ApiError):
    """This took too long and was stopped; nothing was changed."""

    code = "TIMEOUT"
    status = 504


class Unavailable(ApiError):
    """The service cannot answer just now; try again in a moment."""

    code = "UNAVAILABLE"
    status = 503


class Internal(ApiError):
    """Something went wrong on our side."""

    code = "INTERNAL"
    status = 500


CODES: tuple[str, ...] = tuple(
    kind.code
    for kind in (
        Unauthenticated,
        Forbidden,
        NotFound,
        BadInput,
        Conflict,
        ConsentRequired,
        RateLimited,
        Timeout,
        Unavailable,
        Internal,
    )
)

# SQLSTATEs. Class CA is ours: raised by functions and triggers of supabase/migrations, whose
# message is a sentence written for the client (and is the only database text ever passed on).
# https://www.postgresql.org/docs/current/errcodes-appendix.html
OUR_SQLSTATES: Mapping[str, type[ApiError]] = {
    "CA401": Unauthenticated,
    "CA403": Forbidden,
    "CA404": NotFound,
    "CA400": BadInput,
    "CA409": Conflict,
    "CA410": Conflict,  # a job that another worker has taken over; no client meets it
    "CA451": ConsentRequired,
    "CA429": RateLimited,
}

SQLSTATES: Mapping[str, type[ApiError]] = {
    "22000": BadInput,  # a value that the driver cannot write as its type
    "22001": BadInput,  # string too long
    "22003": BadInput,  # number out of range
    "22007": BadInput,  # malformed date
    "22008": BadInput,  # date out of range
    "22021": BadInput,  # character not in repertoire (a NUL byte in a text)
    "22P02": BadInput,  # malformed value, such as a uuid
    "22P05": BadInput,  # untranslatable character (a NUL escape in JSON)
    "23502": BadInput,  # not null
    "23514": BadInput,  # check
    "23503": NotFound,  # a foreign key to a row that is missing or another's: the same answer
    "23505": Conflict,  # unique
    "23P01": Conflict,  # exclusion
    "40001": Unavailable,  # serialisation failure
    "40P01": Unavailable,  # deadlock
    "42501": Forbidden,  # a grant or policy said no
    "55P03": Timeout,  # lock_timeout
    "57014": Timeout,  # statement_timeout, or cancelled
    "53100": Unavailable,  # disk full
    "53200": Unavailable,  # out of memory
    "53300": Unavailable,  # too many connections
    "57P01": Unavailable,  # shut down by an administrator
    "57P02": Unavailable,  # crashed
    "57P03": Unavailable,  # starting up
    "08000": Unavailable,  # connection
    "08003": Unavailable,
    "08006": Unavailable,
    "25006": Forbidden,  # a write in a read-only transaction
}

# Constraints whose name is not sentence enough, or whose kind of error differs from its SQLSTATE's.
CONSTRAINTS: dict[str, ApiError] = {}


def from_sqlstate(
    sqlstate: str | None, *, constraint: str | None = None, message: str | None = None
) -> ApiError:
    """Give the error a client may see for one of Postgres's.

    Args:
        sqlstate: five characters, or None when the driver had none.
        constraint: the constraint that was violated; ours are named as sentences
            (`messages_content_is_not_blank`), so a check's name becomes the message.
        message: Postgres's own message; used only for our own class CA.
    """
    if sqlstate is None:
        return Internal()
    if sqlstate in OUR_SQLSTATES:
        return OUR_SQLSTATES[sqlstate](message)
    kind = SQLSTATES.get(sqlstate)
    if kind is None:
        return Unavailable() if sqlstate.startswith(("08", "53", "57")) else Internal()
    if sqlstate == "23514" and constraint:
        return kind(f"The rule `{constraint}` does not hold.")
    return kind()
