-- Days: moods and feelings as they come, and what her days are made of.
--
-- Moods and emotions are moments, written when they are felt; trends are computed from them by the
-- server for each day, week and month. Sleep, habits, practices and stressors are how things usually
-- are now.

set lock_timeout = '5s';
set statement_timeout = '60s';

create type public.emotion_family as enum (
  'joy', 'love', 'calm', 'interest', 'surprise', 'sadness', 'fear', 'anger', 'shame', 'guilt', 'disgust',
  'numbness'
);
create type public.trend_period as enum ('day', 'week', 'month');
create type public.trend_direction as enum ('falling', 'steady', 'rising');
create type public.day_part as enum ('morning', 'midday', 'afternoon', 'evening', 'night', 'any');
create type public.habit_effect as enum ('nourishing', 'neutral', 'draining');
create type public.habit_status as enum ('forming', 'steady', 'slipping', 'dropped');
create type public.practice_kind as enum (
  'meditation', 'breathing', 'journaling', 'movement', 'creative', 'nature', 'prayer', 'therapy_exercise',
  'other'
);
create type public.practice_status as enum ('planned', 'active', 'paused', 'ended');
create type public.stressor_area as enum (
  'family', 'relationship', 'social', 'work', 'education', 'money', 'housing', 'health', 'legal', 'loss',
  'change', 'world', 'other'
);

comment on type public.emotion_family is 'The family that a feeling belongs to; her own word for it stands beside.';
comment on type public.trend_period is 'What a trend is about; weeks begin on Monday.';
comment on type public.trend_direction is
  'Where her mood goes, compared with the period before; half a point of it is still steady.';
comment on type public.day_part is 'When in the day; `any` when it has no place in it.';
comment on type public.habit_effect is 'What a habit does to her.';
comment on type public.habit_status is 'How firmly a habit stands.';
comment on type public.practice_kind is 'What kind of practice it is.';
comment on type public.practice_status is 'Whether she practises now.';
comment on type public.stressor_area is 'Where pressure comes from.';

-- user_mood_trends ------------------------------------------------------------

create table public.user_mood_trends (
  id                uuid        primary key default private.uuid_v7(),
  user_id           uuid        not null default auth.uid() references public.users on delete cascade,
  measured_at       timestamptz not null default now(),
  mood              smallint    not null,
  energy            smallint,
  anxiety           smallint,
  note              text,
  origin            public.entry_origin not null default private.writer(),
  is_confirmed      boolean     not null default (private.actor() is null),
  confidence        double precision,
  source_message_id uuid,
  version           integer     not null default 1,
  created_at        timestamptz not null default now(),
  updated_at        timestamptz not null default now(),

  constraint user_mood_trends_source_message_fkey foreign key (source_message_id, user_id)
    references public.messages (id, user_id) on delete set null (source_message_id),
  constraint user_mood_trends_note_is_at_most_2000_characters check (length(note) <= 2000),
  constraint user_mood_trends_scales_are_between_0_and_10 check (energy between 0 and 10 and anxiety between 0 and 10),
  constraint user_mood_trends_mood_is_between_minus_5_and_5 check (mood between -5 and 5),
  constraint user_mood_trends_confidence_is_between_0_and_1 check (confidence between 0 and 1),
  constraint user_mood_trends_hers_are_confirmed_and_certain
    check (origin <> 'user' or (is_confirmed and confidence is null))
);

comment on table  public.user_mood_trends is 'Her mood at one moment; many of them make the trend.';
comment on column public.user_mood_trends.measured_at is 'The moment that it is about.';
comment on column public.user_mood_trends.mood is '-5 (as low as it gets) to 5 (as good as it gets); 0 is neither.';
comment on column public.user_mood_trends.energy is '0 (empty) to 10 (overflowing).';
comment on column public.user_mood_trends.anxiety is '0 (none) to 10 (the most she can imagine).';
comment on column public.user_mood_trends.origin is 'Who wrote it; the server says so.';
comment on column public.user_mood_trends.is_confirmed is 'False while what was inferred waits for her word.';
comment on column public.user_mood_trends.confidence is
  '0 to 1, how sure the server was; null when she said it herself.';
comment on column public.user_mood_trends.source_message_id is
  'The message it was drawn from; null without one, or when that was deleted.';

