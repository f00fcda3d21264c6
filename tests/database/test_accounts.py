"""A person's row follows Supabase Auth, which never has to wait or fail for it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.fixtures.people import AsUser, NewUser

SIGN_UP = """
insert into auth.users (id, email, phone, raw_user_meta_data, is_sso_user, is_anonymous, created_at)
values ($1, $2, $3, $4::jsonb, $5, $6, now())
"""


@pytest.fixture
async def auth(superuser: asyncpg.Connection) -> AsyncIterator[asyncpg.Connection]:
    """A connection as Supabase Auth has it, in a transaction that is rolled back."""
    transaction = superuser.transaction()
    await transaction.start()
    await superuser.execute("set local role supabase_auth_admin")
    yield superuser
    await transaction.rollback()


async def sign_up(
    auth: asyncpg.Connection,
    email: str | None = None,
    *,
    phone: str | None = None,
    told: object = None,
    sso: bool = False,
    anonymous: bool = False,
) -> UUID:
    user_id = uuid4()
    await auth.execute(SIGN_UP, user_id, email, phone, json.dumps(told or {}), sso, anonymous)
    return user_id


async def as_admin(auth: asyncpg.Connection, sql: str, *arguments: object) -> list[asyncpg.Record]:
    """Look, or change something, as the superuser, and be Supabase Auth again."""
    await auth.execute("set local role supabase_admin")
    rows: list[asyncpg.Record] = await auth.fetch(sql, *arguments)
    await auth.execute("set local role supabase_auth_admin")
    return rows


async def person(auth: asyncpg.Connection, user_id: UUID) -> asyncpg.Record | None:
    rows = await as_admin(auth, "select * from public.users where id = $1", user_id)
    return rows[0] if rows else None


async def logs(auth: asyncpg.Connection, user_id: UUID) -> list[asyncpg.Record]:
    return await as_admin(
        auth, "select * from private.user_sync_logs where user_id = $1 order by id", user_id
    )


async def test_signing_up_makes_the_persons_row(auth: asyncpg.Connection) -> None:
    """NU-043."""
    user_id = await sign_up(
        auth,
        "clara@example.com",
        told={
            "full_name": " Clara Ibsen ",
            "display_name": "Clara",
            "avatar_url": "https://cdn.example.com/clara.png",
        },
    )

    found = await person(auth, user_id)

    assert found is not None
    assert found["email"] == "clara@example.com"
    assert (found["full_name"], found["display_name"]) == ("Clara Ibsen", "Clara")
    assert found["avatar_url"] == "https://cdn.example.com/clara.png"
    assert (found["is_active"], found["xp"], found["deleted_at"]) == (True, 0, None)


async def test_people_without_an_address_sign_up_too(auth: asyncpg.Connection) -> None:
    by_phone = await person(auth, await sign_up(auth, "", phone="4915100000000"))
    nobody = await person(auth, await sign_up(auth, anonymous=True))

    assert by_phone is not None
    assert (by_phone["email"], by_phone["phone_number"]) == (None, "4915100000000")
    assert nobody is not None
    assert (nobody["email"], nobody["phone_number"]) == (None, None)


async def test_two_accounts_may_share_an_address_by_single_sign_on(
    auth: asyncpg.Connection,
) -> None:
    first = await sign_up(auth, "shared@example.com")
    second = await sign_up(auth, "shared@example.com", sso=True)

    found = [await person(auth, user_id) for user_id in (first, second)]

    assert [row and row["email"] for row in found] == ["shared@example.com"] * 2


@pytest.mark.parametrize(
    "told",
    [
        {"full_name": "x" * 5000, "display_name": "y" * 5000},
        {"full_name": {"first": "Clara"}, "display_name": 7, "avatar_url": ["https://x"]},
        {"avatar_url": "javascript:alert(1)", "full_name": "   "},
        {"avatar_url": "https://" + "x" * 5000},
        [],
        "Clara",
    ],
)
async def test_whatever_she_says_of_herself_signing_up_succeeds(
    told: object, auth: asyncpg.Connection
) -> None:
    user_id = await sign_up(auth, "clara@example.com", told=told)

    found = await person(auth, user_id)

    assert found is not None
    assert len(found["full_name"] or "") <= 200
    assert (found["avatar_url"] or "https://").startswith("https://")


async def test_a_new_address_follows_and_her_own_changes_stay(auth: asyncpg.Connection) -> None:
    """NU-042, NU-045."""
    user_id = await sign_up(auth, "clara@example.com", told={"full_name": "Clara Ibsen"})
    await as_admin(auth, "update public.users set full_name = 'C. I.' where id = $1", user_id)

    await auth.execute(
        "update auth.users set email = 'c@example.com', last_sign_in_at = now(), "
        """raw_user_meta_data = '{"full_name": "Other"}' where id = $1""",
        user_id,
    )

    found = await person(auth, user_id)
    assert found is not None
    assert (found["email"], found["full_name"]) == ("c@example.com", "C. I.")
    assert found["last_sign_in_at"] is not None


async def test_each_sync_is_logged_without_the_facts_themselves(auth: asyncpg.Connection) -> None:
    """NU-044, X-51."""
    user_id = await sign_up(auth, "clara@example.com")
    await auth.execute("update auth.users set last_sign_in_at = now() where id = $1", user_id)
    await auth.execute("update auth.users set email_confirmed_at = now() where id = $1", user_id)

    lines = await logs(auth, user_id)

    assert [(line["sync_type"], line["success"]) for line in lines] == [
        ("insert", True),
        ("update", True),
    ]
    assert json.loads(lines[1]["before_data"])["email_confirmed_at"] is False
    assert json.loads(lines[1]["after_data"])["email_confirmed_at"] is True
    assert "clara@example.com" not in str([dict(line) for line in lines])


async def test_a_failing_sync_stops_nobody_is_logged_and_repeated(
    auth: asyncpg.Connection,
) -> None:
    """NU-045."""
    await as_admin(auth, "alter table public.users add constraint planted check (false) not valid")
    user_id = await sign_up(auth, "clara@example.com")
    missing, lines = await person(auth, user_id), await logs(auth, user_id)
    await as_admin(auth, "alter table public.users drop constraint planted")

    await auth.execute("set local role cairn_server")
    repaired = await auth.fetchval("select private.repeat_failed_user_syncs()")

    found, log = await person(auth, user_id), await logs(auth, user_id)
    assert missing is None
    assert [(line["success"], line["error_message"].split()[0]) for line in lines] == [
        (False, "23514")
    ]
    assert "clara@example.com" not in lines[0]["error_message"]
    assert repaired == 1
    assert found is not None
    assert found["email"] == "clara@example.com"
    assert [(line["sync_type"], line["success"]) for line in log][1:] == [("repeat", True)]


async def test_the_sixty_parts_of_an_hour_compare_everybody_once(auth: asyncpg.Connection) -> None:
    """Also who is in no log, at both ends of each part."""
    ids = {
        UUID(f"{start:04x}{tail}")
        for part in range(60)
        for start, tail in (
            (part * 65536 // 60, "0000-0000-0000-0000-000000000000"),
            ((part + 1) * 65536 // 60 - 1, "ffff-ffff-ffff-ffff-ffffffffffff"),
        )
    }
    await as_admin(auth, "alter table auth.users disable trigger t900_cairn_follow")
    await as_admin(
        auth,
        "insert into auth.users (id, aud, role, created_at)"
        " select unnest($1::uuid[]), 'authenticated', 'authenticated', now()",
        list(ids),
    )

    repaired = [
        (await as_admin(auth, "select private.repeat_failed_user_syncs($1)", part))[0][0]
        for part in range(60)
    ]

    assert repaired == [2] * 60


async def test_a_log_that_cannot_be_written_stops_nobody_either(auth: asyncpg.Connection) -> None:
    await as_admin(auth, "alter table public.users add constraint planted check (false) not valid")
    await as_admin(
        auth, "alter table private.user_sync_logs add constraint planted check (false) not valid"
    )
    user_id = await sign_up(auth, "clara@example.com")
    missing, lines = await person(auth, user_id), await logs(auth, user_id)
    await as_admin(auth, "alter table public.users drop constraint planted")

    repaired = await as_admin(auth, "select private.repeat_failed_user_syncs()")

    assert (missing, lines) == (None, [])
    assert repaired[0][0] == 1
    assert await person(auth, user_id) is not None


async def test_a_locked_row_keeps_nobody_from_signing_in(
    new_user: NewUser, owner: asyncpg.Connection, superuser: asyncpg.Connection
) -> None:
    clara = await new_user("Clara")
    async with owner.transaction():
        await owner.execute("select from public.users where id = $1 for update", clara.user_id)

        answer = await superuser.execute(
            "update auth.users set last_sign_in_at = now() where id = $1", clara.user_id
        )

    assert answer == "UPDATE 1"


async def test_an_account_deleted_by_auth_leaves_a_denial_and_a_line_that_names_nobody(
    auth: asyncpg.Connection,
) -> None:
    user_id = await sign_up(auth, "clara@example.com")
    before = await as_admin(auth, "select id from private.user_sync_logs where user_id is null")

    await auth.execute("delete from auth.users where id = $1", user_id)

    lines = await as_admin(
        auth,
        "select sync_type, success, before_data, after_data from private.user_sync_logs "
        "where user_id is null and not (id = any ($1))",
        [row["id"] for row in before],
    )
    denials = await as_admin(
        auth, "select kind, reason from private.denials where subject = $1", user_id
    )
    assert await person(auth, user_id) is None
    assert await logs(auth, user_id) == []
    assert [(line["sync_type"], line["success"]) for line in lines] == [("delete", True)]
    assert json.loads(lines[0]["before_data"])["email"] is True
    assert lines[0]["after_data"] is None
    assert [tuple(row) for row in denials] == [("user", "account deleted")]


async def test_a_deletion_that_cannot_be_followed_fails_as_a_whole(
    auth: asyncpg.Connection,
) -> None:
    """Unlike a sign-up: nobody is half deleted, and it can be done again."""
    user_id = await sign_up(auth, "clara@example.com")
    await as_admin(
        auth, "alter table private.denials add constraint planted check (false) not valid"
    )

    point = auth.transaction()
    await point.start()
    with pytest.raises(asyncpg.CheckViolationError):
        await auth.execute("delete from auth.users where id = $1", user_id)
    await point.rollback()

    assert await person(auth, user_id) is not None
    assert await auth.fetchval("select count(*) from auth.users where id = $1", user_id) == 1


async def test_a_sync_again_changes_and_logs_nothing(auth: asyncpg.Connection) -> None:
    """NU-045: idempotent, down to the moment of the last change."""
    user_id = await sign_up(auth, "clara@example.com", told={"full_name": "Clara Ibsen"})
    await as_admin(
        auth, "update public.users set updated_at = '2026-01-01', last_active_at = now()"
    )
    before, lines = await person(auth, user_id), await logs(auth, user_id)

    await auth.execute("update auth.users set updated_at = now() where id = $1", user_id)
    await as_admin(auth, "select private.sync_user($1)", user_id)
    repaired = await as_admin(auth, "select private.repeat_failed_user_syncs()")

    assert await person(auth, user_id) == before
    assert await logs(auth, user_id) == lines
    assert repaired[0][0] == 0


async def test_a_persons_row_that_was_missing_is_made_at_the_door_and_logged(
    new_user: NewUser, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """NU-044: with the request and the sign-in that it came with."""
    clara = await new_user("Clara")
    await owner.execute("delete from public.users where id = $1", clara.user_id)

    async with as_user(clara, "cairn_server") as connection:
        await connection.execute("set local cairn.request_id = 'request-7'")
        admitted = await connection.fetchval(
            "select private.admit_session($1, now() + interval '1 hour', 'api', null, null)",
            clara.session_id,
        )

    line = await owner.fetchrow(
        "select * from private.user_sync_logs where user_id = $1 and sync_type = 'repeat'",
        clara.user_id,
    )
    assert admitted is True
    assert (line["source"], line["success"]) == ("admit_session", True)
    assert (line["request_id"], line["session_id"]) == ("request-7", clara.session_id)


async def test_she_edits_her_own_profile(new_user: NewUser, as_user: AsUser) -> None:
    clara: Viewer = await new_user("Clara")

    async with as_user(clara) as connection:
        found = await connection.fetchrow(
            "update public.users set bio = 'Sails.', settings = '{\"theme\": \"dusk\"}' "
            "returning bio, settings"
        )

    assert tuple(found) == ("Sails.", '{"theme": "dusk"}')


async def test_settings_stay_a_small_object(new_user: NewUser, as_user: AsUser) -> None:
    clara = await new_user("Clara")

    for settings in ("[]", '"x"', json.dumps({"x": "y" * 8192})):
        with pytest.raises(asyncpg.CheckViolationError) as refused:
            async with as_user(clara) as connection:
                await connection.execute("update public.users set settings = $1::jsonb", settings)
        assert refused.value.constraint_name == "users_settings_are_an_object_of_at_most_8_kb"
