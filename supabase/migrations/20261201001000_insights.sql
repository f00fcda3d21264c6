-- Insights: what she has learned about herself, what her companion noticed, what her journal shows;
-- and the commitments that may follow from them.
--
-- An insight of the companion is pending until she opens it. From then on she may rate it, and act
-- on it; there is no way back to not having seen it.

set lock_timeout = '5s';
set statement_timeout = '60s';

create type public.insight_origin as enum ('user', 'agent', 'journal');
create type public.insight_type as enum (
  'reflection', 'session_summary', 'nudge', 'follow_up', 'observation', 'journal_pattern'
);
create type public.insight_status as enum ('pending', 'revealed', 'actioned');
create type public.commitment_status as enum ('open', 'kept', 'dropped');

comment on type public.insight_origin is
  'Who had it: she herself, her companion or an AI agent, or whoever read the journal that she shared.';
comment on type public.insight_type is
  'A reflection in words of hers; what a session came to; a push in the right direction; a question to come back to; '
  'something noticed; a pattern in her journal.';
comment on type public.insight_status is 'She has yet to open it; she has seen it; she has done something with it.';
comment on type public.commitment_status is 'Still to do; done; let go of, which is no failure.';

-- insights --------------------------------------------------------------------

create table public.insights (
  id                 uuid        primary key default private.uuid_v7(),
  user_id            uuid        not null default auth.uid() references public.users on delete cascade,
  conversation_id    uuid,
  journey_session_id uuid,
  journal_entry_id   uuid,
  -- An agent that writes with her token does not speak as her.
  origin             public.insight_origin not null
    default (case when private.actor() is null then 'user' else 'agent' end)::public.insight_origin,
  type               public.insight_type   not null default 'reflection',
  status             public.insight_status not null default 'pending',
  title              text,
  content            text        not null,
  evidence           text[]      not null default '{}',
  tags               text[]      not null default '{}',
  rating             smallint,
  feedback           text,
  revealed_at        timestamptz,
  actioned_at        timestamptz,
  withdrawn_at       timestamptz,
  version            integer     not null default 1,
  created_at         timestamptz not null default now(),
  updated_at         timestamptz not null default now(),

  constraint insights_owner_key unique (id, user_id),
  constraint insights_conversation_fkey foreign key (conversation_id, user_id)
    references public.conversations (id, user_id) on delete set null (conversation_id),
  constraint insights_journey_session_fkey foreign key (journey_session_id, user_id)
    references public.journey_sessions (id, user_id) on delete set null (journey_session_id),
  constraint insights_journal_entry_fkey foreign key (journal_entry_id, user_id)
    references public.journal_entries (id, user_id) on delete cascade,
  constraint insights_type_fits_who_had_it check (
    case origin
      when 'user'    then type = 'reflection'
      when 'journal' then type = 'journal_pattern'
      else type <> 'journal_pattern'
    end
  ),
  constraint insights_those_from_her_journal_name_the_entry check ((origin = 'journal') = (journal_entry_id is not null)),
  constraint insights_only_those_from_her_journal_are_withdrawn check (withdrawn_at is null or origin = 'journal'),
  constraint insights_reflections_are_never_pending check (type <> 'reflection' or status <> 'pending'),
  constraint insights_revealed_ones_say_when check ((status <> 'pending') = (revealed_at is not null)),
  constraint insights_actioned_ones_say_when check ((status = 'actioned') = (actioned_at is not null)),
  constraint insights_pending_ones_are_not_rated check (status <> 'pending' or num_nonnulls(rating, feedback) = 0),
  constraint insights_title_is_at_most_200_characters check (length(title) <= 200),
  constraint insights_content_is_not_blank check (content ~ '\S'),
  constraint insights_content_is_at_most_8000_characters check (length(content) <= 8000),
  constraint insights_evidence_is_at_most_10_quotes
    check (cardinality(evidence) <= 10 and octet_length(evidence::text) <= 16000 and array_position(evidence, null) is null),
  constraint insights_tags_are_at_most_20
    check (cardinality(tags) <= 20 and octet_length(tags::text) <= 2000 and array_position(tags, null) is null),
  constraint insights_rating_is_between_1_and_5 check (rating between 1 and 5),
  constraint insights_feedback_is_at_most_4000_characters check (length(feedback) <= 4000)
);

