"""What an entry of a journal may be, who reads it, and what its version counts: SC-072 to SC-082."""

from __future__ import annotations

from uuid import UUID

import asyncpg
import pytest

from graphql_api.auth import Viewer
from tests.database.chat import Start
from tests.database.journal.entries import Write, read
from tests.database.journal.rows import insert, text
from tests.fixtures.people import AsUser, NewUser


async def test_an_entry_keeps_all_that_she_says_and_is_shared_with_nobody(
    write: Write, start: Start
) -> None:
    """SC-072 to SC-075, X-13: several tones at once."""
    conversation = await start()

    entry = await write(
        conversation_id=text(conversation),
        title="'Rain'",
        mood="'soft'",
        emotional_tone="'{longing, relief}'",
        themes="'{sleep}'",
    )

    assert (entry["conversation_id"], entry["title"], entry["mood"]) == (
        conversation, "Rain", "soft",
    )  # fmt: skip
    assert (entry["emotional_tone"], entry["themes"]) == (["longing", "relief"], ["sleep"])
    assert (entry["is_private"], entry["shared_with_ai"]) == (False, False)
    assert (entry["insights_extracted_at"], entry["deleted_at"], entry["version"]) == (
        None,
        None,
        1,
    )


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"title": text("x" * 201)}, "journal_entries_title_is_at_most_200_characters"),
        ({"content": r"E' \n\t'"}, "journal_entries_content_is_not_blank"),
        ({"content": text("x" * 50_001)}, "journal_entries_content_is_at_most_50000_characters"),
        ({"mood": "''"}, "journal_entries_mood_has_1_to_80_characters"),
        ({"mood": text("x" * 81)}, "journal_entries_mood_has_1_to_80_characters"),
        (
            {"emotional_tone": "array_fill('a'::text, array[21])"},
            "journal_entries_emotional_tone_has_at_most_20_words",
        ),
        ({"emotional_tone": "'{a, null}'"}, "journal_entries_emotional_tone_has_at_most_20_words"),
        ({"themes": "array_fill('a'::text, array[21])"}, "journal_entries_themes_are_at_most_20"),
        ({"themes": f"array[{text('x' * 4001)}]"}, "journal_entries_themes_are_at_most_20"),
        ({"themes": "'{null}'"}, "journal_entries_themes_are_at_most_20"),
        (
            {"is_private": "true", "shared_with_ai": "true"},
            "journal_entries_private_ones_are_never_shared",
        ),
    ],
)
async def test_an_entry_that_breaks_a_rule_is_refused_by_its_name(
    columns: dict[str, str], constraint: str, write: Write
) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await write(**columns)

    assert refused.value.constraint_name == constraint


async def test_the_longest_entry_is_stored_whole(write: Write) -> None:
    assert len((await write(content=text("ß" * 50_000)))["content"]) == 50_000


async def test_a_private_entry_is_shared_only_once_she_lifts_that(
    write: Write, ana: Viewer, as_user: AsUser
) -> None:
    """SC-074, SC-076."""
    entry = await write(is_private="true")
    share = "update public.journal_entries set shared_with_ai = true{} where id = $1"

    with pytest.raises(asyncpg.CheckViolationError) as refused:
        async with as_user(ana) as connection:
            await connection.execute(share.format(""), entry["id"])
    async with as_user(ana) as connection:
        answer = await connection.execute(share.format(", is_private = false"), entry["id"])

    assert refused.value.constraint_name == "journal_entries_private_ones_are_never_shared"
    assert answer == "UPDATE 1"


