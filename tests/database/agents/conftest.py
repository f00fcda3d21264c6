"""A table of this folder's own: what agents may write, with a lifecycle, and things that belong to it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import asyncpg
import pytest

from graphql_api.auth import Viewer
from graphql_api.local.stack import Urls
from tests.database.agents.acting import AGENT, as_agent
from tests.fixtures.people import AsUser

# As a chapter would make them: `level` is the server's to say, `stamped` the triggers' own. The
# lifecycle goes one way only, except for an undo, which it knows by the role.
MAKE = """
create table public.gardens (
  id         uuid primary key default private.uuid_v7(),
  user_id    uuid not null default auth.uid() references public.users on delete cascade,
  name       text not null,
  tags       text[] not null default '{}',
  facts      jsonb not null default '{}',
  weight     double precision,
  level      integer not null default 0,
  state      text not null default 'planned',
  stamped    timestamptz,
  loud_name  text generated always as (upper(name)) stored,
  version    integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint gardens_owner_key unique (id, user_id),
  constraint gardens_name_key unique (user_id, name)
);
create table public.beds (
  id        uuid primary key default private.uuid_v7(),
  user_id   uuid not null default auth.uid(),
  garden_id uuid not null,
  plant     text,
  foreign key (garden_id, user_id) references public.gardens (id, user_id) on delete cascade
);
create function private.gardens_change() returns trigger language plpgsql set search_path = '' as $$
begin
  if new.state <> old.state then
    if not (old.state = 'planned' and new.state = 'planted') and current_user <> 'cairn_undo' then
      raise exception using errcode = 'CA409', message = 'A garden only grows.';
    end if;
    new.stamped := case when new.state = 'planted' then now() end;
  end if;
  return new;
end $$;
create trigger t100_gardens_change before update on public.gardens
  for each row execute function private.gardens_change();
create trigger t900_gardens_version before update on public.gardens
  for each row execute function private.count_version();
alter table public.gardens enable row level security;
alter table public.beds enable row level security;
create policy owner_all on public.gardens to authenticated, cairn_server
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_all on public.beds to authenticated, cairn_server
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
grant select, insert (id, name, tags, facts, weight), update (name, tags, facts, weight, state), delete
  on public.gardens to authenticated;
grant update (level) on public.gardens to cairn_server;
grant select, insert (id, garden_id, plant), update (plant), delete on public.beds to authenticated;
create trigger t700_gardens_agent after insert or update or delete on public.gardens
  for each row when (private.actor() is not null and current_user <> 'cairn_undo')
  execute function private.capture_agent_action();
create trigger t700_beds_agent after insert or update or delete on public.beds
  for each row when (private.actor() is not null and current_user <> 'cairn_undo')
  execute function private.capture_agent_action();
"""
DROP = "drop table public.beds, public.gardens; drop function private.gardens_change"


@pytest.fixture(scope="module", autouse=True)
async def gardens(database_urls: Urls) -> AsyncIterator[None]:
    connection = await asyncpg.connect(database_urls.owner)
    await connection.execute(MAKE)
    yield
    await connection.execute(DROP)
    await connection.close()


@dataclass(frozen=True)
class Agent:
    """Acts for Ana by SQL, and tells of what it did."""

    ana: Viewer
    as_user: AsUser
    owner: asyncpg.Connection

    async def does(self, sql: str, *arguments: object, actor: str = AGENT) -> asyncpg.Record:
        """Do this in her name; give the action it became."""
        async with as_agent(self.as_user, self.ana, actor) as connection:
            await connection.execute(sql, *arguments)
        return (await self.actions())[-1]

    async def plants(self, name: str = "Roses") -> asyncpg.Record:
        return await self.does("insert into public.gardens (name) values ($1)", name)

    async def actions(self) -> list[asyncpg.Record]:
        found: list[asyncpg.Record] = await self.owner.fetch(
            "select * from public.agent_actions where user_id = $1 order by id", self.ana.user_id
        )
        return found

    async def garden(self, garden: UUID) -> asyncpg.Record | None:
        return await self.owner.fetchrow("select * from public.gardens where id = $1", garden)

    async def undo(self, action: asyncpg.Record, viewer: Viewer | None = None) -> asyncpg.Record:
        async with self.as_user(viewer or self.ana) as connection:
            return await connection.fetchrow(
                "select * from public.undo_agent_action($1)", action["id"]
            )

    async def conflict(self, action: asyncpg.Record) -> str:
        """Try to undo it, and give the sentence that says why not."""
        with pytest.raises(asyncpg.PostgresError) as refused:
            await self.undo(action)
        assert refused.value.sqlstate == "CA409"
        return str(refused.value)


@pytest.fixture
def agent(ana: Viewer, as_user: AsUser, owner: asyncpg.Connection) -> Agent:
    return Agent(ana, as_user, owner)
