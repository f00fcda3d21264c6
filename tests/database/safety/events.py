"""Notes crisis events and contacts, by SQL."""

from __future__ import annotations

from uuid import UUID

import asyncpg

from graphql_api.auth import Viewer
from tests.fixtures.people import AsUser

NOTICE = """
insert into public.crisis_events (level, source, conversation_id, message_id)
values ($1::text::public.crisis_level, 'rules', $2, $3) returning *
"""
TRUST = """
insert into public.safety_contacts
  (external_first_name, external_phone_number, external_email, allowed_methods, preferred_method)
values ($1, $2, $3, $4::text[]::public.contact_method[], $5::text::public.contact_method) returning *
"""


async def notice(
    as_user: AsUser,
    viewer: Viewer,
    level: str = "high",
    conversation: UUID | None = None,
    message: UUID | None = None,
) -> asyncpg.Record:
    """Let the server note that somebody is in danger."""
    async with as_user(viewer, "cairn_server") as connection:
        return await connection.fetchrow(NOTICE, level, conversation, message)


async def trust(
    as_user: AsUser,
    viewer: Viewer,
    name: str | None = "Odile",
    *,
    phone: str | None = "+33155550123",
    email: str | None = None,
    allowed: tuple[str, ...] = ("call", "sms"),
    preferred: str | None = "call",
) -> asyncpg.Record:
    """Let her put somebody down as a contact."""
    async with as_user(viewer) as connection:
        return await connection.fetchrow(TRUST, name, phone, email, list(allowed), preferred)


async def find(owner: asyncpg.Connection, table: str, row_id: UUID) -> asyncpg.Record:
    return await owner.fetchrow(f"select * from public.{table} where id = $1", row_id)
