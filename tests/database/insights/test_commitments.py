"""Commitments are open, kept or dropped, and can be taken up anew: SC-084, SC-086."""

from __future__ import annotations

from datetime import date

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.database.chat import Start
from tests.database.insights.insight import Tell
from tests.database.journal.rows import act_as, act_as_undo, insert, text
from tests.fixtures.people import AsUser, NewUser


async def commit(
    as_user: AsUser,
    viewer: Viewer,
    role: str | None = None,
    actor: str | None = None,
    **columns: str,
) -> asyncpg.Record:
    async with as_user(viewer, role) as connection:
        if actor:
            await act_as(connection, actor)
        return await insert(connection, "commitments", **{"text": "'Call her.'"} | columns)


async def move(as_user: AsUser, viewer: Viewer, row: asyncpg.Record, what: str) -> asyncpg.Record:
    async with as_user(viewer) as connection:
        return await connection.fetchrow(
            f"update public.commitments set {what} where id = $1 returning *", row["id"]
        )


async def test_a_commitment_is_open_and_follows_from_what_she_says(
    start: Start, tell: Tell, ana: Viewer, as_user: AsUser
) -> None:
    conversation, insight = await start(), (await tell())["id"]

    made = await commit(
        as_user,
        ana,
        conversation_id=text(conversation),
        insight_id=text(insight),
        why="'I miss her.'",
        due_on="'2027-03-01'",
    )

    assert (made["status"], made["origin"], made["due_on"]) == ("open", "user", date(2027, 3, 1))
    assert (made["conversation_id"], made["insight_id"]) == (conversation, insight)
    assert (made["kept_at"], made["dropped_at"], made["version"]) == (None, None, 1)


@pytest.mark.parametrize(
    ("actor", "origin"), [(None, "user"), ("pipeline", "companion"), ("agent:7", "agent")]
)
@pytest.mark.parametrize("role", ["authenticated", "cairn_server"])
async def test_who_wrote_it_down_is_read_off_the_claims(
    actor: str | None, origin: str, role: str, ana: Viewer, as_user: AsUser
) -> None:
    assert (await commit(as_user, ana, role, actor))["origin"] == origin


async def test_she_cannot_say_that_somebody_else_wrote_it(ana: Viewer, as_user: AsUser) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await commit(as_user, ana, origin="'companion'")
    assert (await commit(as_user, ana, "cairn_server", origin="'import'"))["origin"] == "import"


STATUSES = ("open", "kept", "dropped")


@pytest.mark.parametrize("after", STATUSES)
@pytest.mark.parametrize("before", STATUSES)
async def test_a_status_goes_only_where_it_may_and_says_when(
    before: str, after: str, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    made = await commit(as_user, ana)
    if before != "open":
        await move(as_user, ana, made, f"status = '{before}'")

    if before == after or "open" in (before, after):
        found = await move(as_user, ana, made, f"status = '{after}'")
        assert found["status"] == after
    else:
        with pytest.raises(asyncpg.PostgresError) as refused:
            await move(as_user, ana, made, f"status = '{after}'")
        assert refused.value.sqlstate == "CA409"
        assert str(refused.value) == (
            f"A commitment that is {before} cannot become {after}; open it first."
        )

    found = await owner.fetchrow("select * from public.commitments where id = $1", made["id"])
    assert (found["kept_at"] is not None) == (found["status"] == "kept")
    assert (found["dropped_at"] is not None) == (found["status"] == "dropped")


@pytest.mark.parametrize("what", ["user_id = gen_random_uuid()", "origin = 'agent'"])
async def test_a_commitment_stays_with_who_made_it_even_for_the_dashboard(
    what: str, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    made = await commit(as_user, ana)

    with pytest.raises(asyncpg.PostgresError, match="stays with who made it"):
        await owner.execute(f"update public.commitments set {what} where id = $1", made["id"])


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"text": "' '"}, "commitments_text_is_not_blank"),
        ({"text": text("x" * 1001)}, "commitments_text_is_at_most_1000_characters"),
        ({"why": text("x" * 2001)}, "commitments_why_is_at_most_2000_characters"),
    ],
)
async def test_a_commitment_that_breaks_a_rule_is_refused_by_its_name(
    columns: dict[str, str], constraint: str, ana: Viewer, as_user: AsUser
) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await commit(as_user, ana, **columns)

    assert refused.value.constraint_name == constraint


