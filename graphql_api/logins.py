"""Passwords and URLs of database logins."""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import quote, urlsplit, urlunsplit

_SCRAM_ITERATIONS = 4096


def scram_verifier(password: str, salt: bytes) -> str:
    """Give what Postgres stores for a password (RFC 5803), so that it need not see it."""
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, _SCRAM_ITERATIONS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    parts = (base64.b64encode(part).decode() for part in (salt, stored, server))
    return "SCRAM-SHA-256${}:{}${}:{}".format(_SCRAM_ITERATIONS, *parts)


def url_for(role: str, owner_url: str, password: str) -> str:
    """Give the owner's URL with another login in its place.

    A pooler of Supabase wants the project after the role's name: `postgres.abc` → `cairn_api.abc`.
    """
    url = urlsplit(owner_url)
    _, at, host = url.netloc.rpartition("@")
    project = (url.username or "").partition(".")[2] if at else ""
    user = f"{role}.{project}" if project else role
    return urlunsplit(url._replace(netloc=f"{user}:{quote(password, safe='')}@{host}"))