create index user_mood_trends_by_measured_idx on public.user_mood_trends (user_id, measured_at desc, id desc);
create index user_mood_trends_by_source_idx   on public.user_mood_trends (user_id, source_message_id);

-- No agent and no pipeline confirms what was inferred, or says that it was she.
create trigger t060_user_mood_trends_only_herself before update of is_confirmed on public.user_mood_trends
  for each row when (new.is_confirmed and not old.is_confirmed) execute function private.only_herself();
create trigger t060_user_mood_trends_only_herself_insert before insert on public.user_mood_trends
  for each row when (new.is_confirmed or new.origin = 'user') execute function private.only_herself();
create trigger t900_user_mood_trends_version before update on public.user_mood_trends
  for each row execute function private.count_version();
create constraint trigger t900_user_mood_trends_live after insert or update or delete on public.user_mood_trends
  deferrable initially deferred
  for each row execute function private.live_record();

alter table public.user_mood_trends enable row level security;
alter table public.user_mood_trends force row level security;
create policy owner_select on public.user_mood_trends for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.user_mood_trends for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.user_mood_trends for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.user_mood_trends for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

grant
  select,
  insert (id, measured_at, mood, energy, anxiety, note),
  update (measured_at, mood, energy, anxiety, note, is_confirmed),
  delete
  on public.user_mood_trends to authenticated;
grant insert (origin, is_confirmed, confidence, source_message_id), update (confidence, source_message_id)
  on public.user_mood_trends to cairn_server;

-- user_emotional_states -------------------------------------------------------

create table public.user_emotional_states (
  id                uuid        primary key default private.uuid_v7(),
  user_id           uuid        not null default auth.uid() references public.users on delete cascade,
  felt_at           timestamptz not null default now(),
  emotion           text        not null,
  family            public.emotion_family,
  intensity         smallint    not null,
  prompted_by       text,
  thought           text,
  body_signs        text[]      not null default '{}',
  urge              text,
  response          text,
  lasted_minutes    integer,
  origin            public.entry_origin not null default private.writer(),
  is_confirmed      boolean     not null default (private.actor() is null),
  confidence        double precision,
  source_message_id uuid,
  version           integer     not null default 1,
  created_at        timestamptz not null default now(),
  updated_at        timestamptz not null default now(),

  constraint user_emotional_states_source_message_fkey foreign key (source_message_id, user_id)
    references public.messages (id, user_id) on delete set null (source_message_id),
  constraint user_emotional_states_emotion_has_1_to_200_characters check (emotion ~ '\S' and length(emotion) <= 200),
  constraint user_emotional_states_texts_are_at_most_2000_characters
    check (greatest(length(prompted_by), length(thought), length(urge), length(response)) <= 2000),
  constraint user_emotional_states_body_signs_are_a_short_list check (private.is_short_list(body_signs)),
  constraint user_emotional_states_intensity_is_between_0_and_10 check (intensity between 0 and 10),
  constraint user_emotional_states_lasted_at_most_30_days check (lasted_minutes between 0 and 43200),
  constraint user_emotional_states_confidence_is_between_0_and_1 check (confidence between 0 and 1),
  constraint user_emotional_states_hers_are_confirmed_and_certain
    check (origin <> 'user' or (is_confirmed and confidence is null))
);

comment on table  public.user_emotional_states is
  'One feeling at one moment, with what came before and after: the columns of an emotion record in dialectical '
  'behaviour therapy (Linehan).';
comment on column public.user_emotional_states.felt_at is 'When she felt it.';
comment on column public.user_emotional_states.emotion is 'Her own word for it.';
comment on column public.user_emotional_states.family is 'Null when it fits none.';
comment on column public.user_emotional_states.intensity is '0 (none) to 10 (the most she can imagine).';
comment on column public.user_emotional_states.prompted_by is 'What happened just before.';
comment on column public.user_emotional_states.thought is 'What went through her mind.';
comment on column public.user_emotional_states.body_signs is 'Where in the body, and how.';
comment on column public.user_emotional_states.urge is 'What she felt like doing.';
comment on column public.user_emotional_states.response is 'What she did.';
comment on column public.user_emotional_states.lasted_minutes is
  'How long it lasted; null when unknown, or while it does.';
comment on column public.user_emotional_states.origin is 'Who wrote it; the server says so.';
comment on column public.user_emotional_states.is_confirmed is 'False while what was inferred waits for her word.';
comment on column public.user_emotional_states.confidence is
  '0 to 1, how sure the server was; null when she said it herself.';
