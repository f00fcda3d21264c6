"""Random operations give, by plan, what graphql-core's own executor gives over naive resolvers."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, given, note, seed, settings

from graphql_api.local.stack import Urls
from graphql_api.settings import Settings
from tests.reference.changes import VERBS, Change, changes
from tests.reference.comparison import Comparison
from tests.reference.documents import Operation, operations
from tests.reference.skeletons import skeletons

SHARDS = 8
# Operations in all; a night may try more.
EXAMPLES = int(os.environ.get("CAIRN_PROPERTY_EXAMPLES", "2000"))

ALL_PHASES = (Phase.generate, Phase.shrink)


def examples(number: int, phases: tuple[Phase, ...] = ALL_PHASES) -> settings:
    """The same examples at each run, however long they take."""
    return settings(
        max_examples=number,
        phases=phases,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture(scope="module")
def comparison(settings: Settings, database_urls: Urls) -> Iterator[Comparison]:
    """Both ways of executing, on this worker's database."""
    with Comparison(settings, database_urls.owner, database_urls.api) as comparison:
        yield comparison


@pytest.mark.parametrize("shard", range(SHARDS))
def test_queries_agree_with_the_reference(comparison: Comparison, shard: int) -> None:
    before = comparison.tally.counts()

    @seed(shard)
    @examples(EXAMPLES // SHARDS + 1)
    @given(operations(comparison.world))
    def agree(operation: Operation) -> None:
        note(f"{operation.query}\n{operation.variables}\n{operation.twin}")
        comparison.check_with_twin(operation)

    agree()

    executed, twins, with_rows = (
        now - then for now, then in zip(comparison.tally.counts(), before, strict=True)
    )
    assert executed - twins >= EXAMPLES / SHARDS
    assert twins >= executed / 5
    assert with_rows >= executed / 2


@pytest.mark.parametrize("viewer", ["Ana", "Ben"])
def test_queries_of_hypothesis_graphql_agree_with_the_reference(
    comparison: Comparison, viewer: str
) -> None:
    before = comparison.tally.counts()

    @examples(80)
    @given(skeletons(comparison.world, viewer))
    def agree(operation: Operation) -> None:
        note(operation.query)
        comparison.check(operation)

    agree()

    executed, _, with_rows = (
        now - then for now, then in zip(comparison.tally.counts(), before, strict=True)
    )
    assert executed >= 80
    assert with_rows >= executed / 2


@pytest.mark.parametrize("shard", range(2))
def test_mutations_answer_what_is_read_right_after(comparison: Comparison, shard: int) -> None:
    verbs: Counter[str] = Counter()

    @seed(shard)
    # A change is not made twice alike, so there is nothing to shrink.
    @examples(150, (Phase.generate,))
    @given(changes(comparison.world, "Cleo", shard))
    def agree(change: Change) -> None:
        note(f"{change.operation.query}\n{change.operation.variables}")
        comparison.check(change.operation, {change.verb: change.written})
        verbs[change.verb] += 1

    agree()

    assert verbs.total() >= 150
    assert verbs.keys() == set(VERBS)
