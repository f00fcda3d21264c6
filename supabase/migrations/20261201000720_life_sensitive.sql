-- Sensitive: trauma, risks, substances and thoughts of suicide, kept apart from the rest of her life.
--
-- She reads and writes them like all that is hers. But no event tells other devices of them, no
-- summary or statistic counts them, and no model is given them, unless they are asked for by name:
-- `private.is_sensitive` is the one list, and each table's comment says so. The terms are those of
-- scales that clinicians know, so that an answer can be read without guessing; nothing here scores
-- or diagnoses. No column asks how: methods are not described.

set lock_timeout = '5s';
set statement_timeout = '60s';

create type public.trauma_kind as enum (
  'single_event', 'repeated', 'developmental', 'relational', 'medical', 'collective', 'witnessed', 'loss',
  'unknown'
);
create type public.life_period as enum (
  'early_childhood', 'childhood', 'adolescence', 'adulthood', 'several', 'unknown'
);
create type public.trauma_response as enum ('fight', 'flight', 'freeze', 'fawn', 'dissociation');
create type public.recovery_stage as enum ('safety', 'remembrance', 'reconnection');
create type public.risk_area as enum (
  'suicide', 'self_harm', 'harm_to_others', 'harm_from_others', 'substances', 'eating', 'self_neglect', 'other'
);
create type public.risk_factor_kind as enum ('static', 'stable', 'acute');
create type public.risk_factor_status as enum ('active', 'watched', 'settled');
create type public.substance_kind as enum (
  'tobacco', 'alcohol', 'cannabis', 'cocaine', 'stimulants', 'inhalants', 'sedatives', 'hallucinogens',
  'opioids', 'other'
);
create type public.substance_frequency as enum (
  'never', 'monthly_or_less', 'two_to_four_times_a_month', 'two_to_three_times_a_week',
  'four_or_more_times_a_week'
);
create type public.heavy_use_frequency as enum (
  'never', 'less_than_monthly', 'monthly', 'weekly', 'daily_or_almost_daily'
);
create type public.substance_status as enum ('using', 'cutting_down', 'abstinent', 'past');
create type public.suicidal_ideation as enum (
  'wish_to_be_dead', 'non_specific_active_thoughts', 'active_with_method', 'active_with_some_intent',
  'active_with_plan_and_intent'
);
create type public.ideation_frequency as enum (
  'less_than_once_a_week', 'once_a_week', 'two_to_five_times_a_week', 'daily_or_almost_daily',
  'many_times_a_day'
);
create type public.ideation_duration as enum (
  'seconds_or_minutes', 'less_than_an_hour', 'one_to_four_hours', 'four_to_eight_hours', 'more_than_eight_hours'
);
create type public.ideation_control as enum (
  'does_not_try', 'easily', 'with_little_difficulty', 'with_some_difficulty', 'with_a_lot_of_difficulty',
  'unable'
);
create type public.ideation_deterrents as enum (
  'does_not_apply', 'definitely_stop', 'probably_stop', 'uncertain', 'probably_do_not_stop',
  'definitely_do_not_stop'
);
create type public.suicidal_behaviour as enum (
  'none', 'preparatory', 'aborted_attempt', 'interrupted_attempt', 'attempt'
);
create type public.means_access as enum ('unknown', 'none', 'obtainable', 'at_hand', 'secured');

comment on type public.trauma_kind is 'What kind of experience it was, as far as she wants to say.';
comment on type public.life_period is 'When in her life.';
comment on type public.trauma_response is 'What her body does to survive it again.';
comment on type public.recovery_stage is 'The stages of recovery of Judith Herman (1992), in their order.';
comment on type public.risk_area is 'What she may come to harm by.';
comment on type public.risk_factor_kind is
  'Whether a factor cannot change, changes slowly, or comes and goes within days.';
comment on type public.risk_factor_status is 'Whether a factor is at work now.';
comment on type public.substance_kind is 'The groups of the ASSIST of the World Health Organization.';
comment on type public.substance_frequency is 'How often, in the answers of AUDIT-C, question 1, in ascending order.';
comment on type public.heavy_use_frequency is
  'How often much at once, in the answers of AUDIT-C, question 3, in ascending order.';
