"""Ana, and conversations of hers."""

from __future__ import annotations

from uuid import UUID

import pytest

from graphql_api.auth import Viewer
from tests.database.chat import Start
from tests.fixtures.people import AsUser, NewUser


@pytest.fixture
async def ana(new_user: NewUser) -> Viewer:
    return await new_user("Ana")


@pytest.fixture
def start(ana: Viewer, as_user: AsUser) -> Start:
    """Start a conversation of Ana's and bring it, by allowed steps, to a status."""

    async def start_conversation(status: str = "active") -> UUID:
        async with as_user(ana) as connection:
            conversation: UUID = await connection.fetchval(
                "insert into public.conversations (title) values ('On sleep') returning id"
            )
            if status != "active":
                await connection.execute(
                    "update public.conversations set status = $1::text::public.conversation_status "
                    "where id = $2",
                    status,
                    conversation,
                )
        return conversation

    return start_conversation
