"""What makes news travel: the hub wakes who waits in this process, hints cross to the others."""

from graphql_api.live.hints import Hints
from graphql_api.live.hub import Hub, Wake

__all__ = ["Hints", "Hub", "Wake"]
