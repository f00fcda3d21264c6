-- Growth: what she values and wants, what she can do, and how far she has come.
--
-- The value compass comes first: a goal may say which value it serves, and a milestone which goal it
-- belongs to. Tools and strategies say when they help and when not, since the wrong one at the wrong
-- moment does harm.

set lock_timeout = '5s';
set statement_timeout = '60s';

create type public.goal_kind as enum ('therapeutic', 'personal');
create type public.goal_status as enum ('open', 'reached', 'dropped');
create type public.change_stage as enum ('precontemplation', 'contemplation', 'preparation', 'action', 'maintenance');
create type public.strength_kind as enum (
  'character', 'skill', 'knowledge', 'relationship', 'body', 'experience', 'means'
);
create type public.character_virtue as enum ('wisdom', 'courage', 'humanity', 'justice', 'temperance', 'transcendence');
create type public.role_model_kind as enum ('known_person', 'public_figure', 'ancestor', 'fictional', 'spiritual');
create type public.coping_kind as enum ('problem_focused', 'emotion_focused', 'meaning_focused', 'social', 'avoidant');
create type public.regulation_process as enum (
  'situation_selection', 'situation_modification', 'attention', 'reappraisal', 'response_modulation',
  'acceptance'
);
create type public.regulation_channel as enum (
  'breath', 'body', 'senses', 'movement', 'thought', 'imagery', 'sound', 'contact'
);
create type public.regulation_effect as enum ('calms', 'grounds', 'lifts');

comment on type public.goal_kind is 'Whether a goal belongs to a therapy or to life at large.';
comment on type public.goal_status is 'An open goal is reached or dropped; either may be opened again.';
comment on type public.change_stage is
  'How ready she is for a change, in ascending order: the stages of Prochaska and DiClemente (1983).';
comment on type public.strength_kind is 'What kind of strength or resource it is.';
comment on type public.character_virtue is
  'The six virtues of Peterson and Seligman (2004), which the VIA strengths belong to.';
comment on type public.role_model_kind is 'Where a role model comes from.';
comment on type public.coping_kind is
  'How a tool copes, after Lazarus and Folkman; avoidance is one, too, and not always the worst.';
comment on type public.regulation_process is
  'Where a strategy takes hold of a feeling: the process model of Gross (1998), and acceptance.';
comment on type public.regulation_channel is 'What a strategy works with.';
comment on type public.regulation_effect is
  'Where a strategy leads: down from too much, back to here and now, or up from too little.';

-- user_value_compass ----------------------------------------------------------

create table public.user_value_compass (
  id                uuid        primary key default private.uuid_v7(),
  user_id           uuid        not null default auth.uid() references public.users on delete cascade,
  name              text        not null,
  domain            public.life_domain not null,
  importance        smallint    not null,
  lived             smallint    not null,
  description       text,
  obstacles         text,
  small_step        text,
  origin            public.entry_origin not null default private.writer(),
  is_confirmed      boolean     not null default (private.actor() is null),
  confidence        double precision,
  source_message_id uuid,
  version           integer     not null default 1,
  created_at        timestamptz not null default now(),
  updated_at        timestamptz not null default now(),

  constraint user_value_compass_owner_key unique (id, user_id),
  constraint user_value_compass_source_message_fkey foreign key (source_message_id, user_id)
    references public.messages (id, user_id) on delete set null (source_message_id),
  constraint user_value_compass_name_has_1_to_200_characters check (name ~ '\S' and length(name) <= 200),
  constraint user_value_compass_texts_are_at_most_2000_characters
    check (greatest(length(description), length(obstacles), length(small_step)) <= 2000),
  constraint user_value_compass_scales_are_between_0_and_10
    check (importance between 0 and 10 and lived between 0 and 10),
  constraint user_value_compass_confidence_is_between_0_and_1 check (confidence between 0 and 1),
  constraint user_value_compass_hers_are_confirmed_and_certain
    check (origin <> 'user' or (is_confirmed and confidence is null))
);

comment on table  public.user_value_compass is
  'What matters to her and how far she lives it, after the Valued Living Questionnaire of acceptance and commitment '
  'therapy (Wilson and others, 2010), which asks both for ten domains of life.';
comment on column public.user_value_compass.name is 'The value in her own words, such as “being there for Lea”.';
comment on column public.user_value_compass.importance is 'How much it matters to her, 0 to 10.';
comment on column public.user_value_compass.lived is 'How far she lived it in the past week, 0 to 10.';
comment on column public.user_value_compass.description is 'Who she wants to be there.';
comment on column public.user_value_compass.small_step is 'What she could do this week.';
comment on column public.user_value_compass.origin is 'Who wrote it; the server says so.';
comment on column public.user_value_compass.is_confirmed is 'False while what was inferred waits for her word.';
comment on column public.user_value_compass.confidence is
  '0 to 1, how sure the server was; null when she said it herself.';
