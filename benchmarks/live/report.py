"""What was measured, as tables on the terminal and in Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path as File

from rich.console import Console
from rich.table import Table

from benchmarks.live.compare import LONGEST_P95_MS, OUR_PATHS, Effort, Result, typical
from benchmarks.live.idle import Idle
from benchmarks.live.rounds import Path, Round
from benchmarks.report import surroundings, write_between

BEGIN, END = "<!-- measured-live -->", "<!-- /measured-live -->"
RATIO = "ratio"
NUMBERS = ("p50 ms", "p95 ms", "p99 ms", "server CPU", "Postgres CPU")
MEASURES = ("p50", "p95", "p99", "server_ms", "postgres_ms")

Cells = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything there is to say about a run.

    Attributes:
        results: Cairn's and PostGraphile's.
        crowd: at Cairn alone, growing.
        effort: that was made.
        postgres: its version.
        load: of the machine when the run began, a minute's average.
    """

    results: Sequence[Result]
    crowd: Sequence[Idle]
    effort: Effort
    postgres: str
    load: float

    def tables(self) -> list[tuple[str, list[Cells]]]:
        """Give each table: what it shows, and its lines, headings first."""
        found = [(self._title(), self._delivery())]
        if self.effort.ramp:
            found.append(("The highest rate that is kept up", self._highest()))
        if self.crowd:
            found.append(
                ("A crowd at Cairn that hears nothing, and then messages again", self._crowd())
            )
        return found

    def print(self, console: Console) -> None:
        """Show it."""
        for title, (headings, *lines) in self.tables():
            table = Table(*headings, title=title, title_justify="left", box=None, pad_edge=False)
            for column in table.columns:
                column.justify = "left" if column.header in ("", "server") else "right"
            for cells in lines:
                table.add_row(*cells, style="bold" if RATIO in cells else None)
            console.print(table)
            console.print()
        for line in self.facts():
            console.print(line, style="dim", highlight=False)

    def write(self, file: File) -> None:
        """Write it as Markdown: between the marks, in a file that has them; else as the file."""
        write_between(file, BEGIN, END, self.markdown())

    def markdown(self) -> str:
        """Give it as Markdown."""
        parts = []
        for title, (headings, *lines) in self.tables():
            rule = tuple("---" if name in ("", "server") else "---:" for name in headings)
            bold = [
                tuple(f"**{cell}**" if RATIO in cells and cell else cell for cell in cells)
                for cells in lines
            ]
            table = "\n".join(f"| {' | '.join(cells)} |" for cells in (headings, rule, *bold))
            parts.append(f"{title}:\n\n{table}\n")
        return "\n".join([*parts, "\n".join(f"- {line}" for line in self.facts()), ""])

    def facts(self) -> list[str]:
        """Say what was measured, with what, on what."""
        rounds = [one for result in self.results for seen in result.rounds.values() for one in seen]
        lost = sum(one.heard.said - one.heard.heard for one in rounds)
        doubled = sum(one.heard.doubled + one.heard.astray for one in rounds)
        arrivals = ", ".join(
            f"{result.name} {result.arrivals[0].per_second:,.0f}/s "
            f"({result.arrivals[0].server_ms:.1f} ms of server CPU and {result.kilobytes:,.0f} kB each)"
            for result in self.results
        )
        refused = [
            f"Until {one.size:,} stood: {one.arrival.returned} times one was told to come back later "
            f"(1013) and did; refused: {one.arrival.refused or 'nobody'}."
            for one in self.crowd
            if one.arrival.refused or one.arrival.returned
        ]
        return [
            "sent: by a mutation over HTTP, to the same server; told: stored by SQL beside the server, "
            "which is told (Cairn by a hint through Redis, as its worker gives; PostGraphile by the "
            "trigger's NOTIFY); found: stored by SQL, and Cairn's poll finds it, once a second.",
            f"Medians of {self.effort.rounds} alternating turns, rounds of {self.effort.seconds:g} s; "
            f"{sum(one.heard.said for one in rounds):,} messages, {lost} lost, {doubled} doubled or "
            "astray. CPU is in ms for one delivered event, in `sent` with the mutation's; so are "
            "statements (those that begin, commit and say who asks included), counted in a round of "
            "their own.",
            f"Kept up: everything arrives, 95% of it within {LONGEST_P95_MS:.0f} ms.",
            f"Coming: {arrivals}; client, servers and Postgres share the cores, and the client takes "
            f"{max(one.client_ms for one in rounds):.2f} ms of CPU for an event; "
            f"load of the machine before: {self.load:.1f}.",
            "Of the crowd: how many came in a second (64 at a time), how long that took them and the "
            "server; memory for each; CPU of the server and of Postgres, and statements, in a second "
            "of silence; how long Postgres takes for a poll; then latency of `sent`.",
            *refused,
            *surroundings(self.postgres),
        ]

    def _title(self) -> str:
        return (
            f"{self.effort.subscribers:,} subscribers, {self.effort.rate:g} messages a second: "
            "from handing a message over to the receipt of its event"
        )

    def _delivery(self) -> list[Cells]:
        lines: list[Cells] = [("", "server", *NUMBERS, "statements")]
        for path in OUR_PATHS:
            seen = [
                (one.name, typical(one.rounds[path]), _statements(one, path))
                for one in self.results
                if path in one.rounds
            ]
            lines += [
                (path, name, *_numbers(found), f"{statements:.2f}")
                for name, found, statements in seen
            ]
            if len(seen) == 2:
                (_, ours, our_count), (_, theirs, their_count) = seen
                lines.append(
                    ("", RATIO, *_ratios(ours, theirs), f"{our_count / their_count:.2f} x")
                )
        return lines

    def _highest(self) -> list[Cells]:
        lines: list[Cells] = [("", "server", "messages/s", *NUMBERS)]
        for path in OUR_PATHS:
            seen = [
                (one.name, typical(one.highest[path]))
                for one in self.results
                if path in one.highest
            ]
            lines += [(path, name, f"{found.rate:,.0f}", *_numbers(found)) for name, found in seen]
            if len(seen) == 2:
                (_, ours), (_, theirs) = seen
                lines.append(
                    ("", RATIO, f"{ours.rate / theirs.rate:.2f} x", *_ratios(ours, theirs))
                )
        return lines

    def _crowd(self) -> list[Cells]:
        headings = ("subscribers", "came/s", "in (p95)", "CPU each", "kB each", "files")
        more = ("idle CPU", "of Postgres", "statements/s", "poll ms", "p50 ms", "p95 ms")
        return [(*headings, *more), *(_crowd_line(one) for one in self.crowd)]


