-- Erasure: an account is closed, waits out its days of grace, and is gone, everywhere.
--
-- All ways lead through one gate. The rows of a person go in one transaction, whether the worker,
-- the dashboard or Supabase Auth deletes her: a trigger counts what is there, queues what must be
-- removed outside of the database, takes the rows that no foreign key leads to, and writes the
-- receipt, which is all that stays. A deletion that cannot be receipted fails as a whole; so does
-- one that would leave a row behind.

set lock_timeout = '5s';
set statement_timeout = '60s';

-- erasure_requests ------------------------------------------------------------

create type public.erasure_status as enum ('requested', 'cancelled', 'due');
comment on type public.erasure_status is
  'requested: the days of grace run. cancelled: she stays. due: she is being erased. What is done is gone with her.';

create table public.erasure_requests (
  id           uuid        primary key default private.uuid_v7(),
  user_id      uuid        not null default auth.uid() references public.users on delete cascade,
  status       public.erasure_status not null default 'requested',
  reason       text,
  due_at       timestamptz not null,
  cancelled_at timestamptz,
  created_at   timestamptz not null default now(),
  updated_at   timestamptz not null default now(),

  constraint erasure_requests_reason_is_at_most_1000_characters check (length(reason) <= 1000),
  constraint erasure_requests_are_not_due_before_they_are_made check (due_at >= created_at),
  constraint erasure_requests_only_cancelled_ones_say_when check ((status = 'cancelled') = (cancelled_at is not null))
);

comment on table  public.erasure_requests is 'That a person wants to be erased, and from when on it happens. It goes with her.';
comment on column public.erasure_requests.reason is 'In her words, if she likes to say; null otherwise.';
comment on column public.erasure_requests.due_at is 'When the days of grace are over.';
comment on column public.erasure_requests.created_at is 'When the account was closed.';

create index erasure_requests_by_creation_idx on public.erasure_requests (user_id, created_at desc, id desc);
create unique index erasure_requests_open_key on public.erasure_requests (user_id) where status in ('requested', 'due');
-- For the worker.
create index erasure_requests_by_due_date_idx on public.erasure_requests (due_at) where status = 'requested';

create function private.erasure_grace() returns interval
  language sql stable set search_path = ''
as $$
  select make_interval(days => least(greatest(
    coalesce(nullif(current_setting('cairn.erasure_grace_days', true), '')::integer, 30), 0), 30))
$$;
comment on function private.erasure_grace is
  'How long a closed account waits: 30 days, or the setting `cairn.erasure_grace_days` (alter database … set …), 0 to 30. '
  'More than a month the law does not allow (GDPR, article 12.3).';

create function private.erasure_requests_stamp() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  -- The person first, as everybody locks.
  perform from public.users as person where person.id = new.user_id for no key update;
  new.reason := nullif(btrim(new.reason), '');
  new.due_at := coalesce(new.due_at, new.created_at + private.erasure_grace());
  return new;
end
$$;
comment on function private.erasure_requests_stamp is 'Before insert: say when the days of grace are over.';
create trigger t100_erasure_requests_only_herself before insert on public.erasure_requests
  for each row execute function private.only_herself();
create trigger t100_erasure_requests_stamp before insert on public.erasure_requests
  for each row execute function private.erasure_requests_stamp();

create function private.erasure_requests_close() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  -- Her tokens are refused from here on: see users_deny.
  update public.users as person set deleted_at = new.created_at
  where person.id = new.user_id and person.deleted_at is null;
  return null;
end
$$;
comment on function private.erasure_requests_close is 'After a request: close the account.';
create trigger t500_erasure_requests_close after insert on public.erasure_requests
  for each row when (new.status = 'requested')
  execute function private.erasure_requests_close();

create function private.erasure_requests_change() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  if new.status <> old.status then
    if old.status <> 'requested' then
      raise exception using errcode = 'CA409',
        message = format('A request for erasure that is %s cannot become %s.', old.status, new.status);
    end if;
    new.cancelled_at := case when new.status = 'cancelled' then now() end;
  end if;
  return new;
end
$$;
comment on function private.erasure_requests_change is 'Before update: a request is cancelled or becomes due, and that is final.';
create trigger t100_erasure_requests_change before update on public.erasure_requests
  for each row execute function private.erasure_requests_change();