comment on column public.user_value_compass.source_message_id is
  'The message it was drawn from; null without one, or when that was deleted.';

create index user_value_compass_by_change_idx on public.user_value_compass (user_id, updated_at desc, id desc);
create index user_value_compass_by_source_idx on public.user_value_compass (user_id, source_message_id);

-- No agent and no pipeline confirms what was inferred, or says that it was she.
create trigger t060_user_value_compass_only_herself before update of is_confirmed on public.user_value_compass
  for each row when (new.is_confirmed and not old.is_confirmed) execute function private.only_herself();
create trigger t060_user_value_compass_only_herself_insert before insert on public.user_value_compass
  for each row when (new.is_confirmed or new.origin = 'user') execute function private.only_herself();
create trigger t900_user_value_compass_version before update on public.user_value_compass
  for each row execute function private.count_version();
create constraint trigger t900_user_value_compass_live after insert or update or delete on public.user_value_compass
  deferrable initially deferred
  for each row execute function private.live_record();

alter table public.user_value_compass enable row level security;
alter table public.user_value_compass force row level security;
create policy owner_select on public.user_value_compass for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.user_value_compass for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.user_value_compass for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.user_value_compass for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

grant
  select,
  insert (id, name, domain, importance, lived, description, obstacles, small_step),
  update (name, domain, importance, lived, description, obstacles, small_step, is_confirmed),
  delete
  on public.user_value_compass to authenticated;
grant insert (origin, is_confirmed, confidence, source_message_id), update (confidence, source_message_id)
  on public.user_value_compass to cairn_server;

create function public.value_gap(importance smallint, lived smallint) returns integer
  language sql immutable strict parallel safe set search_path = ''
as $$
  select importance - lived
$$;
comment on function public.value_gap is
  'Importance less lived, -10 to 10: where the compass points to; below 0 where she does more than matters to her.';
grant execute on function public.value_gap to authenticated;

-- user_goals ------------------------------------------------------------------

create table public.user_goals (
  id                uuid        primary key default private.uuid_v7(),
  user_id           uuid        not null default auth.uid() references public.users on delete cascade,
  value_id          uuid,
  title             text        not null,
  description       text,
  kind              public.goal_kind   not null default 'personal',
  domain            public.life_domain,
  status            public.goal_status not null default 'open',
  progress          smallint    not null default 0,
  importance        smallint,
  self_efficacy     smallint,
  measure           text,
  next_step         text,
  obstacles         text,
  closing_note      text,
  started_on        date,
  target_on         date,
  closed_at         timestamptz,
  origin            public.entry_origin not null default private.writer(),
  is_confirmed      boolean     not null default (private.actor() is null),
  confidence        double precision,
  source_message_id uuid,
  version           integer     not null default 1,
  created_at        timestamptz not null default now(),
  updated_at        timestamptz not null default now(),

  constraint user_goals_owner_key unique (id, user_id),
  constraint user_goals_value_fkey foreign key (value_id, user_id)
    references public.user_value_compass (id, user_id) on delete set null (value_id),
  constraint user_goals_source_message_fkey foreign key (source_message_id, user_id)
    references public.messages (id, user_id) on delete set null (source_message_id),
  constraint user_goals_title_has_1_to_200_characters check (title ~ '\S' and length(title) <= 200),
  constraint user_goals_texts_are_at_most_2000_characters
    check (greatest(
      length(description), length(measure), length(next_step), length(obstacles), length(closing_note)
    ) <= 2000),
  constraint user_goals_scales_are_between_0_and_10
    check (importance between 0 and 10 and self_efficacy between 0 and 10),
  constraint user_goals_progress_is_between_0_and_100 check (progress between 0 and 100),
  constraint user_goals_dates_are_in_order check (target_on >= started_on),
  constraint user_goals_open_ones_are_not_closed check ((status = 'open') = (closed_at is null)),
  constraint user_goals_confidence_is_between_0_and_1 check (confidence between 0 and 1),
  constraint user_goals_hers_are_confirmed_and_certain check (origin <> 'user' or (is_confirmed and confidence is null))
);

comment on table  public.user_goals is 'What she wants to reach.';
comment on column public.user_goals.value_id is 'The value that it serves; null without one.';
comment on column public.user_goals.domain is 'Null when it is about more than one.';
comment on column public.user_goals.progress is
  '0 to 100, in her own eyes; a goal may be reached at less, when that turns out to be enough.';
comment on column public.user_goals.importance is 'How much it matters to her, 0 to 10.';
comment on column public.user_goals.self_efficacy is 'How sure she is that she can, 0 to 10.';
comment on column public.user_goals.measure is 'How she will know.';
comment on column public.user_goals.closing_note is 'What she says of its end.';
comment on column public.user_goals.target_on is 'By when; null without a date.';
comment on column public.user_goals.closed_at is 'When it was reached or dropped; null while it is open.';
comment on column public.user_goals.origin is 'Who wrote it; the server says so.';
comment on column public.user_goals.is_confirmed is 'False while what was inferred waits for her word.';
comment on column public.user_goals.confidence is '0 to 1, how sure the server was; null when she said it herself.';
comment on column public.user_goals.source_message_id is
  'The message it was drawn from; null without one, or when that was deleted.';

