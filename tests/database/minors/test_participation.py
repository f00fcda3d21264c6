"""When a person takes part: by her age, by a guardian's consent while it lasts, by being verified.

D18, SC-051 to SC-054, N-06.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.database.minors.conftest import THIS_YEAR, YOUNG, Person, takes_part, window
from tests.database.minors.consenting import consent, take_back
from tests.database.profiles.trying import refusal
from tests.fixtures.people import AsUser, NewUser

TODAY = datetime.now(UTC).date()


def new_year(year: int) -> date:
    return date(year, 1, 1)


async def state(as_user: AsUser, viewer: Viewer, columns: str, role: str | None = None) -> None:
    async with as_user(viewer, role) as connection:
        await connection.execute(f"update public.profiles set {columns}")


@pytest.mark.parametrize(
    ("country", "years"),
    [
        (None, 16),
        ("JP", 16),
        ("DE", 16),
        ("FR", 15),
        ("AT", 14),
        ("GB", 13),
        ("US", 13),
        ("DK", 15),
    ],
)
async def test_with_a_birth_year_only_she_takes_part_when_she_is_surely_old_enough(
    country: str | None, years: int, person: Person, owner: asyncpg.Connection
) -> None:
    """The age may be reached on the last day of a year: the first of the next one is sure."""
    just = await person(THIS_YEAR - years - 1, country)
    not_yet = await person(THIS_YEAR - years, country)

    assert await window(owner, just.user_id) == (new_year(THIS_YEAR), None)
    assert await takes_part(owner, just)
    assert await window(owner, not_yet.user_id) == (new_year(THIS_YEAR + 1), None)
    assert not await takes_part(owner, not_yet)


async def test_the_day_comes_by_itself(person: Person, owner: asyncpg.Connection) -> None:
    noa = await person()
    answers = []
    for day in (TODAY + timedelta(days=1), TODAY):
        await owner.execute(
            "update public.users set takes_part_from = $1 where id = $2", day, noa.user_id
        )
        answers.append(await takes_part(owner, noa))

    assert answers == [False, True]


async def test_who_states_no_birth_year_does_not_take_part_until_she_does(
    person: Person, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    noa = await person(None)
    before = await window(owner, noa.user_id)

    await state(as_user, noa, "birth_year = 1990")

    assert before == (None, None)
    assert await window(owner, noa.user_id) == (new_year(2007), None)


async def test_a_later_birth_year_takes_her_out_again(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    await state(as_user, ana, f"birth_year = {YOUNG}")

    assert await window(owner, ana.user_id) == (new_year(YOUNG + 17), None)
    assert not await takes_part(owner, ana)


async def test_a_verified_person_takes_part_from_that_day_whatever_she_states(
    person: Person, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    silent, young, old = await person(None), await person(), await person(1990)
    for somebody in (silent, young, old):
        await state(as_user, somebody, "age_verified = true", "cairn_server")
        await state(as_user, somebody, "country = 'DE'", "cairn_server")

    assert await window(owner, silent.user_id) == (TODAY, None)
    assert await window(owner, young.user_id) == (TODAY, None)
    assert await window(owner, old.user_id) == (new_year(2007), None)

    await state(as_user, silent, "age_verified = false", "cairn_server")
    assert await window(owner, silent.user_id) == (None, None)


async def test_an_anonymous_account_counts_as_unverified_until_it_is_one_with_an_address(
    new_user: NewUser, as_user: AsUser, superuser: asyncpg.Connection
) -> None:
    nobody = await new_user("Nobody", birth_year=1990, is_anonymous=True)
    before = await window(superuser, nobody.user_id)

    await superuser.execute("set role supabase_auth_admin")
    await superuser.execute(
        "update auth.users set is_anonymous = false, email = $2 where id = $1",
        nobody.user_id,
        f"{nobody.user_id}@example.com",
    )
    await superuser.execute("reset role")

    assert before == (None, None)
    assert await window(superuser, nobody.user_id) == (new_year(2007), None)


async def test_a_failing_update_keeps_nobody_from_signing_up_and_is_repeated(
    new_user: NewUser, superuser: asyncpg.Connection
) -> None:
    """D1."""
    nobody = await new_user("Nobody", birth_year=1990, is_anonymous=True)
    transaction = superuser.transaction()
    await transaction.start()
    await superuser.execute(
        "alter table public.users add constraint planted check (takes_part_from is null) not valid"
    )
    await superuser.execute(
        "update auth.users set is_anonymous = false where id = $1", nobody.user_id
    )
    failed = await window(superuser, nobody.user_id)
    await superuser.execute("alter table public.users drop constraint planted")
    await superuser.execute("set local role cairn_server")
    repaired = await superuser.fetchval("select private.repeat_failed_participations()")
    await superuser.execute("reset role")

    found = await window(superuser, nobody.user_id)
    await transaction.rollback()
    assert failed == (None, None)
    assert repaired == 1
    assert found == (new_year(2007), None)


async def test_a_consent_counts_from_its_day_until_it_ends(
    person: Person, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    noa = await person(THIS_YEAR - 10)
    await consent(as_user, noa, "90 days")

    starts, ends = await window(owner, noa.user_id)

    assert (starts, await takes_part(owner, noa)) == (TODAY, True)
    assert ends is not None
    assert abs(ends - TODAY - timedelta(days=90)) <= timedelta(days=1)


async def test_a_consent_also_serves_who_has_stated_no_birth_year(
    person: Person, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    noa = await person(None)
    await consent(as_user, noa)

    assert await takes_part(owner, noa)


async def test_who_is_old_enough_before_the_consent_ends_goes_on_by_herself(
    person: Person, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    noa = await person(THIS_YEAR - 16)
    await consent(as_user, noa, "2 years")

    assert await window(owner, noa.user_id) == (TODAY, None)


async def test_a_consent_that_is_taken_back_counts_no_longer(
    person: Person, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    noa, silent = await person(), await person(None)
    for somebody in (noa, silent):
        await take_back(as_user, await consent(as_user, somebody))

    assert await window(owner, noa.user_id) == (new_year(YOUNG + 17), None)
    assert await window(owner, silent.user_id) == (None, None)


async def test_a_consent_ends_on_its_day_also_before_the_sweep(
    person: Person, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    noa = await person()
    await consent(as_user, noa)
    await owner.execute(
        "update public.users set takes_part_until = $1 where id = $2", TODAY, noa.user_id
    )

    assert not await takes_part(owner, noa)


async def test_the_sweep_ends_a_consent_and_leaves_her_own_age(
    person: Person, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    noa = await person()
    await consent(as_user, noa)
    during = await takes_part(owner, noa)
    await owner.execute(
        "update public.guardian_consents set expires_at = now() where user_id = $1", noa.user_id
    )

    async with as_user(role="cairn_server") as connection:
        await connection.execute("select private.sweep_guardian_consents()")

    assert during
    assert await window(owner, noa.user_id) == (new_year(YOUNG + 17), None)


async def test_the_longer_of_two_consents_counts(
    person: Person, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    noa = await person(THIS_YEAR - 10)
    long = await consent(as_user, noa, "300 days")
    await consent(as_user, noa, "30 days")
    _, both = await window(owner, noa.user_id)

    await take_back(as_user, long)
    _, short = await window(owner, noa.user_id)

    assert both is not None
    assert short is not None
    assert both - TODAY > timedelta(days=290)
    assert short - TODAY < timedelta(days=40)


async def test_an_age_that_staff_raise_reaches_the_people_of_that_country(
    person: Person, owner: asyncpg.Connection
) -> None:
    year = THIS_YEAR - 15
    in_austria, elsewhere = await person(year, "AT"), await person(year, "GB")
    transaction = owner.transaction()
    await transaction.start()

    await owner.execute("update private.ages_of_consent set years = 16 where country = 'AT'")

    found = [await takes_part(owner, somebody) for somebody in (in_austria, elsewhere)]
    await transaction.rollback()
    assert found == [False, True]


@pytest.mark.parametrize("years", [12, 19])
async def test_no_age_of_consent_is_below_13_or_above_18(
    years: int, owner: asyncpg.Connection
) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await owner.execute(
            "update private.ages_of_consent set years = $1 where country = 'GB'", years
        )

    assert refused.value.constraint_name == "ages_of_consent_years_are_from_13_to_18"


@pytest.mark.parametrize("country", ["'GB'", "null"])
async def test_a_country_is_no_way_around_the_age(
    country: str, person: Person, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    noa, ana = await person(THIS_YEAR - 14, "DE"), await person(1990, "DE")
    move = f"update public.profiles set country = {country}"

    refused = await refusal(as_user, noa, move)
    async with as_user(ana) as connection:
        moved = await connection.execute(move)

    assert (refused, moved) == ("CA409", "UPDATE 1")
    assert not await takes_part(owner, noa)


async def test_she_moves_to_a_stricter_country_and_the_server_moves_her_anywhere(
    person: Person, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    noa = await person(THIS_YEAR - 14, "GB")
    before = await takes_part(owner, noa)

    await state(as_user, noa, "country = 'DE'")
    stricter = await takes_part(owner, noa)
    await state(as_user, noa, "country = 'GB'", "cairn_server")

    assert (before, stricter, await takes_part(owner, noa)) == (True, False, True)


@pytest.mark.parametrize("role", ["authenticated", "cairn_server"])
@pytest.mark.parametrize("column", ["takes_part_from", "takes_part_until"])
async def test_nobody_writes_it_but_the_triggers(
    column: str, role: str, ana: Viewer, as_user: AsUser
) -> None:
    sql = f"update public.users set {column} = current_date"

    assert await refusal(as_user, ana, sql, role=role) == "42501"


async def test_she_can_read_when_she_will_and_asks_for_nobody_by_name(
    ana: Viewer, as_user: AsUser
) -> None:
    async with as_user(ana) as connection:
        found = await connection.fetchval("select takes_part_from from public.users")

    assert found == new_year(2007)
    assert await refusal(as_user, ana, "select private.takes_part($1)", ana.user_id) == "42501"
    assert await refusal(as_user, ana, "select * from private.ages_of_consent") == "42501"


async def test_somebody_without_a_row_takes_no_part(owner: asyncpg.Connection) -> None:
    stranger: UUID = uuid4()

    assert await owner.fetchval("select private.takes_part($1)", stranger) is False
