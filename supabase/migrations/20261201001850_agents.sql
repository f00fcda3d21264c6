-- Agents: what others write in a person's name, her companion's pipeline and AI agents, and how she undoes it.
--
-- A trigger writes each action down, in the transaction of the write itself, with the row as it was
-- and as it became. It takes both from Postgres, and nobody may write into the list: what an undo
-- puts back was there. An undo then writes as cairn_undo, which may do what she and her server may
-- do and not a column more, under her policies; so even a forged line would be worth nothing.

set lock_timeout = '5s';
set statement_timeout = '60s';

-- cairn_undo ------------------------------------------------------------------

do $$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = 'cairn_undo') then
    create role cairn_undo nologin;
  end if;
  -- To give it the one function that it owns.
  grant cairn_undo to current_user;
exception
  -- Two databases of one server are being migrated at the same moment.
  when duplicate_object or unique_violation then null;
end
$$;

grant cairn_server to cairn_undo;

comment on role cairn_undo is
  'Puts back what an agent changed: as cairn_server, with the person''s own claims. Nobody logs in as it, or can become '
  'it: private.write_back runs as it. A trigger that sees it as current_user sees an undo, and lets a former state come back.';

-- agent_actions ---------------------------------------------------------------

create table public.agent_actions (
  id              uuid        primary key default private.uuid_v7(),
  user_id         uuid        not null default auth.uid() references public.users on delete cascade,
  conversation_id uuid,
  actor           text,
  action_type     text        not null,
  entity_type     text        not null,
  entity_id       uuid        not null,
  payload         jsonb       not null default '{}',
  result          jsonb       not null default '{}',
  before          jsonb,
  after           jsonb,
  undo_of         uuid,
  reverted_at     timestamptz,
  blanked_at      timestamptz,
  created_at      timestamptz not null default now(),

  constraint agent_actions_owner_key unique (id, user_id),
  -- Undone once, whatever happens.
  constraint agent_actions_undo_of_key unique (user_id, undo_of),
  constraint agent_actions_undo_of_fkey foreign key (undo_of, user_id)
    references public.agent_actions (id, user_id) on delete cascade,
  constraint agent_actions_conversation_fkey foreign key (conversation_id, user_id)
    references public.conversations (id, user_id) on delete set null (conversation_id),
  constraint agent_actions_only_an_undo_may_be_her_own check (actor is not null or undo_of is not null),
  constraint agent_actions_actor_has_1_to_240_characters check (length(actor) between 1 and 240),
  constraint agent_actions_action_type_is_a_short_word check (action_type ~ '^[a-z][a-z0-9_]{0,79}$'),
  constraint agent_actions_entity_type_is_a_short_word check (entity_type ~ '^[a-z][a-z0-9_]{0,62}$'),
  constraint agent_actions_payload_is_an_object_of_at_most_16_kb
    check (jsonb_typeof(payload) = 'object' and octet_length(payload::text) <= 16384),
  constraint agent_actions_result_is_an_object_of_at_most_8_kb
    check (jsonb_typeof(result) = 'object' and octet_length(result::text) <= 8192),
  constraint agent_actions_before_is_an_object_of_at_most_256_kb
    check (jsonb_typeof(before) = 'object' and octet_length(before::text) <= 262144),
  constraint agent_actions_after_is_an_object_of_at_most_256_kb
    check (jsonb_typeof(after) = 'object' and octet_length(after::text) <= 262144),
  constraint agent_actions_know_what_was_or_became_until_blanked
    check (case when blanked_at is null then before is not null or after is not null
                else before is null and after is null and payload = '{}' and result = '{}' end)
);

comment on table  public.agent_actions is 'One change that an agent or the companion''s pipeline made to a row of hers, or the undoing of one.';
comment on column public.agent_actions.conversation_id is 'The conversation that it happened in; null outside of any, and when that is gone.';
comment on column public.agent_actions.actor is
  'Who did it, in her name: `pipeline`, or `agent:` and a client''s id. Null when she did, which only an undo can be.';
