"""Subscriptions: the provider's latest word, whatever order its words come in. SC-066 to SC-071."""

from __future__ import annotations

import asyncio
import itertools
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from graphql_api.auth import Viewer
from graphql_api.local.stack import Urls
from tests.database.live import events
from tests.fixtures.people import AsUser, NewUser

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
APPLY = (
    "select private.apply_subscription_event($1, $2, $3, $4::text::public.subscription_status, "
    "plan => $5, trial_ends_at => $6, current_period_end => $7, cancel_at_period_end => $8)"
)
STATES = (
    "none", "incomplete", "trialing", "active", "past_due", "unpaid", "paused", "canceled",
)  # fmt: skip


@pytest.fixture
async def customer(ana: Viewer, as_user: AsUser) -> str:
    """Who Ana is at the provider."""
    return await introduce(as_user, ana)


async def introduce(as_user: AsUser, viewer: Viewer) -> str:
    name = f"cus_{uuid4().hex}"
    async with as_user(viewer, "cairn_server") as connection:
        await connection.execute(
            "insert into public.subscriptions (stripe_customer_id) values ($1)", name
        )
    return name


async def hear(
    as_user: AsUser,
    customer: str,
    status: str = "active",
    *,
    seconds: float = 0,
    subscription: str = "first",
    plan: str | None = None,
    trial_ends_at: datetime | None = None,
    current_period_end: datetime | None = None,
    cancel_at_period_end: bool = False,
) -> bool:
    """Hear from the provider that so many seconds after noon it was so."""
    async with as_user(role="cairn_server") as connection:
        applied: bool = await connection.fetchval(
            APPLY,
            customer,
            f"sub_{subscription}_{customer}",
            NOON + timedelta(seconds=seconds),
            status,
            plan,
            trial_ends_at,
            current_period_end,
            cancel_at_period_end,
        )
        return applied


async def test_what_a_replaced_subscription_does_ends_nothing(
    ana: Viewer, customer: str, as_user: AsUser
) -> None:
    applied = [
        await hear(as_user, customer, status, seconds=second, subscription=name)
        for second, (name, status) in enumerate(
            [("first", "active"), ("second", "active"), ("first", "active"), ("first", "canceled")]
        )
    ]

    async with as_user(ana) as connection:
        access = await connection.fetchval("select public.has_access()")
    assert (applied, access) == ([True, True, False, False], True)


async def read(owner: asyncpg.Connection, viewer: Viewer) -> Any:
    return await owner.fetchrow(
        "select * from public.subscriptions where user_id = $1", viewer.user_id
    )


async def has_access(as_user: AsUser, viewer: Viewer) -> bool:
    async with as_user(viewer) as connection:
        found: bool = await connection.fetchval("select public.has_access()")
        return found


