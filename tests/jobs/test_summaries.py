"""Summaries: what a conversation was about is written down when it has ended, once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import pytest

from graphql_api.admission.budget import Budget
from graphql_api.companion.protocol import Companion, Summary, Turn
from graphql_api.jobs.queue import Job
from graphql_api.jobs.summaries import Summaries
from graphql_api.session import Database
from graphql_api.settings import Settings
from tests.fixtures.graphql import Caller
from tests.jobs.talk import (
    USAGE,
    Desk,
    Played,
    Talk,
    eventually,
    refused,
    unavailable,
    useless,
    working,
)

COMPLETE = "mutation ($id: UUID!) { completeConversation(input: {id: $id}) { status } }"
DELETE = "mutation ($id: UUID!) { deleteConversation(input: {id: $id}) { deletedId } }"
SUMMARIES = """
query ($id: UUID!) {
  conversation(id: $id) { summaries { nodes { summary keyTopics throughTurn } } }
}
"""


async def sum_up(database: Database, companion: Companion, *, tokens_per_day: int = 1_000) -> Job:
    """Claim the next job and do it."""
    desk = Desk.of(database, companion)
    summaries = Summaries(
        desk.queue,
        companion,
        Budget(database, tokens_per_day),
        lambda user_id, *, draft=False: desk.told.append((user_id, "news")),
        context_tokens=8_000,
    )
    job = await desk.claim()
    assert job.kind == "summary"
    await summaries.perform(job)
    return job


async def ended(talk: Talk) -> None:
    """Have a talk of two turns, and end it."""
    await talk.send("I could not sleep before the exam.", answer=False)
    await talk.send("I will call my sister tomorrow.", answer=False)
    answer = await talk.caller(COMPLETE, id=talk.id)
    assert answer.errors == []


async def stored(talk: Talk) -> list[Mapping[str, Any]]:
    rows = await talk.owner.fetch(
        "select * from public.conversation_summaries where conversation_id = $1", UUID(talk.id)
    )
    return [dict(row) for row in rows]


async def test_a_conversation_that_ends_is_summed_up(
    talk: Talk, database: Database, settings: Settings
) -> None:
    """NU-069, NU-070."""
    await ended(talk)

    await sum_up(database, Played([]))

    (row,) = await stored(talk)
    assert row["through_turn"] == 2
    assert "exam" in row["summary"]
    assert orjson.loads(row["metadata"]) == {"by": "extractive"}
    answer = await talk.caller(SUMMARIES, id=talk.id)
    assert answer.data["conversation"]["summaries"]["nodes"][0]["throughTurn"] == 2
    assert await talk.job(UUID(talk.id)) is None


async def test_a_worker_does_it_by_itself(
    talk: Talk, database: Database, settings: Settings
) -> None:
    async with working(database, Played(["Good night.", USAGE]), settings):
        reply = await talk.say("I could not sleep.")
        await talk.until(reply, "complete")
        await talk.caller(COMPLETE, id=talk.id)
        await _summary(talk)

    (row,) = await stored(talk)
    assert row["through_turn"] == 2


async def _summary(talk: Talk) -> None:
    async def is_there() -> bool:
        return bool(await stored(talk))

    await eventually(is_there)


async def test_doing_it_again_changes_nothing(talk: Talk, database: Database) -> None:
    await ended(talk)
    await sum_up(database, Played([]))
    before = await stored(talk)
    await talk.owner.execute(
        "insert into private.jobs (kind, user_id, ref_id) values ('summary', $1, $2)",
        talk.user_id,
        UUID(talk.id),
    )
    model = Played([])

    await sum_up(database, model)

    assert await stored(talk) == before
    assert model.asked == []


async def test_a_model_that_is_away_is_waited_for(talk: Talk, database: Database) -> None:
    await ended(talk)

    await sum_up(database, Played([unavailable()]))

    job = await talk.job(UUID(talk.id))
    assert job is not None
    assert job["last_error"] == "unavailable"
    assert await stored(talk) == []


@pytest.mark.parametrize("attempts", [0, 6])
async def test_when_the_model_fails_for_good_rules_sum_up_and_say_so(
    talk: Talk, database: Database, attempts: int
) -> None:
    await ended(talk)
    await talk.owner.execute("update private.jobs set attempts = $1", attempts)

    await sum_up(database, Played([unavailable() if attempts else refused()]))

    (row,) = await stored(talk)
    assert orjson.loads(row["metadata"]) == {"by": "extractive"}


@pytest.mark.parametrize("is_transient", [True, False])
async def test_a_summary_that_could_not_be_used_is_paid_for_all_the_same(
    talk: Talk, database: Database, is_transient: bool
) -> None:
    await ended(talk)

    await sum_up(database, Played([useless(300, is_transient=is_transient)]))

    assert await talk.spent() == 300


async def test_who_deletes_a_conversation_has_let_the_model_read_it_all_the_same(
    talk: Talk, database: Database
) -> None:
    await ended(talk)
    asked = asyncio.Event()

    class Thinking(Played):
        async def summarise(self, turns: Sequence[Turn]) -> Summary:
            asked.set()
            await asyncio.Event().wait()
            raise AssertionError

    summing_up = asyncio.create_task(sum_up(database, Thinking()))
    await asked.wait()
    await talk.caller(DELETE, id=talk.id)
    summing_up.cancel()  # as the runner does, when the job is lost
    await asyncio.gather(summing_up, return_exceptions=True)

    assert await talk.spent() > 10


async def test_over_her_budget_rules_sum_up(talk: Talk, database: Database) -> None:
    await ended(talk)
    await talk.spend(1_000)
    model = Played([])

    await sum_up(database, model, tokens_per_day=1_000)

    assert len(await stored(talk)) == 1
    assert model.asked == []


async def test_a_summary_waits_for_a_reply_under_way(talk: Talk, database: Database) -> None:
    """D4: the reply is stored all the same, and the summary knows of it."""
    reply = await talk.say("I could not sleep before the exam.")
    await talk.caller(COMPLETE, id=talk.id)
    desk = Desk.of(database, Played(["That must have been a long night.", USAGE]))
    claimed = await desk.claim()
    assert claimed.ref_id == reply

    await sum_up(database, Played([]))
    waiting = await talk.job(UUID(talk.id))
    await desk.replies.perform(claimed)
    await talk.owner.execute("update private.jobs set run_at = now()")
    model = Played([])
    await sum_up(database, model)

    assert waiting is not None
    assert waiting["last_error"] == "talking"
    assert [turn.content for turn in model.asked[0]] == [
        "I could not sleep before the exam.",
        "That must have been a long night.",
    ]


async def test_a_conversation_without_words_is_not_summed_up(
    talk: Talk, database: Database
) -> None:
    await talk.caller(COMPLETE, id=talk.id)

    assert await talk.job(UUID(talk.id)) is None


async def test_a_summary_is_hers_alone(
    talk: Talk, database: Database, ben: Caller, superuser: asyncpg.Connection
) -> None:
    await ended(talk)
    await sum_up(database, Played([]))

    answer = await ben(SUMMARIES, id=talk.id)

    assert len(await stored(talk)) == 1
    assert answer.data == {"conversation": None}


async def test_a_job_with_another_persons_name_sums_nothing_up(
    talk: Talk, database: Database, ben: Caller
) -> None:
    await ended(talk)
    await talk.owner.execute("update private.jobs set user_id = $1", ben.viewer.user_id)
    model = Played([])

    await sum_up(database, model)

    assert await stored(talk) == []
    assert model.asked == []