comment on column public.agent_actions.action_type is 'create, update or delete, and what: `create_part`, `update_memory`.';
comment on column public.agent_actions.entity_type is 'The table of schema public.';
comment on column public.agent_actions.entity_id is 'The row of it. No foreign key: the row may be gone.';
comment on column public.agent_actions.payload is 'What the agent was asked or meant to do, as begin_agent_action was told; {} when it was not.';
comment on column public.agent_actions.result is 'What came of it: `columns`, the names of those that changed.';
comment on column public.agent_actions.before is 'The row as it was; null when it was not there. Written by a trigger only.';
comment on column public.agent_actions.after is 'The row as it became; null when it was deleted. Written by a trigger only.';
comment on column public.agent_actions.undo_of is 'The action that this one undid; null unless it is an undo.';
comment on column public.agent_actions.reverted_at is 'When it was undone; null while it holds.';
comment on column public.agent_actions.blanked_at is 'When what it held was removed, because she forgot the row, or since when it holds nothing, because the row is sensitive: it cannot be undone.';

-- Her list, newest first; of one row; of a conversation.
create index agent_actions_by_creation_idx     on public.agent_actions (user_id, created_at desc, id desc);
create index agent_actions_by_entity_idx       on public.agent_actions (user_id, entity_type, entity_id, id desc);
create index agent_actions_by_conversation_idx on public.agent_actions (user_id, conversation_id, id desc);

alter table public.agent_actions enable row level security;
alter table public.agent_actions force row level security;
create policy owner_select on public.agent_actions for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.agent_actions for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.agent_actions for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.agent_actions for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

-- Reading only: capture_agent_action and undo_agent_action write.
grant select on public.agent_actions to authenticated;

-- Capturing -------------------------------------------------------------------

create function private.begin_agent_action(conversation_id uuid default null, payload jsonb default '{}') returns void
  language plpgsql volatile set search_path = ''
as $$
begin
  if jsonb_typeof(payload) is distinct from 'object' or octet_length(payload::text) > 16384 then
    raise exception using errcode = 'CA400', message = 'The payload of an action is an object of at most 16 kB.';
  end if;
  -- Everybody locks in this order: the person, the conversation, then what is in it.
  perform from public.users as person where person.id = (select auth.uid()) for key share;
  perform from public.conversations as conversation
  where conversation.id = begin_agent_action.conversation_id
  for key share;
  perform set_config('cairn.action_conversation', coalesce(begin_agent_action.conversation_id::text, ''), true);
  perform set_config('cairn.action_payload', payload::text, true);
end
$$;
comment on function private.begin_agent_action is
  'Say, at the beginning of a transaction in which an agent or the pipeline writes, where and what for: the actions of this '
  'transaction will tell. It decides nothing: who acts is in the token, and what is undone is what the trigger saw.';
grant execute on function private.begin_agent_action to cairn_server;

create function private.stored_facts(target oid, entity jsonb) returns jsonb
  language sql stable set search_path = ''
as $$
  select entity - coalesce(array_agg(field.attname::text), '{}')
  from pg_catalog.pg_attribute as field
  where field.attrelid = target and field.attgenerated <> ''
$$;
comment on function private.stored_facts is 'A row without what Postgres computes itself. For the functions below.';

create function private.lasting_conversation(conversation_id uuid, owner uuid) returns uuid
  language sql volatile set search_path = ''
as $$
  -- One that is just being deleted counts as gone: to wait for that, with rows of hers locked, could
  -- meet it head-on.
  select conversation.id
  from public.conversations as conversation
  where conversation.id = lasting_conversation.conversation_id and conversation.user_id = owner
  for key share skip locked
$$;
comment on function private.lasting_conversation is 'This conversation, when it is hers and stays until the end of the transaction; else null.';

create function private.capture_agent_action() returns trigger
  language plpgsql security definer
  set search_path = ''
  -- Times as JSON depend on it, and states are compared.
  set timezone = 'UTC'
as $$
declare
  acting constant text := private.actor();
  -- Of what is sensitive, the log says that something was done, and holds nothing of it.
  secret constant boolean := private.is_sensitive(tg_table_name);
  word   constant text := coalesce(
    tg_argv[0], regexp_replace(regexp_replace(tg_table_name, 'ies$', 'y'), '([^s])s$', '\1'));
  computed text[];
  before  jsonb;
  after   jsonb;
  whole   jsonb;
  owner   uuid;
  changed jsonb;
