-- Patterns: what returns in her life, and what she has understood of it.
--
-- Each kind has the columns of the school that it comes from, so that an entry is a piece of work and
-- not a label: a loop knows where it could be left, a shadow what it guards, an old family pain what
-- was handed down with it that she wants to keep.

set lock_timeout = '5s';
set statement_timeout = '60s';

create type public.dynamic_kind as enum (
  'conflict', 'withdrawal', 'pursuit', 'people_pleasing', 'dependence', 'control', 'enmeshment', 'distance',
  'trust', 'repair', 'other'
);
create type public.ancestral_kind as enum (
  'loss', 'war', 'displacement', 'persecution', 'violence', 'addiction', 'poverty', 'illness', 'secrecy',
  'estrangement', 'other'
);
create type public.family_line as enum ('maternal', 'paternal', 'both', 'chosen', 'unknown');
create type public.dysregulating_kind as enum (
  'sensory', 'bodily', 'social', 'situational', 'thought', 'memory', 'other'
);
create type public.arousal_direction as enum ('hyperarousal', 'hypoarousal', 'both');
create type public.insight_note_kind as enum ('realisation', 'reframe', 'connection', 'question', 'intention');

comment on type public.dynamic_kind is
  'What happens again and again between her and somebody; trust and repair are patterns, too.';
comment on type public.ancestral_kind is 'What an earlier generation lived through.';
comment on type public.family_line is
  'The side of the family it came by; `chosen` for adoption and other families not of blood.';
comment on type public.dysregulating_kind is 'Where it comes from that she loses her balance.';
comment on type public.arousal_direction is
  'How she leaves the window of tolerance (Siegel): too much, too little, or one after the other.';
comment on type public.insight_note_kind is 'What kind of insight it is.';

-- user_themes -----------------------------------------------------------------

create table public.user_themes (
  id                uuid        primary key default private.uuid_v7(),
  user_id           uuid        not null default auth.uid() references public.users on delete cascade,
  name              text        not null,
  description       text,
  in_her_words      text,
  domain            public.life_domain,
  status            public.pattern_status not null default 'active',
  intensity         smallint    not null default 5,
  frequency         public.occurrence_frequency,
  evidence          text,
  first_noticed_on  date,
  last_noticed_on   date,
  origin            public.entry_origin not null default private.writer(),
  is_confirmed      boolean     not null default (private.actor() is null),
  confidence        double precision,
  source_message_id uuid,
  version           integer     not null default 1,
  created_at        timestamptz not null default now(),
  updated_at        timestamptz not null default now(),

  constraint user_themes_owner_key unique (id, user_id),
  constraint user_themes_source_message_fkey foreign key (source_message_id, user_id)
    references public.messages (id, user_id) on delete set null (source_message_id),
  constraint user_themes_name_has_1_to_200_characters check (name ~ '\S' and length(name) <= 200),
  constraint user_themes_texts_are_at_most_2000_characters
    check (greatest(length(description), length(in_her_words), length(evidence)) <= 2000),
  constraint user_themes_intensity_is_between_0_and_10 check (intensity between 0 and 10),
  constraint user_themes_dates_are_in_order check (last_noticed_on >= first_noticed_on),
  constraint user_themes_confidence_is_between_0_and_1 check (confidence between 0 and 1),
  constraint user_themes_hers_are_confirmed_and_certain
    check (origin <> 'user' or (is_confirmed and confidence is null))
);

comment on table  public.user_themes is 'A theme that her talks and pages come back to.';
comment on column public.user_themes.in_her_words is 'A phrase of hers that stands for it.';
comment on column public.user_themes.domain is 'Null when it runs through all of them.';
comment on column public.user_themes.intensity is 'How much room it takes, 0 to 10.';
comment on column public.user_themes.frequency is 'How often it comes up.';
comment on column public.user_themes.evidence is 'Where it was seen.';
comment on column public.user_themes.origin is 'Who wrote it; the server says so.';
comment on column public.user_themes.is_confirmed is 'False while what was inferred waits for her word.';
comment on column public.user_themes.confidence is '0 to 1, how sure the server was; null when she said it herself.';
comment on column public.user_themes.source_message_id is
  'The message it was drawn from; null without one, or when that was deleted.';

create index user_themes_by_change_idx on public.user_themes (user_id, updated_at desc, id desc);
create index user_themes_by_source_idx on public.user_themes (user_id, source_message_id);

-- No agent and no pipeline confirms what was inferred, or says that it was she.
create trigger t060_user_themes_only_herself before update of is_confirmed on public.user_themes
  for each row when (new.is_confirmed and not old.is_confirmed) execute function private.only_herself();
create trigger t060_user_themes_only_herself_insert before insert on public.user_themes
  for each row when (new.is_confirmed or new.origin = 'user') execute function private.only_herself();
create trigger t900_user_themes_version before update on public.user_themes
  for each row execute function private.count_version();
