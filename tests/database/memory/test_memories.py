"""What is kept in mind of her: weight, consent, status, and what it was drawn from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.database.chat import Start, say
from tests.database.live import events, head
from tests.database.memory.remembering import read, refused, remember
from tests.fixtures.people import AsUser, NewUser

CHANGE_STATUS = (
    "update public.memories set status = $1::text::public.memory_status where id = $2 "
    "returning status::text"
)


async def test_a_memory_is_fresh_and_of_low_weight_until_the_server_says_more(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """NU-072, NU-074, NU-077, SC-030."""
    async with as_user(ana, "cairn_server") as connection:
        memory = await connection.fetchval(
            "insert into public.memories (content, memory_type) "
            "values ('She walks.', 'personal_fact') returning id"
        )

    found = await read(owner, memory)
    assert found["user_id"] == ana.user_id
    assert (found["storage_type"], found["significance_level"]) == ("short_term", "low")
    assert (found["status"], found["author_role"], found["version"]) == ("active", "user", 1)
    assert (found["composite_score"], found["consolidation_count"]) == (0, 0)
    assert (found["is_consented"], found["consented_at"], found["validation_passed"]) == (
        False,
        None,
        None,
    )


@pytest.mark.parametrize(
    ("relevance", "stability", "explicitness", "composite"),
    [(1, 0, 0, 0.5), (0, 1, 0, 0.3), (0, 0, 1, 0.2), (1, 1, 1, 1), (0.4, 0.5, 0.5, 0.45)],
)
async def test_the_composite_score_weighs_the_other_three(
    relevance: float,
    stability: float,
    explicitness: float,
    composite: float,
    ana: Viewer,
    as_user: AsUser,
    owner: asyncpg.Connection,
) -> None:
    """NU-078."""
    memory = await remember(
        as_user,
        ana,
        relevance_score=relevance,
        stability_score=stability,
        explicitness_score=explicitness,
    )

    assert (await read(owner, memory))["composite_score"] == pytest.approx(composite)


async def test_levels_of_significance_compare(owner: asyncpg.Connection) -> None:
    """NU-075."""
    assert await owner.fetchval(
        "select 'low'::public.significance_level < 'moderate' "
        "and 'moderate'::public.significance_level < 'high' "
        "and 'high'::public.significance_level < 'critical'"
    )


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ("content = ''", "memories_content_is_not_blank"),
        ("content = E' \\n\\t'", "memories_content_is_not_blank"),
        ("content = repeat('x', 8001)", "memories_content_is_at_most_8000_characters"),
        (
            "original_content = repeat('x', 32001)",
            "memories_original_content_is_at_most_32000_characters",
        ),
        (
            "processed_content = repeat('x', 8001)",
            "memories_processed_content_is_at_most_8000_characters",
        ),
        ("summary = repeat('x', 1001)", "memories_summary_is_at_most_1000_characters"),
        ("significance_category = 'Her Work'", "memories_significance_category_is_a_short_word"),
        ("relevance_score = 1.1", "memories_scores_are_between_0_and_1"),
        ("stability_score = -0.1", "memories_scores_are_between_0_and_1"),
        ("explicitness_score = 'NaN'", "memories_scores_are_between_0_and_1"),
        ("quality_score = 101", "memories_quality_score_is_between_0_and_100"),
        ("quality_score = -1", "memories_quality_score_is_between_0_and_100"),
        ("decay_rate = -0.1", "memories_decay_rate_is_between_0_and_1"),
        ("decay_rate = 1.1", "memories_decay_rate_is_between_0_and_1"),
        ("consolidation_count = -1", "memories_consolidation_count_is_not_negative"),
        (
            "valid_until = valid_from - interval '1 second'",
            "memories_valid_until_is_not_before_valid_from",
        ),
        (
            "superseded_by = id",
            "memories_superseded_ones_are_not_active_nor_their_own_end",
        ),
        ("pii_detected = '[]'", "memories_pii_detected_is_an_object_of_at_most_8_kb"),
        (
            "pii_detected = jsonb_build_object('x', repeat('x', 8200))",
            "memories_pii_detected_is_an_object_of_at_most_8_kb",
        ),
        ("extraction_metadata = '1'", "memories_extraction_metadata_is_an_object_of_at_most_8_kb"),
        (
            "extraction_metadata = jsonb_build_object('x', repeat('x', 8200))",
            "memories_extraction_metadata_is_an_object_of_at_most_8_kb",
        ),
        (
            "tags = array_fill('x'::text, array[21])",
            "memories_tags_are_at_most_20_and_1000_characters",
        ),
        ("tags = array[repeat('x', 1001)]", "memories_tags_are_at_most_20_and_1000_characters"),
        ("tags = array['x', null]", "memories_tags_are_at_most_20_and_1000_characters"),
        ("memory_type = 'secret'", "22P02"),
        ("storage_type = 'forever'", "22P02"),
        ("significance_level = 'huge'", "22P02"),
        ("memory_type = null", "23502"),
    ],
)
async def test_a_memory_that_breaks_a_rule_is_refused_by_its_name(
    changes: str, constraint: str, ana: Viewer, as_user: AsUser
) -> None:
    memory = await remember(as_user, ana)

    async with as_user(ana, "cairn_server") as connection:
        transaction = connection.transaction()
        await transaction.start()
        found = await refused(
            connection, f"update public.memories set {changes} where id = $1", memory
        )
        await transaction.rollback()

    assert found == constraint


STATUSES = ("active", "inactive", "archived", "dismissed")
STATUS_STEPS = {
    "active": {"inactive", "archived", "dismissed"},
    "inactive": {"active", "archived", "dismissed"},
    "archived": {"active", "dismissed"},
    "dismissed": {"active"},
}  # fmt: skip


@pytest.mark.parametrize("after", STATUSES)
@pytest.mark.parametrize("before", STATUSES)
async def test_a_memory_is_put_away_and_taken_back_by_allowed_steps_only(
    before: str, after: str, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """NU-089, NU-090."""
    memory = await remember(as_user, ana)
    async with as_user(ana) as connection:
        await connection.fetchval(CHANGE_STATUS, before, memory)
    earlier = await read(owner, memory)

    if after == before or after in STATUS_STEPS[before]:
        async with as_user(ana) as connection:
            assert await connection.fetchval(CHANGE_STATUS, after, memory) == after
        changed = await read(owner, memory)
        assert (changed["status_changed_at"] > earlier["status_changed_at"]) == (after != before)
        assert changed["version"] == earlier["version"] + (after != before)
    else:
        with pytest.raises(asyncpg.PostgresError) as failed:
            async with as_user(ana) as connection:
                await connection.execute(CHANGE_STATUS, after, memory)
        assert failed.value.sqlstate == "CA409"
        assert str(failed.value) == f"A memory that is {before} cannot become {after}."


async def test_a_memory_that_a_newer_one_replaces_is_set_aside_and_ends(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """SC-025, SC-031."""
    older, newer = await remember(as_user, ana), await remember(as_user, ana, "She runs.")

    async with as_user(ana, "cairn_server") as connection:
        await connection.execute(
            "update public.memories set superseded_by = $1 where id = $2", newer, older
        )

    found = await read(owner, older)
    assert (found["status"], found["superseded_by"]) == ("inactive", newer)
    assert found["valid_until"] >= found["valid_from"]


@pytest.mark.parametrize("between", [[], ["archived"], ["dismissed"]])
async def test_a_replaced_memory_does_not_come_back_while_the_newer_one_is_there(
    between: list[str], ana: Viewer, as_user: AsUser
) -> None:
    older, newer = await remember(as_user, ana), await remember(as_user, ana, "She runs.")
    async with as_user(ana, "cairn_server") as connection:
        await connection.execute(
            "update public.memories set superseded_by = $1 where id = $2", newer, older
        )
        for status in between:
            await connection.execute(CHANGE_STATUS, status, older)

    with pytest.raises(asyncpg.PostgresError) as failed:
        async with as_user(ana) as connection:
            await connection.execute(CHANGE_STATUS, "active", older)
    async with as_user(ana) as connection:
        await connection.execute("delete from public.memories where id = $1", newer)
        back = await connection.fetchval(CHANGE_STATUS, "active", older)

    assert failed.value.sqlstate == "CA409"
    assert back == "active"


async def test_a_replaced_memory_can_only_be_hers(
    ana: Viewer, new_user: NewUser, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    ben = await new_user("Ben")
    hers, his = await remember(as_user, ana), await remember(as_user, ben)

    async with as_user(ben, "cairn_server") as connection:
        transaction = connection.transaction()
        await transaction.start()
        found = await refused(
            connection, "update public.memories set superseded_by = $1 where id = $2", hers, his
        )
        await transaction.rollback()

    assert (await read(owner, hers))["user_id"] == ana.user_id
    assert found == "memories_superseded_by_fkey"


async def test_consent_says_when_it_came_and_went(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """NU-087, NU-164."""
    memory = await remember(as_user, ana, is_consented=False)
    seen = [await read(owner, memory)]
    for is_consented in (True, False, True):
        async with as_user(ana) as connection:
            await connection.execute(
                "update public.memories set is_consented = $1 where id = $2", is_consented, memory
            )
        seen.append(await read(owner, memory))

    never, given, withdrawn, again = seen
    assert (never["consented_at"], never["withdrawn_at"]) == (None, None)
    assert given["consented_at"] is not None
    assert given["withdrawn_at"] is None
    assert withdrawn["consented_at"] == given["consented_at"] < withdrawn["withdrawn_at"]
    assert again["consented_at"] > withdrawn["withdrawn_at"]
    assert again["withdrawn_at"] is None


async def test_consent_given_at_once_says_since_when(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    memory = await remember(as_user, ana, is_consented=True)

    assert (await read(owner, memory))["consented_at"] is not None


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        (
            "is_consented, consented_at, withdrawn_at) values (true, now(), now()",
            "memories_consented_ones_say_since_when",
        ),
        (
            "withdrawn_at) values (now()",
            "memories_withdrawn_consent_had_been_given",
        ),
    ],
)
async def test_the_dashboard_cannot_make_up_consent(
    columns: str, constraint: str, ana: Viewer, owner: asyncpg.Connection
) -> None:
    names, values = columns.split(") values (")

    found = await refused(
        owner,
        f"insert into public.memories (user_id, content, memory_type, {names}) "
        f"values ($1, 'x', 'event', {values})",
        ana.user_id,
    )

    assert found == constraint


@pytest.mark.parametrize("gone", ["conversations", "messages"])
async def test_a_memory_outlives_what_it_was_drawn_from(
    gone: str, start: Start, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    """NU-091, SC-035, SC-038."""
    conversation = await start()
    async with as_user(ana, "cairn_server") as connection:
        message = (await say(connection, conversation))["id"]
    memory = await remember(as_user, ana, conversation_id=conversation, message_id=message)
    source = {"conversations": conversation, "messages": message}[gone]

    async with as_user(ana, "cairn_server") as connection:
        await connection.execute(f"delete from public.{gone} where id = $1", source)

    found = await read(owner, memory)
    left = conversation if gone == "messages" else None
    assert (found["conversation_id"], found["message_id"]) == (left, None)
    assert (found["user_id"], found["content"]) == (ana.user_id, "She walks.")


async def test_a_memory_goes_with_her(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    memory = await remember(as_user, ana)

    await owner.execute("delete from auth.users where id = $1", ana.user_id)

    assert await read(owner, memory) is None


@pytest.mark.parametrize("column", ["conversation_id", "message_id"])
async def test_a_memory_is_drawn_from_her_own_words_only(
    column: str,
    start: Start,
    ana: Viewer,
    new_user: NewUser,
    as_user: AsUser,
    owner: asyncpg.Connection,
) -> None:
    ben, conversation = await new_user("Ben"), await start()
    async with as_user(ana, "cairn_server") as connection:
        message = (await say(connection, conversation))["id"]
    hers = {"conversation_id": conversation, "message_id": message}[column]

    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await remember(as_user, ben, **{column: hers})

    assert await owner.fetchval("select count(*) from public.messages where id = $1", message) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "insert into public.memories (content, memory_type) values ('I am rich.', 'personal_fact')",
        "update public.memories set content = 'Another.' where id = $1",
        "update public.memories set significance_level = 'critical' where id = $1",
        "update public.memories set relevance_score = 1 where id = $1",
        "update public.memories set validation_passed = true where id = $1",
        "update public.memories set storage_type = 'long_term' where id = $1",
        "update public.memories set consented_at = now() where id = $1",
        "update public.memories set withdrawn_at = null where id = $1",
        "update public.memories set version = 7 where id = $1",
        "update public.memories set user_id = gen_random_uuid() where id = $1",
        "update public.memories set created_at = now() where id = $1",
    ],
)
async def test_what_a_memory_says_and_weighs_is_not_hers_to_write(
    statement: str, ana: Viewer, as_user: AsUser
) -> None:
    memory = await remember(as_user, ana)

    async with as_user(ana) as connection:
        transaction = connection.transaction()
        await transaction.start()
        found = await refused(connection, statement, *([memory] if "$1" in statement else []))
        await transaction.rollback()

    assert found == "42501"


@pytest.mark.parametrize("role", ["authenticated", "cairn_server"])
@pytest.mark.parametrize(
    "statement",
    [
        "update public.memories set status = 'dismissed' where id = $1",
        "update public.memories set is_consented = false where id = $1",
        "delete from public.memories where id = $1",
    ],
)
async def test_nobody_else_touches_a_memory_of_hers(
    statement: str,
    role: str,
    ana: Viewer,
    new_user: NewUser,
    as_user: AsUser,
    owner: asyncpg.Connection,
) -> None:
    memory, ben = await remember(as_user, ana), await new_user("Ben")
    before = await read(owner, memory)
    assert before["user_id"] == ana.user_id

    async with as_user(ben, role) as connection:
        answer = await connection.execute(statement, memory)

    assert answer.endswith(" 0")
    assert await read(owner, memory) == before


async def test_only_what_changes_counts_as_a_version(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    memory = await remember(as_user, ana, relevance_score=0.7)
    versions = []

    for changes in ("tags = tags", "relevance_score = 0.7", "tags = '{sea}'", "summary = 'Walks'"):
        async with as_user(ana, "cairn_server") as connection:
            await connection.execute(f"update public.memories set {changes} where id = $1", memory)
        versions.append((await read(owner, memory))["version"])

    assert versions == [1, 1, 2, 3]


@pytest.mark.parametrize("column", ["id", "user_id"])
async def test_a_memory_stays_with_its_owner_even_for_the_dashboard(
    column: str, ana: Viewer, new_user: NewUser, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    memory, ben = await remember(as_user, ana), await new_user("Ben")
    other = ben.user_id if column == "user_id" else uuid4()

    found = await refused(
        owner, f"update public.memories set {column} = $1 where id = $2", other, memory
    )

    assert found == "CA409"


async def test_each_change_of_a_memory_is_one_event_and_its_use_none(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    seen = await head(owner, ana.user_id)
    memory = await remember(as_user, ana)
    async with as_user(ana) as connection:
        await connection.execute(CHANGE_STATUS, "archived", memory)
    async with as_user(ana, "cairn_server") as connection:
        await connection.execute("select private.touch_memory_access(array[$1::uuid])", memory)
    async with as_user(ana) as connection:
        await connection.execute("delete from public.memories where id = $1", memory)

    assert await events(owner, ana.user_id, seen) == [
        ("memories", memory, "insert"),
        ("memories", memory, "update"),
        ("memories", memory, "delete"),
    ]


async def test_a_memory_may_have_become_true_and_ended_long_ago(
    ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    since = datetime(1999, 5, 1, tzinfo=UTC)

    memory = await remember(as_user, ana, valid_from=since, valid_until=since + timedelta(days=400))

    assert (await read(owner, memory))["valid_from"] == since
