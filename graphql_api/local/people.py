"""Ana and Ben, the two people of the seed, and development tokens in their names."""

from __future__ import annotations

import time
from datetime import timedelta
from uuid import UUID, uuid5

import jwt

# The same as in supabase/seed.sql.
PEOPLE = {
    "ana": UUID("a0000000-0000-4000-8000-000000000001"),
    "ben": UUID("b0000000-0000-4000-8000-000000000002"),
}

TOKEN_LIFETIME = timedelta(hours=12)
_SIGN_INS = UUID("5e551075-0000-4000-8000-000000000000")


def person(name_or_id: str) -> UUID:
    """Give the user's id for `ana`, `ben` or a uuid.

    Raises:
        ValueError: it is none of these; the text is for the reader.
    """
    known = PEOPLE.get(name_or_id.lower())
    if known is not None:
        return known
    try:
        return UUID(name_or_id)
    except ValueError:
        names = ", ".join(name.capitalize() for name in PEOPLE)
        raise ValueError(f"{name_or_id!r} is neither one of {names} nor a uuid.") from None


def sign_token(
    secret: str,
    user_id: UUID,
    *,
    lifetime: timedelta = TOKEN_LIFETIME,
    session_id: UUID | None = None,
    audience: str = "authenticated",
    issuer: str | None = None,
) -> str:
    """Sign a token as Supabase Auth does, with a shared secret (HS256).

    Args:
        secret: the project's JWT secret.
        user_id: becomes `sub`.
        lifetime: from now to `exp`.
        session_id: the sign-in on one device; by default one and the same for each user, so that
            a hundred tokens do not look like a hundred devices.
        audience: becomes `aud`.
        issuer: becomes `iss`, unless it is None.
    """
    now = int(time.time())
    claims: dict[str, object] = {
        "sub": str(user_id),
        "role": "authenticated",
        "aud": audience,
        "iat": now,
        "exp": now + int(lifetime.total_seconds()),
        "session_id": str(session_id or uuid5(_SIGN_INS, str(user_id))),
        "aal": "aal1",
        "is_anonymous": False,
    }
    if issuer is not None:
        claims["iss"] = issuer
    return jwt.encode(claims, secret, algorithm="HS256")