create constraint trigger t900_user_themes_live after insert or update or delete on public.user_themes
  deferrable initially deferred
  for each row execute function private.live_record();

alter table public.user_themes enable row level security;
alter table public.user_themes force row level security;
create policy owner_select on public.user_themes for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.user_themes for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.user_themes for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.user_themes for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

grant
  select,
  insert (
    id, name, description, in_her_words, domain, status, intensity, frequency, evidence, first_noticed_on,
    last_noticed_on
  ),
  update (
    name, description, in_her_words, domain, status, intensity, frequency, evidence, first_noticed_on,
    last_noticed_on, is_confirmed
  ),
  delete
  on public.user_themes to authenticated;
grant insert (origin, is_confirmed, confidence, source_message_id), update (confidence, source_message_id)
  on public.user_themes to cairn_server;

-- user_emotional_patterns -----------------------------------------------------

create table public.user_emotional_patterns (
  id                 uuid        primary key default private.uuid_v7(),
  user_id            uuid        not null default auth.uid() references public.users on delete cascade,
  name               text        not null,
  family             public.emotion_family,
  beneath            public.emotion_family,
  status             public.pattern_status not null default 'active',
  triggers           text[]      not null default '{}',
  body_signs         text[]      not null default '{}',
  response           text,
  need               text,
  what_helps         text,
  intensity          smallint,
  frequency          public.occurrence_frequency,
  settles_in_minutes integer,
  evidence           text,
  first_noticed_on   date,
  origin             public.entry_origin not null default private.writer(),
  is_confirmed       boolean     not null default (private.actor() is null),
  confidence         double precision,
  source_message_id  uuid,
  version            integer     not null default 1,
  created_at         timestamptz not null default now(),
  updated_at         timestamptz not null default now(),

  constraint user_emotional_patterns_source_message_fkey foreign key (source_message_id, user_id)
    references public.messages (id, user_id) on delete set null (source_message_id),
  constraint user_emotional_patterns_name_has_1_to_200_characters check (name ~ '\S' and length(name) <= 200),
  constraint user_emotional_patterns_texts_are_at_most_2000_characters
    check (greatest(length(response), length(need), length(what_helps), length(evidence)) <= 2000),
  constraint user_emotional_patterns_triggers_are_a_short_list check (private.is_short_list(triggers)),
  constraint user_emotional_patterns_body_signs_are_a_short_list check (private.is_short_list(body_signs)),
  constraint user_emotional_patterns_intensity_is_between_0_and_10 check (intensity between 0 and 10),
  constraint user_emotional_patterns_settles_within_30_days check (settles_in_minutes between 0 and 43200),
  constraint user_emotional_patterns_confidence_is_between_0_and_1 check (confidence between 0 and 1),
  constraint user_emotional_patterns_hers_are_confirmed_and_certain
    check (origin <> 'user' or (is_confirmed and confidence is null))
);

comment on table  public.user_emotional_patterns is
  'A way of feeling that returns: what sets it off, what lies beneath, what settles it.';
comment on column public.user_emotional_patterns.family is 'The feeling that shows.';
comment on column public.user_emotional_patterns.beneath is
  'The one beneath it, as in emotion-focused therapy; null when unknown.';
comment on column public.user_emotional_patterns.response is 'What she usually does then.';
comment on column public.user_emotional_patterns.need is 'What she needs then.';
comment on column public.user_emotional_patterns.intensity is '0 (none) to 10 (the most she can imagine).';
comment on column public.user_emotional_patterns.settles_in_minutes is
  'How long until she is herself again; null when unknown.';
comment on column public.user_emotional_patterns.evidence is 'Where it was seen.';
comment on column public.user_emotional_patterns.origin is 'Who wrote it; the server says so.';
comment on column public.user_emotional_patterns.is_confirmed is 'False while what was inferred waits for her word.';
comment on column public.user_emotional_patterns.confidence is
  '0 to 1, how sure the server was; null when she said it herself.';
comment on column public.user_emotional_patterns.source_message_id is
  'The message it was drawn from; null without one, or when that was deleted.';

create index user_emotional_patterns_by_change_idx on public.user_emotional_patterns (user_id, updated_at desc, id desc);
create index user_emotional_patterns_by_source_idx on public.user_emotional_patterns (user_id, source_message_id);

-- No agent and no pipeline confirms what was inferred, or says that it was she.
create trigger t060_user_emotional_patterns_only_herself before update of is_confirmed on public.user_emotional_patterns
  for each row when (new.is_confirmed and not old.is_confirmed) execute function private.only_herself();
create trigger t060_user_emotional_patterns_only_herself_insert before insert on public.user_emotional_patterns
  for each row when (new.is_confirmed or new.origin = 'user') execute function private.only_herself();
create trigger t900_user_emotional_patterns_version before update on public.user_emotional_patterns
  for each row execute function private.count_version();
create constraint trigger t900_user_emotional_patterns_live
  after insert or update or delete on public.user_emotional_patterns
  deferrable initially deferred
  for each row execute function private.live_record();

