"""The summary by rules: her own sentences, chosen and counted as the module says."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphql_api.companion.extractive import extractive_summary
from graphql_api.companion.protocol import Summary, Turn

TALK = (
    "I am so anxious about the exam. The exam is on Friday. My sister thinks I worry too much. "
    "I haven't slept since Monday. Oh. The neighbours have a new dog. "
    "I will call my sister tomorrow. I want to try the breathing before the exam! Will I pass?"
)


def sum_up(*hers: str) -> Summary:
    turns = [Turn("user", one) for one in hers]
    return extractive_summary([*turns, Turn("assistant", "You will be a doctor. I will help.")])


def test_it_is_made_of_her_own_sentences_in_her_order() -> None:
    assert sum_up(TALK).summary == (
        "I am so anxious about the exam. The exam is on Friday. My sister thinks I worry too much. "
        "I will call my sister tomorrow. I want to try the breathing before the exam!"
    )


def test_topics_are_her_most_frequent_words_without_stop_words() -> None:
    topics = sum_up(TALK).key_topics

    assert topics[:2] == ("exam", "sister")
    assert len(topics) == 10
    assert not {"the", "will", "doctor"} & set(topics)


def test_themes_are_the_feelings_that_she_names() -> None:
    assert sum_up(TALK).emotional_themes == ("anxiety",)
    assert sum_up("I was sad, sad and angry.").emotional_themes == ("sadness", "anger")


def test_a_feeling_that_she_denies_is_no_theme() -> None:
    summary = sum_up("I am not really happy today.")

    assert summary.emotional_themes == ()
    assert summary.sentiment_overall == -0.4


@pytest.mark.parametrize(
    ("said", "sentiment"),
    [
        ("I am sad.", -0.7),
        ("I am happy.", 0.8),
        ("I am happy and sad.", 0.05),
        ("I went to the shop.", None),
        ("Ich bin traurig.", None),
    ],
)
def test_sentiment_is_the_mean_of_her_words(said: str, sentiment: float | None) -> None:
    assert sum_up(said).sentiment_overall == sentiment


@pytest.mark.parametrize(
    ("said", "items"),
    [
        ("I will call my sister.", ("I will call my sister.",)),
        ("I’ll write it down.", ("I’ll write it down.",)),
        ("I'm going to rest now.", ("I'm going to rest now.",)),
        ("I want to try yoga.", ("I want to try yoga.",)),
        ("I need to talk to him.", ("I need to talk to him.",)),
        ("My next step is a letter.", ("My next step is a letter.",)),
        ("I will never forgive it.", ()),
        ("I want to die.", ()),
        ("Will I pass? I will pass?", ()),
        ("I willed it. Illness came.", ()),
        ("He will call me.", ()),
    ],
)
def test_action_items_are_what_she_says_she_means_to_do(said: str, items: tuple[str, ...]) -> None:
    assert sum_up(said).action_items == items


def test_a_sentence_that_she_repeats_counts_once() -> None:
    assert sum_up("I will rest today.", "I will rest today.").summary == "I will rest today."


def test_of_a_long_conversation_the_last_words_are_read() -> None:
    said = [f"Day {number} was long. " + "word " * 2_000 for number in range(30)]

    topics = sum_up("The lighthouse is far.", *said, "The harbour is near.").key_topics

    assert "harbour" in topics
    assert "lighthouse" not in topics


@pytest.mark.parametrize("hers", [(), ("",), ("… ?!",)])
def test_where_nothing_was_said_the_summary_says_so(hers: tuple[str, ...]) -> None:
    summary = sum_up(*hers)

    assert summary.summary == "Nothing was said."
    assert (summary.key_topics, summary.sentiment_overall) == ((), None)


def test_it_knows_no_progress_and_asks_no_model() -> None:
    summary = sum_up(TALK)

    assert (summary.therapeutic_progress, summary.usage, summary.model) == (
        None,
        None,
        "extractive",
    )


@settings(max_examples=100, deadline=None)
@given(hers=st.lists(st.text(max_size=1_000), max_size=15))
def test_its_bounds_hold_for_any_words(hers: list[str]) -> None:
    """NU-069."""
    summary = sum_up(*hers)

    assert summary == sum_up(*hers)
    assert summary.summary.strip()
    assert len(summary.summary) <= 8_000
    assert len(summary.key_topics) <= 10
    assert len(summary.emotional_themes) <= 5
    assert len(summary.action_items) <= 10
    assert summary.sentiment_overall is None or -1 <= summary.sentiment_overall <= 1
