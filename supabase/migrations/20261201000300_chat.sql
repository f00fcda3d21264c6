-- Chat: conversations, their messages and summaries, and the outside threads that lead to them.
--
-- A conversation is the one container of messages, whatever app it comes from. She says what she
-- wants to with titles and states; what is said in it is stored by the server only, after its
-- safety checks, so that nobody forges a reply through Supabase's own REST endpoint.

set lock_timeout = '5s';
set statement_timeout = '60s';

create type public.conversation_kind as enum ('chat', 'voice', 'guided', 'check_in');
create type public.conversation_status as enum ('active', 'paused', 'completed', 'archived');
create type public.message_role as enum ('user', 'assistant', 'system');
create type public.message_type as enum ('text', 'voice', 'image');
create type public.message_state as enum ('queued', 'streaming', 'complete', 'failed', 'cancelled');
create type public.reply_failure as enum ('unavailable', 'refused', 'interrupted', 'over_budget');

comment on type public.conversation_kind is 'How one talks: by chat, by voice, led by a journey, or at an appointed check-in.';
comment on type public.conversation_status is 'active and paused ones take messages; completed and archived ones do not.';
comment on type public.message_role is 'Who speaks.';
comment on type public.message_type is 'How it was said.';
comment on type public.message_state is 'How far a reply has come; what she says is complete at once.';
comment on type public.reply_failure is
  'Why a reply failed: no model answered, it refused to, it was cut off, or her model tokens were used up.';

-- conversations ---------------------------------------------------------------

create table public.conversations (
  id                    uuid        primary key default private.uuid_v7(),
  user_id               uuid        not null default auth.uid() references public.users on delete cascade,
  title                 text,
  description           text,
  kind                  public.conversation_kind   not null default 'chat',
  status                public.conversation_status not null default 'active',
  archived_from         public.conversation_status,
  crisis_level          public.crisis_level        not null default 'none',
  safety_plan_triggered boolean     not null default false,
  message_count         integer     not null default 0,
  last_turn             integer     not null default 0,
  version               integer     not null default 1,
  metadata              jsonb       not null default '{}',
  created_at            timestamptz not null default now(),
  updated_at            timestamptz not null default now(),
  last_message_at       timestamptz not null default now(),
  completed_at          timestamptz,

  constraint conversations_owner_key unique (id, user_id),
  constraint conversations_title_is_at_most_200_characters check (length(title) <= 200),
  constraint conversations_description_is_at_most_2000_characters check (length(description) <= 2000),
  constraint conversations_metadata_is_an_object_of_at_most_8_kb
    check (jsonb_typeof(metadata) = 'object' and octet_length(metadata::text) <= 8192),
  constraint conversations_archived_ones_know_where_they_were
    check ((status = 'archived') = (archived_from is not null) and archived_from is distinct from 'archived'),
  constraint conversations_completed_ones_say_when check (status <> 'completed' or completed_at is not null),
  constraint conversations_message_count_is_not_negative check (message_count >= 0)
);

comment on table  public.conversations is 'One conversation between a person and her companion.';
comment on column public.conversations.archived_from is 'The status to go back to; null unless archived.';
comment on column public.conversations.crisis_level is 'The highest that any of its messages reached, unless the server has set it anew.';
comment on column public.conversations.safety_plan_triggered is 'Her safety plan was shown in it.';
comment on column public.conversations.message_count is 'Messages that are there now.';
comment on column public.conversations.last_turn is 'Turns given out so far; the next message gets the next one.';
comment on column public.conversations.version is
  'Grows when title, description, status or metadata change, for writers that must not overwrite each other; not with each message.';
comment on column public.conversations.metadata is 'Context that the app keeps with it: a JSON object of at most 8 kB.';
comment on column public.conversations.last_message_at is
  'When the last message came, or the conversation began; less created_at, it is how long the conversation lasts.';
comment on column public.conversations.completed_at is 'When it was completed; it stays when an archive follows.';

