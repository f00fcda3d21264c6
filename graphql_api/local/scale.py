"""A large database that looks like years of use: `cairn seed --scale`.

People are of very different sizes, as Zipf's law has it: the largest has thousands of times what
most have. Everything is made inside Postgres, from hashes, so that two runs give the same rows; past
triggers and foreign keys, which would take ten times as long, so that counters, hashes and keys are
written here as the triggers would. What is there already stays: a run that was cut off goes on.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import asyncpg

from graphql_api.local.scale_sql import ID_AT, PARTS, PEOPLE

MESSAGES = 10_000
PEOPLE_OF_ONE = 40
# s and q of Zipf's and Mandelbrot's law: the first of 4,000 people has 4% of all, the middle one 0.01%.
EXPONENT = 1.07
OFFSET = 2.0
FEWEST = 4
BATCH_MESSAGES = 20_000
YEARS = 3.0
SETTINGS = """
set session_replication_role = replica;
set synchronous_commit = off;
set work_mem = '64MB';
"""


class Refused(Exception):
    """Nothing was made; the text says why, for the person at the terminal."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some people, and about how many messages each has."""

    first: int
    messages: tuple[int, ...]


def sizes(scale: int) -> list[int]:
    """Give the number of messages of each person, the largest first; about `scale` times 10,000 in all."""
    weights = [(number + OFFSET) ** -EXPONENT for number in range(1, scale * PEOPLE_OF_ONE + 1)]
    whole = scale * MESSAGES / sum(weights)
    return [max(FEWEST, round(weight * whole)) for weight in weights]


def batches(of: Sequence[int]) -> Iterator[Batch]:
    """Cut people into batches of about the same work."""
    first, some = 0, list[int]()
    for number, messages in enumerate(of):
        some.append(messages)
        if sum(some) >= BATCH_MESSAGES or number == len(of) - 1:
            yield Batch(first, tuple(some))
            first, some = number + 1, []


def person(scale: int, number: int) -> uuid.UUID:
    """Give the id of a person made here; another scale makes other people."""
    return uuid.UUID(f"5ca1e000-0000-4000-8000-{scale:04x}{number:08x}")


async def enlarge(url: str, scale: int, tell: Callable[[int, int], None]) -> dict[str, int]:
    """Make about `scale` times 10,000 messages and what belongs to them; give the new rows by table.

    Args:
        url: of a superuser, or of an owner who may set `session_replication_role`.
        scale: at least 1; 100 gives a million messages of 4,000 people.
        tell: called with the messages done and those to do in all.

    Raises:
        Refused: the role may not pass triggers.
    """
    everybody = sizes(scale)
    made = dict.fromkeys(("people", *PARTS), 0)
    connection = await asyncpg.connect(url, command_timeout=600)
    try:
        try:
            await connection.execute(SETTINGS + ID_AT)
        except asyncpg.InsufficientPrivilegeError as error:
            raise Refused(
                "This role may not set session_replication_role; use the owner of a Supabase "
                "project, or a superuser."
            ) from error
        done = 0
        for batch in batches(everybody):
            async with connection.transaction():
                for name, rows in (await _fill(connection, scale, batch)).items():
                    made[name] += rows
            done += sum(batch.messages)
            tell(done, sum(everybody))
        await connection.execute("vacuum (analyze)")
    finally:
        await connection.close()
    return made


async def _fill(connection: asyncpg.Connection, scale: int, batch: Batch) -> dict[str, int]:
    """Make the people of a batch who are not there yet, and all that is theirs."""
    ids = [person(scale, batch.first + place) for place in range(len(batch.messages))]
    new = await connection.fetch(PEOPLE, ids, YEARS)
    fresh = {row["id"] for row in new}
    pairs = [(one, size) for one, size in zip(ids, batch.messages, strict=True) if one in fresh]
    made = {"people": len(pairs)}
    for name, statement in PARTS.items():
        status = await connection.execute(
            statement, [one for one, _ in pairs], [size for _, size in pairs]
        )
        made[name] = int(status.rsplit(" ", 1)[-1])
    return made
