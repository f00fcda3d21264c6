"""What the modules of this folder are made of."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import TypeAlias

# Role, table, verb (`insert`, `update` or `delete`): the columns; none for `delete`. What
# `authenticated` may do, `cairn_server` may do as well, and what is under its name besides.
Writes: TypeAlias = Mapping[tuple[str, str, str], Set[str]]

# Name of a rule of `conventions.py`: what breaks it, and why it may.
Exceptions: TypeAlias = Mapping[str, Mapping[str, str]]
