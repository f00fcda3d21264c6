"""Breaks the walls of the database, one at a time, and sees that the proof of isolation notices."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from tests.fixtures.cluster import RunningCluster
from tests.isolation.room import furnished, opened
from tests.isolation.sabotage import Sabotage, Verdict, examine, sound


def break_them(sabotages: Sequence[Sabotage], console: Console) -> bool:
    """Print a table and the score; tell whether each was noticed, and nothing without them."""
    running = RunningCluster()
    try:
        wrong, verdicts = asyncio.run(_examine(running, sabotages))
    finally:
        running.stop()
    for line in wrong:
        console.print(f"Without a sabotage: {line}", style="bold red", markup=False)
    shown = Table("Broken wall", "Tried", "Noticed by", box=None, pad_edge=False)
    for sabotage, verdict in zip(sabotages, verdicts, strict=True):
        noticed = f"{verdict.count} of {verdict.of}"
        style = None if verdict.is_noticed else "bold red"
        shown.add_row(sabotage.name, sabotage.subject, noticed, style=style)
    console.print(shown, no_wrap=True)
    for sabotage, verdict in zip(sabotages, verdicts, strict=True):
        if not verdict.is_noticed:
            console.print(f"{sabotage.name}: {verdict.note}", style="bold red", markup=False)
    noticed_ones = sum(verdict.is_noticed for verdict in verdicts)
    seconds = sum(verdict.seconds for verdict in verdicts)
    console.print(
        f"Walls noticed when broken: {noticed_ones} of {len(sabotages)}, in {seconds:.0f} s."
    )
    return not wrong and noticed_ones == len(sabotages)


async def _examine(
    running: RunningCluster, sabotages: Sequence[Sabotage]
) -> tuple[list[str], list[Verdict]]:
    async with furnished(running.cluster, "cairn_walls") as urls, opened(urls) as room:
        wrong = await sound(room, sabotages)
        return wrong, [await examine(room, one) for one in sabotages]