create index user_goals_by_change_idx on public.user_goals (user_id, updated_at desc, id desc);
create index user_goals_by_status_idx on public.user_goals (user_id, status, updated_at desc, id desc);
create index user_goals_by_value_idx  on public.user_goals (user_id, value_id);
create index user_goals_by_source_idx on public.user_goals (user_id, source_message_id);

create function private.user_goals_change() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  if tg_op = 'INSERT' then
    -- One that was reached before it was written down is closed from the start.
    new.closed_at := case when new.status <> 'open' then coalesce(new.closed_at, now()) end;
  elsif new.status <> old.status then
    if old.status <> 'open' and new.status <> 'open' then
      raise exception using errcode = 'CA409',
        message = format('A goal that is %s cannot become %s; open it again first.', old.status, new.status);
    end if;
    new.closed_at := case when new.status <> 'open' then now() end;
  end if;
  return new;
end
$$;
comment on function private.user_goals_change is
  'Before insert or update: lets a status go only where it may, and says when a goal was closed.';
create trigger t100_user_goals_change before insert or update on public.user_goals
  for each row execute function private.user_goals_change();

-- No agent and no pipeline confirms what was inferred, or says that it was she.
create trigger t060_user_goals_only_herself before update of is_confirmed on public.user_goals
  for each row when (new.is_confirmed and not old.is_confirmed) execute function private.only_herself();
create trigger t060_user_goals_only_herself_insert before insert on public.user_goals
  for each row when (new.is_confirmed or new.origin = 'user') execute function private.only_herself();
create trigger t900_user_goals_version before update on public.user_goals
  for each row execute function private.count_version();
create constraint trigger t900_user_goals_live after insert or update or delete on public.user_goals
  deferrable initially deferred
  for each row execute function private.live_record();

alter table public.user_goals enable row level security;
alter table public.user_goals force row level security;
create policy owner_select on public.user_goals for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.user_goals for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.user_goals for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.user_goals for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

grant
  select,
  insert (
    id, value_id, title, description, kind, domain, status, progress, importance, self_efficacy, measure,
    next_step, obstacles, closing_note, started_on, target_on
  ),
  update (
    value_id, title, description, kind, domain, status, progress, importance, self_efficacy, measure, next_step,
    obstacles, closing_note, started_on, target_on, is_confirmed
  ),
  delete
  on public.user_goals to authenticated;
grant insert (origin, is_confirmed, confidence, source_message_id), update (confidence, source_message_id)
  on public.user_goals to cairn_server;

-- user_growth_milestones ------------------------------------------------------

create table public.user_growth_milestones (
  id                    uuid        primary key default private.uuid_v7(),
  user_id               uuid        not null default auth.uid() references public.users on delete cascade,
  goal_id               uuid,
  title                 text        not null,
  description           text,
  domain                public.life_domain,
  achieved_on           date        not null default current_date,
  significance          smallint,
  what_made_it_possible text,
  feeling               text,
  celebration           text,
  origin                public.entry_origin not null default private.writer(),
  is_confirmed          boolean     not null default (private.actor() is null),
  confidence            double precision,
  source_message_id     uuid,
  version               integer     not null default 1,
  created_at            timestamptz not null default now(),
  updated_at            timestamptz not null default now(),

  constraint user_growth_milestones_goal_fkey foreign key (goal_id, user_id)
    references public.user_goals (id, user_id) on delete set null (goal_id),
  constraint user_growth_milestones_source_message_fkey foreign key (source_message_id, user_id)
    references public.messages (id, user_id) on delete set null (source_message_id),
  constraint user_growth_milestones_title_has_1_to_200_characters check (title ~ '\S' and length(title) <= 200),
  constraint user_growth_milestones_texts_are_at_most_2000_characters
    check (greatest(
      length(description), length(what_made_it_possible), length(feeling), length(celebration)
    ) <= 2000),
  constraint user_growth_milestones_significance_is_between_0_and_10 check (significance between 0 and 10),
  constraint user_growth_milestones_confidence_is_between_0_and_1 check (confidence between 0 and 1),
  constraint user_growth_milestones_hers_are_confirmed_and_certain
    check (origin <> 'user' or (is_confirmed and confidence is null))
);

comment on table  public.user_growth_milestones is
  'A step that she has taken, large or small, so that a hard day can be told of it.';
comment on column public.user_growth_milestones.goal_id is 'The goal that it belongs to; null without one.';
comment on column public.user_growth_milestones.domain is 'Null when it is about more than one.';
comment on column public.user_growth_milestones.significance is 'How much it means to her, 0 to 10.';
comment on column public.user_growth_milestones.feeling is 'How it felt.';
comment on column public.user_growth_milestones.celebration is 'How she celebrated it; null when nobody has yet.';
comment on column public.user_growth_milestones.origin is 'Who wrote it; the server says so.';
comment on column public.user_growth_milestones.is_confirmed is 'False while what was inferred waits for her word.';
comment on column public.user_growth_milestones.confidence is
  '0 to 1, how sure the server was; null when she said it herself.';
