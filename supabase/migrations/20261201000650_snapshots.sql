-- Snapshots: what memory has yet to take in, and each version of what it makes of a person.
--
-- What happens to her (a conversation ends, she checks in) waits in memory_updates. A worker claims
-- it for a while, in the order of waiting, and gets a fence with it, as with jobs. What it then
-- thinks of her is one JSON document; each change of it is a version, kept as the difference from
-- the one before (RFC 6902), and every so often whole. The version and the end of the update are
-- one transaction.

set lock_timeout = '5s';
set statement_timeout = '60s';

create type public.memory_update_kind as enum (
  'conversation', 'message', 'check_in', 'insight', 'journal_entry', 'voice_call', 'journey_session'
);

comment on type public.memory_update_kind is 'What has happened that memory must take in: the table, in the singular, that the row is in.';

-- memory_updates --------------------------------------------------------------

create table public.memory_updates (
  id           uuid        primary key default private.uuid_v7(),
  -- No foreign key: it would lock her users row after a conversation's, while an erasure locks them
  -- the other way round. users_forget_memory_updates removes them.
  user_id      uuid        not null,
  kind         public.memory_update_kind not null,
  ref_id       uuid        not null,
  content_hash text,
  requested    integer     not null default 1,
  done         integer     not null default 0,
  processed    boolean     not null generated always as (done >= requested) stored,
  queued_at    timestamptz not null default now(),
  attempts     integer     not null default 0,
  fence        bigint      not null default 0,
  lease_until  timestamptz,
  last_error   text,
  created_at   timestamptz not null default now(),
  updated_at   timestamptz not null default now(),

  constraint memory_updates_ref_key unique (user_id, kind, ref_id),
  constraint memory_updates_done_is_at_most_requested check (done between 0 and requested),
  constraint memory_updates_attempts_are_not_negative check (attempts >= 0),
  constraint memory_updates_content_hash_has_1_to_128_characters check (length(content_hash) between 1 and 128),
  constraint memory_updates_last_error_is_a_short_word check (last_error ~ '^[a-z][a-z0-9_]{0,39}$')
);

comment on table  public.memory_updates is 'What happened to her that memory has taken in, or has yet to: each thing once.';
comment on column public.memory_updates.ref_id is 'The row of the table that `kind` names.';
comment on column public.memory_updates.content_hash is 'Of the content last asked for, so that the same is not asked for twice; null when it cannot change.';
comment on column public.memory_updates.requested is 'How often its content was new.';
comment on column public.memory_updates.done is 'The `requested` that the last worker to finish had read.';
comment on column public.memory_updates.processed is 'Nothing new has come since.';
comment on column public.memory_updates.queued_at is 'Since when it waits; of one that is done, since when it had waited.';
comment on column public.memory_updates.attempts is 'Claims since it was last done.';
comment on column public.memory_updates.fence is 'Grows with each claim; only the latest may write.';
comment on column public.memory_updates.lease_until is
  'Until when nobody else may claim it: it is held, or was put off. Null when it is free.';
comment on column public.memory_updates.last_error is 'Why it was put off: a code, never anybody''s words.';

create index memory_updates_by_state_idx on public.memory_updates (user_id, processed, created_at desc, id desc);
-- The oldest that waits, everybody's.
create index memory_updates_by_turn_idx on public.memory_updates (queued_at, id) where not processed;

create trigger t900_memory_updates_touch before update on public.memory_updates
  for each row execute function private.touch_updated_at();

create function private.users_forget_memory_updates() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  delete from public.memory_updates as known where known.user_id = old.id;
  return null;
end
$$;
-- After the cascade, which has waited for whoever still wrote one.
create trigger t900_users_forget_memory_updates after delete on public.users
  for each row execute function private.users_forget_memory_updates();

alter table public.memory_updates enable row level security;
alter table public.memory_updates force row level security;
create policy owner_select on public.memory_updates for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.memory_updates for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.memory_updates for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.memory_updates for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

-- Reading only: the functions below write.
grant select on public.memory_updates to authenticated;

-- Asking for an update --------------------------------------------------------

create function private.enqueue_memory_update(
  user_id uuid, kind public.memory_update_kind, ref_id uuid, content_hash text default null
) returns void
  language sql volatile set search_path = ''
as $$
  insert into public.memory_updates as known (user_id, kind, ref_id, content_hash)
  values (user_id, kind, ref_id, content_hash)
  on conflict on constraint memory_updates_ref_key do update
  set requested    = known.requested + 1,
      content_hash = excluded.content_hash,
      queued_at    = case when known.processed then now() else known.queued_at end
  where known.content_hash is distinct from excluded.content_hash
