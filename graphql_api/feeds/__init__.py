"""Feeds: what a subscription tells, read page by page under the subscriber's own policies."""

from graphql_api.feeds.opening import Feeds, compile_feed
from graphql_api.feeds.planning import FeedPlan, FeedPlanner
from graphql_api.feeds.stream import Event, EventStream, Whose

__all__ = ["Event", "EventStream", "FeedPlan", "FeedPlanner", "Feeds", "Whose", "compile_feed"]
