"""A guardian is asked, answers by a link that she never sees, and is forgotten when it is over.

SC-052 to SC-054, N-06, N-19, D18.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from datetime import timedelta

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.database.profiles.trying import refusal
from tests.fixtures.people import AsUser, NewUser

ASK = "select * from public.request_guardian_consent($1, $2)"
LINK = "select private.issue_guardian_link($1)"
GRANT = "select private.grant_guardian_consent($1, 'signed_form', 'terms/1', 'file 12')"
WITHDRAW = "select private.withdraw_guardian_consent($1)"


async def ask(
    as_user: AsUser, viewer: Viewer, address: str = "Mother@Example.com"
) -> asyncpg.Record:
    async with as_user(viewer) as connection:
        return await connection.fetchrow(ASK, address, "Ines")


async def link(as_user: AsUser, viewer: Viewer, consent: asyncpg.Record) -> str:
    async with as_user(viewer, "cairn_server") as connection:
        token: str = await connection.fetchval(LINK, consent["id"])
        return token


async def answer(as_user: AsUser, sql: str, token: str) -> object:
    """The guardian has no account: the server calls in nobody's name."""
    async with as_user(role="cairn_server") as connection:
        return await connection.fetchval(sql, token)


async def read(owner: asyncpg.Connection, consent: asyncpg.Record) -> asyncpg.Record:
    return await owner.fetchrow(
        "select * from public.guardian_consents where id = $1", consent["id"]
    )


