"""What an erasure has to do, step by step: claimed, fenced, put off, and done once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import asyncpg
import pytest

from graphql_api.auth import Viewer
from graphql_api.local.stack import Urls
from tests.database.erasure.erasing import claim, jobs_of, receipt_of
from tests.fixtures.people import NewUser

ERASE = "select private.erase($1, $2)"
FINISH = "select private.finish_erasure_job($1, $2, $3)"
POSTPONE = "select private.postpone_erasure_job($1, $2, $3, $4)"


@pytest.fixture
async def worker(
    owner: asyncpg.Connection, database_urls: Urls
) -> AsyncIterator[asyncpg.Connection]:
    """A worker's connection; nothing of earlier tests is left to do."""
    await owner.execute("delete from private.erasure_jobs")
    connection = await asyncpg.connect(database_urls.api)
    await connection.execute("set role cairn_server")
    yield connection
    await connection.close()


@pytest.fixture
async def begun(worker: asyncpg.Connection, ana: Viewer, owner: asyncpg.Connection) -> Viewer:
    """Ana, whose erasure is queued."""
    await owner.execute("select private.begin_erasure($1)", ana.user_id)
    return ana


async def state(owner: asyncpg.Connection, viewer: Viewer) -> tuple[str, str | None]:
    assert viewer.user_id is not None
    receipt = await receipt_of(owner, viewer.user_id)
    assert receipt is not None
    return receipt["state"], receipt["error_code"]


async def refused(connection: asyncpg.Connection, statement: str, *arguments: object) -> str | None:
    try:
        async with connection.transaction():
            await connection.execute(statement, *arguments)
    except asyncpg.PostgresError as error:
        return str(error.sqlstate)
    return None


async def test_an_erasure_goes_from_queued_to_done(
    begun: Viewer, worker: asyncpg.Connection, owner: asyncpg.Connection
) -> None:
    states = [await state(owner, begun)]
    job = await claim(worker, begun.user_id)
    states.append(await state(owner, begun))
    await worker.execute(ERASE, job["id"], job["fence"])
    states.append(await state(owner, begun))
    kinds = {}
    for removed in (4, 5):
        job = await claim(worker, begun.user_id)
        kinds[job["kind"]] = removed
        await worker.execute(FINISH, job["id"], job["fence"], removed)
        states.append(await state(owner, begun))

    assert [name for name, _ in states] == ["queued", "database", "external", "external", "done"]
    assert {error for _, error in states} == {None}
    assert set(kinds) == {"redis_user", "storage_prefix"}
    assert begun.user_id is not None
    receipt = await receipt_of(owner, begun.user_id)
    assert receipt is not None
    counts = json.loads(receipt["counts"])
    assert {kind: counts[kind] for kind in kinds} == kinds
    assert receipt["requested_at"] <= receipt["erased_at"] <= receipt["finished_at"]
    assert await worker.fetchrow("select * from private.claim_erasure_job(60)") is None


async def test_to_begin_again_is_no_error_and_one_receipt(
    begun: Viewer, owner: asyncpg.Connection
) -> None:
    numbers = [
        await owner.fetchval("select private.begin_erasure($1)", begun.user_id) for _ in range(2)
    ]

    assert len(set(numbers)) == 1
    assert await jobs_of(owner, begun.user_id) == ["database"]


async def test_whoever_is_not_there_cannot_be_erased(owner: asyncpg.Connection) -> None:
    for verb in ("begin_erasure", "erase_user"):
        assert await refused(owner, f"select private.{verb}(gen_random_uuid())") == "CA404"


async def test_begun_with_staff_she_is_closed_at_once(
    begun: Viewer, owner: asyncpg.Connection
) -> None:
    closed = await owner.fetchval(
        "select deleted_at is not null from public.users where id = $1", begun.user_id
    )
    denied = await owner.fetchval(
        "select count(*) from private.denials where subject = $1", begun.user_id
    )

    assert (closed, denied) == (True, 1)


