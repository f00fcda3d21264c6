"""Cairn beside PostGraphile: the same crowd, the same messages, in turns."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from statistics import median

from rich.console import Console

from benchmarks import database
from benchmarks.live.crowd import Arrival, Crowd
from benchmarks.live.database import Statements, begin_counting, end_counting, listen_for
from benchmarks.live.ears import Heard
from benchmarks.live.rounds import Path, Round, Side
from benchmarks.live.speakers import Speaker
from benchmarks.servers import Server
from graphql_api.local.process import Problem

OUR_PATHS: tuple[Path, ...] = ("sent", "told", "found")
# A trigger notifies whoever has stored it: nobody has to be told.
THEIR_PATHS: tuple[Path, ...] = ("sent", "told")
RAMP = (200, 300, 400, 500, 600, 700, 800, 1000, 1200, 1400, 1700, 2000, 2500, 3000)
# Somebody else's second on a busy machine ends no ramp.
TRIES = 2
LONGEST_P95_MS = 200.0
COUNTED_SECONDS = 4.0


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured.

    Attributes:
        subscribers: of each server, one after the other.
        rate: messages a second.
        seconds: length of a round.
        rounds: of each server, in turns.
        ramp: whether to look for the highest rate, too.
    """

    subscribers: int
    rate: float
    seconds: float
    rounds: int
    ramp: bool


@dataclass(slots=True)
class Result:
    """All rounds of one server, by the way that messages came in.

    Attributes:
        rounds: at the rate that was asked for.
        highest: of each turn, the last round of the ramp that was sustained.
        statements: counted in a round of their own, and of how many events.
        arrivals: how the crowd came.
        kilobytes: by how much the server grew for one of its first subscribers.
    """

    name: str
    rounds: dict[Path, list[Round]] = field(default_factory=dict)
    highest: dict[Path, list[Round]] = field(default_factory=dict)
    statements: dict[Path, tuple[Statements, int]] = field(default_factory=dict)
    arrivals: list[Arrival] = field(default_factory=list)
    kilobytes: float = float("nan")


async def compare(
    sides: tuple[tuple[Server, bool], ...], ground: database.Ground, effort: Effort, out: Console
) -> list[Result]:
    """Measure each server in turns: Cairn, PostGraphile, Cairn, …"""
    results = [Result(server.name) for server, _ in sides]
    for number in range(1, effort.rounds + 1):
        for (server, is_ours), result in zip(sides, results, strict=True):
            out.print(f"turn {number} of {effort.rounds}: {server.name}", highlight=False)
            await listen_for(ground, ours=is_ours)
            await database.tidy(ground)
            side = Side(server, Crowd(server.port, ground.people, is_ours), ground, is_ours)
            await _turn(side, result, effort, out)
    return results


async def _turn(side: Side, result: Result, effort: Effort, out: Console) -> None:
    empty = side.rss()
    arrival = await side.grow(effort.subscribers)
    if arrival.refused:
        raise Problem(f"{side.server.name} refused subscribers: {arrival.refused}")
    if not result.arrivals:
        result.kilobytes = (side.rss() - empty) / max(arrival.came, 1) / 1000
    result.arrivals.append(arrival)
    _tell(
        out,
        f"{arrival.came} came, {arrival.per_second:,.0f} a second, CPU {arrival.server_ms:.2f} ms",
    )
    for path in OUR_PATHS if side.is_ours else THEIR_PATHS:
        async with side.way(path) as speaker:
            await side.warm_up(speaker)
            seen = await side.round(speaker, rate=effort.rate, seconds=effort.seconds)
            result.rounds.setdefault(path, []).append(seen)
            _tell(out, f"{path}: {described(seen)}")
            if path not in result.statements:
                await begin_counting(side.ground)
                counted = await side.round(speaker, rate=effort.rate, seconds=COUNTED_SECONDS)
                statements = await end_counting(side.ground, ours=side.is_ours)
                result.statements[path] = statements, counted.heard.heard
        if effort.ramp and path != "found":
            highest = await _ramp(side, path, seen, effort, out)
            result.highest.setdefault(path, []).append(highest)
    await side.crowd.leave()


async def _ramp(side: Side, path: Path, first: Round, effort: Effort, out: Console) -> Round:
    """Raise the rate until it is not sustained; give the last round that was."""
    best = first
    async with side.way(path) as speaker:
        for rate in RAMP:
            if rate <= effort.rate:
                continue
            seen = await _sustained(side, speaker, rate, effort)
            _tell(out, f"{path}, {rate}/s: {'not kept up' if seen is None else described(seen)}")
            if seen is None:
                break
            best = seen
    return best


async def _sustained(side: Side, speaker: Speaker, rate: float, effort: Effort) -> Round | None:
    """Give the first round that is sustained; None when none is."""
    for _ in range(TRIES):
        seen = await side.round(speaker, rate=rate, seconds=effort.seconds / 2)
        if seen.is_sustained(LONGEST_P95_MS):
            return seen
    return None


def described(seen: Round) -> str:
    """Say in a line what a round saw."""
    heard = seen.heard
    missing = f", {heard.said - heard.heard} NOT HEARD" if heard.heard < heard.said else ""
    wrong = f", {heard.doubled} doubled, {heard.astray} astray"
    return (
        f"p50 {heard.p50:.1f} p95 {heard.p95:.1f} p99 {heard.p99:.1f} ms, "
        f"{seen.per_second:,.0f} events/s, CPU {seen.server_ms:.3f} + {seen.postgres_ms:.3f} ms"
        f"{missing}{wrong if heard.doubled or heard.astray else ''}"
    )


def typical(rounds: list[Round]) -> Round:
    """Give the medians of rounds."""
    heard = Heard(*(_median([one.heard for one in rounds], one.name) for one in fields(Heard)))  # type: ignore[arg-type]
    own = [one.name for one in fields(Round) if one.name != "heard"]
    return Round(heard=heard, **{name: _median(rounds, name) for name in own})


def _median(of: list[Round] | list[Heard], name: str) -> float:
    return median(float(getattr(one, name)) for one in of)


def _tell(out: Console, text: str) -> None:
    out.print(f"  {text}", style="dim", highlight=False)
