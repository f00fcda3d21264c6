"""Sentences out of a stream of pieces, as early as each is surely whole.

The result depends on the text alone, not on how it was cut into pieces. Where it is not sure that
a sentence has ended it waits for the next letter: too late is better than a half one.
"""

from __future__ import annotations

import re

# A sentence without an end is released at this many characters, at a space where there is one.
MAX_CHARACTERS = 400

_CLOSERS = "\"'`’”»›)\\]}*_"
# A newline; signs that end by themselves (CJK needs no space); signs that end before a space.
_CANDIDATE = re.compile(
    rf"(?P<line>\n)"
    rf"|(?P<wide>[。！？]+)[{_CLOSERS}」』）】》〉]*"
    rf"|(?P<sign>[.!?…؟۔।॥።]+)(?P<closers>[{_CLOSERS}]*)(?P<space>\s*)"
)
_LIST_NUMBER = re.compile(r"\(?(?:\d{1,2}|[A-Za-z])")

# A sentence never ends with these, whatever follows.
_TITLES = frozenset({"mr", "mrs", "ms", "mx", "dr", "prof", "st", "vs", "e.g", "i.e", "cf", "eg"})
# A sentence may end with these: it does unless a small letter follows.
_SHORTENED = frozenset({"etc", "a.m", "p.m", "u.s", "u.k", "inc", "jr", "sr", "ca", "al", "z.b"})
_LONGEST = max(len(word) for word in _TITLES | _SHORTENED)


class Sentences:
    """Collects pieces and gives whole sentences; joined, they are the text, character by character."""

    def __init__(self) -> None:
        self._text = ""
        # Up to here it is sure that no sentence ends, whatever comes.
        self._settled = 0

    def feed(self, piece: str) -> list[str]:
        """Take the next piece; give the sentences that are whole now, at most 400 characters each.

        A sentence begins with the space that divides it from the one before.
        """
        self._text += piece
        whole = []
        while (end := self._end()) is not None:
            whole.append(self._text[:end])
            self._text, self._settled = self._text[end:], 0
        return whole

    def rest(self) -> str:
        """Give what is left, once no more pieces come; empty when nothing is."""
        rest, self._text, self._settled = self._text, "", 0
        return rest

    def _end(self) -> int | None:
        """Find where the first sentence ends; None to wait for more."""
        # One character more than a sentence may have tells what follows its last one.
        window = self._text[: MAX_CHARACTERS + 1]
        is_full = len(self._text) > MAX_CHARACTERS
        for found in _CANDIDATE.finditer(window, self._settled):
            end, ends = _place(window, found)
            if end > MAX_CHARACTERS:
                break
            if ends is None:
                return min(end, MAX_CHARACTERS) if is_full else None
            if ends:
                return end
            if found.end() < len(window):
                self._settled = found.end()
        return _cut(window) if is_full else None


def _place(window: str, found: re.Match[str]) -> tuple[int, bool | None]:
    """Give where a sentence may end, and whether it does; None when only what follows will tell."""
    if found.group("line"):
        return found.start(), bool(window[: found.start()].strip())
    if found.group("wide"):
        return found.end(), True if found.end() < len(window) else None
    return found.start("space"), _ends(window, found)


def _ends(window: str, found: re.Match[str]) -> bool | None:
    """Say whether a sentence ends at a sign that needs a space behind it."""
    if found.end() == len(window) and not found.group("space"):
        return None
    if not found.group("space"):
        return False
    if "\n" in found.group("space"):
        return True
    if _is_never(window, found):
        return False
    if not _is_doubtful(window, found):
        return True
    if found.end() == len(window):
        return None
    return not window[found.end()].islower()


def _is_never(window: str, found: re.Match[str]) -> bool:
    """Tell a title (`Dr.`), an initial (`J.`), or the number of a list's line (`2.`)."""
    if found.group("sign") != "." or found.group("closers"):
        return False
    line = window[: found.start()].rpartition("\n")[2]
    if _LIST_NUMBER.fullmatch(line.strip()):
        return True
    name = _last_word(line)
    return name.lower() in _TITLES or (len(name) == 1 and name.isupper() and name != "I")


def _is_doubtful(window: str, found: re.Match[str]) -> bool:
    """Tell signs that a sentence may go on after: dots, a closed quotation, a shortened word."""
    if found.group("closers") or "…" in found.group("sign") or found.group("sign").endswith(".."):
        return True
    return _last_word(window[: found.start()]).lower() in _SHORTENED


def _last_word(text: str) -> str:
    """Give the letters and dots at the end of `text`, as far as a shortened word may be long."""
    begin = len(text)
    while (
        begin
        and len(text) - begin <= _LONGEST
        and (text[begin - 1].isalnum() or text[begin - 1] == ".")
    ):
        begin -= 1
    return text[begin:]


def _cut(window: str) -> int:
    """Give the last space of a sentence that has become too long, or its very end."""
    for place in range(MAX_CHARACTERS, 0, -1):
        if window[place].isspace() and window[:place].strip():
            return place
    return MAX_CHARACTERS
