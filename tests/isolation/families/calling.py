"""Calls functions with what is hers, and sees that they tell Ben nothing and do her nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from tests.isolation.callers import ANONYMOUS, HE, REAL, SERVER, WITHOUT_HER, WORKER, Caller
from tests.isolation.catalogue import ANA, Catalogue
from tests.isolation.families import arguments
from tests.isolation.families.arguments import Arguments, Call
from tests.isolation.families.functions import Function
from tests.isolation.known import ON_PURPOSE, OPEN
from tests.isolation.probe import UUID, Outcome, Probe, Result, Told, Verdict, is_broken, uncallable
from tests.isolation.room import Room

CALLERS = (HE, SERVER, WORKER)


@dataclass
class Calling:
    """Calls functions in one room.

    Attributes:
        blunt: functions that told nobody more of his own than of what is not there.
        his: what he calls a function with in his own matters, found by trying once.
    """

    room: Room
    catalogue: Catalogue
    blunt: set[str] = field(default_factory=set)
    his: dict[str, Arguments] = field(default_factory=dict)

    async def hers(self, function: Function) -> list[Result]:
        """Call a function in every way that may reach something of hers."""
        results: list[Result] = []
        reaches = []
        for caller in CALLERS:
            if caller.role in function.callers and not _is_closed(function, caller):
                found, reached = await self._with_hers(caller, function)
                results += found
                reaches += [reached] if found else []
        if reaches and not any(reaches):
            self.blunt.add(function.name)
        likely = _sql(arguments.likely(function, self.catalogue)[0])
        for caller in (HE, SERVER, ANONYMOUS):
            if _is_closed(function, caller):
                probe = Probe("closed functions", "call", function.call(likely), uncallable)
                results += await self.room.run(function.identity, caller, [probe])
        return results

    async def without_her(self, chosen: Sequence[Function]) -> list[Result]:
        """See that they answer Ben the same, in his own matters, when Ana has never been there."""
        results = []
        for caller in CALLERS:
            called = [
                one for one in chosen if caller.role in one.callers and not _is_closed(one, caller)
            ]
            statements = [one.call(_sql(await self._arguments(caller, one))) for one in called]
            now, again, alone = [
                await self.room.told(caller, statements, world) if called else []
                for world in (REAL, REAL, WITHOUT_HER)
            ]
            for function, one, same, other in zip(called, now, again, alone, strict=True):
                outcome, note = Outcome.ALIKE, one.sqlstate or "done"
                if not _is_alike(other, one, same):
                    outcome, note = _on_purpose(
                        function, caller, f"{_brief(one)}; without her: {_brief(other)}"
                    )
                results.append(
                    Result("without her", function.identity, caller.name, "call", outcome, note)
                )
        return results

    async def _arguments(self, caller: Caller, function: Function) -> Arguments:
        """Find arguments of his own with which the function comes as far as can be."""
        if function.identity not in self.his:
            choices = arguments.likely(function, self.catalogue)
            found, rank = await self._best(caller, function, choices)
            if rank and any(parameter.is_id for parameter in function.asked.values()):
                more = arguments.possible(function, self.catalogue)
                better, other_rank = await self._best(caller, function, more)
                found = better if other_rank < rank else found
            self.his[function.identity] = found
        return self.his[function.identity]

    async def _best(
        self, caller: Caller, function: Function, choices: Sequence[Arguments]
    ) -> tuple[Arguments, int]:
        told = await self.room.told(caller, [function.call(_sql(values)) for values in choices])
        ranks = [arguments.quality(one) for one in told]
        best = min(range(len(choices)), key=ranks.__getitem__)
        return choices[best], ranks[best]

    async def _with_hers(self, caller: Caller, function: Function) -> tuple[list[Result], bool]:
        """Try her things beside what nobody has; tell, too, whether his own reach further."""
        his = await self._arguments(caller, function)
        calls = list(arguments.with_hers(function, his, self.catalogue))
        if not calls:
            return [], False
        statements = [function.call(call.values) for call in calls]
        # Twice, so that an answer that differs by chance is known as such.
        twins = list(dict.fromkeys(function.call(call.missing) for call in calls))
        told = await self.room.told(caller, [*statements, *twins, *twins, function.call(_sql(his))])
        own, rest = told[-1], told[len(calls) : -1]
        once = dict(zip(twins, rest[: len(twins)], strict=True))
        again = dict(zip(twins, rest[len(twins) :], strict=True))
        results = []
        for answer, call in zip(told, calls, strict=False):
            twin = function.call(call.missing)
            outcome, note = self._judge(call, answer, once[twin], again[twin])
            if outcome is Outcome.HIT:
                outcome, note = _on_purpose(function, caller, note)
            results.append(
                Result("functions", function.identity, caller.name, call.attempt, outcome, note)
            )
        return results, any(own.masked() != one.masked() for one in once.values())

    def _judge(self, call: Call, told: Told, twin: Told, again: Told) -> Verdict:
        if is_broken(told):
            return Outcome.BROKEN, _brief(told)
        if told.changed:
            return Outcome.HIT, f"her rows changed; {_brief(told)}"
        leaked = set(UUID.findall(told.answer or "")) & self._ids_of_hers - set(call.passed)
        if leaked:
            return Outcome.HIT, f"ids of hers: {sorted(leaked)}"
        if told.sqlstate == "23505" and told.constraint in self._primary_keys:
            return Outcome.APART, f"her primary key: {told.constraint}"
        if not _is_alike(told, twin, again, *call.passed):
            return Outcome.HIT, f"{_brief(told)}; of what is not there: {_brief(twin)}"
        return Outcome.ALIKE, told.sqlstate or "done"

    @cached_property
    def _primary_keys(self) -> set[str]:
        tables = self.catalogue.tables.values()
        return {unique.name for table in tables for unique in table.uniques if unique.primary}

    @cached_property
    def _ids_of_hers(self) -> set[str]:
        return {str(ANA)} | {
            str(row[name])
            for table in self.catalogue.tables.values()
            for row in table.hers
            for name in table.key
            if table.columns[name].kind == "uuid"
        }


def _is_closed(function: Function, caller: Caller) -> bool:
    """Whether somebody must not call it, whatever is granted."""
    if caller.role == "anon":
        return function.name not in OPEN
    in_private = caller is HE and not function.name.startswith("public.")
    return in_private or caller.role not in function.callers


def _is_alike(told: Told, other: Told, other_again: Told, *passed: str) -> bool:
    """Whether two answers tell the same, as far as the other one is the same each time."""
    if other.masked(*passed) == other_again.masked(*passed):
        return told.masked(*passed) == other.masked(*passed)
    return _shape(told) == _shape(other)


def _shape(told: Told) -> tuple[object, ...]:
    return told.sqlstate, told.constraint, told.rows, told.answer is None


def _on_purpose(function: Function, caller: Caller, note: str) -> Verdict:
    """Functions that serve everybody, by the server's hands alone, are reviewed and listed."""
    if caller.role == "cairn_server" and function.name in ON_PURPOSE:
        return Outcome.APART, ON_PURPOSE[function.name]
    return Outcome.HIT, note


def _brief(told: Told) -> str:
    return f"{told.sqlstate or told.answer} {told.message or ''}".strip()[:200]


def _sql(values: Arguments) -> dict[str, str]:
    return {name: value.sql for name, value in values.items()}