-- Her lists: by the last message, by age, and by the last message within a status.
create index conversations_by_last_message_idx on public.conversations (user_id, last_message_at desc, id desc);
create index conversations_by_creation_idx     on public.conversations (user_id, created_at desc, id desc);
create index conversations_by_status_idx       on public.conversations (user_id, status, last_message_at desc, id desc);

create function private.conversations_change() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  if (new.id, new.user_id) is distinct from (old.id, old.user_id) then
    raise exception using errcode = 'CA409', message = 'A conversation stays with its owner.';
  end if;
  if new.status <> old.status then
    -- An undo of what an agent did puts a former status back.
    if current_user <> 'cairn_undo' and not (
      case old.status
        when 'active'    then new.status in ('paused', 'completed', 'archived')
        when 'paused'    then new.status in ('active', 'completed', 'archived')
        when 'completed' then new.status = 'archived'
        when 'archived'  then new.status = old.archived_from
      end
    ) then
      raise exception using errcode = 'CA409',
        message = format('A conversation that is %s cannot become %s.', old.status, new.status);
    end if;
    new.archived_from := case when new.status = 'archived' then old.status end;
    if new.status = 'completed' and old.status <> 'archived' then
      new.completed_at := now();
    elsif old.status = 'completed' and new.status <> 'archived' then
      new.completed_at := null;
    end if;
  end if;
  if (new.status, new.title, new.description, new.metadata)
     is distinct from (old.status, old.title, old.description, old.metadata) then
    new.version := old.version + 1;
  end if;
  new.updated_at := now();
  return new;
end
$$;
comment on function private.conversations_change is
  'Before update of what a writer may change: lets a status go only where it may, and counts the version.';

-- The list of columns keeps this from running with each message, which sets none of them.
create trigger t100_conversations_change
  before update of id, user_id, title, description, status, archived_from, metadata, safety_plan_triggered
  on public.conversations
  for each row execute function private.conversations_change();

alter table public.conversations enable row level security;
alter table public.conversations force row level security;
create policy owner_select on public.conversations for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.conversations for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.conversations for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.conversations for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

grant select, insert (id, title, description, kind, metadata), update (title, description, status, metadata), delete
  on public.conversations to authenticated;
-- What the trigger on messages counts, and what the safety checks find.
grant update (last_turn, message_count, last_message_at, updated_at, crisis_level, safety_plan_triggered)
  on public.conversations to cairn_server;

create function public.conversation_minutes(created_at timestamptz, last_message_at timestamptz)
  returns double precision
  language sql immutable strict parallel safe set search_path = ''
as $$
  select extract(epoch from last_message_at - created_at)::double precision / 60
$$;
comment on function public.conversation_minutes is
  'How long a conversation lasted, in minutes: from its start to its last message.';
grant execute on function public.conversation_minutes to authenticated;

-- messages --------------------------------------------------------------------

