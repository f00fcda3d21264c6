"""Tokens: who is asking, and is it true."""

from graphql_api.auth.tokens import TokenVerifier
from graphql_api.auth.viewer import ANONYMOUS, Role, Viewer

__all__ = ["ANONYMOUS", "Role", "TokenVerifier", "Viewer"]
