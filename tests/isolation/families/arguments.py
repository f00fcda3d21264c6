"""What to call a function with: his own things, hers in their place, and what nobody has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, product
from uuid import uuid4

from tests.isolation.catalogue import ANA, BEN, Catalogue, Table, literal
from tests.isolation.families.functions import Function, Parameter
from tests.isolation.families.linking import spoken
from tests.isolation.families.values import fresh
from tests.isolation.probe import Told

PLAIN = {
    "boolean": ("true",),
    "smallint": ("1",),
    "integer": ("1", "0"),
    "bigint": ("1",),
    "numeric": ("1",),
    "double precision": ("0.5", "30"),
    "real": ("0.5",),
    "timestamp with time zone": ("now() + interval '1 hour'", "now() - interval '1 hour'"),
    "date": ("current_date",),
    "time without time zone": ("'09:00'::time",),
    "interval": ("interval '1 hour'",),
    "jsonb": ("'{}'::jsonb", "'[]'::jsonb"),
    "json": ("'{}'::json",),
    "inet": ("null::inet",),
    "bytea": (r"'\x00'::bytea",),
}
FEW = 24


@dataclass(frozen=True)
class Value:
    """A value of his in SQL; an id with the table that it leads to."""

    sql: str
    table: Table | None = None


Arguments = Mapping[str, Value]


def likely(function: Function, catalogue: Catalogue) -> list[Arguments]:
    """Give sets of arguments that Ben might call it with on his own behalf, likely ones first."""
    return _sets({name: list(_his(one, catalogue)) for name, one in function.asked.items()}, FEW)


def possible(function: Function, catalogue: Catalogue) -> list[Arguments]:
    """Give many more: ids of his in any table, each with the name of that table for a text."""
    narrow = {name: list(_his(one, catalogue)) for name, one in function.asked.items()}
    ids = [name for name, parameter in function.asked.items() if parameter.is_id]
    found = []
    for place, table in product(ids, catalogue.tables.values()):
        if table.owner is None or table.key != ("id",):
            continue
        choices = {name: values[:1] if name in ids else values for name, values in narrow.items()}
        rows = [function.asked[place].sql(str(row["id"])) for row in table.his]
        choices[place] = [Value(row, table) for row in rows]
        for name, parameter in function.asked.items():
            if parameter.kind == "text":
                names = (table.name, table.name.removeprefix("user_"))
                choices[name] = [Value(literal(one, "text")) for one in names] + choices[name][:2]
        found += _sets(choices, FEW)
    return found


def _sets(choices: Mapping[str, list[Value]], most: int) -> list[Arguments]:
    chosen = islice(product(*choices.values()), most)
    return [dict(zip(choices, values, strict=True)) for values in chosen]


def _his(parameter: Parameter, catalogue: Catalogue) -> Iterator[Value]:
    """Give values of his for a parameter."""
    if parameter.is_id:
        if parameter.name == "user_id":
            yield Value(parameter.sql(str(BEN)))
            return
        tables = spoken(parameter.name, catalogue)
        rows = [Value(parameter.sql(str(r["id"])), table) for table in tables for r in table.his]
        yield from rows or [Value(parameter.sql(str(uuid4())))]
        return
    if parameter.kind in catalogue.labels:
        labels = catalogue.labels[parameter.kind]
        yield from (Value(literal(label, parameter.kind)) for label in labels)
        return
    known = [
        literal(row[column], parameter.kind)
        for table, column in _holding(parameter, catalogue)
        for row in table.his
        if row[column] is not None
    ]
    yield from map(Value, dict.fromkeys(known[:4]))
    if parameter.kind in PLAIN:
        yield from map(Value, PLAIN[parameter.kind])
    elif parameter.kind.endswith("[]"):
        yield Value(literal("{}", parameter.kind))
    elif parameter.kind == "text":
        yield Value(literal("something", "text"))
    elif not known:
        yield Value(literal(None, parameter.kind))


def _holding(parameter: Parameter, catalogue: Catalogue) -> list[tuple[Table, str]]:
    """Find columns of a parameter's name and type; of unusual types, any columns of that type."""
    tables = catalogue.tables.values()
    named = [
        (table, parameter.name)
        for table in tables
        if parameter.name in table.columns and table.columns[parameter.name].kind == parameter.kind
    ]
    if named or parameter.kind in PLAIN or parameter.kind == "text":
        return named
    return [(t, c.name) for t in tables for c in t.columns.values() if c.kind == parameter.kind]


def quality(told: Told) -> int:
    """Rank what his own call told: the further it came, the more the probes beside it prove."""
    state = told.sqlstate
    if state is None:
        return 1 if told.answer in (None, "", "0", "f", "false") else 0
    if state in ("CA409", "CA410"):
        return 2
    return 3 if state.startswith("CA") and state != "CA400" else 4


# -- hers in the place of his -----------------------------------------------------------------


@dataclass(frozen=True)
class Call:
    """A call with something of hers, and the same with what nobody has."""

    attempt: str
    values: Mapping[str, str]
    missing: Mapping[str, str]
    passed: tuple[str, ...]


def with_hers(function: Function, his: Arguments, catalogue: Catalogue) -> Iterator[Call]:
    """Put ids and keys of hers in each place of his arguments, and in all places at once."""
    places: dict[str, list[tuple[str, str]]] = {}
    for name, parameter in function.asked.items():
        found = list(_hers(parameter, his[name].table, catalogue))
        if found:
            places[name] = found
    missing = {
        name: str(uuid4()) if function.asked[name].is_id else str(fresh("text", found[0][1]))
        for name, found in places.items()
    }

    def call(attempt: str, hers: Mapping[str, str]) -> Call:
        def written(values: Mapping[str, str]) -> dict[str, str]:
            changed = {name: function.asked[name].sql(values[name]) for name in hers}
            return {name: value.sql for name, value in his.items()} | changed

        passed = (*hers.values(), *(missing[name] for name in hers))
        return Call(attempt, written(hers), written(missing), passed)

    for name, found in places.items():
        for number, (target, value) in enumerate(found, start=1):
            yield call(f"{name}: {target} {number}", {name: value})
    if len(places) > 1:
        # Those that stand in the same place of each list often belong together.
        longest = max(map(len, places.values()))
        for number in (*range(longest), -1):
            hers = {name: found[min(number, len(found) - 1)][1] for name, found in places.items()}
            yield call(f"all of hers {number + 1}", hers)


def _hers(
    parameter: Parameter, his: Table | None, catalogue: Catalogue
) -> Iterator[tuple[str, str]]:
    """Give ids of hers, of the tables that the name or his own id speaks of; or texts that find hers."""
    if parameter.is_id:
        yield "herself", str(ANA)
        tables = {str(table): table for table in spoken(parameter.name, catalogue)}
        if his is not None:
            tables[str(his)] = his
        for table in tables.values():
            yield from ((str(table), str(row["id"])) for row in table.hers)
        if not tables and parameter.name not in ("user_id", "session_id"):
            for table in catalogue.owned:
                if table.key == ("id",) and table.hers and table.name != "users":
                    yield str(table), str(table.hers[0]["id"])
    elif parameter.kind == "text":
        for table in catalogue.tables.values():
            keyed = {name for unique in table.uniques for name in unique.columns}
            if table.owner is not None and parameter.name in keyed:
                for row in table.hers:
                    value = row[parameter.name]
                    if value is not None and table.columns[parameter.name].kind == "text":
                        yield str(table), value
