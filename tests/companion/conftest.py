"""Companions that tests make, closed after them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest

from graphql_api.companion.model import OpenAICompanion
from tests.companion.asking import at
from tests.fixtures.model_server import ModelServer

Ask = Callable[..., OpenAICompanion]


@pytest.fixture
async def ask(model_server: ModelServer) -> AsyncIterator[Ask]:
    """Make a companion that asks the pretended endpoint: `ask(reply_tokens=50)`."""
    made: list[OpenAICompanion] = []

    def make(**changes: object) -> OpenAICompanion:
        made.append(at(model_server, **changes))
        return made[-1]

    yield make
    for companion in made:
        await companion.aclose()
