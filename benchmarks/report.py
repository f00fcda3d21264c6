"""What was measured, as a table on the terminal and in Markdown."""

from __future__ import annotations

import json
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from benchmarks.measure import Effort, Result
from benchmarks.servers import NODE_FOLDER
from graphql_api import __version__

HEADINGS = (
    "",
    "server",
    "requests/s",
    "p50 ms",
    "p99 ms",
    "server CPU",
    "Postgres CPU",
    "bytes",
)
OUR_PARTS = ("strawberry-graphql", "starlette", "uvicorn", "uvloop", "asyncpg")
RATIO = "ratio"
BEGIN, END = "<!-- measured -->", "<!-- /measured -->"


@dataclass(frozen=True, slots=True)
class Report:
    """Everything there is to say about a run."""

    results: Sequence[tuple[Result, Result]]
    effort: Effort
    postgres: str

    def print(self, console: Console) -> None:
        """Show it."""
        table = Table(*HEADINGS, box=None, pad_edge=False)
        for column in table.columns[2:]:
            column.justify = "right"
        for pair in self.results:
            for cells in _lines(*pair):
                table.add_row(*cells, style="bold" if cells[1] == RATIO else None)
            table.add_section()
        console.print(table)
        for line in self.facts():
            console.print(line, style="dim", highlight=False)

    def markdown(self) -> str:
        """Give it as Markdown."""
        rows = [HEADINGS, ("---", "---", *["---:"] * (len(HEADINGS) - 2))]
        for pair in self.results:
            for cells in _lines(*pair):
                is_ratio = cells[1] == RATIO
                rows.append(tuple(f"**{cell}**" if is_ratio and cell else cell for cell in cells))
        table = "\n".join(f"| {' | '.join(cells)} |" for cells in rows)
        return f"{table}\n\n" + "\n".join(f"- {line}" for line in self.facts()) + "\n"

    def write(self, file: Path) -> None:
        """Write it as Markdown: between the marks, in a file that has them; else as the file."""
        write_between(file, BEGIN, END, self.markdown())

    def facts(self) -> list[str]:
        """Say what was measured, with what, on what."""
        workloads = ", ".join(
            f"{ours.workload.key}: {ours.workload.title}" for ours, _ in self.results
        )
        spread = max(max(one.spread for one in pair) for pair in self.results)
        client = max(pair[0].typical("client_ms") for pair in self.results)
        return [
            f"{workloads}.",
            f"Medians of {self.effort.rounds} alternating rounds of {self.effort.seconds:g} s, "
            f"{self.effort.connections} connections; rounds differ by at most {spread:.0%}; "
            f"the client takes up to {client:.3f} ms of CPU for an answer. CPU is in ms for an answer.",
            *surroundings(self.postgres),
        ]


def surroundings(postgres: str) -> list[str]:
    """Say with what and on what it was measured.

    Args:
        postgres: its version.
    """
    return [
        f"Cairn {__version__}, Python {platform.python_version()}, "
        + ", ".join(f"{name} {version(name)}" for name in OUR_PARTS)
        + ".",
        f"PostGraphile {_npm_version('postgraphile')}, Node {_node_version()}. Postgres {postgres}.",
        f"{datetime.now(UTC):%Y-%m-%d}, {_processor()}, {psutil.cpu_count()} cores, "
        f"{psutil.virtual_memory().total / 2**30:.0f} GiB of memory, {platform.system()}.",
    ]


def write_between(file: Path, begin: str, end: str, text: str) -> None:
    """Write `text` between two marks of a file that has them; else as the file."""
    known = file.read_text() if file.exists() else ""
    before, found, rest = known.partition(begin)
    _, closed, after = rest.partition(end)
    file.write_text(f"{before}{found}\n\n{text}\n{closed}{after}" if closed else text)


def _lines(ours: Result, theirs: Result) -> list[tuple[str, ...]]:
    def ratio(what: str) -> str:
        return f"{ours.typical(what) / theirs.typical(what):.2f} x"

    return [
        *(_line(one) for one in (ours, theirs)),
        (
            "",
            RATIO,
            *(
                ratio(what)
                for what in (
                    "requests_per_second",
                    "median_ms",
                    "p99_ms",
                    "server_ms",
                    "postgres_ms",
                    "bytes",
                )
            ),
        ),
    ]


def _line(one: Result) -> tuple[str, ...]:
    return (
        one.workload.key,
        one.server,
        f"{one.typical('requests_per_second'):,.0f}",
        f"{one.typical('median_ms'):.2f}",
        f"{one.typical('p99_ms'):.2f}",
        f"{one.typical('server_ms'):.3f}",
        f"{one.typical('postgres_ms'):.3f}",
        f"{one.typical('bytes'):,.0f}",
    )


def _npm_version(package: str) -> str:
    return str(json.loads((NODE_FOLDER / package / "package.json").read_text())["version"])


def _node_version() -> str:
    node = NODE_FOLDER / ".bin" / "node"
    ran = subprocess.run([str(node), "--version"], capture_output=True, check=True, text=True)
    return ran.stdout.strip().removeprefix("v")


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass  # not Linux
    return platform.processor() or platform.machine()
