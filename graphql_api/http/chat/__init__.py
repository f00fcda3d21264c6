"""A chat to look at, at `GET /` in development only: the API as a front end uses it."""

from graphql_api.http.chat.page import ChatPage

__all__ = ["ChatPage"]
