"""Sabotages of the companion: what is asked of a model, and what of its answer is believed."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

MODEL = "graphql_api/companion/model.py"
ENDPOINT = "graphql_api/companion/endpoint.py"
FAULTS = "tests/companion/test_faults.py"
ASKING = "tests/companion/test_model.py"

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "a-reply-is-asked-for-again-after-its-first-words",
        MODEL,
        "pause = None if has_begun else self._pause_seconds(failure, tries)",
        "pause = self._pause_seconds(failure, tries)",
        (f"{FAULTS}::test_what_came_before_a_cut_was_given",),
    ),
    Mutant(
        "a-failure-keeps-the-error-of-the-client",
        MODEL,
        "            failure = failure_of(error, has_begun=reading.length > 0)\n",
        "            raise failure_of(error, has_begun=reading.length > 0) from error\n",
        (f"{FAULTS}::test_a_failure_tells_no_word_of_prompt_answer_or_key",),
    ),
    Mutant(
        "a-stream-that-breaks-off-is-a-whole-reply",
        MODEL,
        "    if reading.reason is None:\n",
        "    if reading.reason is None and not has_begun:\n",
        (f"{FAULTS}::test_every_fault_has_its_code",),
    ),
    Mutant(
        "a-silent-model-is-waited-for",
        MODEL,
        "asyncio.timeout_at(min(next_moment, last_moment))",
        "asyncio.timeout_at(next_moment + 3600)",
        (f"{FAULTS}::test_every_fault_has_its_code",),
    ),
    Mutant(
        "an-unwanted-reply-stays-open",
        MODEL,
        "                await stream.close()\n",
        "                pass\n",
        (f"{ASKING}::test_a_reply_that_nobody_wants_any_more_is_closed_at_once",),
    ),
    Mutant(
        "an-endless-reply-is-read-without-end",
        MODEL,
        "while reading.length <= max_tokens * CHARACTERS_PER_TOKEN:",
        "while reading.length < 100_000:",
        (f"{ASKING}::test_an_endpoint_that_does_not_stop_is_stopped",),
    ),
    Mutant(
        "a-conversation-follows-a-redirect",
        ENDPOINT,
        "follow_redirects=False",
        "follow_redirects=True",
        (f"{FAULTS}::test_a_conversation_does_not_follow_a_redirect",),
    ),
    Mutant(
        "the-client-writes-its-logs",
        ENDPOINT,
        "            logging.getLogger(name).setLevel(logging.WARNING)\n",
        "            logging.getLogger(name)\n",
        (f"{FAULTS}::test_the_client_writes_no_logs",),
    ),
    Mutant(
        "a-context-is-as-long-as-her-last-words",
        "graphql_api/companion/context.py",
        "cut_middle(newest.content, budget_tokens - TOKENS_PER_TURN)",
        "newest.content",
        (
            "tests/companion/test_context.py::"
            "test_the_newest_turn_is_read_even_alone_without_its_middle",
        ),
    ),
    Mutant(
        "a-rule-that-stops-a-sentence-lets-it-pass",
        "graphql_api/companion/gate.py",
        "return Verdict(passes=False, replacement=replacement)",
        "return PASSES",
        ("tests/companion/test_gate.py::test_a_rule_that_stops_a_sentence_replaces_the_reply",),
    ),
    Mutant(
        "a-summary-is-believed-whatever-its-feeling",
        "graphql_api/companion/summary.py",
        "Field(ge=-1, le=1, allow_inf_nan=False)",
        "Field()",
        ("tests/companion/test_summary.py::test_an_answer_out_of_bounds_is_none",),
    ),
    Mutant(
        "the-script-does-not-say-what-it-is",
        "graphql_api/companion/scripted.py",
        'return (LABEL if is_first else "")',
        'return ("")',
        (
            "tests/companion/test_scripted.py::"
            "test_the_first_reply_says_what_it_is_and_later_ones_need_not",
        ),
    ),
    Mutant(
        "the-script-chats-on-about-danger",
        "graphql_api/companion/scripted.py",
        "    if DANGER.search(last):\n        return DANGER_REPLY\n",
        "",
        (
            "tests/companion/test_scripted.py::"
            "test_words_of_danger_are_answered_by_where_to_find_a_person",
        ),
    ),
    Mutant(
        "who-cancels-in-time-asks-for-free",
        "graphql_api/jobs/attempt.py",
        "return estimate_prompt(self._turns) if is_silent else self.tokens",
        "return self.tokens",
        (
            "tests/jobs/test_replies.py::"
            "test_who_cancels_before_the_first_word_has_let_the_model_read_all_the_same",
        ),
    ),
    Mutant(
        "an-empty-answer-is-free",
        "graphql_api/companion/model.py",
        "failure.tokens = reading.usage(turns).tokens if reading.has_answered else 0",
        "failure.tokens = 0",
        ("tests/companion/test_faults.py::test_a_failure_costs_what_a_model_has_read",),
    ),
)