comment on column public.user_emotional_states.source_message_id is
  'The message it was drawn from; null without one, or when that was deleted.';

create index user_emotional_states_by_felt_idx   on public.user_emotional_states (user_id, felt_at desc, id desc);
create index user_emotional_states_by_source_idx on public.user_emotional_states (user_id, source_message_id);

-- No agent and no pipeline confirms what was inferred, or says that it was she.
create trigger t060_user_emotional_states_only_herself before update of is_confirmed on public.user_emotional_states
  for each row when (new.is_confirmed and not old.is_confirmed) execute function private.only_herself();
create trigger t060_user_emotional_states_only_herself_insert before insert on public.user_emotional_states
  for each row when (new.is_confirmed or new.origin = 'user') execute function private.only_herself();
create trigger t900_user_emotional_states_version before update on public.user_emotional_states
  for each row execute function private.count_version();
create constraint trigger t900_user_emotional_states_live
  after insert or update or delete on public.user_emotional_states
  deferrable initially deferred
  for each row execute function private.live_record();

alter table public.user_emotional_states enable row level security;
alter table public.user_emotional_states force row level security;
create policy owner_select on public.user_emotional_states for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.user_emotional_states for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.user_emotional_states for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.user_emotional_states for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

grant
  select,
  insert (
    id, felt_at, emotion, family, intensity, prompted_by, thought, body_signs, urge, response, lasted_minutes
  ),
  update (
    felt_at, emotion, family, intensity, prompted_by, thought, body_signs, urge, response, lasted_minutes,
    is_confirmed
  ),
  delete
  on public.user_emotional_states to authenticated;
grant insert (origin, is_confirmed, confidence, source_message_id), update (confidence, source_message_id)
  on public.user_emotional_states to cairn_server;

-- user_emotional_trends -------------------------------------------------------

create table public.user_emotional_trends (
  id              uuid        primary key default private.uuid_v7(),
  user_id         uuid        not null default auth.uid() references public.users on delete cascade,
  period          public.trend_period not null,
  starts_on       date        not null,
  measurements    integer     not null,
  mood_average    double precision not null,
  mood_low        smallint    not null,
  mood_high       smallint    not null,
  mood_change     double precision,
  direction       public.trend_direction,
  energy_average  double precision,
  anxiety_average double precision,
  feelings        integer     not null default 0,
  leading_family  public.emotion_family,
  created_at      timestamptz not null default now(),
  updated_at      timestamptz not null default now(),

  constraint user_emotional_trends_period_key unique (user_id, period, starts_on),
  constraint user_emotional_trends_week_and_month_start_on_their_first_day
    check (case period
      when 'week'  then extract(isodow from starts_on) = 1
      when 'month' then extract(day from starts_on) = 1
      else true
    end),
  constraint user_emotional_trends_rest_on_at_least_one_mood check (measurements >= 1 and feelings >= 0),
  constraint user_emotional_trends_moods_are_between_minus_5_and_5
    check (mood_low between -5 and mood_high and mood_high <= 5 and mood_average between mood_low and mood_high),
  constraint user_emotional_trends_averages_are_between_0_and_10
    check (energy_average between 0 and 10 and anxiety_average between 0 and 10),
  constraint user_emotional_trends_change_and_direction_go_together check ((mood_change is null) = (direction is null))
);

comment on table  public.user_emotional_trends is
  'How she was over a day, a week or a month, computed by the server from what she confirmed.';
comment on column public.user_emotional_trends.starts_on is
  'The first day, by her own clock: a Monday for a week, the first for a month.';
comment on column public.user_emotional_trends.measurements is 'Moods that it rests on.';
comment on column public.user_emotional_trends.mood_average is '-5 to 5, as each mood is.';
comment on column public.user_emotional_trends.mood_change is
  'The average less that of the period before; null when nothing was measured then.';
comment on column public.user_emotional_trends.direction is 'Null without a mood_change.';
comment on column public.user_emotional_trends.energy_average is '0 to 10; null when never said.';
comment on column public.user_emotional_trends.anxiety_average is '0 to 10; null when never said.';
comment on column public.user_emotional_trends.feelings is 'Emotional states in that time.';
comment on column public.user_emotional_trends.leading_family is
  'The family felt most often, the stronger one of two; null without any.';

