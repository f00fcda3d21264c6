"""Whom she trusts: by consent of who has an account, and without a trace of who withdraws.

NU-133 to NU-143, NU-146, N-08, N-19.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from uuid import UUID, uuid4

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.database.profiles.trying import refusal
from tests.database.safety.events import find, trust
from tests.fixtures.people import AsUser, NewUser

INVITE = "select public.invite_safety_contact($1)"
ACCEPT = "select public.accept_contact_invitation($1)"
DECLINE = "select public.decline_contact_invitation($1)"
LEAVE = "select public.withdraw_as_contact($1)"
ROLES = "select * from public.my_contact_roles()"
REORDER = "select id from public.reorder_safety_contacts($1)"
PERSONAL = (
    "contact_user_id", "external_first_name", "external_last_name", "external_phone_number",
    "external_email", "preferred_method", "relationship_type", "notes", "preferred_contact_time",
    "invitation_token_hash", "confirmed_at", "last_contacted_at", "last_contact_method",
    "last_contact_successful",
)  # fmt: skip


async def call(as_user: AsUser, viewer: Viewer, sql: str, *arguments: object) -> object:
    async with as_user(viewer) as connection:
        return await connection.fetchval(sql, *arguments)


async def invite(as_user: AsUser, viewer: Viewer, contact_id: UUID) -> str:
    token = await call(as_user, viewer, INVITE, contact_id)
    assert isinstance(token, str)
    return token


@pytest.fixture
async def ben(new_user: NewUser) -> Viewer:
    return await new_user("Ben")


async def linked(as_user: AsUser, ana: Viewer, ben: Viewer) -> asyncpg.Record:
    """Ana puts Ben down, with all she knows of him, and he accepts."""
    contact = await trust(as_user, ana, "Ben", email="ben@example.com")
    async with as_user(ana) as connection:
        await connection.execute(
            "update public.safety_contacts set external_last_name = 'A.', notes = 'Sings.', "
            "relationship_type = 'friend', preferred_contact_time = 'evenings', "
            "timezone = 'Europe/London', is_emergency_contact = true, "
            """custom_metadata = '{"colour": "red"}' """
        )
    await call(as_user, ben, ACCEPT, await invite(as_user, ana, contact["id"]))
    return contact


def remains(contact: asyncpg.Record) -> dict[str, object]:
    """What a row still says of the person."""
    left = {name: contact[name] for name in PERSONAL if contact[name] is not None}
    if contact["allowed_methods"] or contact["custom_metadata"] != "{}":
        left["methods"] = contact["allowed_methods"]
    if contact["timezone"] != "UTC" or contact["is_active"] or contact["is_emergency_contact"]:
        left["flags"] = contact["timezone"]
    return left


async def test_contacts_are_ordered_and_a_new_one_comes_last(ana: Viewer, as_user: AsUser) -> None:
    """NU-136."""
    places = [(await trust(as_user, ana, name))["priority_order"] for name in ("A", "B", "C")]

    assert places == [1, 2, 3]


async def test_she_puts_her_contacts_into_another_order(ana: Viewer, as_user: AsUser) -> None:
    first, second, third = [(await trust(as_user, ana, name))["id"] for name in ("A", "B", "C")]

    await call(as_user, ana, REORDER, [third, first, second])

    async with as_user(ana) as connection:
        rows = await connection.fetch(
            "select id from public.safety_contacts order by priority_order"
        )
    assert [row["id"] for row in rows] == [third, first, second]


async def test_an_order_names_each_of_her_contacts_once(
    ana: Viewer, ben: Viewer, as_user: AsUser
) -> None:
    first, second = [(await trust(as_user, ana, name))["id"] for name in ("A", "B")]
    his = (await trust(as_user, ben, "C"))["id"]

    refused = [
        await refusal(as_user, ana, REORDER, order)
        for order in ([first], [first, first], [first, his], [first, second, his], [], None)
    ]

    assert refused == ["CA400"] * 6


async def test_two_contacts_do_not_share_a_place(ana: Viewer, as_user: AsUser) -> None:
    await trust(as_user, ana, "A")
    await trust(as_user, ana, "B")

    refused = await refusal(as_user, ana, "update public.safety_contacts set priority_order = 1")

    assert refused == "safety_contacts_priority_key"


@pytest.mark.parametrize(
    ("columns", "rule"),
    [
        ("external_first_name = null", "safety_contacts_have_a_name_until_they_withdraw"),
        ("external_first_name = ' '", "safety_contacts_have_a_name_until_they_withdraw"),
        (
            "external_last_name = repeat('x', 101)",
            "safety_contacts_names_are_at_most_100_characters",
        ),
        ("external_phone_number = null", "safety_contacts_to_be_phoned_have_a_number"),
        ("external_phone_number = '0155550123'", "safety_contacts_phone_number_is_international"),
        ("external_phone_number = '+0155550123'", "safety_contacts_phone_number_is_international"),
        ("external_email = 'nobody'", "safety_contacts_email_is_an_address"),
        ("allowed_methods = '{call,email}'", "safety_contacts_to_be_written_to_have_an_address"),
        ("allowed_methods = '{}'", "safety_contacts_allow_what_they_prefer_until_they_withdraw"),
        ("preferred_method = null", "safety_contacts_allow_what_they_prefer_until_they_withdraw"),
        (
            "preferred_method = 'email'",
            "safety_contacts_allow_what_they_prefer_until_they_withdraw",
        ),
        (
            "allowed_methods = '{call,call,call,call,call}'",
            "safety_contacts_allowed_methods_are_at_most_4",
        ),
        ("priority_order = 0", "safety_contacts_priority_is_from_1_to_1000"),
        (
            "relationship_type = repeat('x', 61)",
            "safety_contacts_relationship_type_is_at_most_60_characters",
        ),
        ("notes = repeat('x', 2001)", "safety_contacts_notes_are_at_most_2000_characters"),
        (
            "preferred_contact_time = repeat('x', 101)",
            "safety_contacts_contact_time_is_at_most_100_characters",
        ),
        ("custom_metadata = '[]'", "safety_contacts_custom_metadata_is_an_object_of_at_most_4_kb"),
        ("timezone = 'Mars/Olympus'", "CA400"),
        ("state = 'confirmed'", "42501"),
        ("contact_user_id = gen_random_uuid()", "42501"),
        ("invitation_token_hash = 'x'", "42501"),
        ("last_contacted_at = now()", "42501"),
        ("user_id = gen_random_uuid()", "42501"),
    ],
)
async def test_a_contact_that_breaks_a_rule_is_refused(
    columns: str, rule: str, ana: Viewer, as_user: AsUser
) -> None:
    """NU-135, NU-139."""
    await trust(as_user, ana)

    assert await refusal(as_user, ana, f"update public.safety_contacts set {columns}") == rule


async def test_who_accepts_is_linked_and_sees_for_whom_and_nothing_else(
    ana: Viewer, ben: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    contact = await trust(as_user, ana, "Ben")
    await owner.execute("update public.users set display_name = 'Ana' where id = $1", ana.user_id)
    token = await invite(as_user, ana, contact["id"])
    invited = await find(owner, "safety_contacts", contact["id"])

    accepted = await call(as_user, ben, ACCEPT, token)

    confirmed = await find(owner, "safety_contacts", contact["id"])
    async with as_user(ben) as connection:
        roles = await connection.fetch(ROLES)
        rows = await connection.fetchval("select count(*) from public.safety_contacts")
    async with as_user(ana) as connection:
        hers = await connection.fetch(ROLES)
    assert (invited["state"], invited["contact_user_id"]) == ("invited", None)
    assert invited["invitation_token_hash"] == hashlib.sha256(token.encode()).hexdigest()
    assert accepted == contact["id"]
    assert (confirmed["state"], confirmed["contact_user_id"]) == ("confirmed", ben.user_id)
    assert (confirmed["invitation_token_hash"], confirmed["external_first_name"]) == (None, "Ben")
    assert [tuple(row) for row in roles] == [(contact["id"], "Ana", confirmed["confirmed_at"])]
    assert (rows, hers) == (0, [])


async def test_of_ten_who_accept_at_once_one_is_linked(
    ana: Viewer, new_user: NewUser, as_user: AsUser
) -> None:
    token = await invite(as_user, ana, (await trust(as_user, ana))["id"])
    guests = [await new_user("Guest") for _ in range(10)]

    async def try_it(guest: Viewer) -> str:
        try:
            await call(as_user, guest, ACCEPT, token)
        except asyncpg.PostgresError as error:
            return str(error.sqlstate)
        return "linked"

    outcomes = Counter(await asyncio.gather(*(try_it(guest) for guest in guests)))

    assert outcomes == {"linked": 1, "CA404": 9}


async def test_an_invitation_is_for_others_works_once_and_runs_out(
    ana: Viewer, ben: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    contact = await trust(as_user, ana)
    old = await invite(as_user, ana, contact["id"])
    token = await invite(as_user, ana, contact["id"])
    nobody = Viewer(user_id=None, role="authenticated")

    refused = [
        await refusal(as_user, ana, ACCEPT, token),
        await refusal(as_user, ben, ACCEPT, old),
        await refusal(as_user, ben, ACCEPT, "x"),
        await refusal(as_user, ben, ACCEPT, None),
        await refusal(as_user, nobody, ACCEPT, token),
        await refusal(as_user, nobody, DECLINE, token),
    ]
    await owner.execute(
        "update public.safety_contacts set invitation_expires_at = now() where id = $1",
        contact["id"],
    )
    late = await refusal(as_user, ben, ACCEPT, token)

    assert refused == ["CA404"] * 4 + ["CA401"] * 2
    assert late == "CA404"
    assert (await find(owner, "safety_contacts", contact["id"]))["state"] == "invited"


async def test_nobody_is_the_same_persons_contact_twice(
    ana: Viewer, ben: Viewer, as_user: AsUser
) -> None:
    await linked(as_user, ana, ben)
    again = await invite(as_user, ana, (await trust(as_user, ana, "Ben again"))["id"])

    assert await refusal(as_user, ben, ACCEPT, again) == "CA409"


async def test_ben_invites_nobody_by_a_contact_of_anas(
    ana: Viewer, ben: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    contact = await trust(as_user, ana)

    refused = [await refusal(as_user, ben, INVITE, row) for row in (contact["id"], uuid4())]

    assert refused == ["CA404", "CA404"]
    assert (await find(owner, "safety_contacts", contact["id"]))["state"] == "listed"


@pytest.mark.parametrize("state", ["confirmed", "withdrawn"])
async def test_who_has_answered_is_not_invited_again(
    state: str, ana: Viewer, ben: Viewer, as_user: AsUser
) -> None:
    contact = await linked(as_user, ana, ben)
    if state == "withdrawn":
        await call(as_user, ben, LEAVE, contact["id"])

    assert await refusal(as_user, ana, INVITE, contact["id"]) == "CA409"


async def test_who_declines_leaves_nothing_of_himself(
    ana: Viewer, ben: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    contact = await trust(as_user, ana, "Ben", email="ben@example.com")

    await call(as_user, ben, DECLINE, await invite(as_user, ana, contact["id"]))

    found = await find(owner, "safety_contacts", contact["id"])
    assert (found["state"], remains(found)) == ("withdrawn", {})
    assert found["withdrawn_at"] is not None


async def test_who_withdraws_leaves_nothing_of_himself_in_row_and_log(
    ana: Viewer, ben: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """NU-146."""
    contact = await linked(as_user, ana, ben)
    await log(as_user, ana, contact["id"])
    stranger = await refusal(as_user, ana, LEAVE, contact["id"])
    before = remains(await find(owner, "safety_contacts", contact["id"]))

    await call(as_user, ben, LEAVE, contact["id"])

    found = await find(owner, "safety_contacts", contact["id"])
    assert stranger == "CA404"
    assert {"external_first_name", "notes", "contact_user_id", "last_contacted_at"} <= before.keys()
    assert (found["state"], remains(found)) == ("withdrawn", {})
    assert await kept_of(owner, ana) == [(contact["id"], None, "{}")]
    assert await refusal(as_user, ben, LEAVE, contact["id"]) == "CA404"


@pytest.mark.parametrize("by", ["supabase_auth_admin", "postgres"])
async def test_who_deletes_his_account_leaves_nothing_of_himself(
    by: str, ana: Viewer, ben: Viewer, as_user: AsUser, superuser: asyncpg.Connection
) -> None:
    """NU-143, D20."""
    contact = await linked(as_user, ana, ben)
    await log(as_user, ana, contact["id"])

    await superuser.execute(f"set role {by}")
    await superuser.execute("delete from auth.users where id = $1", ben.user_id)
    await superuser.execute("reset role")

    found = await find(superuser, "safety_contacts", contact["id"])
    assert (found["state"], remains(found)) == ("withdrawn", {})
    assert await kept_of(superuser, ana) == [(contact["id"], None, "{}")]


async def test_whom_she_deletes_leaves_nothing_in_her_log(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    contact = await trust(as_user, ana)
    await log(as_user, ana, contact["id"])

    async with as_user(ana) as connection:
        await connection.execute("delete from public.safety_contacts")

    assert await kept_of(owner, ana) == [(None, None, "{}")]


async def test_the_server_takes_off_a_contact_without_an_account_who_asks_for_it(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    contact = await trust(as_user, ana)

    async with as_user(ana, "cairn_server") as connection:
        await connection.execute("update public.safety_contacts set state = 'withdrawn'")

    found = await find(owner, "safety_contacts", contact["id"])
    assert (found["state"], remains(found)) == ("withdrawn", {})


async def test_nothing_is_written_into_a_row_that_was_emptied(
    ana: Viewer, ben: Viewer, as_user: AsUser
) -> None:
    contact = await linked(as_user, ana, ben)
    await call(as_user, ben, LEAVE, contact["id"])

    refused = {
        await refusal(as_user, ana, f"update public.safety_contacts set {columns}")
        for columns in ("external_first_name = 'Ben'", "notes = 'x'", "is_active = true")
    }

    assert refused == {"safety_contacts_withdrawn_ones_are_empty"}


STATES = ("listed", "invited", "confirmed", "withdrawn")
STEPS = {
    "listed": {"invited", "withdrawn"},
    "invited": {"confirmed", "withdrawn"},
    "confirmed": {"withdrawn"},
    "withdrawn": set(),
}  # fmt: skip


@pytest.mark.parametrize("after", STATES)
@pytest.mark.parametrize("before", STATES)
async def test_a_contacts_state_goes_only_forward_also_in_the_dashboard(
    before: str,
    after: str,
    ana: Viewer,
    ben: Viewer,
    as_user: AsUser,
    owner: asyncpg.Connection,
) -> None:
    contact = await trust(as_user, ana)

    async def move(state: str) -> None:
        await owner.execute(
            "update public.safety_contacts "
            "set state = $1::text::public.safety_contact_state, contact_user_id = $2, "
            "invitation_token_hash = $3, invitation_expires_at = $4::timestamptz where id = $5",
            state,
            ben.user_id if state == "confirmed" else None,
            str(contact["id"]) if state == "invited" else None,
            contact["created_at"] if state == "invited" else None,
            contact["id"],
        )

    for step in {"confirmed": ("invited", "confirmed")}.get(before, (before,)):
        await move(step)
    if after == before or after in STEPS[before]:
        await move(after)
        assert (await find(owner, "safety_contacts", contact["id"]))["state"] == after
    else:
        refused_by = ""
        try:
            await move(after)
        except asyncpg.PostgresError as error:
            refused_by = str(error.sqlstate)
        # Without the account that was linked, it has withdrawn already.
        assert refused_by == ("CA409" if before != "confirmed" else "")
        found = await find(owner, "safety_contacts", contact["id"])
        assert found["state"] == ("withdrawn" if before == "confirmed" else before)


async def test_nobody_is_her_own_contact(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    contact = await trust(as_user, ana)
    await invite(as_user, ana, contact["id"])

    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await owner.execute(
            "update public.safety_contacts set state = 'confirmed', contact_user_id = user_id "
            "where id = $1",
            contact["id"],
        )

    assert refused.value.constraint_name == "safety_contacts_nobody_is_her_own_contact"


LOG = """
insert into public.contact_logs
  (safety_contact_id, contact_method, success, reason, initiated_by, response_received,
   response_summary, contact_metadata)
values ($1, 'call', true, 'trial', 'user', true, 'Ben will pick up.', '{"number": 7}')
"""


async def log(as_user: AsUser, viewer: Viewer, contact_id: UUID) -> None:
    async with as_user(viewer, "cairn_server") as connection:
        await connection.execute(LOG, contact_id)


async def kept_of(connection: asyncpg.Connection, viewer: Viewer) -> list[tuple[object, ...]]:
    rows = await connection.fetch(
        "select safety_contact_id, response_summary, contact_metadata "
        "from public.contact_logs where user_id = $1",
        viewer.user_id,
    )
    return [tuple(row) for row in rows]
