"""Lists in SQL: which rows a page holds, in which order, from which place on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cached_property

from graphql_api import cursor as cursors
from graphql_api.arguments import Read, Variables, moment
from graphql_api.catalog import Column
from graphql_api.cursor import OrderKey
from graphql_api.filters import All, AnyOf, Compare, Condition, IsNull, Not
from graphql_api.meaning import ESTIMATE_LIMIT
from graphql_api.plan import Page
from graphql_api.sql import Expression, Parameters, Piece, concat, name

COMPARISONS = {"eq": "=", "neq": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}

# Stands for a row's alias in conditions that are written once and used for several queries.
MARK = "\x00row\x00"


class Listing:
    """Writes the queries over the rows of one list."""

    def __init__(
        self,
        page: Page,
        parent: str,
        alias: str,
        parameters: Parameters,
        fresh_alias: Callable[[], str],
    ) -> None:
        """List what `page` says, below the row `parent`, calling the page's own rows `alias`."""
        self._page = page
        self._alias = alias
        self._parameters = parameters
        self._fresh_alias = fresh_alias
        self._parent = parent
        self._bound: dict[str, list[str]] = {}

    def rows(self, columns: Sequence[str], *, peek: bool) -> str:
        """Give the page's rows; with `peek` one more than fits, numbered in column `n`."""
        page = self._page
        after, before = self._keys("after"), self._keys("before")
        order = self.order_by(backward=page.backward)
        conditions = [condition.replace(MARK, self._alias) for condition in self._matches]
        if after is not None:
            conditions.append(self._beyond(self._alias, after, after=True))
        if before is not None:
            conditions.append(self._beyond(self._alias, before, after=False))
        where = f" where {' and '.join(conditions)}" if conditions else ""
        place = f", row_number() over (order by {order}) as n" if peek else ""
        limit = page.size + 1 if peek else page.size
        # Named one by one: `*` would need a grant on every column.
        listed = ", ".join(f"{self._alias}.{name(one)}" for one in columns)
        return (
            f"select {listed}{place} from {self._table} as {self._alias}{where}"
            f" order by {order} limit {limit}"
        )

    def order_by(self, *, backward: bool) -> str:
        """Give the order of the list, or its reverse."""
        return ", ".join(
            f"{self._alias}.{name(key.column.name)}{' desc' if key.descending != backward else ''}"
            for key in self._page.order
        )

    def cursor(self) -> str:
        """Give the cursor of a row."""
        values = [
            cursors.encode_sql(f"{self._alias}.{name(key.column.name)}", key.column.kind)
            for key in self._page.order
        ]
        pieces: list[Piece] = [cursors.order_tag(self._page.order)]
        for value in values:
            pieces += [".", Expression(value)]
        return concat(pieces)

    def exists_beyond(self, side: str) -> str:
        """Whether rows lie on the far side of a cursor, that of the cursor itself included."""
        keys = self._keys(side)
        if keys is None:
            return "false"
        alias = self._fresh_alias()
        conditions = [condition.replace(MARK, alias) for condition in self._matches]
        conditions.append(self._beyond(alias, keys, after=side == "before", inclusive=True))
        return f"exists (select from {self._table} as {alias} where {' and '.join(conditions)})"

    def count(self, mode: str) -> str:
        """Give the number of all rows of the list; `estimated` stops at a thousand."""
        alias = self._fresh_alias()
        conditions = [condition.replace(MARK, alias) for condition in self._matches]
        where = f" where {' and '.join(conditions)}" if conditions else ""
        if mode == "exact":
            return f"(select count(*) from {self._table} as {alias}{where})"
        some = f"select from {self._table} as {alias}{where} limit {ESTIMATE_LIMIT}"
        return f"(select count(*) from ({some}) as counted)"

    @property
    def _table(self) -> str:
        return f"public.{name(self._page.kind.table.name)}"

    def _keys(self, side: str) -> list[str] | None:
        """Give the placeholders of a cursor's sort values; bound at first use."""
        read = self._page.after if side == "after" else self._page.before
        if read is None:
            return None
        if side not in self._bound:
            self._bound[side] = [
                self._parameters.add(_nth(read, index), key.column.sql_type)
                for index, key in enumerate(self._page.order)
            ]
        return self._bound[side]

    def _beyond(self, alias: str, keys: list[str], *, after: bool, inclusive: bool = False) -> str:
        """Rows after (or before) the place that `keys` name, in the list's own order."""
        order = self._page.order
        equals = "=" if inclusive else ""
        if len({key.descending for key in order}) == 1:
            # One row comparison, which an index on the same columns answers by one descent.
            columns = ", ".join(f"{alias}.{name(key.column.name)}" for key in order)
            return f"({columns}) {_direction(order[0], after)}{equals} ({', '.join(keys)})"
        cases = []
        for index, key in enumerate(order):
            equal = [
                f"{alias}.{name(other.column.name)} = {keys[place]}"
                for place, other in enumerate(order[:index])
            ]
            last = equals if index == len(order) - 1 else ""
            own = f"{alias}.{name(key.column.name)} {_direction(key, after)}{last} {keys[index]}"
            cases.append(" and ".join([*equal, own]))
        return "(" + " or ".join(f"({case})" for case in cases) + ")"

    @cached_property
    def _matches(self) -> list[str]:
        """What every row of the list fulfils, whatever the page; `MARK` stands for the alias.

        Written at first use: Postgres refuses a parameter that its statement does not name.
        """
        page = self._page
        conditions = []
        if page.owner_column is not None:
            conditions.append(f"{MARK}.{name(page.owner_column)} = {self._parent}.id")
        if page.where is not None:
            conditions.append(self._condition(page.where))
        return conditions

    def _condition(self, condition: Condition) -> str:
        match condition:
            case Compare(of, "in", value):
                values = self._parameters.add(_plain(of, value.read, "where"), f"{of.sql_type}[]")
                return f"{MARK}.{name(of.name)} = any ({values})"
            case Compare(of, operator, value):
                operand = self._parameters.add(_plain(of, value.read, "where"), of.sql_type)
                return f"{MARK}.{name(of.name)} {COMPARISONS[operator]} {operand}"
            case IsNull(of, negated):
                return f"{MARK}.{name(of.name)} is {'not ' if negated else ''}null"
            case Not(part):
                return f"({self._condition(part)}) is not true"
            case All(parts):
                return self._joined(parts, " and ", "true")
            case AnyOf(parts):
                return self._joined(parts, " or ", "false")

    def _joined(self, parts: Sequence[Condition], word: str, empty: str) -> str:
        return f"({word.join(self._condition(part) for part in parts)})" if parts else empty


def _direction(key: OrderKey, after: bool) -> str:
    return "<" if key.descending == after else ">"


def _nth(read: Read, index: int) -> Read:
    return lambda variables: read(variables)[index]


def _plain(of: Column, read: Read, field: str) -> Read:
    """Read a filter's value as the driver wants it: an enum as its stored text."""
    if of.kind not in ("enum", "timestamptz"):
        return read

    def one(value: object) -> object:
        if isinstance(value, datetime):
            return moment(value, field)
        return getattr(value, "value", value)

    def stored(variables: Variables) -> object:
        value = read(variables)
        return [one(item) for item in value] if isinstance(value, list) else one(value)

    return stored
