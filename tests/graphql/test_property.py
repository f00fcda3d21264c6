"""Random operations give, by plan, what graphql-core's own executor gives over naive resolvers."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, note, seed, settings

from graphql_api.local.stack import Urls
from graphql_api.settings import Settings
from tests.reference.comparison import Comparison
from tests.reference.documents import Operation, operations

SHARDS = 8
# In all at least 2,000 operations; a night may try more.
EACH = int(os.environ.get("CAIRN_PROPERTY_EXAMPLES", "2000")) // SHARDS + 1

quietly = settings(
    max_examples=EACH,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def comparison(settings: Settings, database_urls: Urls) -> Iterator[Comparison]:
    with Comparison(settings, database_urls.owner, database_urls.api) as comparison:
        yield comparison


@pytest.mark.parametrize("shard", range(SHARDS))
def test_queries_agree_with_the_reference(comparison: Comparison, shard: int) -> None:
    before = comparison.tally.counts()

    @seed(shard)
    @quietly
    @given(operations(comparison.world))
    def agree(operation: Operation) -> None:
        note(f"{operation.query}\n{operation.variables}\n{operation.twin}")
        comparison.check_with_twin(operation)

    agree()

    executed, twins, with_rows = (
        now - then for now, then in zip(comparison.tally.counts(), before, strict=True)
    )
    assert executed - twins >= 2_000 / SHARDS
    assert twins >= executed / 5
    assert with_rows >= executed / 2
