"""Safe SQL text: quoted names, numbered parameters, and JSON assembled as text.

Only this module and `compile.py` make SQL text. Nothing of a request enters it but GraphQL names
(letters, digits, underscore) and page sizes; every other value is a parameter.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from graphql_api.arguments import Read

# Postgres takes 100 arguments in a call; `concat` of more pieces is nested.
CONCAT_LIMIT = 90


@dataclass(frozen=True, slots=True)
class Expression:
    """SQL that yields text, or a value whose text form is JSON; never null."""

    sql: str


# Constant JSON text, or an expression.
Piece: TypeAlias = str | Expression


@dataclass(slots=True)
class Parameters:
    """The parameters of one statement: each is read from the variables when it runs."""

    reads: list[Read] = field(default_factory=list)

    def add(self, read: Read, sql_type: str) -> str:
        """Give the placeholder of one more parameter, cast to its type.

        An enum goes as text and is cast by the server: the driver would ask for its labels first.
        """
        self.reads.append(read)
        number = len(self.reads)
        if sql_type.startswith("public."):
            return f"(${number}::text{'[]' if sql_type.endswith('[]') else ''})::{sql_type}"
        return f"${number}::{sql_type}"


def name(identifier: str) -> str:
    """Quote a name; those of the catalogue are plain already, this is the second lock."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Quote a constant (standard_conforming_strings is asserted at connect)."""
    return "'" + text.replace("'", "''") + "'"


def concat(pieces: Iterable[Piece]) -> str:
    """Give the SQL that joins pieces into one text.

    `concat` beats `json_build_object` by 40 % on lists (1.09 against 1.8 ms, 20 lists of 10 rows).
    """
    arguments = [
        literal(piece) if isinstance(piece, str) else piece.sql for piece in merged(pieces)
    ]
    if not arguments:
        return "''"
    if len(arguments) == 1 and arguments[0].startswith("'"):
        return arguments[0]
    while len(arguments) > CONCAT_LIMIT:
        arguments = [
            f"concat({', '.join(arguments[start : start + CONCAT_LIMIT])})"
            for start in range(0, len(arguments), CONCAT_LIMIT)
        ]
    return f"concat({', '.join(arguments)})"


def merged(pieces: Iterable[Piece]) -> list[Piece]:
    """Join neighbouring constants."""
    result: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, str) and result and isinstance(result[-1], str):
            result[-1] += piece
        elif piece != "":
            result.append(piece)
    return result