comment on column public.user_growth_milestones.source_message_id is
  'The message it was drawn from; null without one, or when that was deleted.';

create index user_growth_milestones_by_achieved_idx on public.user_growth_milestones (user_id, achieved_on desc, id desc);
create index user_growth_milestones_by_goal_idx     on public.user_growth_milestones (user_id, goal_id);
create index user_growth_milestones_by_source_idx   on public.user_growth_milestones (user_id, source_message_id);

-- No agent and no pipeline confirms what was inferred, or says that it was she.
create trigger t060_user_growth_milestones_only_herself before update of is_confirmed on public.user_growth_milestones
  for each row when (new.is_confirmed and not old.is_confirmed) execute function private.only_herself();
create trigger t060_user_growth_milestones_only_herself_insert before insert on public.user_growth_milestones
  for each row when (new.is_confirmed or new.origin = 'user') execute function private.only_herself();
create trigger t900_user_growth_milestones_version before update on public.user_growth_milestones
  for each row execute function private.count_version();
create constraint trigger t900_user_growth_milestones_live
  after insert or update or delete on public.user_growth_milestones
  deferrable initially deferred
  for each row execute function private.live_record();

alter table public.user_growth_milestones enable row level security;
alter table public.user_growth_milestones force row level security;
create policy owner_select on public.user_growth_milestones for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.user_growth_milestones for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.user_growth_milestones for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.user_growth_milestones for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

grant
  select,
  insert (
    id, goal_id, title, description, domain, achieved_on, significance, what_made_it_possible, feeling,
    celebration
  ),
  update (
    goal_id, title, description, domain, achieved_on, significance, what_made_it_possible, feeling, celebration,
    is_confirmed
  ),
  delete
  on public.user_growth_milestones to authenticated;
grant insert (origin, is_confirmed, confidence, source_message_id), update (confidence, source_message_id)
  on public.user_growth_milestones to cairn_server;

-- user_growth_opportunities ---------------------------------------------------

create table public.user_growth_opportunities (
  id                uuid        primary key default private.uuid_v7(),
  user_id           uuid        not null default auth.uid() references public.users on delete cascade,
  name              text        not null,
  description       text,
  domain            public.life_domain,
  stage             public.change_stage not null default 'contemplation',
  current_level     smallint,
  desired_level     smallint,
  importance        smallint,
  first_step        text,
  obstacles         text,
  support           text,
  evidence          text,
  origin            public.entry_origin not null default private.writer(),
  is_confirmed      boolean     not null default (private.actor() is null),
  confidence        double precision,
  source_message_id uuid,
  version           integer     not null default 1,
  created_at        timestamptz not null default now(),
  updated_at        timestamptz not null default now(),

  constraint user_growth_opportunities_source_message_fkey foreign key (source_message_id, user_id)
    references public.messages (id, user_id) on delete set null (source_message_id),
  constraint user_growth_opportunities_name_has_1_to_200_characters check (name ~ '\S' and length(name) <= 200),
  constraint user_growth_opportunities_texts_are_at_most_2000_characters
    check (greatest(
      length(description), length(first_step), length(obstacles), length(support), length(evidence)
    ) <= 2000),
  constraint user_growth_opportunities_scales_are_between_0_and_10
    check (current_level between 0 and 10 and desired_level between 0 and 10 and importance between 0 and 10),
  constraint user_growth_opportunities_confidence_is_between_0_and_1 check (confidence between 0 and 1),
  constraint user_growth_opportunities_hers_are_confirmed_and_certain
    check (origin <> 'user' or (is_confirmed and confidence is null))
);

comment on table  public.user_growth_opportunities is 'Where she could grow, if she wants to; an offer, not a fault.';
comment on column public.user_growth_opportunities.domain is 'Null when it is about more than one.';
comment on column public.user_growth_opportunities.stage is 'How ready she is.';
comment on column public.user_growth_opportunities.current_level is 'Where she sees herself, 0 to 10.';
comment on column public.user_growth_opportunities.desired_level is 'Where she would like to be, 0 to 10.';
comment on column public.user_growth_opportunities.importance is 'How much it matters to her, 0 to 10.';
comment on column public.user_growth_opportunities.support is 'What or who would help.';
comment on column public.user_growth_opportunities.evidence is 'Where it was seen.';
comment on column public.user_growth_opportunities.origin is 'Who wrote it; the server says so.';
comment on column public.user_growth_opportunities.is_confirmed is 'False while what was inferred waits for her word.';
comment on column public.user_growth_opportunities.confidence is
  '0 to 1, how sure the server was; null when she said it herself.';
