-- Life: who is in it, how she lives, what she has tried. First of the chapter of her life.
--
-- What a companion remembers of a person is not one heap of JSON but a table for each kind of thing,
-- with the columns that a therapist would ask for. She writes all of it herself, and so may the
-- server in her name, from what she said: then the entry says from which message, how sure the
-- server is, and waits for her word (`is_confirmed`). Only the server can say where an entry comes
-- from. The chapter goes on with her days, her patterns, her growth, the four most sensitive kinds,
-- and the functions over all of them.
--
-- Scales go from 0 to 10, where 0 is none and 10 the most she can imagine, and null is not asked.

set lock_timeout = '5s';
set statement_timeout = '60s';

create type public.occurrence_frequency as enum (
  'once', 'rarely', 'monthly', 'weekly', 'several_times_a_week', 'daily', 'all_the_time'
);
create type public.pattern_status as enum ('noticed', 'active', 'easing', 'resolved');
create type public.life_domain as enum (
  'family', 'intimate_relationships', 'parenting', 'friendship', 'work', 'education', 'recreation',
  'spirituality', 'community', 'physical_self_care'
);
create type public.person_relation as enum (
  'partner', 'former_partner', 'parent', 'child', 'sibling', 'grandparent', 'relative', 'friend', 'colleague',
  'professional', 'other'
);
create type public.person_influence as enum ('nourishing', 'mixed', 'draining', 'harmful');
create type public.support_kind as enum ('person', 'group', 'professional', 'service', 'community', 'animal');
create type public.support_type as enum ('emotional', 'practical', 'informational', 'companionship');
create type public.support_availability as enum ('any_time', 'most_days', 'some_days', 'by_appointment', 'seldom');
create type public.relationship_state as enum (
  'single', 'dating', 'in_relationship', 'engaged', 'married', 'separated', 'divorced', 'widowed', 'undisclosed'
);
create type public.housing_kind as enum (
  'own_home', 'rented', 'shared_flat', 'with_family', 'student_housing', 'supported_housing', 'institution',
  'temporary', 'homeless', 'other'
);
create type public.household_kind as enum (
  'alone', 'partner', 'partner_and_children', 'children', 'family', 'friends', 'flatmates', 'other'
);
create type public.housing_security as enum ('secure', 'uncertain', 'at_risk', 'lost');
create type public.spiritual_stance as enum (
  'religious', 'spiritual', 'seeking', 'agnostic', 'atheist', 'indifferent', 'undisclosed'
);
create type public.therapy_setting as enum (
  'individual', 'couple', 'family', 'group', 'online', 'day_clinic', 'inpatient', 'self_help'
);
create type public.therapy_ending as enum ('ongoing', 'completed', 'ended_by_her', 'ended_by_therapist', 'interrupted');

comment on type public.occurrence_frequency is 'How often something is or happens, in ascending order.';
comment on type public.pattern_status is
  'Where a theme or pattern stands: just noticed, at work in her life, losing its hold, or behind her.';
comment on type public.life_domain is
  'The ten domains of life of the Valued Living Questionnaire (Wilson and others, 2010).';
comment on type public.person_relation is
  'Who somebody is to her; a pet, a neighbour or a god is `other`, with her own word for it.';
comment on type public.person_influence is 'What being with somebody does to her.';
comment on type public.support_kind is 'What kind of support it is.';
comment on type public.support_type is
  'What support gives, after Cohen and Wills (1985): comfort, help, advice, or belonging.';
comment on type public.support_availability is 'When it is there for her, from most to least.';
comment on type public.relationship_state is 'How she is bound; `undisclosed` when she would rather not say.';
comment on type public.housing_kind is 'Where she lives.';
comment on type public.household_kind is 'With whom she lives.';
comment on type public.housing_security is 'How safe her home is to her: may she stay?';
comment on type public.spiritual_stance is 'How she stands to faith; `undisclosed` when she would rather not say.';
comment on type public.therapy_setting is 'How a therapy was held.';
comment on type public.therapy_ending is 'How a therapy ended, if it has.';

-- is_short_list ---------------------------------------------------------------

create function private.is_short_list(items text[]) returns boolean
  language sql immutable parallel safe set search_path = ''