def _crowd_line(one: Idle) -> Cells:
    heard = one.round.heard if one.round is not None else None
    return (
        f"{one.size:,}",
        f"{one.arrival.per_second:,.0f}",
        f"{one.arrival.p95:,.0f} ms",
        f"{one.arrival.server_ms:.2f} ms",
        f"{one.kilobytes:,.1f}",
        f"{one.files:,}",
        f"{one.server_cpu:.1%}",
        f"{one.postgres_cpu:.1%}",
        f"{one.statements.all / one.seconds:.1f}",
        "" if one.statements.poll_ms is None else f"{one.statements.poll_ms:.2f}",
        "" if heard is None else f"{heard.p50:.1f}",
        "" if heard is None else f"{heard.p95:.1f}",
    )


def _numbers(found: Round) -> Cells:
    times = (f"{_measure(found, name):.1f}" for name in MEASURES[:3])
    return (*times, *(f"{_measure(found, name):.3f}" for name in MEASURES[3:]))


def _ratios(ours: Round, theirs: Round) -> Cells:
    return tuple(f"{_measure(ours, name) / _measure(theirs, name):.2f} x" for name in MEASURES)


def _measure(found: Round, name: str) -> float:
    return float(getattr(found if name.endswith("_ms") else found.heard, name))


def _statements(result: Result, path: Path) -> float:
    counted, events = result.statements[path]
    return counted.all / max(events, 1)