@pytest.mark.parametrize(
    ("status", "moment", "constraint"),
    [
        ("kept", "updated_at", "commitments_only_kept_ones_say_when_they_were"),
        ("open", "kept_at", "commitments_only_kept_ones_say_when_they_were"),
        ("dropped", "updated_at", "commitments_only_dropped_ones_say_when_they_were"),
        ("open", "dropped_at", "commitments_only_dropped_ones_say_when_they_were"),
    ],
)
async def test_status_and_moments_agree_even_in_the_dashboard(
    status: str, moment: str, constraint: str, ana: Viewer, owner: asyncpg.Connection
) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await owner.execute(
            f"insert into public.commitments (user_id, text, status, {moment}) "
            f"values ($1, 'x', '{status}', now())",
            ana.user_id,
        )

    assert refused.value.constraint_name == constraint


@pytest.mark.parametrize("table", ["conversations", "insights"])
async def test_a_commitment_outlives_what_it_follows_from(
    table: str, start: Start, tell: Tell, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    column = f"{table[:-1]}_id"
    origin = await start() if table == "conversations" else (await tell())["id"]
    made = await commit(as_user, ana, **{column: text(origin)})

    async with as_user(ana) as connection:
        await connection.execute(f"delete from public.{table}")

    found = await owner.fetchrow("select * from public.commitments where id = $1", made["id"])
    assert (made[column], found[column], found["text"]) == (origin, None, "Call her.")


@pytest.mark.parametrize("table", ["conversations", "insights", "user_goals"])
async def test_a_commitment_does_not_follow_from_what_is_another_persons(
    table: str, start: Start, ana: Viewer, new_user: NewUser, as_user: AsUser,
    owner: asyncpg.Connection,
) -> None:  # fmt: skip
    column = {"conversations": "conversation_id", "insights": "insight_id"}.get(table, "goal_id")
    async with as_user(ana) as connection:
        if table == "user_goals":
            row = await insert(connection, table, title="'Peace'")
        elif table == "insights":
            row = await insert(connection, table, content="'x'")
        else:
            row = await insert(connection, table, title="'x'")
    assert await owner.fetchval(f"select true from public.{table} where id = $1", row["id"])

    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await commit(as_user, await new_user("Ben"), **{column: text(row["id"])})


async def test_another_person_keeps_and_deletes_none_of_hers(
    ana: Viewer, new_user: NewUser, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    made = await commit(as_user, ana)

    async with as_user(await new_user("Ben"), "cairn_server") as connection:
        changed = await connection.execute("update public.commitments set status = 'kept'")
        deleted = await connection.execute("delete from public.commitments")

    assert (changed, deleted) == ("UPDATE 0", "DELETE 0")
    assert (
        await owner.fetchrow("select * from public.commitments where id = $1", made["id"]) == made
    )


async def test_the_moments_are_the_databases(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    made = await move(as_user, ana, await commit(as_user, ana), "status = 'kept'")

    async with as_user(ana, "cairn_server") as connection:
        await connection.execute(
            "update public.commitments set kept_at = '2001-01-01', dropped_at = '2001-01-01'"
        )

    found = await owner.fetchrow("select * from public.commitments where id = $1", made["id"])
    assert found == made


async def test_an_undo_takes_a_commitment_back_to_where_it_was(
    ana: Viewer, as_user: AsUser, superuser: asyncpg.Connection
) -> None:
    """D14."""
    before = await move(as_user, ana, await commit(as_user, ana), "status = 'kept'")
    await move(as_user, ana, before, "status = 'open'")
    await move(as_user, ana, before, "status = 'dropped'")

    async with superuser.transaction():
        await act_as_undo(superuser, ana)
        await superuser.execute(
            "update public.commitments set status = 'kept', kept_at = $1, dropped_at = null "
            "where id = $2",
            before["kept_at"],
            before["id"],
        )

    after = await superuser.fetchrow("select * from public.commitments where id = $1", before["id"])
    ignored = {"version": None, "updated_at": None}
    assert dict(after) | ignored == dict(before) | ignored
