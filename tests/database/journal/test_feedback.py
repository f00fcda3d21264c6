"""What she says of how it went, and what was done about it: SC-085, CO-066 to CO-069."""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.database.chat import Start, say
from tests.database.journal.rows import insert, text
from tests.fixtures.people import AsUser, NewUser


async def spoken(as_user: AsUser, viewer: Viewer, conversation: UUID) -> UUID:
    async with as_user(viewer, "cairn_server") as connection:
        return UUID(str((await say(connection, conversation, "Rest.", role="assistant"))["id"]))


async def give(as_user: AsUser, viewer: Viewer, **columns: str) -> asyncpg.Record:
    async with as_user(viewer) as connection:
        return await insert(connection, "user_feedback", **{"kind": "'helpful'"} | columns)


async def test_feedback_is_about_a_message_a_conversation_or_the_app(
    start: Start, ana: Viewer, as_user: AsUser
) -> None:
    """CO-069."""
    conversation = await start()
    message = await spoken(as_user, ana, conversation)

    given = [
        await give(as_user, ana, message_id=text(message), rating="5"),
        await give(as_user, ana, conversation_id=text(conversation)),
        await give(as_user, ana, comment="'A darker dark.'"),
        await give(as_user, ana, comment="'And larger letters.'"),
    ]

    assert [row["target"] for row in given] == ["message", "conversation", "app", "app"]


async def test_feedback_is_about_one_thing(start: Start, ana: Viewer, as_user: AsUser) -> None:
    conversation = await start()
    message = await spoken(as_user, ana, conversation)

    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await give(as_user, ana, message_id=text(message), conversation_id=text(conversation))

    assert refused.value.constraint_name == "user_feedback_is_about_one_thing"


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"rating": "0"}, "user_feedback_rating_is_between_1_and_5"),
        ({"rating": "6"}, "user_feedback_rating_is_between_1_and_5"),
        ({"comment": "' '"}, "user_feedback_comment_is_not_blank"),
        ({"comment": text("x" * 4001)}, "user_feedback_comment_is_at_most_4000_characters"),
    ],
)
async def test_feedback_that_breaks_a_rule_is_refused_by_its_name(
    columns: dict[str, str], constraint: str, ana: Viewer, as_user: AsUser
) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await give(as_user, ana, **columns)

    assert refused.value.constraint_name == constraint


async def test_who_thinks_again_changes_what_she_said(
    start: Start, ana: Viewer, as_user: AsUser
) -> None:
    message = await spoken(as_user, ana, await start())
    first = await give(as_user, ana, message_id=text(message), rating="2")

    with pytest.raises(asyncpg.UniqueViolationError) as refused:
        await give(as_user, ana, message_id=text(message), rating="4")
    async with as_user(ana) as connection:
        changed = await connection.fetchrow(
            "update public.user_feedback set rating = 4 where id = $1 returning *", first["id"]
        )

    assert refused.value.constraint_name == "user_feedback_message_key"
    assert (changed["rating"], changed["version"]) == (4, 2)


