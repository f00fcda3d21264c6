"""Insights, whoever had them, go forward and are rated once seen: CL-033 to CL-038, TR-052 to TR-058."""

from __future__ import annotations

from uuid import UUID, uuid4

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.database.chat import Start
from tests.database.insights.insight import Tell, change, read
from tests.database.journal.rows import act_as, act_as_undo, insert, text
from tests.fixtures.people import AsUser, NewUser


async def test_a_reflection_of_hers_is_revealed_from_birth_with_or_without_a_conversation(
    start: Start, ana: Viewer, as_user: AsUser
) -> None:
    """CL-033, CL-034, D11."""
    conversation = await start()

    async with as_user(ana) as connection:
        within = await insert(
            connection,
            "insights",
            content="'Most of it is not mine.'",
            tags="'{sleep}'",
            conversation_id=text(conversation),
        )
        without = await insert(connection, "insights", content="'Rest is work, too.'")

    assert (within["origin"], within["type"], within["status"]) == (
        "user",
        "reflection",
        "revealed",
    )
    assert within["revealed_at"] == within["created_at"]
    assert (within["conversation_id"], within["tags"]) == (conversation, ["sleep"])
    assert (without["conversation_id"], without["user_id"]) == (None, ana.user_id)


@pytest.mark.parametrize("role", ["authenticated", "cairn_server"])
async def test_a_reflection_that_an_agent_wrote_down_is_not_called_hers(
    role: str, ana: Viewer, as_user: AsUser
) -> None:
    """CL-037."""
    async with as_user(ana, role) as connection:
        await act_as(connection, "agent:7")
        noted = await insert(connection, "insights", content="'She sleeps better.'")

    assert (noted["origin"], noted["type"], noted["status"]) == ("agent", "reflection", "revealed")


@pytest.mark.parametrize("kind", ["session_summary", "nudge", "follow_up", "observation"])
async def test_what_her_companion_noticed_is_pending(kind: str, tell: Tell) -> None:
    """TR-052, TR-053."""
    told = await tell(type=text(kind))

    assert (told["origin"], told["status"]) == ("agent", "pending")
    assert (told["revealed_at"], told["actioned_at"]) == (None, None)


STATUSES = ("pending", "revealed", "actioned")
FORWARD = {("pending", "revealed"), ("revealed", "actioned")}


@pytest.mark.parametrize("after", STATUSES)
@pytest.mark.parametrize("before", STATUSES)
async def test_an_insight_goes_forward_one_step_at_a_time_and_says_when(
    before: str, after: str, tell: Tell, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """TR-054."""
    insight = (await tell())["id"]
    for status in STATUSES[1 : STATUSES.index(before) + 1]:
        await change(as_user, ana, insight, f"status = '{status}'")
    found = await read(owner, insight)

    if before == after or (before, after) in FORWARD:
        found = await change(as_user, ana, insight, f"status = '{after}'")
        assert found["status"] == after
    else:
        with pytest.raises(asyncpg.PostgresError) as refused:
            await change(as_user, ana, insight, f"status = '{after}'")
        assert refused.value.sqlstate == "CA409"
        assert str(refused.value) == f"An insight that is {before} cannot become {after}."
        assert await read(owner, insight) == found

    assert (found["revealed_at"] is None) == (found["status"] == "pending")
    assert (found["actioned_at"] is None) == (found["status"] != "actioned")
    if (before, after) == ("revealed", "actioned"):
        assert found["revealed_at"] < found["actioned_at"] == found["updated_at"]


async def test_the_dashboard_is_bound_by_the_same_rules(
    tell: Tell, owner: asyncpg.Connection
) -> None:
    insight = (await tell())["id"]

    with pytest.raises(asyncpg.PostgresError, match="pending cannot become actioned"):
        await owner.execute("update public.insights set status = 'actioned' where id = $1", insight)


@pytest.mark.parametrize("what", ["rating = 5", "feedback = 'yes'"])
async def test_only_what_she_has_seen_is_rated(
    what: str, tell: Tell, ana: Viewer, as_user: AsUser
) -> None:
    """TR-055, TR-056."""
    insight = (await tell())["id"]

    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await change(as_user, ana, insight, what)
    rated = await change(as_user, ana, insight, f"status = 'revealed', {what}")

    assert refused.value.constraint_name == "insights_pending_ones_are_not_rated"
    assert (rated["rating"], rated["feedback"]) in {(5, None), (None, "yes")}


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        (
            {"origin": "'agent'", "type": "'journal_pattern'"},
            "insights_type_fits_who_had_it",
        ),
        (
            {"journal_entry_id": text(uuid4())},
            "insights_those_from_her_journal_name_the_entry",
        ),
        ({"title": text("x" * 201)}, "insights_title_is_at_most_200_characters"),
        ({"content": "' '"}, "insights_content_is_not_blank"),
        ({"content": text("x" * 8001)}, "insights_content_is_at_most_8000_characters"),
        (
            {"evidence": "array_fill('a'::text, array[11])"},
            "insights_evidence_is_at_most_10_quotes",
        ),
        ({"evidence": "'{null}'"}, "insights_evidence_is_at_most_10_quotes"),
        ({"tags": "array_fill('a'::text, array[21])"}, "insights_tags_are_at_most_20"),
        ({"tags": "'{null}'"}, "insights_tags_are_at_most_20"),
        ({"tags": f"array[{text('x' * 2001)}]"}, "insights_tags_are_at_most_20"),
    ],
)
async def test_an_insight_that_breaks_a_rule_is_refused_by_its_name(
    columns: dict[str, str], constraint: str, tell: Tell
) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await tell(**columns)

    assert refused.value.constraint_name == constraint