comment on table  public.insights is 'Something understood about her: by herself, by her companion, or from her journal.';
comment on column public.insights.conversation_id is 'The conversation that it comes from; null when it comes from none, or that is gone.';
comment on column public.insights.journey_session_id is 'The guided run that it comes from; null otherwise.';
comment on column public.insights.journal_entry_id is 'The shared entry that it was drawn from, with which it goes; null unless from her journal.';
comment on column public.insights.origin is 'Who had it. She is believed for her own; an agent writing in her name is called one.';
comment on column public.insights.status is 'Reflections are revealed from birth, all others pending.';
comment on column public.insights.content is 'In whole sentences, as she reads it.';
comment on column public.insights.evidence is 'Words of hers that it rests on.';
comment on column public.insights.rating is 'From 1 (does not fit) to 5 (fits well); null when she gave none. Only after she saw it.';
comment on column public.insights.feedback is 'What she says of it. Only after she saw it.';
comment on column public.insights.revealed_at is 'When she first saw it.';
comment on column public.insights.actioned_at is 'When she said that she did something with it.';
comment on column public.insights.withdrawn_at is
  'Since when its journal entry is in the trash, and lists leave it out; null otherwise. It comes back with the entry.';

-- Her list, newest first, of all and within a status.
create index insights_by_creation_idx on public.insights (user_id, created_at desc, id desc);
create index insights_by_status_idx   on public.insights (user_id, status, created_at desc, id desc);
create index insights_by_conversation_idx    on public.insights (user_id, conversation_id);
create index insights_by_journey_session_idx on public.insights (user_id, journey_session_id);
create index insights_by_journal_entry_idx   on public.insights (user_id, journal_entry_id);
-- However often a session is summed up, it has one summary.
create unique index insights_session_summary_key on public.insights (user_id, conversation_id)
  where type = 'session_summary';

create function private.insights_begin() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  if new.type = 'reflection' and new.status = 'pending' then
    new.status := 'revealed';
    new.revealed_at := coalesce(new.revealed_at, now());
  end if;
  if new.origin = 'journal' then
    -- The entry is held until the commit: taking back comes before this, and forbids it, or after,
    -- and finds this.
    perform from public.journal_entries as entry
    where entry.id = new.journal_entry_id and entry.user_id = new.user_id
      and entry.shared_with_ai and entry.deleted_at is null
    for share;
    if not found then
      raise exception using errcode = 'CA409', message = 'This journal entry is not shared.';
    end if;
  end if;
  return new;
end
$$;
comment on function private.insights_begin is
  'Before insert: what she thought herself is no news to her; and nothing is drawn from an entry that is not shared.';
-- Nobody who acts for her says that it was she.
create trigger t060_insights_only_herself_insert before insert on public.insights
  for each row when (new.origin = 'user') execute function private.only_herself();
create trigger t100_insights_begin before insert on public.insights
  for each row execute function private.insights_begin();

create function private.insights_change() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  if (new.id, new.user_id, new.origin, new.type) is distinct from (old.id, old.user_id, old.origin, old.type) then
    raise exception using errcode = 'CA409', message = 'An insight stays with whom it is about and who had it.';
  end if;
  if old.type <> 'reflection' and (new.title, new.content, new.evidence)
     is distinct from (old.title, old.content, old.evidence) then
    raise exception using errcode = 'CA409', message = 'Only reflections can be put in other words.';
  end if;
  -- An undo of what an agent did puts back what was, with its moments.
  if current_user <> 'cairn_undo' then
    if new.status <> old.status and (old.status, new.status) not in (('pending', 'revealed'), ('revealed', 'actioned')) then
      raise exception using errcode = 'CA409',
        message = format('An insight that is %s cannot become %s.', old.status, new.status);
    end if;
    new.revealed_at := case when new.status <> 'pending' then coalesce(old.revealed_at, now()) end;
    new.actioned_at := case when new.status = 'actioned' then coalesce(old.actioned_at, now()) end;
  end if;
  return new;
