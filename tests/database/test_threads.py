"""Threads of other platforms lead to one conversation each."""

from __future__ import annotations

import asyncio
from uuid import UUID

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.fixtures.people import AsUser


async def test_twenty_first_contacts_at_once_make_one_conversation(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """CL-088, CL-090, SC-013."""

    async def contact() -> UUID:
        async with as_user(ana) as connection:
            found: UUID = await connection.fetchval(
                "select id from public.find_or_start_conversation('chatgpt', 'thread-1', 'Hello')"
            )
            return found

    found = await asyncio.gather(*(contact() for _ in range(20)))

    rows = await owner.fetch(
        "select id, title from public.conversations where user_id = $1", ana.user_id
    )
    assert len(set(found)) == 1
    assert [tuple(row) for row in rows] == [(found[0], "Hello")]


async def test_two_platforms_may_share_one_conversation(ana: Viewer, as_user: AsUser) -> None:
    """X-03."""
    async with as_user(ana) as connection:
        first = await connection.fetchval(
            "select id from public.find_or_start_conversation('chatgpt', 'a')"
        )
        await connection.execute(
            "insert into public.thread_mappings (conversation_id, source, external_thread_id) "
            "values ($1, 'claude', 'b')",
            first,
        )

        again = await connection.fetchval(
            "select id from public.find_or_start_conversation('claude', 'b')"
        )

    assert again == first


@pytest.mark.parametrize("source", ["", "Chat GPT", "x" * 41, "chatgpt\n"])
async def test_a_platform_has_a_short_plain_name(
    source: str, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        async with as_user(ana) as connection:
            await connection.execute(
                "select public.find_or_start_conversation($1, 'thread')", source
            )

    left = await owner.fetchval(
        "select count(*) from public.conversations where user_id = $1", ana.user_id
    )
    assert refused.value.constraint_name == "thread_mappings_source_is_a_short_word"
    assert left == 0