async def test_an_event_says_what_she_has_subscribed_to(
    customer: str, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """SC-066, SC-067, SC-068, SC-071."""
    end = NOON + timedelta(days=30)

    applied = await hear(as_user, customer, plan="monthly", current_period_end=end)
    await hear(as_user, customer, seconds=9, cancel_at_period_end=True)

    found = await read(owner, ana)
    assert applied is True
    assert (found["status"], found["plan"], found["current_period_end"]) == (
        "active",
        "monthly",
        end,
    )
    assert (found["cancel_at_period_end"], found["last_event_at"]) == (
        True,
        NOON + timedelta(seconds=9),
    )
    assert found["stripe_subscription_id"] == f"sub_first_{customer}"
    assert await events(owner, ana.user_id) == [
        ("subscriptions", found["id"], operation) for operation in ("insert", "update", "update")
    ]


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
async def test_in_whatever_order_events_come_the_latest_stands(
    order: tuple[int, ...],
    customer: str,
    ana: Viewer,
    as_user: AsUser,
    owner: asyncpg.Connection,
) -> None:
    # Two of them in one second: then the state that comes later in its life.
    told = [("incomplete", 0.0), ("trialing", 0.0), ("active", 5.0), ("past_due", 60.0)]

    for number in order:
        status, seconds = told[number]
        await hear(as_user, customer, status, seconds=seconds)
    again = await hear(as_user, customer, "past_due", seconds=60)
    older = await hear(as_user, customer, "canceled", seconds=59)

    found = await read(owner, ana)
    assert (again, older) == (True, False)
    assert (found["status"], found["last_event_at"]) == ("past_due", NOON + timedelta(minutes=1))
    assert found["past_due_since"] == found["last_event_at"]


async def test_fifty_events_at_once_leave_the_latest(
    customer: str, ana: Viewer, owner: asyncpg.Connection, database_urls: Urls
) -> None:
    pool = await asyncpg.create_pool(database_urls.api, min_size=10, max_size=10)

    async def apply(number: int) -> None:
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute("set local role cairn_server")
            await connection.execute(
                APPLY,
                customer,
                f"sub_{customer}",
                NOON + timedelta(seconds=number),
                "active" if number % 2 else "past_due",
                f"plan-{number}",
                None,
                None,
                False,
            )

    await asyncio.gather(*(apply(number * 7 % 50) for number in range(50)))
    await pool.close()

    found = await read(owner, ana)
    assert (found["plan"], found["status"], found["past_due_since"]) == ("plan-49", "active", None)


async def test_the_end_of_the_first_subscription_is_not_the_end_of_the_second(
    customer: str, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    await hear(as_user, customer, plan="monthly")
    await hear(as_user, customer, seconds=10, subscription="second", plan="yearly")

    ending = await hear(as_user, customer, seconds=15, plan="monthly", cancel_at_period_end=True)
    ended = await hear(as_user, customer, "canceled", seconds=20)
    found = await read(owner, ana)
    await hear(as_user, customer, "canceled", seconds=30, subscription="second")
    await hear(as_user, customer, "incomplete", seconds=40, subscription="third")

    assert (ending, ended) == (False, False)
    assert (found["status"], found["plan"]) == ("active", "yearly")
    assert (await read(owner, ana))["status"] == "incomplete"


async def test_a_customer_whom_nobody_is_known_by_is_no_reason_to_forget_the_event(
    as_user: AsUser,
) -> None:
    with pytest.raises(asyncpg.PostgresError) as refused:
        await hear(as_user, "cus_nobody")

    assert refused.value.sqlstate == "CA404"


@pytest.mark.parametrize("missing", [0, 1, 2, 3])
async def test_an_event_is_whole(missing: int, customer: str, as_user: AsUser) -> None:
    given: list[object] = [customer, "sub_1", NOON, "active", None, None, None, False]
    given[missing] = None

    with pytest.raises(asyncpg.PostgresError) as refused:
        async with as_user(role="cairn_server") as connection:
            await connection.execute(APPLY, *given)

    assert refused.value.sqlstate == "CA400"


@pytest.mark.parametrize("role", ["authenticated", "cairn_server"])
@pytest.mark.parametrize(
    "statement",
    [
        "insert into public.subscriptions (stripe_subscription_id) values ('sub_mine')",
        "insert into public.subscriptions (current_period_end) values ('2099-01-01')",
        "update public.subscriptions set status = 'active'",
        "update public.subscriptions set trial_ends_at = '2099-01-01'",
        "update public.subscriptions set current_period_end = '2099-01-01'",
        "update public.subscriptions set last_event_at = '2099-01-01'",
        "update public.subscriptions set past_due_since = now()",
        "delete from public.subscriptions",
    ],
)
async def test_the_state_of_a_subscription_is_nobodys_to_say(
    role: str, statement: str, customer: str, ana: Viewer, as_user: AsUser
) -> None:
    assert customer

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with as_user(ana, role) as connection:
            await connection.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "insert into public.subscriptions (status) values ('trialing')",
        "insert into public.subscriptions (id) values (gen_random_uuid())",
        "update public.subscriptions set stripe_customer_id = 'cus_other'",
        "select private.apply_subscription_event('cus_x', 'sub_x', now(), 'active')",
    ],
)
async def test_what_begins_a_subscription_is_not_hers_to_say(
    statement: str, ana: Viewer, as_user: AsUser
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with as_user(ana) as connection:
            await connection.execute(statement)


async def test_a_person_has_one_subscription_and_a_customer_is_one_person(
    customer: str, ana: Viewer, as_user: AsUser, new_user: NewUser
) -> None:
    ben = await new_user("Ben")
    insert = "insert into public.subscriptions (stripe_customer_id) values ($1)"

    with pytest.raises(asyncpg.UniqueViolationError) as twice:
        async with as_user(ana, "cairn_server") as connection:
            await connection.execute(insert, "cus_another")
    with pytest.raises(asyncpg.UniqueViolationError) as shared:
        async with as_user(ben, "cairn_server") as connection:
            await connection.execute(insert, customer)

    assert twice.value.constraint_name == "subscriptions_one_for_each_person"
    assert shared.value.constraint_name == "subscriptions_stripe_customer_id_key"


async def test_ben_sees_nothing_of_anas_subscription(
    customer: str, ana: Viewer, as_user: AsUser, new_user: NewUser, owner: asyncpg.Connection
) -> None:
    ben = await new_user("Ben")
    await hear(as_user, customer)
    assert await read(owner, ana) is not None

    async with as_user(ben, "cairn_server") as connection:
        seen = await connection.fetch("select * from public.subscriptions")
        changed = await connection.execute(
            "update public.subscriptions set stripe_customer_id = 'cus_bens'"
        )

    assert (seen, changed) == ([], "UPDATE 0")
    assert await has_access(as_user, ben) is False


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ("status = 'none'", False),
        ("status = 'incomplete', current_period_end = now() + interval '9 days'", False),
        ("status = 'trialing', trial_ends_at = now() + interval '1 minute'", True),
        ("status = 'trialing', trial_ends_at = now() - interval '1 second'", False),
        ("status = 'trialing', current_period_end = now() + interval '1 day'", True),
        ("status = 'trialing'", False),
        ("status = 'active'", True),
        ("status = 'active', current_period_end = now() + interval '1 day'", True),
        ("status = 'active', current_period_end = now() - interval '71 hours'", True),
        ("status = 'active', current_period_end = now() - interval '73 hours'", False),
        ("status = 'active', trial_ends_at = now() - interval '1 year'", True),
        (
            "status = 'active', cancel_at_period_end = true, "
            "current_period_end = now() + interval '1 hour'",
            True,
        ),
        ("status = 'past_due', past_due_since = now() - interval '167 hours'", True),
        ("status = 'past_due', past_due_since = now() - interval '169 hours'", False),
        (
            "status = 'past_due', past_due_since = now() - interval '8 days', "
            "current_period_end = now() + interval '22 days'",
            False,
        ),
        ("status = 'unpaid', current_period_end = now() + interval '9 days'", False),
        ("status = 'paused', current_period_end = now() + interval '9 days'", False),
        ("status = 'canceled', current_period_end = now() + interval '9 days'", False),
    ],
)
async def test_access_depends_on_state_trial_and_period(
    columns: str,
    expected: bool,
    customer: str,
    ana: Viewer,
    as_user: AsUser,
    owner: asyncpg.Connection,
) -> None:
    """SC-069."""
    changed = await owner.execute(
        f"update public.subscriptions set {columns} where stripe_customer_id = $1", customer
    )

    assert changed == "UPDATE 1"
    assert await has_access(as_user, ana) is expected


