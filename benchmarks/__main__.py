"""The command: `make bench`, `cairn bench` or `python -m benchmarks`."""

from __future__ import annotations

import asyncio
import pstats
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks import database
from benchmarks.measure import Effort, agree, measure, questions
from benchmarks.report import Report
from benchmarks.servers import cairn, install_postgraphile, postgraphile
from benchmarks.workloads import WORKLOADS, Disagreement, Workload
from graphql_api.local.process import Problem

PROFILED_LINES = 45
QUICK = Effort(rounds=1, seconds=3.0, warm_up_seconds=2.0, connections=16)

out = Console(soft_wrap=True)
err = Console(stderr=True, soft_wrap=True)


def bench(
    only: Annotated[
        str, typer.Option(help="Workloads, such as `A` or `AC`.", metavar="LETTERS")
    ] = "ABC",
    rounds: Annotated[int, typer.Option(min=1, help="For each server and workload.")] = 3,
    seconds: Annotated[float, typer.Option(min=0.5, help="Length of a round.")] = 8.0,
    connections: Annotated[int, typer.Option(min=1, max=500, help="Clients at a time.")] = 16,
    quick: Annotated[bool, typer.Option("--quick", help="One round of 3 seconds.")] = False,
    markdown: Annotated[
        Path | None,
        typer.Option(
            help="Write the table to this file, too: between `<!-- measured -->` and "
            "`<!-- /measured -->`, if it has these lines.",
            dir_okay=False,
        ),
    ] = None,
    profile: Annotated[
        bool,
        typer.Option(
            "--profile", help="Run Cairn alone, under cProfile, and show where it spends."
        ),
    ] = False,
    durable: Annotated[
        bool,
        typer.Option("--durable", help="Wait for the disk at each commit, as production does."),
    ] = False,
    data_dir: Annotated[
        Path, typer.Option(help="Where the database is kept: about 1 GB.", file_okay=False)
    ] = Path(".cairn/bench"),
) -> None:
    """Ask Cairn and PostGraphile the same questions of the same million messages, in turns."""
    effort = Effort(rounds, seconds, warm_up_seconds=4.0, connections=connections)
    if quick:
        effort = QUICK
    chosen = _chosen(only)
    if not profile:
        with err.status("Installing PostGraphile …"):
            install_postgraphile()
    with ExitStack() as stack:
        with err.status("Starting Postgres (the first time, filling it) …"):
            ground = stack.enter_context(database.running(data_dir, durable=durable))
        if profile:
            for workload in chosen:
                _profile(ground, workload, effort)
        else:
            _compare(ground, chosen, effort, markdown)


def _compare(
    ground: database.Ground, chosen: list[Workload], effort: Effort, markdown: Path | None
) -> None:
    results = []
    with cairn(ground) as ours, postgraphile(ground) as theirs:
        servers = (ours, theirs)
        for workload in chosen:
            out.print(f"{workload.key}: {workload.title}", highlight=False)
            agree(workload, servers, ground)
            found = measure(workload, servers, ground, effort, out)
            results.append((found[0], found[1]))
    report = Report(results, effort, asyncio.run(database.version(ground)))
    out.print()
    report.print(out)
    if markdown is not None:
        report.write(markdown)


def _profile(ground: database.Ground, workload: Workload, effort: Effort) -> None:
    seen_by = ground.stack.folder.path / f"{workload.key}.profile"
    with cairn(ground, profile=seen_by) as server:
        asked, _ = questions(workload, ground)
        seen = server.load(asked, connections=effort.connections, seconds=effort.seconds)
    out.print(f"{workload.key}: {workload.title}; {seen['answers']} answers", highlight=False)
    pstats.Stats(str(seen_by), stream=sys.stdout).strip_dirs().sort_stats("tottime").print_stats(
        PROFILED_LINES
    )


def _chosen(letters: str) -> list[Workload]:
    known = {workload.key: workload for workload in WORKLOADS}
    unknown = [letter for letter in letters.upper() if letter not in known]
    if unknown or not letters:
        raise typer.BadParameter(f"Choose among {', '.join(known)}.", param_hint="--only")
    return [workload for key, workload in known.items() if key in letters.upper()]


def main() -> None:
    """Run the command; what a person can mend is one sentence and exit code 1."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command(context_settings={"help_option_names": ["--help", "--help-bench"]})(bench)
    try:
        app(prog_name="cairn bench")
    except (Problem, Disagreement) as error:
        err.print(str(error), style="red", markup=False, highlight=False)
        sys.exit(1)


if __name__ == "__main__":
    main()
