"""From a row of his to a row of hers: foreign keys, and other columns that may hold an id."""

from __future__ import annotations

from collections.abc import Iterator

from tests.database.access import exceptions
from tests.isolation.catalogue import ANA, Catalogue, ForeignKey, Row, Table, literal
from tests.isolation.families.values import fresh, fresh_key
from tests.isolation.probe import Probe, alike

# Keys that lead to another person on purpose: only what the server may never write is tried.
APART = set(exceptions("owner-in-keys"))


def probes(table: Table, role: str, catalogue: Catalogue) -> Iterator[Probe]:
    """Try with what this role is granted: hers must fare as what is not there."""
    insertable, updatable = table.may(role, "insert"), table.may(role, "update")
    for name, hers, missing in _links(table, catalogue, {*insertable, *updatable}):
        may_insert = set(hers) <= set(insertable)
        rows = [
            table.granted_copy(role, table.his[0], fresh_key(table) | ends) if may_insert else ends
            for ends in (hers, missing)
        ]
        judge = alike(*_texts(hers, missing))
        hers_in, missing_in = (table.insert(row) for row in rows)
        yield Probe("refer", f"insert {name}", hers_in, judge, missing_in)
        to_hers, to_missing = (_update(table, ends, table.his[-1]) for ends in (hers, missing))
        yield Probe("refer", f"update {name}", to_hers, judge, to_missing)


def keys_alone(table: Table, catalogue: Catalogue) -> Iterator[Probe]:
    """Try where nothing but the foreign key stands in the way: it must say what is not there."""
    for key, ends in _between_owned(table, catalogue):
        if key.name in APART:
            continue
        for number, hers in enumerate(ends, start=1):
            missing = _missing(table, hers)
            told = alike(*_texts(hers, missing), state="23503", constraint=key.name)
            yield Probe(
                "one wall",
                f"{key.name} by an update, row {number}",
                _update(table, hers, table.his[0]),
                told,
                _update(table, missing, table.his[0]),
            )
            yield Probe(
                "one wall",
                f"{key.name} by an insert, row {number}",
                table.insert(table.copy(table.his[0], fresh_key(table) | hers)),
                alike(*_texts(hers, missing)),
                table.insert(table.copy(table.his[0], fresh_key(table) | missing)),
            )


Ends = dict[str, str]


def _links(
    table: Table, catalogue: Catalogue, granted: set[str]
) -> Iterator[tuple[str, Ends, Ends]]:
    """Give what leads to a row of hers: a name, the columns with her values, with missing ones."""
    keyed = set()
    for key, ends in _between_owned(table, catalogue):
        keyed |= set(ends[0]) if ends else set()
        for number, hers in enumerate(ends, start=1):
            yield f"{key.name}, row {number}", hers, _missing(table, hers)
    for column in table.columns.values():
        if column.kind != "uuid" or column.name in {*keyed, *table.key, table.owner}:
            continue
        for target, identity in _her_ids(column.name, catalogue):
            hers = {column.name: literal(identity, "uuid")}
            yield f"{column.name} to {target}", hers, _missing(table, hers)
            if column.name not in granted:
                break


def _between_owned(table: Table, catalogue: Catalogue) -> Iterator[tuple[ForeignKey, list[Ends]]]:
    """Give each foreign key to an owned table, and its columns with the values of rows of hers."""
    for key in table.foreign_keys:
        parent = catalogue.tables.get(key.parent)
        if parent is None or not parent.is_owned:
            continue
        pairs = [
            (here, there)
            for here, there in zip(key.columns, key.parent_columns, strict=True)
            if here != table.owner
        ]
        if pairs:
            yield (
                key,
                [{here: parent.value(there, row) for here, there in pairs} for row in parent.hers],
            )


def _missing(table: Table, hers: Ends) -> Ends:
    kinds = {name: table.columns[name].kind for name in hers}
    return {name: literal(fresh(kind, "nowhere"), kind) for name, kind in kinds.items()}


def _update(table: Table, ends: Ends, row: Row) -> str:
    sets = ", ".join(f"{name} = {value}" for name, value in ends.items())
    return f"update {table} set {sets} where {table.at(row)}"


def _texts(*ends: Ends) -> list[str]:
    return [value.split("'")[1] for one in ends for value in one.values() if "'" in value]


def _her_ids(name: str, catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    """Give ids of hers that a column of some name may be meant for.

    Those of the table that the name speaks of; where it speaks of none, one of each table.
    """
    yield "herself", str(ANA)
    tables = spoken(name, catalogue)
    for table in tables:
        for row in table.hers:
            yield table.name, str(row["id"])
    if not tables and name not in ("user_id", "session_id"):
        for table in catalogue.owned:
            if table.key == ("id",) and table.hers and table.name != "users":
                yield table.name, str(table.hers[0]["id"])


def spoken(name: str, catalogue: Catalogue) -> list[Table]:
    """Find the tables of people's rows that a name such as `entry_id` may speak of."""
    return [
        table
        for table in catalogue.tables.values()
        if table.owner is not None and table.key == ("id",) and _speaks(name, table)
    ]


def _speaks(name: str, table: Table) -> bool:
    """Whether a name such as `entry_id` or `conversation` may mean rows of this table."""
    stem = name.removesuffix("_ids").removesuffix("_id").removesuffix("s")
    singular = (
        table.name.removesuffix("ies") + "y"
        if table.name.endswith("ies")
        else table.name.removesuffix("s")
    )
    return len(stem) > 2 and (singular == stem or singular.endswith(f"_{stem}"))