create trigger t900_erasure_requests_touch before update on public.erasure_requests
  for each row execute function private.touch_updated_at();

alter table public.erasure_requests enable row level security;
alter table public.erasure_requests force row level security;
create policy owner_select on public.erasure_requests for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.erasure_requests for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.erasure_requests for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.erasure_requests for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

-- No delete: what she asked for is on record as long as she is.
grant select, insert (id, reason) on public.erasure_requests to authenticated;

create function private.users_follow_closing() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  if new.deleted_at is not null then
    insert into public.erasure_requests (user_id, created_at)
    values (new.id, least(new.deleted_at, now()))
    -- Unless it is her own request that closed it.
    on conflict (user_id) where status in ('requested', 'due') do nothing;
  else
    update public.erasure_requests as request set status = 'cancelled'
    where request.user_id = new.id and request.status in ('requested', 'due');
  end if;
  return null;
end
$$;
comment on function private.users_follow_closing is
  'After an account was closed or opened again, by whomever: it has a request for erasure, or none any more. CA409 '
  'when it is being erased.';
create trigger t500_users_follow_opening after insert on public.users
  for each row when (new.deleted_at is not null)
  execute function private.users_follow_closing();
create trigger t500_users_follow_closing after update on public.users
  for each row when ((old.deleted_at is null) <> (new.deleted_at is null))
  execute function private.users_follow_closing();

-- Who was closed before.
insert into public.erasure_requests (user_id, created_at)
select person.id, least(person.deleted_at, now())
from public.users as person
where person.deleted_at is not null;

create function public.request_account_erasure(reason text default null) returns setof public.erasure_requests
  language plpgsql volatile set search_path = ''
as $$
begin
  if (select auth.uid()) is null then
    raise exception using errcode = 'CA401', message = 'Sign in first.';
  end if;
  insert into public.erasure_requests (reason)
  values (request_account_erasure.reason)
  on conflict (user_id) where status in ('requested', 'due') do nothing;
  return query
    select request.* from public.erasure_requests as request
    where request.user_id = (select auth.uid()) and request.status in ('requested', 'due');
end
$$;
comment on function public.request_account_erasure is
  'Close the caller''s account, now: it is signed out everywhere, nothing is done in its name any more, and at `due_at` it '
  'is erased. Until then whoever looks after the service can cancel it (private.cancel_erasure). Again is no error. '
  'CA403 for whoever acts in her name.';
grant execute on function public.request_account_erasure to authenticated;

create function private.cancel_erasure(user_id uuid) returns void
  language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform from auth.users as account where account.id = cancel_erasure.user_id and account.deleted_at is not null;
  if found then
    raise exception using errcode = 'CA409', message = 'Supabase Auth has deleted this account, which cannot be taken back.';
  end if;
  update public.users as person set deleted_at = null
  where person.id = cancel_erasure.user_id and person.deleted_at is not null;
  if not found then
    raise exception using errcode = 'CA404', message = 'There is no such closed account.';
  end if;
end
$$;
comment on function private.cancel_erasure is
  'Open a closed account again, within its days of grace: she may sign in anew. CA404 when there is none, CA409 when it '
  'is being erased. The same as to set deleted_at to null in the dashboard.';
-- Staff, or a server of theirs that has made sure who asks: who is closed cannot sign in to ask here.
grant execute on function private.cancel_erasure to service_role;

-- private.erasures ------------------------------------------------------------

create table private.erasures (
  id           uuid        primary key default private.uuid_v7(),
  subject_hash text        not null,
  scope        text        not null default 'account',
  cause        text        not null,
  state        text        not null default 'queued',
  counts       jsonb       not null default '{}',
  error_code   text,
  requested_at timestamptz not null default now(),
  erased_at    timestamptz,
  finished_at  timestamptz,

  constraint erasures_subject_hash_is_a_sha256 check (subject_hash ~ '^[0-9a-f]{64}$'),
  constraint erasures_scope_is_account_or_rows check (scope in ('account', 'rows')),
  constraint erasures_cause_is_known check (cause in ('request', 'staff', 'deletion', 'replay')),
  constraint erasures_state_is_known check (state in ('queued', 'database', 'external', 'done', 'failed')),
  constraint erasures_counts_are_an_object check (jsonb_typeof(counts) = 'object'),
  constraint erasures_error_code_is_a_short_word check (error_code ~ '^[a-z0-9][a-z0-9_]{0,39}$'),
  constraint erasures_only_done_ones_are_finished check ((state = 'done') = (finished_at is not null)),
  constraint erasures_rows_are_gone_before_the_rest check (state not in ('external', 'done') or erased_at is not null)
);