async def test_a_failing_step_in_between_is_put_off_and_done_later(
    begun: Viewer, worker: asyncpg.Connection, owner: asyncpg.Connection
) -> None:
    """The database first, which cannot be undone; what is outside is repeated until it is gone."""
    job = await claim(worker, begun.user_id)
    await worker.execute(ERASE, job["id"], job["fence"])
    job = await claim(worker, begun.user_id, "redis_user")
    await worker.execute(POSTPONE, job["id"], job["fence"], 0.0, "redis_down")
    waiting = await state(owner, begun)
    for _ in range(7):
        await owner.execute("update private.erasure_jobs set run_at = now()")
        job = await claim(worker, begun.user_id, "redis_user")
        await worker.execute(POSTPONE, job["id"], job["fence"], 0.0, "redis_down")
    failed = await state(owner, begun)
    await owner.execute("update private.erasure_jobs set run_at = now()")
    job = await claim(worker, begun.user_id, "redis_user")
    trying = await state(owner, begun)
    await worker.execute(FINISH, job["id"], job["fence"], 2)
    await owner.execute("update private.erasure_jobs set run_at = now()")
    job = await claim(worker, begun.user_id, "storage_prefix")
    await worker.execute(FINISH, job["id"], job["fence"], 0)

    assert waiting == ("external", "redis_down")
    assert failed == ("failed", "redis_down")
    assert trying[0] == "external"
    assert await state(owner, begun) == ("done", None)
    assert await jobs_of(owner, begun.user_id) == []


async def test_a_database_step_that_fails_leaves_her_whole_and_stands_in_nobodys_way(
    begun: Viewer, new_user: NewUser, worker: asyncpg.Connection, owner: asyncpg.Connection
) -> None:
    await owner.execute(
        "create table public.planted (user_id uuid); alter table public.planted enable row level security"
    )
    await owner.execute("insert into public.planted values ($1)", begun.user_id)
    ben = await new_user("Ben")
    try:
        job = await claim(worker, begun.user_id)
        code = await refused(worker, ERASE, job["id"], job["fence"])
        await worker.execute(POSTPONE, job["id"], job["fence"], 60.0, "rows_left")
        await owner.execute("select private.begin_erasure($1)", ben.user_id)
        bens = await worker.fetchrow("select * from private.claim_erasure_job(60)")
        await worker.execute(ERASE, bens["id"], bens["fence"])
    finally:
        await owner.execute("drop table public.planted")

    assert code == "CA409"
    assert await state(owner, begun) == ("database", "rows_left")
    assert await jobs_of(owner, begun.user_id) == ["database"]
    assert (
        await owner.fetchval("select count(*) from public.users where id = $1", begun.user_id) == 1
    )
    assert bens["user_id"] == ben.user_id
    assert (await state(owner, ben))[0] == "external"


async def test_an_expired_claim_is_claimed_again_and_the_old_one_does_nothing_more(
    begun: Viewer, worker: asyncpg.Connection, owner: asyncpg.Connection
) -> None:
    old = await claim(worker, begun.user_id)
    held = await worker.fetchrow("select * from private.claim_erasure_job(60)")
    await owner.execute("update private.erasure_jobs set lease_until = now() - interval '1 second'")

    new = await claim(worker, begun.user_id)

    assert held is None
    assert (new["id"], new["attempt"], new["fence"]) == (old["id"], 2, old["fence"] + 1)
    for statement, more in ((ERASE, ()), (FINISH, (0,)), (POSTPONE, (1.0, "late"))):
        assert await refused(worker, statement, old["id"], old["fence"], *more) == "CA410"
    await worker.execute(ERASE, new["id"], new["fence"])


async def test_each_kind_is_done_where_it_belongs(
    begun: Viewer, worker: asyncpg.Connection
) -> None:
    job = await claim(worker, begun.user_id)
    by_hand = await refused(worker, FINISH, job["id"], job["fence"], 0)
    await worker.execute(ERASE, job["id"], job["fence"])
    job = await claim(worker, begun.user_id)
    by_erase = await refused(worker, ERASE, job["id"], job["fence"])

    assert (by_hand, by_erase) == ("CA409", "CA409")