create table public.messages (
  id                    uuid        primary key default private.uuid_v7(),
  conversation_id       uuid        not null,
  user_id               uuid        not null default auth.uid(),
  turn                  integer     not null,
  role                  public.message_role  not null,
  message_type          public.message_type  not null default 'text',
  state                 public.message_state not null default 'complete',
  in_reply_to           uuid,
  failure               public.reply_failure,
  attempt               integer     not null default 0,
  is_replaced           boolean     not null default false,
  content               text        not null,
  draft                 text,
  content_hash          text        not null,
  idempotency_key       text,
  processed_content     text,
  pii_detected          jsonb       not null default '{}',
  sentiment_score       double precision,
  crisis_level          public.crisis_level  not null default 'none',
  crisis_indicators     jsonb       not null default '{}',
  requires_intervention boolean     not null default false,
  memory_extracted      boolean     not null default false,
  model_used            text,
  tokens_used           integer,
  response_time_ms      integer,
  metadata              jsonb       not null default '{}',
  created_at            timestamptz not null default now(),
  updated_at            timestamptz not null default now(),

  constraint messages_owner_key unique (id, user_id),
  constraint messages_turn_key unique (user_id, conversation_id, turn),
  -- However often anything is repeated, a message has one reply.
  constraint messages_in_reply_to_key unique (user_id, in_reply_to),
  -- The only way to her: a conversation goes with its owner, and a message with its conversation.
  constraint messages_conversation_fkey foreign key (conversation_id, user_id)
    references public.conversations (id, user_id) on delete cascade,
  constraint messages_in_reply_to_fkey foreign key (in_reply_to, user_id)
    references public.messages (id, user_id) on delete cascade,
  constraint messages_content_is_at_most_32000_characters check (length(content) <= 32000),
  constraint messages_content_is_not_blank check (content ~ '\S' or (role = 'assistant' and state <> 'complete')),
  constraint messages_draft_is_at_most_32000_characters check (length(draft) <= 32000),
  constraint messages_only_replies_are_unfinished check (state = 'complete' or role = 'assistant'),
  constraint messages_only_replies_answer_and_are_attempted
    check (role = 'assistant' or (in_reply_to is null and attempt = 0 and not is_replaced)),
  constraint messages_only_failed_replies_say_why check ((state = 'failed') = (failure is not null)),
  constraint messages_only_replies_under_way_have_a_draft check (draft is null or state = 'streaming'),
  constraint messages_idempotency_key_has_1_to_200_characters check (length(idempotency_key) between 1 and 200),
  -- Each check costs 1 to 4 µs of every insert, so what only the server writes shares one.
  constraint messages_findings_are_objects
    check (jsonb_typeof(pii_detected) = 'object' and jsonb_typeof(crisis_indicators) = 'object'),
  constraint messages_measures_are_in_range
    check (abs(sentiment_score) <= 1 and least(tokens_used, response_time_ms, attempt) >= 0),
  constraint messages_metadata_is_an_object_of_at_most_8_kb
    check (jsonb_typeof(metadata) = 'object' and octet_length(metadata::text) <= 8192)
);

comment on table  public.messages is 'One thing said in a conversation, by her, her companion or the system.';
comment on column public.messages.user_id is 'Whose conversation it is, not who speaks: see `role`.';
comment on column public.messages.turn is 'Its place in the conversation, from 1, given out without gaps; it never changes.';
comment on column public.messages.in_reply_to is 'The message of hers that it answers; null for what she says, and for what the companion says unasked.';
comment on column public.messages.failure is 'Why the reply failed; null unless it did.';
comment on column public.messages.attempt is 'How often a worker has begun this reply; it never goes back, also when she asks again.';
comment on column public.messages.is_replaced is 'The safety checks stopped this reply, and the content is a text written for that.';
comment on column public.messages.content is
  'At most 32,000 characters; empty while a reply is under way; of a failed or cancelled one, what had been released.';
comment on column public.messages.draft is 'What has been released of a reply under way; null otherwise.';
comment on column public.messages.content_hash is 'sha256 of the content, in hex.';
comment on column public.messages.idempotency_key is 'Chosen by the sender: the same key again stands for the same message; null without one.';
comment on column public.messages.processed_content is 'The content without personal data; null when that was not asked for.';
comment on column public.messages.pii_detected is 'Kinds of personal data found, with their number.';
comment on column public.messages.sentiment_score is 'From -1 (bad) to 1 (good); null when not measured.';
comment on column public.messages.crisis_indicators is 'What the safety checks found.';
comment on column public.messages.requires_intervention is 'The safety checks ask for a human being.';
comment on column public.messages.memory_extracted is 'Its memories have been taken into long-term memory.';
comment on column public.messages.model_used is 'The language model that wrote it; null for what she says.';
comment on column public.messages.response_time_ms is 'From her message to the end of the reply.';

-- A repeat of a key; most messages have one, replies have none.
create unique index messages_idempotency_key on public.messages (user_id, conversation_id, idempotency_key)
  where idempotency_key is not null;
-- Everything she has, newest first, over all conversations.
create index messages_by_creation_idx on public.messages (user_id, created_at desc, id desc);

