-- Foundation: who may do what by default (nothing), and the few things every table shares.
--
-- No extension is needed here: ids and hashes come from Postgres itself, 15 to 18 alike.

set lock_timeout = '5s';
set statement_timeout = '60s';

-- Roles -----------------------------------------------------------------------
-- Roles belong to the whole server, so another database of it may have made them already.

do $$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = 'cairn_server') then
    create role cairn_server nologin;
  end if;
  if not exists (select from pg_catalog.pg_roles where rolname = 'cairn_api') then
    create role cairn_api login noinherit;
  end if;
exception
  -- Two databases of one server are being migrated at the same moment.
  when duplicate_object or unique_violation then null;
end
$$;

-- What she may do, the server may do in her name; each table then grants it a little more.
grant authenticated to cairn_server;
-- The API's login owns nothing and can do nothing until it takes one of these.
grant anon, authenticated, cairn_server to cairn_api;

comment on role cairn_server is
  'Writes, with a user''s own claims and under her policies, what only the server may say.';
comment on role cairn_api is
  'The login of API and worker. `cairn migrate` gives it a password.';

-- Schemas and defaults --------------------------------------------------------

create schema private;
comment on schema private is
  'Helpers, trigger functions and tables that no user may see; never exposed by an API.';
grant usage on schema private to cairn_server, service_role;
grant usage on schema public to cairn_server;

-- Supabase opens every new object of public to its API's roles, Postgres every function to all.
alter default privileges in schema public revoke all on tables from anon, authenticated, service_role;
alter default privileges in schema public revoke all on sequences from anon, authenticated, service_role;
alter default privileges in schema public revoke all on functions from anon, authenticated, service_role;
alter default privileges revoke execute on functions from public;

-- uuid_v7 ---------------------------------------------------------------------

create function private.uuid_v7() returns uuid
  language plpgsql volatile parallel safe set search_path = ''
as $$
declare
  moment constant bigint := (extract(epoch from clock_timestamp()) * 1000000)::bigint;
begin
  -- 48 bits of milliseconds, version 7, 12 bits of the millisecond's fraction; then variant and
  -- 62 random bits, which are those of a version 4.
  return encode(
    int8send(((moment / 1000) << 16) | x'7000'::bigint | ((moment % 1000) * 4096 / 1000))
      || substring(uuid_send(gen_random_uuid()) from 9),
    'hex'
  )::uuid;
end
$$;
comment on function private.uuid_v7 is
  'A new id, version 7 of RFC 9562: ids made later sort later, down to a microsecond.';
grant execute on function private.uuid_v7 to authenticated, cairn_server;

-- touch_updated_at ------------------------------------------------------------

create function private.touch_updated_at() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  new.updated_at := now();
  return new;
end
$$;
comment on function private.touch_updated_at is 'Before update: say when the row changed.';

-- count_version ---------------------------------------------------------------

create function private.count_version() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  -- What is written as it was is no change, so that a repeat conflicts with nobody.
  if new is distinct from old then
    new.version := old.version + 1;
    new.updated_at := now();
  end if;
  return new;
end
$$;
comment on function private.count_version is
  'Before update: count the version, for writers that must not overwrite each other, and say when the row changed.';

-- actor -----------------------------------------------------------------------

create function private.actor() returns text
  language sql stable parallel safe set search_path = ''
as $$
  -- RFC 8693, 4.1: `act` names who acts for the subject. A claim that was set for one transaction
  -- reads as '' after it.
  select nullif(current_setting('request.jwt.claims', true), '')::jsonb -> 'act' ->> 'sub'
$$;
comment on function private.actor is
  'Who acts in the person''s name: `pipeline` for our own worker, `agent:` and a client''s id for an AI agent; null '
  'when it is she herself.';
grant execute on function private.actor to authenticated, cairn_server;

-- entry_origin ----------------------------------------------------------------

create type public.entry_origin as enum ('user', 'companion', 'agent', 'import');
comment on type public.entry_origin is
  'Who wrote an entry about her: she herself, her companion''s pipeline, an AI agent, or an import from another app.';

-- crisis_level ----------------------------------------------------------------

create type public.crisis_level as enum ('none', 'low', 'moderate', 'high', 'critical');
comment on type public.crisis_level is
  'How grave, in ascending order, so that levels compare; 0 to 4 where a number is spoken.';

create function public.crisis_level_number(level public.crisis_level) returns integer
  language sql immutable parallel safe set search_path = ''
as $$
  select case level
    when 'none'     then 0
    when 'low'      then 1
    when 'moderate' then 2
    when 'high'     then 3
    when 'critical' then 4
  end
$$;
comment on function public.crisis_level_number is 'The level as a number, 0 to 4.';
grant execute on function public.crisis_level_number to authenticated;

create function public.crisis_level_of(number integer) returns public.crisis_level
  language plpgsql immutable parallel safe set search_path = ''
