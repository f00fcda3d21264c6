"""What can be done with the events of the demo: draw them, or print them line by line."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from graphql_api.local.demo.device import Device


class View(Protocol):
    """Shows a person what happens."""

    def showing(self, devices: Sequence[Device]) -> AbstractAsyncContextManager[None]:
        """Show these devices while the block lasts."""
        ...

    def narrate(self, text: str) -> None:
        """Tell what happens next, in a sentence."""
        ...

    def note(self, device: Device, text: str) -> None:
        """Tell what became of a device's connection."""
        ...

    def said(self, device: Device, who: str, text: str) -> None:
        """Tell what a device was told that somebody has said."""
        ...

    async def leave_time(self, seconds: float) -> None:
        """Let a person read for so long."""
        ...


def legible(text: str) -> str:
    """Give a text for a screen: a space for each run of white space, and no control characters.

    A model may have written it, and a terminal obeys control characters.
    """
    return "".join(sign for sign in " ".join(text.split()) if sign.isprintable())