begin
  if acting is null then
    return null;
  end if;
  computed := array(
    select field.attname::text from pg_catalog.pg_attribute as field
    where field.attrelid = tg_relid and field.attgenerated <> ''
  );
  before := case when tg_op <> 'INSERT' then to_jsonb(old) - computed end;
  after  := case when tg_op <> 'DELETE' then to_jsonb(new) - computed end;
  whole  := coalesce(after, before);
  owner  := (whole ->> 'user_id')::uuid;
  if tg_op = 'UPDATE' then
    select jsonb_agg(field.key order by field.key) into changed
    from jsonb_each(after) as field
    where field.value is distinct from before -> field.key
      and field.key not in ('created_at', 'updated_at', 'version');
    if changed is null then
      return null;
    end if;
  end if;

  -- Held already by whoever began with the person. Else, she may just be being erased: to wait for that
  -- here, with rows of hers locked, would meet the erasure head-on.
  perform from public.users as person where person.id = owner for key share skip locked;
  if not found then
    if exists (select from public.users as person where person.id = owner) then
      raise exception using errcode = 'CA409', message = 'This account is being changed just now; try again.';
    end if;
    return null;
  end if;

  insert into public.agent_actions (
    user_id, conversation_id, actor, action_type, entity_type, entity_id, payload, result, before, after, blanked_at
  )
  values (
    owner,
    private.lasting_conversation(
      case when tg_table_name = 'conversations' then (whole ->> 'id')::uuid
           else coalesce((whole ->> 'conversation_id')::uuid,
                         nullif(current_setting('cairn.action_conversation', true), '')::uuid)
      end, owner),
    left(acting, 240),
    case tg_op when 'INSERT' then 'create_' when 'UPDATE' then 'update_' else 'delete_' end || word,
    tg_table_name,
    (whole ->> 'id')::uuid,
    coalesce(case when not secret then nullif(current_setting('cairn.action_payload', true), '')::jsonb end, '{}'),
    case when secret then '{}' else jsonb_strip_nulls(jsonb_build_object('columns', changed)) end,
    case when not secret then before end,
    case when not secret then after end,
    case when secret then now() end
  );
  return null;
end
$$;
comment on function private.capture_agent_action is
  'After a change by somebody who acts in the owner''s name: write it into her agent_actions, with the row before and '
  'after. Its argument, where the table''s name would not do, is the word for a row: `relationship`.';

-- Undoing ---------------------------------------------------------------------

create function private.written_columns(target oid, privilege text) returns text[]
  language sql stable set search_path = ''
as $$
  select array_agg(field.attname::text order by field.attnum)
  from pg_catalog.pg_attribute as field
  where field.attrelid = target and field.attnum > 0 and not field.attisdropped and field.attgenerated = ''
    and has_column_privilege('cairn_undo', target, field.attnum, privilege)
$$;
comment on function private.written_columns is 'The columns of a table that she or the server may insert or update.';

create function private.write_back(target regclass, entity_id uuid, former jsonb, latter jsonb) returns void
  language plpgsql volatile security definer
  set search_path = ''
  set timezone = 'UTC'
as $$
declare
  -- Runs as cairn_undo: what follows is allowed, or not, by the grants and her policies.
  viewer  constant uuid := (select auth.uid());
  present jsonb := latter;
  columns text;
  written bigint;
begin
  if former is null then
    execute format('delete from %s as entity where entity.id = $1 and entity.user_id = $2', target)
      using entity_id, viewer;
    get diagnostics written = row_count;
  else
    if latter is null then
      select string_agg(quote_ident(field), ', ') into columns
      from unnest(private.written_columns(target, 'insert')) as field
      where former ? field;
      execute format('insert into %1$s (%2$s) select %2$s from jsonb_populate_record(null::%1$s, $1)', target, columns)
        using former;
      execute format('select to_jsonb(entity.*) from %s as entity where entity.id = $1 and entity.user_id = $2', target)
        into present using entity_id, viewer;
    end if;
    select string_agg(quote_ident(field), ', ') into columns
    from unnest(private.written_columns(target, 'update')) as field
    where former ? field and former -> field is distinct from present -> field;
    if columns is not null then
      execute format(
        'update %1$s as entity set (%2$s) = (select %2$s from jsonb_populate_record(null::%1$s, $1)) '
        'where entity.id = $2 and entity.user_id = $3', target, columns)
        using former, entity_id, viewer;
      get diagnostics written = row_count;
    elsif latter is null then
      written := 1; -- The insert has brought back all.
    end if;
  end if;
  if written is distinct from 1 then
    raise exception using errcode = 'CA409', message = 'Nothing of this can be put back.';
  end if;