async def test_a_request_keeps_the_address_until_it_is_answered(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    asked = await ask(as_user, ana)
    token = await link(as_user, ana, asked)
    until = await answer(as_user, GRANT, token)
    granted = await read(owner, asked)

    assert (asked["status"], asked["guardian_email"]) == ("requested", "Mother@Example.com")
    assert asked["expires_at"] - asked["created_at"] == timedelta(days=14)
    assert (
        asked["guardian_email_hash"]
        == hashlib.sha256(f"{asked['id']}mother@example.com".encode()).hexdigest()
    )
    assert (granted["status"], granted["guardian_email"]) == ("granted", None)
    assert (granted["guardian_name"], granted["method"]) == ("Ines", "signed_form")
    assert (granted["evidence_reference"], granted["terms_version"]) == ("file 12", "terms/1")
    assert granted["granted_at"] is not None
    assert granted["expires_at"] == until
    assert timedelta(days=364) < until - granted["granted_at"] < timedelta(days=367)


async def test_a_secret_is_kept_as_a_hash_and_only_the_latest_works(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    asked = await ask(as_user, ana)
    first, second = await link(as_user, ana, asked), await link(as_user, ana, asked)

    with pytest.raises(asyncpg.PostgresError) as refused:
        await answer(as_user, GRANT, first)
    await answer(as_user, GRANT, second)

    kept = await read(owner, asked)
    assert refused.value.sqlstate == "CA404"
    assert len(second) == 64
    assert kept["token_hash"] == hashlib.sha256(second.encode()).hexdigest()
    assert second not in str(dict(kept))


async def test_granting_again_changes_nothing_and_withdrawing_forgets_the_guardian(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    asked = await ask(as_user, ana)
    token = await link(as_user, ana, asked)
    first, again = await answer(as_user, GRANT, token), await answer(as_user, GRANT, token)

    await answer(as_user, WITHDRAW, token)

    ended = await read(owner, asked)
    with pytest.raises(asyncpg.PostgresError) as refused:
        await answer(as_user, GRANT, token)
    assert first == again
    assert (ended["status"], ended["guardian_name"], ended["guardian_email"]) == (
        "withdrawn",
        None,
        None,
    )
    assert ended["withdrawn_at"] is not None
    assert refused.value.sqlstate == "CA404"


async def test_a_guardian_may_say_no(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    asked = await ask(as_user, ana)

    await answer(as_user, WITHDRAW, await link(as_user, ana, asked))

    ended = await read(owner, asked)
    assert (ended["status"], ended["granted_at"]) == ("withdrawn", None)


async def test_asking_again_takes_the_earlier_request_back(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    first, second = await ask(as_user, ana), await ask(as_user, ana, "father@example.com")

    earlier, later = await read(owner, first), await read(owner, second)
    assert (earlier["status"], earlier["guardian_email"]) == ("withdrawn", None)
    assert (later["status"], later["guardian_email"]) == ("requested", "father@example.com")


async def test_of_fifty_requests_at_once_three_are_made_and_one_is_open(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    gate = asyncio.Semaphore(8)

    async def try_it(number: int) -> str:
        try:
            async with gate:
                await ask(as_user, ana, f"guardian{number}@example.com")
        except asyncpg.PostgresError as error:
            return str(error.sqlstate)
        return "asked"

    outcomes = Counter(await asyncio.gather(*(try_it(number) for number in range(50))))

    states = await owner.fetch(
        "select status from public.guardian_consents where user_id = $1", ana.user_id
    )
    assert outcomes == {"asked": 3, "CA429": 47}
    assert Counter(row["status"] for row in states) == {"requested": 1, "withdrawn": 2}


async def test_no_address_and_her_own_are_refused(ana: Viewer, as_user: AsUser) -> None:
    async with as_user(ana) as connection:
        own = await connection.fetchval("select upper(email) from public.users")
    refused = [
        await refusal(as_user, ana, ASK, address, None)
        for address in (None, "", "nobody", "two words@example.com", "a@" + "x" * 254, f" {own} ")
    ]

    assert refused == ["CA400"] * 6


async def test_she_asks_only_when_signed_in(as_user: AsUser) -> None:
    assert await refusal(as_user, _nobody(), ASK, "a@example.com", None, role="cairn_server") == (
        "CA401"
    )


def _nobody() -> Viewer:
    return Viewer(user_id=None, role="authenticated")


@pytest.mark.parametrize(
    "sql",
    [
        "insert into public.guardian_consents (guardian_email_hash) values (repeat('0', 64))",
        "update public.guardian_consents set status = 'granted'",
        "update public.guardian_consents set expires_at = now() + interval '9 years'",
        "update public.guardian_consents set token_hash = repeat('0', 64)",
        "delete from public.guardian_consents",
        "select private.issue_guardian_link(id) from public.guardian_consents",
        "select private.grant_guardian_consent('x', 'email_link', 'terms/1')",
        "select private.withdraw_guardian_consent('x')",
        "select private.new_token()",
    ],
)
async def test_she_grants_herself_nothing(sql: str, ana: Viewer, as_user: AsUser) -> None:
    await ask(as_user, ana)

    assert await refusal(as_user, ana, sql) == "42501"


async def test_the_server_makes_a_link_only_in_her_own_name_and_writes_no_row_itself(
    ana: Viewer, new_user: NewUser, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    ben, asked = await new_user("Ben"), await ask(as_user, ana)

    his = await refusal(as_user, ben, LINK, asked["id"], role="cairn_server")
    written = await refusal(
        as_user, ana, "update public.guardian_consents set status = 'granted'", role="cairn_server"
    )

    assert (his, written) == ("CA404", "42501")
    assert (await read(owner, asked))["token_hash"] is None


async def test_ben_sees_nothing_of_it(
    ana: Viewer, new_user: NewUser, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    ben, asked = await new_user("Ben"), await ask(as_user, ana)

    async with as_user(ben) as connection:
        seen = await connection.fetch("select * from public.guardian_consents")

    assert (await read(owner, asked))["status"] == "requested"
    assert seen == []


STATES = ("requested", "granted", "withdrawn", "expired")
STEPS = {
    "requested": {"granted", "withdrawn", "expired"},
    "granted": {"withdrawn", "expired"},
    "withdrawn": set(),
    "expired": set(),
}  # fmt: skip


@pytest.mark.parametrize("after", STATES)
@pytest.mark.parametrize("before", STATES)
async def test_a_consent_goes_only_forward_also_in_the_dashboard(
    before: str, after: str, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    asked = await ask(as_user, ana)

    async def move(status: str) -> None:
        await owner.execute(
            "update public.guardian_consents "
            "set status = $1::text::public.guardian_consent_status, method = 'video_call' "
            "where id = $2",
            status,
            asked["id"],
        )

    await move(before)
    if after == before or after in STEPS[before]:
        await move(after)
        assert (await read(owner, asked))["status"] == after
    else:
        with pytest.raises(asyncpg.PostgresError) as refused:
            await move(after)
        assert refused.value.sqlstate == "CA409"


@pytest.mark.parametrize(
    ("columns", "rule"),
    [
        ("guardian_name = ''", "guardian_consents_guardian_name_has_1_to_200_characters"),
        ("guardian_email = 'nobody'", "guardian_consents_guardian_email_is_an_address"),
        ("guardian_email_hash = 'x'", "guardian_consents_guardian_email_hash_is_a_sha256"),
        ("token_hash = 'x'", "guardian_consents_token_hash_is_a_sha256"),
        ("withdrawn_at = now()", "guardian_consents_withdrawn_ones_say_when"),
        ("status = 'granted'", "guardian_consents_granted_ones_say_when_and_how"),
        (
            "evidence_reference = repeat('x', 201)",
            "guardian_consents_evidence_reference_is_at_most_200_characters",
        ),
        (
            "terms_version = repeat('x', 41)",
            "guardian_consents_terms_version_is_at_most_40_characters",
        ),
    ],
)
async def test_a_consent_that_breaks_a_rule_is_refused(
    columns: str, rule: str, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    asked = await ask(as_user, ana)

    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await owner.execute(
            f"update public.guardian_consents set {columns} where id = $1", asked["id"]
        )

    assert refused.value.constraint_name == rule


async def test_what_ran_out_cannot_be_granted_and_the_sweep_forgets_the_guardian(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    asked = await ask(as_user, ana)
    token = await link(as_user, ana, asked)
    await owner.execute(
        "update public.guardian_consents set expires_at = now() - interval '1 second' where id = $1",
        asked["id"],
    )

    with pytest.raises(asyncpg.PostgresError) as by_link:
        await answer(as_user, GRANT, token)
    with pytest.raises(asyncpg.PostgresError) as by_hand:
        await owner.execute(
            "update public.guardian_consents set status = 'granted', method = 'video_call' "
            "where id = $1",
            asked["id"],
        )
    async with as_user(role="cairn_server") as connection:
        swept = await connection.fetchval("select private.sweep_guardian_consents()")

    ended = await read(owner, asked)
    assert (by_link.value.sqlstate, by_hand.value.sqlstate) == ("CA404", "CA409")
    assert swept >= 1
    assert (ended["status"], ended["guardian_email"], ended["guardian_name"]) == (
        "expired",
        None,
        None,
    )
