"""A summary by rules, for when there is no model: her own sentences, chosen and counted.

Nothing is written that she did not write. The rules:

- A *topic* is a word of hers that is neither a stop word nor shorter than three letters; its
  weight is how often she used it. The ten heaviest are the key topics; equal ones stand in the
  order of their first use. (H. P. Luhn, "The Automatic Creation of Literature Abstracts", IBM
  Journal of Research and Development 2 (1958): significant words by frequency.)
- A sentence weighs the mean weight of its topics, so that long ones have no advantage; words of
  feeling count twice. The five heaviest are the summary, in the order in which she wrote them.
  (A. Nenkova and L. Vanderwende, "The Impact of Frequency on Summarization", 2005: sentences by
  the mean frequency of their words.) One of fewer than three words is not taken when others are there.
- An *emotional theme* is a list of words in `words.json`; a word counts unless one of the three
  words before it negates it. Themes stand by their count, the first five at most.
- The sentiment is the mean of the counted words' weights, where a negated one counts as half its
  weight the other way round (`not happy` is less sad than `sad`); None without such a word.
- An *action item* is a sentence of hers that says what she means to do: "I will", "I'll", "I want
  to try", "I'm going to", "I plan to", "I promised", "my next step", …, and is no question. The
  last ten, as she may have changed her mind.

Of a long conversation the last 100,000 characters of hers are read, so that it takes no more than a
fraction of a second. The lists are English; in other languages there are sentences and topics, and no feelings.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from graphql_api.companion.protocol import Summary, Turn
from graphql_api.companion.sentences import Sentences

NAME = "extractive"
MAX_CHARACTERS = 100_000
MAX_SUMMARY_CHARACTERS = 8_000
MAX_SENTENCES = 5
MAX_TOPICS = 10
MAX_THEMES = 5
MAX_ACTIONS = 10
# How far back a negation reaches, in words: "not really very happy".
NEGATION_REACH = 3

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_INTENTION = re.compile(
    r"\bI(?: will|['’]ll| shall)\b(?! not\b| never\b| always\b| be\b)|"
    r"\bI(?: am|['’]m)(?: going to| planning to| determined to)\b|"
    r"\bI (?:want|would like|plan|intend|mean|promised|decided|agreed|hope) to (?!be\b|die\b)|"
    r"\bI(?:['’]d) like to (?!be\b)|"
    r"\bI (?:need|have|ought) to (?:call|write|ask|tell|talk|see|make|book|try|start|stop|go|"
    r"finish|send|find|practi[cs]e|visit|say)\b|"
    r"\blet me try\b|\b[Mm]y (?:next step|plan|goal) is\b"
)


@dataclass(frozen=True, slots=True)
class _Lists:
    """The data file, ready to be asked.

    Attributes:
        themes: the theme of a word of feeling.
        weights: the sentiment of a theme.
    """

    themes: dict[str, str]
    weights: dict[str, float]
    negations: frozenset[str]
    stop_words: frozenset[str]


def extractive_summary(turns: Sequence[Turn]) -> Summary:
    """Sum up by the rules above; the same turns give the same summary."""
    sentences = _sentences(_newest(turns))
    topics = _topics(sentences)
    feelings = [feeling for sentence in sentences for feeling in _feelings(sentence)]
    themes = Counter(theme for theme, is_negated in feelings if not is_negated)
    return Summary(
        summary=_chosen(sentences, topics),
        key_topics=tuple(topic for topic, _ in topics.most_common(MAX_TOPICS)),
        emotional_themes=tuple(theme for theme, _ in themes.most_common(MAX_THEMES)),
        action_items=tuple(_actions(sentences)),
        sentiment_overall=_sentiment(feelings),
        therapeutic_progress=None,
        model=NAME,
        usage=None,
    )


def _newest(turns: Sequence[Turn]) -> list[str]:
    """Give her last words, oldest first, as many turns as there is time for."""
    kept: list[str] = []
    left = MAX_CHARACTERS
    for turn in reversed(turns):
        if turn.role != "user":
            continue
        left -= len(turn.content)
        if left < 0 and kept:
            break
        kept.append(turn.content[:MAX_CHARACTERS])
    return kept[::-1]


def _sentences(texts: Iterable[str]) -> list[str]:
    """Cut into sentences, each once, without the space around it."""
    found: dict[str, None] = {}
    for text in texts:
        cutter = Sentences()
        for sentence in (*cutter.feed(text), cutter.rest()):
            if _WORD.search(sentence):
                found.setdefault(" ".join(sentence.split()))
    return list(found)


def _words(sentence: str) -> list[str]:
    return [word.lower().replace("’", "'") for word in _WORD.findall(sentence)]


def _topics(sentences: Sequence[str]) -> Counter[str]:
    stop_words = _lists().stop_words
    return Counter(
        word
        for sentence in sentences
        for word in _words(sentence)
        if len(word) > 2 and word not in stop_words
    )


def _chosen(sentences: Sequence[str], topics: Counter[str]) -> str:
    """Join the weightiest sentences in the order in which she wrote them."""
    long_enough = [sentence for sentence in sentences if len(_words(sentence)) > 2]
    candidates = long_enough or list(sentences)
    if not candidates:
        return "Nothing was said."
    heaviest = sorted(candidates, key=lambda sentence: -_weight(sentence, topics))[:MAX_SENTENCES]
    return " ".join(sentence for sentence in candidates if sentence in heaviest)[
        :MAX_SUMMARY_CHARACTERS
    ]


def _weight(sentence: str, topics: Counter[str]) -> float:
    themes = _lists().themes
    weights = [
        topics[word] * (2 if word in themes else 1) for word in _words(sentence) if word in topics
    ]
    return sum(weights) / len(weights) if weights else 0.0


def _feelings(sentence: str) -> list[tuple[str, bool]]:
    """Give the theme of each word of feeling, and whether it is negated."""
    lists, words = _lists(), _words(sentence)
    return [
        (lists.themes[word], not lists.negations.isdisjoint(words[max(0, i - NEGATION_REACH) : i]))
        for i, word in enumerate(words)
        if word in lists.themes
    ]


def _sentiment(feelings: Sequence[tuple[str, bool]]) -> float | None:
    weights = _lists().weights
    scores = [weights[theme] * (-0.5 if is_negated else 1) for theme, is_negated in feelings]
    return round(sum(scores) / len(scores), 2) if scores else None


def _actions(sentences: Sequence[str]) -> list[str]:
    meant = [one for one in sentences if _INTENTION.search(one) and not one.endswith("?")]
    return meant[-MAX_ACTIONS:]


@cache
def _lists() -> _Lists:
    text = resources.files("graphql_api.companion").joinpath("words.json").read_text("utf-8")
    read = json.loads(text)
    return _Lists(
        themes={word: name for name, one in read["themes"].items() for word in one["words"]},
        weights={name: float(one["weight"]) for name, one in read["themes"].items()},
        negations=frozenset(read["negations"]),
        stop_words=frozenset(read["stop_words"]),
    )