end
$$;
comment on function private.insights_change is
  'Before update: an insight goes forward one step at a time, and says when; what others thought stays as they put it.';
create trigger t100_insights_change before update on public.insights
  for each row execute function private.insights_change();
create trigger t900_insights_version before update on public.insights
  for each row execute function private.count_version();
create constraint trigger t900_insights_live after insert or update or delete on public.insights
  deferrable initially deferred
  for each row execute function private.live_record();

alter table public.insights enable row level security;
alter table public.insights force row level security;
create policy owner_select on public.insights for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.insights for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.insights for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.insights for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

-- Reflections are hers to write; she opens, tags, rates and acts on all of them.
grant
  select,
  insert (id, conversation_id, journey_session_id, title, content, tags),
  update (title, content, tags, status, rating, feedback),
  delete
  on public.insights to authenticated;
-- The two moments are what insights_change makes them, unless an undo puts them back.
grant insert (origin, type, journal_entry_id, evidence), update (revealed_at, actioned_at) on public.insights to cairn_server;

-- When she takes her journal back ---------------------------------------------

create function private.journal_entries_take_insights() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  if not new.shared_with_ai then
    delete from public.insights as insight
    where insight.user_id = new.user_id and insight.journal_entry_id = new.id;
  else
    update public.insights as insight
    set withdrawn_at = new.deleted_at
    where insight.user_id = new.user_id and insight.journal_entry_id = new.id
      and insight.withdrawn_at is distinct from new.deleted_at;
  end if;
  return null;
end
$$;
comment on function private.journal_entries_take_insights is
  'After an entry went into the trash, came back, or is shared no longer: its insights go with it.';
create trigger t500_journal_entries_take_insights after update on public.journal_entries
  for each row
  when (
    old.shared_with_ai
    and (old.shared_with_ai, old.deleted_at) is distinct from (new.shared_with_ai, new.deleted_at)
  )
  execute function private.journal_entries_take_insights();

-- What memory takes in -------------------------------------------------------
-- By the queue of chapter snapshots (TR-058): what she says of an insight tells more than the insight.

create function private.insights_enqueue_memory() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  perform private.enqueue_memory_update(
    new.user_id, 'insight', new.id,
    encode(sha256(convert_to(jsonb_build_array(new.status, new.rating, new.feedback)::text, 'UTF8')), 'hex')
  );
  return null;
end
$$;
comment on function private.insights_enqueue_memory is 'After she rated an insight or acted on it: have memory take that in.';
create trigger t500_insights_enqueue_memory after update on public.insights
  for each row
  when (
    (old.rating, old.feedback, old.actioned_at) is distinct from (new.rating, new.feedback, new.actioned_at)
  )
  execute function private.insights_enqueue_memory();
create trigger t500_insights_drop_memory_update after delete on public.insights
  for each row execute function private.drop_memory_update('insight');

-- commitments -----------------------------------------------------------------

