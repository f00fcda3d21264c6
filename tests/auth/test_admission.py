"""The door: signed-out sessions, denied people, and what happens when nobody can tell."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import uuid4

import asyncpg
import pytest
from pydantic import SecretStr
from redis.asyncio import Redis
from structlog.testing import capture_logs

from graphql_api import ear
from graphql_api.admission import Admission, denials, door
from graphql_api.auth import ANONYMOUS, Viewer
from graphql_api.errors import NotFound, Unauthenticated, Unavailable
from graphql_api.session import Database
from graphql_api.settings import Settings
from tests.auth.signing import Clock
from tests.fixtures.people import NewUser, insert_auth_user, viewer_of
from tests.fixtures.servers import FreshCluster, FreshRedis


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    database = await Database.connect(settings)
    yield database
    await database.close()


@pytest.fixture
async def redis(settings: Settings) -> AsyncIterator[Redis]:
    async with Redis.from_url(settings.redis_url.get_secret_value()) as client:
        yield client


@pytest.fixture
async def ana(new_user: NewUser) -> Viewer:
    return signed_in(await new_user("Ana"))


def signed_in(viewer: Viewer, *, seconds_ago: int = 5) -> Viewer:
    """The viewer of a token that was issued a moment ago."""
    now = int(time.time())
    return replace(viewer, issued_at=now - seconds_ago, expires_at=now + 3600)


@asynccontextmanager
async def started(database: Database, redis: Redis | None = None) -> AsyncIterator[Admission]:
    admission = Admission(database, redis)
    await admission.start()
    try:
        yield admission
    finally:
        await admission.stop()


async def enter(admission: Admission, viewer: Viewer) -> None:
    await admission.admit(viewer, user_agent="Phone/1", ip="203.0.113.7")


async def is_refused(admission: Admission, viewer: Viewer) -> bool:
    try:
        await enter(admission, viewer)
    except Unauthenticated:
        return True
    return False


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what another task brings about."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - what is waited for happens in another library
            await asyncio.sleep(0.005)


async def deny(owner: asyncpg.Connection, viewer: Viewer) -> None:
    await owner.execute("select private.deny_user($1, 'a test')", viewer.user_id)


# Coming in -----------------------------------------------------------------------------------


# NU-099: the state of a sign-in.
async def test_a_first_visit_is_written_down(
    database: Database, ana: Viewer, owner: asyncpg.Connection
) -> None:
    async with started(database) as admission:
        await enter(admission, ana)

    row = await owner.fetchrow("select * from public.user_sessions where id = $1", ana.session_id)
    assert row is not None
    assert row["user_id"] == ana.user_id
    assert row["user_agent"] == "Phone/1"
    assert str(row["ip_address"]) == "203.0.113.7"
    assert int(row["expires_at"].timestamp()) == ana.expires_at


async def test_the_next_visit_asks_postgres_for_nothing(database: Database, ana: Viewer) -> None:
    async with started(database) as admission:
        await enter(admission, ana)
        await admission.stop()
        await database.close()

        await enter(admission, ana)


async def test_after_a_minute_postgres_is_asked_again(
    database: Database, ana: Viewer, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "KNOWN_SECONDS", 0.0)
    async with started(database) as admission:
        await enter(admission, ana)
        # Ended by hand in the dashboard, which tells nobody.
        await owner.execute(
            "update public.user_sessions set ended_at = now(),"
            " last_activity_at = now() - interval '1 hour' where id = $1",
            ana.session_id,
        )

        assert await is_refused(admission, ana)


async def test_a_session_of_somebody_else_is_refused(
    database: Database, ana: Viewer, new_user: NewUser
) -> None:
    thief = replace(signed_in(await new_user("Ben")), session_id=ana.session_id)
    async with started(database) as admission:
        await enter(admission, ana)

        assert await is_refused(admission, thief)
        assert not await is_refused(admission, ana)


async def test_anonymous_needs_no_admission(database: Database) -> None:
    admission = Admission(database, None)
    await database.close()

    await enter(admission, ANONYMOUS)


async def test_a_token_without_a_session_enters_while_its_user_may(
    database: Database, ana: Viewer, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "KNOWN_SECONDS", 0.0)
    bare = replace(ana, session_id=None)
    async with started(database) as admission:
        await enter(admission, bare)
        await owner.execute("update public.users set is_active = false where id = $1", ana.user_id)

        later = replace(bare, issued_at=int(time.time()) + 60)
        assert await is_refused(admission, later)


async def test_a_user_who_does_not_exist_is_refused(database: Database) -> None:
    async with started(database) as admission:
        for viewer in (viewer_of(uuid4()), replace(viewer_of(uuid4()), session_id=None)):
            assert await is_refused(admission, signed_in(viewer))


@pytest.mark.parametrize(
    ("user_agent", "ip"), [(None, None), ("x" * 10_000, "not an address"), ("a\x00b\n", "::1")]
)
async def test_odd_headers_do_no_harm(
    database: Database, ana: Viewer, user_agent: str | None, ip: str | None
) -> None:
    async with started(database) as admission:
        await admission.admit(ana, user_agent=user_agent, ip=ip)


async def test_only_so_many_sessions_are_remembered(
    database: Database, new_user: NewUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "MAX_KNOWN", 2)
    async with started(database) as admission:
        for _ in range(4):
            await enter(admission, signed_in(await new_user()))

        assert len(admission._known) == 2


# Going out -----------------------------------------------------------------------------------


async def test_a_session_that_was_ended_is_refused_at_once(
    database: Database, ana: Viewer, owner: asyncpg.Connection
) -> None:
    assert ana.session_id is not None
    async with started(database) as admission:
        await enter(admission, ana)

        await admission.end_session(ana, ana.session_id)

        assert await is_refused(admission, ana)
        assert admission.denials.has(ana)
        # A fresh token of the same session is no way around it.
        assert await is_refused(admission, signed_in(ana, seconds_ago=-1))
        other_device = replace(ana, session_id=uuid4())
        assert not await is_refused(admission, other_device)
    assert await owner.fetchval(
        "select ended_at is not null from public.user_sessions where id = $1", ana.session_id
    )


async def test_a_session_that_is_ended_while_postgres_answers_is_refused(
    database: Database, ana: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ana.session_id is not None
    session_id = ana.session_id
    async with started(database) as admission:
        ask = admission._ask

        async def answer_late(viewer: Viewer, user_agent: str | None, ip: str | None) -> bool:
            admitted = await ask(viewer, user_agent, ip)
            await admission.end_session(viewer, session_id)
            return admitted

        monkeypatch.setattr(admission, "_ask", answer_late)

        assert await is_refused(admission, ana)


async def test_nobody_ends_the_session_of_another(
    database: Database, ana: Viewer, new_user: NewUser, owner: asyncpg.Connection
) -> None:
    assert ana.session_id is not None
    ben = signed_in(await new_user("Ben"))
    async with started(database) as admission:
        await enter(admission, ana)
        assert await owner.fetchval(
            "select true from public.user_sessions where id = $1", ana.session_id
        )

        with pytest.raises(NotFound):
            await admission.end_session(ben, ana.session_id)
        with pytest.raises(NotFound):
            await admission.end_session(ben, uuid4())

        assert not await is_refused(admission, ana)


async def test_another_process_hears_of_it_from_redis(
    database: Database, redis: Redis, ana: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ana.session_id is not None
    monkeypatch.setattr(denials, "POLL_SECONDS", 3600.0)
    monkeypatch.setattr(denials, "STALE_SECONDS", 3600.0)
    async with started(database, redis) as here, started(database, redis) as there:
        await enter(there, ana)
        await until(lambda: there.denials.hears_hints and here.denials.hears_hints)

        await here.end_session(ana, ana.session_id)

        await until(lambda: there.denials.has(ana))
        assert await is_refused(there, ana)


async def test_without_redis_another_process_hears_of_it_from_its_poll(
    database: Database, fresh_redis: FreshRedis, ana: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ana.session_id is not None
    monkeypatch.setattr(denials, "POLL_SECONDS", 0.05)
    async with (
        Redis.from_url(fresh_redis.url) as redis,
        started(database, redis) as here,
        started(database, redis) as there,
    ):
        await enter(there, ana)
        await until(lambda: there.denials.hears_hints and here.denials.hears_hints)
        fresh_redis.kill()

        await here.end_session(ana, ana.session_id)

        await until(lambda: there.denials.has(ana))


async def test_hints_are_heard_again_after_redis_was_killed(
    database: Database, fresh_redis: FreshRedis, ana: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ana.session_id is not None
    monkeypatch.setattr(denials, "POLL_SECONDS", 3600.0)
    monkeypatch.setattr(denials, "STALE_SECONDS", 3600.0)
    monkeypatch.setattr(ear, "RETRY_SECONDS", 0.02)
    async with (
        Redis.from_url(fresh_redis.url) as redis,
        started(database, redis) as here,
        started(database, redis) as there,
    ):
        await enter(there, ana)
        await until(lambda: there.denials.hears_hints)
        fresh_redis.kill()
        await until(lambda: not there.denials.hears_hints)
        fresh_redis.start()
        await until(lambda: there.denials.hears_hints and here.denials.hears_hints)

        await here.end_session(ana, ana.session_id)

        await until(lambda: there.denials.has(ana))


async def test_stopping_at_any_moment_of_connecting_to_redis_ends_everything(
    database: Database, redis: Redis
) -> None:
    for moments in range(40):
        before = asyncio.all_tasks()
        admission = Admission(database, redis)
        await admission.start()
        for _ in range(moments):
            await asyncio.sleep(0)

        async with asyncio.timeout(5):
            await admission.stop()

        assert {task.get_name() for task in asyncio.all_tasks() - before} == set()


async def test_a_stalled_redis_holds_nobody_up(
    database: Database, fresh_redis: FreshRedis, ana: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ana.session_id is not None
    monkeypatch.setattr(denials, "REDIS_SECONDS", 0.05)
    async with Redis.from_url(fresh_redis.url) as redis, started(database, redis) as admission:
        await until(lambda: admission.denials.hears_hints)
        fresh_redis.stall()

        async with asyncio.timeout(2):
            await enter(admission, ana)
            await admission.end_session(ana, ana.session_id)

        assert await is_refused(admission, ana)
        fresh_redis.resume()


# Denied people -------------------------------------------------------------------------------


async def test_tokens_from_before_a_denial_are_refused_and_later_ones_are_not(
    database: Database, ana: Viewer, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(denials, "POLL_SECONDS", 0.02)
    async with started(database) as admission:
        await enter(admission, ana)

        await deny(owner, ana)
        await until(lambda: admission.denials.has(ana))

        assert await is_refused(admission, ana)
        assert await is_refused(admission, replace(ana, issued_at=None))
        signed_in_again = replace(signed_in(ana, seconds_ago=-1), session_id=uuid4())
        assert not await is_refused(admission, signed_in_again)


async def test_a_refreshed_token_of_a_session_from_before_a_denial_is_refused(
    database: Database, ana: Viewer, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(denials, "POLL_SECONDS", 0.02)
    async with started(database) as admission:
        await enter(admission, ana)

        await deny(owner, ana)
        await until(lambda: admission.denials.has(ana))

        assert await is_refused(admission, signed_in(ana, seconds_ago=-1))


async def test_somebody_elses_denial_is_not_hers(
    database: Database,
    ana: Viewer,
    new_user: NewUser,
    owner: asyncpg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(denials, "POLL_SECONDS", 0.02)
    ben = signed_in(await new_user("Ben"))
    async with started(database) as admission:
        await enter(admission, ana)

        await deny(owner, ben)
        await until(lambda: admission.denials.has(ben))

        assert not await is_refused(admission, ana)


async def test_a_denial_from_before_this_process_is_known_from_the_start(
    database: Database, ana: Viewer, owner: asyncpg.Connection
) -> None:
    await deny(owner, ana)

    async with started(database) as admission:
        assert admission.denials.has(ana)


async def test_a_denial_is_forgotten_when_no_token_can_be_left(
    database: Database, ana: Viewer, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    await deny(owner, ana)
    async with started(database) as admission:
        assert admission.denials.has(ana)

        monkeypatch.setattr(time, "time", lambda: 5e9)
        admission.denials._forget_expired()

        assert len(admission.denials) == 0


# When nobody can tell ------------------------------------------------------------------------


async def test_an_old_copy_asks_the_table_at_each_request(
    database: Database, ana: Viewer, owner: asyncpg.Connection
) -> None:
    clock = Clock()
    admission = Admission(database, None, clock=clock)
    await enter(admission, ana)
    await deny(owner, ana)
    assert not await is_refused(admission, ana)  # the copy is fresh, and no poll runs here

    clock.now += denials.STALE_SECONDS

    assert await is_refused(admission, ana)


async def test_requests_that_wait_together_ask_the_table_together(
    database: Database, ana: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    admission = Admission(database, None)
    await enter(admission, ana)
    asked = 0
    poll = admission.denials._poll

    async def counted() -> None:
        nonlocal asked
        asked += 1
        await poll()

    monkeypatch.setattr(admission.denials, "_poll", counted)
    monkeypatch.setattr(denials, "STALE_SECONDS", 0.0)

    await asyncio.gather(*(enter(admission, ana) for _ in range(20)))

    assert 1 <= asked <= 3


async def test_a_fault_of_any_kind_ends_no_poll(
    database: Database,
    ana: Viewer,
    new_user: NewUser,
    owner: asyncpg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(denials, "POLL_SECONDS", 0.01)
    ben = signed_in(await new_user("Ben"))
    faults = [TypeError("a fault of ours")]

    def fail_once() -> None:
        if faults:
            raise faults.pop()

    async with started(database) as admission:
        admission.denials.on_denied = fail_once
        with capture_logs() as logs:
            await deny(owner, ana)
            await until(lambda: not faults)
            await deny(owner, ben)
            await until(lambda: admission.denials.has(ben))

    assert logs[0]["event"] == "the deny list cannot be read"
    assert "a fault of ours" not in str(logs)


async def test_without_postgres_nobody_with_a_token_is_let_in_until_it_is_back(
    fresh_cluster: FreshCluster, settings: Settings
) -> None:
    viewer = signed_in(viewer_of(uuid4()))
    assert viewer.user_id is not None
    connection = await fresh_cluster.connect()
    await insert_auth_user(connection, viewer.user_id, "Ana")
    await connection.close()
    database = await Database.connect(
        settings.model_copy(update={"supabase_database_url": SecretStr(fresh_cluster.urls.api)})
    )
    clock = Clock()
    admission = Admission(database, None, clock=clock)
    await enter(admission, viewer)

    fresh_cluster.kill()
    clock.now += denials.STALE_SECONDS - 1
    await enter(admission, viewer)  # what is known is fresh enough

    clock.now += 1
    with pytest.raises(Unavailable) as refused:
        await enter(admission, viewer)
    assert refused.value.retry_after_seconds is not None
    await enter(admission, ANONYMOUS)

    fresh_cluster.start()
    await enter(admission, viewer)
    await database.close()
