"""The demo on a terminal: the devices side by side, and below them what happens."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from rich.box import HEAVY, ROUNDED
from rich.console import Console, Group
from rich.live import Live
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from graphql_api.local.demo.device import Device
from graphql_api.local.demo.held import UNDER_WAY, VIEWER, Message
from graphql_api.local.demo.view import legible

FRAMES_PER_SECOND = 12
# A narrower or lower terminal gets lines.
MIN_COLUMNS, MIN_ROWS = 72, 20
MAX_COLUMNS, MAX_ROWS = 132, 34
NARRATION_ROWS = 4
BORDER_COLUMNS = 4
BORDER_ROWS = 2
# A token with less left than this shows how much.
SHORT_SECONDS = 600

BLINK_SECONDS = 0.5


def is_large_enough(console: Console) -> bool:
    """Tell whether three devices are legible side by side."""
    return console.width >= MIN_COLUMNS and console.height >= MIN_ROWS


class Screen:
    """Draws what the devices hold, many times a second."""

    def __init__(self, console: Console) -> None:
        """Draw on `console`, a terminal."""
        self._console = console
        self._devices: Sequence[Device] = ()
        self._notes: dict[str, str] = {}
        self._narration = ""

    @asynccontextmanager
    async def showing(self, devices: Sequence[Device]) -> AsyncIterator[None]:
        """Draw these devices while the block lasts; the last picture stays."""
        self._devices = devices
        with Live(
            get_renderable=self.draw, console=self._console, auto_refresh=False, screen=False
        ) as live:
            # A task and not rich's own thread: what is drawn changes in the loop.
            drawing = asyncio.create_task(self._draw_again(live))
            try:
                yield
            finally:
                drawing.cancel()
                live.refresh()

    async def _draw_again(self, live: Live) -> None:
        while True:
            live.refresh()
            await asyncio.sleep(1 / FRAMES_PER_SECOND)

    def narrate(self, text: str) -> None:
        """Put a sentence below the devices."""
        self._narration = text
        online = {device.name for device in self._devices if device.is_online}
        self._notes = {name: note for name, note in self._notes.items() if name not in online}

    def note(self, device: Device, text: str) -> None:
        """Put a few words at the foot of a device."""
        self._notes[device.name] = text

    def said(self, device: Device, who: str, text: str) -> None:
        """Do nothing: what a device holds is drawn anyway."""

    async def leave_time(self, seconds: float) -> None:
        """Let a person read."""
        await asyncio.sleep(seconds)

    def draw(self) -> Group:
        """Give one picture."""
        width = min(self._console.width, MAX_COLUMNS)
        rows = min(self._console.height, MAX_ROWS) - NARRATION_ROWS - 1
        # Lengths that fill the width: what is over goes to the first ones.
        shares = [(width + place) // len(self._devices) for place in range(len(self._devices))]
        beside = Table.grid(padding=0)
        for share in shares:
            beside.add_column(width=share)
        beside.add_row(
            *(
                self._panel(device, share, rows)
                for device, share in zip(self._devices, shares, strict=True)
            )
        )
        narration = Text(self._narration, style="bold")
        lines = narration.wrap(self._console, width - 2)[: NARRATION_ROWS - 1]
        told = Text("\n").join([*lines, *[Text()] * (NARRATION_ROWS - 1 - len(lines))])
        return Group(beside, Padding(told, (1, 1, 0, 1)))

    def _panel(self, device: Device, columns: int, rows: int) -> Panel:
        inner = columns - BORDER_COLUMNS
        room = rows - BORDER_ROWS
        foot = self._foot(device, inner)
        body = self._chat(device, inner, room - len(foot) - 1)
        blank = [Text()] * (room - len(body) - len(foot))
        return Panel(
            Text("\n").join([*body, *blank, *foot]),
            title=Text(device.name, style="bold"),
            subtitle=_state(device),
            box=ROUNDED if device.is_online else HEAVY,
            border_style=_colour(device),
            width=columns,
            height=rows,
        )

    def _chat(self, device: Device, columns: int, rows: int) -> list[Text]:
        """Give the conversation's title, and as many of its last lines as there is room for."""
        head = list(Text(device.title, style="bold underline").wrap(self._console, columns))
        lines: list[Text] = []
        for message in device.held.in_order():
            lines.append(Text())
            lines.extend(_said(device, message).wrap(self._console, columns))
        room = rows - len(head)
        return [*head, *lines[max(0, len(lines) - room) :]]

    def _foot(self, device: Device, columns: int) -> list[Text]:
        note = Text(self._notes.get(device.name, ""), style="italic")
        return list(note.wrap(self._console, columns))


def _said(device: Device, message: Message) -> Text:
    text = legible(device.held.text_of(message))
    if message.role == "USER":
        return Text.assemble((f"{device.person.capitalize()}  ", "bold cyan"), text)
    said = Text.assemble(("companion  ", "bold green"), text)
    if message.state in UNDER_WAY and device.is_online:
        is_lit = int(time.monotonic() / BLINK_SECONDS) % 2 == 0
        said.append(" ▍" if is_lit else "  ", style="green")
    elif message.state in UNDER_WAY:
        said.append(" …", style="bold red")
    return said


def _colour(device: Device) -> str:
    if not device.is_online:
        return "red"
    return "green" if VIEWER in device.held.caught_up else "yellow"


def _state(device: Device) -> Text:
    left = device.token_ends_at - time.time()
    if not device.is_online:
        token = f"token {left:.0f} s" if left > 0 else "token ended"
        return Text(f"offline · {token}", style="red")
    if 0 < left < SHORT_SECONDS:
        return Text(f"online · token {left:.0f} s", style="yellow")
    return Text("online", style="green")