comment on table  private.erasures is
  'The receipt of each erasure: one line that says that somebody was erased, when, and how much; not who.';
comment on column private.erasures.id is 'The number that one may give her.';
comment on column private.erasures.subject_hash is
  'sha256 of the bytes of her id. An id has 122 random bits, so nobody finds it by trying; who has it can see that it was '
  'erased, which is what it is for.';
comment on column private.erasures.scope is
  'account: her and all that is hers. rows: somebody deleted her row of public.users only, and she may sign in as a new person.';
comment on column private.erasures.cause is
  'request: her account was closed and its days of grace are over. staff: begin_erasure or erase_user. deletion: by Supabase '
  'Auth or in the dashboard. replay: a backup had brought her back.';
comment on column private.erasures.state is
  'queued, database (her rows are being deleted), external (they are gone; Redis or storage are not yet), done; failed: '
  'tried in vain so often that somebody should look, and still tried.';
comment on column private.erasures.counts is
  'How many rows were there, by table, as `public.messages`; tables without any are left out. Besides `storage_prefix` and '
  '`redis_user`: what was removed there.';
comment on column private.erasures.error_code is 'Why it failed last: a code, never anybody''s words.';
comment on column private.erasures.erased_at is 'When her rows went.';

create index erasures_by_subject_idx on private.erasures (subject_hash, requested_at desc);
create unique index erasures_open_key on private.erasures (subject_hash) where erased_at is null;
create index erasures_by_erasing_idx on private.erasures (erased_at);

alter table private.erasures enable row level security;
alter table private.erasures force row level security;

-- private.erasure_jobs --------------------------------------------------------

create table private.erasure_jobs (
  id           uuid        primary key default private.uuid_v7(),
  erasure_id   uuid        not null references private.erasures on delete cascade,
  kind         text        not null,
  -- Without it nobody could find what is hers. It goes with the job, when that is done.
  user_id      uuid        not null,
  run_at       timestamptz not null default now(),
  attempts     integer     not null default 0,
  fence        bigint      not null default 0,
  lease_until  timestamptz,
  claimable_at timestamptz not null generated always as (greatest(run_at, lease_until)) stored,
  last_error   text,
  created_at   timestamptz not null default now(),

  constraint erasure_jobs_kind_key unique (erasure_id, kind),
  constraint erasure_jobs_kind_is_known check (kind in ('database', 'storage_prefix', 'redis_user')),
  constraint erasure_jobs_attempts_are_not_negative check (attempts >= 0),
  constraint erasure_jobs_last_error_is_a_short_word check (last_error ~ '^[a-z0-9][a-z0-9_]{0,39}$')
);

comment on table  private.erasure_jobs is 'What an erasure has yet to do. A job that is done is deleted.';
comment on column private.erasure_jobs.kind is
  'database: her rows, by private.erase. storage_prefix: all files in folders named by her id, in every bucket. redis_user: '
  'all keys `user:<her id>:*`.';
comment on column private.erasure_jobs.user_id is 'Whose: the one place that still names her, until the job is done.';
comment on column private.erasure_jobs.run_at is 'Not before.';
comment on column private.erasure_jobs.fence is 'Grows with each claim; only the latest may finish.';
comment on column private.erasure_jobs.lease_until is 'Until when it is held; from then on others may claim it. Null when nobody holds it.';
comment on column private.erasure_jobs.claimable_at is 'When it may be claimed next.';
comment on column private.erasure_jobs.last_error is 'Why it was put off: a code, never anybody''s words.';

create index erasure_jobs_by_turn_idx on private.erasure_jobs (claimable_at, id);

alter table private.erasure_jobs enable row level security;
alter table private.erasure_jobs force row level security;

-- What is hers ----------------------------------------------------------------

create function private.subject_hash(user_id uuid) returns text
  language sql immutable strict parallel safe set search_path = ''
as $$
  select encode(sha256(uuid_send(user_id)), 'hex')
