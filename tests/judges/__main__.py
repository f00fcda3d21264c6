"""`python -m tests.judges`: what programs that nobody here wrote think of this one."""

from __future__ import annotations

import asyncio
import sys
import time
import traceback
from dataclasses import dataclass
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from graphql_api.local.process import Problem
from tests.judges import (
    browser,
    clients,
    live_clients,
    node,
    older_postgres,
    pgtap,
    pooler,
    schemas,
    supabase_cli,
)
from tests.judges.ground import Ground, NotStarted, prepared
from tests.judges.judge import Judge, Objection

JUDGES = {
    judge.name: judge
    for judge in (
        *clients.JUDGES,
        *live_clients.JUDGES,
        *schemas.JUDGES,
        *supabase_cli.JUDGES,
        *pgtap.JUDGES,
        *pooler.JUDGES,
        *browser.JUDGES,
        *older_postgres.JUDGES,
    )
}
EVIDENCE_LINES = 40

# A file or a pipe has no width of its own.
console = Console(highlight=False, width=None if sys.stdout.isatty() else 110)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one judge said.

    Attributes:
        judge: who.
        score: in a few words; None when she objected.
        seconds: it took.
    """

    judge: Judge
    score: str | None
    seconds: float


def main(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Which judges; all if absent.")
    ] = None,
    list_only: Annotated[bool, typer.Option("--list", help="Name the judges, and stop.")] = False,
) -> None:
    """Ask the outside judges; exit with 1 when one objects.

    They need Node 20 or newer with npm, which installs them once into tests/judges/node_modules.
    Everything runs on a local stack of its own, which is removed afterwards.
    """
    if list_only:
        for judge in JUDGES.values():
            console.print(f"{judge.name:<12} {judge.checks}", markup=False)
        return
    unknown = [name for name in names or () if name not in JUDGES]
    if unknown:
        raise typer.BadParameter(f"there is no judge {', '.join(unknown)}; --list names them all")
    try:
        good = asyncio.run(_hold_court([JUDGES[name] for name in names or JUDGES]))
    except (Problem, NotStarted, Objection) as error:
        console.print(str(error), style="red", markup=False, soft_wrap=True)
        sys.exit(1)
    sys.exit(0 if good else 1)


async def _hold_court(judges: list[Judge]) -> bool:
    """Ask each judge, one after the other; tell whether none objected."""
    began = time.monotonic()
    if await node.install():
        console.print(f"Installed the judges from npm in {time.monotonic() - began:.0f} s.")
    verdicts = []
    async with prepared() as ground:
        for judge in judges:
            verdicts.append(await _hear(judge, ground))
    table = Table("judge", "checks", "score", "seconds", box=None, pad_edge=False)
    for verdict in verdicts:
        score = verdict.score or "[red]objects, see above[/red]"
        table.add_row(verdict.judge.name, verdict.judge.checks, score, f"{verdict.seconds:.1f}")
    console.print(table)
    agreed = sum(verdict.score is not None for verdict in verdicts)
    console.print(f"{agreed} passed, {len(verdicts) - agreed} failed")
    return agreed == len(verdicts)


async def _hear(judge: Judge, ground: Ground) -> Verdict:
    began = time.monotonic()
    score = None
    try:
        score = await judge.ask(ground)
    except Objection as objection:
        console.print(f"\n{judge.name} objects:", style="red")
        console.print(_short(str(objection)), markup=False, soft_wrap=True)
    except Exception:
        # It counts as an objection, and the others are heard all the same.
        console.print(f"\n{judge.name} broke down:", style="red")
        console.print(_short(traceback.format_exc()), markup=False, soft_wrap=True)
    return Verdict(judge, score, time.monotonic() - began)


def _short(evidence: str) -> str:
    """Leave out the middle of what is too long to read."""
    lines = evidence.splitlines()
    left_out = len(lines) - EVIDENCE_LINES
    if left_out > 0:
        half = EVIDENCE_LINES // 2
        lines = [*lines[:half], f"… {left_out} lines …", *lines[-half:]]
    return "\n".join(lines)


if __name__ == "__main__":
    typer.run(main)
