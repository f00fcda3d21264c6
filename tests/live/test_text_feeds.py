"""The feed of a reply's text: nothing doubled, nothing lost, from any place on."""

from __future__ import annotations

from uuid import UUID, uuid4

import asyncpg
import pytest

from tests.fixtures.people import NewUser
from tests.live.listening import STREAM, Engine, kinds
from tests.live.rows import Rows


async def test_a_reply_is_told_piece_by_piece_and_then_whole(
    engine: Engine, rows: Rows, new_user: NewUser
) -> None:
    ana = await new_user("Ana")
    reply = await rows.reply(ana.user_id, await rows.conversation(ana.user_id))
    listener = await engine.listen(ana, STREAM, id=reply)
    beginning = await listener.next()

    await rows.begin(reply)
    await rows.draft(reply, "I hear you. ")
    engine.tell(ana)
    first = await listener.next()
    await rows.draft(reply, "I hear you. Tell me 🙂 more.")
    engine.tell(ana)
    second = await listener.next()
    await rows.complete(reply, "I hear you. Tell me 🙂 more.")
    engine.tell(ana)
    last = await listener.next()

    assert beginning == {"__typename": "CaughtUp", "cursor": "0:0"}
    assert first == {
        "__typename": "MessageText",
        "cursor": "1:12",
        "offset": 0,
        "text": "I hear you. ",
    }
    assert second == {
        "__typename": "MessageText",
        "cursor": "1:27",
        "offset": 12,
        "text": "Tell me 🙂 more.",
    }
    assert last == {
        "__typename": "MessageFinished",
        "cursor": "1:27",
        "message": {
            "id": str(reply),
            "content": "I hear you. Tell me 🙂 more.",
            "state": "COMPLETE",
            "isReplaced": False,
        },
    }
    assert await listener.has_ended()


async def test_a_reply_goes_on_without_any_hint(
    engine: Engine, rows: Rows, new_user: NewUser
) -> None:
    ana = await new_user("Ana")
    reply = await rows.reply(ana.user_id, await rows.conversation(ana.user_id))
    listener = await engine.listen(ana, STREAM, id=reply)
    await listener.until("CaughtUp")

    await rows.begin(reply)
    await rows.draft(reply, "Quietly.")

    assert (await listener.next())["text"] == "Quietly."


@pytest.mark.parametrize("offset", range(0, 13))
async def test_it_goes_on_from_any_place(
    engine: Engine, rows: Rows, new_user: NewUser, offset: int
) -> None:
    ana = await new_user("Ana")
    reply = await rows.reply(ana.user_id, await rows.conversation(ana.user_id))
    await rows.begin(reply)
    text = 'ä\n"🙂" \\ \tend!'[:12]
    await rows.draft(reply, text)

    listener = await engine.listen(ana, STREAM, id=reply, after=f"1:{offset}")
    told = await listener.until("CaughtUp")

    assert text[:offset] + "".join(event["text"] for event in told[:-1]) == text
    assert [event["offset"] for event in told[:-1]] == ([offset] if offset < 12 else [])


async def test_another_attempt_begins_anew(engine: Engine, rows: Rows, new_user: NewUser) -> None:
    ana = await new_user("Ana")
    reply = await rows.reply(ana.user_id, await rows.conversation(ana.user_id))
    await rows.begin(reply)
    await rows.draft(reply, "First try")
    listener = await engine.listen(ana, STREAM, id=reply)
    await listener.until("CaughtUp")

    await rows.connection.execute(
        "update public.messages set attempt = 2, draft = 'Second, longer' where id = $1", reply
    )
    engine.tell(ana)
    again = await engine.listen(ana, STREAM, id=reply, after="1:9")

    anew = {"__typename": "MessageText", "cursor": "2:14", "offset": 0, "text": "Second, longer"}
    assert await listener.next() == anew
    assert await again.next() == anew


async def test_an_attempt_that_has_nothing_to_say_yet_takes_the_old_text_away(
    engine: Engine, rows: Rows, new_user: NewUser
) -> None:
    ana = await new_user("Ana")
    reply = await rows.reply(ana.user_id, await rows.conversation(ana.user_id))
    await rows.begin(reply)
    await rows.draft(reply, "First try")
    await rows.connection.execute(
        "update public.messages set attempt = 2, draft = '' where id = $1", reply
    )

    listener = await engine.listen(ana, STREAM, id=reply, after="1:9")

    assert await listener.next() == {
        "__typename": "MessageText",
        "cursor": "2:0",
        "offset": 0,
        "text": "",
    }


