"""Sabotages of what is live: the event log, deliveries, sockets, replies and their jobs."""

from __future__ import annotations

from tests.mutants import (
    live_companion,
    live_database,
    live_demo,
    live_feeds,
    live_page,
    live_sockets,
)
from tests.mutants.mutant import Mutant

EVENTS: tuple[Mutant, ...] = (*live_database.MUTANTS, *live_feeds.MUTANTS)

SOCKETS: tuple[Mutant, ...] = (*live_sockets.MUTANTS, *live_page.MUTANTS)

BUDGET = "graphql_api/admission/budget.py"
QUEUE = "graphql_api/jobs/queue.py"
WRITER = "graphql_api/jobs/replies.py"
RUNNER = "graphql_api/jobs/runner.py"
SENDING = "graphql_api/domains/chat/sending.py"
ASKING = "tests/graphql/test_asking.py"
ANSWERING = "tests/jobs/test_replies.py"
RUNNING = "tests/jobs/test_runner.py"
SUMMING = "tests/jobs/test_summaries.py"

REPLIES: tuple[Mutant, ...] = (
    Mutant(
        "a-stale-worker-goes-on-writing",
        QUEUE,
        "                await transaction.execute(HOLD, job.id, job.fence, self._lease_seconds)\n",
        "",
        (f"{ANSWERING}::test_two_workers_on_one_job_write_one_reply",),
    ),
    Mutant(
        "a-worker-reads-as-the-server-alone",
        QUEUE,
        "return Viewer(user_id=self.user_id, role=",
        "return Viewer(user_id=None, role=",
        (f"{ANSWERING}::test_a_queued_reply_becomes_what_the_companion_says",),
    ),
    Mutant(
        "a-last-write-whose-end-was-not-heard-of-is-paid-twice",
        WRITER,
        "            if is_stored:",
        "            if is_stored and False:",
        (f"{ANSWERING}::test_a_last_write_whose_end_was_not_heard_of_is_paid_once_and_told",),
    ),
    Mutant(
        "a-sentence-is-stored-before-it-is-checked",
        WRITER,
        "            verdict = self._gate.check(sentence, attempt.released)\n",
        "            verdict = Gate().check(sentence, attempt.released)\n",
        (
            f"{ANSWERING}::test_what_the_gate_stops_is_never_stored_and_a_written_text_takes_its_place",
        ),
    ),
    Mutant(
        "the-last-sentence-is-not-checked",
        WRITER,
        "            self._check(attempt, attempt.rest())\n",
        "            for sentence in attempt.rest():\n                attempt.release(sentence)\n",
        (f"{ANSWERING}::test_what_the_gate_stops_at_the_very_end_is_not_stored_either",),
    ),
    Mutant(
        "a-stopped-reply-lets-the-model-talk-on",
        WRITER,
        "                if attempt.is_over:\n                    break\n",
        "",
        (
            f"{ANSWERING}::test_what_the_gate_stops_is_never_stored_and_a_written_text_takes_its_place",
        ),
    ),
    Mutant(
        "the-tokens-of-a-cancelled-reply-are-free",
        WRITER,
        "            await self._settle(job, task, attempt)\n",
        "",
        (f"{ANSWERING}::test_a_reply_that_she_cancels_stops_and_keeps_what_was_released",),
    ),
    Mutant(
        "a-reply-is-tried-for-ever",
        WRITER,
        "or job.attempt >= ATTEMPTS or",
        "or",
        (f"{ANSWERING}::test_the_third_failure_is_the_last",),
    ),
    Mutant(
        "a-reply-that-kills-its-worker-is-begun-for-ever",
        WRITER,
        "if job.attempt > ATTEMPTS:",
        "if job.attempt > 1_000:",
        (f"{ANSWERING}::test_a_reply_whose_workers_were_all_killed_fails",),
    ),
    Mutant(
        "a-worker-asks-no-budget",
        WRITER,
        "if await self._budget.is_used_up_by(transaction):",
        "if False:",
        (f"{ANSWERING}::test_over_her_budget_the_model_is_not_asked",),
    ),
    Mutant(
        "a-reply-that-has-ended-is-written-again",
        WRITER,
        'not in ("queued", "streaming")',
        'not in ("queued", "streaming", "complete")',
        (f"{ANSWERING}::test_a_reply_that_has_ended_is_not_written_again",),
    ),
    Mutant(
        "a-slow-model-loses-its-lease",
        RUNNER,
        "                    await self._queue.renew(job)\n",
        "                    await asyncio.sleep(0)\n",
        (f"{RUNNING}::test_a_lease_is_renewed_while_the_model_thinks",),
    ),
    Mutant(
        "a-stopped-worker-keeps-its-jobs",
        RUNNER,
        "            await self._give_back(job, LAST_WORDS_SECONDS)\n",
        "",
        (f"{RUNNING}::test_after_the_grace_another_worker_goes_on_at_once",),
    ),
    Mutant(
        "a-worker-does-not-hear-hints",
        "graphql_api/jobs/bell.py",
        "        hints.on_jobs(self.jobs.set)\n",
        "",
        (f"{RUNNING}::test_a_hint_lets_the_reply_begin_at_once",),
    ),
    Mutant(
        "a-summary-does-not-wait-for-the-last-reply",
        "graphql_api/jobs/summaries.py",
        'found[0]["is_talking"] and job.attempt <= WAITS',
        'found[0]["is_talking"] and job.attempt < 0',
        (f"{SUMMING}::test_a_summary_waits_for_a_reply_under_way",),
    ),
    Mutant(
        "everybody-has-one-budget",
        BUDGET,
        "self._clock() < self._trusted.get(viewer.user_id, 0.0)",
        "self._trusted",
        (f"{ASKING}::test_who_has_used_little_lets_nobody_else_through",),
    ),
    Mutant(
        "somebody-in-danger-is-not-heard",
        SENDING,
        "if budget is not None and finding.level not in GRAVE:",
        "if budget is not None:",
        (f"{ASKING}::test_whoever_is_in_danger_is_heard_whatever_she_has_used",),
    ),
    Mutant(
        "other-words-are-not-checked",
        SENDING,
        "    finding = check(content)\n",
        "    finding = NOTHING\n",
        ("tests/graphql/test_stages.py::test_what_check_finds_in_other_words_is_stored_with_them",),
    ),
)

MUTANTS = (*EVENTS, *SOCKETS, *REPLIES, *live_companion.MUTANTS, *live_demo.MUTANTS)
