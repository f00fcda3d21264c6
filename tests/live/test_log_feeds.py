"""The feeds of the event log: replay, live, and nothing lost, doubled or leaked."""

from __future__ import annotations

from uuid import UUID, uuid4

import asyncpg
import pytest

from tests.fixtures.people import NewUser
from tests.live.listening import ALL_HERS, EVENTS, Engine, kinds
from tests.live.rows import Rows


async def test_what_was_missed_is_told_then_caught_up_then_what_happens(
    engine: Engine, rows: Rows, new_user: NewUser
) -> None:
    ana = await new_user("Ana")
    conversation = await rows.conversation(ana.user_id, "Grief")
    first = await rows.message(ana.user_id, conversation, "one")

    listener = await engine.listen(ana, EVENTS, id=conversation, after="0")
    replay = await listener.until("CaughtUp")
    second = await rows.message(ana.user_id, conversation, "two")
    live = await listener.next()

    assert kinds(replay) == ["ConversationChanged", "MessageChanged", "CaughtUp"]
    assert replay[1]["message"] == {"id": str(first), "content": "one", "state": "COMPLETE"}
    assert replay[2]["cursor"] == "2"
    assert live == {
        "__typename": "MessageChanged",
        "cursor": "3",
        "seq": 3,
        "message": {"id": str(second), "content": "two", "state": "COMPLETE"},
    }


async def test_without_a_cursor_only_what_happens_from_now_on_is_told(
    engine: Engine, rows: Rows, new_user: NewUser
) -> None:
    ana = await new_user("Ana")
    conversation = await rows.conversation(ana.user_id)
    await rows.message(ana.user_id, conversation, "before")

    listener = await engine.listen(ana, EVENTS, id=conversation)
    beginning = await listener.next()
    await rows.message(ana.user_id, conversation, "after")

    assert beginning == {"__typename": "CaughtUp", "cursor": "2"}
    assert (await listener.next())["message"]["content"] == "after"


async def test_several_events_of_a_row_are_told_once_as_the_newest(
    engine: Engine, rows: Rows, new_user: NewUser
) -> None:
    ana = await new_user("Ana")
    conversation = await rows.conversation(ana.user_id, "one")
    await rows.message(ana.user_id, conversation)
    await rows.rename(conversation, "two")
    await rows.rename(conversation, "three")
    assert await rows.head(ana.user_id) == 4

    listener = await engine.listen(ana, EVENTS, id=conversation, after="0")
    replay = await listener.until("CaughtUp")

    assert kinds(replay) == ["MessageChanged", "ConversationChanged", "CaughtUp"]
    assert replay[1]["seq"] == 4
    assert replay[1]["conversation"]["title"] == "three"


async def test_a_long_replay_is_read_in_pages_and_misses_nothing(
    engine: Engine, rows: Rows, new_user: NewUser
) -> None:
    ana = await new_user("Ana")
    conversation = await rows.conversation(ana.user_id)
    said = [await rows.message(ana.user_id, conversation, f"{n}") for n in range(250)]

    listener = await engine.listen(ana, EVENTS, id=conversation, after="1")
    replay = await listener.until("CaughtUp")

    assert [UUID(event["message"]["id"]) for event in replay[:-1]] == said
    assert len(engine.statements) == 3


async def test_a_replay_goes_on_behind_any_event_without_gap_or_double(
    engine: Engine, rows: Rows, new_user: NewUser
) -> None:
    ana = await new_user("Ana")
    conversation = await rows.conversation(ana.user_id)
    for content in "abc":
        message = await rows.message(ana.user_id, conversation, content)
        await rows.rename(conversation, content)
    await rows.delete("messages", message)
    listener = await engine.listen(ana, EVENTS, id=conversation, after="0")
    whole = await listener.until("CaughtUp")
    assert kinds(whole) == [
        "MessageChanged",
        "MessageChanged",
        "ConversationChanged",
        "MessageDeleted",
        "CaughtUp",
    ]

    for place, event in enumerate(whole[:-1], start=1):
        again = await engine.listen(ana, EVENTS, id=conversation, after=event["cursor"])
        assert await again.until("CaughtUp") == whole[place:]