$$;
comment on function private.enqueue_memory_update is
  'Have memory take in a row of hers: the first time, and whenever its content is new. The same content changes '
  'nothing, done or not. For triggers that run with the owner''s rights.';

create function private.request_memory_update(
  kind public.memory_update_kind, ref_id uuid, content_hash text default null
) returns void
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  viewer constant uuid := (select auth.uid());
begin
  if viewer is null then
    raise exception using errcode = 'CA401', message = 'Sign in first.';
  end if;
  perform private.enqueue_memory_update(viewer, kind, ref_id, content_hash);
end
$$;
comment on function private.request_memory_update is
  'Have memory take in a row of the caller''s, as enqueue_memory_update does. What is not there is passed over by the worker.';
grant execute on function private.request_memory_update to cairn_server;

create function private.drop_memory_update() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  delete from public.memory_updates as known
  where known.user_id = old.user_id and known.kind = tg_argv[0]::public.memory_update_kind and known.ref_id = old.id;
  return null;
end
$$;
comment on function private.drop_memory_update is
  'After delete: what is gone is not taken in. Its argument is the kind of the update.';

create function private.conversations_enqueue_memory() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  perform private.enqueue_memory_update(new.user_id, 'conversation', new.id);
  return null;
end
$$;
create trigger t500_conversations_enqueue_memory after update of status on public.conversations
  for each row
  when (old.status in ('active', 'paused') and new.status = 'completed')
  execute function private.conversations_enqueue_memory();
create trigger t500_conversations_drop_memory_update after delete on public.conversations
  for each row execute function private.drop_memory_update('conversation');

create function private.check_ins_enqueue_memory() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  perform private.enqueue_memory_update(
    new.user_id, 'check_in', new.id,
    encode(sha256(convert_to(
      jsonb_build_array(new.mood, new.energy, new.prompts, new.note, new.occurred_at)::text, 'UTF8')), 'hex')
  );
  return null;
end
$$;
create trigger t500_check_ins_enqueue_memory after insert or update on public.check_ins
  for each row execute function private.check_ins_enqueue_memory();
create trigger t500_check_ins_drop_memory_update after delete on public.check_ins
  for each row execute function private.drop_memory_update('check_in');

-- For the worker --------------------------------------------------------------

create function private.claim_memory_update(lease_seconds double precision)
  returns table (
    id uuid, user_id uuid, kind public.memory_update_kind, ref_id uuid, requested integer, attempt integer, fence bigint
  )
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  next_update public.memory_updates;
begin
  -- No claim looks at more of them; the worker asks again.
  for looked in 1..1000 loop
    select * into next_update
    from public.memory_updates as due
    where not due.processed and coalesce(due.lease_until <= now(), true)
    order by due.queued_at, due.id
    limit 1
    for update skip locked;
    exit when not found;

    if private.is_served(next_update.user_id) then
      return query
        update public.memory_updates as held
        set attempts    = held.attempts + 1,
            fence       = held.fence + 1,
            lease_until = clock_timestamp() + make_interval(secs => lease_seconds)
        where held.id = next_update.id
        returning held.id, held.user_id, held.kind, held.ref_id, held.requested, held.attempts, held.fence;
      return;
    end if;
    -- Of somebody who is locked out: looked at again later, and not by each claim.
    update public.memory_updates as put_off
    set lease_until = now() + (0.5 + random() / 2) * interval '10 minutes'
    where put_off.id = next_update.id;
  end loop;
end
$$;
comment on function private.claim_memory_update is
  'What has waited longest for memory to take it in; no row when there is nothing. It is the caller''s for so many '
  'seconds; an expired claim is claimed again, with a higher fence. Those of people who are locked out are put off. '
  'For the worker.';
grant execute on function private.claim_memory_update to cairn_server;

create function private.hold_memory_update(update_id uuid, fence bigint, lease_seconds double precision) returns void
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  viewer constant uuid := (select auth.uid());
begin
  -- As everybody: the person, what it is about, the update. Else who deletes or erases meets a
  -- worker head-on.
  perform from public.users as person where person.id = viewer for key share;
  perform from public.conversations as conversation
  where conversation.user_id = viewer
    and conversation.id = (select known.ref_id from public.memory_updates as known where known.id = update_id)
  for key share;

  update public.memory_updates as held
  set lease_until = clock_timestamp() + make_interval(secs => lease_seconds)
  where held.id = update_id
    and held.user_id = viewer
    and held.fence = hold_memory_update.fence
    and held.lease_until is not null
    and private.is_served(viewer);
  if not found then
    raise exception using errcode = 'CA410', message = 'This memory update is not held by this claim any more.';
  end if;
