"""Looks for a person in every table, and works off what an erasure has yet to do."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import asyncpg

Rows = Mapping[str, list[str]]

TABLES = (
    "select format('%I.%I', n.nspname, c.relname) from pg_class c "
    "join pg_namespace n on n.oid = c.relnamespace "
    "where n.nspname in ('public', 'private', 'auth', 'storage') and c.relkind in ('r', 'p')"
)
# These may name her for a while: see test_erasing.
FOR_A_WHILE = {"private.denials", "private.erasure_jobs"}


async def rows_that_name(owner: asyncpg.Connection, person: UUID) -> Rows:
    """Give, by table, every row in which somebody's id stands, in whatever column and type."""
    found = {
        table: [
            row[0]
            for row in await owner.fetch(
                f"select t::text from {table} as t where t::text like $1 order by 1", f"%{person}%"
            )
        ]
        for (table,) in await owner.fetch(TABLES)
    }
    return {table: rows for table, rows in found.items() if rows}


async def count_owned(owner: asyncpg.Connection, person: UUID) -> dict[str, int]:
    """Count what is hers, by table, without asking the functions that are to be tested."""
    tables = await owner.fetch(
        "select n.nspname || '.' || c.relname, a.attname from pg_class c "
        "join pg_namespace n on n.oid = c.relnamespace "
        "join pg_attribute a on a.attrelid = c.oid and not a.attisdropped "
        "where n.nspname in ('public', 'private') and c.relkind = 'r' "
        "and c.relname <> 'erasure_jobs' and a.attname = "
        "case when n.nspname || '.' || c.relname = 'public.users' then 'id' else 'user_id' end"
    )
    counts = {
        table: await owner.fetchval(f"select count(*) from {table} where {column} = $1", person)
        for table, column in tables
    }
    return {table: rows for table, rows in counts.items() if rows}


async def receipt_of(owner: asyncpg.Connection, person: UUID) -> asyncpg.Record | None:
    """Give somebody's latest receipt."""
    return await owner.fetchrow(
        "select * from private.erasures where subject_hash = encode(sha256(uuid_send($1)), 'hex') "
        "order by requested_at desc, id desc limit 1",
        person,
    )


async def jobs_of(owner: asyncpg.Connection, person: UUID | None) -> list[str]:
    """Give the kinds of what is still to do."""
    rows = await owner.fetch(
        "select kind from private.erasure_jobs where user_id = $1 order by kind", person
    )
    return [row[0] for row in rows]


async def claim(
    worker: asyncpg.Connection, person: UUID | None, kind: str | None = None
) -> asyncpg.Record:
    """Claim a job of hers, as a worker; others that come first are put off."""
    while True:
        job = await worker.fetchrow("select * from private.claim_erasure_job(60)")
        assert job is not None, "there is no such job"
        if job["user_id"] == person and kind in (None, job["kind"]):
            return job
        await worker.execute(
            "select private.postpone_erasure_job($1, $2, 3600, 'later')", job["id"], job["fence"]
        )