as $$
  select cardinality(items) <= 20
     and (select coalesce(bool_and(item ~ '\S' and length(item) <= 200), true) from unnest(items) as item)
     and array_position(items, null) is null
$$;
comment on function private.is_short_list is
  'At most 20 items, each of 1 to 200 characters, none blank or null. For the checks of this chapter.';
-- A check runs with the rights of who writes.
grant execute on function private.is_short_list to authenticated, cairn_server;

-- user_people -----------------------------------------------------------------
-- Other tables lead here; when she removes a person, what was written about them alone goes with them.

create table public.user_people (
  id                    uuid        primary key default private.uuid_v7(),
  user_id               uuid        not null default auth.uid() references public.users on delete cascade,
  name                  text        not null,
  relation              public.person_relation not null default 'other',
  relation_in_her_words text,
  closeness             smallint,
  influence             public.person_influence,
  contact_frequency     public.occurrence_frequency,
  known_since           date,
  has_died              boolean     not null default false,
  may_be_mentioned      boolean     not null default true,
  notes                 text,
  origin                public.entry_origin not null default private.writer(),
  is_confirmed          boolean     not null default (private.actor() is null),
  confidence            double precision,
  source_message_id     uuid,
  version               integer     not null default 1,
  created_at            timestamptz not null default now(),
  updated_at            timestamptz not null default now(),

  constraint user_people_owner_key unique (id, user_id),
  constraint user_people_source_message_fkey foreign key (source_message_id, user_id)
    references public.messages (id, user_id) on delete set null (source_message_id),
  constraint user_people_name_has_1_to_200_characters check (name ~ '\S' and length(name) <= 200),
  constraint user_people_texts_are_at_most_2000_characters
    check (greatest(length(relation_in_her_words), length(notes)) <= 2000),
  constraint user_people_closeness_is_between_0_and_10 check (closeness between 0 and 10),
  constraint user_people_confidence_is_between_0_and_1 check (confidence between 0 and 1),
  constraint user_people_hers_are_confirmed_and_certain
    check (origin <> 'user' or (is_confirmed and confidence is null))
);

comment on table  public.user_people is
  'Important people in her life. They are third parties, who have not agreed to be here: no contact data, and what '
  'is kept of them goes with her.';
comment on column public.user_people.name is 'What she calls them.';
comment on column public.user_people.relation_in_her_words is
  'Such as “my half-sister”; null when the relation says enough.';
comment on column public.user_people.closeness is 'How close she feels to them, 0 to 10.';
comment on column public.user_people.influence is 'Null when she has not said.';
comment on column public.user_people.contact_frequency is 'How often they meet, call or write.';
comment on column public.user_people.known_since is 'Since about when; the first of a month or year will do.';
comment on column public.user_people.has_died is 'So that nobody asks how they are.';
comment on column public.user_people.may_be_mentioned is 'False: the companion does not bring them up by itself.';
comment on column public.user_people.origin is 'Who wrote it; the server says so.';
comment on column public.user_people.is_confirmed is 'False while what was inferred waits for her word.';
comment on column public.user_people.confidence is '0 to 1, how sure the server was; null when she said it herself.';
comment on column public.user_people.source_message_id is
  'The message it was drawn from; null without one, or when that was deleted.';

create index user_people_by_change_idx on public.user_people (user_id, updated_at desc, id desc);
create index user_people_by_source_idx on public.user_people (user_id, source_message_id);

-- No agent and no pipeline confirms what was inferred, or says that it was she.
create trigger t060_user_people_only_herself before update of is_confirmed on public.user_people
  for each row when (new.is_confirmed and not old.is_confirmed) execute function private.only_herself();
create trigger t060_user_people_only_herself_insert before insert on public.user_people
  for each row when (new.is_confirmed or new.origin = 'user') execute function private.only_herself();
create trigger t900_user_people_version before update on public.user_people
  for each row execute function private.count_version();
create constraint trigger t900_user_people_live after insert or update or delete on public.user_people
  deferrable initially deferred
  for each row execute function private.live_record();

alter table public.user_people enable row level security;
alter table public.user_people force row level security;
create policy owner_select on public.user_people for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.user_people for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.user_people for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.user_people for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