create trigger t900_user_emotional_trends_touch before update on public.user_emotional_trends
  for each row execute function private.touch_updated_at();
create constraint trigger t900_user_emotional_trends_live
  after insert or update or delete on public.user_emotional_trends
  deferrable initially deferred
  for each row execute function private.live_record();

alter table public.user_emotional_trends enable row level security;
alter table public.user_emotional_trends force row level security;
create policy owner_select on public.user_emotional_trends for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.user_emotional_trends for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.user_emotional_trends for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.user_emotional_trends for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

-- Reading only: the server computes them.
grant select on public.user_emotional_trends to authenticated;
grant
  insert (
    id, period, starts_on, measurements, mood_average, mood_low, mood_high, mood_change, direction,
    energy_average, anxiety_average, feelings, leading_family
  ),
  update (
    measurements, mood_average, mood_low, mood_high, mood_change, direction, energy_average, anxiety_average,
    feelings, leading_family
  ),
  delete
  on public.user_emotional_trends to cairn_server;

-- user_sleep_routine ----------------------------------------------------------

create table public.user_sleep_routine (
  id                 uuid        primary key default private.uuid_v7(),
  user_id            uuid        not null default auth.uid() references public.users on delete cascade,
  usual_bedtime      time,
  usual_wake_time    time,
  latency_minutes    smallint,
  asleep_minutes     smallint,
  awakenings         smallint,
  quality            smallint,
  daytime_sleepiness smallint,
  nightmares         public.occurrence_frequency,
  works_shifts       boolean     not null default false,
  what_disturbs      text,
  what_helps         text,
  version            integer     not null default 1,
  created_at         timestamptz not null default now(),
  updated_at         timestamptz not null default now(),

  constraint user_sleep_routine_one_each_key unique (user_id),
  constraint user_sleep_routine_texts_are_at_most_2000_characters
    check (greatest(length(what_disturbs), length(what_helps)) <= 2000),
  constraint user_sleep_routine_scales_are_between_0_and_10
    check (quality between 0 and 10 and daytime_sleepiness between 0 and 10),
  constraint user_sleep_routine_times_are_before_midnight check (usual_bedtime < '24:00' and usual_wake_time < '24:00'),
  constraint user_sleep_routine_minutes_are_within_a_day
    check (latency_minutes between 0 and 1440 and asleep_minutes between 0 and 1440),
  constraint user_sleep_routine_awakenings_are_between_0_and_100 check (awakenings between 0 and 100)
);

comment on table  public.user_sleep_routine is
  'How she usually sleeps, with the items of the Pittsburgh Sleep Quality Index (Buysse and others, 1989); one row '
  'for each person.';
comment on column public.user_sleep_routine.usual_bedtime is 'By the clock on her wall.';
comment on column public.user_sleep_routine.usual_wake_time is 'When she gets up for the day.';
comment on column public.user_sleep_routine.latency_minutes is 'From lights out to sleep.';
comment on column public.user_sleep_routine.asleep_minutes is
  'Real sleep in a usual night, in minutes; less than the time in bed.';
comment on column public.user_sleep_routine.awakenings is 'In a usual night.';
comment on column public.user_sleep_routine.quality is
  'How good she finds her sleep, 0 to 10; the index itself asks from 0 to 3.';
comment on column public.user_sleep_routine.daytime_sleepiness is 'How hard it is to stay awake by day, 0 to 10.';
comment on column public.user_sleep_routine.nightmares is 'Null when she has none, or has not said.';
comment on column public.user_sleep_routine.works_shifts is 'Then the usual times say little.';
comment on column public.user_sleep_routine.what_helps is 'What she does or takes for it.';

create trigger t900_user_sleep_routine_version before update on public.user_sleep_routine
  for each row execute function private.count_version();
create constraint trigger t900_user_sleep_routine_live after insert or update or delete on public.user_sleep_routine
  deferrable initially deferred
  for each row execute function private.live_record();

alter table public.user_sleep_routine enable row level security;
alter table public.user_sleep_routine force row level security;
create policy owner_select on public.user_sleep_routine for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.user_sleep_routine for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.user_sleep_routine for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.user_sleep_routine for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

