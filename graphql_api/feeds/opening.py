"""Opening a feed: from its plan, its arguments and who asks, to the stream of its events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql_api.compile import Compiled
from graphql_api.errors import RateLimited
from graphql_api.events import StreamOf
from graphql_api.feeds.cursors import decode_in_text, decode_place
from graphql_api.feeds.log_feed import LogFeed
from graphql_api.feeds.planning import FeedPlan
from graphql_api.feeds.reading import Reader
from graphql_api.feeds.statements import NOWHERE, compile_look, compile_page
from graphql_api.feeds.stream import EventStream, Feed, Whose, open_stream
from graphql_api.feeds.text_feed import TextFeed
from graphql_api.live import Hub
from graphql_api.session import Database


class Feeds:
    """Opens the feeds of one database."""

    def __init__(self, database: Database, hub: Hub, *, max_of_user: int) -> None:
        """Read from `database`, woken by `hub`; each person has so many open at most."""
        self._database = database
        self._hub = hub
        self._max_of_user = max_of_user

    def open(
        self,
        plan: FeedPlan,
        compiled: Compiled,
        whose: Whose,
        variables: Mapping[str, Any],
        operation_name: str | None,
    ) -> EventStream:
        """Give the stream of a subscription; nothing is read before its first event is asked for.

        Args:
            plan: what it asks.
            compiled: its statement.
            whose: gives the subscriber as she is now, or raises Unauthenticated.
            variables: of the subscription; her id among them.
            operation_name: for logs.

        Raises:
            BadInput: the cursor `after`, or one further down, is malformed.
            RateLimited: she has as many open as she may.
        """
        # A bad cursor further down is refused now, not in the middle of the stream.
        compiled.bind({**variables, **NOWHERE})
        reader = Reader(self._database, whose, compiled, variables)
        # Whatever happens to her costs a statement for each.
        if self._hub.subscriptions_of(reader.user_id) >= self._max_of_user:
            raise RateLimited(f"At most {self._max_of_user} subscriptions at a time.")
        after = plan.after(variables)
        feed: Feed
        if isinstance(plan.meaning, StreamOf):
            feed = TextFeed(plan, reader, self._hub, whose, place=decode_in_text(after))
        else:
            feed = LogFeed(plan, reader, self._hub, whose, place=decode_place(after))
        return open_stream(feed, plan, operation_name)


def compile_feed(plan: FeedPlan, role: str) -> Compiled:
    """Compile the one statement of a feed."""
    if isinstance(plan.meaning, StreamOf):
        return compile_look(plan, role)
    return compile_page(plan, role)
