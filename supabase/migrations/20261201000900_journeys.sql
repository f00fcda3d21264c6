-- Journeys: guided conversations that are written beforehand, and how far each person has come.
--
-- A journey is a list of steps, the same for everybody, and anybody may read it. A journey session
-- is one person's walk through it; what she finds on the way is kept in checkpoints. Any activity
-- takes a paused walk up again; one that has ended, by her or by time, stays as it is.

set lock_timeout = '5s';
set statement_timeout = '60s';

create type public.journey_session_status as enum ('active', 'paused', 'completed', 'abandoned');
comment on type public.journey_session_status is 'Active and paused ones go on; completed and abandoned ones have ended for good.';

-- journey_steps_are_valid -----------------------------------------------------

create function private.journey_steps_are_valid(steps jsonb) returns boolean
  language sql immutable parallel safe set search_path = ''
as $$
  select case
    when jsonb_typeof(steps) is distinct from 'array' then false
    when jsonb_array_length(steps) not between 1 and 50 then false
    else (
      select count(distinct step -> 'id') = count(*) and bool_and((
        -- A key that is missing makes its test null, which is no; bool_and alone would pass it over.
        jsonb_typeof(step) = 'object'
        and step - array['id', 'title', 'kind', 'prompt', 'guidance', 'minutes'] = '{}'
        and jsonb_typeof(step -> 'id') = 'string'
        and step ->> 'id' ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(step ->> 'id') <= 60
        and jsonb_typeof(step -> 'title') = 'string'
        and step ->> 'title' ~ '\S' and length(step ->> 'title') <= 200
        and step -> 'kind' in (
          '"reflection"', '"breathing"', '"question"', '"exercise"', '"psychoeducation"', '"check_in"', '"closing"'
        )
        and jsonb_typeof(step -> 'prompt') = 'string'
        and step ->> 'prompt' ~ '\S' and length(step ->> 'prompt') <= 4000
        and (not step ? 'guidance' or (
          jsonb_typeof(step -> 'guidance') = 'string'
          and step ->> 'guidance' ~ '\S' and length(step ->> 'guidance') <= 4000
        ))
        and (not step ? 'minutes' or (
          jsonb_typeof(step -> 'minutes') = 'number' and step ->> 'minutes' ~ '^([1-9][0-9]?|1[01][0-9]|120)$'
        ))
      ) is true
      )
      from (
        -- What is no object has no keys, and is refused above.
        select case when jsonb_typeof(listed) = 'object' then listed else '{}' end as step
        from jsonb_array_elements(steps) as listed
      ) as listed
    )
  end
$$;
comment on function private.journey_steps_are_valid is
  'Is this a list of 1 to 50 steps, each `{id, title, kind, prompt, guidance?, minutes?}`, no two with one id? An id is '
  'of words like-this, a kind one of reflection, breathing, question, exercise, psychoeducation, check_in, closing; '
  'minutes go from 1 to 120, and there are no other keys. For the check of journeys.';

-- journeys --------------------------------------------------------------------

create table public.journeys (
  id                uuid        primary key default private.uuid_v7(),
  slug              text        not null,
  name              text        not null,
  description       text        not null,
  steps             jsonb       not null,
  estimated_minutes integer     not null,
  tags              text[]      not null default '{}',
  is_published      boolean     not null default false,
  is_active         boolean     not null default true,
  version           integer     not null default 1,
  created_at        timestamptz not null default now(),
  updated_at        timestamptz not null default now(),

  constraint journeys_slug_key unique (slug),
  constraint journeys_slug_is_of_words_like_this check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(slug) <= 60),
  constraint journeys_name_has_1_to_100_characters check (name ~ '\S' and length(name) <= 100),
  constraint journeys_description_has_1_to_2000_characters check (description ~ '\S' and length(description) <= 2000),
  constraint journeys_steps_are_a_list_of_steps_with_ids_of_their_own check (private.journey_steps_are_valid(steps)),
  constraint journeys_estimated_minutes_are_1_to_240 check (estimated_minutes between 1 and 240),
  constraint journeys_tags_are_at_most_10 check (cardinality(tags) <= 10)
);