alter table public.user_emotional_patterns enable row level security;
alter table public.user_emotional_patterns force row level security;
create policy owner_select on public.user_emotional_patterns for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.user_emotional_patterns for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.user_emotional_patterns for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.user_emotional_patterns for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

grant
  select,
  insert (
    id, name, family, beneath, status, triggers, body_signs, response, need, what_helps, intensity, frequency,
    settles_in_minutes, evidence, first_noticed_on
  ),
  update (
    name, family, beneath, status, triggers, body_signs, response, need, what_helps, intensity, frequency,
    settles_in_minutes, evidence, first_noticed_on, is_confirmed
  ),
  delete
  on public.user_emotional_patterns to authenticated;
grant insert (origin, is_confirmed, confidence, source_message_id), update (confidence, source_message_id)
  on public.user_emotional_patterns to cairn_server;

-- user_pattern_loops ----------------------------------------------------------

create table public.user_pattern_loops (
  id                uuid        primary key default private.uuid_v7(),
  user_id           uuid        not null default auth.uid() references public.users on delete cascade,
  name              text        not null,
  status            public.pattern_status not null default 'active',
  trigger           text,
  thought           text,
  feeling           text,
  behaviour         text,
  relief            text,
  cost              text,
  way_out           text,
  strength          smallint,
  frequency         public.occurrence_frequency,
  evidence          text,
  first_noticed_on  date,
  origin            public.entry_origin not null default private.writer(),
  is_confirmed      boolean     not null default (private.actor() is null),
  confidence        double precision,
  source_message_id uuid,
  version           integer     not null default 1,
  created_at        timestamptz not null default now(),
  updated_at        timestamptz not null default now(),

  constraint user_pattern_loops_source_message_fkey foreign key (source_message_id, user_id)
    references public.messages (id, user_id) on delete set null (source_message_id),
  constraint user_pattern_loops_name_has_1_to_200_characters check (name ~ '\S' and length(name) <= 200),
  constraint user_pattern_loops_texts_are_at_most_2000_characters
    check (greatest(
      length(trigger), length(thought), length(feeling), length(behaviour), length(relief), length(cost),
      length(way_out), length(evidence)
    ) <= 2000),
  constraint user_pattern_loops_strength_is_between_0_and_10 check (strength between 0 and 10),
  constraint user_pattern_loops_confidence_is_between_0_and_1 check (confidence between 0 and 1),
  constraint user_pattern_loops_hers_are_confirmed_and_certain
    check (origin <> 'user' or (is_confirmed and confidence is null))
);

comment on table  public.user_pattern_loops is
  'A loop that keeps itself going: the vicious circle of cognitive behavioural therapy, with its way out.';
comment on column public.user_pattern_loops.trigger is 'What starts it.';
comment on column public.user_pattern_loops.behaviour is 'What she does then.';
comment on column public.user_pattern_loops.relief is 'What that gives her at once, which is why it lasts.';
comment on column public.user_pattern_loops.cost is 'What it costs her later, which is what starts it again.';
comment on column public.user_pattern_loops.way_out is 'Where it could be left.';
comment on column public.user_pattern_loops.strength is 'How hard it is to leave, 0 to 10.';
comment on column public.user_pattern_loops.evidence is 'Where it was seen.';
comment on column public.user_pattern_loops.origin is 'Who wrote it; the server says so.';
comment on column public.user_pattern_loops.is_confirmed is 'False while what was inferred waits for her word.';
comment on column public.user_pattern_loops.confidence is
  '0 to 1, how sure the server was; null when she said it herself.';
comment on column public.user_pattern_loops.source_message_id is
  'The message it was drawn from; null without one, or when that was deleted.';

create index user_pattern_loops_by_change_idx on public.user_pattern_loops (user_id, updated_at desc, id desc);
create index user_pattern_loops_by_source_idx on public.user_pattern_loops (user_id, source_message_id);

-- No agent and no pipeline confirms what was inferred, or says that it was she.
create trigger t060_user_pattern_loops_only_herself before update of is_confirmed on public.user_pattern_loops
  for each row when (new.is_confirmed and not old.is_confirmed) execute function private.only_herself();
create trigger t060_user_pattern_loops_only_herself_insert before insert on public.user_pattern_loops
  for each row when (new.is_confirmed or new.origin = 'user') execute function private.only_herself();
create trigger t900_user_pattern_loops_version before update on public.user_pattern_loops
  for each row execute function private.count_version();
create constraint trigger t900_user_pattern_loops_live after insert or update or delete on public.user_pattern_loops
  deferrable initially deferred
  for each row execute function private.live_record();

alter table public.user_pattern_loops enable row level security;
alter table public.user_pattern_loops force row level security;
create policy owner_select on public.user_pattern_loops for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.user_pattern_loops for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.user_pattern_loops for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.user_pattern_loops for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