comment on type public.substance_status is 'How it is now; `past` when it is no question any more.';
comment on type public.suicidal_ideation is
  'C-SSRS, ideation 1 to 5, in ascending order: a wish to be dead; thoughts of killing herself without a method; '
  'with a method, but no intent; with some intent, but no plan; with a plan and intent.';
comment on type public.ideation_frequency is 'C-SSRS, intensity of ideation: frequency 1 to 5, in ascending order.';
comment on type public.ideation_duration is 'C-SSRS, intensity of ideation: duration 1 to 5, in ascending order.';
comment on type public.ideation_control is
  'C-SSRS, intensity of ideation: can she stop thinking of it? Controllability 0 to 5, where 0 is that she does not '
  'try.';
comment on type public.ideation_deterrents is
  'C-SSRS, intensity of ideation: does something hold her back? Deterrents 0 to 5, where 0 is that it does not '
  'apply.';
comment on type public.suicidal_behaviour is
  'C-SSRS, behaviour: nothing; preparations; an attempt that she, or something else, stopped; an attempt.';
comment on type public.means_access is
  'Could she get at what she thinks of? `secured` when it has been put out of reach.';

-- user_trauma_patterns --------------------------------------------------------

create table public.user_trauma_patterns (
  id                uuid        primary key default private.uuid_v7(),
  user_id           uuid        not null default auth.uid() references public.users on delete cascade,
  name              text        not null,
  kind              public.trauma_kind    not null default 'unknown',
  period            public.life_period    not null default 'unknown',
  status            public.pattern_status not null default 'active',
  stage             public.recovery_stage,
  may_be_raised     boolean     not null default false,
  description       text,
  response          public.trauma_response,
  triggers          text[]      not null default '{}',
  body_signs        text[]      not null default '{}',
  reexperiencing    smallint,
  avoidance         smallint,
  sense_of_threat   smallint,
  distress          smallint,
  frequency         public.occurrence_frequency,
  grounding         text,
  evidence          text,
  first_noticed_on  date,
  origin            public.entry_origin not null default private.writer(),
  is_confirmed      boolean     not null default (private.actor() is null),
  confidence        double precision,
  source_message_id uuid,
  version           integer     not null default 1,
  created_at        timestamptz not null default now(),
  updated_at        timestamptz not null default now(),

  constraint user_trauma_patterns_source_message_fkey foreign key (source_message_id, user_id)
    references public.messages (id, user_id) on delete set null (source_message_id),
  constraint user_trauma_patterns_name_has_1_to_200_characters check (name ~ '\S' and length(name) <= 200),
  constraint user_trauma_patterns_texts_are_at_most_2000_characters
    check (greatest(length(description), length(grounding), length(evidence)) <= 2000),
  constraint user_trauma_patterns_triggers_are_a_short_list check (private.is_short_list(triggers)),
  constraint user_trauma_patterns_body_signs_are_a_short_list check (private.is_short_list(body_signs)),
  constraint user_trauma_patterns_distress_is_between_0_and_10 check (distress between 0 and 10),
  constraint user_trauma_patterns_symptoms_are_between_0_and_4
    check (reexperiencing between 0 and 4 and avoidance between 0 and 4 and sense_of_threat between 0 and 4),
  constraint user_trauma_patterns_confidence_is_between_0_and_1 check (confidence between 0 and 1),
  constraint user_trauma_patterns_hers_are_confirmed_and_certain
    check (origin <> 'user' or (is_confirmed and confidence is null))
);

comment on table  public.user_trauma_patterns is
  'How an old wound shows today, with as much of the story as she wants to tell and no more. Sensitive: no live '
  'events, and left out of statistics, summaries and general reads unless asked for by name.';
comment on column public.user_trauma_patterns.name is 'Her own name for it; it need not say what happened.';
comment on column public.user_trauma_patterns.stage is 'Null when no work on it has begun.';
comment on column public.user_trauma_patterns.may_be_raised is
  'The companion may speak of it unasked; unless she says so, only she does.';
