"""What is said at the start of each transaction: whose it is, and how long it may take."""

from __future__ import annotations

from graphql_api.errors import Internal
from graphql_api.settings import Settings


def preamble(settings: Settings, role: str, claims: str, *, write: bool) -> str:
    """Give the script that begins a transaction of `role` with these claims, in one round trip.

    Args:
        settings: time-outs, and what kind of pooler is between.
        role: from the allow-list; it is not quoted.
        claims: JSON text, as policies will read it.
        write: whether the transaction may write.
    """
    begin = "begin" if write else "begin read only"
    text = (
        f"{begin};set local role {role};"
        f"select set_config('request.jwt.claims',{literal(claims)},true)"
    )
    # The time-out of reads is the session's own already; behind a pooler nothing is.
    values = {"statement_timeout": timeout(settings, write=write)} if write else {}
    if settings.pooler == "transaction":
        values = {
            **session_settings(settings),
            "statement_timeout": timeout(settings, write=write),
        }
    return text + "".join(
        f",set_config({literal(name)},{literal(value)},true)" for name, value in values.items()
    )


def timeout(settings: Settings, *, write: bool) -> str:
    """Give the statement_timeout, in milliseconds."""
    span = settings.mutation_timeout if write else settings.query_timeout
    return str(int(span.total_seconds() * 1000))


def session_settings(settings: Settings) -> dict[str, str]:
    """Settings that outlive `set role` when given at connect (those of `alter role` do not)."""
    milliseconds = {
        "statement_timeout": settings.query_timeout,
        "lock_timeout": settings.lock_timeout,
        "idle_in_transaction_session_timeout": settings.mutation_timeout,
    }
    values = {name: str(int(span.total_seconds() * 1000)) for name, span in milliseconds.items()}
    return {
        **values,
        # A cut connection ends its statement: otherwise Postgres notices only when it writes
        # (30 of 30 cancelled statements ran on, on a pool of five; with this none).
        "client_connection_check_interval": "250",
        # Statements of a few milliseconds: compiling them costs more than it saves (measured).
        "jit": "off",
        "timezone": "UTC",
        "search_path": "",
    }


def literal(text: str) -> str:
    """Quote for SQL; sound because standard_conforming_strings was asserted at connect."""
    if "\x00" in text:
        raise Internal
    return "'" + text.replace("'", "''") + "'"