end
$$;
comment on function private.write_back is
  'Bring a row of the caller''s from one state to a former one, as cairn_undo: only columns that she or the server may '
  'write. For undo_agent_action, which has tested that it may.';
grant create on schema private to cairn_undo;
alter function private.write_back owner to cairn_undo;
revoke create on schema private from cairn_undo;
grant execute on function private.written_columns to cairn_undo;

create function private.undo_target(entity_type text) returns regclass
  language sql stable set search_path = ''
as $$
  select g.tgrelid::regclass
  from pg_catalog.pg_trigger as g
  where g.tgrelid = to_regclass(format('public.%I', entity_type))
    and g.tgfoid = 'private.capture_agent_action'::regproc
$$;
comment on function private.undo_target is 'The table of this name, when what agents do to it is captured; else null.';

create function private.compared_facts(target oid, entity jsonb) returns jsonb
  language sql stable set search_path = ''
as $$
  -- What the trigger watches: of conversations, say, not what each message counts.
  select jsonb_object_agg(field.key, field.value)
  from jsonb_each(private.stored_facts(target, entity)) as field
  where field.key not in ('created_at', 'updated_at', 'version')
    and coalesce(
      (select cardinality(g.tgattr::int2[]) = 0
           or exists (select from pg_catalog.pg_attribute as watched
                      where watched.attrelid = target and watched.attnum = any (g.tgattr::int2[])
                        and watched.attname = field.key)
       from pg_catalog.pg_trigger as g
       where g.tgrelid = target and g.tgfoid = 'private.capture_agent_action'::regproc),
      true)
$$;
comment on function private.compared_facts is 'What of a row must be as an action left it, for the action to be undone.';

create function private.has_dependents(target oid, entity_id uuid, owner uuid) returns boolean
  language plpgsql stable set search_path = ''
as $$
declare
  child record;
  found_one boolean;
begin
  for child in
    select k.conrelid::regclass as relation, field.attname as key_column
    from pg_catalog.pg_constraint as k
    cross join unnest(k.conkey, k.confkey) as pair (here, there)
    join pg_catalog.pg_attribute as field on field.attrelid = k.conrelid and field.attnum = pair.here
    join pg_catalog.pg_attribute as parent on parent.attrelid = k.confrelid and parent.attnum = pair.there
    where k.contype = 'f' and k.confrelid = target and k.confdeltype = 'c' and parent.attname = 'id'
      -- What the server only derives from a row, such as its vectors, may go with it.
      and (k.conrelid in ('public.messages'::regclass, 'public.user_feedback'::regclass)
           or exists (select from pg_catalog.pg_trigger as g
                      where g.tgrelid = k.conrelid and g.tgfoid = 'private.capture_agent_action'::regproc))
  loop
    execute format('select exists (select from %s as child where child.%I = $1 and child.user_id = $2)',
                   child.relation, child.key_column)
      into found_one using entity_id, owner;
    if found_one then
      return true;
    end if;
  end loop;
  return false;
end
$$;
comment on function private.has_dependents is 'Would things of their own fall with this row: messages, or what agents may write? For undo_agent_action.';

create function private.undo_agent_action(action_id uuid) returns public.agent_actions
  language plpgsql volatile security definer
  set search_path = ''
  set timezone = 'UTC'
as $$
declare
  viewer constant uuid := (select auth.uid());
  action public.agent_actions;
  undone public.agent_actions;
  target regclass;
  present jsonb;
  restored jsonb;
  conflict text;
  is_reinserted boolean;