$$;
comment on function private.subject_hash is 'What a receipt says instead of a person''s id.';

create function private.owned_tables()
  returns table (name text, owner_column name, is_lockable boolean, is_leftover boolean)
  language sql stable set search_path = ''
as $$
  with recursive owned as (
    select c.oid, n.nspname, format('%s.%I', n.nspname, c.relname) as name, a.attname, a.attnum
    from pg_catalog.pg_class as c
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    join pg_catalog.pg_attribute as a on a.attrelid = c.oid and not a.attisdropped
     and a.attname = case when c.oid = 'public.users'::regclass then 'id' else 'user_id' end
     and a.atttypid = 'uuid'::regtype
    where n.nspname in ('public', 'private') and c.relkind in ('r', 'p') and not c.relispartition
      and c.oid <> 'private.erasure_jobs'::regclass
  ),
  -- What falls when she does, by how far it stands from her.
  falling as (
    select 'public.users'::regclass::oid as oid, 0 as distance
    union
    select k.conrelid, falling.distance + 1
    from falling
    join pg_catalog.pg_constraint as k on k.confrelid = falling.oid and k.contype = 'f' and k.confdeltype = 'c'
    where k.conrelid <> k.confrelid and falling.distance < 12
  )
  select owned.name, owned.attname, has_table_privilege(owned.oid, 'update'),
         owned.nspname = 'private' and max(falling.distance) is null
           and not exists (
             select from pg_catalog.pg_constraint as k
             where k.conrelid = owned.oid and k.contype = 'f' and owned.attnum = any (k.conkey)
               and k.confrelid <> 'auth.users'::regclass
           )
  from owned left join falling on falling.oid = owned.oid
  group by owned.oid, owned.nspname, owned.name, owned.attname, owned.attnum
  order by max(falling.distance) nulls last, owned.name
$$;
comment on function private.owned_tables is
  'Every table that holds rows of people, parents before children, from the catalogue: a new one is erased without anybody '
  'remembering it. A leftover is one of private that her row does not take with it. For erase_rows.';

create function private.erase_rows(user_id uuid, scope text) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  owned   record;
  found_  bigint;
  counted jsonb := '{}';
  receipt uuid;
begin
  -- Lock, then count: whoever is writing something of hers is waited for, and nobody can begin to.
  -- Parents come first, for a child is written under its parent's lock.
  for owned in select * from private.owned_tables() loop
    execute format(
      'select count(*) from (select from %s where %I = $1 %s) as hers',
      owned.name, owned.owner_column, case when owned.is_lockable then 'for update' end
    ) into found_ using erase_rows.user_id;
    if found_ > 0 then
      counted := counted || jsonb_build_object(owned.name, found_);
    end if;
    if owned.is_leftover and found_ > 0 then
      execute format('delete from %s where %I = $1', owned.name, owned.owner_column) using erase_rows.user_id;
    end if;
  end loop;
  -- Supabase Auth's own log keeps addresses, where it is written to the database at all.
  if scope = 'account' and to_regclass('auth.audit_log_entries') is not null
     and has_table_privilege('auth.audit_log_entries', 'delete') then
    execute 'delete from auth.audit_log_entries '
      'where payload ->> ''actor_id'' = $1::text or payload -> ''traits'' ->> ''user_id'' = $1::text'
      using erase_rows.user_id;
    get diagnostics found_ = row_count;
    if found_ > 0 then
      counted := counted || jsonb_build_object('auth.audit_log_entries', found_);
    end if;
  end if;

  -- The person, the job, the receipt: everybody locks in this order.
  if scope = 'account' then
    select erasure.id into receipt from private.erasures as erasure
    where erasure.subject_hash = private.subject_hash(erase_rows.user_id) and erasure.erased_at is null;
    delete from private.erasure_jobs as job where job.erasure_id = receipt and job.kind = 'database';
  end if;
  if receipt is null then
    insert into private.erasures (subject_hash, scope, cause, state, counts, erased_at)
    values (private.subject_hash(erase_rows.user_id), scope, 'deletion', 'external', counted, now())
    returning id into receipt;
  else
    update private.erasures as erasure
    set state = 'external', counts = counted, erased_at = now(), error_code = null
    where erasure.id = receipt;
  end if;
  insert into private.erasure_jobs (erasure_id, kind, user_id)
  select receipt, kind, erase_rows.user_id from unnest(array['redis_user', 'storage_prefix']) as kind;