async def test_a_reply_that_was_stopped_is_replaced_and_not_added_to(
    engine: Engine, rows: Rows, new_user: NewUser
) -> None:
    ana = await new_user("Ana")
    reply = await rows.reply(ana.user_id, await rows.conversation(ana.user_id))
    await rows.begin(reply)
    await rows.draft(reply, "Something that")
    listener = await engine.listen(ana, STREAM, id=reply)
    await listener.until("CaughtUp")

    await rows.complete(reply, "Please call somebody whom you trust.", is_replaced=True)
    told = await listener.until("MessageFinished")
    resumed = await engine.listen(ana, STREAM, id=reply, after="1:14")

    assert kinds(told) == ["MessageReplaced", "MessageFinished"]
    assert told[0]["text"] == "Please call somebody whom you trust."
    assert told[1]["message"]["isReplaced"] is True
    assert kinds(await resumed.until("MessageFinished")) == [
        "MessageReplaced",
        "CaughtUp",
        "MessageFinished",
    ]


@pytest.mark.parametrize("state", ["failed", "cancelled"])
async def test_a_reply_that_will_not_come_ends_the_stream(
    engine: Engine, rows: Rows, new_user: NewUser, state: str
) -> None:
    ana = await new_user("Ana")
    reply = await rows.reply(ana.user_id, await rows.conversation(ana.user_id))
    listener = await engine.listen(ana, STREAM, id=reply)
    await listener.until("CaughtUp")

    await rows.connection.execute(
        "update public.messages set state = $2::text::public.message_state,"
        " failure = case when $2 = 'failed' then 'unavailable'::public.reply_failure end where id = $1",
        reply,
        state,
    )

    assert (await listener.next())["message"]["state"] == state.upper()
    assert await listener.has_ended()


async def test_a_deleted_reply_ends_the_stream_with_an_error(
    engine: Engine, rows: Rows, new_user: NewUser
) -> None:
    ana = await new_user("Ana")
    reply = await rows.reply(ana.user_id, await rows.conversation(ana.user_id))
    listener = await engine.listen(ana, STREAM, id=reply)
    await listener.until("CaughtUp")

    await rows.delete("messages", reply)

    (error,) = (await listener.body())["errors"]
    assert error["extensions"]["code"] == "NOT_FOUND"
    assert error["path"] == ["messageStream"]
    assert await listener.has_ended()


async def test_somebody_elses_reply_is_as_a_missing_one(
    engine: Engine, rows: Rows, new_user: NewUser, owner: asyncpg.Connection
) -> None:
    ana, ben = await new_user("Ana"), await new_user("Ben")
    reply = await rows.reply(ana.user_id, await rows.conversation(ana.user_id))
    await rows.begin(reply)
    await rows.draft(reply, "For Ana alone")
    assert await owner.fetchval("select draft from public.messages where id = $1", reply)

    errors = []
    for message in (reply, uuid4()):
        listener = await engine.listen(ben, STREAM, id=message)
        (error,) = (await listener.body())["errors"]
        error["extensions"].pop("errorId")
        errors.append(error)

    assert errors[0] == errors[1]
    assert errors[0]["extensions"]["code"] == "NOT_FOUND"


@pytest.mark.parametrize(
    "cursor", ["", "1", "1:", ":1", "-1:0", "1:-1", "01:1", "1:1:1", "1:9999999999", "a:b"]
)
async def test_a_malformed_cursor_is_refused(
    engine: Engine, new_user: NewUser, cursor: str
) -> None:
    ana = await new_user("Ana")

    error = await engine.refusal(ana, STREAM, id=uuid4(), after=cursor)

    assert error["extensions"]["code"] == "BAD_INPUT"
    assert error["extensions"]["field"] == "after"


async def test_a_cursor_beyond_the_text_begins_anew(
    engine: Engine, rows: Rows, new_user: NewUser
) -> None:
    ana = await new_user("Ana")
    reply = await rows.reply(ana.user_id, await rows.conversation(ana.user_id))
    await rows.begin(reply)
    await rows.draft(reply, "Short")

    listener = await engine.listen(ana, STREAM, id=reply, after="1:999999999")

    assert (await listener.next())["text"] == "Short"


async def test_what_she_said_herself_is_told_whole(
    engine: Engine, rows: Rows, new_user: NewUser
) -> None:
    ana = await new_user("Ana")
    message: UUID = await rows.message(ana.user_id, await rows.conversation(ana.user_id), "Hello")

    listener = await engine.listen(ana, STREAM, id=message)

    assert kinds(await listener.until("MessageFinished")) == [
        "MessageText",
        "CaughtUp",
        "MessageFinished",
    ]
