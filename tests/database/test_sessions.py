"""Who may enter, who is turned away, and how every server learns of it (D17)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from graphql_api.auth import ANONYMOUS, Viewer
from tests.fixtures.people import AsUser

ADMIT = (
    "select private.admit_session($1, now() + interval '1 hour', 'api', 'Firefox', "
    "'203.0.113.7', $2)"
)
END = "select * from private.end_session($1)"


async def admit(
    as_user: AsUser, viewer: Viewer, issued_at: datetime | None = None, session: UUID | None = None
) -> bool:
    async with as_user(viewer, "cairn_server") as connection:
        admitted: bool = await connection.fetchval(
            ADMIT, session or viewer.session_id, issued_at or datetime.now(UTC)
        )
    return admitted


async def denials(owner: asyncpg.Connection, subject: UUID | None) -> list[tuple[str, str]]:
    rows = await owner.fetch(
        "select kind, reason from private.denials where subject = $1 order by id", subject
    )
    return [tuple(row) for row in rows]


async def test_a_new_session_is_let_in_and_written_down(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """NU-046, NU-047."""
    assert await admit(as_user, ana)

    found = await owner.fetchrow("select * from public.user_sessions where id = $1", ana.session_id)
    assert found["user_id"] == ana.user_id
    assert (found["service_type"], found["user_agent"]) == ("api", "Firefox")
    assert str(found["ip_address"]) == "203.0.113.7"
    assert (found["is_active"], found["ended_at"]) == (True, None)


async def test_her_activity_is_kept_to_the_minute(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    async def version() -> str:
        return str(
            await owner.fetchval(
                "select xmin::text || last_activity_at from public.user_sessions where id = $1",
                ana.session_id,
            )
        )

    await admit(as_user, ana)
    first = await version()
    # The token is the same: its end is not later than what is known.
    async with as_user(ana, "cairn_server") as connection:
        assert await connection.fetchval(
            "select private.admit_session($1, now(), 'api', null, null, now())", ana.session_id
        )
    at_once = await version()
    await owner.execute(
        "update public.user_sessions set last_activity_at = now() - interval '2 minutes' "
        "where id = $1",
        ana.session_id,
    )
    await owner.execute("update public.users set last_active_at = null where id = $1", ana.user_id)
    assert await admit(as_user, ana)

    found = await owner.fetchrow(
        "select s.last_activity_at > now() - interval '1 minute' as fresh, u.last_active_at "
        "from public.user_sessions s join public.users u on u.id = s.user_id where s.id = $1",
        ana.session_id,
    )
    assert first == at_once
    assert found["fresh"]
    assert found["last_active_at"] is not None


async def test_a_signed_out_session_never_enters_again(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    await admit(as_user, ana)

    async with as_user(ana, "cairn_server") as connection:
        ended = await connection.fetchrow(END, ana.session_id)
    async with as_user(ana, "cairn_server") as connection:
        again = await connection.fetchrow(END, ana.session_id)

    # A fresh token of the same session is no better.
    later = datetime.now(UTC) + timedelta(hours=1)
    assert (ended["is_active"], again["ended_at"]) == (False, ended["ended_at"])
    assert await admit(as_user, ana, later) is False
    assert await admit(as_user, ana, later, session=uuid4()) is True
    assert await denials(owner, ana.session_id) == [("session", "signed out")]


async def test_a_session_that_never_was_cannot_be_ended(ana: Viewer, as_user: AsUser) -> None:
    with pytest.raises(asyncpg.PostgresError) as refused:
        async with as_user(ana, "cairn_server") as connection:
            await connection.execute(END, uuid4())

    assert refused.value.sqlstate == "CA404"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("update public.users set is_active = false where id = $1", "account locked"),
        ("update public.users set deleted_at = now() where id = $1", "account closed"),
        ("update auth.users set banned_until = now() + interval '1 day' where id = $1", "banned"),
        ("update auth.users set deleted_at = now() where id = $1", "account closed"),
        ("delete from auth.users where id = $1", "account deleted"),
    ],
)
async def test_who_is_locked_banned_closed_or_erased_stays_out_at_once(
    change: str, reason: str, ana: Viewer, as_user: AsUser, superuser: asyncpg.Connection
) -> None:
    assert await admit(as_user, ana)

    await superuser.execute(change, ana.user_id)

    later = datetime.now(UTC) + timedelta(hours=1)
    assert await admit(as_user, ana, later) is False
    assert await admit(as_user, ana, later, session=uuid4()) is False
    assert await denials(superuser, ana.user_id) == [("user", reason)]


async def test_a_ban_that_is_over_and_a_lock_that_is_lifted_let_her_in_with_a_new_token(
    ana: Viewer, as_user: AsUser, superuser: asyncpg.Connection
) -> None:
    await superuser.execute(
        "update auth.users set banned_until = now() - interval '1 second' where id = $1",
        ana.user_id,
    )
    for active in (False, True):
        await superuser.execute(
            "update public.users set is_active = $2 where id = $1", ana.user_id, active
        )
    moment = await superuser.fetchval(
        "select denied_at from private.denials where subject = $1", ana.user_id
    )

    assert await admit(as_user, ana, moment - timedelta(seconds=1)) is False
    assert await admit(as_user, ana, moment + timedelta(seconds=1)) is True


async def test_signing_her_out_everywhere_ends_her_sessions_and_earlier_tokens(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    await admit(as_user, ana)

    await owner.execute("select private.deny_user($1, 'lost her phone')", ana.user_id)

    now = datetime.now(UTC)
    assert await admit(as_user, ana, now + timedelta(seconds=2)) is False
    assert await admit(as_user, ana, now - timedelta(hours=1), session=uuid4()) is False
    assert await admit(as_user, ana, now + timedelta(seconds=2), session=uuid4()) is True


async def test_signing_her_out_everywhere_outlives_the_list_that_servers_read(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """A refresh token of an agent's may live for 400 days, the list for seven (D17)."""
    await owner.execute("select private.deny_user($1, 'lost her phone')", ana.user_id)
    await owner.execute(
        "update private.denials set denied_at = now() - interval '30 days', "
        "expires_at = now() - interval '23 days' where subject = $1",
        ana.user_id,
    )

    await owner.execute("select private.sweep_denials()")

    now = datetime.now(UTC)
    assert await admit(as_user, ana, now - timedelta(days=31), session=uuid4()) is False
    assert await admit(as_user, ana, now - timedelta(days=29), session=uuid4()) is True


