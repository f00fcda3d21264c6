-- Audit: what was done to a person's account and data, by whom, in a log that can only grow.
--
-- Each person has a chain of her own: a line holds the hash of the line before it, so that nothing
-- can be changed, taken out or put in between without breaking it. Whoever owns the database could
-- still forge a whole new chain; so the latest hashes are kept elsewhere, daily, and verify_audit
-- compares. Lines younger than the last of these anchors are guarded against accidents only.
--
-- A line says which row changed and which of its columns, never what was in them: it is read long
-- after she has deleted that. What is said in conversations is not audited at all.

set lock_timeout = '5s';
set statement_timeout = '60s';

-- cairn_eraser ----------------------------------------------------------------

do $$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = 'cairn_eraser') then
    create role cairn_eraser nologin;
  end if;
  -- To give it the one function that it owns.
  grant cairn_eraser to current_user;
exception
  -- Two databases of one server are being migrated at the same moment.
  when duplicate_object or unique_violation then null;
end
$$;

-- It reads under her policies, with her claims, as the server does.
grant authenticated to cairn_eraser;
grant usage on schema public, private to cairn_eraser;

comment on role cairn_eraser is
  'The only role that may remove lines of the audit log. Nobody logs in as it: private.remove_audit_lines runs as it.';

create type public.audit_category as enum (
  'account', 'sign_in', 'privacy', 'consent', 'access', 'safety', 'conversation', 'memory', 'journal', 'billing',
  'agent', 'integration'
);
create type public.audit_severity as enum ('info', 'notice', 'warning', 'critical');

comment on type public.audit_category is 'What a line is about; access means that staff looked at something of hers.';
comment on type public.audit_severity is
  'How much a line matters, in ascending order: info is everyday, notice is worth knowing, warning and critical are for staff.';

-- audit_log -------------------------------------------------------------------

create table public.audit_log (
  id             uuid        primary key default private.uuid_v7(),
  -- No foreign key: it would lock her users row at each line, after rows of hers, while an erasure
  -- locks them the other way round. users_forget_audit removes the lines.
  user_id        uuid        not null,
  seq            bigint      not null,
  event_type     text        not null,
  event_category public.audit_category not null,
  severity       public.audit_severity not null default 'info',
  event_data     jsonb       not null default '{}',
  actor          text        not null,
  session_id     uuid,
  ip_address     inet,
  user_agent     text,
  request_id     text,
  created_at     timestamptz not null default clock_timestamp(),
  previous_hash  text        not null,
  hash           text        not null,

  constraint audit_log_seq_key unique (user_id, seq),
  constraint audit_log_event_type_is_a_short_word check (event_type ~ '^[a-z][a-z0-9_]*(\.[a-z0-9_]+)?$' and length(event_type) <= 100),
  constraint audit_log_event_data_is_an_object_of_at_most_2_kb
    check (jsonb_typeof(event_data) = 'object' and octet_length(event_data::text) <= 2048),
  constraint audit_log_actor_has_1_to_240_characters check (length(actor) between 1 and 240),
  constraint audit_log_user_agent_is_at_most_400_characters check (length(user_agent) <= 400),
  constraint audit_log_request_id_is_at_most_200_characters check (length(request_id) <= 200),
  constraint audit_log_hashes_are_sha256_in_hex
    check (previous_hash ~ '^[0-9a-f]{64}$' and hash ~ '^[0-9a-f]{64}$')
);

comment on table  public.audit_log is 'What was done to a person''s account and data, and by whom. Lines are added, and never changed.';
comment on column public.audit_log.seq is 'Her own numbering, from 1, without gaps, in the order of the commits.';
comment on column public.audit_log.event_type is 'What happened: a table and insert, update or delete, such as `conversations.delete`, or a word of the server''s.';
comment on column public.audit_log.event_data is
  'Which row and which of its columns: ids and names, never what is in them. A JSON object of at most 2 kB.';
comment on column public.audit_log.actor is
  '`user`: she herself; `pipeline` or `agent:` and a client''s id: in her name; `person:` and an id: staff, and '
  '`person:contact` somebody else who was signed in; `system:` and a login: nobody was, as in the dashboard.';
comment on column public.audit_log.session_id is 'The sign-in that it was done with; null unless she or somebody in her name did it.';
comment on column public.audit_log.ip_address is 'Where the request came from, where that is known; null for what others did.';
comment on column public.audit_log.request_id is 'The setting `cairn.request_id` of the transaction, where it was set.';
comment on column public.audit_log.created_at is 'When it happened; lines of one moment may be numbered the other way round.';
comment on column public.audit_log.previous_hash is 'The hash of the line before; 64 zeros in the first.';
comment on column public.audit_log.hash is 'sha256 of this line, previous_hash included; see private.audit_hash.';