async def test_her_other_conversations_are_not_told_in_this_one(
    engine: Engine, rows: Rows, new_user: NewUser
) -> None:
    ana = await new_user("Ana")
    conversation = await rows.conversation(ana.user_id, "this")
    other = await rows.conversation(ana.user_id, "other")
    await rows.message(ana.user_id, other)

    listener = await engine.listen(ana, EVENTS, id=conversation, after="0")

    assert kinds(await listener.until("CaughtUp")) == ["ConversationChanged", "CaughtUp"]


async def test_a_cursor_whose_next_event_was_forgotten_asks_for_a_resync_and_goes_on(
    engine: Engine, rows: Rows, new_user: NewUser
) -> None:
    ana = await new_user("Ana")
    conversation = await rows.conversation(ana.user_id)
    for n in range(3):
        await rows.message(ana.user_id, conversation, f"{n}")
    await rows.connection.execute(
        "delete from public.live_events where user_id = $1 and seq <= 2", ana.user_id
    )

    too_old = await engine.listen(ana, EVENTS, id=conversation, after="1")
    told = await too_old.until("CaughtUp")
    just_whole = await engine.listen(ana, EVENTS, id=conversation, after="2")
    replay = await just_whole.until("CaughtUp")
    await rows.message(ana.user_id, conversation, "later")

    assert told == [
        {"__typename": "ResyncRequired", "cursor": "4", "reason": "TOO_OLD"},
        {"__typename": "CaughtUp", "cursor": "4"},
    ]
    assert kinds(replay) == ["MessageChanged", "MessageChanged", "CaughtUp"]
    assert (await too_old.next())["message"]["content"] == "later"


async def test_a_cursor_at_the_head_is_good_though_all_events_were_forgotten(
    engine: Engine, rows: Rows, new_user: NewUser
) -> None:
    ana = await new_user("Ana")
    conversation = await rows.conversation(ana.user_id)
    await rows.connection.execute("delete from public.live_events where user_id = $1", ana.user_id)

    listener = await engine.listen(ana, EVENTS, id=conversation, after="1")

    assert kinds(await listener.until("CaughtUp")) == ["CaughtUp"]


async def test_a_cursor_ahead_of_everything_asks_for_a_resync(
    engine: Engine, rows: Rows, new_user: NewUser
) -> None:
    ana = await new_user("Ana")
    conversation = await rows.conversation(ana.user_id)

    listener = await engine.listen(ana, EVENTS, id=conversation, after="999999999999999999")

    assert (await listener.next()) == {
        "__typename": "ResyncRequired",
        "cursor": "1",
        "reason": "UNKNOWN",
    }


@pytest.mark.parametrize("cursor", ["", "x", "-1", "01", "1.5", "٣", "1 ", "9" * 19, "1:2"])
async def test_a_malformed_cursor_is_refused(
    engine: Engine, rows: Rows, new_user: NewUser, cursor: str
) -> None:
    ana = await new_user("Ana")

    error = await engine.refusal(ana, EVENTS, id=uuid4(), after=cursor)

    assert error["extensions"]["code"] == "BAD_INPUT"
    assert error["extensions"]["field"] == "after"


async def test_a_deleted_conversation_is_the_last_that_is_told_of_it(
    engine: Engine, rows: Rows, new_user: NewUser
) -> None:
    ana = await new_user("Ana")
    conversation = await rows.conversation(ana.user_id)
    await rows.message(ana.user_id, conversation)
    listener = await engine.listen(ana, EVENTS, id=conversation)
    await listener.until("CaughtUp")

    await rows.delete("conversations", conversation)

    assert await listener.next() == {
        "__typename": "ConversationDeleted",
        "cursor": "3",
        "seq": 3,
        "deletedId": str(conversation),
    }
    assert await listener.has_ended()


