"""In whose name it is tried, and in which world: the real one, or one with a single wall left."""

from __future__ import annotations

import json
from dataclasses import dataclass
from uuid import UUID

from tests.isolation.catalogue import ANA, BEN, Table


@dataclass(frozen=True)
class Caller:
    """A role with the claims of a token.

    Attributes:
        name: in the report.
        claims: JSON, or the empty text that an earlier transaction leaves behind.
        is_ben: rows of Ben's are his; otherwise there are none.
    """

    name: str
    role: str
    claims: str
    is_ben: bool


def _claims(sub: object, **more: object) -> str:
    return json.dumps({"role": "authenticated", "sub": sub, "aal": "aal2", **more})


def _ben(**more: object) -> str:
    sign_in = UUID("b2000000-0000-4000-8000-0000000000f1")
    return _claims(str(BEN), session_id=str(sign_in), is_anonymous=False, **more)


_AS_ANA = {"sub": str(ANA), "user_id": str(ANA), "id": str(ANA), "role": "service_role"}

HE = Caller("Ben", "authenticated", _ben(), True)
SERVER = Caller("the server for Ben", "cairn_server", _ben(), True)
# What the worker does in his name says so.
WORKER = Caller("the worker for Ben", "cairn_server", _ben(act={"sub": "pipeline"}), True)
ANONYMOUS = Caller("nobody", "anon", json.dumps({"role": "anon"}), False)
ANONYMOUS_BEN = Caller("nobody, with Ben's claims", "anon", _ben(), False)
STRANGERS = (
    Caller("without claims", "authenticated", "", False),
    Caller("the server without claims", "cairn_server", "", False),
    Caller("subject null", "authenticated", _claims(None), False),
    Caller("subject 'null'", "authenticated", _claims("null"), False),
    Caller("subject empty", "authenticated", _claims(""), False),
)
PRETENDERS = (
    Caller("Ben, Ana in user_metadata", "authenticated", _ben(user_metadata=_AS_ANA), True),
    Caller("Ben, Ana in app_metadata", "authenticated", _ben(app_metadata=_AS_ANA), True),
    Caller("the server for Ben, Ana in both", "cairn_server",
           _ben(user_metadata=_AS_ANA, app_metadata=_AS_ANA, user_id=str(ANA)), True),
)  # fmt: skip


@dataclass(frozen=True)
class World:
    """What an administrator breaks before the probes, to see that one wall holds by itself.

    Attributes:
        name: what is left.
        breaking: statements; undone after the probes.
    """

    name: str
    breaking: tuple[str, ...] = ()


REAL = World("as it is")


def policies_alone(table: Table, role: str) -> World:
    """Everything is granted; no trigger, check of a foreign key or other check is left."""
    return World(
        "policies alone",
        (
            f"grant select, insert, update, delete on {table} to {role}",
            "set local session_replication_role = replica",
        ),
    )


def keys_alone(table: Table, role: str, checks: tuple[str, ...]) -> World:
    """Everything is granted; of its triggers and checks only the foreign keys are left."""
    return World(
        "keys alone",
        (
            f"grant select, insert, update, delete on {table} to {role}",
            f"alter table {table} disable trigger user",
            *(f"alter table {table} drop constraint {check}" for check in checks),
        ),
    )


def uniques_alone(table: Table, role: str, checks: tuple[str, ...]) -> World:
    """Policies and unique keys are left, and no row of Ben's stands in the way."""
    return World(
        "unique keys alone",
        (
            *policies_alone(table, role).breaking,
            f"delete from {table} where {table.owner} = '{BEN}'",
            *(f"alter table {table} drop constraint {check}" for check in checks),
        ),
    )


# The owner of the tables, if she were bound by policies as everybody else.
BOUND_OWNER = World("an owner without bypassrls", ("alter role postgres nobypassrls",))
OWNER = Caller("the tables' owner, bound, for Ben", "postgres", _ben(), True)
WITHOUT_HER = World("without Ana", (f"delete from auth.users where id = '{ANA}'",))
