"""The whole proof, subject by subject: a table, a function, the views, and what is around them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
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
from tests.isolation.families.calling import Calling
from tests.isolation.families.functions import Function
from tests.isolation.probe import Outcome, Result
from tests.isolation.room import Room

CHECKS = (
    "select conname::text from pg_constraint where conrelid = $1::bigint::oid and contype = 'c'"
)


@dataclass(frozen=True)
class Proof:
    """What is tried in one room.

    Attributes:
        tried: what came of it, by subject, so that nothing is tried twice.
    """

    room: Room
    catalogue: Catalogue
    functions: Mapping[str, Function]
    calling: Calling
    tried: dict[str, list[Result]] = field(default_factory=dict)

    @classmethod
    async def of(cls, room: Room) -> Proof:
        """Read what there is."""
        catalogue = await room.catalogue()
        found = await functions.read(room.admin)
        return cls(room, catalogue, found, Calling(room, catalogue))

    async def everything(self) -> list[Result]:
        """Try everything."""
        results = []
        for name in self.catalogue.tables:
            results += await self.of_table(name)
        for name in sorted({function.name for function in self.functions.values()}):
            results += await self.of_function(name)
        for rest in (self.of_views, self.without_her, self.around):
            results += await rest()
        return results

    async def of_table(self, name: str) -> list[Result]:
        """Try everything on one table, such as `public.messages`."""
        return await self._once(name, lambda: self._of_table(name))

    async def of_function(self, name: str) -> list[Result]:
        """Try all functions of a name, such as `private.end_session`."""
        return await self._once(f"function {name}", lambda: self._of_function(name))

    async def of_views(self) -> list[Result]:
        """Try every view."""
        return await self._once("views", self._of_views)

    async def without_her(self) -> list[Result]:
        """See that functions and views answer the same when Ana has never been there."""
        return await self._once("without her", self._without_her)

    async def around(self) -> list[Result]:
        """Try roles, schemas, sequences, accounts, and what is made tomorrow."""
        return await self._once("around", self._around)

    async def _once(
        self, subject: str, trying: Callable[[], Awaitable[list[Result]]]
    ) -> list[Result]:
        if subject not in self.tried:
            self.tried[subject] = await trying()
        return self.tried[subject]

    async def _of_table(self, name: str) -> list[Result]:
        table = self.catalogue.tables[name]
        if table.schema != "public":
            return await self._of_hidden(table)
        if not table.is_owned:
            return await self._of_ownerless(table)
        for person, rows in (("Ana", table.hers), ("Ben", table.his)):
            if not rows:
                note = f"the seed gives {person} no row: nothing would be proved"
                return [Result("read", name, HE.name, "all", Outcome.BROKEN, note)]
        run = self.room.run
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
            results += await run(name, caller, probes)
            world = policies_alone(table, role)
            results += await run(name, caller, walls.policies(table), world)
        results += await self._of_walls(table)
        for caller in (*STRANGERS, *PRETENDERS):
            results += await run(name, caller, commands.bad_claims(table, caller))
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
            results += await self.room.run(str(table), HE, probes, world)
        for caller, one_more in (
            (OWNER, BOUND_OWNER),
            (ANONYMOUS_BEN, policies_alone(table, "anon")),
        ):
            probes = walls.no_policy_for(table, caller)
            results += await self.room.run(str(table), caller, probes, one_more)
        return results

    async def _as_nobody(self, table: Table) -> list[Result]:
        results = []
        for caller in (ANONYMOUS, ANONYMOUS_BEN):
            results += await self.room.run(str(table), caller, commands.without_token(table))
        return results

    async def _of_hidden(self, table: Table) -> list[Result]:
        results = []
        for caller in (HE, SERVER, ANONYMOUS):
            results += await self.room.run(str(table), caller, commands.hidden(table))
        return results

    async def _of_ownerless(self, table: Table) -> list[Result]:
        results = []
        for caller in (HE, SERVER):
            probes = [
                *commands.ownerless(table),
                *columns.probes(table, caller.role),
                *commands.commands(table, caller.role),
            ]
            results += await self.room.run(str(table), caller, probes)
        return results + await self._as_nobody(table)

    async def _of_function(self, name: str) -> list[Result]:
        chosen = [one for one in self.functions.values() if one.name == name]
        return [result for one in chosen for result in await self.calling.hers(one)]

    async def _without_her(self) -> list[Result]:
        called = await self.calling.without_her(list(self.functions.values()))
        return called + await views.without_her(self.room, list(self.catalogue.views.values()))

    async def _of_views(self) -> list[Result]:
        results = []
        for view in self.catalogue.views.values():
            for caller in (HE, SERVER, ANONYMOUS):
                probes = views.probes(view, caller.role, self.catalogue)
                results += await self.room.run(str(view), caller, probes)
        return results

    async def _around(self) -> list[Result]:
        results = []
        for caller in (HE, SERVER, ANONYMOUS):
            now = around.probes(self.catalogue, caller.role)
            results += await self.room.run("everything", caller, now)
            world = World("tomorrow", around.TOMORROW)
            results += await self.room.run("everything", caller, around.tomorrow(), world)
        return results