async def test_a_token_that_does_not_say_when_it_was_issued_counts_as_earlier(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    await owner.execute("select private.deny_user($1, 'lost her phone')", ana.user_id)

    async with as_user(ana, "cairn_server") as connection:
        admitted = await connection.fetchval(ADMIT, uuid4(), None)

    assert admitted is False


async def test_without_a_caller_or_a_session_nobody_is_let_in(ana: Viewer, as_user: AsUser) -> None:
    async with as_user(ANONYMOUS, "cairn_server") as connection:
        nobody = await connection.fetchval(ADMIT, uuid4(), None)
    async with as_user(ana, "cairn_server") as connection:
        nowhere = await connection.fetchval(ADMIT, None, None)

    assert (nobody, nowhere) == (False, False)


async def test_who_has_no_row_yet_gets_it_at_the_door(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """NU-045: the trigger on auth.users failed, and the job has not run."""
    await owner.execute("delete from public.users where id = $1", ana.user_id)

    assert await admit(as_user, ana)

    assert await owner.fetchval("select true from public.users where id = $1", ana.user_id)


async def test_a_denial_that_commits_late_is_not_missed(
    owner: asyncpg.Connection, superuser: asyncpg.Connection, as_user: AsUser
) -> None:
    early, late = uuid4(), uuid4()
    seen = await owner.fetchval("select coalesce(max(seq), 0) from private.denials")

    async def news(after: int) -> list[tuple[int, UUID]]:
        async with as_user(ANONYMOUS, "cairn_server") as connection:
            rows = await connection.fetch(
                "select seq, subject from private.denials_after($1)", after
            )
        return [(row["seq"], row["subject"]) for row in rows]

    async with superuser.transaction():
        await superuser.execute("select private.deny('user', $1, 'slow')", late)
        await owner.execute("select private.deny('user', $1, 'quick')", early)
        first = await news(seen)

    second = await news(first[-1][0])
    assert [subject for _, subject in first] == [early]
    assert [subject for _, subject in second] == [late]


async def test_denials_have_the_numbers_of_their_commits_without_gap(
    owner: asyncpg.Connection, as_user: AsUser, ana: Viewer
) -> None:
    seen = await owner.fetchval("select coalesce(max(seq), 0) from private.denials")
    sessions = [uuid4() for _ in range(10)]
    for session in sessions:
        assert await admit(as_user, ana, session=session)

    async def end(session: UUID) -> None:
        async with as_user(ana, "cairn_server") as connection:
            await connection.execute(END, session)

    await asyncio.gather(*(end(session) for session in sessions))

    rows = await owner.fetch("select seq, subject from private.denials_after($1)", seen)
    assert [row["seq"] for row in rows] == list(range(seen + 1, seen + 11))
    assert {row["subject"] for row in rows} == set(sessions)


async def test_only_expired_denials_are_swept(owner: asyncpg.Connection, as_user: AsUser) -> None:
    current, expired = uuid4(), uuid4()
    for subject in (current, expired):
        await owner.execute("select private.deny('user', $1, 'x')", subject)
    await owner.execute(
        "update private.denials set expires_at = now() - interval '1 second' where subject = $1",
        expired,
    )

    unread = await owner.fetch("select subject from private.denials_after(0)")
    async with as_user(ANONYMOUS, "cairn_server") as connection:
        swept = await connection.fetchval("select private.sweep_denials()")

    assert expired not in {row["subject"] for row in unread}
    assert swept == 1
    assert await denials(owner, current) == [("user", "x")]
    assert await denials(owner, expired) == []


async def test_she_lists_her_own_devices(ana: Viewer, as_user: AsUser) -> None:
    """NU-047."""
    await admit(as_user, ana)

    async with as_user(ana) as connection:
        rows = await connection.fetch("select id, user_agent from public.user_sessions")

    assert [tuple(row) for row in rows] == [(ana.session_id, "Firefox")]
