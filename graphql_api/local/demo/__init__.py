"""`cairn demo`: three devices of two people, live, over the real API, and what it proves.

Ana's phone loses its network and its token in the middle of an answer and comes back complete. All
that is shown was told by subscriptions, to the devices' own tokens; at the end it is compared with
the database, as its owner, and a difference is an error.
"""

from graphql_api.local.demo.stage import run

__all__ = ["run"]
