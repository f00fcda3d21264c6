"""Replies: what a queued one becomes, and that it becomes it once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from graphql_api.companion.context import INSTRUCTIONS
from graphql_api.companion.gate import Gate
from graphql_api.errors import Unavailable
from graphql_api.jobs.queue import Job, LeaseLost
from graphql_api.session import Database, Transaction
from tests.fixtures.graphql import Caller
from tests.jobs.talk import (
    CANCEL,
    EDIT,
    RETRY,
    USAGE,
    Desk,
    Played,
    Talk,
    interrupted,
    refused,
    unavailable,
    useless,
)


async def test_a_queued_reply_becomes_what_the_companion_says(
    talk: Talk, database: Database
) -> None:
    """NU-066: the model, its tokens and the time are stored with it."""
    reply = await talk.say()
    desk = Desk.of(database, Played(["I hear", " you. Tell me", " more?", USAGE]))

    await desk.answer()

    row = await talk.row(reply)
    assert (row["state"], row["content"], row["draft"]) == (
        "complete",
        "I hear you. Tell me more?",
        None,
    )
    assert (row["model_used"], row["tokens_used"], row["attempt"]) == ("model-of-tests", 12, 1)
    assert 0 <= row["response_time_ms"] < 60_000
    assert row["failure"] is None
    assert await talk.spent() == 12
    assert await talk.job(reply) is None


async def test_the_model_reads_the_turns_up_to_the_message_and_nobody_elses(
    talk: Talk, database: Database, ben: Caller, superuser: asyncpg.Connection
) -> None:
    bens = await Talk.begin(ben, superuser)
    await bens.send("Ben's secret.", answer=False)
    model = Played(["First answer.", USAGE], ["Second answer.", USAGE])
    desk = Desk.of(database, model)
    await talk.say("One.")
    await desk.answer()
    await talk.say("Two.")
    await talk.send("Three, which came later.", answer=False)

    await desk.answer()

    assert [(turn.role, turn.content) for turn in model.asked[1]] == [
        ("system", INSTRUCTIONS),
        ("user", "One."),
        ("assistant", "First answer."),
        ("user", "Two."),
    ]


async def test_the_model_knows_what_her_earlier_conversations_were_about(
    talk: Talk, database: Database, ana: Caller, superuser: asyncpg.Connection
) -> None:
    """NU-070."""
    earlier = await Talk.begin(ana, superuser)
    await superuser.execute(
        "insert into public.conversation_summaries (user_id, conversation_id, summary, through_turn)"
        " values ($1, $2, 'She begins at a school in May.', 4)",
        ana.viewer.user_id,
        UUID(earlier.id),
    )
    model = Played(["Yes.", USAGE])
    await talk.say()

    await Desk.of(database, model).answer()

    assert "She begins at a school in May." in model.asked[0][0].content


async def test_a_sentence_is_to_be_seen_when_it_is_whole_and_not_before(
    talk: Talk, database: Database
) -> None:
    reply = await talk.say()
    seen: list[tuple[str, str | None]] = []

    async def look() -> None:
        row = await talk.row(reply)
        seen.append((row["state"], row["draft"]))

    model = Played(["I hear", look, " you. And", look, " more. ", "Yes", look, ".", USAGE])

    await Desk.of(database, model).answer()

    assert seen == [
        ("queued", None),
        ("streaming", "I hear you."),
        ("streaming", "I hear you. And more."),
    ]


async def test_others_are_told_after_each_sentence_and_at_the_end(
    talk: Talk, database: Database
) -> None:
    await talk.say()
    desk = Desk.of(database, Played(["One. ", "Two. ", "Three", USAGE]))

    await desk.answer()

    assert desk.told == [(talk.user_id, what) for what in ("news", "draft", "news")]


def forbid(word: str) -> Gate:
    return Gate(lambda sentence, *, before: "Let us stop here." if word in sentence else None)


async def test_what_the_gate_stops_is_never_stored_and_a_written_text_takes_its_place(
    talk: Talk, database: Database
) -> None:
    reply = await talk.say()
    seen: list[str | None] = []

    async def look() -> None:
        seen.append((await talk.row(reply))["draft"])

    model = Played(["All is well. ", "Now", look, " a forbidden thing. And", look, " more."])

    await Desk.of(database, model, gate=forbid("forbidden")).answer()

    row = await talk.row(reply)
    assert seen == ["All is well."]
    assert (row["state"], row["content"], row["is_replaced"]) == (
        "complete",
        "Let us stop here.",
        True,
    )
    assert model.left == 1
    assert await talk.spent() == row["tokens_used"] > 0


async def test_what_the_gate_stops_at_the_very_end_is_not_stored_either(
    talk: Talk, database: Database
) -> None:
    reply = await talk.say()
    model = Played(["All is well. ", "A forbidden thing without a full stop", USAGE])

    await Desk.of(database, model, gate=forbid("forbidden")).answer()

    row = await talk.row(reply)
    assert (row["content"], row["is_replaced"]) == ("Let us stop here.", True)


async def test_a_gate_that_fails_lets_nothing_pass(talk: Talk, database: Database) -> None:
    reply = await talk.say()

    def fail(sentence: str, *, before: str) -> str | None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await Desk.of(database, Played(["Hello. ", "You."]), gate=Gate(fail)).answer()

    row = await talk.row(reply)
    assert (row["state"], row["content"], row["draft"]) == ("queued", "", None)


async def test_a_model_that_is_away_leaves_the_reply_queued_for_later(
    talk: Talk, database: Database
) -> None:
    reply = await talk.say()
    desk = Desk.of(database, Played([unavailable()], ["Here I am.", USAGE]))

    await desk.answer()

    job = await talk.job(reply)
    assert job is not None
    assert (await talk.row(reply))["state"] == "queued"
    assert (job["attempts"], job["lease_until"], job["last_error"]) == (1, None, "unavailable")
    assert 0 < (job["run_at"] - datetime.now(UTC)).total_seconds() <= 1
    assert await talk.spent() == 0


async def test_a_model_that_says_when_is_asked_then(talk: Talk, database: Database) -> None:
    reply = await talk.say()

    await Desk.of(database, Played([unavailable(retry_after_seconds=40)])).answer()

    job = await talk.job(reply)
    assert job is not None
    assert 35 < (job["run_at"] - datetime.now(UTC)).total_seconds() <= 40


async def test_a_model_that_is_away_for_long_is_not_waited_for(
    talk: Talk, database: Database
) -> None:
    reply = await talk.say()

    await Desk.of(database, Played([unavailable(retry_after_seconds=61)])).answer()

    row = await talk.row(reply)
    assert (row["state"], row["failure"]) == ("failed", "unavailable")
    assert await talk.job(reply) is None


async def due_now(talk: Talk) -> None:
    await talk.owner.execute("update private.jobs set run_at = now(), lease_until = null")


async def test_the_third_failure_is_the_last(talk: Talk, database: Database) -> None:
    reply = await talk.say()
    model = Played([unavailable()])
    desk = Desk.of(database, model)

    for _ in range(3):
        await due_now(talk)
        await desk.answer()

    row = await talk.row(reply)
    assert (row["state"], row["failure"], row["content"]) == ("failed", "unavailable", "")
    assert len(model.asked) == 3
    assert await talk.job(reply) is None


async def test_a_reply_that_says_nothing_is_a_failure(talk: Talk, database: Database) -> None:
    reply = await talk.say()
    desk = Desk.of(database, Played([" \n", USAGE]))

    for _ in range(3):
        await due_now(talk)
        await desk.answer()

    row = await talk.row(reply)
    assert (row["state"], row["failure"], row["tokens_used"]) == ("failed", "unavailable", 12)
    assert await talk.spent() == 36


async def test_a_model_that_will_not_answer_is_not_asked_again(
    talk: Talk, database: Database
) -> None:
    reply = await talk.say()

    await Desk.of(database, Played([refused()])).answer()

    row = await talk.row(reply)
    assert (row["state"], row["failure"]) == ("failed", "refused")
    assert await talk.job(reply) is None


async def test_a_reply_that_was_cut_begins_anew_and_keeps_nothing_of_the_first_attempt(
    talk: Talk, database: Database
) -> None:
    reply = await talk.say()
    seen: list[tuple[int, str | None]] = []

    async def look() -> None:
        row = await talk.row(reply)
        seen.append((row["attempt"], row["draft"]))

    model = Played(
        ["It was cut here. And", interrupted()],
        [look, "Here it is whole. And", look, " it ends.", USAGE],
    )
    desk = Desk.of(database, model)
    await desk.answer()
    between = await talk.row(reply)
    await due_now(talk)

    await desk.answer()

    row = await talk.row(reply)
    assert (between["state"], between["draft"]) == ("streaming", "It was cut here.")
    assert seen == [(1, "It was cut here."), (2, "Here it is whole.")]
    assert (row["content"], row["attempt"]) == ("Here it is whole. And it ends.", 2)
    assert await talk.spent() > 12  # what was cut was paid for, too


async def test_what_was_released_of_a_reply_that_was_cut_to_the_last_stays(
    talk: Talk, database: Database
) -> None:
    reply = await talk.say()
    desk = Desk.of(database, Played(["It was cut here. And", interrupted()]))

    for _ in range(3):
        await due_now(talk)
        await desk.answer()

    row = await talk.row(reply)
    assert (row["state"], row["failure"], row["content"], row["draft"]) == (
        "failed",
        "interrupted",
        "It was cut here.",
        None,
    )


async def test_a_failed_reply_is_asked_for_again(talk: Talk, database: Database) -> None:
    reply = await talk.say()
    await Desk.of(database, Played(["A word. And", refused()])).answer()

    answer = await talk.caller(RETRY, id=reply)
    await Desk.of(database, Played(["This time.", USAGE])).answer()

    assert answer.data["retryReply"]["reply"] == {
        "id": str(reply),
        "state": "QUEUED",
        "failure": None,
    }
    assert answer.data["retryReply"]["conversation"] == {"id": talk.id}
    row = await talk.row(reply)
    assert (row["state"], row["content"], row["failure"]) == ("complete", "This time.", None)


async def test_a_reply_whose_workers_were_all_killed_fails(talk: Talk, database: Database) -> None:
    reply = await talk.say()
    await talk.owner.execute("update private.jobs set attempts = 3")
    model = Played(["Never said."])

    await Desk.of(database, model).answer()

    row = await talk.row(reply)
    assert (row["state"], row["failure"]) == ("failed", "unavailable")
    assert model.asked == []
    assert await talk.job(reply) is None


async def test_a_reply_that_has_ended_is_not_written_again(talk: Talk, database: Database) -> None:
    reply = await talk.say()
    desk = Desk.of(database, Played(["Once.", USAGE]))
    await desk.answer()
    await talk.owner.execute(
        "insert into private.jobs (kind, user_id, ref_id) values ('reply', $1, $2)",
        talk.user_id,
        reply,
    )

    await Desk.of(database, Played(["Twice.", USAGE])).answer()

    assert (await talk.row(reply))["content"] == "Once."
    assert await talk.job(reply) is None


async def test_a_job_with_another_persons_name_writes_nothing_of_hers(
    talk: Talk, database: Database, ben: Caller
) -> None:
    reply = await talk.say()
    await talk.owner.execute("update private.jobs set user_id = $1", ben.viewer.user_id)
    model = Played(["For whom?"])

    await Desk.of(database, model).answer()

    assert (await talk.row(reply))["state"] == "queued"  # it is there, and untouched
    assert model.asked == []


async def test_over_her_budget_the_model_is_not_asked(talk: Talk, database: Database) -> None:
    reply = await talk.say()
    await talk.spend(1_000)
    model = Played(["Never said."])

    await Desk.of(database, model, tokens_per_day=1_000).answer()

    row = await talk.row(reply)
    assert (row["state"], row["failure"]) == ("failed", "over_budget")
    assert model.asked == []
    assert await talk.spent() == 1_000


async def test_two_workers_on_one_job_write_one_reply(talk: Talk, database: Database) -> None:
    """The first was stalled for longer than its lease: what it says then is written nowhere."""
    reply = await talk.say()
    has_begun, may_go_on = asyncio.Event(), asyncio.Event()

    async def begin() -> None:
        has_begun.set()

    first = Played(["The first says this. And", begin, may_go_on, " that. And", " so on.", USAGE])
    slow = Desk.of(database, first, lease=timedelta(milliseconds=1))
    stalled = asyncio.create_task(slow.answer())
    await has_begun.wait()

    await Desk.of(database, Played(["The second says that.", USAGE])).answer()
    may_go_on.set()
    with pytest.raises(LeaseLost):
        await stalled

    row = await talk.row(reply)
    assert (row["content"], row["attempt"]) == ("The second says that.", 2)
    assert first.left == 1
    assert await talk.spent() > 12


@pytest.mark.parametrize("released", ["", "A first sentence. "])
async def test_a_reply_that_she_cancels_stops_and_keeps_what_was_released(
    talk: Talk, database: Database, released: str
) -> None:
    reply = await talk.say()
    answers = []

    async def cancel() -> None:
        answers.append(await talk.caller(CANCEL, id=reply))

    model = Played([released, "And", cancel, " more. And", " more.", USAGE])
    with pytest.raises(LeaseLost):
        await Desk.of(database, model).answer()

    assert answers[0].data["cancelReply"]["reply"] == {
        "id": str(reply),
        "state": "CANCELLED",
        "content": released.strip(),
        "draft": None,
    }
    row = await talk.row(reply)
    assert (row["state"], row["content"]) == ("cancelled", released.strip())
    assert model.left == 1
    assert await talk.spent() > 0
    assert await talk.job(reply) is None


async def test_who_cancels_before_the_first_word_has_let_the_model_read_all_the_same(
    talk: Talk, database: Database
) -> None:
    reply = await talk.say()
    asked, lost = asyncio.Event(), asyncio.Event()

    async def ask() -> None:
        asked.set()
        await lost.wait()

    desk = Desk.of(database, Played([ask, "Too late.", USAGE]))
    answering = asyncio.create_task(desk.answer())
    await asked.wait()
    await talk.caller(CANCEL, id=reply)
    answering.cancel()  # as the runner does, when the job is lost
    await asyncio.gather(answering, return_exceptions=True)

    # The instructions alone are some hundreds.
    assert await talk.spent() > 100


@pytest.mark.parametrize("is_transient", [True, False])
async def test_an_answer_without_a_word_is_paid_for_all_the_same(
    talk: Talk, database: Database, is_transient: bool
) -> None:
    await talk.say()

    await Desk.of(database, Played([useless(300, is_transient=is_transient)])).answer()

    assert await talk.spent() == 300


async def test_a_model_that_was_not_reached_costs_nothing(talk: Talk, database: Database) -> None:
    await talk.say()

    await Desk.of(database, Played([unavailable()])).answer()

    assert await talk.spent() == 0


async def test_other_words_for_a_message_end_the_reply_to_the_old_ones(
    talk: Talk, database: Database
) -> None:
    sent = (await talk.send("I hate him.")).data["sendMessage"]
    answers = []

    async def edit() -> None:
        answers.append(
            await talk.caller(EDIT, id=sent["message"]["id"], content="I am angry with him.")
        )

    old = Played(["To hate is. And", edit, " more. And", " more.", USAGE])
    with pytest.raises(LeaseLost):
        await Desk.of(database, old).answer()
    new = Played(["Anger is. And this.", USAGE])
    await Desk.of(database, new).answer()

    edited = answers[0].data["editMessage"]
    assert edited["message"]["content"] == "I am angry with him."
    assert edited["conversation"]["messageCount"] == 2
    assert edited["reply"]["id"] != sent["reply"]["id"]
    rows = await talk.owner.fetch(
        "select role::text, content from public.messages where conversation_id = $1 order by turn",
        UUID(talk.id),
    )
    assert [tuple(row) for row in rows] == [
        ("user", "I am angry with him."),
        ("assistant", "Anger is. And this."),
    ]
    assert new.asked[0][-1].content == "I am angry with him."


DELETE = "mutation ($id: UUID!) { deleteConversation(input: {id: $id}) { deletedId } }"
COMPLETE = "mutation ($id: UUID!) { completeConversation(input: {id: $id}) { status } }"


async def test_a_conversation_that_is_deleted_ends_its_reply(
    talk: Talk, database: Database
) -> None:
    reply = await talk.say()

    async def delete() -> None:
        await talk.caller(DELETE, id=talk.id)

    model = Played(["One. And", delete, " two. And", " three.", USAGE])
    with pytest.raises(LeaseLost):
        await Desk.of(database, model).answer()

    left = await talk.owner.fetchval("select count(*) from public.messages where id = $1", reply)
    assert (left, model.left) == (0, 1)
    assert await talk.job(reply) is None


async def test_an_erased_person_gets_no_more_words_and_leaves_no_trace(
    talk: Talk, database: Database
) -> None:
    await talk.say()

    async def erase() -> None:
        await talk.owner.execute("delete from auth.users where id = $1", talk.user_id)

    model = Played(["One. And", erase, " two. And", " three.", USAGE])
    with pytest.raises(LeaseLost):
        await Desk.of(database, model).answer()

    assert model.left == 1
    for table in ("public.messages", "private.jobs", "private.model_usage", "public.live_events"):
        left = await talk.owner.fetchval(
            f"select count(*) from {table} where user_id = $1", talk.user_id
        )
        assert (table, left) == (table, 0)


async def test_a_reply_under_way_is_stored_also_when_she_ends_the_conversation(
    talk: Talk, database: Database
) -> None:
    """D4."""
    reply = await talk.say()

    async def complete() -> None:
        await talk.caller(COMPLETE, id=talk.id)

    await Desk.of(database, Played(["One. And", complete, " two.", USAGE])).answer()

    assert (await talk.row(reply))["content"] == "One. And two."


async def test_nothing_is_begun_for_somebody_who_is_locked_out(
    talk: Talk, database: Database
) -> None:
    reply = await talk.say()
    await talk.owner.execute(
        "update auth.users set banned_until = now() + interval '1 day' where id = $1",
        talk.user_id,
    )
    desk = Desk.of(database, Played(["Never said."]))

    assert await desk.queue.claim() is None
    assert await talk.job(reply) is not None


async def test_a_reply_stops_when_she_is_locked_out_and_is_written_when_she_is_back(
    talk: Talk, database: Database
) -> None:
    reply = await talk.say()
    ban = "update auth.users set banned_until = $2 where id = $1"

    async def lock_out() -> None:
        await talk.owner.execute(ban, talk.user_id, datetime.now(UTC) + timedelta(days=1))

    model = Played(["One. And", lock_out, " two. And", " three.", USAGE], ["Welcome.", USAGE])
    desk = Desk.of(database, model, lease=timedelta(milliseconds=1))
    with pytest.raises(LeaseLost):
        await desk.answer()
    between = await talk.row(reply)
    nothing = await desk.queue.claim()
    await talk.owner.execute(ban, talk.user_id, None)
    # It was put off, as it could not be done.
    await talk.owner.execute("update private.jobs set run_at = now()")

    await desk.answer()

    assert (between["state"], between["draft"], model.left) == ("streaming", "One.", 1)
    assert nothing is None
    assert (await talk.row(reply))["content"] == "Welcome."


async def test_a_reply_is_as_long_as_a_message_can_be_and_no_longer(
    talk: Talk, database: Database
) -> None:
    reply = await talk.say()
    model = Played(["A sentence of thirty characters." * 10 + " "] * 120)

    await Desk.of(database, model).answer()

    row = await talk.row(reply)
    assert (row["state"], len(row["content"])) == ("complete", 32_000)
    assert model.left == 1


async def test_a_last_write_whose_end_was_not_heard_of_is_paid_once_and_told(
    talk: Talk, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    reply = await talk.say()
    desk = Desk.of(database, Played(["Here.", USAGE]))
    holding = desk.queue.holding

    @asynccontextmanager
    async def deaf(job: Job) -> AsyncIterator[Transaction]:
        async with holding(job) as transaction:
            yield transaction
        if (await talk.row(reply))["state"] == "complete":
            raise Unavailable

    monkeypatch.setattr(desk.queue, "holding", deaf)

    with pytest.raises(LeaseLost):
        await desk.answer()

    assert (await talk.row(reply))["content"] == "Here."
    assert await talk.spent() == USAGE.tokens
    assert desk.told[-1] == (talk.user_id, "news")


async def test_what_postgres_cannot_hold_is_left_out(talk: Talk, database: Database) -> None:
    reply = await talk.say()

    usage = replace(USAGE, model="a\x00model")
    await Desk.of(database, Played(["A\x00 \ud83d", "\ude00 and \ud800.", usage])).answer()

    row = await talk.row(reply)
    assert (row["content"], row["model_used"]) == ("A 😀 and \ufffd.", "amodel")