@pytest.mark.parametrize("code", ["I slept badly.", "Ana Moreau", "", "x" * 41])
async def test_nobodys_words_get_into_a_receipt(
    code: str, begun: Viewer, worker: asyncpg.Connection
) -> None:
    job = await claim(worker, begun.user_id)

    assert await refused(worker, POSTPONE, job["id"], job["fence"], 1.0, code) == "23514"


async def test_a_deletion_in_the_dashboard_overtakes_the_worker(
    begun: Viewer, worker: asyncpg.Connection, owner: asyncpg.Connection
) -> None:
    job = await claim(worker, begun.user_id)

    await owner.execute("delete from auth.users where id = $1", begun.user_id)

    assert await refused(worker, ERASE, job["id"], job["fence"]) == "CA410"
    assert (await state(owner, begun))[0] == "external"
    assert begun.user_id is not None
    receipt = await receipt_of(owner, begun.user_id)
    assert receipt is not None
    assert receipt["cause"] == "staff"
    assert await jobs_of(owner, begun.user_id) == ["redis_user", "storage_prefix"]


async def test_fifty_workers_at_once_do_each_job_once(
    begun: Viewer, new_user: NewUser, owner: asyncpg.Connection, database_urls: Urls
) -> None:
    people = [begun, *[await new_user(f"P{number}") for number in range(9)]]
    for viewer in people[1:]:
        await owner.execute("select private.begin_erasure($1)", viewer.user_id)
    pool = await asyncpg.create_pool(database_urls.owner, min_size=8, max_size=8)

    async def work() -> str | None:
        job = await pool.fetchrow("select * from private.claim_erasure_job(60)")
        if job is None:
            return None
        if job["kind"] == "database":
            await pool.execute(ERASE, job["id"], job["fence"])
        else:
            await pool.execute(FINISH, job["id"], job["fence"], 1)
        return str(job["kind"])

    done: list[str | None] = []
    for _ in range(3):
        done += await asyncio.gather(*(work() for _ in range(50)))
    await pool.close()

    assert sorted(kind for kind in done if kind) == sorted(
        ["database", "redis_user", "storage_prefix"] * 10
    )
    assert [await state(owner, viewer) for viewer in people] == [("done", None)] * 10


async def test_when_both_last_jobs_end_together_the_erasure_is_done(
    begun: Viewer, worker: asyncpg.Connection, owner: asyncpg.Connection, database_urls: Urls
) -> None:
    job = await claim(worker, begun.user_id)
    await worker.execute(ERASE, job["id"], job["fence"])
    one, other = await claim(worker, begun.user_id), await claim(worker, begun.user_id)
    second = await asyncpg.connect(database_urls.owner)
    first = owner.transaction()
    await first.start()
    await owner.execute(FINISH, one["id"], one["fence"], 1)

    ending = asyncio.create_task(second.execute(FINISH, other["id"], other["fence"], 1))
    await asyncio.sleep(0.2)
    await first.commit()
    await ending
    await second.close()

    assert (await state(owner, begun))[0] == "done"


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ("state = 'done'", "erasures_only_done_ones_are_finished"),
        ("state = 'external'", "erasures_rows_are_gone_before_the_rest"),
        ("state = 'gone'", "erasures_state_is_known"),
        ("cause = 'whim'", "erasures_cause_is_known"),
        ("scope = 'half'", "erasures_scope_is_account_or_rows"),
        ("subject_hash = 'ana@example.com'", "erasures_subject_hash_is_a_sha256"),
        ("counts = '[]'", "erasures_counts_are_an_object"),
    ],
)
async def test_a_receipt_says_what_can_be(
    change: str, broken: str, begun: Viewer, owner: asyncpg.Connection
) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as found:
        await owner.execute(
            f"update private.erasures set {change} where subject_hash = private.subject_hash($1)",
            begun.user_id,
        )

    assert found.value.constraint_name == broken
