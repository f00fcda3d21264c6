"""`cairn seed --scale` on a terminal: how far it is, and what was made."""

from __future__ import annotations

import asyncio
import time

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from graphql_api.local.scale import enlarge


def run(url: str, scale: int, console: Console) -> None:
    """Make the large database, and tell how far it is."""
    began = time.monotonic()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("Messages", total=None)
        made = asyncio.run(
            enlarge(url, scale, lambda done, of: progress.update(task, completed=done, total=of))
        )
    if not any(made.values()):
        console.print("All of them were there already.")
        return
    rows = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in made.items())
    console.print(f"Made {rows} in {time.monotonic() - began:.0f} s.", highlight=False)
