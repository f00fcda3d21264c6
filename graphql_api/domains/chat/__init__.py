"""Chat: conversations with the companion, and what is said in them."""

from graphql_api.domains.chat.events import Subscription
from graphql_api.domains.chat.fields import Mutation, Query

__all__ = ["Mutation", "Query", "Subscription"]