grant
  select,
  insert (
    id, name, relation, relation_in_her_words, closeness, influence, contact_frequency, known_since, has_died,
    may_be_mentioned, notes
  ),
  update (
    name, relation, relation_in_her_words, closeness, influence, contact_frequency, known_since, has_died,
    may_be_mentioned, notes, is_confirmed
  ),
  delete
  on public.user_people to authenticated;
grant insert (origin, is_confirmed, confidence, source_message_id), update (confidence, source_message_id)
  on public.user_people to cairn_server;

-- user_support_system ---------------------------------------------------------

create table public.user_support_system (
  id                        uuid        primary key default private.uuid_v7(),
  user_id                   uuid        not null default auth.uid() references public.users on delete cascade,
  person_id                 uuid,
  name                      text        not null,
  kind                      public.support_kind         not null default 'person',
  main_support              public.support_type         not null default 'emotional',
  availability              public.support_availability,
  reliability               smallint,
  is_for_crisis             boolean     not null default false,
  what_makes_it_hard_to_ask text,
  notes                     text,
  origin                    public.entry_origin not null default private.writer(),
  is_confirmed              boolean     not null default (private.actor() is null),
  confidence                double precision,
  source_message_id         uuid,
  version                   integer     not null default 1,
  created_at                timestamptz not null default now(),
  updated_at                timestamptz not null default now(),

  constraint user_support_system_person_fkey foreign key (person_id, user_id)
    references public.user_people (id, user_id) on delete cascade,
  constraint user_support_system_source_message_fkey foreign key (source_message_id, user_id)
    references public.messages (id, user_id) on delete set null (source_message_id),
  constraint user_support_system_name_has_1_to_200_characters check (name ~ '\S' and length(name) <= 200),
  constraint user_support_system_texts_are_at_most_2000_characters
    check (greatest(length(what_makes_it_hard_to_ask), length(notes)) <= 2000),
  constraint user_support_system_reliability_is_between_0_and_10 check (reliability between 0 and 10),
  constraint user_support_system_confidence_is_between_0_and_1 check (confidence between 0 and 1),
  constraint user_support_system_hers_are_confirmed_and_certain
    check (origin <> 'user' or (is_confirmed and confidence is null))
);

comment on table  public.user_support_system is
  'The net that holds her: people, groups, services, animals. Third parties too; whom to call in a crisis, with '
  'number and consent, is in the safety contacts.';
comment on column public.user_support_system.person_id is 'The person, when it is one of hers; it goes with them.';
comment on column public.user_support_system.main_support is 'What it gives above all.';
comment on column public.user_support_system.availability is 'Null when she has not said.';
comment on column public.user_support_system.reliability is 'How far she can count on it, 0 to 10.';
comment on column public.user_support_system.is_for_crisis is 'She would turn there in a crisis.';
comment on column public.user_support_system.origin is 'Who wrote it; the server says so.';
comment on column public.user_support_system.is_confirmed is 'False while what was inferred waits for her word.';
comment on column public.user_support_system.confidence is
  '0 to 1, how sure the server was; null when she said it herself.';
comment on column public.user_support_system.source_message_id is
  'The message it was drawn from; null without one, or when that was deleted.';

create index user_support_system_by_change_idx on public.user_support_system (user_id, updated_at desc, id desc);
create index user_support_system_by_person_idx on public.user_support_system (user_id, person_id);
create index user_support_system_by_source_idx on public.user_support_system (user_id, source_message_id);

-- No agent and no pipeline confirms what was inferred, or says that it was she.
create trigger t060_user_support_system_only_herself before update of is_confirmed on public.user_support_system
  for each row when (new.is_confirmed and not old.is_confirmed) execute function private.only_herself();
create trigger t060_user_support_system_only_herself_insert before insert on public.user_support_system
  for each row when (new.is_confirmed or new.origin = 'user') execute function private.only_herself();
create trigger t900_user_support_system_version before update on public.user_support_system
  for each row execute function private.count_version();
create constraint trigger t900_user_support_system_live after insert or update or delete on public.user_support_system
  deferrable initially deferred
  for each row execute function private.live_record();

alter table public.user_support_system enable row level security;
alter table public.user_support_system force row level security;
create policy owner_select on public.user_support_system for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.user_support_system for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.user_support_system for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.user_support_system for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

