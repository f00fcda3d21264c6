"""Lays one line of SQL out over many, so that a change of it can be read; only white space changes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

WIDTH = 100
# A parenthesis shorter than this is never opened.
SHORT = 40
CLAUSES = {"from", "where", "order", "limit", "set", "values", "returning", "select"}

TOKEN = re.compile(
    r"""
      /\*.*?\*/ | [eE]?'(?:[^']|'')*' | "(?:[^"]|"")*" | \$\d+ | \w+
    | :: | => | <= | >= | <> | \|\| | \S
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Token:
    """A word, string or sign, and whether a space stood before it."""

    text: str
    spaced: bool


@dataclass(frozen=True)
class Group:
    """What stands in parentheses."""

    items: Sequence[Item]
    spaced: bool


Item: TypeAlias = "Token | Group"


def lay_out(sql: str) -> str:
    """Give `sql` over several lines."""
    tokens = [
        Token(found[0], found.start() > 0 and sql[found.start() - 1].isspace())
        for found in TOKEN.finditer(sql)
    ]
    items, rest = _grouped(tokens)
    assert not rest, "unbalanced parentheses"
    return "\n".join(_lines(items, 0)) + "\n"


def bare(sql: str) -> list[str]:
    """Give the words of `sql`, which no layout changes."""
    return TOKEN.findall(sql)


def _grouped(tokens: Sequence[Token]) -> tuple[list[Item], Sequence[Token]]:
    items: list[Item] = []
    while tokens:
        first, tokens = tokens[0], tokens[1:]
        if first.text == ")":
            return items, tokens
        if first.text == "(":
            inner, tokens = _grouped(tokens)
            items.append(Group(inner, first.spaced))
        else:
            items.append(first)
    return items, tokens


def _flat(items: Sequence[Item]) -> str:
    text = ""
    for item in items:
        own = item.text if isinstance(item, Token) else f"({_flat(item.items)})"
        text += f" {own}" if item.spaced and text else own
    return text


def _lines(items: Sequence[Item], indent: int) -> Iterator[str]:
    inside = False
    for segment in _segments(items):
        begins = isinstance(segment[0], Token) and segment[0].text in CLAUSES
        yield from _segment(segment, indent + 2 * (inside and not begins))
        inside = inside or begins


def _segments(items: Sequence[Item]) -> Iterator[list[Item]]:
    """Cut after commas and comments, and before clauses."""
    segment: list[Item] = []
    for item in items:
        if isinstance(item, Token) and item.text in CLAUSES and segment:
            yield segment
            segment = []
        segment.append(item)
        if isinstance(item, Token) and (item.text == "," or item.text.startswith("/*")):
            yield segment
            segment = []
    if segment:
        yield segment


def _segment(segment: Sequence[Item], indent: int) -> Iterator[str]:
    margin = " " * indent
    if indent + len(_flat(segment)) <= WIDTH:
        yield margin + _flat(segment)
        return
    line: list[Item] = []
    for item in segment:
        if isinstance(item, Group) and len(_flat([item])) > SHORT:
            opening = Token("(", item.spaced)
            yield margin + _flat([*line, opening])
            yield from _lines(item.items, indent + 2)
            line = [Token(")", spaced=False)]
        else:
            line.append(item)
    yield margin + _flat(line)