begin
  if viewer is null then
    raise exception using errcode = 'CA401', message = 'Sign in first.';
  end if;
  -- Everybody locks in this order: the person, the row, what is written down about it.
  perform from public.users as person where person.id = viewer for key share;
  select * into action from public.agent_actions as known where known.id = action_id and known.user_id = viewer;
  if not found then
    raise exception using errcode = 'CA404', message = 'There is no such action, or it is not yours.';
  end if;
  target := private.undo_target(action.entity_type);
  if target is null then
    raise exception using errcode = 'CA409', message = 'Changes of this kind cannot be undone.';
  end if;
  execute format('select to_jsonb(entity.*) from %s as entity where entity.id = $1 and entity.user_id = $2 for %s',
                 target, case when action.before is null then 'update' else 'no key update' end)
    into present using action.entity_id, viewer;
  -- Anew: another may have undone it while this waited, or she has forgotten the row.
  select * into action from public.agent_actions as known where known.id = action_id and known.user_id = viewer for update;

  is_reinserted := action.after is null;
  conflict := case
    when action.id is null                  then 'This action is gone.'
    when action.reverted_at is not null     then 'This has been undone already.'
    when action.blanked_at is not null      then 'What this changed has been forgotten.'
    when exists (
      select from public.agent_actions as later
      where later.user_id = viewer and later.entity_type = action.entity_type and later.entity_id = action.entity_id
        and later.id > action.id and later.reverted_at is null and later.undo_of is null
    )                                       then 'A later change of the same thing must be undone first.'
    when private.compared_facts(target, present) is distinct from private.compared_facts(target, action.after)
                                            then 'This has been changed since.'
    when action.before is null and private.has_dependents(target, action.entity_id, viewer)
                                            then 'Other things have come to belong to this since.'
    when action.before is null and not has_table_privilege('cairn_undo', target, 'delete')
                                            then 'What is of this kind is never deleted.'
    -- Messages are not copied into actions, so they do not come back.
    when is_reinserted and (action.before ->> 'message_count')::integer > 0
                                            then 'The messages of this conversation are gone for good.'
    when is_reinserted and not coalesce('id' = any (private.written_columns(target, 'insert')), false)
                                            then 'What is of this kind cannot be brought back.'
  end;
  if conflict is not null then
    raise exception using errcode = 'CA409', message = conflict;
  end if;

  begin
    perform private.write_back(target, action.entity_id, action.before, action.after);
  exception when integrity_constraint_violation then
    raise exception using errcode = 'CA409', message = 'What this belongs to is gone, or something else has taken its place.';
  end;
  if is_reinserted and action.before ? 'created_at' then
    -- Nobody may write when a row began; but it did begin then.
    execute format('update %s as entity set created_at = $1 where entity.id = $2 and entity.user_id = $3', target)
      using (action.before ->> 'created_at')::timestamptz, action.entity_id, viewer;
  end if;
  execute format('select to_jsonb(entity.*) from %s as entity where entity.id = $1 and entity.user_id = $2', target)
    into restored using action.entity_id, viewer;

  update public.agent_actions as known set reverted_at = now() where known.id = action.id;
  insert into public.agent_actions (
    user_id, conversation_id, actor, action_type, entity_type, entity_id, result, before, after, undo_of
  )
  values (
    viewer, private.lasting_conversation(action.conversation_id, viewer), left(private.actor(), 240),
    case when action.before is null then 'delete_' when is_reinserted then 'create_' else 'update_' end
      || regexp_replace(action.action_type, '^(create|update|delete)_', ''),
    action.entity_type, action.entity_id, action.result,
    private.stored_facts(target, present), private.stored_facts(target, restored), action.id
  )
  returning * into undone;
  return undone;
end
$$;
comment on function private.undo_agent_action is
  'The work of public.undo_agent_action, with the owner''s rights: it asks itself who calls. Who has no usage on this schema '
  'cannot name it, and calls that one.';
grant execute on function private.undo_agent_action to authenticated;

-- With her own rights; its body was bound to the function above when it was made.
create function public.undo_agent_action(action_id uuid) returns public.agent_actions
  language sql volatile set search_path = ''
  return private.undo_agent_action(action_id);
comment on function public.undo_agent_action is
  'Undo what an agent or the pipeline did to a row of the caller''s, once; gives the undoing, which is an action too. CA409 '
  'when the row was changed since or forgotten, when later actions come first, or when something else stands in the way; '
  'CA404 when it is missing or another''s.';
grant execute on function public.undo_agent_action to authenticated;

create function public.undo_since(at timestamptz, by_actor text default null)
  returns table (action_id uuid, undone boolean, conflict text)
  language plpgsql volatile set search_path = ''
as $$
declare
  actions constant uuid[] := array(
    select known.id
    from public.agent_actions as known
    where known.created_at >= undo_since.at
      and known.reverted_at is null and known.undo_of is null and known.blanked_at is null
      and known.actor = coalesce(undo_since.by_actor, known.actor)
    -- The order of what happened, also within one transaction.
    order by known.id desc
    limit 1001
  );
