"""What row-level security costs on a large database: `make bench-db`.

Each list that an app can show is asked by its owner, whom policies bind, and of the same person by
somebody who passes them and names her in a condition. It fails when a list would read a table of
people's rows from one end to the other, or when the policies cost more than they may in all.
"""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import statistics
import sys
import time
from pathlib import Path
from typing import Annotated
from uuid import UUID

import asyncpg
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.database import run
from benchmarks.lists import List, lists, sequential_scans
from graphql_api import migrations
from graphql_api.local import scale as scaling
from graphql_api.local.enlarging import run as enlarge
from graphql_api.local.folder import Folder
from graphql_api.local.process import Problem
from graphql_api.local.stack import Stack

# Lists of so few rows that Postgres reads the whole table at once, index or not, tell nothing.
FEW_ROWS = 2_000
MOST_OVERHEAD = 1.20
SETTINGS = {"shared_buffers": "1GB", "max_wal_size": "8GB", "jit": "off"}

out = Console(soft_wrap=True, highlight=False)


def bench(
    scale: Annotated[
        int, typer.Option(min=1, max=1000, help="Times 10,000 messages; `cairn seed --scale`.")
    ] = 100,
    times: Annotated[int, typer.Option(min=10, help="How often each list is asked.")] = 300,
    data_dir: Annotated[
        Path, typer.Option(help="Where the database is kept for later runs.", file_okay=False)
    ] = Path(".cairn/bench-db"),
) -> None:
    """Measure what the policies cost each list of a large database, and look for sequential scans."""
    try:
        with Folder(data_dir) as folder:
            _forget_outdated(folder, scale)
            stack = Stack(folder, redis_url="redis://not-used")
            stack.start()
            try:
                _prepare(stack, scale)
                good = asyncio.run(_measure(stack, scale, times))
            finally:
                stack.stop()
    except Problem as problem:
        out.print(str(problem), style="red", markup=False)
        sys.exit(1)
    sys.exit(0 if good else 1)


def _prepare(stack: Stack, scale: int) -> None:
    marker = stack.folder.path / "filled"
    if marker.exists():
        return
    settings = [f"alter system set {name} = '{value}'" for name, value in SETTINGS.items()]
    asyncio.run(run(stack.urls().superuser, *settings))
    stack.stop()
    stack.start()
    asyncio.run(_set_up(stack))
    enlarge(stack.urls().superuser, scale, out)
    marker.write_text(_fingerprint(scale))


async def _set_up(stack: Stack) -> None:
    await stack.set_up()
    await migrations.seed_all(stack.urls().owner)


def _fingerprint(scale: int) -> str:
    files = [*sorted(migrations.MIGRATIONS.glob("*.sql")), *migrations.SEEDS]
    files += sorted(Path(scaling.__file__).parent.glob("scale*.py"))
    whole = hashlib.sha256(b"".join(file.read_bytes() for file in files))
    return f"{scale} {whole.hexdigest()}"


def _forget_outdated(folder: Folder, scale: int) -> None:
    marker = folder.path / "filled"
    if not marker.exists() or marker.read_text() != _fingerprint(scale):
        marker.unlink(missing_ok=True)
        shutil.rmtree(folder.path / "postgres", ignore_errors=True)


async def _measure(stack: Stack, scale: int, times: int) -> bool:
    """Ask everything, print it, and tell whether all is as it should be."""
    table = Table("list", "rows", "hers ms", "admin's ms", "ratio", "scans", box=None)
    for column in table.columns[1:]:
        column.justify = "right"
    hers_in_all = admins_in_all = 0.0
    scanned: list[str] = []
    hers = await asyncpg.connect(stack.urls().api)
    admin = await asyncpg.connect(stack.urls().superuser)
    try:
        await admin.execute("vacuum (analyze)")
        sizes = {
            row[0]: int(row[1])
            for row in await admin.fetch(
                "select relname, reltuples from pg_class "
                "where relnamespace = 'public'::regnamespace and relkind = 'r'"
            )
        }
        # Of many messages, of some, of few.
        people = [scaling.person(scale, number) for number in (0, 12, scale * 20)]
        for one in await lists(admin):
            if sizes[one.table] < FEW_ROWS:
                continue
            scans = await _scans(hers, one, people[1])
            scanned += [f"{one.table} ({one.index}): {', '.join(scans)}"] if scans else []
            ours, theirs = await _compare(hers, admin, one, people, times)
            hers_in_all += ours
            admins_in_all += theirs
            table.add_row(
                f"{one.table} by {', '.join(one.sort) or one.owner}",
                f"{sizes[one.table]:,}",
                *(f"{ours * 1000:.3f}", f"{theirs * 1000:.3f}", f"{ours / theirs:.2f} x"),
                ", ".join(scans) or "none",
            )
    finally:
        await hers.close()
        await admin.close()
    ratio = hers_in_all / admins_in_all
    out.print(table)
    out.print(
        f"In all, under policies {ratio:.2f} x the time of the same lists without "
        f"(at most {MOST_OVERHEAD:.2f} x); sequential scans of people's rows: {len(scanned)}."
    )
    for line in scanned:
        out.print(line, style="red")
    return ratio <= MOST_OVERHEAD and not scanned


async def _scans(hers: asyncpg.Connection, one: List, person: UUID) -> list[str]:
    async with hers.transaction():
        await _become(hers, person)
        return await sequential_scans(hers, one.hers)


async def _compare(
    hers: asyncpg.Connection,
    admin: asyncpg.Connection,
    one: List,
    people: list[UUID],
    times: int,
) -> tuple[float, float]:
    """Give the median seconds of a list, as its owner and as an administrator, in turns."""
    ours: list[float] = []
    theirs: list[float] = []
    for person in people:
        async with admin.transaction(), hers.transaction():
            await _become(hers, person)
            # Prepared, as the server does; and counted, since what it takes to send and read rows
            # is the same for both, and would hide the difference.
            of_hers = await hers.prepare(f"select count(*) from ({one.hers}) as page")
            of_anybody = await admin.prepare(
                f"select count(*) from ({one.anybodys(person)}) as page"
            )
            for number in range(times // len(people)):
                turns = ((of_hers, ours), (of_anybody, theirs))
                for statement, seconds in turns if number % 2 else reversed(turns):
                    began = time.perf_counter()
                    await statement.fetchval()
                    seconds.append(time.perf_counter() - began)
    return statistics.median(ours), statistics.median(theirs)


async def _become(connection: asyncpg.Connection, person: UUID) -> None:
    await connection.execute(
        "select set_config('role', 'authenticated', true), "
        "set_config('request.jwt.claims', $1, true)",
        f'{{"sub": "{person}", "role": "authenticated"}}',
    )


if __name__ == "__main__":
    typer.run(bench)
