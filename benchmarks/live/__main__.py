"""The command: `make bench-live` or `python -m benchmarks.live`."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from uvicorn.loops.auto import auto_loop_factory

from benchmarks import database
from benchmarks.live.compare import Effort, Result, compare
from benchmarks.live.database import CROWD
from benchmarks.live.idle import Idle, idle
from benchmarks.live.report import Report
from benchmarks.servers import cairn, install_postgraphile, postgraphile
from graphql_api.local.process import Problem

QUICK = Effort(subscribers=200, rate=50, seconds=3.0, rounds=1, ramp=False)

WIDTH = 120

out = Console(soft_wrap=True, width=max(WIDTH, Console().width))
err = Console(stderr=True, soft_wrap=True)


def bench_live(
    subscribers: Annotated[int, typer.Option(min=1, max=10_000, help="Of each server.")] = 1_000,
    rate: Annotated[float, typer.Option(min=1, help="Messages a second.")] = 100,
    seconds: Annotated[float, typer.Option(min=1, help="Length of a round.")] = 6.0,
    rounds: Annotated[int, typer.Option(min=1, help="Of each server, in turns.")] = 3,
    crowds: Annotated[
        str, typer.Option(help="Sizes of idle crowds, growing; empty for none.", metavar="SIZES")
    ] = "5000,10000",
    ramp: Annotated[bool, typer.Option(help="Look for the highest rates, too.")] = True,
    quick: Annotated[bool, typer.Option("--quick", help="A small crowd, and one round.")] = False,
    markdown: Annotated[
        list[Path] | None,
        typer.Option(
            help="Write the tables to this file, too: between `<!-- measured-live -->` and "
            "`<!-- /measured-live -->`, if it has these lines.",
            dir_okay=False,
        ),
    ] = None,
    durable: Annotated[
        bool,
        typer.Option("--durable", help="Wait for the disk at each commit, as production does."),
    ] = False,
    data_dir: Annotated[
        Path, typer.Option(help="Where the database is kept.", file_okay=False)
    ] = Path(".cairn/bench-live"),
) -> None:
    """Let a thousand people listen to Cairn and to PostGraphile, in turns, while messages come in."""
    effort = Effort(subscribers, rate, seconds, rounds, ramp)
    sizes = [int(size) for size in crowds.split(",") if size]
    if quick:
        effort, sizes = QUICK, sizes[:1] if crowds != "5000,10000" else [1_000]
    with err.status("Installing PostGraphile …"):
        install_postgraphile()
    load = os.getloadavg()[0]
    with ExitStack() as stack:
        with err.status("Starting Postgres (the first time, filling it) …"):
            ground = stack.enter_context(database.running(data_dir, CROWD, durable=durable))
        results = _compare(ground, effort)
        crowd = _idle(ground, sizes, effort)
        report = Report(results, crowd, effort, asyncio.run(database.version(ground)), load)
    out.print()
    report.print(out)
    for file in markdown or ():
        report.write(file)


def _compare(ground: database.Ground, effort: Effort) -> list[Result]:
    with (
        cairn(ground) as ours,
        postgraphile(ground, subscriptions=True) as theirs,
        _runner() as run,
    ):
        return run.run(compare(((ours, True), (theirs, False)), ground, effort, out))


def _idle(ground: database.Ground, sizes: list[int], effort: Effort) -> list[Idle]:
    if not sizes:
        return []
    out.print("an idle crowd at Cairn")
    with cairn(ground) as server, _runner() as run:
        return run.run(
            idle(server, ground, sizes, seconds=3 * effort.seconds, rate=effort.rate, out=out)
        )


def _runner() -> asyncio.Runner:
    # Ten thousand sockets that stay are nothing to look through again and again.
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)
    return asyncio.Runner(loop_factory=auto_loop_factory())


def main() -> None:
    """Run the command; what a person can mend is one sentence and exit code 1."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(bench_live)
    try:
        app(prog_name="python -m benchmarks.live")
    except Problem as error:
        err.print(str(error), style="red", markup=False, highlight=False)
        sys.exit(1)


if __name__ == "__main__":
    main()