grant
  select,
  insert (
    id, name, status, trigger, thought, feeling, behaviour, relief, cost, way_out, strength, frequency,
    evidence, first_noticed_on
  ),
  update (
    name, status, trigger, thought, feeling, behaviour, relief, cost, way_out, strength, frequency, evidence,
    first_noticed_on, is_confirmed
  ),
  delete
  on public.user_pattern_loops to authenticated;
grant insert (origin, is_confirmed, confidence, source_message_id), update (confidence, source_message_id)
  on public.user_pattern_loops to cairn_server;

-- user_shadow_themes ----------------------------------------------------------

create table public.user_shadow_themes (
  id                uuid        primary key default private.uuid_v7(),
  user_id           uuid        not null default auth.uid() references public.users on delete cascade,
  name              text        not null,
  status            public.pattern_status not null default 'noticed',
  shows_as          text,
  met_in_others     text,
  guards            text,
  gift              text,
  origin_story      text,
  triggers          text[]      not null default '{}',
  charge            smallint,
  integration       smallint,
  evidence          text,
  first_noticed_on  date,
  origin            public.entry_origin not null default private.writer(),
  is_confirmed      boolean     not null default (private.actor() is null),
  confidence        double precision,
  source_message_id uuid,
  version           integer     not null default 1,
  created_at        timestamptz not null default now(),
  updated_at        timestamptz not null default now(),

  constraint user_shadow_themes_source_message_fkey foreign key (source_message_id, user_id)
    references public.messages (id, user_id) on delete set null (source_message_id),
  constraint user_shadow_themes_name_has_1_to_200_characters check (name ~ '\S' and length(name) <= 200),
  constraint user_shadow_themes_texts_are_at_most_2000_characters
    check (greatest(
      length(shows_as), length(met_in_others), length(guards), length(gift), length(origin_story),
      length(evidence)
    ) <= 2000),
  constraint user_shadow_themes_triggers_are_a_short_list check (private.is_short_list(triggers)),
  constraint user_shadow_themes_scales_are_between_0_and_10
    check (charge between 0 and 10 and integration between 0 and 10),
  constraint user_shadow_themes_confidence_is_between_0_and_1 check (confidence between 0 and 1),
  constraint user_shadow_themes_hers_are_confirmed_and_certain
    check (origin <> 'user' or (is_confirmed and confidence is null))
);

comment on table  public.user_shadow_themes is
  'A side of her that she has learned to hide or to fight, as in Jung''s shadow work; it is met with respect, for '
  'it guards something.';
comment on column public.user_shadow_themes.name is 'The side itself, such as “the one who wants to be seen”.';
comment on column public.user_shadow_themes.shows_as is 'How it comes out all the same.';
comment on column public.user_shadow_themes.met_in_others is 'In whom or what it bothers her; no names are needed.';
comment on column public.user_shadow_themes.guards is 'What it protects.';
comment on column public.user_shadow_themes.gift is 'What would be hers if she took it in.';
comment on column public.user_shadow_themes.origin_story is 'When and why it had to hide.';
comment on column public.user_shadow_themes.charge is 'How strongly it moves her, 0 to 10.';
comment on column public.user_shadow_themes.integration is '0 (disowned) to 10 (hers).';
comment on column public.user_shadow_themes.evidence is 'Where it was seen.';
comment on column public.user_shadow_themes.origin is 'Who wrote it; the server says so.';
comment on column public.user_shadow_themes.is_confirmed is 'False while what was inferred waits for her word.';
comment on column public.user_shadow_themes.confidence is
  '0 to 1, how sure the server was; null when she said it herself.';
comment on column public.user_shadow_themes.source_message_id is
  'The message it was drawn from; null without one, or when that was deleted.';

create index user_shadow_themes_by_change_idx on public.user_shadow_themes (user_id, updated_at desc, id desc);
create index user_shadow_themes_by_source_idx on public.user_shadow_themes (user_id, source_message_id);

-- No agent and no pipeline confirms what was inferred, or says that it was she.
create trigger t060_user_shadow_themes_only_herself before update of is_confirmed on public.user_shadow_themes
  for each row when (new.is_confirmed and not old.is_confirmed) execute function private.only_herself();
create trigger t060_user_shadow_themes_only_herself_insert before insert on public.user_shadow_themes
  for each row when (new.is_confirmed or new.origin = 'user') execute function private.only_herself();
create trigger t900_user_shadow_themes_version before update on public.user_shadow_themes
  for each row execute function private.count_version();
create constraint trigger t900_user_shadow_themes_live after insert or update or delete on public.user_shadow_themes
  deferrable initially deferred
  for each row execute function private.live_record();

alter table public.user_shadow_themes enable row level security;
alter table public.user_shadow_themes force row level security;
create policy owner_select on public.user_shadow_themes for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.user_shadow_themes for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.user_shadow_themes for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.user_shadow_themes for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

