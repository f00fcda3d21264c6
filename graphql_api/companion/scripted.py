"""The scripted companion of `cairn dev`: no model, no network, the same reply to the same words."""

from __future__ import annotations

import asyncio
import re
import zlib
from collections.abc import AsyncGenerator, Sequence
from datetime import timedelta

from graphql_api.companion.context import estimate_prompt, estimate_tokens
from graphql_api.companion.extractive import extractive_summary
from graphql_api.companion.lines import (
    ANYTHING,
    DANGER,
    DANGER_REPLY,
    LABEL,
    PATTERNS,
    PAUSES,
    QUESTIONS,
    TURNED,
)
from graphql_api.companion.protocol import Summary, Turn, Usage

NAME = "scripted"
# About the pace of a model, so that in development a reply is seen to come.
PAUSE = timedelta(milliseconds=30)

_WORD = re.compile(r"\S+\s*|\s+")
_TURNABLE = re.compile(r"[A-Za-z]+(?:'[A-Za-z]+)?")


class ScriptedCompanion:
    """Gives back what was said, asks, and says in its first reply what it is."""

    name = NAME

    def __init__(self, pause: timedelta = PAUSE) -> None:
        """Keep the pace.

        Args:
            pause: before each word; zero in tests.
        """
        self._pause_seconds = pause.total_seconds()

    async def reply(self, turns: Sequence[Turn]) -> AsyncGenerator[str | Usage, None]:
        """Give the reply word by word, and its estimated Usage last; never fails."""
        text = scripted_reply(turns)
        for word in _WORD.findall(text):
            await asyncio.sleep(self._pause_seconds)
            yield word
        yield Usage(NAME, estimate_prompt(turns), estimate_tokens(text), is_estimated=True)

    async def summarise(self, turns: Sequence[Turn]) -> Summary:
        """Sum up by the extractive rules; never fails."""
        return extractive_summary(turns)

    async def aclose(self) -> None:
        """Do nothing: nothing is open."""


def scripted_reply(turns: Sequence[Turn]) -> str:
    """Give the whole reply to the last words of hers; the same turns give the same one."""
    hers = [turn.content for turn in turns if turn.role == "user"]
    is_first = all(turn.role != "assistant" for turn in turns)
    last = hers[-1].replace("’", "'") if hers else ""
    if DANGER.search(last):
        return DANGER_REPLY
    # A number out of all her words: chance enough, and the same every time.
    number = zlib.crc32("\0".join(hers).encode("utf-8", "surrogatepass"))
    parts = (
        _reflection(last, number),
        PAUSES[number // 7 % len(PAUSES)],
        QUESTIONS[number // 31 % len(QUESTIONS)],
    )
    return (LABEL if is_first else "") + " ".join(parts)


def _reflection(text: str, number: int) -> str:
    for pattern in PATTERNS:
        found = pattern.heard.search(text)
        if found:
            chosen = pattern.reflections[number % len(pattern.reflections)]
            return chosen.format(_turned(found.group(1))) if "{0}" in chosen else chosen
    return ANYTHING[number % len(ANYTHING)]


def _turned(clause: str) -> str:
    """Turn her words around: `that I lost my keys` becomes `that you lost your keys`."""
    turned = _TURNABLE.sub(
        lambda word: TURNED.get(word.group().lower(), word.group()), clause.strip()
    )
    return turned.replace("you was", "you were")
