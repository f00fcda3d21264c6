"""The gate: nothing is released that its rule stops."""

from __future__ import annotations

import pytest

from graphql_api.companion.gate import PASSES, Gate, Verdict


def test_without_rules_everything_passes() -> None:
    assert Gate().check("Anything.", "") == PASSES == Verdict(passes=True, replacement=None)


def test_a_rule_that_stops_a_sentence_replaces_the_reply() -> None:
    gate = Gate(lambda sentence, before: "I stop here." if "bad" in before + sentence else None)

    assert gate.check("A good one.", "") == PASSES
    assert gate.check(" A bad one.", "A good one.") == Verdict(False, "I stop here.")


def test_a_rule_knows_what_was_released() -> None:
    """A meaning may span two sentences."""
    seen: list[tuple[str, str]] = []

    def listen(sentence: str, *, before: str) -> None:
        seen.append((before, sentence))

    Gate(listen).check(" Two.", "One.")

    assert seen == [("One.", " Two.")]


def test_a_rule_without_a_text_in_its_place_is_an_error_and_lets_nothing_pass() -> None:
    with pytest.raises(ValueError, match="no text in its place"):
        Gate(lambda sentence, before: " ").check("One.", "")


def test_a_rule_that_breaks_lets_nothing_pass() -> None:
    def breaks(sentence: str, *, before: str) -> str | None:
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError):
        Gate(breaks).check("One.", "")


def test_a_verdict_does_not_show_its_text() -> None:
    assert "secret" not in repr(Verdict(False, "secret"))
