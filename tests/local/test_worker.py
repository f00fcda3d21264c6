"""The worker: duties that nobody asks for, done as the server and as nobody in particular."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import pytest

from graphql_api.companion.scripted import ScriptedCompanion
from graphql_api.live import Hints
from graphql_api.local.stack import Urls
from graphql_api.session import Database
from graphql_api.settings import Settings
from graphql_api.worker import DUTIES, Duty, perform, work
from tests.fixtures.people import NewUser

SYNCS, DENIALS, KEYS, EVENTS, USAGE = DUTIES[:5]


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    database = await Database.connect(settings)
    yield database
    await database.close()


@pytest.mark.parametrize("duty", DUTIES, ids=lambda duty: duty.name)
async def test_the_server_may_do_each_duty(duty: Duty, database: Database) -> None:
    assert await perform(database, duty) >= 0


async def test_a_person_whose_sign_up_was_not_followed_is_tried_again(
    database: Database, owner: asyncpg.Connection, superuser: asyncpg.Connection, new_user: NewUser
) -> None:
    viewer = await new_user("Clara")
    await superuser.execute("delete from public.users where id = $1", viewer.user_id)
    await superuser.execute(
        "insert into private.user_sync_logs (user_id, sync_type, source, success, error_message) "
        "values ($1, 'insert', 'test', false, 'lost')",
        viewer.user_id,
    )

    done = await perform(database, SYNCS)

    assert done >= 1
    assert await owner.fetchval("select full_name from public.users where id = $1", viewer.user_id)


async def test_denials_that_no_token_can_meet_any_more_are_forgotten(
    database: Database, superuser: asyncpg.Connection, new_user: NewUser
) -> None:
    viewer = await new_user("Clara")
    await superuser.execute(
        "insert into private.denials (kind, subject, reason, denied_at, expires_at) "
        "values ('session', $1, 'test', now() - interval '2 days', now() - interval '1 day')",
        viewer.user_id,
    )

    done = await perform(database, DENIALS)

    assert done >= 1
    assert not await superuser.fetchval(
        "select exists (select from private.denials where subject = $1)", viewer.user_id
    )


async def test_idempotency_keys_that_nobody_repeats_any_more_are_forgotten(
    database: Database, superuser: asyncpg.Connection, new_user: NewUser
) -> None:
    viewer = await new_user("Clara")
    await superuser.execute(
        "insert into private.idempotency_keys"
        " (user_id, key, verb, request_hash, entity_id, created_at)"
        " select $1, key, 'test', '', gen_random_uuid(), now() - age"
        " from (values ('old', interval '31 days'), ('young', interval '29 days')) as k (key, age)",
        viewer.user_id,
    )

    done = await perform(database, KEYS)

    kept = await superuser.fetch(
        "select key from private.idempotency_keys where user_id = $1", viewer.user_id
    )
    assert done == 1
    assert [row["key"] for row in kept] == ["young"]


async def test_events_of_more_than_a_week_are_forgotten(
    database: Database, superuser: asyncpg.Connection, new_user: NewUser
) -> None:
    viewer = await new_user("Clara")
    await superuser.execute(
        "insert into public.live_events"
        " (user_id, seq, table_name, row_id, operation, created_at)"
        " select $1, number, 'messages', gen_random_uuid(), 'insert', now() - age"
        " from (values (1, interval '8 days'), (2, interval '6 days')) as e (number, age)",
        viewer.user_id,
    )

    await perform(database, EVENTS)

    kept = await superuser.fetch(
        "select seq from public.live_events where user_id = $1", viewer.user_id
    )
    assert [row["seq"] for row in kept] == [2]


async def test_what_was_used_of_a_model_long_ago_is_forgotten(
    database: Database, superuser: asyncpg.Connection, new_user: NewUser
) -> None:
    viewer = await new_user("Clara")
    await superuser.execute(
        "insert into private.model_usage (user_id, hour, tokens)"
        " select $1, date_trunc('hour', now()) - age, 7"
        " from (values (interval '33 days'), (interval '31 days')) as u (age)",
        viewer.user_id,
    )

    await perform(database, USAGE)

    kept = "select count(*) from private.model_usage where user_id = $1"
    assert await superuser.fetchval(kept, viewer.user_id) == 1


async def test_a_duty_that_fails_is_told_and_the_others_go_on(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = await Database.connect(settings)
    second_time = asyncio.Event()
    told: list[str] = []

    def tell(event: str, **facts: object) -> None:
        told.append(f"{event}: {facts['duty']}")
        if len(told) == 2:
            second_time.set()

    monkeypatch.setattr("graphql_api.worker.log.warning", tell)
    working = asyncio.create_task(
        work(
            database,
            ScriptedCompanion(),
            Hints(None),
            settings,
            duties=[Duty("fail", timedelta(milliseconds=1), "select 1/0"), *DUTIES],
        )
    )
    async with asyncio.timeout(10):
        await second_time.wait()
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    await database.close()

    assert told == ["duty failed: fail", "duty failed: fail"]


async def test_a_duty_with_more_to_do_does_not_wait_for_its_turn(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graphql_api.worker.FULL_SECONDS", 0.001)
    database = await Database.connect(settings)
    counts, ended = iter((10_000, 10_000, 9_999)), asyncio.Event()
    performed: list[int] = []

    async def count(_database: Database, _duty: Duty) -> int:
        performed.append(next(counts))
        if performed[-1] < 10_000:
            ended.set()
        return performed[-1]

    monkeypatch.setattr("graphql_api.worker.perform", count)
    duty = Duty("sweep", timedelta(hours=1), "select 0")
    working = asyncio.create_task(
        work(database, ScriptedCompanion(), Hints(None), settings, duties=[duty])
    )
    async with asyncio.timeout(10):
        await ended.wait()
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    await database.close()

    assert performed == [10_000, 10_000, 9_999]


def test_it_refuses_a_login_that_row_level_security_does_not_bind(database_urls: Urls) -> None:
    ran = worker(database_urls.superuser)
    _, errors = ran.communicate(timeout=30)

    assert ran.returncode == 1
    assert "is a superuser" in errors
    assert "Traceback" not in errors


def test_it_stops_in_good_order(database_urls: Urls) -> None:
    ran = worker(database_urls.api)
    assert ran.stdout is not None
    assert "worker ready" in ran.stdout.readline()

    ran.send_signal(signal.SIGTERM)
    output, errors = ran.communicate(timeout=30)

    assert ran.returncode == 0
    assert "worker stopped" in output
    assert errors == ""


def worker(url: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "graphql_api", "worker"],
        env={
            **os.environ,
            "SUPABASE_DATABASE_URL": url,
            "REDIS_URL": "redis://127.0.0.1:9/0",
            "CHAT_MODEL": "none",
            "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
