"""What waits until memory has taken it in: each thing once, oldest first, by one worker at a time."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from graphql_api.auth import Viewer
from graphql_api.local.stack import Urls
from tests.database.chat import Start, move
from tests.database.live import take_role, until_waiting
from tests.database.memory.remembering import refused
from tests.fixtures.people import AsUser, NewUser

REQUEST = "select private.request_memory_update($1::text::public.memory_update_kind, $2, $3)"
CLAIM = "select * from private.claim_memory_update($1)"
HOLD = "select private.hold_memory_update($1, $2, 60)"
FINISH = "select private.finish_memory_update($1, $2, $3)"
POSTPONE = "select private.postpone_memory_update($1, $2, 60, 'unavailable')"
EXPIRE = "update public.memory_updates set lease_until = now() - interval '1 second'"


@pytest.fixture(autouse=True)
async def no_update_of_others(owner: asyncpg.Connection) -> None:
    """Other tests of this worker's database leave updates, which would be claimed here."""
    await owner.execute("delete from public.memory_updates")


@pytest.fixture
async def worker(database_urls: Urls) -> AsyncIterator[asyncpg.Connection]:
    """A worker, connected as the server and in nobody's name."""
    connection = await asyncpg.connect(database_urls.api)
    await connection.execute("set role cairn_server")
    yield connection
    await connection.close()


async def request(
    as_user: AsUser, viewer: Viewer, ref: UUID | None = None, content: str | None = None
) -> UUID:
    ref = ref or uuid4()
    async with as_user(viewer, "cairn_server") as connection:
        await connection.execute(REQUEST, "message", ref, content)
    return ref


async def claim(worker: asyncpg.Connection, seconds: float = 60) -> Any:
    return await worker.fetchrow(CLAIM, seconds)


async def state(owner: asyncpg.Connection, ref: UUID) -> tuple[int, int, bool]:
    row = await owner.fetchrow(
        "select requested, done, processed from public.memory_updates where ref_id = $1", ref
    )
    return tuple(row)


async def in_her_name(worker: asyncpg.Connection, viewer: Viewer, sql: str, *values: Any) -> None:
    async with worker.transaction():
        await take_role(worker, viewer)
        await worker.execute(sql, *values)


# Asking ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("contents", "requested"),
    [
        ([None], 1),
        ([None, None, None], 1),
        (["a"], 1),
        (["a", "a"], 1),
        (["a", "b"], 2),
        (["a", "b", "b", "a"], 3),
        ([None, "a"], 2),
    ],
)
async def test_new_content_asks_anew_and_the_same_changes_nothing(
    contents: list[str | None],
    requested: int,
    ana: Viewer,
    as_user: AsUser,
    owner: asyncpg.Connection,
) -> None:
    """TR-044, TR-049, D13."""
    ref = uuid4()

    for content in contents:
        await request(as_user, ana, ref, content)

    assert await state(owner, ref) == (requested, 0, False)


async def test_fifty_that_ask_at_once_with_ten_contents_ask_once_for_each_change(
    ana: Viewer, owner: asyncpg.Connection, database_urls: Urls
) -> None:
    pool = await asyncpg.create_pool(database_urls.api, min_size=10, max_size=10)
    same, different = uuid4(), uuid4()

    async def ask(number: int) -> None:
        async with pool.acquire() as connection, connection.transaction():
            await take_role(connection, ana)
            await connection.execute(REQUEST, "insight", same, "content")
            await connection.execute(REQUEST, "insight", different, f"content {number}")

    await asyncio.gather(*(ask(number) for number in range(50)))
    await pool.close()

    assert await state(owner, same) == (1, 0, False)
    assert await state(owner, different) == (50, 0, False)


