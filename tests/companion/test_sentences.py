"""Sentences out of a stream: early, whole, and character by character what came."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphql_api.companion.sentences import MAX_CHARACTERS, Sentences

# What a splitter stumbles over, more often than by chance.
SIGNS = [". ", ".", "! ", "?", "…", "... ", "\n", "\r\n", " ", '"', "”", ")", "。", "！", "」"]
WORDS = ["Dr", "e.g", "U.S", "etc", "3", "1", "a", "A", "I", "ok", "Yes", "好", "é", "😀", "x" * 90]
TEXTS = st.lists(st.one_of(st.sampled_from(SIGNS + WORDS), st.text(max_size=3)), max_size=60).map(
    "".join
)


def split(*pieces: str) -> list[str]:
    sentences = Sentences()
    whole = [one for piece in pieces for one in sentences.feed(piece)]
    rest = sentences.rest()
    return [*whole, rest] if rest else whole


@pytest.mark.parametrize(
    "sentences",
    [
        ["One.", " Two!", " Three?", " Four"],
        ["Really?!", " Yes."],
        ["Dr. Smith and Mrs. Jones came.", " They sat down."],
        ["J. Smith agrees.", " So do I.", " Good."],
        ["It is 3.14, not 3.15.", " See cairn.example/a?b=1 there."],
        ["It begins at 9 a.m. on Monday.", " It ends at 5 p.m.", " Then we go."],
        ["Bread, milk, etc. are there.", " And e.g. Tea too."],
        ["Well… maybe so.", " I wonder..."],
        ["Well…", " Maybe."],
        ['"No!" she said.', ' "I will not."', " Then she left."],
        ["“Is it?”", " Yes.", " (It is.)", " **Good.**", " Then"],
        ["First:", "\n- one", "\n- two", "\n\nAfter."],
        ["1. Breathe.", "\n2. Wait.", "\n10. Go on."],
        ["今天很累。", "真的吗？！", "「好。」", "嗯"],
        ["क्या हाल है।", " ठीक है।"],
        ["In 1990.", " Then"],
        ["   "],
    ],
    ids=lambda sentences: sentences[0],
)
def test_a_text_is_cut_where_its_sentences_end(sentences: list[str]) -> None:
    assert split("".join(sentences)) == sentences


def test_a_sentence_is_given_as_soon_as_it_is_surely_whole() -> None:
    sentences = Sentences()

    assert sentences.feed("It is 3.") == []  # it may go on: 3.14
    assert sentences.feed("14. ") == ["It is 3.14."]
    assert sentences.feed('"Oh." ') == []  # it may go on: she said
    assert sentences.feed("Then") == [' "Oh."']
    assert sentences.rest() == " Then"
    assert sentences.rest() == ""


def test_a_sentence_without_an_end_is_given_at_a_space() -> None:
    words = "word " * 200

    pieces = split(words)

    assert [len(piece) for piece in pieces] == [399, 400, 201]
    assert all(piece.endswith("word") for piece in pieces[:2])


def test_a_word_without_an_end_is_given_in_parts() -> None:
    assert [len(piece) for piece in split("x" * 1_000)] == [400, 400, 200]


@settings(max_examples=400, deadline=None)
@given(text=TEXTS)
def test_no_character_is_lost_or_doubled_and_no_sentence_is_too_long(text: str) -> None:
    sentences = split(text)

    assert "".join(sentences) == text
    assert all(0 < len(sentence) <= MAX_CHARACTERS for sentence in sentences)


@settings(max_examples=400, deadline=None)
@given(text=TEXTS, cuts=st.lists(st.integers(0, 300), max_size=20))
def test_how_a_text_was_cut_into_pieces_does_not_matter(text: str, cuts: list[int]) -> None:
    places = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    pieces = [text[begin:end] for begin, end in pairwise(places)]

    assert split(*pieces) == split(text)
    assert split(*text) == split(text)