end
$$;
comment on function private.erase_rows is
  'Count what is hers, write the receipt and what is to do outside, and remove what no foreign key leads to. For the '
  'triggers below, which stand before every deletion of a person.';

create function private.auth_users_erase() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  perform private.erase_rows(old.id, 'account');
  return old;
end
$$;
comment on function private.auth_users_erase is 'Before an account goes: see erase_rows. What fails keeps it here, whole.';
-- Before, so that nothing has fallen yet when it is counted.
create trigger t100_cairn_erase before delete on auth.users
  for each row execute function private.auth_users_erase();

create function private.users_erase() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  -- If the account is gone already, her row falls with it, and all is done.
  if exists (select from auth.users as account where account.id = old.id) then
    perform private.erase_rows(old.id, 'rows');
  end if;
  return old;
end
$$;
comment on function private.users_erase is 'Before a person''s row goes and her account stays: all the same is done.';
create trigger t100_users_erase before delete on public.users
  for each row execute function private.users_erase();

create function private.users_leave_nothing() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  owned record;
  left_ boolean;
begin
  for owned in select * from private.owned_tables() loop
    execute format('select exists (select from %s where %I = $1)', owned.name, owned.owner_column)
    into left_ using old.id;
    if left_ then
      raise exception using errcode = 'CA409', message = format('Not erased: rows of hers would stay in %s.', owned.name);
    end if;
  end loop;
  return null;
end
$$;
comment on function private.users_leave_nothing is
  'At the commit that takes a person away: refuse it, as a whole, if anything of hers were left.';
-- Deferred, because what falls with what falls with her goes only after the triggers of her own row.
create constraint trigger t950_users_leave_nothing after delete on public.users
  deferrable initially deferred
  for each row execute function private.users_leave_nothing();

-- For staff -------------------------------------------------------------------

create function private.begin_erasure(user_id uuid, cause text default 'staff') returns uuid
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  receipt uuid;
begin
  perform from auth.users as account where account.id = begin_erasure.user_id for no key update;
  if not found then
    raise exception using errcode = 'CA404', message = 'There is no such account.';
  end if;
  -- Closed for the time that remains: nobody writes for her any more.
  update public.users as person set deleted_at = now()
  where person.id = begin_erasure.user_id and person.deleted_at is null;
  update public.erasure_requests as request set status = 'due'
  where request.user_id = begin_erasure.user_id and request.status = 'requested';

  insert into private.erasures (subject_hash, cause, requested_at)
  select private.subject_hash(begin_erasure.user_id), begin_erasure.cause,
         coalesce(min(request.created_at), now())
  from public.erasure_requests as request
  where request.user_id = begin_erasure.user_id and request.status = 'due'
  on conflict (subject_hash) where erased_at is null do nothing
  returning id into receipt;
  if receipt is null then
    select erasure.id into receipt from private.erasures as erasure
    where erasure.subject_hash = private.subject_hash(begin_erasure.user_id) and erasure.erased_at is null;
  else
    insert into private.erasure_jobs (erasure_id, kind, user_id) values (receipt, 'database', begin_erasure.user_id);
  end if;
  return receipt;
end
$$;
comment on function private.begin_erasure is
  'Have a person erased soon, without days of grace; gives the number of the receipt. Again is no error. CA404 when there '
  'is no such account.';
grant execute on function private.begin_erasure to service_role;

create function private.erase_user(user_id uuid, cause text default 'staff') returns uuid
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  receipt constant uuid := private.begin_erasure(user_id, cause);
begin
  delete from auth.users as account where account.id = erase_user.user_id;
  return receipt;
end
$$;
comment on function private.erase_user is
  'Erase a person, now: her rows are gone when this returns and commits, Redis and storage soon after. Gives the number of '
  'the receipt. CA404 when there is no such account.';
grant execute on function private.erase_user to service_role;

create function private.export_erasures(since timestamptz default '-infinity')
  returns table (subject_hash text, erased_at timestamptz)
  language sql stable security definer set search_path = ''