begin
  if cardinality(actions) > 1000 then
    raise exception using errcode = 'CA400', message = 'These are more than 1,000 actions; undo a shorter time first.';
  end if;
  foreach action_id in array actions loop
    begin
      perform public.undo_agent_action(action_id);
      undone := true;
      conflict := null;
    exception when sqlstate 'CA409' then
      undone := false;
      conflict := sqlerrm;
    end;
    return next;
  end loop;
end
$$;
comment on function public.undo_since is
  'Undo what was done in the caller''s name since then, by anybody or by one actor, the newest first: 1,000 actions at most. '
  'Gives each, and why not where it could not be undone; the others are undone all the same.';
grant execute on function public.undo_since to authenticated;

-- Forgetting ------------------------------------------------------------------

create function private.blank_agent_actions(entity_type text, entity_id uuid) returns bigint
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  blanked bigint;
begin
  update public.agent_actions as known
  set before = null, after = null, payload = '{}', result = '{}', blanked_at = now()
  where known.user_id = (select auth.uid())
    and known.entity_type = blank_agent_actions.entity_type
    and known.entity_id = blank_agent_actions.entity_id
    and known.blanked_at is null;
  get diagnostics blanked = row_count;
  return blanked;
end
$$;
comment on function private.blank_agent_actions is
  'Remove what actions hold of a row of the caller''s, because she forgets it; that there were actions stays. Gives how '
  'many. Call it after the row was changed or deleted, in the same transaction: that is written down, too.';
grant execute on function private.blank_agent_actions to cairn_server;

-- What is captured ------------------------------------------------------------
-- One trigger a table, in the order of the migrations: what an agent may write. Not messages, which
-- are not undone, nor a guided run, which its own verbs move. An undo writes its own line, and she herself none: neither calls the function.

create trigger t700_conversations_agent
  after insert or update of title, description, kind, status, metadata or delete on public.conversations
  for each row when (private.actor() is not null and current_user <> 'cairn_undo')
  execute function private.capture_agent_action();
create trigger t700_thread_mappings_agent after insert or update or delete on public.thread_mappings
  for each row when (private.actor() is not null and current_user <> 'cairn_undo')
  execute function private.capture_agent_action();
create trigger t700_conversation_summaries_agent after insert or update or delete on public.conversation_summaries
  for each row when (private.actor() is not null and current_user <> 'cairn_undo')
  execute function private.capture_agent_action();
create trigger t700_memories_agent after insert or update or delete on public.memories
  for each row when (private.actor() is not null and current_user <> 'cairn_undo')
  execute function private.capture_agent_action();
create trigger t700_memory_links_agent after insert or update or delete on public.memory_links
  for each row when (private.actor() is not null and current_user <> 'cairn_undo')
  execute function private.capture_agent_action();
create trigger t700_check_ins_agent after insert or update or delete on public.check_ins
  for each row when (private.actor() is not null and current_user <> 'cairn_undo')
  execute function private.capture_agent_action();
create trigger t700_user_people_agent after insert or update or delete on public.user_people
  for each row when (private.actor() is not null and current_user <> 'cairn_undo')
  execute function private.capture_agent_action();
create trigger t700_user_support_system_agent after insert or update or delete on public.user_support_system
  for each row when (private.actor() is not null and current_user <> 'cairn_undo')
  execute function private.capture_agent_action();
create trigger t700_user_previous_therapy_agent after insert or update or delete on public.user_previous_therapy
  for each row when (private.actor() is not null and current_user <> 'cairn_undo')
  execute function private.capture_agent_action();
create trigger t700_user_relationship_status_agent after insert or update or delete on public.user_relationship_status
  for each row when (private.actor() is not null and current_user <> 'cairn_undo')
  execute function private.capture_agent_action();
create trigger t700_user_living_situation_agent after insert or update or delete on public.user_living_situation
  for each row when (private.actor() is not null and current_user <> 'cairn_undo')
  execute function private.capture_agent_action();
create trigger t700_user_spiritual_path_agent after insert or update or delete on public.user_spiritual_path
  for each row when (private.actor() is not null and current_user <> 'cairn_undo')
  execute function private.capture_agent_action();
create trigger t700_user_mood_trends_agent after insert or update or delete on public.user_mood_trends
  for each row when (private.actor() is not null and current_user <> 'cairn_undo')
  execute function private.capture_agent_action();
