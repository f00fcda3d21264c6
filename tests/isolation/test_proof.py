"""Ben gets nothing of Ana's, whatever he tries; what he tries is generated from the catalogue."""

from __future__ import annotations

import re

import pytest

from graphql_api.migrations import MIGRATIONS
from tests.isolation.families import FAMILIES
from tests.isolation.probe import Result
from tests.isolation.proof import Proof

WRITTEN = "\n".join(file.read_text() for file in sorted(MIGRATIONS.glob("*.sql")))


def made(what: str) -> list[str]:
    """Read off the migrations, so that a failure names what it is about."""
    found = re.findall(rf"^create (?:or replace )?{what} (\w+\.\w+)", WRITTEN, re.MULTILINE)
    return sorted({name for name in found if name.startswith(("public.", "private.", "admin."))})


TABLES = made("table")
FUNCTIONS = made("(?:function|procedure)")


def wrong(results: list[Result]) -> list[str]:
    assert {one.family for one in results} <= set(FAMILIES)
    return [str(one) for one in results if one.outcome.is_bad]


@pytest.mark.parametrize("table", TABLES)
async def test_ben_gets_nothing_of_anas_by_the_table(table: str, proof: Proof) -> None:
    results = await proof.of_table(table)

    assert results
    assert wrong(results) == []


@pytest.mark.parametrize("function", FUNCTIONS)
async def test_ben_gets_nothing_of_anas_by_the_function(function: str, proof: Proof) -> None:
    assert wrong(await proof.of_function(function)) == []


async def test_ben_gets_nothing_of_anas_by_a_view(proof: Proof) -> None:
    assert wrong(await proof.of_views()) == []


async def test_ben_is_answered_as_if_ana_had_never_been_there(proof: Proof) -> None:
    results = await proof.without_her()

    assert results
    assert wrong(results) == []


async def test_ben_finds_no_way_around(proof: Proof) -> None:
    results = await proof.around()

    assert results
    assert wrong(results) == []


def test_every_table_and_function_is_tried(proof: Proof) -> None:
    called = {function.name for function in proof.functions.values()}

    assert set(proof.catalogue.tables) == set(TABLES)
    assert called <= set(FUNCTIONS)