as $$
  select distinct on (erasure.erased_at, erasure.subject_hash) erasure.subject_hash, erasure.erased_at
  from private.erasures as erasure
  -- Not `rows`: that person may have come back by herself.
  where erasure.scope = 'account' and erasure.erased_at >= export_erasures.since
  order by erasure.erased_at, erasure.subject_hash
$$;
comment on function private.export_erasures is
  'Who was erased since then, as hashes, to be kept where no restored backup takes it away, as long as there are backups.';
grant execute on function private.export_erasures to service_role;

create function private.replay_erasures(hashes text[], batch integer default 100) returns bigint
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  malformed bigint;
  replayed  bigint;
begin
  select count(*) into malformed from unnest(hashes) as hash where hash !~ '^[0-9a-f]{64}$' or hash is null;
  if malformed > 0 then
    raise exception using errcode = 'CA400', message = format('%s of these are not sha256 hashes in hex.', malformed);
  end if;
  select count(private.erase_user(back.id, 'replay')) into replayed
  from (
    select account.id from auth.users as account
    where private.subject_hash(account.id) = any (hashes)
    order by account.id
    limit batch
  ) as back;
  return replayed;
end
$$;
comment on function private.replay_erasures is
  'After a backup was restored: erase again whom it brought back, `batch` people at most; gives how many. Call it, with '
  'what export_erasures gave, until that is 0.';
grant execute on function private.replay_erasures to service_role;

-- For the worker --------------------------------------------------------------

create function private.queue_due_erasures(batch integer default 100) returns bigint
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  due    uuid;
  queued bigint := 0;
begin
  for due in
    select request.user_id from public.erasure_requests as request
    where request.status = 'requested' and request.due_at <= now()
    order by request.due_at
    limit batch
  loop
    perform from auth.users as account where account.id = due for no key update;
    perform from public.users as person where person.id = due for no key update;
    -- She may have been opened again meanwhile, and then stays.
    if exists (
      select from public.erasure_requests as request
      where request.user_id = due and request.status = 'requested' and request.due_at <= now()
    ) then
      perform private.begin_erasure(due, 'request');
      queued := queued + 1;
    end if;
  end loop;
  return queued;
end
$$;
comment on function private.queue_due_erasures is
  'Begin the erasures of those whose days of grace are over, `batch` people at most; gives how many. For the worker.';
grant execute on function private.queue_due_erasures to cairn_server;

create function private.claim_erasure_job(lease_seconds double precision)
  returns table (id uuid, kind text, user_id uuid, attempt integer, fence bigint)
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  next_job private.erasure_jobs;
begin
  select * into next_job
  from private.erasure_jobs as due
  where due.claimable_at <= now()
  order by due.claimable_at, due.id
  limit 1
  for update skip locked;
  if not found then
    return;
  end if;
  update private.erasures as erasure
  set state = case next_job.kind when 'database' then 'database' else 'external' end
  where erasure.id = next_job.erasure_id;
  return query
    update private.erasure_jobs as job
    set attempts    = job.attempts + 1,
        fence       = job.fence + 1,
        lease_until = clock_timestamp() + make_interval(secs => lease_seconds)
    where job.id = next_job.id
    returning job.id, job.kind, job.user_id, job.attempts, job.fence;
end
$$;
comment on function private.claim_erasure_job is
  'The part of an erasure that has waited longest, for so many seconds; no row when there is none. Expired claims are '
  'claimed again, with a higher fence. `database` is done by private.erase, the others outside, and may be done twice. '
  'For the worker.';
grant execute on function private.claim_erasure_job to cairn_server;

create function private.lock_erasure_job(job_id uuid, fence bigint) returns private.erasure_jobs
  language plpgsql volatile set search_path = ''
as $$
declare
  held private.erasure_jobs;
begin
  select * into held from private.erasure_jobs as job
  where job.id = job_id and job.fence = lock_erasure_job.fence and job.lease_until is not null
  for update;
  if not found then
    raise exception using errcode = 'CA410', message = 'This job is not held by this claim any more.';
  end if;
  return held;
end
$$;
comment on function private.lock_erasure_job is
  'Lock a job until the end of the transaction; CA410 when the claim with this fence does not hold it. For the functions below.';