-- Her lists: all, and of a category. Of a severity, among her own.
create index audit_log_by_creation_idx on public.audit_log (user_id, created_at desc, id desc);
create index audit_log_by_category_idx on public.audit_log (user_id, event_category, created_at desc, id desc);
-- For staff: what is grave, whosever it is.
create index audit_log_by_gravity_idx on public.audit_log (created_at desc) where severity in ('warning', 'critical');

alter table public.audit_log enable row level security;
alter table public.audit_log force row level security;
create policy owner_select on public.audit_log for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.audit_log for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.audit_log for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.audit_log for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

-- Reading only: triggers write, and the eraser removes.
grant select on public.audit_log to authenticated;
grant delete on public.audit_log to cairn_eraser;

create function private.audit_log_stay() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  if tg_op = 'DELETE' and current_user = 'cairn_eraser' then
    return old;
  end if;
  raise exception using errcode = 'CA409', message = 'Lines are added to the audit log; they are not changed or removed.';
end
$$;
comment on function private.audit_log_stay is 'Before update, delete and truncate, by whomever: no. Only the eraser may delete.';
create trigger t100_audit_log_stay before update or delete on public.audit_log
  for each row execute function private.audit_log_stay();
create trigger t100_audit_log_stay_whole before truncate on public.audit_log
  for each statement execute function private.audit_log_stay();

-- private.audit_heads ---------------------------------------------------------

create table private.audit_heads (
  -- No foreign key: an erasure must take this lock last, as everybody does.
  user_id      uuid   primary key,
  seq          bigint not null default 0,
  hash         text   not null default repeat('0', 64),
  trimmed_seq  bigint not null default 0,
  trimmed_hash text   not null default repeat('0', 64),

  constraint audit_heads_what_was_trimmed_was_written check (trimmed_seq between 0 and seq)
);

comment on table  private.audit_heads is 'The end of each person''s chain. Who has no head is not there (any more), and gets no line.';
comment on column private.audit_heads.seq is 'The number of her latest line; 0 before the first.';
comment on column private.audit_heads.hash is 'The hash of her latest line.';
comment on column private.audit_heads.trimmed_seq is 'The last line that was removed for its age; 0 when none was.';
comment on column private.audit_heads.trimmed_hash is 'The hash that it had, on which the next line stands.';

alter table private.audit_heads enable row level security;
alter table private.audit_heads force row level security;

insert into private.audit_heads (user_id) select person.id from public.users as person;

create function private.users_begin_audit() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  insert into private.audit_heads (user_id) values (new.id) on conflict (user_id) do nothing;
  return null;
end
$$;
create trigger t100_users_begin_audit after insert on public.users
  for each row execute function private.users_begin_audit();

-- The chain -------------------------------------------------------------------

create function private.audit_hash(line public.audit_log) returns text
  language sql stable set search_path = ''
as $$
  -- Whatever the settings of a session, the same line gives the same text: times are whole
  -- microseconds since 1970, and jsonb has one form.
  select encode(sha256(convert_to(jsonb_build_array(
    'cairn audit 1', line.id, line.user_id, line.seq, line.previous_hash, line.event_type, line.event_category,
    line.severity, line.event_data, line.actor, line.session_id, line.ip_address, line.user_agent, line.request_id,
    (extract(epoch from line.created_at) * 1000000)::bigint
  )::text, 'UTF8')), 'hex')
$$;
comment on function private.audit_hash is
  'sha256, in hex, of a line as a JSON array: `cairn audit 1`, then all columns but the hash itself, in their order but '
  'with seq and previous_hash after user_id, and created_at in microseconds since 1970.';

create function private.audit_log_chain() returns trigger
  language plpgsql set search_path = ''
as $$
declare
  head private.audit_heads;
begin
  -- Held until the commit: whoever comes later for her waits for that moment. Therefore never
  -- insert `on conflict do nothing`: it would drop a line that is counted already.
  select * into head from private.audit_heads as known where known.user_id = new.user_id for no key update;
  if not found then
    return null; -- She is being erased, and leaves no line.
  end if;
  new.seq           := head.seq + 1;
  new.previous_hash := head.hash;
  new.hash          := private.audit_hash(new);
  update private.audit_heads as known set seq = new.seq, hash = new.hash where known.user_id = new.user_id;
  return new;
