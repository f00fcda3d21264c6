"""Who is asking: the few facts about a caller that policies and logs may know."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal
from uuid import UUID

import orjson

Role = Literal["anon", "authenticated"]


@dataclass(frozen=True)
class Viewer:
    """The caller of one request, as Postgres will know her.

    Attributes:
        user_id: `sub` of the token; None when anonymous.
        role: the Postgres role to take, from an allow-list; never from the token unchecked.
        session_id: Supabase's `session_id` claim, one sign-in on one device.
        expires_at: `exp`, seconds since 1970; None when anonymous.
        issued_at: `iat`, seconds since 1970.
        aal: authenticator assurance level, `aal1` or `aal2` (second factor).
        is_anonymous: signed in without any credential (Supabase's anonymous users).
    """

    user_id: UUID | None
    role: Role
    session_id: UUID | None = None
    expires_at: int | None = None
    issued_at: int | None = None
    aal: str | None = None
    is_anonymous: bool = False

    @cached_property
    def claims(self) -> str:
        """The reduced claims as JSON text: what policies read, and nothing else of the token."""
        claims: dict[str, object] = {"role": self.role}
        if self.user_id is not None:
            claims["sub"] = str(self.user_id)
        if self.session_id is not None:
            claims["session_id"] = str(self.session_id)
        if self.aal is not None:
            claims["aal"] = self.aal
        if self.user_id is not None:
            claims["is_anonymous"] = self.is_anonymous
        return orjson.dumps(claims).decode()


ANONYMOUS = Viewer(user_id=None, role="anon")
