"""What was used lately: a memory with a bound on how many it keeps and on how much they weigh."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

V = TypeVar("V")


class Recent(Generic[V]):
    """Keeps values by key; the one used longest ago goes first."""

    def __init__(self, *, number: int, weight: int) -> None:
        """Keep at most `number` values, which together weigh at most `weight`."""
        self._number = number
        self._weight = weight
        self._kept: OrderedDict[Hashable, tuple[V, int]] = OrderedDict()
        self._weighs = 0

    def get(self, key: Hashable) -> V | None:
        """Give a value and count it as used; None when it is not kept."""
        found = self._kept.get(key)
        if found is None:
            return None
        self._kept.move_to_end(key)
        return found[0]

    def keep(self, key: Hashable, value: V, weight: int) -> None:
        """Keep a value under a new key; what weighs more than all may together is not kept."""
        if weight > self._weight:
            return
        self._kept[key] = (value, weight)
        self._weighs += weight
        while len(self._kept) > self._number or self._weighs > self._weight:
            _, (_, gone) = self._kept.popitem(last=False)
            self._weighs -= gone

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[Hashable]:
        return iter(self._kept)