comment on column public.user_growth_opportunities.source_message_id is
  'The message it was drawn from; null without one, or when that was deleted.';

create index user_growth_opportunities_by_change_idx on public.user_growth_opportunities (user_id, updated_at desc, id desc);
create index user_growth_opportunities_by_source_idx on public.user_growth_opportunities (user_id, source_message_id);

-- No agent and no pipeline confirms what was inferred, or says that it was she.
create trigger t060_user_growth_opportunities_only_herself before update of is_confirmed on public.user_growth_opportunities
  for each row when (new.is_confirmed and not old.is_confirmed) execute function private.only_herself();
create trigger t060_user_growth_opportunities_only_herself_insert before insert on public.user_growth_opportunities
  for each row when (new.is_confirmed or new.origin = 'user') execute function private.only_herself();
create trigger t900_user_growth_opportunities_version before update on public.user_growth_opportunities
  for each row execute function private.count_version();
create constraint trigger t900_user_growth_opportunities_live
  after insert or update or delete on public.user_growth_opportunities
  deferrable initially deferred
  for each row execute function private.live_record();

alter table public.user_growth_opportunities enable row level security;
alter table public.user_growth_opportunities force row level security;
create policy owner_select on public.user_growth_opportunities for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.user_growth_opportunities for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.user_growth_opportunities for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.user_growth_opportunities for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

grant
  select,
  insert (
    id, name, description, domain, stage, current_level, desired_level, importance, first_step, obstacles,
    support, evidence
  ),
  update (
    name, description, domain, stage, current_level, desired_level, importance, first_step, obstacles, support,
    evidence, is_confirmed
  ),
  delete
  on public.user_growth_opportunities to authenticated;
grant insert (origin, is_confirmed, confidence, source_message_id), update (confidence, source_message_id)
  on public.user_growth_opportunities to cairn_server;

-- user_strengths --------------------------------------------------------------

create table public.user_strengths (
  id                uuid        primary key default private.uuid_v7(),
  user_id           uuid        not null default auth.uid() references public.users on delete cascade,
  name              text        not null,
  kind              public.strength_kind    not null default 'character',
  virtue            public.character_virtue,
  is_signature      boolean     not null default false,
  strength          smallint    not null default 5,
  in_use            smallint,
  how_it_shows      text,
  evidence          text,
  helps_with        text,
  last_seen_on      date,
  origin            public.entry_origin not null default private.writer(),
  is_confirmed      boolean     not null default (private.actor() is null),
  confidence        double precision,
  source_message_id uuid,
  version           integer     not null default 1,
  created_at        timestamptz not null default now(),
  updated_at        timestamptz not null default now(),

  constraint user_strengths_source_message_fkey foreign key (source_message_id, user_id)
    references public.messages (id, user_id) on delete set null (source_message_id),
  constraint user_strengths_name_has_1_to_200_characters check (name ~ '\S' and length(name) <= 200),
  constraint user_strengths_texts_are_at_most_2000_characters
    check (greatest(length(how_it_shows), length(evidence), length(helps_with)) <= 2000),
  constraint user_strengths_scales_are_between_0_and_10 check (strength between 0 and 10 and in_use between 0 and 10),
  constraint user_strengths_virtues_are_strengths_of_character check (virtue is null or kind = 'character'),
  constraint user_strengths_confidence_is_between_0_and_1 check (confidence between 0 and 1),
  constraint user_strengths_hers_are_confirmed_and_certain
    check (origin <> 'user' or (is_confirmed and confidence is null))
);

comment on table  public.user_strengths is 'A strength or resource of hers, with a time when it showed.';
comment on column public.user_strengths.virtue is 'For strengths of character; null for others.';
comment on column public.user_strengths.is_signature is 'One of the few without which she would not be herself.';
comment on column public.user_strengths.strength is 'How strong it is, 0 to 10.';
comment on column public.user_strengths.in_use is 'How much she lives it now, 0 to 10.';
comment on column public.user_strengths.evidence is 'A time when it showed.';
comment on column public.user_strengths.helps_with is 'What it could be used for.';
comment on column public.user_strengths.origin is 'Who wrote it; the server says so.';
comment on column public.user_strengths.is_confirmed is 'False while what was inferred waits for her word.';
comment on column public.user_strengths.confidence is '0 to 1, how sure the server was; null when she said it herself.';
comment on column public.user_strengths.source_message_id is
  'The message it was drawn from; null without one, or when that was deleted.';

create index user_strengths_by_change_idx on public.user_strengths (user_id, updated_at desc, id desc);
create index user_strengths_by_source_idx on public.user_strengths (user_id, source_message_id);

-- No agent and no pipeline confirms what was inferred, or says that it was she.
create trigger t060_user_strengths_only_herself before update of is_confirmed on public.user_strengths
  for each row when (new.is_confirmed and not old.is_confirmed) execute function private.only_herself();
