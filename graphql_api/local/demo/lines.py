"""The demo line by line, without colours: for files, pipes, and whoever is in a hurry."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from rich.console import Console

from graphql_api.local.demo.device import Device
from graphql_api.local.demo.view import legible


class Lines:
    """Prints each fact when it comes, with the seconds since the beginning."""

    def __init__(self, console: Console, *, is_slow: bool) -> None:
        """Print to `console`; at reading speed if `is_slow`."""
        self._console = console
        self._is_slow = is_slow
        self._began = time.monotonic()
        self._width = 0

    @asynccontextmanager
    async def showing(self, devices: Sequence[Device]) -> AsyncIterator[None]:
        """Print what happens on these devices while the block lasts."""
        self._began = time.monotonic()
        self._width = max(len(device.name) for device in devices)
        yield

    def narrate(self, text: str) -> None:
        """Print a sentence, with a line before it."""
        self._print("")
        self._print(text)

    def note(self, device: Device, text: str) -> None:
        """Print what became of a device's connection."""
        self._print_fact(device, f"({text})")

    def said(self, device: Device, who: str, text: str) -> None:
        """Print what a device was told."""
        self._print_fact(device, f"{who}: {legible(text)}")

    async def leave_time(self, seconds: float) -> None:
        """Let a person read, if there is one."""
        if self._is_slow:
            await asyncio.sleep(seconds)

    def _print_fact(self, device: Device, text: str) -> None:
        seconds = time.monotonic() - self._began
        self._print(f"{seconds:6.2f} s  {device.name:<{self._width}}  {text}")

    def _print(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)
