"""The report: `docs/isolation.md`, made of what was tried and what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from tests.isolation.families import FAMILIES
from tests.isolation.families.lies import LIES, is_here
from tests.isolation.known import ON_PURPOSE
from tests.isolation.probe import Outcome, Result
from tests.isolation.proof import Proof

PATH = "docs/isolation.md"
HEAD = """\
# The proof of isolation

Ana and Ben are the two people of `supabase/seed.sql`. Each has a row in every table. Ben tries, by SQL of his choice and with
his own claims, everything he can think of against what is Ana's: as himself (`authenticated`, as Supabase's REST would
have it), through the server that acts in his name (`cairn_server`), without a token (`anon`), and with claims that
are missing or forged. What he tries is generated from the database's catalogue, so that a new table, column, key or
function is tried without being named anywhere. Each attempt is carried out up to its commit, then looked at and undone; an
administrator sees before it that Ana's row is there, and after it that nothing of hers has changed.

`make isolation` tries it again and writes this page; the tests fail when the page is out of date, and when Ben gets
anything. `make mutants` breaks the schema on purpose, one wall at a time, and sees that Ben then does.
"""


def render(proof: Proof, results: Sequence[Result]) -> str:
    """Write the page; it is the same whenever the schema and the seeds are."""
    return "\n".join(
        [
            HEAD,
            _sum(results),
            *_families(results),
            *_callers(results),
            *_tables(proof, results),
            *_functions(proof, results),
            *_missing(proof),
        ]
    )


def _sum(results: Sequence[Result]) -> str:
    hits = sum(one.outcome.is_bad for one in results)
    apart = sum(one.outcome is Outcome.APART for one in results)
    told = "**none gave Ben anything**" if not hits else f"**{hits} are not as they should be**"
    return (
        f"{len(results):,} attempts; {told}. {apart} of them are counted apart, as the families `primary keys` and "
        "`functions` explain.\n"
    )


def _families(results: Sequence[Result]) -> Iterable[str]:
    yield "## Families\n"
    yield "| Family | What is tried | Attempts | Refused | Found nothing | As if it were not there | Apart |"
    yield "|---|---|--:|--:|--:|--:|--:|"
    kinds = (Outcome.REFUSED, Outcome.NOTHING, Outcome.ALIKE, Outcome.APART)
    counted = Counter((one.family, one.outcome) for one in results)
    for family, sentence in FAMILIES.items():
        each = [counted[family, kind] for kind in kinds]
        total = sum(one.family == family for one in results)
        yield f"| {family} | {sentence} | {total} | {' | '.join(str(n or '') for n in each)} |"
    yield ""


def _callers(results: Sequence[Result]) -> Iterable[str]:
    yield "## In whose name\n"
    yield "After a semicolon: what an administrator tore down before, so that one wall stood alone.\n"
    yield from _counted("Caller", results, lambda one: one.caller)


def _tables(proof: Proof, results: Sequence[Result]) -> Iterable[str]:
    tables = [one for one in results if one.subject in proof.catalogue.tables]
    yield f"## Tables\n\n{len({one.subject for one in tables})} of them.\n"
    yield from _counted("Table", tables, lambda one: f"`{one.subject}`")


def _functions(proof: Proof, results: Sequence[Result]) -> Iterable[str]:
    names = {identity: one.name for identity, one in proof.functions.items()}
    called = [one for one in results if one.subject in names]
    yield f"## Functions\n\n{len(set(names.values()))} of them.\n"
    yield from _counted("Function", called, lambda one: f"`{names[one.subject]}`")
    yield "These tell the server, and nobody else, on purpose what depends on her, or do what is asked of them for her:\n"
    apart = {names[one.subject] for one in called if one.outcome is Outcome.APART}
    for name in sorted(apart & ON_PURPOSE.keys()):
        yield f"- `{name}`: {ON_PURPOSE[name]}"
    yield ""
    if proof.calling.blunt:
        yield (
            "Of these, Ben learns no more with ids of his own than with ids that nobody has, so that the attempts say "
            "little; their own tests say more:\n"
        )
        yield from (f"- `{name}`" for name in sorted(proof.calling.blunt))
        yield ""


def _missing(proof: Proof) -> Iterable[str]:
    missing = [lie for lie in LIES if not is_here(lie, proof.catalogue)]
    if missing:
        yield "## Lies for which there is no table or column yet\n"
        for lie in missing:
            yield f"- {lie.what} (`{lie.table}{'.' + lie.column if lie.column else ''}`)"
        yield ""


def _counted(title: str, results: Sequence[Result], of: Callable[[Result], str]) -> Iterable[str]:
    yield f"| {title} | Attempts |"
    yield "|---|--:|"
    for name, count in sorted(Counter(of(one) for one in results).items()):
        yield f"| {name} | {count} |"
    yield ""