end
$$;
comment on function private.audit_log_chain is 'Before insert, by whomever: number the line and hang it on the one before.';
create trigger t100_audit_log_chain before insert on public.audit_log
  for each row execute function private.audit_log_chain();

-- private.audit_inbox ---------------------------------------------------------
-- Lines of a transaction wait here for its end. The head of a chain is then the last lock that it
-- takes, after those of its rows and of her event log, so that no two transactions of one person can
-- wait for each other. Nobody ever sees a row in here but the transaction itself.

create table private.audit_inbox (
  id             uuid        primary key default private.uuid_v7(),
  user_id        uuid        not null,
  event_type     text        not null,
  event_category public.audit_category not null,
  severity       public.audit_severity not null,
  event_data     jsonb       not null,
  actor          text        not null,
  session_id     uuid,
  ip_address     inet,
  user_agent     text,
  request_id     text,
  created_at     timestamptz not null default clock_timestamp()
);

comment on table private.audit_inbox is 'Lines for the audit log, until their transaction ends: always empty to look at.';

alter table private.audit_inbox enable row level security;
alter table private.audit_inbox force row level security;

create function private.audit_inbox_empty() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  if tg_op = 'INSERT' then
    -- The first round at the commit: other triggers that were put off, those of the event log among
    -- them, are in it too. What a deletion asks for comes in the round after.
    delete from private.audit_inbox as line where line.id = new.id;
  else
    insert into public.audit_log (
      id, user_id, event_type, event_category, severity, event_data, actor, session_id, ip_address, user_agent,
      request_id, created_at
    )
    values (
      old.id, old.user_id, old.event_type, old.event_category, old.severity, old.event_data, old.actor,
      old.session_id, old.ip_address, old.user_agent, old.request_id, old.created_at
    );
  end if;
  return null;
end
$$;
comment on function private.audit_inbox_empty is 'At the commit, and after all else that waits for it: write the line.';
create constraint trigger t900_audit_inbox_empty after insert or delete on private.audit_inbox
  deferrable initially deferred
  for each row execute function private.audit_inbox_empty();

-- Writing ---------------------------------------------------------------------

create function private.audit_actor(user_id uuid) returns text
  language sql stable security definer set search_path = ''
as $$
  select left(case
    when viewer is null    then 'system:' || session_user
    -- Staff by their id; a safety contact leaves nothing, and so no id.
    when viewer <> user_id then case
      when exists (select from private.staff_members as member where member.user_id = viewer) then 'person:' || viewer
      else 'person:contact'
    end
    else coalesce(private.actor(), 'user')
  end, 240)
  from (select auth.uid()) as caller (viewer)
$$;
comment on function private.audit_actor is 'Who is doing something to this person''s data just now, as audit_log says it. For append_audit.';

create function private.append_audit(
  user_id uuid, event_type text, event_category public.audit_category, severity public.audit_severity default 'info',
  event_data jsonb default '{}'
) returns void
  language sql volatile set search_path = ''
as $$
  insert into private.audit_inbox (
    user_id, event_type, event_category, severity, event_data, actor, session_id, ip_address, user_agent, request_id
  )
  select
    append_audit.user_id, append_audit.event_type, append_audit.event_category, append_audit.severity,
    append_audit.event_data, private.audit_actor(append_audit.user_id),
    -- Of others who do something to hers, such as staff, she reads no more than who it was.
    case when is_hers and session_id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then session_id::uuid end,
    case when is_hers then nullif(current_setting('cairn.ip_address', true), '')::inet end,
    case when is_hers then left(nullif(current_setting('cairn.user_agent', true), ''), 400) end,
    left(nullif(current_setting('cairn.request_id', true), ''), 200)
  from (
    select (select auth.uid()) = append_audit.user_id,
           nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'session_id'
  ) as caller (is_hers, session_id)
$$;
comment on function private.append_audit is
  'Add a line to a person''s log, at the end of the transaction; none when she is gone. Ids and names only in event_data. '
  'Granted to nobody: triggers and definer functions call it, each after its own test of who calls.';

create function private.log_event(
  event_type text, event_category public.audit_category, severity public.audit_severity default 'info',
  event_data jsonb default '{}'
) returns void
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  viewer constant uuid := (select auth.uid());
begin
  if viewer is null then
    raise exception using errcode = 'CA401', message = 'Sign in first.';
  end if;
  if event_category = 'access' then
    raise exception using errcode = 'CA400', message = 'Nobody looks into her own data as staff.';
  end if;
  perform private.append_audit(viewer, event_type, event_category, severity, event_data);
