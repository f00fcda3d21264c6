"""Sabotages of the schema: each breaks one wall, and the attempts at what stands behind it must notice.

Each is applied in a transaction that is undone, so that a run takes seconds. `make mutants` runs
them all, after those that break the source.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from tests.isolation.probe import Outcome, Result
from tests.isolation.proof import Proof
from tests.isolation.room import Room, undone

DEFINITION = """
  select pg_get_functiondef(p.oid)
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace
  where format('%s.%s', n.nspname, p.proname) = $1
"""


class Stale(Exception):
    """What a sabotage changes is not there any more."""


@dataclass(frozen=True)
class Sabotage:
    """A wall that is broken.

    Attributes:
        name: what is wrong then, in the present tense, with dashes.
        subject: what must notice: a table, a function, `views`, `without her` or `around`.
        sql: statements of an administrator; none where `old` is replaced.
        old: a guard in the function `subject`, which stands there exactly once; a pattern.
        new: what stands in its place.
    """

    name: str
    subject: str
    sql: tuple[str, ...] = ()
    old: str = ""
    new: str = ""

    async def apply(self, connection: asyncpg.Connection) -> None:
        """Break the wall.

        Raises:
            Stale: there is nothing to break.
        """
        statements = list(self.sql)
        if self.old:
            text = await connection.fetchval(DEFINITION, self.subject)
            if text is None:
                raise Stale(f"There is no function {self.subject}.")
            broken, found = re.subn(self.old, self.new, text)
            if found != 1:
                raise Stale(f"{self.subject} holds its guard {found} times.")
            statements.append(broken)
        try:
            for statement in statements:
                await connection.execute(statement)
        except asyncpg.PostgresError as error:
            raise Stale(f"It cannot be broken so: {error}") from error


@dataclass(frozen=True)
class Verdict:
    """How it went.

    Attributes:
        is_noticed: an attempt succeeded that must not, and none was wrong in itself.
        note: the first such attempt, or what went wrong.
        count: how many noticed, of so many.
    """

    is_noticed: bool
    note: str
    count: int
    of: int
    seconds: float


async def examine(room: Room, sabotage: Sabotage) -> Verdict:
    """Break a wall, try everything about its subject, and mend it."""
    began = time.monotonic()
    # The connection that breaks is the one that tries: nobody else sees what is not committed.
    alone = Room(room.admin, room.admin)
    async with undone(room.admin):
        try:
            await sabotage.apply(room.admin)
            results = await _try(await Proof.of(alone), sabotage.subject)
        except Stale as stale:
            return Verdict(False, f"STALE: {stale}", 0, 0, time.monotonic() - began)
    hits = [one for one in results if one.outcome is Outcome.HIT]
    note = str(hits[0]) if hits else f"not noticed by {len(results)} attempts"
    return Verdict(bool(hits), note, len(hits), len(results), time.monotonic() - began)


async def _try(proof: Proof, subject: str) -> list[Result]:
    if subject == "around":
        return await proof.around()
    if subject == "views":
        return await proof.of_views()
    if subject == "without her":
        return await proof.without_her()
    if subject in proof.catalogue.tables:
        return await proof.of_table(subject)
    chosen = [one for one in proof.functions.values() if one.name == subject]
    return await proof.of_function(subject) + await proof.calling.without_her(chosen)


async def sound(room: Room, sabotages: Sequence[Sabotage]) -> list[str]:
    """Try the subjects as they are: where something succeeds anyway, noticing proves nothing."""
    proof = await Proof.of(room)
    subjects = dict.fromkeys(one.subject for one in sabotages)
    results = [one for subject in subjects for one in await _try(proof, subject)]
    return [str(one) for one in results if one.outcome.is_bad]