comment on table  public.journeys is 'A guided conversation, written beforehand, which anybody may begin.';
comment on column public.journeys.slug is 'Its name in addresses and in code, such as `before-sleep`.';
comment on column public.journeys.steps is
  'Its steps, in order: a list of `{id, title, kind, prompt, guidance?, minutes?}`. The companion says the prompt to '
  'her; guidance is for the companion. Checkpoints name the ids, so of a journey that was begun they stay, in their '
  'order; texts may change, and steps may follow.';
comment on column public.journeys.estimated_minutes is 'How long it takes somebody who is not in a hurry.';
comment on column public.journeys.is_published is 'Anybody may read it; until then it is a draft. One that was begun stays published.';
comment on column public.journeys.is_active is 'It is offered. When it is not, sessions that were begun go on.';

-- What everybody is shown, and by what one looks for it.
create index journeys_by_publication_idx on public.journeys (is_published, name);
create index journeys_by_tag_idx on public.journeys using gin (tags);

create trigger t900_journeys_version before update on public.journeys
  for each row execute function private.count_version();

alter table public.journeys enable row level security;
alter table public.journeys force row level security;
create policy "anybody reads the journeys that are published" on public.journeys for select to anon, authenticated, cairn_server using (is_published);

-- Only migrations and the dashboard write them.
grant select on public.journeys to anon, authenticated;

-- journey_sessions ------------------------------------------------------------

create table public.journey_sessions (
  id              uuid        primary key default private.uuid_v7(),
  user_id         uuid        not null default auth.uid() references public.users on delete cascade,
  journey_id      uuid        not null,
  conversation_id uuid,
  status          public.journey_session_status not null default 'active',
  current_step    integer     not null default 1,
  version         integer     not null default 1,
  metadata        jsonb       not null default '{}',
  started_at      timestamptz not null default now(),
  last_active_at  timestamptz not null default now(),
  completed_at    timestamptz,
  abandoned_at    timestamptz,
  created_at      timestamptz not null default now(),
  updated_at      timestamptz not null default now(),

  constraint journey_sessions_owner_key unique (id, user_id),
  -- A journey is everybody's. One that somebody has begun cannot be deleted: make it inactive.
  constraint journey_sessions_journey_fkey foreign key (journey_id)
    references public.journeys (id) on delete restrict,
  constraint journey_sessions_conversation_fkey foreign key (conversation_id, user_id)
    references public.conversations (id, user_id) on delete set null (conversation_id),
  constraint journey_sessions_current_step_begins_at_1 check (current_step >= 1),
  constraint journey_sessions_completed_ones_say_when check ((status = 'completed') = (completed_at is not null)),
  constraint journey_sessions_abandoned_ones_say_when check ((status = 'abandoned') = (abandoned_at is not null)),
  constraint journey_sessions_metadata_is_an_object_of_at_most_8_kb
    check (jsonb_typeof(metadata) = 'object' and octet_length(metadata::text) <= 8192)
);

comment on table  public.journey_sessions is 'One person''s walk through a journey; she may walk the same one again.';
comment on column public.journey_sessions.conversation_id is
  'Where she talks on the way, which may be shared with another session; null once that conversation was deleted, and '
  'for one that was begun without.';
comment on column public.journey_sessions.current_step is 'The place of her step among the journey''s, from 1; of a completed one, where it ended.';
comment on column public.journey_sessions.version is
  'Grows when status, step, conversation or metadata change, for writers that must not overwrite each other; not with each checkpoint.';
comment on column public.journey_sessions.metadata is 'Context that the app keeps with it: a JSON object of at most 8 kB.';
comment on column public.journey_sessions.last_active_at is
  'Her last step, checkpoint or change. After 30 days without any, it is abandoned; that is no activity.';
comment on column public.journey_sessions.completed_at is 'When it was completed; null otherwise.';
comment on column public.journey_sessions.abandoned_at is 'When it was given up, by her or for lack of activity; null otherwise.';