grant
  select,
  insert (
    id, usual_bedtime, usual_wake_time, latency_minutes, asleep_minutes, awakenings, quality,
    daytime_sleepiness, nightmares, works_shifts, what_disturbs, what_helps
  ),
  update (
    usual_bedtime, usual_wake_time, latency_minutes, asleep_minutes, awakenings, quality, daytime_sleepiness,
    nightmares, works_shifts, what_disturbs, what_helps
  ),
  delete
  on public.user_sleep_routine to authenticated;

-- user_daily_habits -----------------------------------------------------------

create table public.user_daily_habits (
  id                uuid        primary key default private.uuid_v7(),
  user_id           uuid        not null default auth.uid() references public.users on delete cascade,
  name              text        not null,
  effect            public.habit_effect         not null default 'neutral',
  status            public.habit_status         not null default 'steady',
  frequency         public.occurrence_frequency,
  day_part          public.day_part             not null default 'any',
  usual_time        time,
  takes_minutes     integer,
  is_wanted         boolean,
  automaticity      smallint,
  cue               text,
  reward            text,
  started_on        date,
  origin            public.entry_origin not null default private.writer(),
  is_confirmed      boolean     not null default (private.actor() is null),
  confidence        double precision,
  source_message_id uuid,
  version           integer     not null default 1,
  created_at        timestamptz not null default now(),
  updated_at        timestamptz not null default now(),

  constraint user_daily_habits_source_message_fkey foreign key (source_message_id, user_id)
    references public.messages (id, user_id) on delete set null (source_message_id),
  constraint user_daily_habits_name_has_1_to_200_characters check (name ~ '\S' and length(name) <= 200),
  constraint user_daily_habits_texts_are_at_most_2000_characters check (greatest(length(cue), length(reward)) <= 2000),
  constraint user_daily_habits_automaticity_is_between_0_and_10 check (automaticity between 0 and 10),
  constraint user_daily_habits_usual_time_is_before_midnight check (usual_time < '24:00'),
  constraint user_daily_habits_takes_minutes_is_within_a_day check (takes_minutes between 0 and 1440),
  constraint user_daily_habits_confidence_is_between_0_and_1 check (confidence between 0 and 1),
  constraint user_daily_habits_hers_are_confirmed_and_certain
    check (origin <> 'user' or (is_confirmed and confidence is null))
);

comment on table  public.user_daily_habits is
  'A habit or routine of her days, whether she wants it or not; cue and reward as in the habit loop.';
comment on column public.user_daily_habits.frequency is 'How often she does it.';
comment on column public.user_daily_habits.usual_time is 'By the clock on her wall; null without a fixed one.';
comment on column public.user_daily_habits.takes_minutes is 'Each time.';
comment on column public.user_daily_habits.is_wanted is
  'She wants to keep it, or (false) be rid of it; null when she is of two minds.';
comment on column public.user_daily_habits.automaticity is 'How much it happens by itself, 0 to 10.';
comment on column public.user_daily_habits.cue is 'What sets it off.';
comment on column public.user_daily_habits.reward is 'What she gets from it.';
comment on column public.user_daily_habits.origin is 'Who wrote it; the server says so.';
comment on column public.user_daily_habits.is_confirmed is 'False while what was inferred waits for her word.';
comment on column public.user_daily_habits.confidence is
  '0 to 1, how sure the server was; null when she said it herself.';
comment on column public.user_daily_habits.source_message_id is
  'The message it was drawn from; null without one, or when that was deleted.';

create index user_daily_habits_by_change_idx on public.user_daily_habits (user_id, updated_at desc, id desc);
create index user_daily_habits_by_source_idx on public.user_daily_habits (user_id, source_message_id);

-- No agent and no pipeline confirms what was inferred, or says that it was she.
create trigger t060_user_daily_habits_only_herself before update of is_confirmed on public.user_daily_habits
  for each row when (new.is_confirmed and not old.is_confirmed) execute function private.only_herself();
create trigger t060_user_daily_habits_only_herself_insert before insert on public.user_daily_habits
  for each row when (new.is_confirmed or new.origin = 'user') execute function private.only_herself();
create trigger t900_user_daily_habits_version before update on public.user_daily_habits
  for each row execute function private.count_version();
create constraint trigger t900_user_daily_habits_live after insert or update or delete on public.user_daily_habits
  deferrable initially deferred
  for each row execute function private.live_record();

alter table public.user_daily_habits enable row level security;
alter table public.user_daily_habits force row level security;
create policy owner_select on public.user_daily_habits for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.user_daily_habits for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.user_daily_habits for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.user_daily_habits for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