grant
  select,
  insert (
    id, person_id, name, kind, main_support, availability, reliability, is_for_crisis,
    what_makes_it_hard_to_ask, notes
  ),
  update (
    person_id, name, kind, main_support, availability, reliability, is_for_crisis, what_makes_it_hard_to_ask,
    notes, is_confirmed
  ),
  delete
  on public.user_support_system to authenticated;
grant insert (origin, is_confirmed, confidence, source_message_id), update (confidence, source_message_id)
  on public.user_support_system to cairn_server;

-- user_previous_therapy -------------------------------------------------------

create table public.user_previous_therapy (
  id                uuid        primary key default private.uuid_v7(),
  user_id           uuid        not null default auth.uid() references public.users on delete cascade,
  name              text        not null,
  approach          text,
  setting           public.therapy_setting not null default 'individual',
  started_on        date,
  ended_on          date,
  sessions_about    integer,
  reason            text,
  ending            public.therapy_ending,
  helpfulness       smallint,
  what_helped       text,
  what_did_not_help text,
  would_return      boolean,
  origin            public.entry_origin not null default private.writer(),
  is_confirmed      boolean     not null default (private.actor() is null),
  confidence        double precision,
  source_message_id uuid,
  version           integer     not null default 1,
  created_at        timestamptz not null default now(),
  updated_at        timestamptz not null default now(),

  constraint user_previous_therapy_source_message_fkey foreign key (source_message_id, user_id)
    references public.messages (id, user_id) on delete set null (source_message_id),
  constraint user_previous_therapy_name_has_1_to_200_characters check (name ~ '\S' and length(name) <= 200),
  constraint user_previous_therapy_texts_are_at_most_2000_characters
    check (greatest(length(approach), length(reason), length(what_helped), length(what_did_not_help)) <= 2000),
  constraint user_previous_therapy_helpfulness_is_between_0_and_10 check (helpfulness between 0 and 10),
  constraint user_previous_therapy_dates_are_in_order check (ended_on >= started_on),
  constraint user_previous_therapy_sessions_about_is_between_1_and_10000 check (sessions_about between 1 and 10000),
  constraint user_previous_therapy_confidence_is_between_0_and_1 check (confidence between 0 and 1),
  constraint user_previous_therapy_hers_are_confirmed_and_certain
    check (origin <> 'user' or (is_confirmed and confidence is null))
);

comment on table  public.user_previous_therapy is
  'A therapy she has had, or has. The therapist has no name here, on purpose: what it was like is hers to tell, who '
  'it was is not.';
comment on column public.user_previous_therapy.name is 'What she calls it, such as “the group in Lyon”.';
comment on column public.user_previous_therapy.approach is
  'The school, such as `cognitive behavioural`, as far as she knows it.';
comment on column public.user_previous_therapy.ended_on is 'Null while it goes on, or when she does not know.';
comment on column public.user_previous_therapy.sessions_about is 'About how many sessions; null when unknown.';
comment on column public.user_previous_therapy.reason is 'What she went for.';
comment on column public.user_previous_therapy.ending is 'Null when she has not said.';
comment on column public.user_previous_therapy.helpfulness is 'How much it helped, 0 to 10.';
comment on column public.user_previous_therapy.what_did_not_help is 'What a companion had better not repeat.';
comment on column public.user_previous_therapy.would_return is 'Null when she does not know.';
comment on column public.user_previous_therapy.origin is 'Who wrote it; the server says so.';
comment on column public.user_previous_therapy.is_confirmed is 'False while what was inferred waits for her word.';
comment on column public.user_previous_therapy.confidence is
  '0 to 1, how sure the server was; null when she said it herself.';
comment on column public.user_previous_therapy.source_message_id is
  'The message it was drawn from; null without one, or when that was deleted.';

create index user_previous_therapy_by_change_idx on public.user_previous_therapy (user_id, updated_at desc, id desc);
create index user_previous_therapy_by_source_idx on public.user_previous_therapy (user_id, source_message_id);

-- No agent and no pipeline confirms what was inferred, or says that it was she.
create trigger t060_user_previous_therapy_only_herself before update of is_confirmed on public.user_previous_therapy
  for each row when (new.is_confirmed and not old.is_confirmed) execute function private.only_herself();
create trigger t060_user_previous_therapy_only_herself_insert before insert on public.user_previous_therapy
  for each row when (new.is_confirmed or new.origin = 'user') execute function private.only_herself();