as $$
begin
  if number not between 0 and 4 then
    raise exception using errcode = 'CA400', message = 'A crisis level is a number from 0 to 4.';
  end if;
  return (enum_range(null::public.crisis_level))[number + 1];
end
$$;
comment on function public.crisis_level_of is 'The level that a number from 0 to 4 stands for.';
grant execute on function public.crisis_level_of to authenticated;

-- writer ----------------------------------------------------------------------

-- Its body is bound when it is made, so that whoever has no usage of this schema can have it as a default.
create function private.writer() returns public.entry_origin
  language sql stable parallel safe set search_path = ''
  return case coalesce(private.actor(), '')
    when ''         then 'user'
    when 'pipeline' then 'companion'
    else 'agent'
  end::public.entry_origin;
comment on function private.writer is 'Who writes just now, as the origin of an entry: the default of such columns.';
grant execute on function private.writer to authenticated, cairn_server;

-- only_herself ----------------------------------------------------------------

create function private.only_herself() returns trigger
  language plpgsql stable security definer set search_path = ''
as $$
begin
  if private.actor() is not null then
    raise exception using errcode = 'CA403', message = 'Only she herself decides this, nobody who acts for her.';
  end if;
  return new;
end
$$;
comment on function private.only_herself is 'Before a write: refuse whoever acts in her name.';

-- private.idempotency_keys ----------------------------------------------------
-- A phone repeats what it is not sure of. The first request claims the key, in the transaction of
-- the write itself; a repeat learns which entity the first one made.

create table private.idempotency_keys (
  user_id      uuid        not null references auth.users on delete cascade,
  key          text        not null,
  verb         text        not null,
  request_hash text        not null,
  entity_id    uuid        not null,
  created_at   timestamptz not null default now(),

  constraint idempotency_keys_pkey primary key (user_id, key),
  constraint idempotency_keys_key_has_1_to_200_characters check (length(key) between 1 and 200)
);

comment on table private.idempotency_keys is 'Requests already carried out, by the key their sender chose.';
comment on column private.idempotency_keys.verb is 'The mutation, such as `startConversation`.';
comment on column private.idempotency_keys.request_hash is 'sha256 of the input: the same key with another body is an error.';
comment on column private.idempotency_keys.entity_id is 'The row that the first request made.';

-- For the sweep.
create index idempotency_keys_by_age_idx on private.idempotency_keys (created_at);

alter table private.idempotency_keys enable row level security;
alter table private.idempotency_keys force row level security;

create function private.claim_idempotency_key(verb text, key text, request_hash text, entity_id uuid) returns uuid
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  viewer constant uuid := (select auth.uid());
  earlier private.idempotency_keys;
begin
  if viewer is null then
    raise exception using errcode = 'CA401', message = 'Sign in first.';
  end if;

  -- While another transaction holds the same key, this waits for its end.
  insert into private.idempotency_keys (user_id, key, verb, request_hash, entity_id)
  values (viewer, claim_idempotency_key.key, claim_idempotency_key.verb,
          claim_idempotency_key.request_hash, claim_idempotency_key.entity_id)
  on conflict on constraint idempotency_keys_pkey do nothing;
  if found then
    return null;
  end if;

  select * into strict earlier
  from private.idempotency_keys as claimed
  where claimed.user_id = viewer and claimed.key = claim_idempotency_key.key;
  if (earlier.verb, earlier.request_hash)
     is distinct from (claim_idempotency_key.verb, claim_idempotency_key.request_hash) then
    raise exception using errcode = 'CA409',
      message = 'This idempotency key was used with another request.';
  end if;
  return earlier.entity_id;
end
$$;
comment on function private.claim_idempotency_key is
  'Null when the key is new and is claimed now; the first entity''s id when it is a repeat. '
  'Call it in the transaction of the write, and write only when the answer is null.';
grant execute on function private.claim_idempotency_key to cairn_server;

create function private.sweep_idempotency_keys() returns bigint
  language sql volatile security definer set search_path = ''
as $$
  with swept as (
    delete from private.idempotency_keys
    where (user_id, key) in (
      select old.user_id, old.key from private.idempotency_keys as old
      where old.created_at < now() - interval '30 days'
      limit 10000
    )
    returning 1
  )
  select count(*) from swept
$$;
comment on function private.sweep_idempotency_keys is
  'Forget keys older than 30 days, everybody''s, 10,000 at most; gives how many. For the worker.';
grant execute on function private.sweep_idempotency_keys to cairn_server;

-- applied_migrations ----------------------------------------------------------

create function private.applied_migrations() returns setof text
  language plpgsql stable security definer set search_path = ''
as $$
begin
  if to_regclass('supabase_migrations.schema_migrations') is not null then
    return query select version from supabase_migrations.schema_migrations order by version;
  end if;
end
$$;
comment on function private.applied_migrations is
  'Versions of the migrations this database has: how a server without an owner''s rights learns that it is not ready.';
grant execute on function private.applied_migrations to cairn_server;