comment on column public.user_trauma_patterns.description is 'Only what she wants to be kept.';
comment on column public.user_trauma_patterns.response is 'The one that comes first; null when she does not know.';
comment on column public.user_trauma_patterns.reexperiencing is
  '0 (not at all) to 4 (extremely), as in the International Trauma Questionnaire (Cloitre and others, 2018); null '
  'when not asked.';
comment on column public.user_trauma_patterns.avoidance is
  'On the same scale: staying away from all that reminds of it.';
comment on column public.user_trauma_patterns.sense_of_threat is 'On the same scale: being on guard, startling easily.';
comment on column public.user_trauma_patterns.distress is
  '0 to 10, the subjective units of disturbance, when she thinks of it now.';
comment on column public.user_trauma_patterns.frequency is 'How often it makes itself felt.';
comment on column public.user_trauma_patterns.grounding is 'What brings her back to here and now.';
comment on column public.user_trauma_patterns.evidence is 'Where it was seen.';
comment on column public.user_trauma_patterns.origin is 'Who wrote it; the server says so.';
comment on column public.user_trauma_patterns.is_confirmed is 'False while what was inferred waits for her word.';
comment on column public.user_trauma_patterns.confidence is
  '0 to 1, how sure the server was; null when she said it herself.';
comment on column public.user_trauma_patterns.source_message_id is
  'The message it was drawn from; null without one, or when that was deleted.';

create index user_trauma_patterns_by_change_idx on public.user_trauma_patterns (user_id, updated_at desc, id desc);
create index user_trauma_patterns_by_source_idx on public.user_trauma_patterns (user_id, source_message_id);

-- No agent and no pipeline confirms what was inferred, or says that it was she.
create trigger t060_user_trauma_patterns_only_herself before update of is_confirmed on public.user_trauma_patterns
  for each row when (new.is_confirmed and not old.is_confirmed) execute function private.only_herself();
create trigger t060_user_trauma_patterns_only_herself_insert before insert on public.user_trauma_patterns
  for each row when (new.is_confirmed or new.origin = 'user') execute function private.only_herself();
create trigger t900_user_trauma_patterns_version before update on public.user_trauma_patterns
  for each row execute function private.count_version();

alter table public.user_trauma_patterns enable row level security;
alter table public.user_trauma_patterns force row level security;
create policy owner_select on public.user_trauma_patterns for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.user_trauma_patterns for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.user_trauma_patterns for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.user_trauma_patterns for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

grant
  select,
  insert (
    id, name, kind, period, status, stage, may_be_raised, description, response, triggers, body_signs,
    reexperiencing, avoidance, sense_of_threat, distress, frequency, grounding, evidence, first_noticed_on
  ),
  update (
    name, kind, period, status, stage, may_be_raised, description, response, triggers, body_signs,
    reexperiencing, avoidance, sense_of_threat, distress, frequency, grounding, evidence, first_noticed_on,
    is_confirmed
  ),
  delete
  on public.user_trauma_patterns to authenticated;
grant insert (origin, is_confirmed, confidence, source_message_id), update (confidence, source_message_id)
  on public.user_trauma_patterns to cairn_server;

-- user_risk_factors -----------------------------------------------------------

