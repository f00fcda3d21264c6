"""Calls functions with what is hers, and sees that they tell Ben nothing and do her nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tests.isolation.callers import ANONYMOUS, HE, SERVER, WITHOUT_HER, WORKER, Caller
from tests.isolation.catalogue import ANA, Catalogue
from tests.isolation.families import functions
from tests.isolation.families.functions import Call, Function
from tests.isolation.known import SERVES_EVERYBODY, TELLS_APART
from tests.isolation.probe import UUID, Outcome, Probe, Result, Told, Verdict, refused
from tests.isolation.room import Room

CALLERS = (HE, SERVER, WORKER)


@dataclass(frozen=True)
class Tried:
    """What came of trying one function.

    Attributes:
        is_blunt: it told no caller more of his own than of what is not there.
    """

    results: list[Result]
    is_blunt: bool


async def of_function(room: Room, function: Function, catalogue: Catalogue) -> Tried:
    """Call a function in every way that may reach something of hers."""
    results: list[Result] = []
    reaches = []
    for caller in CALLERS:
        if caller.role in function.callers:
            his = await _his_arguments(room, caller, function, catalogue)
            calls = list(functions.calls_for_hers(function, his, catalogue))
            if calls:
                found, reached = await _try(room, caller, function, calls, his, catalogue)
                results += found
                reaches.append(reached)
    first = functions.his_assignments(function, catalogue)[0]
    for caller in (HE, SERVER, ANONYMOUS):
        if caller.role not in function.callers:
            probe = Probe("closed functions", "call", function.call(first), refused)
            results += await room.run(function.identity, None, caller, [probe])
    is_blunt = bool(reaches) and not any(reaches) and function.name not in SERVES_EVERYBODY
    return Tried(results, is_blunt)


async def _his_arguments(
    room: Room, caller: Caller, function: Function, catalogue: Catalogue
) -> Mapping[str, str]:
    """Find arguments of his own with which the function comes as far as can be."""
    choices = functions.his_assignments(function, catalogue)
    told = await room.told(caller, [function.call(values) for values in choices], None)
    best = min(range(len(choices)), key=lambda place: functions.quality(told[place]))
    return choices[best]


async def _try(
    room: Room,
    caller: Caller,
    function: Function,
    calls: Sequence[Call],
    his: Mapping[str, str],
    catalogue: Catalogue,
) -> tuple[list[Result], bool]:
    """Try calls beside their twins; tell, too, whether his own ids reach further than no ids."""
    statements = [function.call(call.values) for call in calls]
    # Twice, so that an answer that differs by chance is known as such.
    twins = [function.call(call.missing) for call in calls]
    told = await room.told(caller, [*statements, *twins, *twins, function.call(his)], None)
    count, own = len(calls), told[-1]
    hers = set(_ids_of_hers(catalogue))
    results = []
    for place, call in enumerate(calls):
        answer, twin, again = (told[place + offset * count] for offset in range(3))
        outcome, note = _judge(function, call, answer, twin, again, hers)
        results.append(
            Result("functions", function.identity, caller.name, call.attempt, outcome, note)
        )
    reached = any(own.masked() != told[place + count].masked() for place in range(count))
    return results, reached


def _judge(
    function: Function, call: Call, told: Told, twin: Told, again: Told, hers: set[str]
) -> Verdict:
    described = f"{told.sqlstate or told.answer} {told.message or ''}".strip()[:200]
    if told.sqlstate in ("42883", "42601", "42804", "42P18", "42846"):
        return Outcome.BROKEN, described
    if function.name in SERVES_EVERYBODY:
        return Outcome.APART, SERVES_EVERYBODY[function.name]
    if told.changed:
        return Outcome.HIT, f"her rows changed; {described}"
    leaked = set(UUID.findall(told.answer or "")) & hers - set(call.passed)
    if leaked:
        return Outcome.HIT, f"ids of hers: {sorted(leaked)}"
    chance = twin.masked(*call.passed) != again.masked(*call.passed)
    mine, missing = (_shape(one) if chance else one.masked(*call.passed) for one in (told, twin))
    if mine != missing:
        if function.name in TELLS_APART:
            return Outcome.APART, TELLS_APART[function.name]
        return Outcome.HIT, f"{described}; of what is not there: {twin.sqlstate or twin.answer}"
    return Outcome.ALIKE, told.sqlstate or "done"


def _shape(told: Told) -> tuple[object, ...]:
    return told.sqlstate, told.constraint, told.rows, told.answer is None


def _ids_of_hers(catalogue: Catalogue) -> Iterator[str]:
    yield str(ANA)
    for table in catalogue.tables.values():
        if table.owner is not None:
            for row in table.hers:
                for name in table.key:
                    if table.columns[name].kind == "uuid":
                        yield str(row[name])


async def without_her(room: Room, chosen: Sequence[Function], catalogue: Catalogue) -> list[Result]:
    """See that functions answer Ben the same, in his own matters, when Ana has never been there."""
    results = []
    for caller in CALLERS:
        called = [
            one for one in chosen if caller.role in one.callers and one.name not in SERVES_EVERYBODY
        ]
        if not called:
            continue
        statements = [
            one.call(await _his_arguments(room, caller, one, catalogue)) for one in called
        ]
        told = await room.told(caller, statements, None)
        again = await room.told(caller, statements, None)
        alone = await room.told(caller, statements, None, WITHOUT_HER)
        for function, one, same, other in zip(called, told, again, alone, strict=True):
            chance = one.masked() != same.masked()
            is_alike = (_shape(one) if chance else one.masked()) == (
                _shape(other) if chance else other.masked()
            )
            outcome = Outcome.ALIKE if is_alike else Outcome.HIT
            note = f"{one.sqlstate or one.answer}; without her: {other.sqlstate or other.answer}"[
                :300
            ]
            results.append(
                Result("without her", function.identity, caller.name, "call", outcome, note)
            )
    return results
