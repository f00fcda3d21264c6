"""Reading for a feed: each page in a short transaction of its own, as who the subscriber is now."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import structlog

from graphql_api.compile import Compiled
from graphql_api.errors import ApiError, Timeout, Unauthenticated, Unavailable
from graphql_api.feeds.stream import Whose
from graphql_api.planner import VIEWER_ID
from graphql_api.session import Database, DatabaseError

FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 2.0

log = structlog.get_logger(__name__)


class Reader:
    """Reads one statement again and again in the name of one subscriber."""

    def __init__(
        self, database: Database, whose: Whose, compiled: Compiled, variables: Mapping[str, Any]
    ) -> None:
        """Read from `database`.

        Args:
            database: is read.
            whose: gives the subscriber as she is now, or raises Unauthenticated.
            compiled: the statement.
            variables: of the subscription; her id among them.
        """
        self._database = database
        self._whose = whose
        self._compiled = compiled
        self._variables = variables

    @property
    def user_id(self) -> UUID:
        """Whose subscription it is."""
        user_id: UUID = self._variables[VIEWER_ID]
        return user_id

    async def read(self, **places: object) -> bytes | None:
        """Give the statement's text; while the database is away, wait for it.

        Args:
            places: variables of this one reading, their names without the dollar.

        Raises:
            Unauthenticated: the subscriber may not hear any more.
            DatabaseError: the database refuses, which will not pass.
        """
        own = {f"${name}": value for name, value in places.items()}
        statement = self._compiled.bind({**self._variables, **own})
        pause = FIRST_PAUSE_SECONDS
        while True:
            viewer = self._whose()
            if viewer.user_id != self.user_id:
                raise Unauthenticated
            try:
                return await self._database.run_text(viewer, statement)
            except (ApiError, DatabaseError) as error:
                if not will_pass(error):
                    raise
                log.info("a subscription waits for the database", reason=type(error).__name__)
            # Spread, so that not everybody asks in the same moment when it is back.
            await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - no secret
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)


def will_pass(error: ApiError | DatabaseError) -> bool:
    """Tell whether a failure is only that the database is away, or too busy."""
    source = error.api_error if isinstance(error, DatabaseError) else error
    return isinstance(source, Unavailable | Timeout)