create table public.user_risk_factors (
  id                 uuid        primary key default private.uuid_v7(),
  user_id            uuid        not null default auth.uid() references public.users on delete cascade,
  name               text        not null,
  area               public.risk_area          not null,
  kind               public.risk_factor_kind   not null default 'stable',
  status             public.risk_factor_status not null default 'active',
  severity           smallint    not null,
  warning_signs      text[]      not null default '{}',
  protective_factors text[]      not null default '{}',
  mitigation         text,
  evidence           text,
  first_noticed_on   date,
  last_noticed_on    date,
  review_on          date,
  origin             public.entry_origin not null default private.writer(),
  is_confirmed       boolean     not null default (private.actor() is null),
  confidence         double precision,
  source_message_id  uuid,
  version            integer     not null default 1,
  created_at         timestamptz not null default now(),
  updated_at         timestamptz not null default now(),

  constraint user_risk_factors_source_message_fkey foreign key (source_message_id, user_id)
    references public.messages (id, user_id) on delete set null (source_message_id),
  constraint user_risk_factors_name_has_1_to_200_characters check (name ~ '\S' and length(name) <= 200),
  constraint user_risk_factors_texts_are_at_most_2000_characters
    check (greatest(length(mitigation), length(evidence)) <= 2000),
  constraint user_risk_factors_warning_signs_are_a_short_list check (private.is_short_list(warning_signs)),
  constraint user_risk_factors_protective_factors_are_a_short_list check (private.is_short_list(protective_factors)),
  constraint user_risk_factors_severity_is_between_0_and_10 check (severity between 0 and 10),
  constraint user_risk_factors_dates_are_in_order check (last_noticed_on >= first_noticed_on),
  constraint user_risk_factors_confidence_is_between_0_and_1 check (confidence between 0 and 1),
  constraint user_risk_factors_hers_are_confirmed_and_certain
    check (origin <> 'user' or (is_confirmed and confidence is null))
);

comment on table  public.user_risk_factors is
  'What makes it more likely that she comes to harm, and what makes it less so. Sensitive: no live events, and left '
  'out of statistics, summaries and general reads unless asked for by name.';
comment on column public.user_risk_factors.severity is 'How much it adds to the risk, 0 to 10.';
comment on column public.user_risk_factors.warning_signs is 'What shows that it grows.';
comment on column public.user_risk_factors.protective_factors is 'What speaks against it.';
comment on column public.user_risk_factors.mitigation is 'What has been agreed to lower it.';
comment on column public.user_risk_factors.evidence is 'Where it was seen.';
comment on column public.user_risk_factors.review_on is 'When to ask again; null when nobody means to.';
comment on column public.user_risk_factors.origin is 'Who wrote it; the server says so.';
comment on column public.user_risk_factors.is_confirmed is 'False while what was inferred waits for her word.';
comment on column public.user_risk_factors.confidence is
  '0 to 1, how sure the server was; null when she said it herself.';
comment on column public.user_risk_factors.source_message_id is
  'The message it was drawn from; null without one, or when that was deleted.';

create index user_risk_factors_by_change_idx on public.user_risk_factors (user_id, updated_at desc, id desc);
create index user_risk_factors_by_source_idx on public.user_risk_factors (user_id, source_message_id);

-- No agent and no pipeline confirms what was inferred, or says that it was she.
create trigger t060_user_risk_factors_only_herself before update of is_confirmed on public.user_risk_factors
  for each row when (new.is_confirmed and not old.is_confirmed) execute function private.only_herself();
create trigger t060_user_risk_factors_only_herself_insert before insert on public.user_risk_factors
  for each row when (new.is_confirmed or new.origin = 'user') execute function private.only_herself();
create trigger t900_user_risk_factors_version before update on public.user_risk_factors
  for each row execute function private.count_version();

alter table public.user_risk_factors enable row level security;
alter table public.user_risk_factors force row level security;
create policy owner_select on public.user_risk_factors for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.user_risk_factors for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.user_risk_factors for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.user_risk_factors for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

grant
  select,
  insert (
    id, name, area, kind, status, severity, warning_signs, protective_factors, mitigation, evidence,
    first_noticed_on, last_noticed_on, review_on
  ),
  update (
    name, area, kind, status, severity, warning_signs, protective_factors, mitigation, evidence,
    first_noticed_on, last_noticed_on, review_on, is_confirmed
  ),
  delete
  on public.user_risk_factors to authenticated;
grant insert (origin, is_confirmed, confidence, source_message_id), update (confidence, source_message_id)
  on public.user_risk_factors to cairn_server;

-- user_substance_use ----------------------------------------------------------