grant
  select,
  insert (
    id, name, status, shows_as, met_in_others, guards, gift, origin_story, triggers, charge, integration,
    evidence, first_noticed_on
  ),
  update (
    name, status, shows_as, met_in_others, guards, gift, origin_story, triggers, charge, integration, evidence,
    first_noticed_on, is_confirmed
  ),
  delete
  on public.user_shadow_themes to authenticated;
grant insert (origin, is_confirmed, confidence, source_message_id), update (confidence, source_message_id)
  on public.user_shadow_themes to cairn_server;

-- user_ancestral_issues -------------------------------------------------------

create table public.user_ancestral_issues (
  id                uuid        primary key default private.uuid_v7(),
  user_id           uuid        not null default auth.uid() references public.users on delete cascade,
  name              text        not null,
  kind              public.ancestral_kind not null default 'other',
  line              public.family_line    not null default 'unknown',
  generations_back  smallint,
  status            public.pattern_status not null default 'noticed',
  handed_down_by    text,
  message           text,
  effect_today      text,
  strength_kept     text,
  burden            smallint,
  evidence          text,
  first_noticed_on  date,
  origin            public.entry_origin not null default private.writer(),
  is_confirmed      boolean     not null default (private.actor() is null),
  confidence        double precision,
  source_message_id uuid,
  version           integer     not null default 1,
  created_at        timestamptz not null default now(),
  updated_at        timestamptz not null default now(),

  constraint user_ancestral_issues_source_message_fkey foreign key (source_message_id, user_id)
    references public.messages (id, user_id) on delete set null (source_message_id),
  constraint user_ancestral_issues_name_has_1_to_200_characters check (name ~ '\S' and length(name) <= 200),
  constraint user_ancestral_issues_texts_are_at_most_2000_characters
    check (greatest(
      length(handed_down_by), length(message), length(effect_today), length(strength_kept), length(evidence)
    ) <= 2000),
  constraint user_ancestral_issues_burden_is_between_0_and_10 check (burden between 0 and 10),
  constraint user_ancestral_issues_generations_back_is_between_1_and_7 check (generations_back between 1 and 7),
  constraint user_ancestral_issues_confidence_is_between_0_and_1 check (confidence between 0 and 1),
  constraint user_ancestral_issues_hers_are_confirmed_and_certain
    check (origin <> 'user' or (is_confirmed and confidence is null))
);

comment on table  public.user_ancestral_issues is
  'What her family handed down to her: the pain, and what is worth keeping. It speaks of third parties, many of '
  'them dead: no names are needed.';
comment on column public.user_ancestral_issues.generations_back is
  '1 for her parents'' time, 2 for her grandparents'', and so on; null when unknown.';
comment on column public.user_ancestral_issues.handed_down_by is
  'How it reached her: by stories, silence, rules, a way of looking.';
comment on column public.user_ancestral_issues.message is 'The sentence she grew up with.';
comment on column public.user_ancestral_issues.effect_today is 'How it shows in her own life.';
comment on column public.user_ancestral_issues.strength_kept is 'What those before her gave her with it.';
comment on column public.user_ancestral_issues.burden is 'How heavy it is for her, 0 to 10.';
comment on column public.user_ancestral_issues.evidence is 'Where it was seen.';
comment on column public.user_ancestral_issues.origin is 'Who wrote it; the server says so.';
comment on column public.user_ancestral_issues.is_confirmed is 'False while what was inferred waits for her word.';
comment on column public.user_ancestral_issues.confidence is
  '0 to 1, how sure the server was; null when she said it herself.';
comment on column public.user_ancestral_issues.source_message_id is
  'The message it was drawn from; null without one, or when that was deleted.';

create index user_ancestral_issues_by_change_idx on public.user_ancestral_issues (user_id, updated_at desc, id desc);
create index user_ancestral_issues_by_source_idx on public.user_ancestral_issues (user_id, source_message_id);

-- No agent and no pipeline confirms what was inferred, or says that it was she.
create trigger t060_user_ancestral_issues_only_herself before update of is_confirmed on public.user_ancestral_issues
  for each row when (new.is_confirmed and not old.is_confirmed) execute function private.only_herself();
create trigger t060_user_ancestral_issues_only_herself_insert before insert on public.user_ancestral_issues
  for each row when (new.is_confirmed or new.origin = 'user') execute function private.only_herself();
create trigger t900_user_ancestral_issues_version before update on public.user_ancestral_issues
  for each row execute function private.count_version();
create constraint trigger t900_user_ancestral_issues_live
  after insert or update or delete on public.user_ancestral_issues
  deferrable initially deferred
  for each row execute function private.live_record();

alter table public.user_ancestral_issues enable row level security;
alter table public.user_ancestral_issues force row level security;
create policy owner_select on public.user_ancestral_issues for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.user_ancestral_issues for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.user_ancestral_issues for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.user_ancestral_issues for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

