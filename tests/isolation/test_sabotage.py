"""A proof that nothing can make fail proves nothing: broken walls are noticed.

These are a handful; `make mutants` breaks them all.
"""

from __future__ import annotations

import pytest

from tests.isolation.room import Room
from tests.isolation.sabotage import Sabotage, examine
from tests.isolation.walls import FUNCTIONS, GRANTS, KEYS, POLICIES, SABOTAGES, VIEWS


@pytest.mark.parametrize(
    "sabotage",
    [kind[0] for kind in (POLICIES, KEYS, GRANTS, VIEWS, FUNCTIONS)],
    ids=lambda sabotage: sabotage.name,
)
async def test_a_broken_wall_is_noticed(sabotage: Sabotage, room: Room) -> None:
    verdict = await examine(room, sabotage)

    assert verdict.is_noticed, verdict.note


async def test_a_sabotage_that_breaks_nothing_is_not_noticed(room: Room) -> None:
    comment = Sabotage("a-comment", "public.messages", ("comment on table public.messages is ''",))

    verdict = await examine(room, comment)

    assert not verdict.is_noticed
    assert verdict.of > 100


@pytest.mark.parametrize(
    "stale",
    [
        Sabotage("gone", "private.end_session", old="no such guard"),
        Sabotage("gone", "private.no_such_function", old="guard"),
        Sabotage("gone", "public.messages", ("drop policy no_such_policy on public.messages",)),
    ],
)
async def test_a_sabotage_whose_place_is_gone_says_so(stale: Sabotage, room: Room) -> None:
    verdict = await examine(room, stale)

    assert not verdict.is_noticed
    assert verdict.note.startswith("STALE")


def test_each_sabotage_has_a_name_of_its_own() -> None:
    assert len({one.name for one in SABOTAGES}) == len(SABOTAGES) >= 30
