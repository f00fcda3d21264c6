"""A large crowd that hears nothing for a while: what it costs to have it, and what breaks first."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import psutil
from rich.console import Console

from benchmarks import database
from benchmarks.live.crowd import Arrival, Crowd
from benchmarks.live.database import Statements, begin_counting, end_counting, listen_for
from benchmarks.live.rounds import Round, Side, Used
from benchmarks.servers import Server

SETTLING_SECONDS = 5.0
FIRST = 50


@dataclass(frozen=True, slots=True)
class Idle:
    """What a crowd costs.

    Attributes:
        size: subscriptions that stand.
        arrival: how those who came last came.
        kilobytes: of the server's process for each subscriber.
        files: that the server's process has open.
        server_cpu: of the server's process, in seconds of CPU for one second.
        postgres_cpu: of all of Postgres, likewise.
        statements: counted while nothing happened, and for how many seconds.
        round: what was heard when messages came again; None when nobody stands.
    """

    size: int
    arrival: Arrival
    kilobytes: float
    files: int
    server_cpu: float
    postgres_cpu: float
    statements: Statements
    seconds: float
    round: Round | None


async def idle(
    server: Server,
    ground: database.Ground,
    sizes: list[int],
    *,
    seconds: float,
    rate: float,
    out: Console,
) -> list[Idle]:
    """Let Cairn's crowd grow to each size, be silent for a while, then hear messages again."""
    await listen_for(ground, ours=True)
    await database.tidy(ground)
    crowd = Crowd(server.port, ground.people, is_ours=True)
    side = Side(server, crowd, ground, is_ours=True)
    # What the first ones need is code and caches, and no matter of how many there are.
    await crowd.grow(FIRST)
    await crowd.leave()
    empty = side.rss()
    found = []
    for size in sizes:
        arrival = await side.grow(size)
        out.print(
            f"  {len(crowd.standing):,} stand; {arrival.per_second:,.0f} came a second, CPU {arrival.server_ms:.2f} ms "
            f"{arrival.refused or ''}",
            style="dim",
            highlight=False,
        )
        found.append(await _measure(side, arrival, empty, seconds=seconds, rate=rate))
    await crowd.leave()
    return found


async def _measure(
    side: Side, arrival: Arrival, empty: int, *, seconds: float, rate: float
) -> Idle:
    await asyncio.sleep(SETTLING_SECONDS)
    size = len(side.crowd.standing)
    await begin_counting(side.ground)
    before = Used.now(side.server, side.ground)
    await asyncio.sleep(seconds)
    after = Used.now(side.server, side.ground)
    statements = await end_counting(side.ground, ours=True)
    kilobytes = (side.rss() - empty) / max(size, 1) / 1000
    lasted = after.at - before.at
    seen = None
    if size:
        async with side.way("sent") as speaker:
            seen = await side.round(speaker, rate=rate, seconds=seconds)
    return Idle(
        size=size,
        arrival=arrival,
        kilobytes=kilobytes,
        files=psutil.Process(side.server.pid).num_fds(),
        server_cpu=(after.server - before.server) / lasted,
        postgres_cpu=(after.postgres - before.postgres) / lasted,
        statements=statements,
        seconds=lasted,
        round=seen,
    )