grant
  select,
  insert (
    id, name, kind, line, generations_back, status, handed_down_by, message, effect_today, strength_kept,
    burden, evidence, first_noticed_on
  ),
  update (
    name, kind, line, generations_back, status, handed_down_by, message, effect_today, strength_kept, burden,
    evidence, first_noticed_on, is_confirmed
  ),
  delete
  on public.user_ancestral_issues to authenticated;
grant insert (origin, is_confirmed, confidence, source_message_id), update (confidence, source_message_id)
  on public.user_ancestral_issues to cairn_server;

-- user_relationship_dynamics --------------------------------------------------

create table public.user_relationship_dynamics (
  id                uuid        primary key default private.uuid_v7(),
  user_id           uuid        not null default auth.uid() references public.users on delete cascade,
  person_id         uuid,
  name              text        not null,
  kind              public.dynamic_kind   not null default 'other',
  status            public.pattern_status not null default 'active',
  triggers          text[]      not null default '{}',
  her_part          text,
  their_part        text,
  her_need          text,
  what_helps        text,
  distress          smallint,
  frequency         public.occurrence_frequency,
  evidence          text,
  first_noticed_on  date,
  origin            public.entry_origin not null default private.writer(),
  is_confirmed      boolean     not null default (private.actor() is null),
  confidence        double precision,
  source_message_id uuid,
  version           integer     not null default 1,
  created_at        timestamptz not null default now(),
  updated_at        timestamptz not null default now(),

  constraint user_relationship_dynamics_person_fkey foreign key (person_id, user_id)
    references public.user_people (id, user_id) on delete cascade,
  constraint user_relationship_dynamics_source_message_fkey foreign key (source_message_id, user_id)
    references public.messages (id, user_id) on delete set null (source_message_id),
  constraint user_relationship_dynamics_name_has_1_to_200_characters check (name ~ '\S' and length(name) <= 200),
  constraint user_relationship_dynamics_texts_are_at_most_2000_characters
    check (greatest(
      length(her_part), length(their_part), length(her_need), length(what_helps), length(evidence)
    ) <= 2000),
  constraint user_relationship_dynamics_triggers_are_a_short_list check (private.is_short_list(triggers)),
  constraint user_relationship_dynamics_distress_is_between_0_and_10 check (distress between 0 and 10),
  constraint user_relationship_dynamics_confidence_is_between_0_and_1 check (confidence between 0 and 1),
  constraint user_relationship_dynamics_hers_are_confirmed_and_certain
    check (origin <> 'user' or (is_confirmed and confidence is null))
);

comment on table  public.user_relationship_dynamics is
  'What happens again and again between her and somebody. It speaks of third parties, as she sees them.';
comment on column public.user_relationship_dynamics.person_id is
  'The person, when it is with one of hers; it goes with them. Null for a way she has with many.';
comment on column public.user_relationship_dynamics.her_part is 'What she does in it.';
comment on column public.user_relationship_dynamics.their_part is 'What the other does, as she sees it.';
comment on column public.user_relationship_dynamics.her_need is 'What she longs for beneath it.';
comment on column public.user_relationship_dynamics.distress is 'How much it hurts, 0 to 10.';
comment on column public.user_relationship_dynamics.evidence is 'Where it was seen.';
comment on column public.user_relationship_dynamics.origin is 'Who wrote it; the server says so.';
comment on column public.user_relationship_dynamics.is_confirmed is 'False while what was inferred waits for her word.';
comment on column public.user_relationship_dynamics.confidence is
  '0 to 1, how sure the server was; null when she said it herself.';
comment on column public.user_relationship_dynamics.source_message_id is
  'The message it was drawn from; null without one, or when that was deleted.';

create index user_relationship_dynamics_by_change_idx on public.user_relationship_dynamics (user_id, updated_at desc, id desc);
create index user_relationship_dynamics_by_person_idx on public.user_relationship_dynamics (user_id, person_id);
create index user_relationship_dynamics_by_source_idx on public.user_relationship_dynamics (user_id, source_message_id);

-- No agent and no pipeline confirms what was inferred, or says that it was she.
create trigger t060_user_relationship_dynamics_only_herself before update of is_confirmed on public.user_relationship_dynamics
  for each row when (new.is_confirmed and not old.is_confirmed) execute function private.only_herself();
create trigger t060_user_relationship_dynamics_only_herself_insert before insert on public.user_relationship_dynamics
  for each row when (new.is_confirmed or new.origin = 'user') execute function private.only_herself();
create trigger t900_user_relationship_dynamics_version before update on public.user_relationship_dynamics
  for each row execute function private.count_version();
create constraint trigger t900_user_relationship_dynamics_live
  after insert or update or delete on public.user_relationship_dynamics
  deferrable initially deferred
  for each row execute function private.live_record();

alter table public.user_relationship_dynamics enable row level security;
alter table public.user_relationship_dynamics force row level security;
create policy owner_select on public.user_relationship_dynamics for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.user_relationship_dynamics for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.user_relationship_dynamics for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.user_relationship_dynamics for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