create trigger t900_user_previous_therapy_version before update on public.user_previous_therapy
  for each row execute function private.count_version();
create constraint trigger t900_user_previous_therapy_live
  after insert or update or delete on public.user_previous_therapy
  deferrable initially deferred
  for each row execute function private.live_record();

alter table public.user_previous_therapy enable row level security;
alter table public.user_previous_therapy force row level security;
create policy owner_select on public.user_previous_therapy for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.user_previous_therapy for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.user_previous_therapy for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.user_previous_therapy for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

grant
  select,
  insert (
    id, name, approach, setting, started_on, ended_on, sessions_about, reason, ending, helpfulness, what_helped,
    what_did_not_help, would_return
  ),
  update (
    name, approach, setting, started_on, ended_on, sessions_about, reason, ending, helpfulness, what_helped,
    what_did_not_help, would_return, is_confirmed
  ),
  delete
  on public.user_previous_therapy to authenticated;
grant insert (origin, is_confirmed, confidence, source_message_id), update (confidence, source_message_id)
  on public.user_previous_therapy to cairn_server;

-- user_relationship_status ----------------------------------------------------

create table public.user_relationship_status (
  id             uuid        primary key default private.uuid_v7(),
  user_id        uuid        not null default auth.uid() references public.users on delete cascade,
  partner_id     uuid,
  status         public.relationship_state not null,
  since          date,
  satisfaction   smallint,
  feels_safe     boolean,
  lives_together boolean,
  children_count integer,
  notes          text,
  version        integer     not null default 1,
  created_at     timestamptz not null default now(),
  updated_at     timestamptz not null default now(),

  constraint user_relationship_status_one_each_key unique (user_id),
  constraint user_relationship_status_partner_fkey foreign key (partner_id, user_id)
    references public.user_people (id, user_id) on delete set null (partner_id),
  constraint user_relationship_status_notes_is_at_most_2000_characters check (length(notes) <= 2000),
  constraint user_relationship_status_satisfaction_is_between_0_and_10 check (satisfaction between 0 and 10),
  constraint user_relationship_status_children_count_is_between_0_and_30 check (children_count between 0 and 30)
);

comment on table  public.user_relationship_status is
  'Whether and how she is bound to somebody now; one row for each person.';
comment on column public.user_relationship_status.partner_id is 'The partner, when it is one of her people.';
comment on column public.user_relationship_status.since is 'Since when it is so.';
comment on column public.user_relationship_status.satisfaction is 'How content she is with it, 0 to 10.';
comment on column public.user_relationship_status.feels_safe is
  'False is for a conversation, and never for a statistic; null when nobody has asked.';
comment on column public.user_relationship_status.lives_together is 'Null when it does not apply.';
comment on column public.user_relationship_status.children_count is 'Null when she has not said.';

create index user_relationship_status_by_partner_idx on public.user_relationship_status (user_id, partner_id);

create trigger t900_user_relationship_status_version before update on public.user_relationship_status
  for each row execute function private.count_version();
create constraint trigger t900_user_relationship_status_live
  after insert or update or delete on public.user_relationship_status
  deferrable initially deferred
  for each row execute function private.live_record();

alter table public.user_relationship_status enable row level security;
alter table public.user_relationship_status force row level security;
create policy owner_select on public.user_relationship_status for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.user_relationship_status for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.user_relationship_status for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.user_relationship_status for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

grant
  select,
  insert (id, partner_id, status, since, satisfaction, feels_safe, lives_together, children_count, notes),
  update (partner_id, status, since, satisfaction, feels_safe, lives_together, children_count, notes),
  delete
  on public.user_relationship_status to authenticated;

-- user_living_situation -------------------------------------------------------

create table public.user_living_situation (
  id             uuid        primary key default private.uuid_v7(),
  user_id        uuid        not null default auth.uid() references public.users on delete cascade,
  housing        public.housing_kind   not null,
  household      public.household_kind,
  household_size integer,
  security       public.housing_security,
  feels_safe     boolean,
  satisfaction   smallint,
  has_animals    boolean,
  since          date,
  notes          text,
  version        integer     not null default 1,
  created_at     timestamptz not null default now(),
  updated_at     timestamptz not null default now(),

  constraint user_living_situation_one_each_key unique (user_id),
  constraint user_living_situation_notes_is_at_most_2000_characters check (length(notes) <= 2000),
  constraint user_living_situation_satisfaction_is_between_0_and_10 check (satisfaction between 0 and 10),
  constraint user_living_situation_household_size_is_between_1_and_100 check (household_size between 1 and 100)
);

