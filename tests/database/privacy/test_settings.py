"""What may be kept of a person: her settings, made with her, hers alone to change.

NU-167, NU-168, NU-170 to NU-172; X-49.
"""

from __future__ import annotations

from uuid import uuid4

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.database.live import events
from tests.database.privacy.acting import act
from tests.fixtures.people import AsUser, NewUser, insert_auth_user, viewer_of

CHANGE = "update public.user_privacy_settings set {}"


async def settings_of(owner: asyncpg.Connection, viewer: Viewer) -> asyncpg.Record:
    return await owner.fetchrow(
        "select * from public.user_privacy_settings where user_id = $1", viewer.user_id
    )


async def test_everybody_has_settings_from_the_start_that_tell_no_device(
    ana: Viewer, owner: asyncpg.Connection
) -> None:
    found = await settings_of(owner, ana)

    assert found["data_retention_days"] is None
    assert (found["allow_long_term_storage"], found["auto_anonymize_pii"]) == (True, False)
    assert (found["allow_analytics"], found["allow_contact"], found["allow_research"]) == (
        (False,) * 3
    )
    assert (found["consent_version"], found["consent_date"], found["version"]) == (None, None, 1)
    assert await events(owner, ana.user_id) == []


async def test_settings_that_cannot_be_made_stop_nobody_and_are_made_good(
    owner: asyncpg.Connection,
) -> None:
    clara = viewer_of(uuid4())
    transaction = owner.transaction()
    await transaction.start()
    await owner.execute(
        "alter table public.user_privacy_settings add constraint planted check (false) not valid"
    )
    assert clara.user_id is not None
    await insert_auth_user(owner, clara.user_id, "Clara")
    person = await owner.fetchval("select id from public.users where id = $1", clara.user_id)
    missing = await settings_of(owner, clara)
    await owner.execute("alter table public.user_privacy_settings drop constraint planted")

    await owner.execute("select private.sweep_retention()")

    found = await settings_of(owner, clara)
    await transaction.rollback()
    assert (person, missing) == (clara.user_id, None)
    assert found["version"] == 1


async def test_she_changes_them_and_each_change_counts(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    async with as_user(ana) as connection:
        await connection.execute(
            CHANGE.format(
                "data_retention_days = 90, auto_anonymize_pii = true, handling_of_names = 'keep'"
            )
        )
        await connection.execute(CHANGE.format("data_retention_days = 90"))

    found = await settings_of(owner, ana)
    assert (found["data_retention_days"], found["auto_anonymize_pii"]) == (90, True)
    assert (found["handling_of_names"], found["version"]) == ("keep", 2)
    told = await events(owner, ana.user_id)
    assert [(table, verb) for table, _, verb in told] == [("user_privacy_settings", "update")]


async def test_nobody_elses_are_seen_or_changed(
    ana: Viewer, new_user: NewUser, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    ben, before = await new_user("Ben"), await settings_of(owner, ana)
    assert before is not None

    async with as_user(ben) as connection:
        seen = await connection.fetch(
            "select from public.user_privacy_settings where user_id = $1", ana.user_id
        )
        changed = await connection.execute(
            CHANGE.format("data_retention_days = 1") + " where user_id = $1", ana.user_id
        )

    assert (seen, changed) == ([], "UPDATE 0")
    assert await settings_of(owner, ana) == before


@pytest.mark.parametrize("days", [0, -1, 36501])
async def test_days_are_kept_within_reason(days: int, ana: Viewer, as_user: AsUser) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        async with as_user(ana) as connection:
            await connection.execute(CHANGE.format(f"data_retention_days = {days}"))

    assert refused.value.constraint_name == "user_privacy_settings_data_is_kept_for_1_to_36500_days"


async def test_what_becomes_of_personal_data_is_one_of_three(ana: Viewer, as_user: AsUser) -> None:
    with pytest.raises(asyncpg.InvalidTextRepresentationError):
        async with as_user(ana) as connection:
            await connection.execute(CHANGE.format("handling_of_names = 'sell'"))


@pytest.mark.parametrize(
    "statement",
    [
        CHANGE.format("consent_version = 1, consent_date = now()"),
        CHANGE.format("version = 7"),
        CHANGE.format("user_id = gen_random_uuid()"),
        "delete from public.user_privacy_settings",
        "insert into public.user_privacy_settings (data_retention_days) values (1)",
    ],
)
@pytest.mark.parametrize("role", ["authenticated", "cairn_server"])
async def test_stamps_are_nobodys_to_write_and_the_row_is_there_for_good(
    statement: str, role: str, ana: Viewer, as_user: AsUser
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with as_user(ana, role) as connection:
            await connection.execute(statement)


@pytest.mark.parametrize("actor", ["pipeline", "agent:chatgpt"])
async def test_nobody_who_acts_for_her_changes_what_is_kept_of_her(
    actor: str, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    before = await settings_of(owner, ana)

    refused = await act(as_user, ana, actor, CHANGE.format("data_retention_days = 1"))

    assert refused == "CA403"
    assert await settings_of(owner, ana) == before