create trigger t700_user_emotional_states_agent after insert or update or delete on public.user_emotional_states
  for each row when (private.actor() is not null and current_user <> 'cairn_undo')
  execute function private.capture_agent_action();
create trigger t700_user_emotional_trends_agent after insert or update or delete on public.user_emotional_trends
  for each row when (private.actor() is not null and current_user <> 'cairn_undo')
  execute function private.capture_agent_action();
create trigger t700_user_sleep_routine_agent after insert or update or delete on public.user_sleep_routine
  for each row when (private.actor() is not null and current_user <> 'cairn_undo')
  execute function private.capture_agent_action();
create trigger t700_user_daily_habits_agent after insert or update or delete on public.user_daily_habits
  for each row when (private.actor() is not null and current_user <> 'cairn_undo')
  execute function private.capture_agent_action();
create trigger t700_user_current_practices_agent after insert or update or delete on public.user_current_practices
  for each row when (private.actor() is not null and current_user <> 'cairn_undo')
  execute function private.capture_agent_action();
create trigger t700_user_current_stressors_agent after insert or update or delete on public.user_current_stressors
  for each row when (private.actor() is not null and current_user <> 'cairn_undo')
  execute function private.capture_agent_action();
create trigger t700_user_themes_agent after insert or update or delete on public.user_themes
  for each row when (private.actor() is not null and current_user <> 'cairn_undo')
  execute function private.capture_agent_action();
create trigger t700_user_emotional_patterns_agent after insert or update or delete on public.user_emotional_patterns
  for each row when (private.actor() is not null and current_user <> 'cairn_undo')
  execute function private.capture_agent_action();
create trigger t700_user_pattern_loops_agent after insert or update or delete on public.user_pattern_loops
  for each row when (private.actor() is not null and current_user <> 'cairn_undo')
  execute function private.capture_agent_action();
create trigger t700_user_shadow_themes_agent after insert or update or delete on public.user_shadow_themes
  for each row when (private.actor() is not null and current_user <> 'cairn_undo')
  execute function private.capture_agent_action();
create trigger t700_user_ancestral_issues_agent after insert or update or delete on public.user_ancestral_issues
  for each row when (private.actor() is not null and current_user <> 'cairn_undo')
  execute function private.capture_agent_action();
create trigger t700_user_relationship_dynamics_agent after insert or update or delete on public.user_relationship_dynamics
  for each row when (private.actor() is not null and current_user <> 'cairn_undo')
  execute function private.capture_agent_action();
create trigger t700_user_dysregulating_factors_agent after insert or update or delete on public.user_dysregulating_factors
  for each row when (private.actor() is not null and current_user <> 'cairn_undo')
  execute function private.capture_agent_action();
create trigger t700_user_insight_notes_agent after insert or update or delete on public.user_insight_notes
  for each row when (private.actor() is not null and current_user <> 'cairn_undo')
  execute function private.capture_agent_action();
create trigger t700_user_value_compass_agent after insert or update or delete on public.user_value_compass
  for each row when (private.actor() is not null and current_user <> 'cairn_undo')
  execute function private.capture_agent_action();
create trigger t700_user_goals_agent after insert or update or delete on public.user_goals
  for each row when (private.actor() is not null and current_user <> 'cairn_undo')
  execute function private.capture_agent_action();
create trigger t700_user_growth_milestones_agent after insert or update or delete on public.user_growth_milestones
  for each row when (private.actor() is not null and current_user <> 'cairn_undo')
  execute function private.capture_agent_action();
create trigger t700_user_growth_opportunities_agent after insert or update or delete on public.user_growth_opportunities
  for each row when (private.actor() is not null and current_user <> 'cairn_undo')
  execute function private.capture_agent_action();
create trigger t700_user_strengths_agent after insert or update or delete on public.user_strengths
  for each row when (private.actor() is not null and current_user <> 'cairn_undo')
  execute function private.capture_agent_action();
create trigger t700_user_role_model_traits_agent after insert or update or delete on public.user_role_model_traits
  for each row when (private.actor() is not null and current_user <> 'cairn_undo')
  execute function private.capture_agent_action();
create trigger t700_user_coping_tools_agent after insert or update or delete on public.user_coping_tools
  for each row when (private.actor() is not null and current_user <> 'cairn_undo')
  execute function private.capture_agent_action();
create trigger t700_user_regulation_strategies_agent after insert or update or delete on public.user_regulation_strategies
  for each row when (private.actor() is not null and current_user <> 'cairn_undo')
  execute function private.capture_agent_action();