create trigger t060_user_strengths_only_herself_insert before insert on public.user_strengths
  for each row when (new.is_confirmed or new.origin = 'user') execute function private.only_herself();
create trigger t900_user_strengths_version before update on public.user_strengths
  for each row execute function private.count_version();
create constraint trigger t900_user_strengths_live after insert or update or delete on public.user_strengths
  deferrable initially deferred
  for each row execute function private.live_record();

alter table public.user_strengths enable row level security;
alter table public.user_strengths force row level security;
create policy owner_select on public.user_strengths for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.user_strengths for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.user_strengths for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.user_strengths for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

grant
  select,
  insert (
    id, name, kind, virtue, is_signature, strength, in_use, how_it_shows, evidence, helps_with, last_seen_on
  ),
  update (
    name, kind, virtue, is_signature, strength, in_use, how_it_shows, evidence, helps_with, last_seen_on,
    is_confirmed
  ),
  delete
  on public.user_strengths to authenticated;
grant insert (origin, is_confirmed, confidence, source_message_id), update (confidence, source_message_id)
  on public.user_strengths to cairn_server;

-- user_role_model_traits ------------------------------------------------------

create table public.user_role_model_traits (
  id                uuid        primary key default private.uuid_v7(),
  user_id           uuid        not null default auth.uid() references public.users on delete cascade,
  person_id         uuid,
  trait             text        not null,
  role_model        text,
  role_model_kind   public.role_model_kind,
  why_admired       text,
  example           text,
  in_herself        smallint,
  how_to_practise   text,
  origin            public.entry_origin not null default private.writer(),
  is_confirmed      boolean     not null default (private.actor() is null),
  confidence        double precision,
  source_message_id uuid,
  version           integer     not null default 1,
  created_at        timestamptz not null default now(),
  updated_at        timestamptz not null default now(),

  constraint user_role_model_traits_person_fkey foreign key (person_id, user_id)
    references public.user_people (id, user_id) on delete set null (person_id),
  constraint user_role_model_traits_source_message_fkey foreign key (source_message_id, user_id)
    references public.messages (id, user_id) on delete set null (source_message_id),
  constraint user_role_model_traits_trait_has_1_to_200_characters check (trait ~ '\S' and length(trait) <= 200),
  constraint user_role_model_traits_texts_are_at_most_2000_characters
    check (greatest(length(role_model), length(why_admired), length(example), length(how_to_practise)) <= 2000),
  constraint user_role_model_traits_in_herself_is_between_0_and_10 check (in_herself between 0 and 10),
  constraint user_role_model_traits_confidence_is_between_0_and_1 check (confidence between 0 and 1),
  constraint user_role_model_traits_hers_are_confirmed_and_certain
    check (origin <> 'user' or (is_confirmed and confidence is null))
);

comment on table  public.user_role_model_traits is
  'A trait that she admires in somebody, and would like to see in herself. The role model may be a third party.';
comment on column public.user_role_model_traits.person_id is 'The role model, when it is one of her people.';
comment on column public.user_role_model_traits.role_model is
  'Who shows it, in her words; null when she would rather not say.';
comment on column public.user_role_model_traits.example is 'A moment that shows it.';
comment on column public.user_role_model_traits.in_herself is 'How much of it she sees in herself, 0 to 10.';
comment on column public.user_role_model_traits.origin is 'Who wrote it; the server says so.';
comment on column public.user_role_model_traits.is_confirmed is 'False while what was inferred waits for her word.';
comment on column public.user_role_model_traits.confidence is
  '0 to 1, how sure the server was; null when she said it herself.';
comment on column public.user_role_model_traits.source_message_id is
  'The message it was drawn from; null without one, or when that was deleted.';

create index user_role_model_traits_by_change_idx on public.user_role_model_traits (user_id, updated_at desc, id desc);
create index user_role_model_traits_by_person_idx on public.user_role_model_traits (user_id, person_id);
create index user_role_model_traits_by_source_idx on public.user_role_model_traits (user_id, source_message_id);

-- No agent and no pipeline confirms what was inferred, or says that it was she.
create trigger t060_user_role_model_traits_only_herself before update of is_confirmed on public.user_role_model_traits
  for each row when (new.is_confirmed and not old.is_confirmed) execute function private.only_herself();
create trigger t060_user_role_model_traits_only_herself_insert before insert on public.user_role_model_traits
  for each row when (new.is_confirmed or new.origin = 'user') execute function private.only_herself();
create trigger t900_user_role_model_traits_version before update on public.user_role_model_traits
  for each row execute function private.count_version();
create constraint trigger t900_user_role_model_traits_live
  after insert or update or delete on public.user_role_model_traits
  deferrable initially deferred
  for each row execute function private.live_record();

alter table public.user_role_model_traits enable row level security;
alter table public.user_role_model_traits force row level security;
create policy owner_select on public.user_role_model_traits for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.user_role_model_traits for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.user_role_model_traits for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.user_role_model_traits for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