create function private.conversations_reopen(conversation_id uuid, user_id uuid) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  found_status public.conversation_status;
begin
  update public.conversations as conversation
  set status = 'active'
  where conversation.id = conversation_id
    and conversation.user_id = conversations_reopen.user_id
    and conversation.status = 'paused';
  if found then
    return;
  end if;

  select conversation.status into found_status
  from public.conversations as conversation
  where conversation.id = conversation_id and conversation.user_id = conversations_reopen.user_id;
  if found_status is null then
    raise exception using errcode = 'CA404', message = 'There is no such conversation, or it is not yours.';
  elsif found_status in ('completed', 'archived') then
    raise exception using errcode = 'CA409',
      message = format('A conversation that is %s takes no more messages.', found_status);
  end if;
end
$$;
comment on function private.conversations_reopen is
  'Make a paused conversation active again, or say why it takes no message. For messages_take_turn.';
grant execute on function private.conversations_reopen to cairn_server;

create function private.messages_take_turn() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  -- The second time for a paused conversation, the third for one that is paused again meanwhile.
  for attempt in 1..3 loop
    -- One statement finds the conversation under the writer's own policies, locks it, so that
    -- turns are given out one after the other, and counts. A writer whose key or id is taken
    -- fails with 23505, and the count with it: never insert messages `on conflict do nothing`.
    update public.conversations as conversation
    set last_turn       = conversation.last_turn + 1,
        message_count   = conversation.message_count + 1,
        last_message_at = greatest(conversation.last_message_at, new.created_at),
        crisis_level    = greatest(conversation.crisis_level, new.crisis_level),
        updated_at      = now()
    where conversation.id = new.conversation_id
      and conversation.user_id = new.user_id
      -- What she says needs an open conversation; a reply on its way is stored in any.
      and (conversation.status = 'active' or new.role <> 'user')
    returning conversation.last_turn into new.turn;
    if found then
      new.content_hash := encode(sha256(convert_to(new.content, 'UTF8')), 'hex');
      return new;
    end if;
    perform private.conversations_reopen(new.conversation_id, new.user_id);
  end loop;
  raise exception using errcode = 'CA409', message = 'This conversation is changing just now; try again.';
end
$$;
comment on function private.messages_take_turn is
  'Before insert: give the message its turn and its hash, and count it on its conversation.';
create trigger t100_messages_take_turn before insert on public.messages
  for each row execute function private.messages_take_turn();

create function private.messages_change() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  if (new.id, new.user_id, new.conversation_id, new.turn, new.role, new.in_reply_to)
     is distinct from (old.id, old.user_id, old.conversation_id, old.turn, old.role, old.in_reply_to) then
    raise exception using errcode = 'CA409', message = 'A message stays where it is, and with who said it.';
  end if;
  if new.state <> old.state and not (
    case old.state
      when 'queued'    then new.state in ('streaming', 'complete', 'failed', 'cancelled')
      when 'streaming' then new.state in ('complete', 'failed', 'cancelled')
      when 'failed'    then new.state in ('queued', 'cancelled')
      else false
    end
  ) then
    raise exception using errcode = 'CA409',
      message = format('A reply that is %s cannot become %s.', old.state, new.state);
  end if;
  new.content_hash := encode(sha256(convert_to(new.content, 'UTF8')), 'hex');
  new.updated_at := now();
  return new;
end
$$;
comment on function private.messages_change is
  'Before update: a message keeps its place and speaker, a reply''s state goes only forward (or back to the queue after a failure).';
create trigger t100_messages_change before update on public.messages
  for each row execute function private.messages_change();

create function private.messages_uncount() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  -- Definer, because the deletion may be the dashboard's or Supabase Auth's own, which have no
  -- rights here. When the conversation itself is going, there is nothing left to count on.
  update public.conversations as conversation
  set message_count = conversation.message_count - gone.messages,
      updated_at    = now()
  from (
    select conversation_id, user_id, count(*)::integer as messages
    from deleted
    group by conversation_id, user_id
  ) as gone
  where conversation.id = gone.conversation_id and conversation.user_id = gone.user_id;
  return null;
end
$$;
comment on function private.messages_uncount is 'After delete, by whomever: take the messages off their conversation''s count.';
create trigger t500_messages_uncount after delete on public.messages
  referencing old table as deleted
  for each statement execute function private.messages_uncount();