end
$$;
comment on function private.hold_memory_update is
  'Begin to write what an update of the caller''s brings, in one transaction with its end: others wait, and the lease '
  'is renewed. CA410 when another has claimed it, it is done, or she is locked out. For the worker, in her name.';
grant execute on function private.hold_memory_update to cairn_server;

create function private.finish_memory_update(update_id uuid, fence bigint, read_requested integer) returns void
  language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform private.hold_memory_update(update_id, fence, 0);
  update public.memory_updates as held
  set done = greatest(held.done, read_requested), lease_until = null, attempts = 0, last_error = null
  where held.id = update_id and held.user_id = (select auth.uid());
end
$$;
comment on function private.finish_memory_update is
  'Memory has taken in an update as it was when claimed: `read_requested` is the `requested` of the claim. What came '
  'since still waits. CA410 as in hold_memory_update. For the worker, in her name.';
grant execute on function private.finish_memory_update to cairn_server;

create function private.postpone_memory_update(
  update_id uuid, fence bigint, seconds double precision, error_code text
) returns void
  language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform private.hold_memory_update(update_id, fence, seconds);
  update public.memory_updates as put_off
  set fence = put_off.fence + 1, last_error = error_code
  where put_off.id = update_id and put_off.user_id = (select auth.uid());
end
$$;
comment on function private.postpone_memory_update is
  'Give an update up for so many seconds, and say why, in a word. CA410 as in hold_memory_update. For the worker, in her name.';
grant execute on function private.postpone_memory_update to cairn_server;

-- JSON Patch, RFC 6902 --------------------------------------------------------

create function private.json_locate(document jsonb, pointer text, is_new boolean) returns text[]
  language plpgsql immutable strict parallel safe set search_path = ''
as $$
declare
  place jsonb := document;
  steps text[];
  path  text[] := '{}';
  step  text;
  may_be_new boolean;
begin
  if pointer = '' then
    return path;
  elsif pointer !~ '^(/([^~/]|~[01])*)+$' then
    return null;
  end if;
  steps := regexp_split_to_array(substr(pointer, 2), '/');
  for depth in 1..cardinality(steps) loop
    step := replace(replace(steps[depth], '~1', '/'), '~0', '~');
    may_be_new := is_new and depth = cardinality(steps);
    case jsonb_typeof(place)
      when 'object' then
        if not may_be_new and not place ? step then
          return null;
        end if;
        place := place -> step;
      when 'array' then
        if may_be_new and step = '-' then
          step := jsonb_array_length(place)::text;
        -- No sign and no leading zero, and nothing too long for an integer.
        elsif step !~ '^(0|[1-9][0-9]{0,8})$' or step::integer >= jsonb_array_length(place) + may_be_new::integer then
          return null;
        end if;
        place := place -> step::integer;
      else
        return null;
    end case;
    path := path || step;
  end loop;
  return path;
end
$$;
comment on function private.json_locate is
  'The path that a JSON Pointer (RFC 6901) takes through a document, for Postgres''s own operators; null when it leads '
  'nowhere. With `is_new`, its end need not be there yet, and `-` is the end of an array.';
grant execute on function private.json_locate to cairn_server;

create function private.json_patch_apply(document jsonb, operations jsonb) returns jsonb
  language plpgsql immutable strict parallel safe set search_path = ''
as $$
declare
  patched jsonb := document;
  step record;
  verb text;
  target text;
  source text;
  path text[];
  origin text[];
  value jsonb;
