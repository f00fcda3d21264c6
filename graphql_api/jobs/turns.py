"""What was said: a conversation's turns, and what is known of earlier ones, under her policies."""

from __future__ import annotations

from uuid import UUID

from graphql_api.companion.protocol import Turn
from graphql_api.session import Transaction

# More than any model's context holds of talk; 200 of the longest are 25 MB.
MAX_TURNS = 200
MAX_RECALLED = 3

# A reply that failed or was cancelled counts for as much as she has seen of it.
TURNS = """
select message.role::text, message.content
from public.messages as message
where message.conversation_id = $1 and message.turn <= $2 and message.content <> ''
order by message.turn desc
limit $3
"""
RECALLED = """
select summary.summary
from public.conversation_summaries as summary
where summary.conversation_id <> $1
order by summary.created_at desc, summary.id desc
limit $2
"""


async def read_turns(
    transaction: Transaction, conversation_id: UUID, through_turn: int
) -> list[Turn]:
    """Give the latest turns up to `through_turn`, oldest first."""
    rows = await transaction.rows(TURNS, conversation_id, through_turn, MAX_TURNS)
    return [Turn(row["role"], row["content"]) for row in reversed(rows)]


async def read_recalled(transaction: Transaction, conversation_id: UUID) -> list[str]:
    """Give what her latest other conversations were about (NU-070)."""
    rows = await transaction.rows(RECALLED, conversation_id, MAX_RECALLED)
    return [row["summary"] for row in rows]