comment on table  public.user_living_situation is
  'How and with whom she lives; one row for each person. No address: nothing here needs one.';
comment on column public.user_living_situation.household is 'Null when she has not said.';
comment on column public.user_living_situation.household_size is 'How many live there, herself included.';
comment on column public.user_living_situation.security is 'Null when she has not said.';
comment on column public.user_living_situation.feels_safe is 'At home; null when nobody has asked.';
comment on column public.user_living_situation.satisfaction is 'How content she is there, 0 to 10.';
comment on column public.user_living_situation.has_animals is 'Null when she has not said.';
comment on column public.user_living_situation.since is 'Since when she lives there.';

create trigger t900_user_living_situation_version before update on public.user_living_situation
  for each row execute function private.count_version();
create constraint trigger t900_user_living_situation_live
  after insert or update or delete on public.user_living_situation
  deferrable initially deferred
  for each row execute function private.live_record();

alter table public.user_living_situation enable row level security;
alter table public.user_living_situation force row level security;
create policy owner_select on public.user_living_situation for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.user_living_situation for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.user_living_situation for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.user_living_situation for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

grant
  select,
  insert (
    id, housing, household, household_size, security, feels_safe, satisfaction, has_animals, since, notes
  ),
  update (housing, household, household_size, security, feels_safe, satisfaction, has_animals, since, notes),
  delete
  on public.user_living_situation to authenticated;

-- user_spiritual_path ---------------------------------------------------------

create table public.user_spiritual_path (
  id                 uuid        primary key default private.uuid_v7(),
  user_id            uuid        not null default auth.uid() references public.users on delete cascade,
  stance             public.spiritual_stance not null,
  tradition          text,
  importance         smallint,
  carries_her        smallint,
  practices          text[]      not null default '{}',
  practice_frequency public.occurrence_frequency,
  struggles          text,
  is_welcome_topic   boolean     not null default true,
  notes              text,
  version            integer     not null default 1,
  created_at         timestamptz not null default now(),
  updated_at         timestamptz not null default now(),

  constraint user_spiritual_path_one_each_key unique (user_id),
  constraint user_spiritual_path_texts_are_at_most_2000_characters
    check (greatest(length(tradition), length(struggles), length(notes)) <= 2000),
  constraint user_spiritual_path_practices_are_a_short_list check (private.is_short_list(practices)),
  constraint user_spiritual_path_scales_are_between_0_and_10
    check (importance between 0 and 10 and carries_her between 0 and 10)
);

comment on table  public.user_spiritual_path is
  'What she believes in, and what of it carries her; one row for each person.';
comment on column public.user_spiritual_path.tradition is 'In her own words; null without one.';
comment on column public.user_spiritual_path.importance is 'How much it matters to her, 0 to 10.';
comment on column public.user_spiritual_path.carries_her is 'How much strength it gives her, 0 to 10.';
comment on column public.user_spiritual_path.practices is 'Such as prayer, fasting, sitting in the woods.';
comment on column public.user_spiritual_path.struggles is 'Where faith, doubt or a community hurt her.';
comment on column public.user_spiritual_path.is_welcome_topic is 'False: the companion does not bring it up by itself.';

create trigger t900_user_spiritual_path_version before update on public.user_spiritual_path
  for each row execute function private.count_version();
create constraint trigger t900_user_spiritual_path_live after insert or update or delete on public.user_spiritual_path
  deferrable initially deferred
  for each row execute function private.live_record();

alter table public.user_spiritual_path enable row level security;
alter table public.user_spiritual_path force row level security;
create policy owner_select on public.user_spiritual_path for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.user_spiritual_path for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.user_spiritual_path for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.user_spiritual_path for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

grant
  select,
  insert (
    id, stance, tradition, importance, carries_her, practices, practice_frequency, struggles, is_welcome_topic,
    notes
  ),
  update (
    stance, tradition, importance, carries_her, practices, practice_frequency, struggles, is_welcome_topic,
    notes
  ),
  delete
  on public.user_spiritual_path to authenticated;
