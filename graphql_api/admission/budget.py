"""The budget: how many tokens of the language model each person may use in 24 hours.

What was used is counted in Postgres, by the hour. A worker asks before each reply; the API asks
before a message is stored, so that she is told at once. Whoever has used less than half is not
asked about again for half a minute: nobody uses the other half in that time, and the worker would
see it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from graphql_api.auth import Viewer
from graphql_api.errors import RateLimited
from graphql_api.session import Database, DatabaseError, Statement, Transaction

WINDOW_HOURS = 24
TRUST_SECONDS = 30.0
MAX_TRUSTED = 50_000

SPENT = "select private.model_tokens_spent($1)"
SPEND = "select private.spend_model_tokens($1)"


class Budget:
    """Everybody's budget, as one process knows it."""

    def __init__(
        self,
        database: Database,
        tokens_per_day: int,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Allow each person `tokens_per_day`, in any 24 hours."""
        self._database = database
        self._tokens_per_day = tokens_per_day
        self._clock = clock
        # Until when somebody who has used little is not asked about.
        self._trusted: dict[UUID, float] = {}

    async def admit(self, viewer: Viewer, *, unless: Statement | None = None) -> None:
        """Let `viewer` ask for a reply, or not.

        Args:
            viewer: signed in.
            unless: gives true when she asks again for what she was let ask for already.

        Raises:
            RateLimited: she has used it up; it says when some of it comes back.
            Unavailable, Timeout: nobody can tell just now.
        """
        if viewer.user_id is None or self._clock() < self._trusted.get(viewer.user_id, 0.0):
            return
        try:
            async with self._database.transaction(
                viewer, role="cairn_server", read_only=True
            ) as transaction:
                spent = int(await transaction.value(SPENT, WINDOW_HOURS))
                if self.is_used_up(spent) and (
                    unless is None or not await transaction.value(unless.text, *unless.arguments)
                ):
                    raise RateLimited(
                        "You have talked a lot today; go on a little later.",
                        retry_after_seconds=_seconds_to_next_hour(),
                    )
        except DatabaseError as error:
            raise error.api_error from error
        if 2 * spent < self._tokens_per_day:
            self._trust(viewer.user_id)

    async def count(self, viewer: Viewer, tokens: int) -> None:
        """Count `tokens` as used by `viewer`, in a transaction of its own.

        Raises:
            DatabaseError, Timeout, Unavailable: they are not counted; she may be erased.
        """
        async with self._database.transaction(viewer, role="cairn_server") as transaction:
            await spend(transaction, tokens)

    async def is_used_up_by(self, transaction: Transaction) -> bool:
        """Tell whether she in whose name `transaction` is has used it up."""
        return self.is_used_up(int(await transaction.value(SPENT, WINDOW_HOURS)))

    def is_used_up(self, spent: int) -> bool:
        """Tell whether nothing is left after `spent` tokens."""
        return spent >= self._tokens_per_day

    def _trust(self, user_id: UUID) -> None:
        if len(self._trusted) >= MAX_TRUSTED:
            self._trusted.clear()
        self._trusted[user_id] = self._clock() + TRUST_SECONDS


async def spend(transaction: Transaction, tokens: int) -> None:
    """Count `tokens` as used by her in whose name `transaction` is."""
    if tokens > 0:
        await transaction.execute(SPEND, tokens)


def _seconds_to_next_hour() -> float:
    """What is counted by the hour comes back at a full one."""
    now = datetime.now(UTC)
    following = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return round((following - now).total_seconds(), 1)
