"""Closing an account: nothing goes on in its name, and it may be opened again for a while. D20."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.database.erasure.erasing import jobs_of, receipt_of
from tests.database.privacy.acting import act
from tests.fixtures.people import AsUser, NewUser

REQUEST = "select * from public.request_account_erasure($1)"
ADMIT = "select private.admit_session($1, now() + interval '1 hour', 'api', null, null, now())"


async def close(as_user: AsUser, viewer: Viewer, reason: str | None = None) -> asyncpg.Record:
    async with as_user(viewer) as connection:
        return await connection.fetchrow(REQUEST, reason)


async def requests(owner: asyncpg.Connection, viewer: Viewer) -> list[asyncpg.Record]:
    found: list[asyncpg.Record] = await owner.fetch(
        "select * from public.erasure_requests where user_id = $1 order by id", viewer.user_id
    )
    return found


async def closed_at(owner: asyncpg.Connection, viewer: Viewer) -> object:
    return await owner.fetchval("select deleted_at from public.users where id = $1", viewer.user_id)


async def admitted(as_user: AsUser, viewer: Viewer) -> bool:
    async with as_user(viewer, "cairn_server") as connection:
        may: bool = await connection.fetchval(ADMIT, viewer.session_id)
    return may


async def test_she_closes_her_account_and_is_signed_out_at_once(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    before = await admitted(as_user, ana)

    request = await close(as_user, ana, "  I have said all I wanted to.  ")

    assert (before, await admitted(as_user, ana)) == (True, False)
    assert (request["status"], request["reason"]) == ("requested", "I have said all I wanted to.")
    assert request["due_at"] - request["created_at"] == timedelta(days=30)
    assert await closed_at(owner, ana) == request["created_at"]
    denied = await owner.fetch("select reason from private.denials where subject = $1", ana.user_id)
    assert [row["reason"] for row in denied] == ["account closed"]


async def test_asking_again_changes_nothing(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    first = await close(as_user, ana, "once")
    closed = await closed_at(owner, ana)

    second = await close(as_user, ana, "twice")

    assert second == first
    assert await closed_at(owner, ana) == closed


async def test_fifty_calls_at_once_make_one_request(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    gate = asyncio.Semaphore(10)

    async def call() -> UUID:
        async with gate:
            return UUID(str((await close(as_user, ana))["id"]))

    answers = await asyncio.gather(*(call() for _ in range(50)))

    assert len(set(answers)) == 1
    assert len(await requests(owner, ana)) == 1


async def test_an_agent_or_the_pipeline_closes_nobodys_account(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    for actor in ("pipeline", "agent:chatgpt"):
        for statement in (
            "select public.request_account_erasure()",
            "insert into public.erasure_requests (reason) values ('x')",
        ):
            assert await act(as_user, ana, actor, statement) == "CA403"

    assert (await requests(owner, ana), await closed_at(owner, ana)) == ([], None)


async def test_nobody_without_a_name_closes_an_account(as_user: AsUser) -> None:
    with pytest.raises(asyncpg.PostgresError) as refused:
        async with as_user(role="authenticated") as connection:
            await connection.execute("select public.request_account_erasure()")

    assert refused.value.sqlstate == "CA401"


@pytest.mark.parametrize(
    "statement",
    [
        "insert into public.erasure_requests (due_at) values (now())",
        "insert into public.erasure_requests (user_id) values (auth.uid())",
        "insert into public.erasure_requests (status) values ('cancelled')",
        "update public.erasure_requests set status = 'cancelled'",
        "delete from public.erasure_requests",
        "select private.cancel_erasure(auth.uid())",
        "select private.begin_erasure(auth.uid())",
        "select private.erase_user(auth.uid())",
        "select private.export_erasures()",
        "select private.replay_erasures('{}')",
    ],
)
@pytest.mark.parametrize("role", ["authenticated", "cairn_server"])
async def test_when_and_whether_is_not_said_through_the_api(
    statement: str, role: str, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    await close(as_user, ana)
    before = await requests(owner, ana)

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with as_user(ana, role) as connection:
            await connection.execute(statement)

    assert await requests(owner, ana) == before


async def test_a_reason_is_short(ana: Viewer, as_user: AsUser, owner: asyncpg.Connection) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await close(as_user, ana, "x" * 1001)

    assert refused.value.constraint_name == "erasure_requests_reason_is_at_most_1000_characters"
    assert await closed_at(owner, ana) is None


async def test_an_account_opened_again_is_as_it_was_and_may_be_closed_anew(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection, superuser: asyncpg.Connection
) -> None:
    await close(as_user, ana)

    async with superuser.transaction():
        await superuser.execute("set local role service_role")
        await superuser.execute("select private.cancel_erasure($1)", ana.user_id)

    opened = (await closed_at(owner, ana), await admitted(as_user, ana))
    cancelled = await requests(owner, ana)
    await close(as_user, ana)
    assert opened == (None, True)
    assert [row["status"] for row in cancelled] == ["cancelled"]
    assert cancelled[0]["cancelled_at"] is not None
    assert [row["status"] for row in await requests(owner, ana)] == ["cancelled", "requested"]


async def test_the_dashboard_closes_and_opens_by_the_same_way(
    ana: Viewer, owner: asyncpg.Connection
) -> None:
    await owner.execute(
        "update public.users set deleted_at = now() - interval '3 days' where id = $1", ana.user_id
    )
    closed = await requests(owner, ana)
    await owner.execute("update public.users set deleted_at = null where id = $1", ana.user_id)

    assert [row["status"] for row in closed] == ["requested"]
    left = await owner.fetchval("select $1::timestamptz - now()", closed[0]["due_at"])
    assert timedelta(days=26, hours=23) < left < timedelta(days=27, hours=1)
    assert [row["status"] for row in await requests(owner, ana)] == ["cancelled"]


async def test_an_account_that_supabase_auth_deleted_softly_waits_too_and_is_not_opened(
    ana: Viewer, owner: asyncpg.Connection
) -> None:
    await owner.execute("update auth.users set deleted_at = now() where id = $1", ana.user_id)

    assert [row["status"] for row in await requests(owner, ana)] == ["requested"]
    with pytest.raises(asyncpg.PostgresError) as refused:
        await owner.execute("select private.cancel_erasure($1)", ana.user_id)
    assert refused.value.sqlstate == "CA409"


async def test_whoever_is_not_closed_cannot_be_opened(
    ana: Viewer, owner: asyncpg.Connection
) -> None:
    for person in (ana.user_id, UUID(int=7)):
        with pytest.raises(asyncpg.PostgresError) as refused:
            await owner.execute("select private.cancel_erasure($1)", person)
        assert refused.value.sqlstate == "CA404"


@pytest.mark.parametrize(("days", "grace"), [("7", 7), ("0", 0), ("400", 30), ("-1", 0), ("", 30)])
async def test_the_days_of_grace_are_a_setting_and_a_month_at_most(
    days: str, grace: int, owner: asyncpg.Connection
) -> None:
    async with owner.transaction():
        await owner.execute("select set_config('cairn.erasure_grace_days', $1, true)", days)

        found = await owner.fetchval("select private.erasure_grace()")

    assert found == timedelta(days=grace)


async def test_when_the_days_are_over_the_worker_begins_and_nobody_takes_it_back(
    ana: Viewer, new_user: NewUser, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    ben = await new_user("Ben")
    for viewer in (ana, ben):
        await close(as_user, viewer)
    await owner.execute(
        "update public.erasure_requests set created_at = now() - interval '30 days', "
        "due_at = now() where user_id = $1",
        ana.user_id,
    )

    async with as_user(role="cairn_server") as connection:
        begun = await connection.fetchval("select private.queue_due_erasures()")
        again = await connection.fetchval("select private.queue_due_erasures()")

    assert ana.user_id is not None
    assert ben.user_id is not None
    receipt = await receipt_of(owner, ana.user_id)
    assert (begun, again) == (1, 0)
    assert [row["status"] for row in await requests(owner, ana)] == ["due"]
    assert [row["status"] for row in await requests(owner, ben)] == ["requested"]
    assert receipt is not None
    assert (receipt["state"], receipt["cause"], receipt["erased_at"]) == ("queued", "request", None)
    assert receipt["requested_at"] == (await requests(owner, ana))[0]["created_at"]
    assert (await jobs_of(owner, ana.user_id), await jobs_of(owner, ben.user_id)) == (
        ["database"],
        [],
    )
    with pytest.raises(asyncpg.PostgresError) as refused:
        await owner.execute("select private.cancel_erasure($1)", ana.user_id)
    assert refused.value.sqlstate == "CA409"


async def test_the_worker_erases_who_is_due_and_nobody_else(
    ana: Viewer, new_user: NewUser, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    ben = await new_user("Ben")
    for viewer in (ana, ben):
        await close(as_user, viewer)
    await owner.execute(
        "update public.erasure_requests set created_at = now() - interval '30 days', "
        "due_at = now() where user_id = $1",
        ana.user_id,
    )

    erased = 0
    while True:  # others who are due here may come first
        async with as_user(role="cairn_server") as connection:
            done = await connection.fetchval("select private.erase_next()")
        if not done:
            break
        erased += done

    assert ana.user_id is not None
    left = await owner.fetch(
        "select id from auth.users where id = any ($1)", [ana.user_id, ben.user_id]
    )
    receipt = await receipt_of(owner, ana.user_id)
    assert erased >= 1
    assert [row["id"] for row in left] == [ben.user_id]
    assert receipt is not None
    assert receipt["erased_at"] is not None
    assert await jobs_of(owner, ana.user_id) == ["redis_user", "storage_prefix"]


@pytest.mark.parametrize(
    ("before", "wanted"), [("cancelled", "requested"), ("cancelled", "due"), ("due", "requested")]
)
async def test_a_request_that_was_decided_stays_so(
    before: str, wanted: str, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    change = (
        "update public.erasure_requests set status = $2::text::public.erasure_status where id = $1"
    )
    request = (await close(as_user, ana))["id"]
    await owner.execute(change, request, before)

    with pytest.raises(asyncpg.PostgresError) as refused:
        await owner.execute(change, request, wanted)

    assert refused.value.sqlstate == "CA409"


async def test_a_request_is_not_due_before_it_is_made(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    request = await close(as_user, ana)

    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await owner.execute(
            "update public.erasure_requests set due_at = created_at - interval '1 day' "
            "where id = $1",
            request["id"],
        )

    assert refused.value.constraint_name == "erasure_requests_are_not_due_before_they_are_made"


async def test_when_to_look_again_is_when_the_next_one_is_due(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    await owner.execute("update public.erasure_requests set due_at = due_at + interval '1 year'")
    await owner.execute("update private.erasure_jobs set run_at = now() + interval '1 year'")
    request = await close(as_user, ana)

    async with as_user(role="cairn_server") as connection:
        found = await connection.fetchval("select private.next_erasure_job_at()")

    assert found == request["due_at"]