grant
  select,
  insert (
    id, name, effect, status, frequency, day_part, usual_time, takes_minutes, is_wanted, automaticity, cue,
    reward, started_on
  ),
  update (
    name, effect, status, frequency, day_part, usual_time, takes_minutes, is_wanted, automaticity, cue, reward,
    started_on, is_confirmed
  ),
  delete
  on public.user_daily_habits to authenticated;
grant insert (origin, is_confirmed, confidence, source_message_id), update (confidence, source_message_id)
  on public.user_daily_habits to cairn_server;

-- user_current_practices ------------------------------------------------------

create table public.user_current_practices (
  id                uuid        primary key default private.uuid_v7(),
  user_id           uuid        not null default auth.uid() references public.users on delete cascade,
  name              text        not null,
  kind              public.practice_kind        not null default 'other',
  status            public.practice_status      not null default 'active',
  frequency         public.occurrence_frequency,
  takes_minutes     integer,
  helpfulness       smallint,
  intention         text,
  obstacles         text,
  started_on        date,
  last_practised_on date,
  origin            public.entry_origin not null default private.writer(),
  is_confirmed      boolean     not null default (private.actor() is null),
  confidence        double precision,
  source_message_id uuid,
  version           integer     not null default 1,
  created_at        timestamptz not null default now(),
  updated_at        timestamptz not null default now(),

  constraint user_current_practices_source_message_fkey foreign key (source_message_id, user_id)
    references public.messages (id, user_id) on delete set null (source_message_id),
  constraint user_current_practices_name_has_1_to_200_characters check (name ~ '\S' and length(name) <= 200),
  constraint user_current_practices_texts_are_at_most_2000_characters
    check (greatest(length(intention), length(obstacles)) <= 2000),
  constraint user_current_practices_helpfulness_is_between_0_and_10 check (helpfulness between 0 and 10),
  constraint user_current_practices_takes_minutes_is_within_a_day check (takes_minutes between 0 and 1440),
  constraint user_current_practices_dates_are_in_order check (last_practised_on >= started_on),
  constraint user_current_practices_confidence_is_between_0_and_1 check (confidence between 0 and 1),
  constraint user_current_practices_hers_are_confirmed_and_certain
    check (origin <> 'user' or (is_confirmed and confidence is null))
);

comment on table  public.user_current_practices is 'What she practises for her own sake, or as homework of a therapy.';
comment on column public.user_current_practices.frequency is 'How often she does it, or means to.';
comment on column public.user_current_practices.takes_minutes is 'Each time.';
comment on column public.user_current_practices.helpfulness is 'How much it helps her, 0 to 10.';
comment on column public.user_current_practices.intention is 'What she does it for.';
comment on column public.user_current_practices.obstacles is 'What keeps her from it.';
comment on column public.user_current_practices.origin is 'Who wrote it; the server says so.';
comment on column public.user_current_practices.is_confirmed is 'False while what was inferred waits for her word.';
comment on column public.user_current_practices.confidence is
  '0 to 1, how sure the server was; null when she said it herself.';
comment on column public.user_current_practices.source_message_id is
  'The message it was drawn from; null without one, or when that was deleted.';

create index user_current_practices_by_change_idx on public.user_current_practices (user_id, updated_at desc, id desc);
create index user_current_practices_by_source_idx on public.user_current_practices (user_id, source_message_id);

-- No agent and no pipeline confirms what was inferred, or says that it was she.
create trigger t060_user_current_practices_only_herself before update of is_confirmed on public.user_current_practices
  for each row when (new.is_confirmed and not old.is_confirmed) execute function private.only_herself();
create trigger t060_user_current_practices_only_herself_insert before insert on public.user_current_practices
  for each row when (new.is_confirmed or new.origin = 'user') execute function private.only_herself();
create trigger t900_user_current_practices_version before update on public.user_current_practices
  for each row execute function private.count_version();
create constraint trigger t900_user_current_practices_live
  after insert or update or delete on public.user_current_practices
  deferrable initially deferred
  for each row execute function private.live_record();

alter table public.user_current_practices enable row level security;
alter table public.user_current_practices force row level security;
create policy owner_select on public.user_current_practices for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.user_current_practices for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.user_current_practices for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.user_current_practices for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

