"""The lists that an app can show: one for each index that begins with the owner.

They are read off the catalogue, so that a new table is measured, and tested, by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import orjson

PAGE = 20
INDEXES = """
select i.indrelid::regclass::text as table, c.relname::text as index,
       case t.relname when 'users' then 'id' else 'user_id' end as owner,
       array(
         select format('%I%s', a.attname,
                       case when i.indoption[place - 1] & 1 = 1 then ' desc' else '' end)
         from unnest(i.indkey::int2[]) with ordinality as key (number, place)
         join pg_attribute a on a.attrelid = i.indrelid and a.attnum = key.number
         where place between 2 and i.indnkeyatts
         order by place
       ) as sort
from pg_index i
join pg_class c on c.oid = i.indexrelid
join pg_class t on t.oid = i.indrelid
join pg_attribute first on first.attrelid = i.indrelid and first.attnum = i.indkey[0]
join pg_am m on m.oid = c.relam
where t.relnamespace = 'public'::regnamespace and t.relkind = 'r' and m.amname = 'btree'
  and i.indpred is null and i.indexprs is null
  and first.attname = case t.relname when 'users' then 'id' else 'user_id' end
order by 1, 2
"""


@dataclass(frozen=True, slots=True)
class List:
    """The first page of a person's rows of one table, in the order of an index of its own.

    Attributes:
        table: such as `messages`.
        index: which it has.
        owner: the column that the policy compares.
        sort: what follows the owner there; none of a table with one row for each person.
    """

    table: str
    index: str
    owner: str
    sort: tuple[str, ...]

    @property
    def hers(self) -> str:
        """As she asks: the policy says whose rows."""
        return f"select * from public.{self.table}{self._order} limit {PAGE}"

    def anybodys(self, person: UUID) -> str:
        """As somebody asks who passes policies, of one person."""
        condition = f"where {self.owner} = '{person}'"
        return f"select * from public.{self.table} {condition}{self._order} limit {PAGE}"

    @property
    def _order(self) -> str:
        return f" order by {', '.join(self.sort)}" if self.sort else ""


async def lists(connection: asyncpg.Connection) -> list[List]:
    """Give all of them, by table."""
    rows = await connection.fetch(INDEXES)
    return [
        List(row["table"].removeprefix("public."), row["index"], row["owner"], tuple(row["sort"]))
        for row in rows
    ]


async def sequential_scans(connection: asyncpg.Connection, sql: str) -> list[str]:
    """Name the tables that Postgres would read from one end to the other for this statement."""
    (plan,) = orjson.loads(await connection.fetchval(f"explain (format json) {sql}"))
    return sorted(_scanned(plan["Plan"]))


def _scanned(node: dict[str, Any]) -> set[str]:
    found = {str(node["Relation Name"])} if node["Node Type"] == "Seq Scan" else set[str]()
    return found.union(*map(_scanned, node.get("Plans", ())))