grant
  select,
  insert (
    id, person_id, trait, role_model, role_model_kind, why_admired, example, in_herself, how_to_practise
  ),
  update (
    person_id, trait, role_model, role_model_kind, why_admired, example, in_herself, how_to_practise,
    is_confirmed
  ),
  delete
  on public.user_role_model_traits to authenticated;
grant insert (origin, is_confirmed, confidence, source_message_id), update (confidence, source_message_id)
  on public.user_role_model_traits to cairn_server;

-- user_coping_tools -----------------------------------------------------------

create table public.user_coping_tools (
  id                uuid        primary key default private.uuid_v7(),
  user_id           uuid        not null default auth.uid() references public.users on delete cascade,
  name              text        not null,
  kind              public.coping_kind not null default 'emotion_focused',
  description       text,
  used_for          text[]      not null default '{}',
  effectiveness     smallint,
  helps_later       boolean,
  cost              text,
  is_for_crisis     boolean     not null default false,
  takes_minutes     integer,
  frequency         public.occurrence_frequency,
  learned_from      text,
  last_used_on      date,
  origin            public.entry_origin not null default private.writer(),
  is_confirmed      boolean     not null default (private.actor() is null),
  confidence        double precision,
  source_message_id uuid,
  version           integer     not null default 1,
  created_at        timestamptz not null default now(),
  updated_at        timestamptz not null default now(),

  constraint user_coping_tools_source_message_fkey foreign key (source_message_id, user_id)
    references public.messages (id, user_id) on delete set null (source_message_id),
  constraint user_coping_tools_name_has_1_to_200_characters check (name ~ '\S' and length(name) <= 200),
  constraint user_coping_tools_texts_are_at_most_2000_characters
    check (greatest(length(description), length(cost), length(learned_from)) <= 2000),
  constraint user_coping_tools_used_for_are_a_short_list check (private.is_short_list(used_for)),
  constraint user_coping_tools_effectiveness_is_between_0_and_10 check (effectiveness between 0 and 10),
  constraint user_coping_tools_takes_minutes_is_within_a_day check (takes_minutes between 0 and 1440),
  constraint user_coping_tools_crisis_ones_do_no_harm_later
    check (not is_for_crisis or helps_later is distinct from false),
  constraint user_coping_tools_confidence_is_between_0_and_1 check (confidence between 0 and 1),
  constraint user_coping_tools_hers_are_confirmed_and_certain
    check (origin <> 'user' or (is_confirmed and confidence is null))
);

comment on table  public.user_coping_tools is
  'What she does to get through hard moments, what it does for her and what it costs.';
comment on column public.user_coping_tools.used_for is 'When she reaches for it.';
comment on column public.user_coping_tools.effectiveness is 'How much it helps at once, 0 to 10.';
comment on column public.user_coping_tools.helps_later is
  'It still does her good the next day; null when she does not know.';
comment on column public.user_coping_tools.cost is 'What it costs her; null when nothing.';
comment on column public.user_coping_tools.is_for_crisis is 'Safe and at hand: may be offered when she is in a crisis.';
comment on column public.user_coping_tools.frequency is 'How often she uses it.';
comment on column public.user_coping_tools.origin is 'Who wrote it; the server says so.';
comment on column public.user_coping_tools.is_confirmed is 'False while what was inferred waits for her word.';
comment on column public.user_coping_tools.confidence is
  '0 to 1, how sure the server was; null when she said it herself.';
comment on column public.user_coping_tools.source_message_id is
  'The message it was drawn from; null without one, or when that was deleted.';

create index user_coping_tools_by_change_idx on public.user_coping_tools (user_id, updated_at desc, id desc);
create index user_coping_tools_by_source_idx on public.user_coping_tools (user_id, source_message_id);

-- No agent and no pipeline confirms what was inferred, or says that it was she.
create trigger t060_user_coping_tools_only_herself before update of is_confirmed on public.user_coping_tools
  for each row when (new.is_confirmed and not old.is_confirmed) execute function private.only_herself();
create trigger t060_user_coping_tools_only_herself_insert before insert on public.user_coping_tools
  for each row when (new.is_confirmed or new.origin = 'user') execute function private.only_herself();
create trigger t900_user_coping_tools_version before update on public.user_coping_tools
  for each row execute function private.count_version();
create constraint trigger t900_user_coping_tools_live after insert or update or delete on public.user_coping_tools
  deferrable initially deferred
  for each row execute function private.live_record();

alter table public.user_coping_tools enable row level security;
alter table public.user_coping_tools force row level security;
create policy owner_select on public.user_coping_tools for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.user_coping_tools for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.user_coping_tools for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.user_coping_tools for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

grant
  select,
  insert (
    id, name, kind, description, used_for, effectiveness, helps_later, cost, is_for_crisis, takes_minutes,
    frequency, learned_from, last_used_on
  ),
  update (
    name, kind, description, used_for, effectiveness, helps_later, cost, is_for_crisis, takes_minutes,
    frequency, learned_from, last_used_on, is_confirmed
  ),
  delete
  on public.user_coping_tools to authenticated;