-- Her lists: by the last activity, within a status, and those of one conversation or journey.
create index journey_sessions_by_activity_idx     on public.journey_sessions (user_id, last_active_at desc, id desc);
create index journey_sessions_by_creation_idx     on public.journey_sessions (user_id, created_at desc, id desc);
create index journey_sessions_by_status_idx       on public.journey_sessions (user_id, status, last_active_at desc, id desc);
create index journey_sessions_by_conversation_idx on public.journey_sessions (user_id, conversation_id);
create index journey_sessions_by_journey_idx      on public.journey_sessions (journey_id, user_id);
-- For the worker: those that nobody has touched for long.
create index journey_sessions_by_idleness_idx on public.journey_sessions (last_active_at)
  where status in ('active', 'paused');

create function private.journey_sessions_begin() returns trigger
  language plpgsql set search_path = ''
as $$
declare
  journey public.journeys;
begin
  -- Under the writer's own policies, which show her no drafts.
  select * into journey from public.journeys as known where known.id = new.journey_id;
  if not found then
    raise exception using errcode = 'CA404', message = 'There is no such journey.';
  end if;
  if not journey.is_active and new.status in ('active', 'paused') then
    raise exception using errcode = 'CA409', message = 'This journey is not offered any more.';
  end if;
  if new.current_step > jsonb_array_length(journey.steps) then
    raise exception using errcode = 'CA400',
      message = format('This journey has %s steps.', jsonb_array_length(journey.steps));
  end if;
  return new;
end
$$;
comment on function private.journey_sessions_begin is 'Before insert: the journey is there, is offered, and has such a step.';
create trigger t100_journey_sessions_begin before insert on public.journey_sessions
  for each row execute function private.journey_sessions_begin();

create function private.journey_sessions_change() returns trigger
  language plpgsql set search_path = ''
as $$
declare
  steps integer;
begin
  if (new.id, new.user_id, new.journey_id) is distinct from (old.id, old.user_id, old.journey_id) then
    raise exception using errcode = 'CA409', message = 'A journey session stays with its owner and its journey.';
  end if;
  if new.status <> old.status then
    if old.status in ('completed', 'abandoned') then
      raise exception using errcode = 'CA409',
        message = format('A journey session that is %s cannot become %s.', old.status, new.status);
    end if;
    new.completed_at := case when new.status = 'completed' then coalesce(new.completed_at, now()) end;
    new.abandoned_at := case when new.status = 'abandoned' then coalesce(new.abandoned_at, now()) end;
  end if;
  if new.current_step <> old.current_step then
    if old.status in ('completed', 'abandoned') then
      raise exception using errcode = 'CA409',
        message = format('A journey session that is %s goes no further.', old.status);
    end if;
    select jsonb_array_length(journey.steps) into steps
    from public.journeys as journey where journey.id = new.journey_id;
    if new.current_step > steps then
      raise exception using errcode = 'CA400', message = format('This journey has %s steps.', steps);
    end if;
  end if;
  -- Not when it is abandoned or its conversation goes: others do that, too.
  if old.status in ('active', 'paused')
     and new.status <> 'abandoned'
     and new.conversation_id is not distinct from old.conversation_id
     and new.last_active_at = old.last_active_at then
    new.last_active_at := now();
  end if;
  if (new.status, new.current_step, new.conversation_id, new.metadata)
     is distinct from (old.status, old.current_step, old.conversation_id, old.metadata) then
    new.version := old.version + 1;
  end if;
  new.updated_at := now();
  return new;
end
$$;
comment on function private.journey_sessions_change is
  'Before update: lets a status go only where it may, keeps the step within the journey, says when she was last active, '
  'and counts the version.';
create trigger t100_journey_sessions_change before update on public.journey_sessions
  for each row execute function private.journey_sessions_change();

create constraint trigger t900_journey_sessions_live after insert or update or delete on public.journey_sessions
  deferrable initially deferred
  for each row execute function private.live_record();