grant
  select,
  insert (
    id, name, kind, status, frequency, takes_minutes, helpfulness, intention, obstacles, started_on,
    last_practised_on
  ),
  update (
    name, kind, status, frequency, takes_minutes, helpfulness, intention, obstacles, started_on,
    last_practised_on, is_confirmed
  ),
  delete
  on public.user_current_practices to authenticated;
grant insert (origin, is_confirmed, confidence, source_message_id), update (confidence, source_message_id)
  on public.user_current_practices to cairn_server;

-- user_current_stressors ------------------------------------------------------

create table public.user_current_stressors (
  id                uuid        primary key default private.uuid_v7(),
  user_id           uuid        not null default auth.uid() references public.users on delete cascade,
  name              text        not null,
  area              public.stressor_area not null default 'other',
  intensity         smallint    not null,
  controllability   smallint,
  frequency         public.occurrence_frequency,
  description       text,
  what_helps        text,
  next_step         text,
  started_on        date,
  ended_on          date,
  origin            public.entry_origin not null default private.writer(),
  is_confirmed      boolean     not null default (private.actor() is null),
  confidence        double precision,
  source_message_id uuid,
  version           integer     not null default 1,
  created_at        timestamptz not null default now(),
  updated_at        timestamptz not null default now(),

  constraint user_current_stressors_source_message_fkey foreign key (source_message_id, user_id)
    references public.messages (id, user_id) on delete set null (source_message_id),
  constraint user_current_stressors_name_has_1_to_200_characters check (name ~ '\S' and length(name) <= 200),
  constraint user_current_stressors_texts_are_at_most_2000_characters
    check (greatest(length(description), length(what_helps), length(next_step)) <= 2000),
  constraint user_current_stressors_scales_are_between_0_and_10
    check (intensity between 0 and 10 and controllability between 0 and 10),
  constraint user_current_stressors_dates_are_in_order check (ended_on >= started_on),
  constraint user_current_stressors_confidence_is_between_0_and_1 check (confidence between 0 and 1),
  constraint user_current_stressors_hers_are_confirmed_and_certain
    check (origin <> 'user' or (is_confirmed and confidence is null))
);

comment on table  public.user_current_stressors is 'What weighs on her now.';
comment on column public.user_current_stressors.intensity is '0 (none) to 10 (the most she can imagine).';
comment on column public.user_current_stressors.controllability is
  'How much she can do about it, 0 (nothing) to 10; it decides what helps.';
comment on column public.user_current_stressors.frequency is 'How often it makes itself felt.';
comment on column public.user_current_stressors.next_step is 'The smallest thing she could do.';
comment on column public.user_current_stressors.ended_on is 'When it was over; null while it weighs on her.';
comment on column public.user_current_stressors.origin is 'Who wrote it; the server says so.';
comment on column public.user_current_stressors.is_confirmed is 'False while what was inferred waits for her word.';
comment on column public.user_current_stressors.confidence is
  '0 to 1, how sure the server was; null when she said it herself.';
comment on column public.user_current_stressors.source_message_id is
  'The message it was drawn from; null without one, or when that was deleted.';

create index user_current_stressors_by_change_idx on public.user_current_stressors (user_id, updated_at desc, id desc);
create index user_current_stressors_by_source_idx on public.user_current_stressors (user_id, source_message_id);

-- No agent and no pipeline confirms what was inferred, or says that it was she.
create trigger t060_user_current_stressors_only_herself before update of is_confirmed on public.user_current_stressors
  for each row when (new.is_confirmed and not old.is_confirmed) execute function private.only_herself();
create trigger t060_user_current_stressors_only_herself_insert before insert on public.user_current_stressors
  for each row when (new.is_confirmed or new.origin = 'user') execute function private.only_herself();
create trigger t900_user_current_stressors_version before update on public.user_current_stressors
  for each row execute function private.count_version();
create constraint trigger t900_user_current_stressors_live
  after insert or update or delete on public.user_current_stressors
  deferrable initially deferred
  for each row execute function private.live_record();

alter table public.user_current_stressors enable row level security;
alter table public.user_current_stressors force row level security;
create policy owner_select on public.user_current_stressors for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.user_current_stressors for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.user_current_stressors for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.user_current_stressors for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