grant insert (origin, is_confirmed, confidence, source_message_id), update (confidence, source_message_id)
  on public.user_coping_tools to cairn_server;

-- user_regulation_strategies --------------------------------------------------

create table public.user_regulation_strategies (
  id                   uuid        primary key default private.uuid_v7(),
  user_id              uuid        not null default auth.uid() references public.users on delete cascade,
  name                 text        not null,
  process              public.regulation_process,
  channel              public.regulation_channel not null default 'breath',
  effect               public.regulation_effect  not null default 'calms',
  steps                text,
  effectiveness        smallint,
  works_up_to          smallint,
  works_within_minutes integer,
  not_when             text,
  frequency            public.occurrence_frequency,
  last_used_on         date,
  origin               public.entry_origin not null default private.writer(),
  is_confirmed         boolean     not null default (private.actor() is null),
  confidence           double precision,
  source_message_id    uuid,
  version              integer     not null default 1,
  created_at           timestamptz not null default now(),
  updated_at           timestamptz not null default now(),

  constraint user_regulation_strategies_source_message_fkey foreign key (source_message_id, user_id)
    references public.messages (id, user_id) on delete set null (source_message_id),
  constraint user_regulation_strategies_name_has_1_to_200_characters check (name ~ '\S' and length(name) <= 200),
  constraint user_regulation_strategies_texts_are_at_most_2000_characters
    check (greatest(length(steps), length(not_when)) <= 2000),
  constraint user_regulation_strategies_scales_are_between_0_and_10
    check (effectiveness between 0 and 10 and works_up_to between 0 and 10),
  constraint user_regulation_strategies_works_within_a_day check (works_within_minutes between 0 and 1440),
  constraint user_regulation_strategies_confidence_is_between_0_and_1 check (confidence between 0 and 1),
  constraint user_regulation_strategies_hers_are_confirmed_and_certain
    check (origin <> 'user' or (is_confirmed and confidence is null))
);

comment on table  public.user_regulation_strategies is
  'How she changes a feeling while it is there: with what, up to which intensity, and when not.';
comment on column public.user_regulation_strategies.process is 'Null when she has not thought about it.';
comment on column public.user_regulation_strategies.steps is 'How it is done, in her words.';
comment on column public.user_regulation_strategies.effectiveness is 'How much it helps, 0 to 10.';
comment on column public.user_regulation_strategies.works_up_to is
  'The highest intensity of a feeling at which it still works, 0 to 10.';
comment on column public.user_regulation_strategies.not_when is
  'When it does harm; breathing exercises, say, in a panic.';
comment on column public.user_regulation_strategies.frequency is 'How often she uses it.';
comment on column public.user_regulation_strategies.origin is 'Who wrote it; the server says so.';
comment on column public.user_regulation_strategies.is_confirmed is 'False while what was inferred waits for her word.';
comment on column public.user_regulation_strategies.confidence is
  '0 to 1, how sure the server was; null when she said it herself.';
comment on column public.user_regulation_strategies.source_message_id is
  'The message it was drawn from; null without one, or when that was deleted.';

create index user_regulation_strategies_by_change_idx on public.user_regulation_strategies (user_id, updated_at desc, id desc);
create index user_regulation_strategies_by_source_idx on public.user_regulation_strategies (user_id, source_message_id);

-- No agent and no pipeline confirms what was inferred, or says that it was she.
create trigger t060_user_regulation_strategies_only_herself before update of is_confirmed on public.user_regulation_strategies
  for each row when (new.is_confirmed and not old.is_confirmed) execute function private.only_herself();
create trigger t060_user_regulation_strategies_only_herself_insert before insert on public.user_regulation_strategies
  for each row when (new.is_confirmed or new.origin = 'user') execute function private.only_herself();
create trigger t900_user_regulation_strategies_version before update on public.user_regulation_strategies
  for each row execute function private.count_version();
create constraint trigger t900_user_regulation_strategies_live
  after insert or update or delete on public.user_regulation_strategies
  deferrable initially deferred
  for each row execute function private.live_record();

alter table public.user_regulation_strategies enable row level security;
alter table public.user_regulation_strategies force row level security;
create policy owner_select on public.user_regulation_strategies for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.user_regulation_strategies for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.user_regulation_strategies for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.user_regulation_strategies for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

grant
  select,
  insert (
    id, name, process, channel, effect, steps, effectiveness, works_up_to, works_within_minutes, not_when,
    frequency, last_used_on
  ),
  update (
    name, process, channel, effect, steps, effectiveness, works_up_to, works_within_minutes, not_when,
    frequency, last_used_on, is_confirmed
  ),
  delete
  on public.user_regulation_strategies to authenticated;
grant insert (origin, is_confirmed, confidence, source_message_id), update (confidence, source_message_id)
  on public.user_regulation_strategies to cairn_server;