create function private.erase(job_id uuid, fence bigint) returns void
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  job private.erasure_jobs;
begin
  -- The person first, then the job, as a deletion in the dashboard would.
  perform from auth.users as account
  where account.id = (select known.user_id from private.erasure_jobs as known where known.id = job_id)
  for update;
  job := private.lock_erasure_job(job_id, fence);
  if job.kind <> 'database' then
    raise exception using errcode = 'CA409', message = 'This job is done outside of the database.';
  end if;
  -- The triggers do the rest, and take the job away.
  delete from auth.users as account where account.id = job.user_id;
end
$$;
comment on function private.erase is
  'Do a job of kind `database`: delete the person with all that is hers, in this transaction. Somebody with years of '
  'messages takes longer than a request may: set statement_timeout for it. CA410 when the job is lost. For the worker.';
grant execute on function private.erase to cairn_server;

create function private.erase_next() returns bigint
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  due uuid;
begin
  perform private.queue_due_erasures(100);
  -- Anybody of those who are due, so that somebody who takes longer than a statement may stands in nobody's way.
  select job.user_id into due
  from private.erasure_jobs as job
  where job.kind = 'database' and job.claimable_at <= now()
  order by random()
  limit 1;
  perform from auth.users as account where account.id = due for update skip locked;
  if not found then
    return 0;
  end if;
  -- The triggers do the rest, and take the job away.
  delete from auth.users as account where account.id = due;
  return 1;
end
$$;
comment on function private.erase_next is
  'Begin the erasures that are due, and erase one person, in this transaction; gives 1, or 0 when nobody is due. For the worker.';
grant execute on function private.erase_next to cairn_server;

create function private.finish_erasure_job(job_id uuid, fence bigint, removed bigint default 0) returns void
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  job private.erasure_jobs := private.lock_erasure_job(job_id, fence);
begin
  if job.kind = 'database' then
    raise exception using errcode = 'CA409', message = 'This job is done by private.erase.';
  end if;
  delete from private.erasure_jobs as done where done.id = job.id;
  -- Its other job may be ending just now; one of the two comes second, and sees that none is left.
  perform from private.erasures as erasure where erasure.id = job.erasure_id for update;
  update private.erasures as erasure
  set counts      = erasure.counts || jsonb_build_object(job.kind, coalesce(removed, 0)),
      state       = case when rest.jobs = 0 then 'done' else 'external' end,
      finished_at = case when rest.jobs = 0 then now() end,
      error_code  = case when rest.jobs > 0 then erasure.error_code end
  from (select count(*) as jobs from private.erasure_jobs as other where other.erasure_id = job.erasure_id) as rest
  where erasure.id = job.erasure_id;
end
$$;
comment on function private.finish_erasure_job is
  'What was outside is gone, so many files or keys; with the last job the erasure is done. CA410 when the job is lost. '
  'For the worker.';
grant execute on function private.finish_erasure_job to cairn_server;

create function private.postpone_erasure_job(job_id uuid, fence bigint, seconds double precision, error_code text)
  returns void
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  job private.erasure_jobs := private.lock_erasure_job(job_id, fence);
begin
  update private.erasure_jobs as held
  set lease_until = null,
      run_at      = clock_timestamp() + make_interval(secs => seconds),
      last_error  = postpone_erasure_job.error_code
  where held.id = job.id;
  update private.erasures as erasure
  set error_code = postpone_erasure_job.error_code,
      state      = case when job.attempts >= 8 then 'failed' else erasure.state end
  where erasure.id = job.erasure_id;
end
$$;
comment on function private.postpone_erasure_job is
  'Give a job up for so many seconds, and say why, in a word; the eighth time, the erasure counts as failed until it '
  'is claimed again. CA410 when the job is lost. For the worker.';
grant execute on function private.postpone_erasure_job to cairn_server;

create function private.next_erasure_job_at() returns timestamptz
  language sql stable security definer set search_path = ''
as $$
  select least(
    (select min(job.claimable_at) from private.erasure_jobs as job),
    (select min(request.due_at) from public.erasure_requests as request where request.status = 'requested')
  )
$$;
comment on function private.next_erasure_job_at is
  'When there is something to erase next, also in the past; null when nobody is to be erased. For the worker.';
grant execute on function private.next_erasure_job_at to cairn_server;

-- What is audited -------------------------------------------------------------

create trigger t800_erasure_requests_audit after insert or update of status on public.erasure_requests
  for each row execute function private.audit_change('privacy');
