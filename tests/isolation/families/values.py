"""Values that nobody has."""

from __future__ import annotations

import re
from uuid import uuid4

from tests.isolation.catalogue import Table, literal

NUMBERS = ("integer", "bigint", "numeric")
MOMENTS = ("timestamp with time zone", "date")


def fresh(kind: str, like: str | None = None) -> str | None:
    """Give a value of some type that nobody has, of the looks of another; None where there is none."""
    if kind == "uuid":
        return str(uuid4())
    if kind in NUMBERS:
        return str(uuid4().int % 1_000_000_000 + 1_000_000_000)
    if kind in MOMENTS:
        days = uuid4().int % 20_000
        return f"{2100 + days // 336}-{days // 28 % 12 + 1:02}-{days % 28 + 1:02}"
    if kind == "text" or kind.startswith("character varying"):
        return _reworded(like or "nobody has this one")
    return None


def _reworded(text: str) -> str:
    """Change letters for letters and digits for digits, so that a pattern still fits."""
    dice = iter(uuid4().int.to_bytes(16) * (len(text) // 16 + 1))

    def other(found: re.Match[str]) -> str:
        one, roll = found[0], next(dice)
        if one.isdigit():
            return str((int(one) + 1 + roll % 9) % 10)
        first = ord("a" if one.islower() else "A")
        return chr(first + (ord(one) - first + 1 + roll % 25) % 26)

    return re.sub(r"[a-zA-Z0-9]", other, text)


def fresh_key(table: Table) -> dict[str, str]:
    """Give what a copied row needs so as not to clash with its primary key."""
    changed = {}
    for name in table.key:
        if name != table.owner:
            kind = table.columns[name].kind
            value = fresh(kind)
            if value is not None:
                changed[name] = literal(value, kind)
    return changed
