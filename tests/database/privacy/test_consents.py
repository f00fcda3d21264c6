"""What a person agreed to: each answer stays, and the settings follow. NU-167, NU-172, X-75."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.database.privacy.acting import act
from tests.fixtures.people import AsUser, NewUser

ANSWER = (
    "insert into public.consents (kind, consent_version, is_given) "
    "values ($1::text::public.consent_kind, $2, $3) returning id"
)
MISSING = "select * from private.missing_consents()"
REQUIRED = ["terms", "privacy", "sensitive_categories"]


async def answer(
    as_user: AsUser, viewer: Viewer, kind: str, *, is_given: bool = True, version: int = 1
) -> None:
    async with as_user(viewer) as connection:
        await connection.execute(ANSWER, kind, version, is_given)


async def missing(as_user: AsUser, viewer: Viewer) -> dict[str, asyncpg.Record]:
    async with as_user(viewer, "cairn_server") as connection:
        return {row["kind"]: row for row in await connection.fetch(MISSING)}


async def history(owner: asyncpg.Connection, viewer: Viewer) -> list[tuple[str, int, bool]]:
    rows = await owner.fetch(
        "select kind, consent_version, is_given from public.consents where user_id = $1 "
        "order by created_at, id",
        viewer.user_id,
    )
    return [tuple(row) for row in rows]


@pytest.fixture
async def newer_privacy(owner: asyncpg.Connection) -> AsyncIterator[None]:
    """A second version of the privacy policy is in effect; a third one is announced."""
    await owner.execute(
        "insert into private.consent_versions (kind, version, is_required, summary, effective_at) "
        "values ('privacy', 2, true, 'More.', now() - interval '1 hour'), "
        "('privacy', 3, true, 'Most.', now() + interval '1 hour')"
    )
    yield
    await owner.execute("delete from private.consent_versions where version > 1")


async def test_a_new_person_is_asked_everything_what_is_needed_first(
    ana: Viewer, as_user: AsUser
) -> None:
    asked = await missing(as_user, ana)

    assert list(asked)[:3] == REQUIRED
    assert [kind for kind, row in asked.items() if row["is_required"]] == REQUIRED
    assert set(asked) - set(REQUIRED) == {
        "long_term_storage", "contact_safety_network", "analytics", "contact", "research",
    }  # fmt: skip
    assert {row["answered_version"] for row in asked.values()} == {None}
    assert all(row["summary"].endswith(".") for row in asked.values())


async def test_what_is_needed_is_asked_until_it_is_given_and_the_rest_until_it_is_answered(
    ana: Viewer, as_user: AsUser
) -> None:
    await answer(as_user, ana, "terms")
    await answer(as_user, ana, "privacy", is_given=False)
    await answer(as_user, ana, "research", is_given=False)

    asked = await missing(as_user, ana)

    assert not {"terms", "research"} & set(asked)
    assert (asked["privacy"]["answered_version"], asked["privacy"]["is_given"]) == (1, False)


async def test_a_new_version_asks_again_once_it_is_in_effect(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    publish = (
        "insert into private.consent_versions (kind, version, is_required, summary, effective_at) "
        "values ('research', 2, false, 'More.', now() + $1 * interval '1 hour')"
    )
    withdraw = "delete from private.consent_versions where version = 2"
    await answer(as_user, ana, "research")
    await owner.execute(publish, 1)
    announced = await missing(as_user, ana)
    await owner.execute(withdraw)
    await owner.execute(publish, -1)
    try:
        in_effect = await missing(as_user, ana)
        await answer(as_user, ana, "research", is_given=False, version=2)
        answered = await missing(as_user, ana)
    finally:
        await owner.execute(withdraw)

    assert "research" not in announced
    assert (in_effect["research"]["version"], in_effect["research"]["answered_version"]) == (2, 1)
    assert in_effect["research"]["is_given"] is True
    assert "research" not in answered


async def test_nobody_without_a_name_is_asked_anything(as_user: AsUser) -> None:
    async with as_user(role="cairn_server") as connection:
        assert await connection.fetch(MISSING) == []


@pytest.mark.parametrize(
    ("kind", "version", "is_given", "code"),
    [
        ("privacy", 3, True, "CA400"),  # announced only
        ("privacy", 9, False, "CA400"),
        ("terms", 2, True, "CA400"),
        ("privacy", 1, True, "CA409"),
        ("terms", 0, False, "23514"),
    ],
)
async def test_an_answer_is_to_what_is_asked_now(
    kind: str,
    version: int,
    code: str,
    *,
    is_given: bool,
    newer_privacy: None,
    ana: Viewer,
    as_user: AsUser,
    owner: asyncpg.Connection,
) -> None:
    with pytest.raises(asyncpg.PostgresError) as refused:
        await answer(as_user, ana, kind, is_given=is_given, version=version)

    assert refused.value.sqlstate == code
    assert await history(owner, ana) == []


async def test_an_older_consent_can_be_taken_back_at_any_time(
    newer_privacy: None, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    await answer(as_user, ana, "privacy", is_given=False, version=1)

    assert await history(owner, ana) == [("privacy", 1, False)]


async def test_the_settings_know_the_latest_consent_to_the_privacy_policy(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    stamps = (
        "select consent_version, consent_date from public.user_privacy_settings where user_id = $1"
    )
    await answer(as_user, ana, "privacy")
    given = await owner.fetchrow(stamps, ana.user_id)
    at = await owner.fetchval(
        "select created_at from public.consents where user_id = $1", ana.user_id
    )
    await answer(as_user, ana, "terms", is_given=False)
    still = await owner.fetchrow(stamps, ana.user_id)
    await answer(as_user, ana, "privacy", is_given=False)
    taken_back = await owner.fetchrow(stamps, ana.user_id)

    assert tuple(given) == tuple(still) == (1, at)
    assert tuple(taken_back) == (None, None)


SWITCHES = {
    "long_term_storage": "allow_long_term_storage",
    "analytics": "allow_analytics",
    "contact": "allow_contact",
    "research": "allow_research",
}


@pytest.mark.parametrize("kind", SWITCHES)
async def test_an_answer_turns_its_switch_and_no_other(
    kind: str, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    read = "select * from public.user_privacy_settings where user_id = $1"
    before = await owner.fetchrow(read, ana.user_id)
    is_given = not before[SWITCHES[kind]]

    await answer(as_user, ana, kind, is_given=is_given)

    after = await owner.fetchrow(read, ana.user_id)
    changed = {name for name in SWITCHES.values() if after[name] != before[name]}
    assert changed == {SWITCHES[kind]}
    assert await history(owner, ana) == [(kind, 1, is_given)]


@pytest.mark.parametrize("kind", SWITCHES)
async def test_a_switch_that_she_turns_is_an_answer(
    kind: str, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    turn = f"update public.user_privacy_settings set {SWITCHES[kind]} = not {SWITCHES[kind]}"
    async with as_user(ana) as connection:
        for _ in range(3):
            await connection.execute(turn)
        await connection.execute("update public.user_privacy_settings set data_retention_days = 9")

    first = kind != "long_term_storage"
    assert await history(owner, ana) == [(kind, 1, each) for each in (first, not first, first)]


@pytest.mark.parametrize("role", ["authenticated", "cairn_server"])
@pytest.mark.parametrize(
    "statement",
    [
        "update public.consents set is_given = true",
        "delete from public.consents",
        "insert into public.consents (user_id, kind, consent_version, is_given) "
        "values (auth.uid(), 'terms', 1, true)",
        "insert into public.consents (kind, consent_version, is_given, created_at) "
        "values ('terms', 1, true, '2020-01-01')",
    ],
)
async def test_history_is_not_rewritten(
    statement: str, role: str, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    await answer(as_user, ana, "terms", is_given=False)

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with as_user(ana, role) as connection:
            await connection.execute(statement)

    assert await history(owner, ana) == [("terms", 1, False)]


async def test_not_even_in_the_dashboard_is_an_answer_changed(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    await answer(as_user, ana, "terms", is_given=False)

    with pytest.raises(asyncpg.PostgresError) as refused:
        await owner.execute(
            "update public.consents set is_given = true where user_id = $1", ana.user_id
        )

    assert refused.value.sqlstate == "CA409"


@pytest.mark.parametrize("actor", ["pipeline", "agent:claude"])
async def test_nobody_agrees_in_her_name(
    actor: str, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    refused = await act(as_user, ana, actor, ANSWER, "research", 1, True)

    assert refused == "CA403"
    assert await history(owner, ana) == []


async def test_her_answers_are_hers_alone(
    ana: Viewer, new_user: NewUser, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    ben = await new_user("Ben")
    await answer(as_user, ana, "research")
    assert await history(owner, ana) == [("research", 1, True)]

    async with as_user(ben) as connection:
        seen = await connection.fetch("select from public.consents")

    assert seen == []
    assert "research" in await missing(as_user, ben)