async def test_one_row_may_be_asked_for_by_two_people_and_in_two_kinds(
    ana: Viewer, new_user: NewUser, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    ben, ref = await new_user("Ben"), uuid4()
    for viewer, kind in ((ana, "message"), (ana, "insight"), (ben, "message")):
        async with as_user(viewer, "cairn_server") as connection:
            await connection.execute(REQUEST, kind, ref, None)

    rows = await owner.fetch("select user_id from public.memory_updates where ref_id = $1", ref)
    assert Counter(row["user_id"] for row in rows) == {ana.user_id: 2, ben.user_id: 1}


@pytest.mark.parametrize("before", ["active", "paused"])
async def test_a_completed_conversation_waits_for_memory_once(
    before: str, start: Start, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """TR-005, TR-043."""
    conversation = await start(before)
    assert await owner.fetchval("select count(*) from public.memory_updates") == 0

    for status in ("completed", "archived", "completed"):
        await move(as_user, ana, conversation, status)

    rows = await owner.fetch(
        "select user_id, kind::text, ref_id, requested from public.memory_updates"
    )
    assert [tuple(row) for row in rows] == [(ana.user_id, "conversation", conversation, 1)]


async def test_a_conversation_that_is_only_archived_does_not_wait(
    start: Start, owner: asyncpg.Connection
) -> None:
    await start("archived")

    assert await owner.fetchval("select count(*) from public.memory_updates") == 0


async def test_a_conversation_completed_in_the_dashboard_waits_for_its_owner(
    start: Start, ana: Viewer, owner: asyncpg.Connection
) -> None:
    conversation = await start()

    await owner.execute(
        "update public.conversations set status = 'completed' where id = $1", conversation
    )

    assert (
        await owner.fetchval(
            "select user_id from public.memory_updates where ref_id = $1", conversation
        )
        == ana.user_id
    )


async def test_what_is_gone_waits_no_longer(
    start: Start, as_user: AsUser, ana: Viewer, owner: asyncpg.Connection
) -> None:
    conversation, kept = await start("completed"), await start("completed")

    async with as_user(ana) as connection:
        await connection.execute("delete from public.conversations where id = $1", conversation)

    rows = await owner.fetch("select ref_id from public.memory_updates")
    assert [row["ref_id"] for row in rows] == [kept]


async def test_what_waits_goes_with_her(
    start: Start, ana: Viewer, new_user: NewUser, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    await start("completed")
    await request(as_user, ana)
    his = await request(as_user, await new_user("Ben"))

    await owner.execute("delete from auth.users where id = $1", ana.user_id)

    rows = await owner.fetch("select ref_id from public.memory_updates")
    assert [row["ref_id"] for row in rows] == [his]


async def test_nobody_asks_without_a_name_and_she_asks_for_nothing_herself(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection, worker: asyncpg.Connection
) -> None:
    nameless = await refused(worker, REQUEST, "message", uuid4(), None)
    async with as_user(ana) as connection:
        transaction = connection.transaction()
        await transaction.start()
        herself = await refused(connection, REQUEST, "message", uuid4(), None)
        await transaction.rollback()
    async with as_user(ana, "cairn_server") as connection:
        transaction = connection.transaction()
        await transaction.start()
        inner = await refused(
            connection,
            "select private.enqueue_memory_update($1, 'message', gen_random_uuid())",
            uuid4(),
        )
        await transaction.rollback()

    assert (nameless, herself, inner) == ("CA401", "42501", "42501")
    assert await owner.fetchval("select count(*) from public.memory_updates") == 0


@pytest.mark.parametrize("role", ["authenticated", "cairn_server"])
@pytest.mark.parametrize(
    "statement",
    [
        "insert into public.memory_updates (kind, ref_id) values ('message', gen_random_uuid())",
        "update public.memory_updates set done = 1",
        "delete from public.memory_updates",
    ],
)
async def test_nobody_writes_the_queue_directly(
    statement: str, role: str, ana: Viewer, as_user: AsUser
) -> None:
    await request(as_user, ana)

    async with as_user(ana, role) as connection:
        transaction = connection.transaction()
        await transaction.start()
        found = await refused(connection, statement)
        await transaction.rollback()

    assert found == "42501"


async def test_she_sees_what_waits_for_her_and_nobody_elses(
    ana: Viewer, new_user: NewUser, as_user: AsUser
) -> None:
    """TR-047."""
    ben = await new_user("Ben")
    hers, _ = await request(as_user, ana), await request(as_user, ben)

    async with as_user(ana) as connection:
        rows = await connection.fetch(
            "select ref_id from public.memory_updates where not processed"
        )

    assert [row["ref_id"] for row in rows] == [hers]


# Claiming --------------------------------------------------------------------


async def test_the_oldest_is_claimed_first_and_each_by_one(
    ana: Viewer, as_user: AsUser, worker: asyncpg.Connection
) -> None:
    """TR-048."""
    refs = [await request(as_user, ana) for _ in range(3)]

    claimed = [await claim(worker) for _ in range(4)]

    assert [row["ref_id"] for row in claimed[:3]] == refs
    assert claimed[3] is None
    assert [(row["user_id"], row["kind"]) for row in claimed[:3]] == [(ana.user_id, "message")] * 3
    assert [(row["attempt"], row["fence"], row["requested"]) for row in claimed[:3]] == [
        (1, 1, 1)
    ] * 3


async def test_fifty_claims_at_once_give_each_update_to_one_worker(
    ana: Viewer, as_user: AsUser, database_urls: Urls
) -> None:
    refs = [await request(as_user, ana) for _ in range(30)]
    pool = await asyncpg.create_pool(database_urls.api, min_size=10, max_size=10)

    async def take() -> Any:
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute("set local role cairn_server")
            return await claim(connection)

    claimed = await asyncio.gather(*(take() for _ in range(50)))
    rest = [
        await take() for _ in range(5)
    ]  # those that met only locked ones came away with nothing
    await pool.close()

    found = [row["ref_id"] for row in (*claimed, *rest) if row is not None]
    assert len(found) == len(set(found))
    assert set(found) == set(refs)


async def test_an_expired_claim_is_claimed_again_and_the_first_writes_nothing_more(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection, worker: asyncpg.Connection
) -> None:
    ref = await request(as_user, ana)
    first = await claim(worker)
    assert await claim(worker) is None
    await owner.execute(EXPIRE)
    second = await claim(worker)

    for sql, *values in ((HOLD,), (FINISH, 1), (POSTPONE,)):
        with pytest.raises(asyncpg.PostgresError) as failed:
            await in_her_name(worker, ana, sql, first["id"], first["fence"], *values)
        assert failed.value.sqlstate == "CA410"

    assert (second["ref_id"], second["attempt"], second["fence"]) == (ref, 2, 2)
    assert await state(owner, ref) == (1, 0, False)
    await in_her_name(worker, ana, FINISH, second["id"], second["fence"], 1)
    assert await state(owner, ref) == (1, 1, True)


async def test_a_claim_that_expired_still_holds_while_nobody_else_has_claimed(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection, worker: asyncpg.Connection
) -> None:
    await request(as_user, ana)
    held = await claim(worker)
    await owner.execute(EXPIRE)

    await in_her_name(worker, ana, HOLD, held["id"], held["fence"])

    assert await claim(worker) is None


async def test_what_came_while_a_worker_read_still_waits(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection, worker: asyncpg.Connection
) -> None:
    """D13: an event that comes again later is not swallowed."""
    ref = await request(as_user, ana, content="a")
    held = await claim(worker)
    await request(as_user, ana, ref, "b")

    await in_her_name(worker, ana, FINISH, held["id"], held["fence"], held["requested"])
    seen = [await state(owner, ref)]
    again = await claim(worker)
    await in_her_name(worker, ana, FINISH, again["id"], again["fence"], again["requested"])
    seen.append(await state(owner, ref))

    assert (again["requested"], again["attempt"]) == (2, 1)
    assert seen == [(2, 1, False), (2, 2, True)]
    assert await claim(worker) is None


async def test_what_was_done_waits_at_the_end_when_it_comes_again(
    ana: Viewer, as_user: AsUser, worker: asyncpg.Connection
) -> None:
    first = await request(as_user, ana, content="a")
    held = await claim(worker)
    await in_her_name(worker, ana, FINISH, held["id"], held["fence"], 1)
    second = await request(as_user, ana)
    await request(as_user, ana, first, "b")

    assert [(await claim(worker))["ref_id"] for _ in range(2)] == [second, first]


@pytest.mark.parametrize("read_requested", [2, -1])
async def test_nobody_has_read_more_than_was_asked_for(
    read_requested: int,
    ana: Viewer,
    as_user: AsUser,
    owner: asyncpg.Connection,
    worker: asyncpg.Connection,
) -> None:
    ref = await request(as_user, ana)
    held = await claim(worker)

    if read_requested > 0:
        with pytest.raises(asyncpg.CheckViolationError) as failed:
            await in_her_name(worker, ana, FINISH, held["id"], held["fence"], read_requested)
        assert failed.value.constraint_name == "memory_updates_done_is_at_most_requested"
    else:
        await in_her_name(worker, ana, FINISH, held["id"], held["fence"], read_requested)

    assert await state(owner, ref) == (1, 0, False)


async def test_a_postponed_update_says_why_and_comes_back(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection, worker: asyncpg.Connection
) -> None:
    ref = await request(as_user, ana)
    held = await claim(worker)

    await in_her_name(worker, ana, POSTPONE, held["id"], held["fence"])

    reason = await owner.fetchval(
        "select last_error from public.memory_updates where ref_id = $1", ref
    )
    assert reason == "unavailable"
    assert await claim(worker) is None
    with pytest.raises(asyncpg.PostgresError):
        await in_her_name(worker, ana, FINISH, held["id"], held["fence"], 1)
    await owner.execute(EXPIRE)
    assert (await claim(worker))["attempt"] == 2


@pytest.mark.parametrize("why", ["Her own words.", "x" * 41])
async def test_a_reason_is_a_code_and_nobodys_words(
    why: str, ana: Viewer, as_user: AsUser, worker: asyncpg.Connection
) -> None:
    await request(as_user, ana)
    held = await claim(worker)

    with pytest.raises(asyncpg.CheckViolationError) as failed:
        await in_her_name(
            worker,
            ana,
            "select private.postpone_memory_update($1, $2, 60, $3)",
            held["id"],
            held["fence"],
            why,
        )

    assert failed.value.constraint_name == "memory_updates_last_error_is_a_short_word"


@pytest.mark.parametrize("name", ["Ben", None])
@pytest.mark.parametrize(("sql", "values"), [(HOLD, []), (FINISH, [1]), (POSTPONE, [])])
async def test_an_update_is_held_and_ended_in_its_owners_name_only(
    sql: str,
    values: list[int],
    name: str | None,
    ana: Viewer,
    new_user: NewUser,
    as_user: AsUser,
    owner: asyncpg.Connection,
    worker: asyncpg.Connection,
) -> None:
    ref = await request(as_user, ana)
    held = await claim(worker)

    if name is None:
        found = await refused(worker, sql, held["id"], held["fence"], *values)
    else:
        async with as_user(await new_user(name), "cairn_server") as connection:
            transaction = connection.transaction()
            await transaction.start()
            found = await refused(connection, sql, held["id"], held["fence"], *values)
            await transaction.rollback()

    assert found == "CA410"
    assert await state(owner, ref) == (1, 0, False)


async def test_nothing_is_taken_in_for_somebody_who_is_locked_out(
    ana: Viewer,
    new_user: NewUser,
    as_user: AsUser,
    owner: asyncpg.Connection,
    worker: asyncpg.Connection,
) -> None:
    hers, his = await request(as_user, ana), await request(as_user, await new_user("Ben"))
    held = await claim(worker)
    await owner.execute("update public.users set is_active = false where id = $1", ana.user_id)

    with pytest.raises(asyncpg.PostgresError) as failed:
        await in_her_name(worker, ana, FINISH, held["id"], held["fence"], 1)
    await owner.execute(EXPIRE)
    claimed = [await claim(worker), await claim(worker)]

    assert (held["ref_id"], failed.value.sqlstate) == (hers, "CA410")
    assert claimed[0]["ref_id"] == his
    assert claimed[1] is None
    waits = await owner.fetchval(
        "select lease_until from public.memory_updates where ref_id = $1", hers
    )
    assert timedelta(minutes=4) < waits - datetime.now(UTC) < timedelta(minutes=11)


async def test_she_claims_and_ends_nothing(ana: Viewer, as_user: AsUser) -> None:
    found = []
    for sql, *values in (
        (CLAIM, 60.0),
        (HOLD, uuid4(), 1),
        (FINISH, uuid4(), 1, 1),
        (POSTPONE, uuid4(), 1),
    ):
        async with as_user(ana) as connection:
            transaction = connection.transaction()
            await transaction.start()
            found.append(await refused(connection, sql, *values))
            await transaction.rollback()

    assert found == ["42501"] * 4


# Everybody locks in one order ------------------------------------------------


@pytest.mark.parametrize(
    "going",
    [
        "delete from public.conversations where id = $1",
        "delete from auth.users where id = "
        "(select user_id from public.conversations where id = $1)",
    ],
)
async def test_who_deletes_or_erases_waits_for_a_worker_and_meets_none_head_on(
    going: str,
    start: Start,
    ana: Viewer,
    owner: asyncpg.Connection,
    superuser: asyncpg.Connection,
    worker: asyncpg.Connection,
) -> None:
    conversation = await start("completed")
    held = await claim(worker)
    transaction = worker.transaction()
    await transaction.start()
    await take_role(worker, ana)
    await worker.execute(HOLD, held["id"], held["fence"])

    deleting = asyncio.create_task(owner.execute(going, conversation))
    await until_waiting(superuser, owner)
    await worker.execute(
        "insert into public.memories (content, memory_type, conversation_id) "
        "values ('She walks.', 'personal_fact', $1)",
        conversation,
    )
    await worker.execute("select private.append_memory_snapshot('{\"a\": 1}')")
    await worker.execute(FINISH, held["id"], held["fence"], 1)
    await transaction.commit()

    assert await deleting == "DELETE 1"
    assert await owner.fetchval("select count(*) from public.memory_updates") == 0