end
$$;
comment on function private.log_event is
  'Add a line to the caller''s own log, for what no trigger sees. CA400 for the category access: only functions of staff write that.';
grant execute on function private.log_event to cairn_server;

create function private.audit_change() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  before   constant jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) end;
  after    constant jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) end;
  whole    constant jsonb := coalesce(after, before);
  owner    constant uuid  := coalesce(whole ->> 'user_id', whole ->> 'id')::uuid;
  category constant public.audit_category := tg_argv[0]::public.audit_category;
  changed  jsonb;
begin
  -- She is being erased, and her rows go with her.
  if not exists (select from public.users as person where person.id = owner) then
    return null;
  end if;
  if tg_op = 'UPDATE' then
    select jsonb_agg(field.key order by field.key) into changed
    from jsonb_each(after) as field
    where field.value is distinct from before -> field.key
      and field.key <> all (array['updated_at', 'version'] || tg_argv[1:]);
    if changed is null then
      return null;
    end if;
  end if;
  perform private.append_audit(
    owner,
    tg_table_name || '.' || lower(tg_op),
    category,
    case
      when category in ('consent', 'safety') or tg_op = 'DELETE' then 'notice'::public.audit_severity
      else 'info'
    end,
    jsonb_strip_nulls(jsonb_build_object('row_id', whole ->> 'id', 'columns', changed))
  );
  return null;
end
$$;
comment on function private.audit_change is
  'After a change of a row: a line in its owner''s log, with the names of the columns that changed. Its first argument is '
  'the category; the others name columns whose change alone is no event.';

-- Removing --------------------------------------------------------------------

create function private.remove_audit_lines(owner uuid, through bigint default null) returns bigint
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  claimed constant text := coalesce(current_setting('request.jwt.claim.sub', true), '');
  removed bigint;
begin
  -- In her name, for the eraser is bound by her policies; auth.uid() reads this claim first.
  perform set_config('request.jwt.claim.sub', owner::text, true);
  delete from public.audit_log as line
  where line.user_id = (select auth.uid()) and line.seq <= coalesce(through, line.seq);
  get diagnostics removed = row_count;
  perform set_config('request.jwt.claim.sub', claimed, true);
  return removed;
end
$$;
comment on function private.remove_audit_lines is
  'Remove a person''s lines up to a number, or all of them; gives how many. It runs as cairn_eraser. For the functions below.';
grant create on schema private to cairn_eraser;
alter function private.remove_audit_lines owner to cairn_eraser;
revoke create on schema private from cairn_eraser;

create function private.users_forget_audit() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  -- The head first: whoever is just writing a line is waited for, and it is here to be removed;
  -- whoever comes later finds no head, and writes none.
  delete from private.audit_heads as head where head.user_id = old.id;
  perform private.remove_audit_lines(old.id);
  return null;
end
$$;
comment on function private.users_forget_audit is 'After delete of a person, whoever does it: her chain goes, too.';
-- After the cascade has taken her rows, and after users_forget_live: in the order in which everybody locks.
create trigger t910_users_forget_audit after delete on public.users
  for each row execute function private.users_forget_audit();

create function private.trim_audit(user_id uuid, before timestamptz) returns bigint
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  last public.audit_log;
begin
  perform from private.audit_heads as head where head.user_id = trim_audit.user_id for no key update;
  -- The first lines only, so that what is left is a chain.
  select * into last
  from public.audit_log as line
  where line.user_id = trim_audit.user_id and line.seq < coalesce(
    (select min(young.seq) from public.audit_log as young
     where young.user_id = trim_audit.user_id and young.created_at >= trim_audit.before),
    line.seq + 1)
  order by line.seq desc
  limit 1;
  if not found then
    return 0;
  end if;
  update private.audit_heads as head
  set trimmed_seq = last.seq, trimmed_hash = last.hash
  where head.user_id = trim_audit.user_id;
  return private.remove_audit_lines(trim_audit.user_id, last.seq);
end
$$;
comment on function private.trim_audit is
  'Remove a person''s first lines, up to the first that is not older than this moment; gives how many. The rest is still '
  'a chain, which stands on the hash of the last one removed. For the job that keeps retention.';

-- Verifying -------------------------------------------------------------------

create function private.verify_audit(user_id uuid, anchor_seq bigint default null, anchor_hash text default null)
  returns table (seq bigint, fault text)
  language sql stable security definer set search_path = ''