@pytest.mark.parametrize(
    ("what", "constraint"),
    [
        ("rating = 0", "insights_rating_is_between_1_and_5"),
        ("rating = 6", "insights_rating_is_between_1_and_5"),
        (f"feedback = {text('x' * 4001)}", "insights_feedback_is_at_most_4000_characters"),
    ],
)
async def test_a_rating_that_breaks_a_rule_is_refused_by_its_name(
    what: str, constraint: str, tell: Tell, ana: Viewer, as_user: AsUser
) -> None:
    insight = (await tell())["id"]

    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await change(as_user, ana, insight, f"status = 'revealed', {what}")

    assert refused.value.constraint_name == constraint


@pytest.mark.parametrize(
    ("forged", "constraint"),
    [
        ("'reflection', 'pending', null, null", None),
        ("'observation', 'revealed', null, null", "insights_revealed_ones_say_when"),
        ("'observation', 'pending', now(), null", "insights_revealed_ones_say_when"),
        ("'observation', 'actioned', now(), null", "insights_actioned_ones_say_when"),
        ("'observation', 'revealed', now(), now()", "insights_actioned_ones_say_when"),
    ],
)
async def test_status_and_moments_agree_even_in_the_dashboard(
    forged: str, constraint: str | None, ana: Viewer, owner: asyncpg.Connection
) -> None:
    sql = (
        "insert into public.insights "
        "(user_id, origin, content, type, status, revealed_at, actioned_at) "
        f"values ($1, 'agent', 'x', {forged}) returning status"
    )

    if constraint is None:
        assert await owner.fetchval(sql, ana.user_id) == "revealed"
    else:
        with pytest.raises(asyncpg.CheckViolationError) as refused:
            await owner.execute(sql, ana.user_id)
        assert refused.value.constraint_name == constraint


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("origin", "'agent'"), ("type", "'nudge'"), ("status", "'actioned'"),
        ("evidence", "'{x}'"), ("rating", "5"), ("revealed_at", "now()"),
        ("journal_entry_id", "null"), ("withdrawn_at", "now()"),
    ],
)  # fmt: skip
async def test_she_cannot_write_an_insight_of_her_companion(
    column: str, value: str, ana: Viewer, as_user: AsUser
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with as_user(ana) as connection:
            await insert(connection, "insights", content="'x'", **{column: value})


@pytest.mark.parametrize("role", ["authenticated", "cairn_server"])
@pytest.mark.parametrize(
    "column", ["origin", "type", "evidence", "journal_entry_id", "withdrawn_at"]
)
async def test_where_an_insight_comes_from_is_not_changed_afterwards(
    column: str, role: str, tell: Tell, ana: Viewer, as_user: AsUser
) -> None:
    insight = (await tell())["id"]

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with as_user(ana, role) as connection:
            await connection.execute(
                f"update public.insights set {column} = {column} where id = $1", insight
            )


@pytest.mark.parametrize("what", ["title = 'x'", "content = 'x'"])
async def test_only_reflections_are_put_in_other_words(
    what: str, tell: Tell, ana: Viewer, as_user: AsUser
) -> None:
    insight = (await tell())["id"]
    async with as_user(ana) as connection:
        reflection = (await insert(connection, "insights", content="'It is late.'"))["id"]

    with pytest.raises(asyncpg.PostgresError, match="Only reflections") as refused:
        await change(as_user, ana, insight, what)
    changed = await change(as_user, ana, reflection, what)
    tagged = await change(as_user, ana, insight, "tags = '{mine}'")

    assert refused.value.sqlstate == "CA409"
    assert "x" in (changed["title"], changed["content"])
    assert (tagged["tags"], tagged["version"]) == (["mine"], 2)


@pytest.mark.parametrize("column", ["user_id = gen_random_uuid()", "origin = 'user'"])
async def test_an_insight_stays_with_whom_it_is_about_even_for_the_dashboard(
    column: str, tell: Tell, owner: asyncpg.Connection
) -> None:
    insight = (await tell())["id"]

    with pytest.raises(asyncpg.PostgresError, match="stays with whom"):
        await owner.execute(f"update public.insights set {column} where id = $1", insight)


async def test_a_session_has_one_summary_and_many_other_insights(start: Start, tell: Tell) -> None:
    """CL-036, TR-005."""
    one, other = text(await start()), text(await start())
    for conversation in (one, other):
        await tell(type="'session_summary'", conversation_id=conversation)
    for _ in range(2):
        await tell(conversation_id=one)

    with pytest.raises(asyncpg.UniqueViolationError) as refused:
        await tell(type="'session_summary'", conversation_id=one)

    assert refused.value.constraint_name == "insights_session_summary_key"


async def test_an_insight_outlives_its_conversation(
    start: Start, tell: Tell, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    insight = await tell(conversation_id=text(await start()))

    async with as_user(ana) as connection:
        await connection.execute("delete from public.conversations")

    assert (await read(owner, insight["id"]))["conversation_id"] is None


@pytest.mark.parametrize("role", ["authenticated", "cairn_server"])
async def test_another_person_sees_changes_and_deletes_none(
    role: str,
    tell: Tell,
    new_user: NewUser,
    as_user: AsUser,
    owner: asyncpg.Connection,
) -> None:
    insight, ben = await tell(), await new_user("Ben")
    assert await read(owner, insight["id"]) == insight

    async with as_user(ben, role) as connection:
        seen = await connection.fetch("select from public.insights where id = $1", insight["id"])
        changed = await connection.execute("update public.insights set status = 'revealed'")
        deleted = await connection.execute("delete from public.insights")

    assert (seen, changed, deleted) == ([], "UPDATE 0", "DELETE 0")
    assert await read(owner, insight["id"]) == insight


async def test_her_list_of_a_status_newest_first_has_an_index(owner: asyncpg.Connection) -> None:
    """TR-057, X-42: one index serves both."""
    found = await owner.fetch(
        "select indexdef from pg_indexes where tablename = 'insights' "
        "and indexdef like '%(user_id, status, created_at DESC, id DESC)'"
    )

    assert len(found) == 1


async def test_the_moments_are_the_databases(
    tell: Tell, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    insight = (await tell())["id"]
    found = await change(as_user, ana, insight, "status = 'revealed'")

    async with as_user(ana, "cairn_server") as connection:
        await connection.execute(
            "update public.insights set revealed_at = '2001-01-01', actioned_at = '2001-01-01'"
        )

    assert await read(owner, insight) == found


async def test_an_undo_takes_an_insight_back_to_where_it_was(
    tell: Tell, ana: Viewer, as_user: AsUser, superuser: asyncpg.Connection
) -> None:
    """D14."""
    before = await tell()
    await change(as_user, ana, before["id"], "status = 'revealed'")

    async with superuser.transaction():
        await act_as_undo(superuser, ana)
        await superuser.execute(
            "update public.insights set status = 'pending', revealed_at = null where id = $1",
            before["id"],
        )

    after = await read(superuser, before["id"])
    ignored = {"version": None, "updated_at": None}
    assert dict(after) | ignored == dict(before) | ignored


async def pending_updates(owner: asyncpg.Connection, insight: UUID) -> list[int]:
    rows = await owner.fetch(
        "select requested from public.memory_updates where kind = 'insight' and ref_id = $1",
        insight,
    )
    return [row["requested"] for row in rows]


async def test_memory_takes_in_what_she_rated_or_acted_on(
    tell: Tell, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """TR-058."""
    insight = (await tell())["id"]

    await change(as_user, ana, insight, "status = 'revealed', tags = '{mine}'")
    assert await pending_updates(owner, insight) == []
    for number, what in enumerate(("rating = 4", "feedback = 'Yes.'", "status = 'actioned'"), 1):
        await change(as_user, ana, insight, what)
        await change(as_user, ana, insight, what)
        assert await pending_updates(owner, insight) == [number]


async def test_memory_waits_for_no_insight_that_is_gone(
    tell: Tell, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    insight = (await tell())["id"]
    await change(as_user, ana, insight, "status = 'revealed', rating = 4")
    assert await pending_updates(owner, insight) == [1]

    async with as_user(ana) as connection:
        await connection.execute("delete from public.insights")

    assert await pending_updates(owner, insight) == []
