"""Views: what stands in them of hers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.isolation.callers import HE, SERVER, WITHOUT_HER
from tests.isolation.catalogue import ANA, Catalogue, View
from tests.isolation.probe import Outcome, Probe, Result, nothing, refused
from tests.isolation.room import Room


def probes(view: View, role: str, catalogue: Catalogue) -> Iterator[Probe]:
    """Try to read a view; one that is stored, or for administrators, must be refused."""
    if view.stored or view.schema != "public" or role == "anon":
        yield Probe("views", "read", f"select count(*) from {view}", refused)
        return
    yield Probe(
        "views", "her id", f"select count(*) from {view} as t where t::text like '%{ANA}%'", nothing
    )
    if "user_id" in view.columns:
        hers = f"select count(*) from {view} where user_id = '{ANA}'"
        yield Probe("views", "by owner", hers, nothing)
    ids = {str(t.hers[0]["id"]) for t in catalogue.owned if t.key == ("id",) and t.hers}
    listed = "|".join(sorted(ids))
    yield Probe(
        "views",
        "ids of her rows",
        f"select count(*) from {view} as t where t::text ~ '{listed}'",
        nothing,
    )


async def without_her(room: Room, views: Sequence[View]) -> list[Result]:
    """See that views show Ben the same when Ana has never been there."""
    results: list[Result] = []
    chosen = [view for view in views if not view.stored]
    statements = [
        f"select md5(string_agg(t::text, '|' order by t::text)) from {v} as t" for v in chosen
    ]
    for caller in (HE, SERVER) if chosen else ():
        told = await room.told(caller, statements)
        alone = await room.told(caller, statements, WITHOUT_HER)
        for view, one, other in zip(chosen, told, alone, strict=True):
            same = (one.sqlstate, one.answer) == (other.sqlstate, other.answer)
            outcome = (
                Outcome.HIT if not same else Outcome.REFUSED if one.sqlstate else Outcome.ALIKE
            )
            note = one.sqlstate or "the same rows"
            results.append(Result("without her", str(view), caller.name, "read", outcome, note))
    return results
