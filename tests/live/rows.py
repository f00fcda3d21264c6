"""Rows that change by plain SQL, as in Supabase's dashboard: no API is asked."""

from __future__ import annotations

from uuid import UUID, uuid4

import asyncpg


class Rows:
    """Makes and changes rows of chat."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self.connection = connection

    async def conversation(self, user_id: UUID | None, title: str | None = None) -> UUID:
        conversation_id = uuid4()
        await self.connection.execute(
            "insert into public.conversations (id, user_id, title) values ($1, $2, $3)",
            conversation_id,
            user_id,
            title,
        )
        return conversation_id

    async def message(
        self, user_id: UUID | None, conversation_id: UUID, content: str = "Hello"
    ) -> UUID:
        message_id = uuid4()
        await self.connection.execute(
            "insert into public.messages (id, user_id, conversation_id, turn, role, content, content_hash)"
            " values ($1, $2, $3, 0, 'user', $4, '')",
            message_id,
            user_id,
            conversation_id,
            content,
        )
        return message_id

    async def reply(self, user_id: UUID | None, conversation_id: UUID) -> UUID:
        """A message of hers and its reply, which waits to be written; gives the reply."""
        answered = await self.message(user_id, conversation_id)
        reply_id = uuid4()
        await self.connection.execute(
            """
            insert into public.messages
              (id, user_id, conversation_id, turn, role, state, content, content_hash, in_reply_to)
            values ($1, $2, $3, 0, 'assistant', 'queued', '', '', $4)
            """,
            reply_id,
            user_id,
            conversation_id,
            answered,
        )
        return reply_id

    async def begin(self, reply_id: UUID) -> None:
        """A worker begins a reply."""
        await self.connection.execute(
            "update public.messages set state = 'streaming', attempt = attempt + 1, draft = ''"
            " where id = $1",
            reply_id,
        )

    async def draft(self, reply_id: UUID, text: str) -> None:
        await self.connection.execute(
            "update public.messages set draft = $2 where id = $1", reply_id, text
        )

    async def complete(self, reply_id: UUID, text: str, *, is_replaced: bool = False) -> None:
        await self.connection.execute(
            "update public.messages set state = 'complete', content = $2, draft = null,"
            " is_replaced = $3 where id = $1",
            reply_id,
            text,
            is_replaced,
        )

    async def rename(self, conversation_id: UUID, title: str) -> None:
        await self.connection.execute(
            "update public.conversations set title = $2 where id = $1", conversation_id, title
        )

    async def delete(self, table: str, row_id: UUID) -> None:
        await self.connection.execute(f"delete from public.{table} where id = $1", row_id)

    async def head(self, user_id: UUID | None) -> int:
        return int(
            await self.connection.fetchval(
                "select coalesce(max(seq), 0) from public.live_heads where user_id = $1", user_id
            )
        )