alter table public.journey_sessions enable row level security;
alter table public.journey_sessions force row level security;
create policy owner_select on public.journey_sessions for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.journey_sessions for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.journey_sessions for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.journey_sessions for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

-- The moments are not hers to say: the trigger sets them.
grant select, insert (id, journey_id, conversation_id, metadata), update (status, current_step, conversation_id, metadata), delete
  on public.journey_sessions to authenticated;

-- journeys_change -------------------------------------------------------------
-- Here, because it asks for sessions.

create function private.journeys_change() returns trigger
  language plpgsql set search_path = ''
as $$
declare
  kept boolean;
begin
  if not exists (select from public.journey_sessions as begun where begun.journey_id = old.id) then
    return new;
  end if;
  if old.is_published and not new.is_published then
    raise exception using errcode = 'CA409',
      message = 'A journey that somebody has begun stays published. Make it inactive, and it is not offered any more.';
  end if;
  if new.steps is distinct from old.steps and private.journey_steps_are_valid(new.steps) then
    select bool_and(before.step ->> 'id' is not distinct from new.steps -> (before.place - 1)::integer ->> 'id') into kept
    from jsonb_array_elements(old.steps) with ordinality as before (step, place);
    if not kept then
      raise exception using errcode = 'CA409',
        message = 'A journey that somebody has begun keeps the ids and the order of its steps. Make a new one.';
    end if;
  end if;
  return new;
end
$$;
comment on function private.journeys_change is
  'Before update: what people have begun stays readable, and their steps and checkpoints keep their meaning.';
create trigger t100_journeys_change before update on public.journeys
  for each row execute function private.journeys_change();

-- checkpoints -----------------------------------------------------------------

create table public.checkpoints (
  id                 uuid        primary key default private.uuid_v7(),
  user_id            uuid        not null default auth.uid(),
  journey_session_id uuid        not null,
  seq                integer     not null,
  step_id            text        not null,
  key                text        not null,
  value              jsonb       not null,
  created_at         timestamptz not null default now(),

  -- Also what finds the latest of a key.
  constraint checkpoints_seq_key unique (user_id, journey_session_id, seq),
  -- The only way to her: a journey session goes with its owner, and a checkpoint with its session.
  constraint checkpoints_journey_session_fkey foreign key (journey_session_id, user_id)
    references public.journey_sessions (id, user_id) on delete cascade,
  constraint checkpoints_key_is_a_short_word check (key ~ '^[A-Za-z][A-Za-z0-9_.-]{0,79}$'),
  constraint checkpoints_value_is_at_most_16_kb check (octet_length(value::text) <= 16384)
);

comment on table  public.checkpoints is
  'What was kept at a step of a journey session, such as an answer. Never changed: the same key again is a new one, and the latest counts.';
comment on column public.checkpoints.seq is 'Its place among those of its session, from 1, given out as they are stored; it never changes.';
comment on column public.checkpoints.step_id is 'The id of the journey''s step that it belongs to, which need not be the current one.';
comment on column public.checkpoints.key is 'What it is, such as `answer`; chosen by the app.';
comment on column public.checkpoints.value is 'Any JSON of at most 16 kB.';

create index checkpoints_by_key_idx on public.checkpoints (user_id, journey_session_id, key, seq desc);
create index checkpoints_by_creation_idx on public.checkpoints (user_id, created_at desc, id desc);

create function private.checkpoints_save() returns trigger
  language plpgsql set search_path = ''
as $$
declare
  session public.journey_sessions;
