"""Cuts a SQL script into its statements, just as the Supabase CLI does for its history."""

from __future__ import annotations

import re
from dataclasses import dataclass, field


class ScriptError(Exception):
    """A script cannot be cut into statements; the message says where and what to do."""


_NAME = r"[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_\x80-\U0010ffff]*"
_TOKEN = re.compile(
    rf"""
      (?P<comment> --[^\n]* )
    | (?P<block>   /\* )
    | (?P<string>  [eE]'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' | "(?:[^"]|"")*" )
    | (?P<dollar>  \$(?:{_NAME})?\$ )
    | (?P<open>    ['"] )
    | (?P<mark>    [();] )
    | (?P<word>    [A-Za-z_\x80-\U0010ffff][A-Za-z0-9_$\x80-\U0010ffff]* )
    """,
    re.VERBOSE | re.DOTALL,
)
_BLOCK_EDGE = re.compile(r"/\*|\*/")
_TRANSACTION_WORDS = frozenset(
    {"abort", "begin", "commit", "end", "release", "rollback", "savepoint", "start"}
)


@dataclass
class _Cut:
    """How far the cutting has come."""

    script: str
    start: int = 0
    depth: int = 0
    words: list[str] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)

    def emit(self, end: int) -> None:
        """Keep what lies between the last cut and `end`, unless it is empty."""
        statement = self.script[self.start : end].rstrip(";").strip()
        if statement:
            self.statements.append(statement)
        self.start, self.depth = end, 0
        self.words.clear()


def split(script: str) -> list[str]:
    """Give the statements of `script`, trimmed, without their final `;`, comments kept.

    Raises:
        ScriptError: a string or comment does not end; a function body is written with
            `begin atomic`; or the script begins or ends a transaction itself.
    """
    cut = _Cut(script)
    position = 0
    while (match := _TOKEN.search(script, position)) is not None:
        position = match.end()
        match match.lastgroup:
            case "block":
                position = _after_block(script, match.start())
            case "dollar":
                position = _after_dollar(script, match)
            case "open":
                raise ScriptError(f"A quote is opened and not closed, {_place(script, match)}.")
            case "word":
                _note_word(cut, match)
            case "mark":
                _note_mark(cut, match)
            case _:
                pass
    cut.emit(len(script))
    return cut.statements


def _note_mark(cut: _Cut, match: re.Match[str]) -> None:
    """Count parentheses; a semicolon inside them, as in a rule's body, ends no statement."""
    if match[0] == "(":
        cut.depth += 1
    elif match[0] == ")":
        cut.depth = max(0, cut.depth - 1)
    elif cut.depth == 0:
        cut.emit(match.end())


def _note_word(cut: _Cut, match: re.Match[str]) -> None:
    word = match[0].lower()
    if word == "atomic" and cut.words[-1:] == ["begin"]:
        raise ScriptError(
            f"A function body begins with `begin atomic`, {_place(cut.script, match)}. "
            "Write it between dollar quotes: as $$ … $$."
        )
    if not cut.words and word in _TRANSACTION_WORDS:
        raise ScriptError(
            f"The script says `{word}`, {_place(cut.script, match)}. "
            "Each file is one transaction already; leave it out."
        )
    cut.words.append(word)


def _after_block(script: str, start: int) -> int:
    """Give the end of the block comment that begins at `start`; they nest."""
    depth = 0
    for edge in _BLOCK_EDGE.finditer(script, start):
        depth += 1 if edge[0] == "/*" else -1
        if depth == 0:
            return edge.end()
    line = script.count("\n", 0, start) + 1
    raise ScriptError(f"A comment is opened and not closed, line {line}.")


def _after_dollar(script: str, opening: re.Match[str]) -> int:
    """Give the end of the text that a dollar tag opens."""
    end = script.find(opening[0], opening.end())
    if end < 0:
        raise ScriptError(
            f"The quote {opening[0]} is opened and not closed, {_place(script, opening)}."
        )
    return end + len(opening[0])


def _place(script: str, match: re.Match[str]) -> str:
    return f"line {script.count(chr(10), 0, match.start()) + 1}"
