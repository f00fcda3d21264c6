"""Ask a companion, and give the whole of what it says."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from datetime import timedelta
from typing import Any

from graphql_api.companion.model import OpenAICompanion
from graphql_api.companion.protocol import Companion, Turn, Usage
from graphql_api.settings import Settings
from tests.fixtures.model_server import KEY, MODEL, ModelServer

ASKED = (Turn("system", "Be kind."), Turn("user", "I slept badly again."))
ANSWER = (
    "Thank you for telling me. You wrote: “I slept badly again.”. "
    "It sounds as if that has been with you for a while. What would you like to look at first?"
)


def at(server: ModelServer, **changes: Any) -> OpenAICompanion:
    """Give a companion that asks `server`, impatiently."""
    given = {
        "openai_api_key": KEY,
        "openai_base_url": server.url,
        "chat_model": MODEL,
        "model_timeout": timedelta(seconds=5),
        "model_retries": 0,
        **changes,
    }
    return OpenAICompanion(Settings(**given), first_pause=timedelta(0))


async def hear(
    companion: Companion, turns: Sequence[Turn] = ASKED, into: list[str] | None = None
) -> tuple[list[str], Usage]:
    """Give the pieces of a reply and its usage; pieces that came before an error are in `into`."""
    pieces = [] if into is None else into
    usages = []
    async with aclosing(companion.reply(turns)) as coming:
        async for one in coming:
            if isinstance(one, Usage):
                usages.append(one)
            else:
                assert not usages, "A piece came after the usage."
                pieces.append(one)
    assert len(usages) == 1
    return pieces, usages[0]