async def test_an_entry_outlives_its_conversation(
    write: Write, start: Start, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    entry = await write(conversation_id=text(await start()))

    async with as_user(ana) as connection:
        await connection.execute(
            "delete from public.conversations where id = $1", entry["conversation_id"]
        )

    found = await read(owner, entry["id"])
    assert (found["conversation_id"], found["content"]) == (None, "It rained.")


@pytest.mark.parametrize("role", ["authenticated", "cairn_server"])
async def test_an_entry_cannot_go_with_another_persons_conversation(
    role: str, start: Start, new_user: NewUser, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    conversation, ben = await start(), await new_user("Ben")
    assert await owner.fetchval("select true from public.conversations where id = $1", conversation)

    with pytest.raises(asyncpg.ForeignKeyViolationError):
        async with as_user(ben, role) as connection:
            await insert(
                connection,
                "journal_entries",
                content="'mine'",
                conversation_id=text(conversation),
            )


@pytest.mark.parametrize("role", ["authenticated", "cairn_server"])
async def test_another_person_sees_no_entry_shared_or_not(
    role: str, write: Write, new_user: NewUser, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    entries = [(await write())["id"], (await write(shared_with_ai="true"))["id"]]
    ben = await new_user("Ben")
    there = await owner.fetch("select from public.journal_entries where id = any ($1)", entries)

    async with as_user(ben, role) as connection:
        seen = await connection.fetch("select from public.journal_entries")

    assert (len(there), seen) == (2, [])


async def test_an_entry_stays_with_its_owner_even_for_the_dashboard(
    write: Write, new_user: NewUser, owner: asyncpg.Connection
) -> None:
    entry, ben = await write(), await new_user("Ben")

    with pytest.raises(asyncpg.PostgresError, match="stays with its owner"):
        await owner.execute(
            "update public.journal_entries set user_id = $1 where id = $2", ben.user_id, entry["id"]
        )


@pytest.mark.parametrize(
    "change", ["insights_extracted_at = now()", "version = 9", "created_at = now()"]
)
async def test_what_the_server_notes_she_does_not_write(
    change: str, write: Write, ana: Viewer, as_user: AsUser
) -> None:
    entry = await write(shared_with_ai="true")

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with as_user(ana) as connection:
            await connection.execute(
                f"update public.journal_entries set {change} where id = $1", entry["id"]
            )


async def extract(as_user: AsUser, viewer: Viewer, entry: UUID, version: int) -> bool:
    async with as_user(viewer, "cairn_server") as connection:
        done: bool = await connection.fetchval(
            "select private.finish_journal_extraction($1, $2)", entry, version
        )
    return done


async def test_the_worker_finds_what_she_shares_oldest_first_and_each_once(
    write: Write, ana: Viewer, new_user: NewUser, as_user: AsUser
) -> None:
    """SC-076, SC-079, SC-080."""
    first = await write(shared_with_ai="true")
    second = await write(shared_with_ai="true")
    await write()
    await write(is_private="true")
    trashed = await write(shared_with_ai="true")
    ben = await new_user("Ben")

    async def found(viewer: Viewer, most: int = 10) -> list[UUID]:
        async with as_user(viewer, "cairn_server") as connection:
            rows = await connection.fetch(
                "select id from private.journal_entries_to_extract($1)", most
            )
        return [row["id"] for row in rows]

    async with as_user(ana) as connection:
        await connection.execute("select public.delete_journal_entry($1)", trashed["id"])

    assert await found(ana) == [first["id"], second["id"]]
    assert await found(ana, 1) == [first["id"]]
    assert await found(ben) == []
    assert await extract(as_user, ana, first["id"], 1)
    assert await found(ana) == [second["id"]]


async def test_drawing_insights_is_no_change_of_hers(
    write: Write, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    entry = await write(shared_with_ai="true")

    assert await extract(as_user, ana, entry["id"], 1)

    found = await read(owner, entry["id"])
    assert found["insights_extracted_at"] is not None
    assert (found["version"], found["updated_at"]) == (1, entry["updated_at"])


@pytest.mark.parametrize(
    "change", ["content = 'It poured.'", "shared_with_ai = false", "deleted_at = now()"]
)
async def test_what_she_changed_while_the_worker_read_is_not_marked_as_read(
    change: str, write: Write, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    entry = await write(shared_with_ai="true")
    async with as_user(ana) as connection:
        await connection.execute(
            f"update public.journal_entries set {change} where id = $1", entry["id"]
        )

    marked = [await extract(as_user, ana, entry["id"], version) for version in (1, 2)]

    assert marked == [False, change.startswith("content")]
    stamp = (await read(owner, entry["id"]))["insights_extracted_at"]
    assert (stamp is not None) == change.startswith("content")


async def test_the_worker_marks_nobody_elses_entry(
    write: Write, new_user: NewUser, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    entry, ben = await write(shared_with_ai="true"), await new_user("Ben")

    assert not await extract(as_user, ben, entry["id"], 1)
    assert (await read(owner, entry["id"]))["insights_extracted_at"] is None


@pytest.mark.parametrize(
    ("change", "is_read_again"),
    [
        ("content = 'It poured.'", True),
        ("title = 'Rain'", True),
        ("shared_with_ai = false", True),
        ("content = content", False),
        ("mood = 'soft'", False),
        ("themes = '{rain}'", False),
    ],
)
async def test_an_entry_is_read_again_when_its_words_or_its_sharing_change(
    change: str,
    is_read_again: bool,
    write: Write,
    ana: Viewer,
    as_user: AsUser,
    owner: asyncpg.Connection,
) -> None:
    entry = await write(shared_with_ai="true")
    assert await extract(as_user, ana, entry["id"], 1)

    async with as_user(ana) as connection:
        await connection.execute(
            f"update public.journal_entries set {change} where id = $1", entry["id"]
        )

    stamp = (await read(owner, entry["id"]))["insights_extracted_at"]
    assert (stamp is None) == is_read_again


async def test_nothing_is_marked_as_drawn_from_an_entry_that_is_not_shared(
    write: Write, ana: Viewer, as_user: AsUser
) -> None:
    entry = await write()

    with pytest.raises(asyncpg.CheckViolationError) as refused:
        async with as_user(ana, "cairn_server") as connection:
            await connection.execute(
                "update public.journal_entries set insights_extracted_at = now() where id = $1",
                entry["id"],
            )

    assert refused.value.constraint_name == "journal_entries_only_from_shared_ones_is_extracted"


async def test_a_repeated_request_finds_the_entry_that_the_first_one_made(
    write: Write, ana: Viewer, as_user: AsUser
) -> None:
    """SC-082, X-74: one table of keys serves all verbs."""
    claim = "select private.claim_idempotency_key('createJournalEntry', 'monday', 'hash', $1)"
    entry = await write()

    async with as_user(ana, "cairn_server") as connection:
        first = await connection.fetchval(claim, entry["id"])
    async with as_user(ana, "cairn_server") as connection:
        again = await connection.fetchval(claim, ana.user_id)

    assert (first, again) == (None, entry["id"])