alter table public.messages enable row level security;
alter table public.messages force row level security;
create policy owner_select on public.messages for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.messages for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.messages for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.messages for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

-- Reading only: every word passes the server's safety checks before it is stored.
grant select on public.messages to authenticated;
grant
  insert (
    id, conversation_id, role, message_type, state, in_reply_to, failure, attempt, is_replaced, content, draft,
    idempotency_key, processed_content, pii_detected, sentiment_score, crisis_level, crisis_indicators,
    requires_intervention, memory_extracted, model_used, tokens_used, response_time_ms, metadata
  ),
  update (
    state, failure, attempt, is_replaced, content, draft, processed_content, pii_detected, sentiment_score, crisis_level, crisis_indicators,
    requires_intervention, memory_extracted, model_used, tokens_used, response_time_ms, metadata
  ),
  delete
  on public.messages to cairn_server;

-- thread_mappings -------------------------------------------------------------

create table public.thread_mappings (
  id                 uuid        primary key default private.uuid_v7(),
  user_id            uuid        not null default auth.uid(),
  conversation_id    uuid        not null,
  source             text        not null,
  external_thread_id text        not null,
  metadata           jsonb       not null default '{}',
  created_at         timestamptz not null default now(),

  constraint thread_mappings_thread_key unique (user_id, source, external_thread_id),
  constraint thread_mappings_conversation_fkey foreign key (conversation_id, user_id)
    references public.conversations (id, user_id) on delete cascade,
  constraint thread_mappings_source_is_a_short_word check (source ~ '^[a-z0-9_-]{1,40}$'),
  constraint thread_mappings_external_thread_id_has_1_to_200_characters
    check (length(external_thread_id) between 1 and 200),
  constraint thread_mappings_metadata_is_an_object_of_at_most_8_kb
    check (jsonb_typeof(metadata) = 'object' and octet_length(metadata::text) <= 8192)
);

comment on table  public.thread_mappings is 'A thread on another platform that leads to a conversation here; several may lead to one.';
comment on column public.thread_mappings.source is 'The platform, such as `chatgpt` or `claude`.';
comment on column public.thread_mappings.external_thread_id is 'The thread''s id there; hers alone here, whoever else may use the same.';

create index thread_mappings_by_conversation_idx on public.thread_mappings (user_id, conversation_id);

alter table public.thread_mappings enable row level security;
alter table public.thread_mappings force row level security;
create policy owner_select on public.thread_mappings for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.thread_mappings for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.thread_mappings for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.thread_mappings for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

-- No update but of metadata: to lead elsewhere, delete it and make another.
grant select, insert (id, conversation_id, source, external_thread_id, metadata), update (metadata), delete
  on public.thread_mappings to authenticated;

-- conversation_summaries ------------------------------------------------------

create table public.conversation_summaries (
  id                   uuid        primary key default private.uuid_v7(),
  user_id              uuid        not null default auth.uid(),
  conversation_id      uuid        not null,
  summary              text        not null,
  key_topics           text[]      not null default '{}',
  emotional_themes     text[]      not null default '{}',
  action_items         text[]      not null default '{}',
  sentiment_overall    double precision,
  crisis_indicators    jsonb       not null default '{}',
  therapeutic_progress text,
  through_turn         integer     not null,
  metadata             jsonb       not null default '{}',
  created_at           timestamptz not null default now(),
  updated_at           timestamptz not null default now(),

  constraint conversation_summaries_through_turn_key unique (user_id, conversation_id, through_turn),
  constraint conversation_summaries_conversation_fkey foreign key (conversation_id, user_id)
    references public.conversations (id, user_id) on delete cascade,
  constraint conversation_summaries_summary_is_not_blank check (summary ~ '\S'),
  constraint conversation_summaries_summary_is_at_most_8000_characters check (length(summary) <= 8000),
  constraint conversation_summaries_sentiment_is_between_minus_1_and_1 check (sentiment_overall between -1 and 1),
  constraint conversation_summaries_crisis_indicators_are_an_object check (jsonb_typeof(crisis_indicators) = 'object'),
  constraint conversation_summaries_through_turn_is_not_negative check (through_turn >= 0),
  constraint conversation_summaries_metadata_is_an_object_of_at_most_8_kb
    check (jsonb_typeof(metadata) = 'object' and octet_length(metadata::text) <= 8192)
);

