"""The whole proof, subject by subject: a table, a function, the views, and what is around them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.isolation.callers import (
    ANONYMOUS,
    ANONYMOUS_BEN,
    BOUND_OWNER,
    HE,
    OWNER,
    PRETENDERS,
    SERVER,
    STRANGERS,
    World,
    keys_alone,
    policies_alone,
    uniques_alone,
)
from tests.isolation.catalogue import Catalogue, Table
from tests.isolation.families import (
    around,
    calling,
    columns,
    commands,
    functions,
    keys,
    lies,
    linking,
    reading,
    views,
    walls,
    writing,
)
from tests.isolation.families.functions import Function
from tests.isolation.probe import Result
from tests.isolation.room import Room

CHECKS = (
    "select conname::text from pg_constraint where conrelid = $1::bigint::oid and contype = 'c'"
)


@dataclass
class Proof:
    """What is tried in one room.

    Attributes:
        blunt: functions that told Ben no more of his own than of what is not there.
    """

    room: Room
    catalogue: Catalogue
    functions: dict[str, Function]
    blunt: set[str] = field(default_factory=set)

    @classmethod
    async def of(cls, room: Room) -> Proof:
        """Read what there is."""
        return cls(room, await room.catalogue(), await functions.read(room.admin))

    async def everything(self) -> list[Result]:
        """Try everything."""
        results = []
        for name in self.catalogue.tables:
            results += await self.of_table(name)
        for name in sorted({function.name for function in self.functions.values()}):
            results += await self.of_function(name)
        results += await self.of_views()
        results += await self.without_her(list(self.functions.values()))
        results += await self.around()
        return results

    async def of_table(self, name: str) -> list[Result]:
        """Try everything on one table, such as `public.messages`."""
        table = self.catalogue.tables[name]
        if table.schema != "public":
            return await self._of_hidden(table)
        if not table.is_owned:
            return await self._of_ownerless(table)
        assert table.hers, f"the seed gives Ana no row in {table}: nothing would be proved"
        assert table.his, f"the seed gives Ben no row in {table}: nothing would be proved"
        run, oid = self.room.run, table.oid
        results = []
        for caller in (HE, SERVER):
            role = caller.role
            probes = [
                *reading.probes(table, role),
                *writing.probes(table, role),
                *columns.probes(table, role),
                *linking.probes(table, role, self.catalogue),
                *keys.probes(table, role),
                *keys.primary(table, role),
                *commands.commands(table, role),
                *lies.probes(table, role),
            ]
            results += await run(name, oid, caller, probes)
            world = policies_alone(table, role)
            results += await run(name, oid, caller, list(walls.policies(table)), world)
        results += await self._of_walls(table)
        for caller in (*STRANGERS, *PRETENDERS):
            bad = list(commands.bad_claims(table, caller))
            results += await run(name, oid, caller, bad)
        return results + await self._as_nobody(table)

    async def _of_walls(self, table: Table) -> list[Result]:
        """Try what each wall but the policies holds by itself."""
        found = await self.room.admin.fetch(CHECKS, table.oid)
        checks = tuple(row[0] for row in found)
        results = []
        for probes, world in (
            (linking.keys_alone(table, self.catalogue), keys_alone(table, HE.role, checks)),
            (keys.uniques_alone(table), uniques_alone(table, HE.role, checks)),
        ):
            results += await self.room.run(str(table), table.oid, HE, list(probes), world)
        for caller, one_more in (
            (OWNER, BOUND_OWNER),
            (ANONYMOUS_BEN, policies_alone(table, "anon")),
        ):
            forced = list(walls.no_policy_for(table, caller))
            results += await self.room.run(str(table), table.oid, caller, forced, one_more)
        return results

    async def _as_nobody(self, table: Table) -> list[Result]:
        results = []
        for caller in (ANONYMOUS, ANONYMOUS_BEN):
            probes = list(commands.without_token(table))
            results += await self.room.run(str(table), table.oid, caller, probes)
        return results

    async def _of_hidden(self, table: Table) -> list[Result]:
        results = []
        for caller in (HE, SERVER, ANONYMOUS):
            probes = list(commands.hidden(table))
            results += await self.room.run(str(table), table.oid, caller, probes)
        return results

    async def _of_ownerless(self, table: Table) -> list[Result]:
        results = []
        for caller in (HE, SERVER):
            probes = [
                *commands.ownerless(table),
                *columns.probes(table, caller.role),
                *commands.commands(table, caller.role),
            ]
            results += await self.room.run(str(table), table.oid, caller, probes)
        return results + await self._as_nobody(table)

    async def of_function(self, name: str) -> list[Result]:
        """Try all functions of a name, such as `private.end_session`."""
        results = []
        for function in self.functions.values():
            if function.name == name:
                tried = await calling.of_function(self.room, function, self.catalogue)
                results += tried.results
                if tried.is_blunt:
                    self.blunt.add(function.identity)
        return results

    async def without_her(self, chosen: Sequence[Function]) -> list[Result]:
        """See that functions and views answer the same when Ana has never been there."""
        called = await calling.without_her(self.room, chosen, self.catalogue)
        return called + await views.without_her(self.room, list(self.catalogue.views.values()))

    async def of_views(self) -> list[Result]:
        """Try every view."""
        results = []
        for view in self.catalogue.views.values():
            for caller in (HE, SERVER, ANONYMOUS):
                probes = list(views.probes(view, caller.role, self.catalogue))
                results += await self.room.run(str(view), None, caller, probes)
        return results

    async def around(self) -> list[Result]:
        """Try roles, schemas, sequences, accounts, and what is made tomorrow."""
        results = []
        for caller in (HE, SERVER, ANONYMOUS):
            now = list(around.probes(self.catalogue, caller.role))
            results += await self.room.run("everything", None, caller, now)
            world = World("tomorrow", around.TOMORROW)
            results += await self.room.run(
                "everything", None, caller, list(around.tomorrow()), world
            )
        return results
