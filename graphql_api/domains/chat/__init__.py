"""Chat: conversations with the companion, and what is said in them."""

from graphql_api.domains.chat.events import Subscription
from graphql_api.domains.chat.fields import Mutation, Query
from graphql_api.domains.chat.sending import store_reply

__all__ = ["Mutation", "Query", "Subscription", "store_reply"]
