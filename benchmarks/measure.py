"""Rounds: one server after the other, over and over, and what each round cost."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from rich.console import Console

from benchmarks import cpu, database
from benchmarks.database import Ground, Person
from benchmarks.servers import Server
from benchmarks.workloads import Workload, bodies, compare

COMPARED = 200

Questions = list[tuple[Person, bytes]]


@dataclass(frozen=True, slots=True)
class Effort:
    """How long and how hard to measure."""

    rounds: int
    seconds: float
    warm_up_seconds: float
    connections: int


@dataclass(frozen=True, slots=True)
class Round:
    """What one round saw; times in milliseconds, CPU for one answer."""

    requests_per_second: float
    median_ms: float
    p99_ms: float
    server_ms: float
    postgres_ms: float
    client_ms: float
    bytes: float


@dataclass(frozen=True, slots=True)
class Result:
    """All rounds of one server at one workload."""

    workload: Workload
    server: str
    rounds: tuple[Round, ...]

    def typical(self, what: str) -> float:
        """Give the median over the rounds."""
        return median(float(getattr(one, what)) for one in self.rounds)

    @property
    def spread(self) -> float:
        """How far requests per second lie apart, as a part of the median."""
        rates = [one.requests_per_second for one in self.rounds]
        return (max(rates) - min(rates)) / median(rates)


def questions(workload: Workload, ground: Ground) -> tuple[Questions, Questions]:
    """Give the questions for Cairn, and the same ones for PostGraphile."""
    return (
        bodies(workload.cairn, workload.cairn_variables, ground.people),
        bodies(workload.peer, workload.peer_variables, ground.people),
    )


def agree(workload: Workload, servers: Sequence[Server], ground: Ground) -> None:
    """Ask both servers the same, and compare.

    Raises:
        Disagreement: they do not answer the same.
    """
    ours, theirs = questions(workload, ground)
    for mine, other in zip(ours[:COMPARED], theirs[:COMPARED], strict=True):
        compare(workload, servers[0].ask(*mine), servers[1].ask(*other))


def measure(
    workload: Workload,
    servers: Sequence[Server],
    ground: Ground,
    effort: Effort,
    console: Console,
) -> list[Result]:
    """Measure one workload: Cairn, PostGraphile, Cairn, PostGraphile, …"""
    asked = questions(workload, ground)
    rounds: list[list[Round]] = [[] for _ in servers]
    for server, mine in zip(servers, asked, strict=True):
        console.print(f"  warming up {server.name}", style="dim")
        server.load(mine, connections=effort.connections, seconds=effort.warm_up_seconds)
    for number in range(1, effort.rounds + 1):
        for server, mine, seen in zip(servers, asked, rounds, strict=True):
            if workload.writes:
                asyncio.run(database.tidy(ground))
            seen.append(_round(server, mine, ground, effort))
            told = f"{seen[-1].requests_per_second:,.0f} requests/s"
            console.print(f"  round {number}: {server.name} {told}", style="dim", highlight=False)
    return [
        Result(workload, server.name, tuple(seen))
        for server, seen in zip(servers, rounds, strict=True)
    ]


def _round(server: Server, asked: Questions, ground: Ground, effort: Effort) -> Round:
    postgres = ground.stack.postgres.child.pid
    assert postgres is not None
    before = cpu.of_process(server.pid), cpu.of_family(postgres)
    seen = server.load(asked, connections=effort.connections, seconds=effort.seconds)
    after = cpu.of_process(server.pid), cpu.of_family(postgres)
    server_ms, postgres_ms = (
        (late - early) * 1000 / seen["answers"] for early, late in zip(before, after, strict=True)
    )
    return Round(
        requests_per_second=seen["answers"] / seen["seconds"],
        median_ms=seen["median_ms"],
        p99_ms=seen["p99_ms"],
        server_ms=server_ms,
        postgres_ms=postgres_ms,
        client_ms=seen["client_ms"],
        bytes=seen["bytes"],
    )
