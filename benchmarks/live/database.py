"""The database of the live benchmark, whose triggers work, and what statements were run in it."""

from __future__ import annotations

from dataclasses import dataclass

import asyncpg

from benchmarks.database import HERE, PEER_ROLE, Filling, Ground, run

CROWD = Filling(
    HERE / "fill-live.sql",
    HERE / "restore-live.sql",
    people=10_000,
    settings={
        "shared_preload_libraries": "pg_stat_statements",
        "pg_stat_statements.track": "none",
    },
)
OUR_ROLE = "cairn_api"
OUR_TRIGGERS = ("t900_messages_live", "t900_messages_live_update")
THEIR_TRIGGER = "t999_benchmark_notify"

# Each statement that a server sent; and of these, what is not said around another one: to begin, to
# tell who asks, to commit. Whoever stores messages beside the server is another role.
COUNTED = """
select
  coalesce(sum(calls), 0)::bigint as statements,
  coalesce(sum(calls) filter (
    where query !~* '^\\s*(begin|start|commit|rollback|set |discard|select set_config)'
  ), 0)::bigint as questions,
  max(mean_exec_time) filter (where query like '%private.live_news%') as poll_ms
from extensions.pg_stat_statements
where toplevel and userid in ($1::regrole, 'authenticated'::regrole, 'cairn_server'::regrole)
"""


@dataclass(frozen=True, slots=True)
class Statements:
    """What a server asked of Postgres.

    Attributes:
        all: every statement, those that begin, commit and say who asks included.
        questions: the others.
        poll_ms: what Postgres needs for one poll, on average; None where there is none.
    """

    all: int
    questions: int
    poll_ms: float | None


async def listen_for(ground: Ground, *, ours: bool) -> None:
    """Let the triggers of one server work and those of the other rest; and tidy up."""
    on, off = ("enable", "disable") if ours else ("disable", "enable")
    await run(
        ground.superuser_url,
        *(f"alter table public.messages {on} trigger {name}" for name in OUR_TRIGGERS),
        f"alter table public.messages {off} trigger {THEIR_TRIGGER}",
    )


async def begin_counting(ground: Ground) -> None:
    """Count statements from now on."""
    await run(
        ground.superuser_url,
        "alter system set pg_stat_statements.track = 'top'",
        "select pg_reload_conf()",
        "select extensions.pg_stat_statements_reset()",
    )


async def end_counting(ground: Ground, *, ours: bool) -> Statements:
    """Count no more; give what one server has asked."""
    connection = await asyncpg.connect(ground.superuser_url)
    try:
        row = await connection.fetchrow(COUNTED, OUR_ROLE if ours else PEER_ROLE)
    finally:
        await connection.close()
    await run(
        ground.superuser_url,
        "alter system set pg_stat_statements.track = 'none'",
        "select pg_reload_conf()",
    )
    return Statements(row["statements"], row["questions"], row["poll_ms"])