comment on table  public.conversation_summaries is 'What a conversation was about, so far; read at the start of later ones.';
comment on column public.conversation_summaries.sentiment_overall is 'From -1 (bad) to 1 (good); null when not measured.';
comment on column public.conversation_summaries.crisis_indicators is 'What the safety checks found in these turns.';
comment on column public.conversation_summaries.through_turn is 'The last turn that it knows of.';

-- Her latest, over all conversations.
create index conversation_summaries_by_creation_idx on public.conversation_summaries (user_id, created_at desc, id desc);

create trigger t900_conversation_summaries_touch before update on public.conversation_summaries
  for each row execute function private.touch_updated_at();

alter table public.conversation_summaries enable row level security;
alter table public.conversation_summaries force row level security;
create policy owner_select on public.conversation_summaries for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.conversation_summaries for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.conversation_summaries for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.conversation_summaries for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

-- The server writes them; with her they go when the conversation goes.
grant select on public.conversation_summaries to authenticated;
grant
  insert (
    id, conversation_id, summary, key_topics, emotional_themes, action_items, sentiment_overall,
    crisis_indicators, therapeutic_progress, through_turn, metadata
  ),
  update (
    summary, key_topics, emotional_themes, action_items, sentiment_overall, crisis_indicators,
    therapeutic_progress, metadata
  ),
  delete
  on public.conversation_summaries to cairn_server;

-- restore_conversation --------------------------------------------------------

create function public.restore_conversation(conversation_id uuid) returns setof public.conversations
  language plpgsql volatile set search_path = ''
as $$
begin
  return query
    update public.conversations as conversation
    set status = conversation.archived_from
    where conversation.id = conversation_id and conversation.status = 'archived'
    returning conversation.*;
  if found then
    return;
  end if;
  if exists (select from public.conversations as conversation where conversation.id = conversation_id) then
    raise exception using errcode = 'CA409', message = 'This conversation is not archived.';
  end if;
  raise exception using errcode = 'CA404', message = 'There is no such conversation, or it is not yours.';
end
$$;
comment on function public.restore_conversation is
  'Take a conversation out of the archive, back to the status it had. CA409 when it is not archived, CA404 when it is missing or another''s.';
grant execute on function public.restore_conversation to authenticated;

-- find_or_start_conversation --------------------------------------------------

create function public.find_or_start_conversation(source text, external_thread_id text, title text default null)
  returns setof public.conversations
  language plpgsql volatile set search_path = ''
as $$
declare
  viewer constant uuid := (select auth.uid());
  started uuid;
begin
  for attempt in 1..2 loop
    return query
      select conversation.*
      from public.thread_mappings as mapping
      join public.conversations as conversation
        on conversation.id = mapping.conversation_id and conversation.user_id = mapping.user_id
      where mapping.user_id = viewer
        and mapping.source = find_or_start_conversation.source
        and mapping.external_thread_id = find_or_start_conversation.external_thread_id;
    if found then
      return;
    end if;
    -- First contacts of one thread wait here for each other, and the later ones look again.
    perform pg_advisory_xact_lock(hashtextextended(
      concat_ws('/', viewer, find_or_start_conversation.source, find_or_start_conversation.external_thread_id), 0));
  end loop;

  insert into public.conversations as conversation (title)
  values (find_or_start_conversation.title)
  returning conversation.id into started;
  insert into public.thread_mappings (conversation_id, source, external_thread_id)
  values (started, find_or_start_conversation.source, find_or_start_conversation.external_thread_id);
  return query select conversation.* from public.conversations as conversation where conversation.id = started;
end
$$;
comment on function public.find_or_start_conversation is
  'The conversation that a thread on another platform leads to; at first contact a new one, with this title.';
grant execute on function public.find_or_start_conversation to authenticated;
