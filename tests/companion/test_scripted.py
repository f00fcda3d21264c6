"""The scripted companion: it says what it is, gives back, asks, and never advises."""

from __future__ import annotations

import re
import time
from datetime import timedelta

import pytest

from graphql_api.companion.lines import ANYTHING, DANGER_REPLY, LABEL, PATTERNS, PAUSES, QUESTIONS
from graphql_api.companion.protocol import Turn
from graphql_api.companion.scripted import ScriptedCompanion, scripted_reply
from tests.companion.asking import hear

AT_ONCE = timedelta(0)


async def test_a_reply_streams_word_by_word_and_its_usage_is_estimated() -> None:
    turns = [Turn("user", "I am worried about my exam.")]

    pieces, usage = await hear(ScriptedCompanion(AT_ONCE), turns)

    assert "".join(pieces) == scripted_reply(turns)
    assert len(pieces) > 20
    assert usage.model == "scripted"
    assert usage.is_estimated
    assert usage.reply_tokens > 20


async def test_its_pace_can_be_set() -> None:
    began = time.monotonic()

    pieces, _ = await hear(ScriptedCompanion(timedelta(milliseconds=2)), [Turn("user", "Hi")])

    assert time.monotonic() - began > 0.002 * len(pieces)


def test_the_first_reply_says_what_it_is_and_later_ones_need_not() -> None:
    first = [Turn("system", "…"), Turn("user", "Hello")]
    later = [*first, Turn("assistant", scripted_reply(first)), Turn("user", "I am tired.")]

    assert scripted_reply(first).startswith(LABEL)
    assert "no language model" in LABEL
    assert LABEL not in scripted_reply(later)


def test_the_same_turns_have_the_same_reply_and_others_another() -> None:
    replies = {scripted_reply([Turn("user", f"I saw {number} birds.")]) for number in range(30)}

    assert scripted_reply([Turn("user", "Hello")]) == scripted_reply([Turn("user", "Hello")])
    assert len(replies) > 15


@pytest.mark.parametrize(
    ("said", "given_back"),
    [
        ("I want to call my sister", "call your sister"),
        ("I'd like to call my sister", "call your sister"),
        ("I've got to call my sister", "call your sister"),
        ("I’m afraid of losing my job.", "losing your job"),
        ("It feels like I am not heard, again", "you are not heard"),
        ("My mother never listens", "mother"),
        ("I can't tell my boss that I was late!", "tell your boss that you were late"),
    ],
)
def test_what_was_said_is_given_back_turned_around(said: str, given_back: str) -> None:
    assert given_back in scripted_reply([Turn("user", said)])


@pytest.mark.parametrize("said", ["", "?!", "{0} {1} %s", "x" * 32_000, "好累", "I want to \ud83d"])
def test_anything_gets_a_reply_with_a_question(said: str) -> None:
    reply = scripted_reply([Turn("user", said)])

    assert reply.endswith("?")
    assert len(reply) < 1_000


def test_without_words_of_hers_there_is_a_reply() -> None:
    assert scripted_reply([]).endswith("?")


@pytest.mark.parametrize(
    "said",
    [
        "I want to kill myself",
        "i don’t want to live anymore",
        "I keep thinking about suicide.",
        "he hits me",
        "I took an overdose",
        "I could just end it all",
    ],
)
def test_words_of_danger_are_answered_by_where_to_find_a_person(said: str) -> None:
    reply = scripted_reply([Turn("user", "Hello"), Turn("assistant", "…"), Turn("user", said)])

    assert reply == DANGER_REPLY
    assert "cannot help" in reply
    assert {"112", "911", "999"} <= set(re.findall(r"\d+", reply))


@pytest.mark.parametrize("said", ["I killed time at the office", "This will end my week nicely"])
def test_harmless_words_are_not_taken_for_danger(said: str) -> None:
    assert scripted_reply([Turn("user", said)]) != DANGER_REPLY


def test_no_line_advises_or_promises() -> None:
    lines = [line for pattern in PATTERNS for line in pattern.reflections]
    advice = re.compile(
        r"\byou (should|must|ought|had better)\b|\bwhy don't you\b|\btry to\b|\bi promise\b"
        r"|\bwill be (fine|ok|well|alright)\b|\bdon't worry\b",
        re.IGNORECASE,
    )

    assert len(PATTERNS) >= 36
    assert not [line for line in (*lines, *ANYTHING, *QUESTIONS, *PAUSES) if advice.search(line)]
    assert all(question.endswith("?") for question in QUESTIONS)


async def test_a_summary_is_made_by_rules() -> None:
    companion = ScriptedCompanion()

    summary = await companion.summarise([Turn("user", "I am sad about the rain today.")])
    await companion.aclose()

    assert (summary.model, summary.usage) == ("extractive", None)
    assert summary.emotional_themes == ("sadness",)