async def test_feedback_goes_with_what_it_is_about_and_its_log_with_it(
    start: Start, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    conversation = await start()
    message = await spoken(as_user, ana, conversation)
    await give(as_user, ana, message_id=text(message))
    kept = await give(as_user, ana)

    async with as_user(ana) as connection:
        await connection.execute("delete from public.conversations where id = $1", conversation)

    for table, column in (("user_feedback", "id"), ("feedback_log", "feedback_id")):
        left = await owner.fetch(
            f"select {column} from public.{table} where user_id = $1", ana.user_id
        )
        assert [row[0] for row in left] == [kept["id"]]


async def test_nobody_gives_feedback_on_another_persons_message(
    start: Start, ana: Viewer, new_user: NewUser, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    message, ben = await spoken(as_user, ana, await start()), await new_user("Ben")
    assert await owner.fetchval("select true from public.messages where id = $1", message)

    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await give(as_user, ben, message_id=text(message))


async def log(
    as_user: AsUser, viewer: Viewer, feedback: UUID, status: str, **more: str
) -> asyncpg.Record:
    async with as_user(viewer, "cairn_server") as connection:
        columns = {"feedback_id": text(feedback), "status": text(status)}
        return await insert(connection, "feedback_log", **columns | more)


async def statuses(owner: asyncpg.Connection, feedback: UUID) -> list[str]:
    rows = await owner.fetch(
        "select status::text from public.feedback_log where feedback_id = $1 "
        "order by created_at, id",
        feedback,
    )
    return [row["status"] for row in rows]


async def test_feedback_is_received_then_reviewed_then_acted_on(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """CO-066, CO-068."""
    feedback = (await give(as_user, ana, kind="'harmful'"))["id"]
    crisis = uuid4()

    await log(as_user, ana, feedback, "reviewed", note="'It hurt her.'")
    acted = await log(as_user, ana, feedback, "acted", crisis_event_id=text(crisis))

    assert await statuses(owner, feedback) == ["received", "reviewed", "acted"]
    assert acted["crisis_event_id"] == crisis


@pytest.mark.parametrize(
    ("before", "after"),
    [("reviewed", "received"), ("acted", "received"), ("acted", "reviewed")],
)
async def test_feedback_does_not_go_back(
    before: str, after: str, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    feedback = (await give(as_user, ana))["id"]
    await log(as_user, ana, feedback, before)

    with pytest.raises(asyncpg.PostgresError) as refused:
        await log(as_user, ana, feedback, after)
    await log(as_user, ana, feedback, before, note="'A second look.'")

    assert refused.value.sqlstate == "CA409"
    assert str(refused.value) == f"Feedback that is {before} cannot become {after}."
    assert await statuses(owner, feedback) == ["received", before, before]


async def test_of_two_who_log_at_once_the_second_knows_what_the_first_wrote(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    feedback = (await give(as_user, ana))["id"]

    async with as_user(ana, "cairn_server") as first:
        await insert(first, "feedback_log", feedback_id=text(feedback), status="'acted'")
        second = asyncio.create_task(log(as_user, ana, feedback, "reviewed"))
        await asyncio.wait([second], timeout=0.5)
        waited = not second.done()

    with pytest.raises(asyncpg.PostgresError, match="acted cannot become reviewed"):
        await second
    assert waited
    assert await statuses(owner, feedback) == ["received", "acted"]


@pytest.mark.parametrize(
    "forged",
    [
        "insert into public.feedback_log (feedback_id, status) values ($1, 'acted')",
        "update public.feedback_log set status = 'acted' where feedback_id = $1",
        "delete from public.feedback_log where feedback_id = $1",
    ],
)
async def test_she_reads_the_log_and_writes_none_of_it(
    forged: str, ana: Viewer, as_user: AsUser
) -> None:
    feedback = (await give(as_user, ana))["id"]

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with as_user(ana) as connection:
            await connection.execute(forged, feedback)
    async with as_user(ana) as connection:
        assert len(await connection.fetch("select from public.feedback_log")) == 1


@pytest.mark.parametrize("verb", ["update public.feedback_log set note = 'x'", "delete from public.feedback_log"])  # fmt: skip
async def test_the_server_only_adds_to_the_log(verb: str, ana: Viewer, as_user: AsUser) -> None:
    await give(as_user, ana)

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with as_user(ana, "cairn_server") as connection:
            await connection.execute(verb)


async def test_statistics_count_her_own_feedback(
    start: Start, ana: Viewer, new_user: NewUser, as_user: AsUser
) -> None:
    """CO-067."""
    message = await spoken(as_user, ana, await start())
    await give(as_user, ana, message_id=text(message), rating="5")
    hurt = await give(as_user, ana, kind="'harmful'", rating="2")
    for kind in ("unhelpful", "wrong", "other", "other"):
        await give(as_user, ana, kind=text(kind))
    await give(as_user, await new_user("Ben"), rating="1")
    await log(as_user, ana, hurt["id"], "acted")
    await log(as_user, ana, hurt["id"], "acted", note="'Again.'")

    async with as_user(ana) as connection:
        counted = await connection.fetchrow("select * from public.feedback_statistics()")
        later = await connection.fetchrow(
            "select * from public.feedback_statistics(now() + interval '1 hour')"
        )

    counts = dict(counted)
    assert counts.pop("last_given_at") is not None
    assert counts == {
        "feedback_count": 6, "helpful_count": 1, "unhelpful_count": 1, "harmful_count": 1,
        "wrong_count": 1, "other_count": 2, "rated_count": 2, "average_rating": 3.5,
        "acted_count": 1,
    }  # fmt: skip
    assert (later["feedback_count"], later["average_rating"]) == (0, None)