begin
  -- Finds it under the writer's own policies, locks it, so that numbers are given out one after the
  -- other, takes it up again if it was paused, and has journey_sessions_change say when she was active.
  update public.journey_sessions as saved
  set status = 'active'
  where saved.id = new.journey_session_id
    and saved.user_id = new.user_id
    and saved.status in ('active', 'paused')
  returning saved.* into session;
  if not found then
    select * into session
    from public.journey_sessions as ended
    where ended.id = new.journey_session_id and ended.user_id = new.user_id;
    if not found then
      raise exception using errcode = 'CA404', message = 'There is no such journey session, or it is not yours.';
    end if;
    raise exception using errcode = 'CA409',
      message = format('A journey session that is %s takes no more checkpoints.', session.status);
  end if;

  if not exists (
    select from public.journeys as journey
    where journey.id = session.journey_id
      and journey.steps @> jsonb_build_array(jsonb_build_object('id', new.step_id))
  ) then
    raise exception using errcode = 'CA400', message = 'This journey has no step with that id.';
  end if;

  select coalesce(max(earlier.seq), 0) + 1 into new.seq
  from public.checkpoints as earlier
  where earlier.user_id = new.user_id and earlier.journey_session_id = new.journey_session_id;
  return new;
end
$$;
comment on function private.checkpoints_save is
  'Before insert: the session goes on and has such a step; give the checkpoint its number, and count it as an activity.';
create trigger t100_checkpoints_save before insert on public.checkpoints
  for each row execute function private.checkpoints_save();

create function private.checkpoints_stay() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  raise exception using errcode = 'CA409', message = 'A checkpoint stays as it was saved. Save another.';
end
$$;
comment on function private.checkpoints_stay is 'Before update, by whomever: no.';
create trigger t100_checkpoints_stay before update on public.checkpoints
  for each row when (old.* is distinct from new.*)
  execute function private.checkpoints_stay();

create constraint trigger t900_checkpoints_live after insert or update or delete on public.checkpoints
  deferrable initially deferred
  for each row execute function private.live_record();

alter table public.checkpoints enable row level security;
alter table public.checkpoints force row level security;
create policy owner_select on public.checkpoints for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.checkpoints for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.checkpoints for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.checkpoints for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

grant select, insert (id, journey_session_id, step_id, key, value), delete on public.checkpoints to authenticated;

create function public.latest_checkpoints(journey_session_id uuid, key text default null) returns setof public.checkpoints
  language sql stable set search_path = ''
as $$
  select distinct on (saved.key) saved.*
  from public.checkpoints as saved
  where saved.user_id = (select auth.uid())
    and saved.journey_session_id = latest_checkpoints.journey_session_id
    and (latest_checkpoints.key is null or saved.key = latest_checkpoints.key)
  order by saved.key, saved.seq desc
$$;
comment on function public.latest_checkpoints is
  'What a journey session is resumed from: the latest checkpoint of each key, or of the one that is given. None when '
  'there are none, or the session is missing or another''s.';
grant execute on function public.latest_checkpoints to authenticated;

-- start_journey ---------------------------------------------------------------

create function public.start_journey(slug text, conversation_id uuid default null)
  returns setof public.journey_sessions
  language plpgsql volatile set search_path = ''
as $$
declare
  journey public.journeys;
  place uuid := start_journey.conversation_id;
  state public.conversation_status;
begin
  select * into journey from public.journeys as known where known.slug = start_journey.slug;
  if not found then
    raise exception using errcode = 'CA404', message = 'There is no such journey.';
  end if;
  if place is null then
    insert into public.conversations as conversation (title, kind)
    values (journey.name, 'guided')
    returning conversation.id into place;
  else
    select conversation.status into state from public.conversations as conversation where conversation.id = place;
    if not found then
      raise exception using errcode = 'CA404', message = 'There is no such conversation, or it is not yours.';
    elsif state in ('completed', 'archived') then
      raise exception using errcode = 'CA409', message = format('A conversation that is %s takes no more messages.', state);
    end if;
  end if;
  return query
    insert into public.journey_sessions as begun (journey_id, conversation_id)
    values (journey.id, place)
    returning begun.*;
end
$$;
comment on function public.start_journey is
  'Begin a journey at its first step, in a conversation of hers or, without one, in a new one of kind guided. CA404 when '
  'the journey or the conversation is missing or another''s, CA409 when the journey is not offered any more, or the conversation has ended.';
grant execute on function public.start_journey to authenticated;

-- advance_journey -------------------------------------------------------------