async def test_a_deletion_that_was_missed_is_told_and_afterwards_there_is_no_such_thing(
    engine: Engine, rows: Rows, new_user: NewUser
) -> None:
    ana = await new_user("Ana")
    conversation = await rows.conversation(ana.user_id)
    await rows.delete("conversations", conversation)

    missed = await engine.listen(ana, EVENTS, id=conversation, after="1")
    knows = await engine.listen(ana, EVENTS, id=conversation, after="2")

    assert kinds([await missed.next()]) == ["ConversationDeleted"]
    assert await missed.has_ended()
    assert (await knows.body())["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    assert await knows.has_ended()


async def test_a_deletion_that_cannot_be_told_any_more_leaves_nobody_waiting(
    engine: Engine, rows: Rows, new_user: NewUser
) -> None:
    ana = await new_user("Ana")
    conversation = await rows.conversation(ana.user_id)
    await rows.message(ana.user_id, conversation)
    await rows.delete("conversations", conversation)
    await rows.connection.execute(
        "delete from public.live_events where user_id = $1 and seq <= 2", ana.user_id
    )

    listener = await engine.listen(ana, EVENTS, id=conversation, after="1")

    assert (await listener.body())["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    assert await listener.has_ended()


async def test_a_hidden_conversation_is_as_a_missing_one(
    engine: Engine, rows: Rows, new_user: NewUser, owner: asyncpg.Connection
) -> None:
    ana, ben = await new_user("Ana"), await new_user("Ben")
    conversation = await rows.conversation(ana.user_id)
    assert await owner.fetchval(
        "select count(*) from public.live_events where conversation_id = $1", conversation
    )

    errors = []
    for row_id in (conversation, uuid4()):
        listener = await engine.listen(ben, EVENTS, id=row_id, after="0")
        (error,) = (await listener.body())["errors"]
        assert await listener.has_ended()
        error["extensions"].pop("errorId")
        errors.append(error)

    assert errors[0] == errors[1]
    assert errors[0]["extensions"]["code"] == "NOT_FOUND"
    assert errors[0]["path"] == ["conversationEvents"]


async def test_nobody_hears_what_happens_to_somebody_else(
    engine: Engine, rows: Rows, new_user: NewUser, owner: asyncpg.Connection
) -> None:
    ana, ben = await new_user("Ana"), await new_user("Ben")
    hers, his = await rows.conversation(ana.user_id), await rows.conversation(ben.user_id)
    ben_hears = await engine.listen(ben, ALL_HERS)
    ana_hears = await engine.listen(ana, ALL_HERS)
    await ben_hears.until("CaughtUp")
    await ana_hears.until("CaughtUp")

    message = await rows.message(ana.user_id, hers)
    await rows.delete("messages", message)
    await rows.delete("conversations", hers)
    told = await ana_hears.until("ConversationDeleted")
    engine.tell(ben)
    await rows.message(ben.user_id, his)

    assert told[-1]["deletedId"] == str(hers)
    assert (
        await owner.fetchval(
            "select count(*) from public.live_events where user_id = $1", ana.user_id
        )
        == 4
    )
    first_of_ben = await ben_hears.next()
    assert first_of_ben["conversation"]["id"] == str(his)


async def test_an_event_that_leads_to_somebody_elses_row_tells_nothing(
    engine: Engine, rows: Rows, new_user: NewUser, owner: asyncpg.Connection
) -> None:
    ana, ben = await new_user("Ana"), await new_user("Ben")
    hers, his = await rows.conversation(ana.user_id), await rows.conversation(ben.user_id)
    secret = await rows.message(ana.user_id, hers, "a secret")
    # What no trigger does: Ana's rows stand in Ben's log.
    await owner.execute(
        "insert into public.live_events (user_id, seq, table_name, row_id, conversation_id, operation)"
        " values ($1, 2, 'messages', $2, $3, 'insert'), ($1, 3, 'conversations', $4, $4, 'update')",
        ben.user_id,
        secret,
        his,
        hers,
    )
    await owner.execute("update public.live_heads set seq = 3 where user_id = $1", ben.user_id)

    in_his = await engine.listen(ben, EVENTS, id=his, after="1")
    all_his = await engine.listen(ben, ALL_HERS, after="2")

    assert await in_his.until("CaughtUp") == [{"__typename": "CaughtUp", "cursor": "3"}]
    assert await all_his.until("CaughtUp") == [{"__typename": "CaughtUp", "cursor": "3"}]


async def test_a_message_is_a_change_of_its_conversation(
    engine: Engine, rows: Rows, new_user: NewUser
) -> None:
    ana = await new_user("Ana")
    listener = await engine.listen(ana, ALL_HERS)
    await listener.until("CaughtUp")

    conversation = await rows.conversation(ana.user_id, "Grief")
    started = await listener.next()
    await rows.message(ana.user_id, conversation)
    spoken = await listener.next()

    assert started["conversation"] == {
        "id": str(conversation),
        "title": "Grief",
        "messageCount": 0,
    }
    assert spoken["conversation"]["messageCount"] == 1
    assert kinds([started, spoken]) == ["ConversationChanged"] * 2


async def test_a_summary_is_told_in_its_conversation(
    engine: Engine, rows: Rows, new_user: NewUser
) -> None:
    ana = await new_user("Ana")
    conversation = await rows.conversation(ana.user_id)
    listener = await engine.listen(ana, EVENTS, id=conversation)
    await listener.until("CaughtUp")

    await rows.connection.execute(
        "insert into public.conversation_summaries (user_id, conversation_id, summary, through_turn)"
        " values ($1, $2, 'She spoke of her sister.', 1)",
        ana.user_id,
        conversation,
    )

    told = await listener.next()
    assert told["__typename"] == "SummaryChanged"
    assert told["summary"]["summary"] == "She spoke of her sister."


async def test_each_event_costs_one_statement(engine: Engine, new_user: NewUser) -> None:
    ana = await new_user("Ana")
    started = await engine.ask(ana, "mutation { startConversation(input: {}) { id } }")
    conversation = started["startConversation"]["id"]
    listener = await engine.listen(ana, EVENTS, id=conversation)
    await listener.until("CaughtUp")
    rename = "mutation($id: UUID!, $to: String) { renameConversation(input: {id: $id, title: $to}) { id } }"
    engine.statements.clear()

    for n in range(5):
        await engine.ask(ana, rename, id=conversation, to=f"{n}")
        assert (await listener.next())["conversation"]["title"] == f"{n}"

    assert sum("live_events" in one for one in engine.statements) == 5


async def test_a_mutation_is_told_at_once_and_not_by_the_next_poll(
    engine: Engine, new_user: NewUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = await new_user("Ana")
    listener = await engine.listen(ana, ALL_HERS)
    await listener.until("CaughtUp")

    async def nothing() -> None:
        """Find no news."""

    monkeypatch.setattr(engine.hub, "_poll", nothing)

    await engine.ask(ana, 'mutation { startConversation(input: {title: "Now"}) { id } }')

    assert (await listener.next())["conversation"]["title"] == "Now"


async def test_a_consumer_that_pauses_costs_nothing_and_hears_the_newest(
    engine: Engine, rows: Rows, new_user: NewUser
) -> None:
    ana = await new_user("Ana")
    conversation = await rows.conversation(ana.user_id, "0")
    listener = await engine.listen(ana, EVENTS, id=conversation)
    await listener.until("CaughtUp")
    engine.statements.clear()

    for n in range(1, 40):
        await rows.rename(conversation, f"{n}")
        engine.tell(ana)
    assert engine.statements == []
    told = await listener.next()

    assert told["seq"] == 40
    assert told["conversation"]["title"] == "39"
    assert await listener.is_silent()


async def test_aliases_fragments_and_conditions_work_as_in_queries(
    engine: Engine, rows: Rows, new_user: NewUser
) -> None:
    ana = await new_user("Ana")
    conversation = await rows.conversation(ana.user_id, "Grief")
    listener = await engine.listen(
        ana,
        """
        subscription Follow($id: UUID!, $yes: Boolean!) {
          happened: conversationEvents(conversationId: $id, after: "0") {
            kind: __typename
            ...Changed
            ... on CaughtUp { at: cursor again: cursor }
          }
        }
        fragment Changed on ConversationChanged {
          cursor @include(if: $yes)
          seq @skip(if: $yes)
          as: conversation { name: title messages(first: 1) { totalCount } }
          too: conversation { version }
        }
        """,
        id=conversation,
        yes=True,
    )

    assert (await listener.body())["data"] == {
        "happened": {
            "kind": "ConversationChanged",
            "cursor": "1",
            "as": {"name": "Grief", "messages": {"totalCount": 0}},
            "too": {"version": 1},
        }
    }
    assert (await listener.body())["data"] == {
        "happened": {"kind": "CaughtUp", "at": "1", "again": "1"}
    }
