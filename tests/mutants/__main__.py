"""`python -m tests.mutants`: sabotage the source in small ways, and see that the tests notice.

A test that nothing can make fail guards nothing. Each mutant is a fault that would hurt somebody;
a run fails when one survives, or when the text that it changes is no longer there. Last come the
sabotages of the database that the proof of isolation must notice, each in a transaction.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tests.isolation.sabotage import Sabotage
from tests.isolation.walls import SABOTAGES
from tests.mutants import answers, database, identity, live, walls
from tests.mutants.laboratory import PROJECT, Laboratory, Outcome
from tests.mutants.mutant import Mutant, Stale

MUTANTS = (*identity.MUTANTS, *answers.MUTANTS, *database.MUTANTS, *live.MUTANTS)
# More at once would only wait for each other: each run has a Postgres of its own.
AT_ONCE = max(2, min(8, os.cpu_count() or 1))

console = Console(highlight=False, soft_wrap=True)


def main(
    names: Annotated[
        list[str] | None, typer.Argument(help="Only these; a part of a name is enough.")
    ] = None,
    *,
    show: Annotated[bool, typer.Option("--list", help="List them, and run nothing.")] = False,
    at_once: Annotated[int, typer.Option(min=1, max=32, help="How many at once.")] = AT_ONCE,
) -> None:
    """Sabotage the source in small ways, each in a copy, and see that the tests notice."""
    chosen = [one for one in MUTANTS if _is_meant(one.name, names)]
    sabotages = [one for one in SABOTAGES if _is_meant(one.name, names)]
    if not chosen and not sabotages:
        console.print("There is no mutant of this name; --list shows them.")
        raise typer.Exit(2)
    if show:
        _list(chosen, sabotages)
        return
    outcomes = asyncio.run(_examine(chosen, at_once)) if chosen else []
    bad = [one for one in outcomes if not one.verdict.is_good]
    console.print(f"{len(chosen)} mutants; not as they should be: {len(bad)}.")
    noticed = walls.break_them(sabotages, console) if sabotages else True
    raise typer.Exit(0 if noticed and not bad else 1)


def _is_meant(name: str, parts: Sequence[str] | None) -> bool:
    return not parts or any(part in name for part in parts)


def _list(mutants: Sequence[Mutant], sabotages: Sequence[Sabotage]) -> None:
    for mutant in mutants:
        try:
            mutant.mutated(PROJECT)
        except Stale as stale:
            console.print(f"{mutant.name}  STALE: {stale}", style="red")
        else:
            console.print(f"{mutant.name}  [dim]{mutant.file}[/dim]")
    for sabotage in sabotages:
        console.print(f"{sabotage.name}  [dim]{sabotage.subject}[/dim]")


async def _examine(mutants: Sequence[Mutant], at_once: int) -> list[Outcome]:
    places = asyncio.Semaphore(at_once)
    done = 0

    async def watched(name: str, mutant: Mutant | None) -> Outcome:
        nonlocal done
        async with places:
            if mutant is None:
                tests = sorted({test for one in mutants for test in one.tests})
                outcome = await laboratory.find_sound(tests)
            else:
                outcome = await laboratory.examine(mutant)
        done += 1
        _tell(f"{done:>3}/{len(mutants) + 1}", name, outcome)
        return outcome

    with tempfile.TemporaryDirectory(prefix="cairn-mutants-") as folder:
        laboratory = Laboratory(Path(folder))
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(watched("(no mutant)", None))]
            tasks += [group.create_task(watched(one.name, one)) for one in mutants]
        return [task.result() for task in tasks]


def _tell(place: str, name: str, outcome: Outcome) -> None:
    good = outcome.verdict.is_good
    console.print(
        f"{place:>6}  {outcome.verdict.value:<8} {outcome.seconds:5.1f} s  {name}",
        style=None if good else "bold red",
    )
    console.print(f"        {outcome.note}", style="dim" if good else None, markup=False)


if __name__ == "__main__":
    typer.run(main)