create table public.commitments (
  id              uuid        primary key default private.uuid_v7(),
  user_id         uuid        not null default auth.uid() references public.users on delete cascade,
  conversation_id uuid,
  insight_id      uuid,
  goal_id         uuid,
  origin          public.entry_origin not null default private.writer(),
  text            text        not null,
  why             text,
  due_on          date,
  status          public.commitment_status not null default 'open',
  kept_at         timestamptz,
  dropped_at      timestamptz,
  version         integer     not null default 1,
  created_at      timestamptz not null default now(),
  updated_at      timestamptz not null default now(),

  constraint commitments_owner_key unique (id, user_id),
  constraint commitments_conversation_fkey foreign key (conversation_id, user_id)
    references public.conversations (id, user_id) on delete set null (conversation_id),
  constraint commitments_insight_fkey foreign key (insight_id, user_id)
    references public.insights (id, user_id) on delete set null (insight_id),
  constraint commitments_goal_fkey foreign key (goal_id, user_id)
    references public.user_goals (id, user_id) on delete set null (goal_id),
  constraint commitments_text_is_not_blank check (text ~ '\S'),
  constraint commitments_text_is_at_most_1000_characters check (length(text) <= 1000),
  constraint commitments_why_is_at_most_2000_characters check (length(why) <= 2000),
  constraint commitments_only_kept_ones_say_when_they_were check ((status = 'kept') = (kept_at is not null)),
  constraint commitments_only_dropped_ones_say_when_they_were check ((status = 'dropped') = (dropped_at is not null))
);

comment on table  public.commitments is 'Something she has said she will do, small enough to be done.';
comment on column public.commitments.conversation_id is 'Where she said so; null when in none, or that is gone.';
comment on column public.commitments.insight_id is 'The insight that it follows from; null for none.';
comment on column public.commitments.goal_id is 'The goal that it is a step towards; null for none.';
comment on column public.commitments.text is 'In her words, as "I will call my sister on Sunday".';
comment on column public.commitments.why is 'What it is good for, to her.';
comment on column public.commitments.due_on is 'The last day for it, by her own calendar; null without one.';
comment on column public.commitments.kept_at is 'When she said that it is done; null again when it is taken up anew.';
comment on column public.commitments.dropped_at is 'When she let go of it; null again when it is taken up anew.';

-- Her list, newest first; and what is open, the next one due first.
create index commitments_by_creation_idx on public.commitments (user_id, created_at desc, id desc);
create index commitments_by_due_day_idx  on public.commitments (user_id, status, due_on, id);
create index commitments_by_conversation_idx on public.commitments (user_id, conversation_id);
create index commitments_by_insight_idx      on public.commitments (user_id, insight_id);
create index commitments_by_goal_idx         on public.commitments (user_id, goal_id);

create function private.commitments_change() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  if (new.id, new.user_id, new.origin) is distinct from (old.id, old.user_id, old.origin) then
    raise exception using errcode = 'CA409', message = 'A commitment stays with who made it.';
  end if;
  -- An undo of what an agent did puts back what was, with its moments.
  if current_user <> 'cairn_undo' then
    if new.status <> old.status and 'open' not in (old.status, new.status) then
      raise exception using errcode = 'CA409',
        message = format('A commitment that is %s cannot become %s; open it first.', old.status, new.status);
    end if;
    new.kept_at := case when new.status = 'kept' then coalesce(old.kept_at, now()) end;
    new.dropped_at := case when new.status = 'dropped' then coalesce(old.dropped_at, now()) end;
  end if;
  return new;
end
$$;
comment on function private.commitments_change is 'Before update: an open one is kept or dropped, any other one opened anew.';
-- Nobody who acts for her says that it was she.
create trigger t060_commitments_only_herself_insert before insert on public.commitments
  for each row when (new.origin = 'user') execute function private.only_herself();
create trigger t100_commitments_change before update on public.commitments
  for each row execute function private.commitments_change();
create trigger t900_commitments_version before update on public.commitments
  for each row execute function private.count_version();
create constraint trigger t900_commitments_live after insert or update or delete on public.commitments
  deferrable initially deferred
  for each row execute function private.live_record();

alter table public.commitments enable row level security;
alter table public.commitments force row level security;
create policy owner_select on public.commitments for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.commitments for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.commitments for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.commitments for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

grant
  select,
  insert (id, conversation_id, insight_id, goal_id, text, why, due_on),
  update (insight_id, goal_id, text, why, due_on, status),
  delete
  on public.commitments to authenticated;
-- Who else may have written it down. The two moments are what commitments_change makes them, unless
-- an undo puts them back.
grant insert (origin), update (kept_at, dropped_at) on public.commitments to cairn_server;