create table public.user_substance_use (
  id                 uuid        primary key default private.uuid_v7(),
  user_id            uuid        not null default auth.uid() references public.users on delete cascade,
  substance          public.substance_kind not null,
  name               text,
  status             public.substance_status    not null default 'using',
  frequency          public.substance_frequency,
  typical_amount     double precision,
  amount_unit        text,
  heavy_use          public.heavy_use_frequency,
  craving            smallint,
  has_tried_to_stop  boolean,
  feels_guilty       boolean,
  others_worry       boolean,
  has_had_withdrawal boolean,
  stage              public.change_stage,
  gives_her          text,
  costs_her          text,
  triggers           text[]      not null default '{}',
  what_helps         text,
  age_at_first_use   smallint,
  last_used_on       date,
  abstinent_since    date,
  origin             public.entry_origin not null default private.writer(),
  is_confirmed       boolean     not null default (private.actor() is null),
  confidence         double precision,
  source_message_id  uuid,
  version            integer     not null default 1,
  created_at         timestamptz not null default now(),
  updated_at         timestamptz not null default now(),

  constraint user_substance_use_source_message_fkey foreign key (source_message_id, user_id)
    references public.messages (id, user_id) on delete set null (source_message_id),
  constraint user_substance_use_texts_are_at_most_2000_characters
    check (greatest(
      length(name), length(amount_unit), length(gives_her), length(costs_her), length(what_helps)
    ) <= 2000),
  constraint user_substance_use_triggers_are_a_short_list check (private.is_short_list(triggers)),
  constraint user_substance_use_craving_is_between_0_and_10 check (craving between 0 and 10),
  constraint user_substance_use_typical_amount_is_between_0_and_1000 check (typical_amount between 0 and 1000),
  constraint user_substance_use_amounts_have_a_unit check ((typical_amount is null) = (amount_unit is null)),
  constraint user_substance_use_age_at_first_use_is_between_0_and_120 check (age_at_first_use between 0 and 120),
  constraint user_substance_use_abstinence_has_a_state
    check (abstinent_since is null or status in ('abstinent', 'past')),
  constraint user_substance_use_confidence_is_between_0_and_1 check (confidence between 0 and 1),
  constraint user_substance_use_hers_are_confirmed_and_certain
    check (origin <> 'user' or (is_confirmed and confidence is null))
);

comment on table  public.user_substance_use is
  'What she takes, how often, what for, and what she wants; asked as AUDIT-C (Bush and others, 1998) and DAST-10 '
  '(Skinner, 1982) ask, and not scored. Sensitive: no live events, and left out of statistics, summaries and '
  'general reads unless asked for by name.';
comment on column public.user_substance_use.name is 'In her own words; null when the group says enough.';
comment on column public.user_substance_use.frequency is 'AUDIT-C, question 1.';
comment on column public.user_substance_use.typical_amount is
  'On a typical day: standard drinks of alcohol (AUDIT-C, question 2), cigarettes, or the like; the unit says what.';
comment on column public.user_substance_use.amount_unit is 'Such as `standard drinks`; null without an amount.';
comment on column public.user_substance_use.heavy_use is
  'AUDIT-C, question 3: six drinks or more; of others, as much as she calls a lot.';
comment on column public.user_substance_use.craving is 'How strongly it calls, 0 to 10.';
comment on column public.user_substance_use.has_tried_to_stop is 'Null when nobody has asked.';
comment on column public.user_substance_use.feels_guilty is 'As DAST-10 asks; null when nobody has asked.';
comment on column public.user_substance_use.others_worry is 'As DAST-10 asks; null when nobody has asked.';
comment on column public.user_substance_use.has_had_withdrawal is
  'As DAST-10 asks; null when nobody has asked. With alcohol, sedatives or opioids, stopping alone can be '
  'dangerous.';
comment on column public.user_substance_use.stage is 'How ready she is for a change.';
comment on column public.user_substance_use.gives_her is 'What it does for her.';
comment on column public.user_substance_use.triggers is 'When it calls.';
comment on column public.user_substance_use.abstinent_since is 'Null unless she is.';
comment on column public.user_substance_use.origin is 'Who wrote it; the server says so.';
comment on column public.user_substance_use.is_confirmed is 'False while what was inferred waits for her word.';
comment on column public.user_substance_use.confidence is
  '0 to 1, how sure the server was; null when she said it herself.';
comment on column public.user_substance_use.source_message_id is
  'The message it was drawn from; null without one, or when that was deleted.';