grant
  select,
  insert (
    id, person_id, name, kind, status, triggers, her_part, their_part, her_need, what_helps, distress,
    frequency, evidence, first_noticed_on
  ),
  update (
    person_id, name, kind, status, triggers, her_part, their_part, her_need, what_helps, distress, frequency,
    evidence, first_noticed_on, is_confirmed
  ),
  delete
  on public.user_relationship_dynamics to authenticated;
grant insert (origin, is_confirmed, confidence, source_message_id), update (confidence, source_message_id)
  on public.user_relationship_dynamics to cairn_server;

-- user_dysregulating_factors --------------------------------------------------

create table public.user_dysregulating_factors (
  id                uuid        primary key default private.uuid_v7(),
  user_id           uuid        not null default auth.uid() references public.users on delete cascade,
  name              text        not null,
  kind              public.dysregulating_kind not null default 'other',
  direction         public.arousal_direction,
  intensity         smallint,
  frequency         public.occurrence_frequency,
  early_signs       text[]      not null default '{}',
  is_avoidable      boolean,
  what_helps        text,
  recovery_minutes  integer,
  notes             text,
  last_met_on       date,
  origin            public.entry_origin not null default private.writer(),
  is_confirmed      boolean     not null default (private.actor() is null),
  confidence        double precision,
  source_message_id uuid,
  version           integer     not null default 1,
  created_at        timestamptz not null default now(),
  updated_at        timestamptz not null default now(),

  constraint user_dysregulating_factors_source_message_fkey foreign key (source_message_id, user_id)
    references public.messages (id, user_id) on delete set null (source_message_id),
  constraint user_dysregulating_factors_name_has_1_to_200_characters check (name ~ '\S' and length(name) <= 200),
  constraint user_dysregulating_factors_texts_are_at_most_2000_characters
    check (greatest(length(what_helps), length(notes)) <= 2000),
  constraint user_dysregulating_factors_early_signs_are_a_short_list check (private.is_short_list(early_signs)),
  constraint user_dysregulating_factors_intensity_is_between_0_and_10 check (intensity between 0 and 10),
  constraint user_dysregulating_factors_recovery_takes_at_most_30_days check (recovery_minutes between 0 and 43200),
  constraint user_dysregulating_factors_confidence_is_between_0_and_1 check (confidence between 0 and 1),
  constraint user_dysregulating_factors_hers_are_confirmed_and_certain
    check (origin <> 'user' or (is_confirmed and confidence is null))
);

comment on table  public.user_dysregulating_factors is
  'What throws her off balance, how it announces itself, and what brings her back.';
comment on column public.user_dysregulating_factors.direction is 'Null when she has not noticed.';
comment on column public.user_dysregulating_factors.intensity is '0 (none) to 10 (the most she can imagine).';
comment on column public.user_dysregulating_factors.early_signs is 'What can be noticed before it is too late.';
comment on column public.user_dysregulating_factors.is_avoidable is 'Null when it depends.';
comment on column public.user_dysregulating_factors.recovery_minutes is
  'How long until she is herself again; null when unknown.';
comment on column public.user_dysregulating_factors.origin is 'Who wrote it; the server says so.';
comment on column public.user_dysregulating_factors.is_confirmed is 'False while what was inferred waits for her word.';
comment on column public.user_dysregulating_factors.confidence is
  '0 to 1, how sure the server was; null when she said it herself.';
comment on column public.user_dysregulating_factors.source_message_id is
  'The message it was drawn from; null without one, or when that was deleted.';

create index user_dysregulating_factors_by_change_idx on public.user_dysregulating_factors (user_id, updated_at desc, id desc);
create index user_dysregulating_factors_by_source_idx on public.user_dysregulating_factors (user_id, source_message_id);

-- No agent and no pipeline confirms what was inferred, or says that it was she.
create trigger t060_user_dysregulating_factors_only_herself before update of is_confirmed on public.user_dysregulating_factors
  for each row when (new.is_confirmed and not old.is_confirmed) execute function private.only_herself();
create trigger t060_user_dysregulating_factors_only_herself_insert before insert on public.user_dysregulating_factors
  for each row when (new.is_confirmed or new.origin = 'user') execute function private.only_herself();
create trigger t900_user_dysregulating_factors_version before update on public.user_dysregulating_factors
  for each row execute function private.count_version();
create constraint trigger t900_user_dysregulating_factors_live
  after insert or update or delete on public.user_dysregulating_factors
  deferrable initially deferred
  for each row execute function private.live_record();

alter table public.user_dysregulating_factors enable row level security;
alter table public.user_dysregulating_factors force row level security;
create policy owner_select on public.user_dysregulating_factors for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.user_dysregulating_factors for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.user_dysregulating_factors for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.user_dysregulating_factors for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