begin
  if jsonb_typeof(operations) <> 'array' then
    raise exception using errcode = 'CA400', message = 'A JSON Patch is an array of operations.';
  end if;
  for step in
    select given.operation, given.ordinality - 1 as index
    from jsonb_array_elements(operations) with ordinality as given (operation, ordinality)
  loop
    verb   := step.operation ->> 'op';
    target := case when jsonb_typeof(step.operation -> 'path') = 'string' then step.operation ->> 'path' end;
    source := case when jsonb_typeof(step.operation -> 'from') = 'string' then step.operation ->> 'from' end;
    value  := step.operation -> 'value';

    if verb is null or verb not in ('add', 'remove', 'replace', 'move', 'copy', 'test') then
      raise exception using errcode = 'CA400', message = format('Operation %s is none of JSON Patch.', step.index);
    elsif target is null
       or (verb in ('add', 'replace', 'test') and value is null)
       or (verb in ('move', 'copy') and source is null) then
      raise exception using errcode = 'CA400', message = format('Operation %s lacks a member.', step.index);
    end if;

    if verb in ('move', 'copy') then
      origin := private.json_locate(patched, source, false);
      if origin is null or (verb = 'move' and starts_with(target, source || '/')) then
        raise exception using errcode = 'CA400',
          message = format('Operation %s comes from where nothing can come from.', step.index);
      end if;
      value := patched #> origin;
      if verb = 'move' and cardinality(origin) > 0 then
        patched := patched #- origin;
      end if;
    end if;

    path := private.json_locate(patched, target, verb in ('add', 'move', 'copy'));
    if path is null then
      raise exception using errcode = 'CA400', message = format('Operation %s leads nowhere.', step.index);
    end if;

    if verb = 'test' then
      if patched #> path <> value then
        raise exception using errcode = 'CA400', message = format('Operation %s, a test, fails.', step.index);
      end if;
    elsif cardinality(path) = 0 then
      patched := case when verb = 'remove' then 'null' else value end;
    elsif verb = 'remove' then
      patched := patched #- path;
    elsif verb <> 'replace' and jsonb_typeof(patched #> path[:cardinality(path) - 1]) = 'array' then
      patched := jsonb_insert(patched, path, value);
    else
      patched := jsonb_set(patched, path, value);
    end if;
  end loop;
  return patched;
end
$$;
comment on function private.json_patch_apply is
  'The document after all operations of a JSON Patch (RFC 6902). CA400 when one of them cannot be done, or a test '
  'fails; the sentence names its place, from 0, and nothing of what it says.';
grant execute on function private.json_patch_apply to cairn_server;

create function private.json_steps(before jsonb, after jsonb, pointer text) returns setof jsonb
  language plpgsql immutable strict parallel safe set search_path = ''
as $$
declare
  place text;
  key text;
  size_before integer;
  size_after integer;
  head integer := 0;
  tail integer := 0;
begin
  if before = after then
    return;
  elsif jsonb_typeof(before) = 'object' and jsonb_typeof(after) = 'object' then
    for key in
      select given.key from jsonb_object_keys(before || after) as given (key) order by given.key collate "C"
    loop
      place := pointer || '/' || replace(replace(key, '~', '~0'), '/', '~1');
      if not after ? key then
        return next jsonb_build_object('op', 'remove', 'path', place);
      elsif not before ? key then
        return next jsonb_build_object('op', 'add', 'path', place, 'value', after -> key);
      else
        return query select * from private.json_steps(before -> key, after -> key, place);
      end if;
    end loop;
  elsif jsonb_typeof(before) = 'array' and jsonb_typeof(after) = 'array' then
    size_before := jsonb_array_length(before);
    size_after  := jsonb_array_length(after);
    while head < least(size_before, size_after) and before -> head = after -> head loop
      head := head + 1;
    end loop;
    while tail < least(size_before, size_after) - head
      and before -> (size_before - 1 - tail) = after -> (size_after - 1 - tail)
    loop
      tail := tail + 1;
    end loop;
    for index in head..least(size_before, size_after) - tail - 1 loop
      return query select * from private.json_steps(before -> index, after -> index, pointer || '/' || index);
    end loop;
    -- What is over goes, always at the same place; or what is new comes, one after the other.
    for index in size_after + 1..size_before loop
      return next jsonb_build_object('op', 'remove', 'path', pointer || '/' || (size_after - tail));
    end loop;
    for index in size_before - tail..size_after - tail - 1 loop
      return next jsonb_build_object('op', 'add', 'path', pointer || '/' || index, 'value', after -> index);
    end loop;
  else
    return next jsonb_build_object('op', 'replace', 'path', pointer, 'value', after);
  end if;
end
$$;
comment on function private.json_steps is
  'The operations that make one value at a place of a document into another, in order. For json_diff.';
grant execute on function private.json_steps to cairn_server;

create function private.json_diff(before jsonb, after jsonb) returns jsonb
  language sql immutable strict parallel safe set search_path = ''
as $$
  select coalesce(jsonb_agg(steps.step order by steps.ordinality), '[]')
  from private.json_steps(before, after, '') with ordinality as steps (step, ordinality)
$$;
comment on function private.json_diff is
  'A JSON Patch (RFC 6902) that makes the one document into the other; `[]` when they are equal.';
grant execute on function private.json_diff to cairn_server;

-- user_memory_snapshots -------------------------------------------------------

create table public.user_memory_snapshots (
  id            uuid        primary key default private.uuid_v7(),
  user_id       uuid        not null default auth.uid() references public.users on delete cascade,
  version       integer     not null,
  is_checkpoint boolean     not null generated always as (document is not null) stored,
  operations    jsonb       not null,
  document      jsonb,
  metadata      jsonb       not null default '{}',
  -- When it was numbered, not when its transaction began: it grows with the version.
  created_at    timestamptz not null default clock_timestamp(),

  constraint user_memory_snapshots_version_key unique (user_id, version),
  constraint user_memory_snapshots_version_is_positive check (version > 0),
  constraint user_memory_snapshots_the_first_is_a_checkpoint check (version > 1 or document is not null),
  constraint user_memory_snapshots_operations_are_an_array_up_to_4_mb
    check (jsonb_typeof(operations) = 'array' and octet_length(operations::text) <= 4194304),
  constraint user_memory_snapshots_document_is_an_object_up_to_1_mb
    check (jsonb_typeof(document) = 'object' and octet_length(document::text) <= 1048576),
  constraint user_memory_snapshots_metadata_is_an_object_up_to_8_kb
    check (jsonb_typeof(metadata) = 'object' and octet_length(metadata::text) <= 8192)
);

comment on table  public.user_memory_snapshots is
  'Each version of what memory, as a whole, makes of a person: one JSON document, kept by its differences.';
comment on column public.user_memory_snapshots.version is 'From 1, without gaps; the oldest may have been compacted away.';
comment on column public.user_memory_snapshots.is_checkpoint is 'It holds the whole document.';
comment on column public.user_memory_snapshots.operations is
  'A JSON Patch (RFC 6902) from the version before; of the first, from an empty object.';
comment on column public.user_memory_snapshots.document is 'The whole document, on checkpoints; null on others.';
comment on column public.user_memory_snapshots.metadata is 'What the pipeline says of it, such as the update that brought it.';

create index user_memory_snapshots_by_creation_idx on public.user_memory_snapshots (user_id, created_at desc, version desc);

alter table public.user_memory_snapshots enable row level security;
alter table public.user_memory_snapshots force row level security;
create policy owner_select on public.user_memory_snapshots for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.user_memory_snapshots for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.user_memory_snapshots for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.user_memory_snapshots for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

-- Reading only: a version that did not follow from the one before would spoil all that come after.
grant select on public.user_memory_snapshots to authenticated;

create function private.memory_document(user_id uuid, version integer) returns jsonb
  language plpgsql stable set search_path = ''
as $$
declare
  whole jsonb;
  since integer;
  patch record;
begin
  select checkpoint.document, checkpoint.version into whole, since
  from public.user_memory_snapshots as checkpoint
  where checkpoint.user_id = memory_document.user_id
    and checkpoint.version <= memory_document.version
    and checkpoint.is_checkpoint
  order by checkpoint.version desc
  limit 1;
  for patch in
    select later.operations
    from public.user_memory_snapshots as later
    where later.user_id = memory_document.user_id
      and later.version > since
      and later.version <= memory_document.version
    order by later.version
  loop
    whole := private.json_patch_apply(whole, patch.operations);
  end loop;
  return whole;
end
$$;
comment on function private.memory_document is
  'A person''s document as of a version, from the nearest checkpoint on; null before the first. For the functions below.';

create function private.append_memory_snapshot(document jsonb, metadata jsonb default '{}')
  returns setof public.user_memory_snapshots
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  viewer constant uuid := (select auth.uid());
  every constant integer := greatest(coalesce(nullif(current_setting('cairn.snapshot_every', true), '')::integer, 50), 1);
  head integer;
  steps jsonb;
begin
  if viewer is null then
    raise exception using errcode = 'CA401', message = 'Sign in first.';
  elsif jsonb_typeof(document) is distinct from 'object' or octet_length(document::text) > 1048576 then
    raise exception using errcode = 'CA400', message = 'A snapshot is a JSON object of at most 1 MB.';
  end if;

  -- Those of one person wait here for each other; each then sees the version before its own.
  perform pg_advisory_xact_lock(hashtextextended(concat('memory_snapshots/', viewer), 0));
  select coalesce(max(known.version), 0) into head
  from public.user_memory_snapshots as known where known.user_id = viewer;
  steps := private.json_diff(coalesce(private.memory_document(viewer, head), '{}'), document);
  if steps = '[]' then
    return;
  elsif jsonb_array_length(steps) > 1000 then
    -- Each operation copies the document when it is applied: nearly all is new, so say it anew.
    steps := jsonb_build_array(jsonb_build_object('op', 'replace', 'path', '', 'value', document));
  end if;

  return query
    insert into public.user_memory_snapshots as snapshot (user_id, version, operations, document, metadata)
    values (
      viewer, head + 1, steps,
      case when head = 0 or (head + 1) % every = 0 then append_memory_snapshot.document end,
      coalesce(append_memory_snapshot.metadata, '{}')
    )
    returning snapshot.*;
end
$$;
comment on function private.append_memory_snapshot is
  'The caller''s next version, when the document differs from her latest; else no row. Version 1 and every fiftieth are '
  'checkpoints; the setting `cairn.snapshot_every` of the connection gives another number than 50.';
grant execute on function private.append_memory_snapshot to cairn_server;

create function private.compact_memory_snapshots(keep integer) returns bigint
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  viewer constant uuid := (select auth.uid());
  removed bigint;
begin
  if viewer is null then
    raise exception using errcode = 'CA401', message = 'Sign in first.';
  elsif keep is null or keep < 1 then
    raise exception using errcode = 'CA400', message = 'At least one version is kept.';
  end if;
  perform pg_advisory_xact_lock(hashtextextended(concat('memory_snapshots/', viewer), 0));
  with swept as (
    delete from public.user_memory_snapshots as old
    where old.user_id = viewer
      and old.version < (
        select max(checkpoint.version)
        from public.user_memory_snapshots as checkpoint
        where checkpoint.user_id = viewer
          and checkpoint.is_checkpoint
          and checkpoint.version <= (
            select max(known.version) - keep + 1 from public.user_memory_snapshots as known where known.user_id = viewer
          )
      )
    returning 1
  )
  select count(*) into removed from swept;
  return removed;
end
$$;
comment on function private.compact_memory_snapshots is
  'Forget the caller''s versions before the checkpoint that the latest `keep` of them need; gives how many. The others stay whole.';
grant execute on function private.compact_memory_snapshots to cairn_server;

create function private.known_memory_document(user_id uuid, version integer) returns jsonb
  language plpgsql stable set search_path = ''
as $$
begin
  if not exists (
    select from public.user_memory_snapshots as known
    where known.user_id = known_memory_document.user_id and known.version = known_memory_document.version
  ) then
    raise exception using errcode = 'CA404', message = 'There is no such version of your memory.';
  end if;
  return private.memory_document(user_id, version);
end
$$;
comment on function private.known_memory_document is 'As memory_document, and CA404 when the version is missing. For the functions below.';

create function public.memory_snapshot(version integer default null, at timestamptz default null) returns jsonb
  language plpgsql stable security definer set search_path = ''
as $$
declare
  viewer constant uuid := (select auth.uid());
  wanted integer := memory_snapshot.version;
begin
  if viewer is null then
    raise exception using errcode = 'CA401', message = 'Sign in first.';
  elsif num_nonnulls(memory_snapshot.version, at) > 1 then
    raise exception using errcode = 'CA400', message = 'Ask for a version or for a moment, not for both.';
  elsif wanted is null then
    select known.version into wanted
    from public.user_memory_snapshots as known
    where known.user_id = viewer and known.created_at <= coalesce(at, 'infinity')
    order by known.created_at desc, known.version desc
    limit 1;
    -- Nothing was remembered yet.
    if wanted is null then
      return null;
    end if;
  end if;
  return private.known_memory_document(viewer, wanted);
end
$$;
comment on function public.memory_snapshot is
  'What memory, as a whole, makes of the caller: now, or in a version, or at a moment; null when there was nothing yet. '
  'CA404 when there is no such version.';
grant execute on function public.memory_snapshot to authenticated;

create function public.memory_diff(from_version integer, to_version integer) returns jsonb
  language plpgsql stable security definer set search_path = ''
as $$
declare
  viewer constant uuid := (select auth.uid());
begin
  if viewer is null then
    raise exception using errcode = 'CA401', message = 'Sign in first.';
  end if;
  return private.json_diff(
    private.known_memory_document(viewer, from_version), private.known_memory_document(viewer, to_version)
  );
end
$$;
comment on function public.memory_diff is
  'A JSON Patch (RFC 6902) from one version of the caller''s memory to another, either way. CA404 when one is missing.';
grant execute on function public.memory_diff to authenticated;