grant
  select,
  insert (
    id, name, area, intensity, controllability, frequency, description, what_helps, next_step, started_on,
    ended_on
  ),
  update (
    name, area, intensity, controllability, frequency, description, what_helps, next_step, started_on, ended_on,
    is_confirmed
  ),
  delete
  on public.user_current_stressors to authenticated;
grant insert (origin, is_confirmed, confidence, source_message_id), update (confidence, source_message_id)
  on public.user_current_stressors to cairn_server;

-- compute_emotional_trend -----------------------------------------------------

create function private.compute_emotional_trend(
  period public.trend_period, starts_on date, time_zone text default 'UTC'
) returns setof public.user_emotional_trends
  language plpgsql volatile set search_path = ''
as $$
declare
  viewer constant uuid := (select auth.uid());
  step   constant interval := format('1 %s', period)::interval;
  before timestamptz;
  begins timestamptz;
  ends   timestamptz;
begin
  if viewer is null then
    raise exception using errcode = 'CA401', message = 'Sign in first.';
  end if;
  begin
    -- Midnight by her own clock, also where a day has 23 or 25 hours.
    before := (starts_on - step) at time zone time_zone;
    begins := starts_on::timestamp at time zone time_zone;
    ends   := (starts_on + step) at time zone time_zone;
  exception
    when invalid_parameter_value then
      raise exception using errcode = 'CA400', message = 'There is no such time zone.';
  end;

  -- What was there before is computed anew, or gone when nothing is left to compute it from.
  delete from public.user_emotional_trends as known
  where known.user_id = viewer
    and known.period = compute_emotional_trend.period
    and known.starts_on = compute_emotional_trend.starts_on
    and not exists (
      select from public.user_mood_trends as mood
      where mood.user_id = viewer and mood.is_confirmed and mood.measured_at >= begins and mood.measured_at < ends
    );

  return query
    with moods as (
      select
        count(*) as measurements,
        avg(mood.mood)::double precision as average,
        min(mood.mood) as low,
        max(mood.mood) as high,
        avg(mood.energy)::double precision as energy,
        avg(mood.anxiety)::double precision as anxiety
      from public.user_mood_trends as mood
      where mood.user_id = viewer and mood.is_confirmed and mood.measured_at >= begins and mood.measured_at < ends
    ),
    moods_before as (
      select avg(mood.mood)::double precision as average
      from public.user_mood_trends as mood
      where mood.user_id = viewer and mood.is_confirmed and mood.measured_at >= before and mood.measured_at < begins
    ),
    families as (
      select state.family, count(*) as feelings, avg(state.intensity) as intensity
      from public.user_emotional_states as state
      where state.user_id = viewer and state.is_confirmed and state.felt_at >= begins and state.felt_at < ends
      group by state.family
    )
    insert into public.user_emotional_trends as trend (
      period, starts_on, measurements, mood_average, mood_low, mood_high, mood_change, direction,
      energy_average, anxiety_average, feelings, leading_family
    )
    select
      compute_emotional_trend.period, compute_emotional_trend.starts_on,
      moods.measurements, moods.average, moods.low, moods.high,
      moods.average - moods_before.average,
      case
        when moods.average - moods_before.average > 0.5 then 'rising'
        when moods.average - moods_before.average < -0.5 then 'falling'
        when moods_before.average is not null then 'steady'
      end::public.trend_direction,
      moods.energy, moods.anxiety,
      (select coalesce(sum(families.feelings), 0) from families),
      (
        select families.family from families
        where families.family is not null
        order by families.feelings desc, families.intensity desc, families.family
        limit 1
      )
    from moods, moods_before
    where moods.measurements > 0
    on conflict on constraint user_emotional_trends_period_key do update
    set measurements    = excluded.measurements,
        mood_average    = excluded.mood_average,
        mood_low        = excluded.mood_low,
        mood_high       = excluded.mood_high,
        mood_change     = excluded.mood_change,
        direction       = excluded.direction,
        energy_average  = excluded.energy_average,
        anxiety_average = excluded.anxiety_average,
        feelings        = excluded.feelings,
        leading_family  = excluded.leading_family
    returning trend.*;
end
$$;
comment on function private.compute_emotional_trend is
  'Compute the caller''s trend of the day, week or month that starts on this day in this time zone, from what she '
  'confirmed, in place of an earlier one. Gives it, or no row (and keeps none) when she told no mood in that time.';
grant execute on function private.compute_emotional_trend to cairn_server;