grant
  select,
  insert (
    id, name, kind, direction, intensity, frequency, early_signs, is_avoidable, what_helps, recovery_minutes,
    notes, last_met_on
  ),
  update (
    name, kind, direction, intensity, frequency, early_signs, is_avoidable, what_helps, recovery_minutes, notes,
    last_met_on, is_confirmed
  ),
  delete
  on public.user_dysregulating_factors to authenticated;
grant insert (origin, is_confirmed, confidence, source_message_id), update (confidence, source_message_id)
  on public.user_dysregulating_factors to cairn_server;

-- user_insight_notes ----------------------------------------------------------

create table public.user_insight_notes (
  id                uuid        primary key default private.uuid_v7(),
  user_id           uuid        not null default auth.uid() references public.users on delete cascade,
  theme_id          uuid,
  insight           text        not null,
  kind              public.insight_note_kind not null default 'realisation',
  domain            public.life_domain,
  noted_at          timestamptz not null default now(),
  feels_true        smallint,
  changes           text,
  next_step         text,
  is_pinned         boolean     not null default false,
  origin            public.entry_origin not null default private.writer(),
  is_confirmed      boolean     not null default (private.actor() is null),
  confidence        double precision,
  source_message_id uuid,
  version           integer     not null default 1,
  created_at        timestamptz not null default now(),
  updated_at        timestamptz not null default now(),

  constraint user_insight_notes_theme_fkey foreign key (theme_id, user_id)
    references public.user_themes (id, user_id) on delete set null (theme_id),
  constraint user_insight_notes_source_message_fkey foreign key (source_message_id, user_id)
    references public.messages (id, user_id) on delete set null (source_message_id),
  constraint user_insight_notes_insight_has_1_to_4000_characters check (insight ~ '\S' and length(insight) <= 4000),
  constraint user_insight_notes_texts_are_at_most_2000_characters
    check (greatest(length(changes), length(next_step)) <= 2000),
  constraint user_insight_notes_feels_true_is_between_0_and_10 check (feels_true between 0 and 10),
  constraint user_insight_notes_confidence_is_between_0_and_1 check (confidence between 0 and 1),
  constraint user_insight_notes_hers_are_confirmed_and_certain
    check (origin <> 'user' or (is_confirmed and confidence is null))
);

comment on table  public.user_insight_notes is
  'Something that she has understood. The notes of a therapy, without a lifecycle; what waits to be revealed to her '
  'is in `insights`.';
comment on column public.user_insight_notes.theme_id is 'The theme that it belongs to; null without one.';
comment on column public.user_insight_notes.insight is 'In a sentence or two, at most 4,000 characters.';
comment on column public.user_insight_notes.domain is 'Null when it is about more than one.';
comment on column public.user_insight_notes.noted_at is 'When she understood it.';
comment on column public.user_insight_notes.feels_true is 'How true it feels, not only sounds, 0 to 10.';
comment on column public.user_insight_notes.changes is 'What it changes.';
comment on column public.user_insight_notes.is_pinned is 'She wants to find it again.';
comment on column public.user_insight_notes.origin is 'Who wrote it; the server says so.';
comment on column public.user_insight_notes.is_confirmed is 'False while what was inferred waits for her word.';
comment on column public.user_insight_notes.confidence is
  '0 to 1, how sure the server was; null when she said it herself.';
comment on column public.user_insight_notes.source_message_id is
  'The message it was drawn from; null without one, or when that was deleted.';

create index user_insight_notes_by_noted_idx  on public.user_insight_notes (user_id, noted_at desc, id desc);
create index user_insight_notes_by_theme_idx  on public.user_insight_notes (user_id, theme_id);
create index user_insight_notes_by_source_idx on public.user_insight_notes (user_id, source_message_id);

-- No agent and no pipeline confirms what was inferred, or says that it was she.
create trigger t060_user_insight_notes_only_herself before update of is_confirmed on public.user_insight_notes
  for each row when (new.is_confirmed and not old.is_confirmed) execute function private.only_herself();
create trigger t060_user_insight_notes_only_herself_insert before insert on public.user_insight_notes
  for each row when (new.is_confirmed or new.origin = 'user') execute function private.only_herself();
create trigger t900_user_insight_notes_version before update on public.user_insight_notes
  for each row execute function private.count_version();
create constraint trigger t900_user_insight_notes_live after insert or update or delete on public.user_insight_notes
  deferrable initially deferred
  for each row execute function private.live_record();

alter table public.user_insight_notes enable row level security;
alter table public.user_insight_notes force row level security;
create policy owner_select on public.user_insight_notes for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.user_insight_notes for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.user_insight_notes for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.user_insight_notes for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

grant
  select,
  insert (id, theme_id, insight, kind, domain, noted_at, feels_true, changes, next_step, is_pinned),
  update (theme_id, insight, kind, domain, noted_at, feels_true, changes, next_step, is_pinned, is_confirmed),
  delete
  on public.user_insight_notes to authenticated;
grant insert (origin, is_confirmed, confidence, source_message_id), update (confidence, source_message_id)
  on public.user_insight_notes to cairn_server;
