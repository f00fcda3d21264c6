"""Guardians who consent, and take it back."""

from __future__ import annotations

from uuid import UUID

from graphql_api.auth import Viewer
from tests.fixtures.people import AsUser


async def consent(as_user: AsUser, viewer: Viewer, valid_for: str = "1 year") -> str:
    """Let her ask, and her guardian grant; give the secret of the link."""
    async with as_user(viewer) as connection:
        consent_id: UUID = await connection.fetchval(
            "select id from public.request_guardian_consent('parent@example.com')"
        )
    async with as_user(viewer, "cairn_server") as connection:
        token: str = await connection.fetchval("select private.issue_guardian_link($1)", consent_id)
    async with as_user(role="cairn_server") as connection:
        await connection.execute(
            "select private.grant_guardian_consent($1, 'email_link', 'terms/1', "
            "valid_for => $2::text::interval)",
            token,
            valid_for,
        )
    return token


async def take_back(as_user: AsUser, token: str) -> None:
    async with as_user(role="cairn_server") as connection:
        await connection.execute("select private.withdraw_guardian_consent($1)", token)
