"""The log that every device listens to: in the order of commits, without gaps, hers alone."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import asyncpg
import pytest

from graphql_api.auth import Viewer
from graphql_api.local.stack import Urls
from tests.database.chat import Start, say
from tests.database.live import EVENTS, events, head, take_role, until_waiting
from tests.fixtures.people import AsUser, NewUser

SAY = "insert into public.messages (conversation_id, role, content) values ($1, 'user', 'x')"
# Columns whose change alone is no event, and why.
SILENT = {
    "messages": {
        "draft": "a reply under way is read by its own stream",
        "attempt": "the same",
        "updated_at": "changes with every other",
        "content": "its hash stands for it",
        "memory_extracted": "the server's own note, shown to nobody",
        "idempotency_key": "the sender's, shown to nobody",
        **dict.fromkeys(
            ("id", "user_id", "conversation_id", "turn", "role", "in_reply_to"), "never changes"
        ),
    },
    "conversations": {
        **dict.fromkeys(("last_turn", "message_count", "last_message_at"), "its messages tell"),
        **dict.fromkeys(("title", "description", "status", "metadata"), "the version tells"),
        "archived_from": "changes with the status",
        "updated_at": "changes with every other",
        **dict.fromkeys(("id", "user_id"), "never changes"),
    },
}


@pytest.fixture
async def two(database_urls: Urls) -> AsyncIterator[tuple[asyncpg.Connection, asyncpg.Connection]]:
    """Two connections of the API."""
    pair = [await asyncpg.connect(database_urls.api) for _ in range(2)]
    yield pair[0], pair[1]
    for connection in pair:
        await connection.close()


async def test_each_change_of_a_conversation_and_what_is_in_it_is_one_event(
    start: Start, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    conversation = await start()
    async with as_user(ana, "cairn_server") as connection:
        message = (await say(connection, conversation))["id"]
    async with as_user(ana, "cairn_server") as connection:
        summary = await connection.fetchval(
            "insert into public.conversation_summaries (conversation_id, summary, through_turn) "
            "values ($1, 'short', 1) returning id",
            conversation,
        )
        await connection.execute(
            "update public.conversations set title = 'Anew' where id = $1", conversation
        )
        await connection.execute("delete from public.messages where id = $1", message)

    rows = await owner.fetch(EVENTS, ana.user_id, 0)
    assert [tuple(row) for row in rows] == [
        (1, "conversations", conversation, conversation, "insert"),
        (2, "messages", message, conversation, "insert"),
        (3, "conversation_summaries", summary, conversation, "insert"),
        (4, "conversations", conversation, conversation, "update"),
        (5, "messages", message, conversation, "delete"),
    ]
    assert await head(owner, ana.user_id) == 5


@pytest.mark.parametrize("is_in_bens_name", [False, True])
async def test_a_change_in_the_dashboard_is_an_event_of_the_rows_owner(
    *,
    is_in_bens_name: bool,
    start: Start,
    ana: Viewer,
    new_user: NewUser,
    owner: asyncpg.Connection,
) -> None:
    conversation, ben = await start(), await new_user("Ben")
    before = await head(owner, ana.user_id)

    async with owner.transaction():
        if is_in_bens_name:
            await owner.execute("select set_config('request.jwt.claims', $1, true)", ben.claims)
        await owner.execute(
            "update public.conversations set title = 'Staff was here' where id = $1", conversation
        )

    assert await events(owner, ana.user_id, before) == [("conversations", conversation, "update")]
    assert await events(owner, ben.user_id) == []


@pytest.mark.parametrize("table", SILENT)
async def test_every_column_that_a_reader_sees_is_compared(
    table: str, owner: asyncpg.Connection
) -> None:
    columns = await owner.fetch(
        "select attname from pg_attribute where attrelid = $1::text::regclass and attnum > 0 "
        "and not attisdropped",
        f"public.{table}",
    )
    definition = await owner.fetchval(
        "select pg_get_triggerdef(oid) from pg_trigger where tgname = $1",
        f"t900_{table}_live_update",
    )

    compared = set(re.findall(r"new\.(\w+)", definition))
    assert {row["attname"] for row in columns} - compared == set(SILENT[table])
    assert compared == set(re.findall(r"old\.(\w+)", definition))


async def test_a_reply_that_grows_is_no_event_and_each_of_its_states_is_one(
    start: Start, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    conversation = await start()
    async with as_user(ana, "cairn_server") as connection:
        reply = (await say(connection, conversation, "", role="assistant", state="queued"))["id"]
    before = await head(owner, ana.user_id)

    for change in (
        "state = 'streaming', attempt = 1",
        "draft = 'One.'",
        "draft = 'One. Two.', attempt = 2",
        "state = 'complete', content = 'One. Two.', draft = null",
    ):
        async with as_user(ana, "cairn_server") as connection:
            await connection.execute(f"update public.messages set {change} where id = $1", reply)

    assert await events(owner, ana.user_id, before) == [("messages", reply, "update")] * 2


async def test_a_deleted_conversation_is_one_event_whatever_was_in_it(
    start: Start, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    conversation = await start()
    async with as_user(ana, "cairn_server") as connection:
        await say(connection, conversation)
        await connection.execute(
            "insert into public.conversation_summaries (conversation_id, summary, through_turn) "
            "values ($1, 'short', 1)",
            conversation,
        )
    before = await head(owner, ana.user_id)

    async with as_user(ana) as connection:
        await connection.execute("delete from public.conversations where id = $1", conversation)

    assert await events(owner, ana.user_id, before) == [("conversations", conversation, "delete")]


@pytest.mark.parametrize("mode", ["immediate", "deferred"])
async def test_constraints_set_immediate_change_nothing_but_the_moment(
    mode: str, start: Start, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    conversation = await start()
    before = await head(owner, ana.user_id)

    async with as_user(ana, "cairn_server") as connection:
        await connection.execute(f"set constraints all {mode}")
        message = (await say(connection, conversation))["id"]
        at_once = await connection.fetchval("select max(seq) from public.live_heads")
        await connection.execute("delete from public.conversations where id = $1", conversation)

    assert at_once == (before + 1 if mode == "immediate" else before)
    # When all is over, what a deleted conversation took with it is not worth a word.
    assert await events(owner, ana.user_id, before) == [
        ("messages", message, "insert"),
        ("conversations", conversation, "delete"),
    ]


async def test_what_is_rolled_back_takes_no_number(
    start: Start, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    conversation = await start()
    before = await head(owner, ana.user_id)

    async with as_user(ana, "cairn_server") as connection:
        undone = connection.transaction()
        await undone.start()
        await connection.execute("set constraints all immediate")
        await say(connection, conversation)
        await undone.rollback()
    async with as_user(ana, "cairn_server") as connection:
        message = (await say(connection, conversation))["id"]

    assert await head(owner, ana.user_id) == before + 1
    assert await events(owner, ana.user_id, before) == [("messages", message, "insert")]


async def test_who_writes_first_and_commits_last_has_the_last_number(
    start: Start,
    ana: Viewer,
    two: tuple[asyncpg.Connection, asyncpg.Connection],
    owner: asyncpg.Connection,
) -> None:
    slow, quick = two
    one, other = await start(), await start()
    before = await head(owner, ana.user_id)

    waiting = slow.transaction()
    await waiting.start()
    await take_role(slow, ana)
    first = (await say(slow, one))["id"]
    # Nobody waits for a transaction that is merely open.
    async with asyncio.timeout(2), quick.transaction():
        await take_role(quick, ana)
        second = (await say(quick, other))["id"]
    read = await events(owner, ana.user_id, before)
    await waiting.commit()

    assert read == [("messages", second, "insert")]
    assert await events(owner, ana.user_id, before + 1) == [("messages", first, "insert")]


async def test_eight_writers_of_one_person_get_1600_numbers_in_the_order_of_their_commits(
    ana: Viewer, start: Start, database_urls: Urls, owner: asyncpg.Connection
) -> None:
    """A reader that asks for `seq > cursor` meanwhile misses nothing, though some commit late."""
    first = await head(owner, ana.user_id)
    seen: list[tuple[int, UUID]] = []
    written: set[UUID] = set()
    finished = asyncio.Event()

    async def read() -> None:
        reader = await asyncpg.connect(database_urls.owner)
        while True:
            is_last = finished.is_set()
            rows = await reader.fetch(
                "select seq, row_id from public.live_events where user_id = $1 and seq > $2 "
                "order by seq",
                ana.user_id,
                seen[-1][0] if seen else first + 8,
            )
            seen.extend((row["seq"], row["row_id"]) for row in rows)
            if is_last:
                break
        await reader.close()

    async def write(conversation: UUID, *, holds: bool) -> None:
        connection = await asyncpg.connect(database_urls.api)
        for number in range(40):
            ids = [uuid4() for _ in range(5)]
            async with connection.transaction():
                await take_role(connection, ana)
                await connection.executemany(
                    "insert into public.messages (id, conversation_id, role, content) "
                    "values ($1, $2, 'user', 'x')",
                    [(one, conversation) for one in ids],
                )
                if holds and number == 0:
                    await asyncio.sleep(1)
            written.update(ids)
        await connection.close()

    conversations = [await start() for _ in range(8)]
    reading = asyncio.create_task(read())
    async with asyncio.TaskGroup() as writers:
        for number, conversation in enumerate(conversations):
            writers.create_task(write(conversation, holds=number < 3))
    finished.set()
    await reading

    assert [seq for seq, _ in seen] == list(range(first + 9, first + 1609))
    assert {row for _, row in seen} == written


async def test_writers_of_two_people_never_wait_for_each_other(
    start: Start,
    ana: Viewer,
    new_user: NewUser,
    two: tuple[asyncpg.Connection, asyncpg.Connection],
) -> None:
    hers, his = two
    conversation, ben = await start(), await new_user("Ben")
    waiting = hers.transaction()
    await waiting.start()
    await take_role(hers, ana)
    await hers.execute("set constraints all immediate")
    await say(hers, conversation)  # and holds the lock of her numbers

    async with asyncio.timeout(2), his.transaction():
        await take_role(his, ben)
        await his.execute("insert into public.conversations (title) values ('his')")

    await waiting.rollback()


async def test_an_erased_account_leaves_no_event_and_no_number(
    start: Start, ana: Viewer, as_user: AsUser, superuser: asyncpg.Connection
) -> None:
    conversation = await start()
    async with as_user(ana, "cairn_server") as connection:
        await say(connection, conversation)
    assert await head(superuser, ana.user_id) == 2

    await superuser.execute("set role supabase_auth_admin")
    await superuser.execute("delete from auth.users where id = $1", ana.user_id)
    await superuser.execute("reset role")

    assert await events(superuser, ana.user_id) == []
    assert await head(superuser, ana.user_id) == 0


CHANGES = (
    SAY,
    "update public.conversations set title = 'Anew' where id = $1",
    "delete from public.conversations where id = $1",
    "insert into public.conversation_summaries (conversation_id, summary, through_turn) "
    "values ($1, 'x', 1)",
)


@pytest.mark.parametrize("mode", ["immediate", "deferred"])
@pytest.mark.parametrize("change", CHANGES)
async def test_an_account_erased_while_she_writes_leaves_no_event_either(
    change: str,
    mode: str,
    start: Start,
    ana: Viewer,
    two: tuple[asyncpg.Connection, asyncpg.Connection],
    owner: asyncpg.Connection,
    superuser: asyncpg.Connection,
) -> None:
    hers, _ = two
    conversation = await start()
    writing = hers.transaction()
    await writing.start()
    await take_role(hers, ana)
    await hers.execute(f"set constraints all {mode}")
    await hers.execute(change, conversation)

    erasing = asyncio.create_task(
        superuser.execute("delete from auth.users where id = $1", ana.user_id)
    )
    await until_waiting(owner, superuser)
    await writing.commit()
    await erasing

    assert await events(owner, ana.user_id) == []
    assert await head(owner, ana.user_id) == 0


async def test_who_writes_while_she_is_erased_writes_nothing(
    start: Start,
    ana: Viewer,
    two: tuple[asyncpg.Connection, asyncpg.Connection],
    owner: asyncpg.Connection,
    superuser: asyncpg.Connection,
) -> None:
    hers, _ = two
    conversation = await start()
    erasing = superuser.transaction()
    await erasing.start()
    await superuser.execute("delete from auth.users where id = $1", ana.user_id)

    async def write() -> None:
        async with hers.transaction():
            await take_role(hers, ana)
            await hers.execute(SAY, conversation)

    writing = asyncio.create_task(write())
    await until_waiting(owner, hers)
    await erasing.commit()
    with pytest.raises(asyncpg.PostgresError) as refused:
        await writing

    assert refused.value.sqlstate == "CA404"
    assert await events(owner, ana.user_id) == []
    assert await head(owner, ana.user_id) == 0


async def test_news_are_told_of_those_only_that_are_asked_for(
    start: Start, ana: Viewer, new_user: NewUser, as_user: AsUser
) -> None:
    await start()
    ben, clara = await new_user("Ben"), await new_user("Clara")
    for person in (ben, clara):
        async with as_user(person) as connection:
            await connection.execute("insert into public.conversations (title) values ('x')")
    news = "select user_id, seq from private.live_news($1, $2)"

    async with as_user(role="cairn_server") as connection:
        both = await connection.fetch(news, [ana.user_id, ben.user_id], [0, 1])
        none = await connection.fetch(news, [], [])

    assert [tuple(row) for row in both] == [(ana.user_id, 1)]
    assert none == []


async def test_old_events_are_forgotten_from_the_front_and_the_numbers_go_on(
    start: Start, ana: Viewer, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    conversation = await start()
    async with as_user(ana, "cairn_server") as connection:
        for _ in range(5):
            await say(connection, conversation)
    # As if a clock had been set back between the third event and the fourth.
    await owner.execute(
        "update public.live_events set created_at = now() - interval '8 days' "
        "where user_id = $1 and seq in (1, 2, 4)",
        ana.user_id,
    )

    async with as_user(role="cairn_server") as connection:
        swept = await connection.fetchval("select private.sweep_live_events()")
        again = await connection.fetchval("select private.sweep_live_events()")
    await owner.execute(
        "update public.conversations set title = 'Anew' where id = $1", conversation
    )

    left = await owner.fetch(EVENTS, ana.user_id, 0)
    assert (swept, again) == (4, 0)
    assert [row["seq"] for row in left] == [5, 6, 7]


async def test_the_sweep_takes_10000_at_once_and_leaves_no_gap(
    ana: Viewer, new_user: NewUser, as_user: AsUser, owner: asyncpg.Connection
) -> None:
    ben = await new_user("Ben")
    await owner.execute(
        "insert into public.live_events "
        "(user_id, seq, table_name, row_id, operation, created_at) "
        "select person, number, 'messages', gen_random_uuid(), 'insert', "
        "now() - interval '9 days' + number * interval '1 second' "
        "from unnest($1::uuid[]) person, generate_series(1, 6000) number",
        [ana.user_id, ben.user_id],
    )

    async with as_user(role="cairn_server") as connection:
        swept = await connection.fetchval("select private.sweep_live_events()")
    left = await owner.fetch(
        "select min(seq), max(seq), count(*) from public.live_events where user_id = any ($1) "
        "group by user_id",
        [ana.user_id, ben.user_id],
    )
    async with as_user(role="cairn_server") as connection:
        rest = await connection.fetchval("select private.sweep_live_events()")

    assert (swept, rest) == (10_000, 2_000)
    for first, last, count in left:
        assert (last, count) == (6000, 6000 - first + 1)
