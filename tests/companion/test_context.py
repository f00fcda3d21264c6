"""What a model reads: our instructions, what is recalled, and the last turns that fit."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphql_api.companion.context import (
    INSTRUCTIONS,
    cut_middle,
    estimate_prompt,
    estimate_tokens,
    fit_turns,
)
from graphql_api.companion.protocol import Role, Turn


def talk(count: int, words: str = "word " * 40) -> list[Turn]:
    roles: tuple[Role, Role] = ("user", "assistant")
    return [Turn(roles[number % 2], f"{number}: {words}") for number in range(count)]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        ("abcd", 1),
        ("abcde", 2),
        ("a" * 400, 100),
        ("я" * 3, 2),
        ("好" * 10, 10),
        ("😀", 2),
    ],
)
def test_tokens_are_estimated_by_the_stated_rule(text: str, tokens: int) -> None:
    assert estimate_tokens(text) == tokens


def test_a_short_conversation_is_read_whole_after_our_instructions() -> None:
    turns = talk(5)

    fitted = fit_turns(turns, 6_000)

    assert fitted == [Turn("system", INSTRUCTIONS), *turns]


def test_of_a_long_one_the_last_turns_are_read() -> None:
    turns = talk(101)

    fitted = fit_turns(turns, 2_000)

    assert fitted[1:] == turns[-len(fitted[1:]) :]
    assert 2 < len(fitted) < 101
    assert fitted[1].role == "user"
    # No turn more would have fitted but one, of the companion's before hers.
    assert 2_000 - 2 * 65 < estimate_prompt(fitted) <= 2_000


def test_the_newest_turn_is_read_even_alone_without_its_middle() -> None:
    newest = Turn("user", "At first I slept. " + "so much " * 5_000 + "Then I woke up.")

    fitted = fit_turns([*talk(4), newest], 2_000)

    assert [turn.role for turn in fitted] == ["system", "user"]
    assert fitted[1].content.startswith("At first I slept.")
    assert "[… the middle is left out here …]" in fitted[1].content
    assert fitted[1].content.endswith("Then I woke up.")
    assert 1_900 < estimate_prompt(fitted) <= 2_000


def test_neighbours_of_one_role_are_joined() -> None:
    """A reply that failed leaves two turns of hers, which many chat formats refuse."""
    turns = [Turn("user", "One."), Turn("assistant", " "), Turn("user", "Two.")]

    assert fit_turns(turns, 6_000)[1:] == [Turn("user", "One.\n\nTwo.")]


def test_the_conversation_begins_with_words_of_hers() -> None:
    turns = [Turn("assistant", "Hello."), Turn("user", "Hi."), Turn("assistant", "How is it?")]

    assert fit_turns(turns, 6_000)[1:] == turns[1:]


def test_without_a_turn_there_are_only_instructions() -> None:
    assert fit_turns([], 6_000) == [Turn("system", INSTRUCTIONS)]


def test_what_is_recalled_stands_with_the_instructions_on_a_line_each() -> None:
    fitted = fit_turns(talk(1), 6_000, ["Her sister is Mia.", "She plays\nthe cello."])

    system = fitted[0].content
    assert system.startswith(INSTRUCTIONS)
    assert system.endswith("\n- Her sister is Mia.\n- She plays the cello.")


def test_what_is_recalled_takes_a_quarter_of_the_budget_at_most() -> None:
    fitted = fit_turns(talk(1), 2_000, [f"Fact {number}." for number in range(1_000)])

    recalled = estimate_tokens(fitted[0].content) - estimate_tokens(INSTRUCTIONS)
    assert "- Fact 0.\n" in fitted[0].content
    assert 400 < recalled < 550


def test_a_budget_that_holds_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="1,000"):
        fit_turns(talk(1), 999)


@settings(max_examples=150, deadline=None)
@given(
    contents=st.lists(st.text(max_size=400), max_size=30),
    budget=st.integers(1_000, 3_000),
    recalled=st.lists(st.text(max_size=200), max_size=20),
)
def test_the_budget_is_kept(contents: list[str], budget: int, recalled: list[str]) -> None:
    turns = [Turn("user", content) for content in contents]

    fitted = fit_turns(turns, budget, recalled)

    assert estimate_prompt(fitted) <= budget
    spoken = [content for content in contents if content.strip()]
    assert not spoken or fitted[-1].content.endswith(spoken[-1][-1:])


@settings(max_examples=150, deadline=None)
@given(text=st.text(max_size=600), budget=st.integers(20, 100))
def test_a_cut_text_fits_and_is_not_cut_without_need(text: str, budget: int) -> None:
    cut = cut_middle(text, budget)

    assert estimate_tokens(cut) <= budget
    assert (cut == text) == (estimate_tokens(text) <= budget)


def test_the_instructions_say_what_it_is_and_what_it_does_not() -> None:
    for rule in (
        "You are an AI",
        "not a therapist and not a doctor",
        "Do not diagnose",
        "Promise nothing",
        "say so",
        "must not stay a secret",
        "emergency number",
    ):
        assert rule in INSTRUCTIONS
    assert estimate_tokens(INSTRUCTIONS) < 600