async def test_every_state_has_an_answer(
    customer: str, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    listed = await owner.fetch("select unnest(enum_range(null::public.subscription_status))::text")
    assert [row[0] for row in listed] == list(STATES)

    answers = []
    for status in STATES:
        await owner.execute(
            "update public.subscriptions set status = $2::text::public.subscription_status "
            "where stripe_customer_id = $1",
            customer,
            status,
        )
        answers.append(await has_access(as_user, ana))

    assert [status for status, answer in zip(STATES, answers, strict=True) if answer] == [
        "active",
        "past_due",
    ]


async def test_who_has_subscribed_to_nothing_has_no_access(ana: Viewer, as_user: AsUser) -> None:
    assert await has_access(as_user, ana) is False


async def test_a_trial_begins_without_the_provider(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    async with as_user(ana, "cairn_server") as connection:
        await connection.execute(
            "insert into public.subscriptions (status, plan, trial_ends_at) "
            "values ('trialing', 'monthly', now() + interval '14 days')"
        )
        await connection.execute(
            "update public.subscriptions set stripe_customer_id = $1", f"cus_{uuid4().hex}"
        )

    found = await read(owner, ana)
    assert (found["status"], found["stripe_subscription_id"]) == ("trialing", None)
    assert await has_access(as_user, ana) is True


async def test_it_stays_known_since_when_a_payment_is_due(
    customer: str, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    await hear(as_user, customer, "past_due")
    await hear(as_user, customer, "past_due", seconds=86_400)
    due = (await read(owner, ana))["past_due_since"]
    await hear(as_user, customer, "active", seconds=90_000)
    paid = (await read(owner, ana))["past_due_since"]
    await hear(as_user, customer, "past_due", seconds=99_000)

    assert (due, paid) == (NOON, None)
    assert (await read(owner, ana))["past_due_since"] == NOON + timedelta(seconds=99_000)


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("plan = 'Per Month'", "subscriptions_plan_is_a_short_word"),
        (
            "stripe_customer_id = ''",
            "subscriptions_stripe_customer_id_has_1_to_100_characters",
        ),
        (
            "stripe_subscription_id = repeat('x', 101)",
            "subscriptions_stripe_subscription_id_has_1_to_100_characters",
        ),
        (
            "stripe_customer_id = null, stripe_subscription_id = 'sub_of_nobody'",
            "subscriptions_at_the_provider_have_a_customer",
        ),
    ],
)
async def test_a_subscription_that_breaks_a_rule_is_refused_by_its_name(
    change: str, constraint: str, customer: str, owner: asyncpg.Connection
) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await owner.execute(
            f"update public.subscriptions set {change} where stripe_customer_id = $1", customer
        )

    assert refused.value.constraint_name == constraint