create function public.advance_journey(journey_session_id uuid, to_step integer default null)
  returns setof public.journey_sessions
  language plpgsql volatile set search_path = ''
as $$
declare
  session public.journey_sessions;
  steps integer;
  target integer;
begin
  select * into session
  from public.journey_sessions as walked
  where walked.id = advance_journey.journey_session_id
  for no key update;
  if not found then
    raise exception using errcode = 'CA404', message = 'There is no such journey session, or it is not yours.';
  end if;
  if session.status in ('completed', 'abandoned') then
    raise exception using errcode = 'CA409', message = format('A journey session that is %s goes no further.', session.status);
  end if;

  select jsonb_array_length(journey.steps) into steps
  from public.journeys as journey where journey.id = session.journey_id;
  target := coalesce(to_step, session.current_step + 1);
  if target < 1 or (to_step > steps) is true then
    raise exception using errcode = 'CA400', message = format('This journey has steps 1 to %s.', steps);
  end if;
  return query
    update public.journey_sessions as walked
    set current_step = least(target, steps),
        status = case when target > steps then 'completed' else 'active' end::public.journey_session_status
    where walked.id = session.id
    returning walked.*;
end
$$;
comment on function public.advance_journey is
  'Go to the next step, and from the last one to the end: then it is completed. Or to the step that is given, forward or '
  'back; that may be repeated by whoever is not sure of the first time. A paused session goes on. CA400 when there is no '
  'such step, CA409 when it has ended, CA404 when it is missing or another''s.';
grant execute on function public.advance_journey to authenticated;

-- journey_statistics ----------------------------------------------------------

create function public.journey_statistics()
  returns table (
    sessions bigint, journeys bigint, active bigint, paused bigint, completed bigint, abandoned bigint,
    checkpoints bigint, last_started_at timestamptz, last_active_at timestamptz
  )
  language sql stable set search_path = ''
as $$
  select
    count(*), count(distinct walked.journey_id),
    count(*) filter (where walked.status = 'active'),
    count(*) filter (where walked.status = 'paused'),
    count(*) filter (where walked.status = 'completed'),
    count(*) filter (where walked.status = 'abandoned'),
    (select count(*) from public.checkpoints as saved where saved.user_id = (select auth.uid())),
    max(walked.started_at), max(walked.last_active_at)
  from public.journey_sessions as walked
  where walked.user_id = (select auth.uid())
$$;
comment on function public.journey_statistics is
  'The caller''s own journey sessions, in numbers: how many, of how many journeys, in which state, with how many '
  'checkpoints; when the latest was begun, and when she was last active in one. The moments are null without any.';
grant execute on function public.journey_statistics to authenticated;

-- abandon_idle_journey_sessions -----------------------------------------------

create function private.abandon_idle_journey_sessions(idle interval default '30 days') returns integer
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  session record;
  abandoned integer := 0;
begin
  if idle is null or idle < interval '1 day' then
    raise exception using errcode = 'CA400', message = 'Nobody is idle within a day.';
  end if;
  for session in
    with idlers as materialized (
      select walked.id, walked.user_id
      from public.journey_sessions as walked
      where walked.status in ('active', 'paused') and walked.last_active_at < now() - idle
      order by walked.last_active_at
      limit 1000
      -- Whoever is just taking it up again wins.
      for update skip locked
    )
    -- By person: the commit locks each one's head of events in the order of these updates, so two
    -- workers cannot wait for each other.
    select idlers.id from idlers order by idlers.user_id, idlers.id
  loop
    update public.journey_sessions as walked set status = 'abandoned' where walked.id = session.id;
    abandoned := abandoned + 1;
  end loop;
  return abandoned;
end
$$;
comment on function private.abandon_idle_journey_sessions is
  'Abandon journey sessions, everybody''s, in which nothing has happened for so long, 1,000 at most; gives how many. '
  'Conversations stay as they are. CA400 for less than a day. For the worker.';
grant execute on function private.abandon_idle_journey_sessions to cairn_server;