create trigger t700_user_trauma_patterns_agent after insert or update or delete on public.user_trauma_patterns
  for each row when (private.actor() is not null and current_user <> 'cairn_undo')
  execute function private.capture_agent_action();
create trigger t700_user_risk_factors_agent after insert or update or delete on public.user_risk_factors
  for each row when (private.actor() is not null and current_user <> 'cairn_undo')
  execute function private.capture_agent_action();
create trigger t700_user_substance_use_agent after insert or update or delete on public.user_substance_use
  for each row when (private.actor() is not null and current_user <> 'cairn_undo')
  execute function private.capture_agent_action();
create trigger t700_user_suicidal_thoughts_agent after insert or update or delete on public.user_suicidal_thoughts
  for each row when (private.actor() is not null and current_user <> 'cairn_undo')
  execute function private.capture_agent_action();
create trigger t700_journal_entries_agent
  after insert or update of conversation_id, title, content, mood, emotional_tone, themes, is_private, shared_with_ai, deleted_at or delete
  on public.journal_entries
  for each row when (private.actor() is not null and current_user <> 'cairn_undo')
  execute function private.capture_agent_action();
create trigger t700_user_conversation_continuity_agent after insert or update or delete on public.user_conversation_continuity
  for each row when (private.actor() is not null and current_user <> 'cairn_undo')
  execute function private.capture_agent_action();
create trigger t700_insights_agent
  after insert or update of title, content, tags, status, rating, feedback or delete
  on public.insights
  for each row when (private.actor() is not null and current_user <> 'cairn_undo')
  execute function private.capture_agent_action();
create trigger t700_commitments_agent after insert or update or delete on public.commitments
  for each row when (private.actor() is not null and current_user <> 'cairn_undo')
  execute function private.capture_agent_action();
create trigger t700_parts_agent
  after insert or update of name, story, role, status, felt_age, body_location, image, intention, fears, needs, attributes or delete
  on public.parts
  for each row when (private.actor() is not null and current_user <> 'cairn_undo')
  execute function private.capture_agent_action();
create trigger t700_part_relationships_agent after insert or update or delete on public.part_relationships
  for each row when (private.actor() is not null and current_user <> 'cairn_undo')
  execute function private.capture_agent_action('relationship');
create trigger t700_part_assessments_agent after insert or update or delete on public.part_assessments
  for each row when (private.actor() is not null and current_user <> 'cairn_undo')
  execute function private.capture_agent_action('assessment');

-- What she deletes ------------------------------------------------------------

create function private.forget_agent_actions() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  update public.agent_actions as known
  set before = null, after = null, payload = '{}', result = '{}', blanked_at = now()
  where known.user_id = old.user_id and known.entity_type = tg_table_name and known.entity_id = old.id
    and known.blanked_at is null;
  return null;
end
$$;
comment on function private.forget_agent_actions is 'After delete by herself or a sweep: the list keeps no copy of what is gone.';

-- On every table that is captured, so that none is forgotten.
do $$
declare
  captured regclass;
begin
  for captured in select g.tgrelid::regclass from pg_catalog.pg_trigger as g where g.tgfoid = 'private.capture_agent_action'::regproc loop
    execute format(
      'create trigger t710_%s_forget_actions after delete on %s for each row '
      'when (private.actor() is null and current_user <> ''cairn_undo'') execute function private.forget_agent_actions()',
      (select relname from pg_catalog.pg_class where oid = captured), captured);
  end loop;
end
$$;

create function private.messages_forget_quotes() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  update public.agent_actions as known
  set before = null, after = null, payload = '{}', result = '{}', blanked_at = now()
  where known.user_id in (select gone.user_id from deleted as gone)
    and known.entity_type = 'parts' and known.blanked_at is null
    and exists (
      select from deleted as gone
      where jsonb_build_array(known.before -> 'recent_evidence', known.after -> 'recent_evidence')
            @? format('$[*][*] ? (@.message_id == "%s")', gone.id)::jsonpath
    );
  return null;
end
$$;
comment on function private.messages_forget_quotes is
  'After delete of messages: what agents did to parts keeps no quote of them.';
create trigger t510_messages_forget_quotes after delete on public.messages
  referencing old table as deleted
  for each statement execute function private.messages_forget_quotes();
