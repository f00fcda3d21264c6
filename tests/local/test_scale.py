"""The large database of `cairn seed --scale` is one that the product itself could have made."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest

from graphql_api.local.scale import MESSAGES, Refused, batches, enlarge, person, sizes
from graphql_api.local.stack import Urls
from tests.fixtures.cluster import TEMPLATE

# Foreign keys were not asked while it was filled: each is asked here.
KEYS = """
select format(
  'select count(*) from %s as child where %s and not exists (select from %s as parent where %s)',
  k.conrelid::regclass,
  (select string_agg(format('child.%I is not null', a.attname), ' and ')
   from unnest(k.conkey) as n (number) join pg_attribute a on a.attrelid = k.conrelid and a.attnum = n.number),
  k.confrelid::regclass,
  (select string_agg(format('parent.%I = child.%I', p.attname, c.attname), ' and ')
   from unnest(k.conkey, k.confkey) as pair (here, there)
   join pg_attribute c on c.attrelid = k.conrelid and c.attnum = pair.here
   join pg_attribute p on p.attrelid = k.confrelid and p.attnum = pair.there)
) as orphans, k.conname
from pg_constraint k
where k.contype = 'f' and k.connamespace in ('public'::regnamespace, 'private'::regnamespace)
"""
MISCOUNTED = """
select count(*) from public.conversations as whole
where (whole.message_count, whole.last_turn) is distinct from (
  select (count(*)::integer, coalesce(max(turn), 0)) from public.messages as part
  where part.conversation_id = whole.id
)
"""
UNHASHED = """
select count(*) from public.messages
where content_hash <> encode(sha256(convert_to(content, 'UTF8')), 'hex')
"""


@pytest.fixture
async def empty(database_urls: Urls) -> AsyncIterator[Urls]:
    """A migrated database that nobody is in."""
    name = f"scale_{uuid4().hex[:12]}"
    admin = await asyncpg.connect(database_urls.superuser)
    await admin.execute(f"create database {name} template {TEMPLATE}")
    superuser, owner, api = (
        f"{url.rsplit('/', 1)[0]}/{name}"
        for url in (database_urls.superuser, database_urls.owner, database_urls.api)
    )
    yield Urls(superuser, owner, api, database_urls.redis)
    await admin.execute(f"drop database {name} with (force)")
    await admin.close()


async def test_what_it_makes_is_whole_and_is_made_once(empty: Urls) -> None:
    told: list[tuple[int, int]] = []

    made = await enlarge(empty.superuser, 1, lambda done, of: told.append((done, of)))
    again = await enlarge(empty.superuser, 1, lambda *_: None)

    connection = await asyncpg.connect(empty.superuser)
    orphans = {
        row["conname"]: await connection.fetchval(row["orphans"])
        for row in await connection.fetch(KEYS)
    }
    miscounted = await connection.fetchval(MISCOUNTED)
    unhashed = await connection.fetchval(UNHASHED)
    outside = await connection.fetchval(
        "select count(*) from public.users where not is_test_account or takes_part_from is null"
    )
    await connection.close()
    assert made["messages"] == pytest.approx(MESSAGES, rel=0.15)
    assert min(made.values()) > 0
    assert told[-1][0] == told[-1][1]
    assert set(again.values()) == {0}
    assert {name: count for name, count in orphans.items() if count} == {}
    assert (miscounted, unhashed, outside) == (0, 0, 0)


async def test_a_role_that_may_not_pass_triggers_is_told_so(empty: Urls) -> None:
    with pytest.raises(Refused, match="session_replication_role"):
        await enlarge(empty.owner, 1, lambda *_: None)


@pytest.mark.parametrize("scale", [1, 7, 100])
def test_few_people_say_most_and_each_is_in_one_batch(scale: int) -> None:
    everybody = sizes(scale)

    assert sum(everybody) == pytest.approx(scale * MESSAGES, rel=0.15)
    assert everybody == sorted(everybody, reverse=True)
    assert everybody[0] > 5 * everybody[len(everybody) // 2]
    assert [size for batch in batches(everybody) for size in batch.messages] == everybody


def test_another_scale_makes_other_people() -> None:
    assert len({person(scale, number) for scale in (1, 2) for number in range(3)}) == 6