create index user_substance_use_by_change_idx on public.user_substance_use (user_id, updated_at desc, id desc);
create index user_substance_use_by_source_idx on public.user_substance_use (user_id, source_message_id);

-- No agent and no pipeline confirms what was inferred, or says that it was she.
create trigger t060_user_substance_use_only_herself before update of is_confirmed on public.user_substance_use
  for each row when (new.is_confirmed and not old.is_confirmed) execute function private.only_herself();
create trigger t060_user_substance_use_only_herself_insert before insert on public.user_substance_use
  for each row when (new.is_confirmed or new.origin = 'user') execute function private.only_herself();
create trigger t900_user_substance_use_version before update on public.user_substance_use
  for each row execute function private.count_version();

alter table public.user_substance_use enable row level security;
alter table public.user_substance_use force row level security;
create policy owner_select on public.user_substance_use for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.user_substance_use for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.user_substance_use for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.user_substance_use for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

grant
  select,
  insert (
    id, substance, name, status, frequency, typical_amount, amount_unit, heavy_use, craving, has_tried_to_stop,
    feels_guilty, others_worry, has_had_withdrawal, stage, gives_her, costs_her, triggers, what_helps,
    age_at_first_use, last_used_on, abstinent_since
  ),
  update (
    substance, name, status, frequency, typical_amount, amount_unit, heavy_use, craving, has_tried_to_stop,
    feels_guilty, others_worry, has_had_withdrawal, stage, gives_her, costs_her, triggers, what_helps,
    age_at_first_use, last_used_on, abstinent_since, is_confirmed
  ),
  delete
  on public.user_substance_use to authenticated;
grant insert (origin, is_confirmed, confidence, source_message_id), update (confidence, source_message_id)
  on public.user_substance_use to cairn_server;

-- user_suicidal_thoughts ------------------------------------------------------

create table public.user_suicidal_thoughts (
  id                 uuid        primary key default private.uuid_v7(),
  user_id            uuid        not null default auth.uid() references public.users on delete cascade,
  occurred_at        timestamptz not null default now(),
  ideation           public.suicidal_ideation   not null,
  frequency          public.ideation_frequency,
  duration           public.ideation_duration,
  controllability    public.ideation_control,
  deterrents         public.ideation_deterrents,
  behaviour          public.suicidal_behaviour,
  self_injury        boolean,
  means_access       public.means_access not null default 'unknown',
  distress           smallint,
  triggers           text[]      not null default '{}',
  protective_factors text[]      not null default '{}',
  reasons_for_living text,
  what_helped        text,
  told_somebody      boolean,
  passed_at          timestamptz,
  note               text,
  origin             public.entry_origin not null default private.writer(),
  is_confirmed       boolean     not null default (private.actor() is null),
  confidence         double precision,
  source_message_id  uuid,
  version            integer     not null default 1,
  created_at         timestamptz not null default now(),
  updated_at         timestamptz not null default now(),

  constraint user_suicidal_thoughts_source_message_fkey foreign key (source_message_id, user_id)
    references public.messages (id, user_id) on delete set null (source_message_id),
  constraint user_suicidal_thoughts_texts_are_at_most_2000_characters
    check (greatest(length(reasons_for_living), length(what_helped), length(note)) <= 2000),
  constraint user_suicidal_thoughts_triggers_are_a_short_list check (private.is_short_list(triggers)),
  constraint user_suicidal_thoughts_protective_factors_are_a_short_list
    check (private.is_short_list(protective_factors)),
  constraint user_suicidal_thoughts_distress_is_between_0_and_10 check (distress between 0 and 10),
  constraint user_suicidal_thoughts_dates_are_in_order check (passed_at >= occurred_at),
  constraint user_suicidal_thoughts_confidence_is_between_0_and_1 check (confidence between 0 and 1),
  constraint user_suicidal_thoughts_hers_are_confirmed_and_certain
    check (origin <> 'user' or (is_confirmed and confidence is null))
);

