"""Every table and column of the five systems has a home here, or a reason why not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import yaml

from graphql_api.migrations import MIGRATIONS

STATED: dict[str, dict[str, list[str]]] = yaml.safe_load(
    Path(__file__).with_name("inventory.yaml").read_text()
)
LINEAGE: dict[str, dict[str, Any]] = yaml.safe_load(
    (MIGRATIONS.parents[1] / "docs" / "lineage.yaml").read_text()
)
REASONS = {"supabase_auth", "derived", "superseded"}
# One column of ours can stand for several stated ones, but not for everything.
SERVES_AT_MOST = 4
BARE = {"id", "user_id", "created_at", "updated_at"}
REASONS_AT_MOST = 120

every_table = pytest.mark.parametrize(
    ("system", "table"), [(system, table) for system in STATED for table in STATED[system]]
)


def test_the_inventory_is_whole() -> None:
    assert sum(len(tables) for tables in STATED.values()) == 99
    assert sum(len(columns) for tables in STATED.values() for columns in tables.values()) == 501


def test_nothing_is_listed_that_no_system_states() -> None:
    unknown = [
        f"{system}.{table}.{column}"
        for system, tables in LINEAGE.items()
        for table, home in tables.items()
        for column in [None, *home.get("columns", {})]
        if table not in STATED.get(system, {})
        or (column is not None and column not in STATED[system][table])
    ]

    assert unknown == []


@every_table
async def test_a_stated_table_and_its_columns_have_a_home_or_a_reason(
    system: str, table: str, owner: asyncpg.Connection
) -> None:
    ours = await columns_of_ours(owner)
    home = LINEAGE[system][table]
    if "reason" in home:
        assert complaints_about(home) == []
        return

    tables = [home["table"]] if isinstance(home["table"], str) else home["table"]
    assert tables != []
    assert [
        one for one in tables if not any(name.startswith(f"{full(one)}.") for name in ours)
    ] == []
    for column in STATED[system][table]:
        target = home["columns"][column]
        if isinstance(target, dict):
            assert complaints_about(target) == [], column
        else:
            assert [one for one in targets(target) if full_column(one) not in ours] == [], column


def test_no_column_of_ours_stands_for_everything() -> None:
    served = Counter(
        one
        for target in every_target()
        if not isinstance(target, dict)
        for one in targets(target)
        if one.rpartition(".")[2] not in BARE
    )

    assert {name: times for name, times in served.items() if times > SERVES_AT_MOST} == {}


def test_most_of_what_is_stated_lives_in_a_column_and_not_in_a_reason() -> None:
    by_reason = sum(
        1 + len(STATED[system][table])
        for system, tables in LINEAGE.items()
        for table, home in tables.items()
        if "reason" in home
    ) + sum(isinstance(target, dict) for target in every_target())

    assert by_reason <= REASONS_AT_MOST


def every_target() -> Iterator[Any]:
    for tables in LINEAGE.values():
        for home in tables.values():
            yield from home.get("columns", {}).values()


def complaints_about(reason: dict[str, str]) -> list[str]:
    """Say what is wrong with a reason: unknown, too short, or without the decision that it rests on."""
    note = reason.get("note", "")
    wrong = []
    if reason.get("reason") not in REASONS:
        wrong.append("unknown reason")
    if len(note.split()) < 4:
        wrong.append("a note of at least four words")
    if reason.get("reason") != "supabase_auth" and not re.search(r"\b(D\d+|[XN]-\d+)", note):
        wrong.append("the decision (D8) or finding (X-41, N-12)")
    return wrong


def targets(target: str | list[str]) -> list[str]:
    return [target] if isinstance(target, str) else target


def full(table: str) -> str:
    return table if "." in table else f"public.{table}"


def full_column(column: str) -> str:
    return column if column.count(".") == 2 else f"public.{column}"


async def columns_of_ours(owner: asyncpg.Connection) -> set[str]:
    rows = await owner.fetch(
        "select format('%s.%s.%s', n.nspname, c.relname, a.attname) "
        "from pg_attribute a join pg_class c on c.oid = a.attrelid "
        "join pg_namespace n on n.oid = c.relnamespace "
        "where n.nspname in ('public', 'private') and c.relkind = 'r' and a.attnum > 0 "
        "and not a.attisdropped"
    )
    return {row[0] for row in rows}