as $$
  with head as (
    select coalesce(known.seq, 0) as seq, coalesce(known.hash, zeros) as hash,
           coalesce(known.trimmed_seq, 0) as trimmed_seq, coalesce(known.trimmed_hash, zeros) as trimmed_hash
    from repeat('0', 64) as zeros
    left join private.audit_heads as known on known.user_id = verify_audit.user_id
  ),
  line as (
    select entry.seq, entry.hash, entry.previous_hash, private.audit_hash(entry) as computed,
           lag(entry.seq, 1, head.trimmed_seq) over in_order as seq_before,
           lag(entry.hash, 1, head.trimmed_hash) over in_order as hash_before
    from public.audit_log as entry
    cross join head
    where entry.user_id = verify_audit.user_id
    window in_order as (order by entry.seq)
  ),
  tail as (
    select coalesce(max(line.seq), head.trimmed_seq) as seq,
           coalesce((array_agg(line.hash order by line.seq desc))[1], head.trimmed_hash) as hash
    from head left join line on true
    group by head.trimmed_seq, head.trimmed_hash
  )
  select line.seq, 'edited' from line where line.hash <> line.computed
  union all
  select line.seq_before + 1, 'missing' from line where line.seq <> line.seq_before + 1
  union all
  select line.seq, 'unchained' from line where line.seq = line.seq_before + 1 and line.previous_hash <> line.hash_before
  union all
  select tail.seq + 1, 'cut' from tail cross join head where greatest(head.seq, verify_audit.anchor_seq) > tail.seq
  union all
  select tail.seq, 'unchained' from tail cross join head where head.seq <= tail.seq and (head.seq, head.hash) <> (tail.seq, tail.hash)
  union all
  select verify_audit.anchor_seq, 'rewritten'
  from (
    select line.seq, line.hash from line
    union all
    select head.trimmed_seq, head.trimmed_hash from head
  ) as kept
  where kept.seq = verify_audit.anchor_seq and kept.hash <> verify_audit.anchor_hash
  order by 1, 2
$$;
comment on function private.verify_audit is
  'What is wrong with a person''s chain, by line; no row when it is sound. edited: the line is not what was hashed. '
  'missing: lines from this one on are gone. unchained: it does not stand on the line before, or is not the last that was '
  'written. cut: the end is gone from this line on. rewritten: the line has another hash than the anchor, kept outside, '
  'says. Without an anchor, a whole new chain passes. For `cairn audit verify`.';
grant execute on function private.verify_audit to cairn_server;

create function private.audit_anchors() returns table (user_id uuid, seq bigint, hash text)
  language sql stable security definer set search_path = ''
as $$
  select head.user_id, head.seq, head.hash from private.audit_heads as head where head.seq > 0 order by head.user_id
$$;
comment on function private.audit_anchors is
  'The end of each chain, everybody''s: to be kept outside of the database, daily. Give one to verify_audit later.';
grant execute on function private.audit_anchors to cairn_server;

-- What is audited -------------------------------------------------------------
-- One trigger a table, in the order of the migrations. Not messages, nor what only counts.

create trigger t800_users_audit after insert or update on public.users
  for each row execute function private.audit_change(
    'account', 'last_active_at', 'last_sign_in_at', 'xp', 'current_streak', 'takes_part_from', 'takes_part_until'
  );
create trigger t800_user_sessions_audit after insert or update of ended_at on public.user_sessions
  for each row execute function private.audit_change('sign_in', 'last_activity_at', 'expires_at', 'is_active');
create trigger t800_conversations_audit after update of status or delete on public.conversations
  for each row execute function private.audit_change('conversation');
create trigger t800_profiles_audit after update on public.profiles
  for each row execute function private.audit_change('account');
create trigger t800_guardian_consents_audit after insert or update or delete on public.guardian_consents
  for each row execute function private.audit_change('consent');
create trigger t800_external_identities_audit after insert or update or delete on public.external_identities
  for each row execute function private.audit_change('account');
create trigger t800_memories_audit after update of is_consented, status or delete on public.memories
  for each row execute function private.audit_change('memory');
create trigger t800_journal_entries_audit after update of shared_with_ai, deleted_at or delete on public.journal_entries
  for each row execute function private.audit_change('journal');
create trigger t800_crisis_events_audit after insert or update or delete on public.crisis_events
  for each row execute function private.audit_change('safety');
create trigger t800_safety_contacts_audit after insert or update or delete on public.safety_contacts
  for each row execute function private.audit_change('safety');
create trigger t800_safety_plans_audit after insert or update or delete on public.safety_plans
  for each row execute function private.audit_change('safety');
create trigger t800_subscriptions_audit after insert or update or delete on public.subscriptions
  for each row execute function private.audit_change('billing');