comment on table  public.user_suicidal_thoughts is
  'Thoughts of suicide as she reported them, in the terms of the Columbia-Suicide Severity Rating Scale (C-SSRS; '
  'Posner and others, 2011). Sensitive: no live events, and left out of statistics, summaries and general reads '
  'unless asked for by name. A record, not an alarm: what is done about them at once is in the crisis events.';
comment on column public.user_suicidal_thoughts.occurred_at is 'When it was at its worst.';
comment on column public.user_suicidal_thoughts.ideation is 'The most severe type that was there.';
comment on column public.user_suicidal_thoughts.frequency is 'Null when not asked, as with all that follow.';
comment on column public.user_suicidal_thoughts.self_injury is 'She hurt herself without wanting to die.';
comment on column public.user_suicidal_thoughts.means_access is 'No column says which means.';
comment on column public.user_suicidal_thoughts.distress is 'How unbearable it was, 0 to 10.';
comment on column public.user_suicidal_thoughts.protective_factors is 'What kept her: people, tasks, beliefs.';
comment on column public.user_suicidal_thoughts.told_somebody is 'Another person knows; null when nobody has asked.';
comment on column public.user_suicidal_thoughts.passed_at is 'When it was over; null while it lasts.';
comment on column public.user_suicidal_thoughts.note is 'Hers; no method is asked for.';
comment on column public.user_suicidal_thoughts.origin is 'Who wrote it; the server says so.';
comment on column public.user_suicidal_thoughts.is_confirmed is 'False while what was inferred waits for her word.';
comment on column public.user_suicidal_thoughts.confidence is
  '0 to 1, how sure the server was; null when she said it herself.';
comment on column public.user_suicidal_thoughts.source_message_id is
  'The message it was drawn from; null without one, or when that was deleted.';

create index user_suicidal_thoughts_by_occurred_idx on public.user_suicidal_thoughts (user_id, occurred_at desc, id desc);
create index user_suicidal_thoughts_by_source_idx   on public.user_suicidal_thoughts (user_id, source_message_id);

-- No agent and no pipeline confirms what was inferred, or says that it was she.
create trigger t060_user_suicidal_thoughts_only_herself before update of is_confirmed on public.user_suicidal_thoughts
  for each row when (new.is_confirmed and not old.is_confirmed) execute function private.only_herself();
create trigger t060_user_suicidal_thoughts_only_herself_insert before insert on public.user_suicidal_thoughts
  for each row when (new.is_confirmed or new.origin = 'user') execute function private.only_herself();
create trigger t900_user_suicidal_thoughts_version before update on public.user_suicidal_thoughts
  for each row execute function private.count_version();

alter table public.user_suicidal_thoughts enable row level security;
alter table public.user_suicidal_thoughts force row level security;
create policy owner_select on public.user_suicidal_thoughts for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.user_suicidal_thoughts for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.user_suicidal_thoughts for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.user_suicidal_thoughts for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

grant
  select,
  insert (
    id, occurred_at, ideation, frequency, duration, controllability, deterrents, behaviour, self_injury,
    means_access, distress, triggers, protective_factors, reasons_for_living, what_helped, told_somebody,
    passed_at, note
  ),
  update (
    occurred_at, ideation, frequency, duration, controllability, deterrents, behaviour, self_injury,
    means_access, distress, triggers, protective_factors, reasons_for_living, what_helped, told_somebody,
    passed_at, note, is_confirmed
  ),
  delete
  on public.user_suicidal_thoughts to authenticated;
grant insert (origin, is_confirmed, confidence, source_message_id), update (confidence, source_message_id)
  on public.user_suicidal_thoughts to cairn_server;

-- is_sensitive ----------------------------------------------------------------

create function private.is_sensitive(table_name text) returns boolean
  language sql immutable parallel safe set search_path = ''
as $$
  select table_name in ('user_suicidal_thoughts', 'user_substance_use', 'user_trauma_patterns', 'user_risk_factors')
$$;
comment on function private.is_sensitive is
  'Is a table one of those that general reads, exports to models and live events leave out unless asked for by name? '
  'The one list of them.';
-- For memory_categories, which people call.
grant execute on function private.is_sensitive to authenticated, cairn_server;
