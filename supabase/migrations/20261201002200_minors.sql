-- Minors: who may write chat, journal and memories, and from when.
--
-- Whoever has surely reached the age of consent of her country, by the birth year that she stated,
-- takes part by herself; whoever is younger, with a guardian's consent, while it lasts. Without, one
-- can finish the onboarding, read, ask for help, and export and delete what is there. When she takes
-- part is worked out when something of it changes, and kept with the person, so that each message
-- asks one row. It is asked twice: by policies, and by triggers, for functions and owners pass policies.

set lock_timeout = '5s';
set statement_timeout = '60s';

-- private.ages_of_consent -----------------------------------------------------

create table private.ages_of_consent (
  country     text        primary key,
  years       integer     not null,
  source      text        not null,
  verified_at date,
  updated_at  timestamptz not null default now(),

  constraint ages_of_consent_country_is_two_capital_letters check (country ~ '^[A-Z]{2}$'),
  -- Article 8 of the GDPR allows none below 13.
  constraint ages_of_consent_years_are_from_13_to_18 check (years between 13 and 18)
);

comment on table  private.ages_of_consent is
  'From which age one consents for oneself to a service on the internet; 16 in all other countries. Staff may raise any.';
comment on column private.ages_of_consent.source is 'The law that says so.';
comment on column private.ages_of_consent.verified_at is 'When a lawyer of whoever runs this last read the law; null: not yet.';

create trigger t900_ages_of_consent_touch before update on private.ages_of_consent
  for each row execute function private.touch_updated_at();

alter table private.ages_of_consent enable row level security;
alter table private.ages_of_consent force row level security;

-- As published by 2024, and read by no lawyer for you: see `verified_at`.
insert into private.ages_of_consent (country, years, source)
values
  ('AT', 14, 'Datenschutzgesetz, § 4 (4)'),
  ('BE', 13, 'Loi du 30 juillet 2018, art. 7'),
  ('BG', 14, 'Personal Data Protection Act, art. 25c'),
  ('CY', 14, 'Law 125(I)/2018, s. 8'),
  ('CZ', 15, 'Act No. 110/2019 Coll., s. 7'),
  ('DE', 16, 'Art. 8 (1) GDPR'),
  ('DK', 15, 'Databeskyttelsesloven, § 6 (2), as of 2024'),
  ('EE', 13, 'Isikuandmete kaitse seadus, § 8'),
  ('ES', 14, 'Ley Orgánica 3/2018, art. 7'),
  ('FI', 13, 'Tietosuojalaki 1050/2018, § 5'),
  ('FR', 15, 'Loi n° 78-17, art. 45'),
  ('GB', 13, 'Data Protection Act 2018, s. 9'),
  ('GR', 15, 'Law 4624/2019, art. 21'),
  ('HR', 16, 'Act implementing the GDPR, NN 42/2018, art. 19'),
  ('HU', 16, 'Art. 8 (1) GDPR'),
  ('IE', 16, 'Data Protection Act 2018, s. 31'),
  ('IS', 13, 'Act No. 90/2018, art. 10'),
  ('IT', 14, 'Codice privacy, art. 2-quinquies'),
  ('LT', 14, 'Law on Legal Protection of Personal Data, art. 6'),
  ('LU', 16, 'Art. 8 (1) GDPR'),
  ('LV', 13, 'Fizisko personu datu apstrādes likums, s. 33'),
  ('MT', 13, 'S.L. 586.11'),
  ('NL', 16, 'Uitvoeringswet AVG, art. 5'),
  ('NO', 13, 'Personopplysningsloven, § 5'),
  ('PL', 16, 'Art. 8 (1) GDPR'),
  ('PT', 13, 'Lei n.º 58/2019, art. 16'),
  ('RO', 16, 'Art. 8 (1) GDPR'),
  ('SE', 13, 'Lag (2018:218), 2 kap. § 4'),
  ('SI', 15, 'ZVOP-2, art. 8'),
  ('SK', 16, 'Act No. 18/2018 Coll., s. 15'),
  ('US', 13, 'Children''s Online Privacy Protection Act, 15 U.S.C. 6501');

create function private.age_of_consent(country text) returns integer
  language sql stable set search_path = ''
as $$
  select coalesce(
    (select known.years from private.ages_of_consent as known where known.country = age_of_consent.country),
    16
  )
$$;
comment on function private.age_of_consent is 'From which age one consents for oneself there, in years; 16 for a country that is unknown or not stated.';

-- When she takes part ---------------------------------------------------------

alter table public.users
  add column takes_part_from  date,
  add column takes_part_until date;

comment on column public.users.takes_part_from is
  'From when she may write chat, journal and memories; it may lie in the future. Null while her age is not known, or she '
  'is too young and no guardian has consented. Only triggers write it.';
comment on column public.users.takes_part_until is
  'The first day on which she no longer may, when a guardian''s consent ends before she is old enough; null: for good.';

create function private.participation_of(user_id uuid) returns table (starts date, ends date)
  language sql stable set search_path = ''
as $$
  select
    case when own.starts <= current_date or consent.starts is null then own.starts else consent.starts end,
    -- When she is old enough before the consent ends, she goes on by herself.
    case when not coalesce(own.starts <= greatest(consent.ends, current_date), false) then consent.ends end
  from public.profiles as profile
  join public.users as person on person.id = profile.user_id
  join auth.users as account on account.id = profile.user_id
  cross join lateral (
    select case
      when profile.age_verified then least(person.takes_part_from, current_date)
      -- An account without an address vouches for nothing. With a year only, she is surely old enough
      -- from the day after the last on which her birthday may be.
      when not account.is_anonymous
        then make_date(profile.birth_year + private.age_of_consent(profile.country) + 1, 1, 1)
    end
  ) as own (starts)
  cross join lateral (
    select min(granted.granted_at)::date, max(granted.expires_at)::date
    from public.guardian_consents as granted
    where granted.user_id = profile.user_id
      and granted.status = 'granted'
      and granted.expires_at > now()
  ) as consent (starts, ends)
  where profile.user_id = participation_of.user_id
$$;
comment on function private.participation_of is
  'From when and until when this person takes part, as profile, account and consents say today. For refresh_participation.';

create function private.profiles_lock_person() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  perform from public.users as person where person.id = (select auth.uid()) for no key update;
  return null;
end
$$;
comment on function private.profiles_lock_person is 'Before her profile is written: the person first, as everybody locks.';
create trigger t010_profiles_lock_person before update of birth_year, country, age_verified on public.profiles
  for each statement execute function private.profiles_lock_person();

create function private.refresh_participation(user_id uuid) returns void
  language plpgsql volatile set search_path = ''
as $$
begin
  -- The person first, in a statement of its own: the next one then sees what others have committed meanwhile.
  perform from public.users as person where person.id = refresh_participation.user_id for no key update;
  update public.users as person
  set takes_part_from  = what.starts,
      takes_part_until = what.ends
  from private.participation_of(refresh_participation.user_id) as what
  where person.id = refresh_participation.user_id
    and (person.takes_part_from, person.takes_part_until) is distinct from (what.starts, what.ends);
end
$$;
comment on function private.refresh_participation is 'Bring takes_part_from and _until of this person in line. For the functions below.';

create function private.participation_changes() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  perform private.refresh_participation(coalesce(new.user_id, old.user_id));
  return null;
end
$$;
create trigger t500_profiles_participation
  after insert or update of birth_year, country, age_verified on public.profiles
  for each row execute function private.participation_changes();
create trigger t500_guardian_consents_participation
  after insert or update of status, expires_at or delete on public.guardian_consents
  for each row execute function private.participation_changes();

create function private.ages_of_consent_change() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  perform private.refresh_participation(profile.user_id)
  from public.profiles as profile
  where profile.country in (new.country, old.country);
  return null;
end
$$;
create trigger t500_ages_of_consent_change after insert or update or delete on private.ages_of_consent
  for each row execute function private.ages_of_consent_change();

create function private.auth_users_take_part() returns trigger
  language plpgsql security definer
  set search_path = ''
  -- As in auth_users_follow: nobody waits at the door.
  set lock_timeout = '1s'
as $$
begin
  perform private.refresh_participation(new.id);
  return null;
exception when others then
  perform private.log_sync(new.id, 'update', 'participation', null, null, sqlstate || ' ' || sqlerrm);
  return null;
end
$$;
comment on function private.auth_users_take_part is
  'When an anonymous account becomes one with an address. What fails is logged and repeated.';
create trigger t910_cairn_take_part after update of is_anonymous on auth.users
  for each row when (new.is_anonymous is distinct from old.is_anonymous)
  execute function private.auth_users_take_part();

create function private.repeat_failed_participations() returns bigint
  language sql volatile security definer set search_path = ''
as $$
  with repeated as (
    select private.refresh_participation(failed.user_id)
    from (
      select distinct line.user_id from private.user_sync_logs as line
      where not line.success and line.source = 'participation' and line.created_at > now() - interval '1 day'
      limit 1000
    ) as failed
  )
  select count(*) from repeated
$$;
comment on function private.repeat_failed_participations is
  'Bring in line whom the trigger on auth.users could not, in the last day; gives how many. For the worker.';
grant execute on function private.repeat_failed_participations to cairn_server;

create function private.profiles_keep_country() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  -- She, through the API or Supabase's REST; the server and staff may. A country is no way around the
  -- age that she has stated, and whoever is old enough moves as she likes.
  if current_setting('role') = 'authenticated'
     and (new.country is null or private.age_of_consent(new.country) < private.age_of_consent(old.country))
     and make_date(old.birth_year + private.age_of_consent(old.country) + 1, 1, 1) > current_date then
    raise exception using errcode = 'CA409',
      message = 'You cannot change your country to one where younger people take part. Ask us to.';
  end if;
  return new;
end
$$;
create trigger t120_profiles_keep_country before update of country on public.profiles
  for each row
  when (old.country is not null and new.country is distinct from old.country and not old.age_verified)
  execute function private.profiles_keep_country();

-- Asking ----------------------------------------------------------------------

create function private.takes_part(user_id uuid default auth.uid()) returns boolean
  language sql stable security definer set search_path = ''
as $$
  select exists (
    select
    from public.users as person
    where person.id = takes_part.user_id
      and person.takes_part_from <= current_date
      and coalesce(person.takes_part_until > current_date, true)
  )
$$;
comment on function private.takes_part is
  'May this person write chat, journal and memories today? For policies, and for is_served.';
-- The policies call it in her name; by name she cannot, having no usage of this schema.
grant execute on function private.takes_part to authenticated, cairn_server;

create function private.refuse_participation(user_id uuid) returns void
  language plpgsql stable set search_path = ''
as $$
begin
  raise exception using errcode = 'CA451', message = coalesce(
    (
      select case
        when profile.birth_year is null then 'Say your year of birth first.'
        when account.is_anonymous then 'Sign up first: an account without an address cannot show its age.'
      end
      from public.profiles as profile
      join auth.users as account on account.id = profile.user_id
      where profile.user_id = refuse_participation.user_id
    ),
    'A guardian''s consent is needed first.'
  );
end
$$;
comment on function private.refuse_participation is 'CA451, with what this person can do about it. For require_participation.';

create function private.require_participation() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  -- Written out, for each message asks this. Of an update, whose row it was: it stays with her.
  if not exists (
    select
    from public.users as person
    where person.id = coalesce(old.user_id, new.user_id)
      and person.takes_part_from <= current_date
      and coalesce(person.takes_part_until > current_date, true)
  ) then
    perform private.refuse_participation(coalesce(old.user_id, new.user_id));
  end if;
  return new;
end
$$;
comment on function private.require_participation is
  'Before a write: its owner takes part, whoever writes; CA451 otherwise. Deleting is never refused.';

-- What is closed to those who do not take part --------------------------------
-- First of all triggers, so that a refused message takes no turn. Where an update may also put away,
-- forget or close what is there, the trigger looks at the columns that hold words, and there is no
-- policy for updates, since policies see no columns.

create policy "only who takes part begins one" on public.conversations as restrictive for insert to authenticated, cairn_server with check ((select private.takes_part()));
create trigger t050_conversations_minors before insert or update of title, description, metadata on public.conversations
  for each row execute function private.require_participation();

create policy "only who takes part is heard" on public.messages as restrictive for insert to authenticated, cairn_server with check ((select private.takes_part()));
-- To stop a reply is no writing.
create policy "only who takes part is answered" on public.messages as restrictive for update to authenticated, cairn_server with check (state = 'cancelled' or (select private.takes_part()));
create trigger t050_messages_minors before insert on public.messages
  for each row execute function private.require_participation();
create trigger t050_messages_minors_change before update on public.messages
  for each row
  when (not (old.state <> 'cancelled' and new.state = 'cancelled' and new.content = coalesce(old.draft, old.content)))
  execute function private.require_participation();

create policy "only who takes part is summed up" on public.conversation_summaries as restrictive for insert to authenticated, cairn_server with check ((select private.takes_part()));
create policy "only who takes part is summed up anew" on public.conversation_summaries as restrictive for update to authenticated, cairn_server with check ((select private.takes_part()));
create trigger t050_conversation_summaries_minors before insert or update on public.conversation_summaries
  for each row execute function private.require_participation();

-- Left open on purpose: user_feedback, feedback_log (to complain), memory_vectors, memory_links,
-- memory_access, memory_updates, memory_metrics, user_memory_snapshots and user_emotional_trends (derived: what
-- they are made of cannot be written, and withdrawing something must reach them), thread_mappings (ids only),
-- voice_calls, schedules, generated_images (no chat, journal or memory), onboarding, profiles, safety, settings.

-- What a foreign key or another trigger changes is no writing: a message that is deleted is taken out of the
-- evidence of a part, and its id out of what was drawn from it. So the triggers on updates ask at depth 0 only.

-- Words beside columns that put away, reveal or rate: an update of the words only, and no policy for updates.

create policy "only who takes part writes" on public.journal_entries as restrictive for insert to authenticated, cairn_server with check ((select private.takes_part()));
create trigger t050_journal_entries_minors before insert on public.journal_entries
  for each row execute function private.require_participation();
create trigger t050_journal_entries_minors_change
  before update of title, content, mood, emotional_tone, themes on public.journal_entries
  for each row when (pg_trigger_depth() = 0)
  execute function private.require_participation();
create policy "only who takes part writes" on public.memories as restrictive for insert to authenticated, cairn_server with check ((select private.takes_part()));
create trigger t050_memories_minors before insert on public.memories
  for each row execute function private.require_participation();
create trigger t050_memories_minors_change
  before update of content, processed_content, summary, tags on public.memories
  for each row when (pg_trigger_depth() = 0)
  execute function private.require_participation();
create policy "only who takes part writes" on public.insights as restrictive for insert to authenticated, cairn_server with check ((select private.takes_part()));
create trigger t050_insights_minors before insert on public.insights
  for each row execute function private.require_participation();
create trigger t050_insights_minors_change
  before update of title, content, evidence, tags on public.insights
  for each row when (pg_trigger_depth() = 0)
  execute function private.require_participation();
create policy "only who takes part writes" on public.commitments as restrictive for insert to authenticated, cairn_server with check ((select private.takes_part()));
create trigger t050_commitments_minors before insert on public.commitments
  for each row execute function private.require_participation();
create trigger t050_commitments_minors_change
  before update of text, why, due_on on public.commitments
  for each row when (pg_trigger_depth() = 0)
  execute function private.require_participation();
create policy "only who takes part writes" on public.parts as restrictive for insert to authenticated, cairn_server with check ((select private.takes_part()));
create trigger t050_parts_minors before insert on public.parts
  for each row execute function private.require_participation();
create trigger t050_parts_minors_change
  before update of name, story, recent_evidence, felt_age, body_location, image, intention, fears, needs, attributes on public.parts
  for each row when (pg_trigger_depth() = 0)
  execute function private.require_participation();
create policy "only who takes part writes" on public.call_summaries as restrictive for insert to authenticated, cairn_server with check ((select private.takes_part()));
create trigger t050_call_summaries_minors before insert on public.call_summaries
  for each row execute function private.require_participation();
create trigger t050_call_summaries_minors_change
  before update of summary, summary_json, key_topics, action_items, emotional_state on public.call_summaries
  for each row when (pg_trigger_depth() = 0)
  execute function private.require_participation();

-- Begun and added to, never rewritten; leaving a journey stays open.

create policy "only who takes part writes" on public.journey_sessions as restrictive for insert to authenticated, cairn_server with check ((select private.takes_part()));
create trigger t050_journey_sessions_minors before insert on public.journey_sessions
  for each row execute function private.require_participation();
create policy "only who takes part writes" on public.checkpoints as restrictive for insert to authenticated, cairn_server with check ((select private.takes_part()));
create trigger t050_checkpoints_minors before insert on public.checkpoints
  for each row execute function private.require_participation();

-- Words throughout.

create policy "only who takes part writes" on public.check_ins as restrictive for insert to authenticated, cairn_server with check ((select private.takes_part()));
create policy "only who takes part rewrites" on public.check_ins as restrictive for update to authenticated, cairn_server with check ((select private.takes_part()));
create trigger t050_check_ins_minors before insert on public.check_ins
  for each row execute function private.require_participation();
create trigger t050_check_ins_minors_change before update on public.check_ins
  for each row when (pg_trigger_depth() = 0)
  execute function private.require_participation();
create policy "only who takes part writes" on public.user_conversation_continuity as restrictive for insert to authenticated, cairn_server with check ((select private.takes_part()));
create policy "only who takes part rewrites" on public.user_conversation_continuity as restrictive for update to authenticated, cairn_server with check ((select private.takes_part()));
create trigger t050_user_conversation_continuity_minors before insert on public.user_conversation_continuity
  for each row execute function private.require_participation();
create trigger t050_user_conversation_continuity_minors_change before update on public.user_conversation_continuity
  for each row when (pg_trigger_depth() = 0)
  execute function private.require_participation();
create policy "only who takes part writes" on public.part_assessments as restrictive for insert to authenticated, cairn_server with check ((select private.takes_part()));
create policy "only who takes part rewrites" on public.part_assessments as restrictive for update to authenticated, cairn_server with check ((select private.takes_part()));
create trigger t050_part_assessments_minors before insert on public.part_assessments
  for each row execute function private.require_participation();
create trigger t050_part_assessments_minors_change before update on public.part_assessments
  for each row when (pg_trigger_depth() = 0)
  execute function private.require_participation();
create policy "only who takes part writes" on public.part_relationships as restrictive for insert to authenticated, cairn_server with check ((select private.takes_part()));
create policy "only who takes part rewrites" on public.part_relationships as restrictive for update to authenticated, cairn_server with check ((select private.takes_part()));
create trigger t050_part_relationships_minors before insert on public.part_relationships
  for each row execute function private.require_participation();
create trigger t050_part_relationships_minors_change before update on public.part_relationships
  for each row when (pg_trigger_depth() = 0)
  execute function private.require_participation();
create policy "only who takes part writes" on public.user_people as restrictive for insert to authenticated, cairn_server with check ((select private.takes_part()));
create policy "only who takes part rewrites" on public.user_people as restrictive for update to authenticated, cairn_server with check ((select private.takes_part()));
create trigger t050_user_people_minors before insert on public.user_people
  for each row execute function private.require_participation();
create trigger t050_user_people_minors_change before update on public.user_people
  for each row when (pg_trigger_depth() = 0)
  execute function private.require_participation();
create policy "only who takes part writes" on public.user_support_system as restrictive for insert to authenticated, cairn_server with check ((select private.takes_part()));
create policy "only who takes part rewrites" on public.user_support_system as restrictive for update to authenticated, cairn_server with check ((select private.takes_part()));
create trigger t050_user_support_system_minors before insert on public.user_support_system
  for each row execute function private.require_participation();
create trigger t050_user_support_system_minors_change before update on public.user_support_system
  for each row when (pg_trigger_depth() = 0)
  execute function private.require_participation();
create policy "only who takes part writes" on public.user_previous_therapy as restrictive for insert to authenticated, cairn_server with check ((select private.takes_part()));
create policy "only who takes part rewrites" on public.user_previous_therapy as restrictive for update to authenticated, cairn_server with check ((select private.takes_part()));
create trigger t050_user_previous_therapy_minors before insert on public.user_previous_therapy
  for each row execute function private.require_participation();
create trigger t050_user_previous_therapy_minors_change before update on public.user_previous_therapy
  for each row when (pg_trigger_depth() = 0)
  execute function private.require_participation();
create policy "only who takes part writes" on public.user_relationship_status as restrictive for insert to authenticated, cairn_server with check ((select private.takes_part()));
create policy "only who takes part rewrites" on public.user_relationship_status as restrictive for update to authenticated, cairn_server with check ((select private.takes_part()));
create trigger t050_user_relationship_status_minors before insert on public.user_relationship_status
  for each row execute function private.require_participation();
create trigger t050_user_relationship_status_minors_change before update on public.user_relationship_status
  for each row when (pg_trigger_depth() = 0)
  execute function private.require_participation();
create policy "only who takes part writes" on public.user_living_situation as restrictive for insert to authenticated, cairn_server with check ((select private.takes_part()));
create policy "only who takes part rewrites" on public.user_living_situation as restrictive for update to authenticated, cairn_server with check ((select private.takes_part()));
create trigger t050_user_living_situation_minors before insert on public.user_living_situation
  for each row execute function private.require_participation();
create trigger t050_user_living_situation_minors_change before update on public.user_living_situation
  for each row when (pg_trigger_depth() = 0)
  execute function private.require_participation();
create policy "only who takes part writes" on public.user_spiritual_path as restrictive for insert to authenticated, cairn_server with check ((select private.takes_part()));
create policy "only who takes part rewrites" on public.user_spiritual_path as restrictive for update to authenticated, cairn_server with check ((select private.takes_part()));
create trigger t050_user_spiritual_path_minors before insert on public.user_spiritual_path
  for each row execute function private.require_participation();
create trigger t050_user_spiritual_path_minors_change before update on public.user_spiritual_path
  for each row when (pg_trigger_depth() = 0)
  execute function private.require_participation();
create policy "only who takes part writes" on public.user_mood_trends as restrictive for insert to authenticated, cairn_server with check ((select private.takes_part()));
create policy "only who takes part rewrites" on public.user_mood_trends as restrictive for update to authenticated, cairn_server with check ((select private.takes_part()));
create trigger t050_user_mood_trends_minors before insert on public.user_mood_trends
  for each row execute function private.require_participation();
create trigger t050_user_mood_trends_minors_change before update on public.user_mood_trends
  for each row when (pg_trigger_depth() = 0)
  execute function private.require_participation();
create policy "only who takes part writes" on public.user_emotional_states as restrictive for insert to authenticated, cairn_server with check ((select private.takes_part()));
create policy "only who takes part rewrites" on public.user_emotional_states as restrictive for update to authenticated, cairn_server with check ((select private.takes_part()));
create trigger t050_user_emotional_states_minors before insert on public.user_emotional_states
  for each row execute function private.require_participation();
create trigger t050_user_emotional_states_minors_change before update on public.user_emotional_states
  for each row when (pg_trigger_depth() = 0)
  execute function private.require_participation();
create policy "only who takes part writes" on public.user_sleep_routine as restrictive for insert to authenticated, cairn_server with check ((select private.takes_part()));
create policy "only who takes part rewrites" on public.user_sleep_routine as restrictive for update to authenticated, cairn_server with check ((select private.takes_part()));
create trigger t050_user_sleep_routine_minors before insert on public.user_sleep_routine
  for each row execute function private.require_participation();
create trigger t050_user_sleep_routine_minors_change before update on public.user_sleep_routine
  for each row when (pg_trigger_depth() = 0)
  execute function private.require_participation();
create policy "only who takes part writes" on public.user_daily_habits as restrictive for insert to authenticated, cairn_server with check ((select private.takes_part()));
create policy "only who takes part rewrites" on public.user_daily_habits as restrictive for update to authenticated, cairn_server with check ((select private.takes_part()));
create trigger t050_user_daily_habits_minors before insert on public.user_daily_habits
  for each row execute function private.require_participation();
create trigger t050_user_daily_habits_minors_change before update on public.user_daily_habits
  for each row when (pg_trigger_depth() = 0)
  execute function private.require_participation();
create policy "only who takes part writes" on public.user_current_practices as restrictive for insert to authenticated, cairn_server with check ((select private.takes_part()));
create policy "only who takes part rewrites" on public.user_current_practices as restrictive for update to authenticated, cairn_server with check ((select private.takes_part()));
create trigger t050_user_current_practices_minors before insert on public.user_current_practices
  for each row execute function private.require_participation();
create trigger t050_user_current_practices_minors_change before update on public.user_current_practices
  for each row when (pg_trigger_depth() = 0)
  execute function private.require_participation();
create policy "only who takes part writes" on public.user_current_stressors as restrictive for insert to authenticated, cairn_server with check ((select private.takes_part()));
create policy "only who takes part rewrites" on public.user_current_stressors as restrictive for update to authenticated, cairn_server with check ((select private.takes_part()));
create trigger t050_user_current_stressors_minors before insert on public.user_current_stressors
  for each row execute function private.require_participation();
create trigger t050_user_current_stressors_minors_change before update on public.user_current_stressors
  for each row when (pg_trigger_depth() = 0)
  execute function private.require_participation();
create policy "only who takes part writes" on public.user_themes as restrictive for insert to authenticated, cairn_server with check ((select private.takes_part()));
create policy "only who takes part rewrites" on public.user_themes as restrictive for update to authenticated, cairn_server with check ((select private.takes_part()));
create trigger t050_user_themes_minors before insert on public.user_themes
  for each row execute function private.require_participation();
create trigger t050_user_themes_minors_change before update on public.user_themes
  for each row when (pg_trigger_depth() = 0)
  execute function private.require_participation();
create policy "only who takes part writes" on public.user_emotional_patterns as restrictive for insert to authenticated, cairn_server with check ((select private.takes_part()));
create policy "only who takes part rewrites" on public.user_emotional_patterns as restrictive for update to authenticated, cairn_server with check ((select private.takes_part()));
create trigger t050_user_emotional_patterns_minors before insert on public.user_emotional_patterns
  for each row execute function private.require_participation();
create trigger t050_user_emotional_patterns_minors_change before update on public.user_emotional_patterns
  for each row when (pg_trigger_depth() = 0)
  execute function private.require_participation();
create policy "only who takes part writes" on public.user_pattern_loops as restrictive for insert to authenticated, cairn_server with check ((select private.takes_part()));
create policy "only who takes part rewrites" on public.user_pattern_loops as restrictive for update to authenticated, cairn_server with check ((select private.takes_part()));
create trigger t050_user_pattern_loops_minors before insert on public.user_pattern_loops
  for each row execute function private.require_participation();
create trigger t050_user_pattern_loops_minors_change before update on public.user_pattern_loops
  for each row when (pg_trigger_depth() = 0)
  execute function private.require_participation();
create policy "only who takes part writes" on public.user_shadow_themes as restrictive for insert to authenticated, cairn_server with check ((select private.takes_part()));
create policy "only who takes part rewrites" on public.user_shadow_themes as restrictive for update to authenticated, cairn_server with check ((select private.takes_part()));
create trigger t050_user_shadow_themes_minors before insert on public.user_shadow_themes
  for each row execute function private.require_participation();
create trigger t050_user_shadow_themes_minors_change before update on public.user_shadow_themes
  for each row when (pg_trigger_depth() = 0)
  execute function private.require_participation();
create policy "only who takes part writes" on public.user_ancestral_issues as restrictive for insert to authenticated, cairn_server with check ((select private.takes_part()));
create policy "only who takes part rewrites" on public.user_ancestral_issues as restrictive for update to authenticated, cairn_server with check ((select private.takes_part()));
create trigger t050_user_ancestral_issues_minors before insert on public.user_ancestral_issues
  for each row execute function private.require_participation();
create trigger t050_user_ancestral_issues_minors_change before update on public.user_ancestral_issues
  for each row when (pg_trigger_depth() = 0)
  execute function private.require_participation();
create policy "only who takes part writes" on public.user_relationship_dynamics as restrictive for insert to authenticated, cairn_server with check ((select private.takes_part()));
create policy "only who takes part rewrites" on public.user_relationship_dynamics as restrictive for update to authenticated, cairn_server with check ((select private.takes_part()));
create trigger t050_user_relationship_dynamics_minors before insert on public.user_relationship_dynamics
  for each row execute function private.require_participation();
create trigger t050_user_relationship_dynamics_minors_change before update on public.user_relationship_dynamics
  for each row when (pg_trigger_depth() = 0)
  execute function private.require_participation();
create policy "only who takes part writes" on public.user_dysregulating_factors as restrictive for insert to authenticated, cairn_server with check ((select private.takes_part()));
create policy "only who takes part rewrites" on public.user_dysregulating_factors as restrictive for update to authenticated, cairn_server with check ((select private.takes_part()));
create trigger t050_user_dysregulating_factors_minors before insert on public.user_dysregulating_factors
  for each row execute function private.require_participation();
create trigger t050_user_dysregulating_factors_minors_change before update on public.user_dysregulating_factors
  for each row when (pg_trigger_depth() = 0)
  execute function private.require_participation();
create policy "only who takes part writes" on public.user_insight_notes as restrictive for insert to authenticated, cairn_server with check ((select private.takes_part()));
create policy "only who takes part rewrites" on public.user_insight_notes as restrictive for update to authenticated, cairn_server with check ((select private.takes_part()));
create trigger t050_user_insight_notes_minors before insert on public.user_insight_notes
  for each row execute function private.require_participation();
create trigger t050_user_insight_notes_minors_change before update on public.user_insight_notes
  for each row when (pg_trigger_depth() = 0)
  execute function private.require_participation();
create policy "only who takes part writes" on public.user_value_compass as restrictive for insert to authenticated, cairn_server with check ((select private.takes_part()));
create policy "only who takes part rewrites" on public.user_value_compass as restrictive for update to authenticated, cairn_server with check ((select private.takes_part()));
create trigger t050_user_value_compass_minors before insert on public.user_value_compass
  for each row execute function private.require_participation();
create trigger t050_user_value_compass_minors_change before update on public.user_value_compass
  for each row when (pg_trigger_depth() = 0)
  execute function private.require_participation();
create policy "only who takes part writes" on public.user_goals as restrictive for insert to authenticated, cairn_server with check ((select private.takes_part()));
create policy "only who takes part rewrites" on public.user_goals as restrictive for update to authenticated, cairn_server with check ((select private.takes_part()));
create trigger t050_user_goals_minors before insert on public.user_goals
  for each row execute function private.require_participation();
create trigger t050_user_goals_minors_change before update on public.user_goals
  for each row when (pg_trigger_depth() = 0)
  execute function private.require_participation();
create policy "only who takes part writes" on public.user_growth_milestones as restrictive for insert to authenticated, cairn_server with check ((select private.takes_part()));
create policy "only who takes part rewrites" on public.user_growth_milestones as restrictive for update to authenticated, cairn_server with check ((select private.takes_part()));
create trigger t050_user_growth_milestones_minors before insert on public.user_growth_milestones
  for each row execute function private.require_participation();
create trigger t050_user_growth_milestones_minors_change before update on public.user_growth_milestones
  for each row when (pg_trigger_depth() = 0)
  execute function private.require_participation();
create policy "only who takes part writes" on public.user_growth_opportunities as restrictive for insert to authenticated, cairn_server with check ((select private.takes_part()));
create policy "only who takes part rewrites" on public.user_growth_opportunities as restrictive for update to authenticated, cairn_server with check ((select private.takes_part()));
create trigger t050_user_growth_opportunities_minors before insert on public.user_growth_opportunities
  for each row execute function private.require_participation();
create trigger t050_user_growth_opportunities_minors_change before update on public.user_growth_opportunities
  for each row when (pg_trigger_depth() = 0)
  execute function private.require_participation();
create policy "only who takes part writes" on public.user_strengths as restrictive for insert to authenticated, cairn_server with check ((select private.takes_part()));
create policy "only who takes part rewrites" on public.user_strengths as restrictive for update to authenticated, cairn_server with check ((select private.takes_part()));
create trigger t050_user_strengths_minors before insert on public.user_strengths
  for each row execute function private.require_participation();
create trigger t050_user_strengths_minors_change before update on public.user_strengths
  for each row when (pg_trigger_depth() = 0)
  execute function private.require_participation();
create policy "only who takes part writes" on public.user_role_model_traits as restrictive for insert to authenticated, cairn_server with check ((select private.takes_part()));
create policy "only who takes part rewrites" on public.user_role_model_traits as restrictive for update to authenticated, cairn_server with check ((select private.takes_part()));
create trigger t050_user_role_model_traits_minors before insert on public.user_role_model_traits
  for each row execute function private.require_participation();
create trigger t050_user_role_model_traits_minors_change before update on public.user_role_model_traits
  for each row when (pg_trigger_depth() = 0)
  execute function private.require_participation();
create policy "only who takes part writes" on public.user_coping_tools as restrictive for insert to authenticated, cairn_server with check ((select private.takes_part()));
create policy "only who takes part rewrites" on public.user_coping_tools as restrictive for update to authenticated, cairn_server with check ((select private.takes_part()));
create trigger t050_user_coping_tools_minors before insert on public.user_coping_tools
  for each row execute function private.require_participation();
create trigger t050_user_coping_tools_minors_change before update on public.user_coping_tools
  for each row when (pg_trigger_depth() = 0)
  execute function private.require_participation();
create policy "only who takes part writes" on public.user_regulation_strategies as restrictive for insert to authenticated, cairn_server with check ((select private.takes_part()));
create policy "only who takes part rewrites" on public.user_regulation_strategies as restrictive for update to authenticated, cairn_server with check ((select private.takes_part()));
create trigger t050_user_regulation_strategies_minors before insert on public.user_regulation_strategies
  for each row execute function private.require_participation();
create trigger t050_user_regulation_strategies_minors_change before update on public.user_regulation_strategies
  for each row when (pg_trigger_depth() = 0)
  execute function private.require_participation();
create policy "only who takes part writes" on public.user_trauma_patterns as restrictive for insert to authenticated, cairn_server with check ((select private.takes_part()));
create policy "only who takes part rewrites" on public.user_trauma_patterns as restrictive for update to authenticated, cairn_server with check ((select private.takes_part()));
create trigger t050_user_trauma_patterns_minors before insert on public.user_trauma_patterns
  for each row execute function private.require_participation();
create trigger t050_user_trauma_patterns_minors_change before update on public.user_trauma_patterns
  for each row when (pg_trigger_depth() = 0)
  execute function private.require_participation();
create policy "only who takes part writes" on public.user_risk_factors as restrictive for insert to authenticated, cairn_server with check ((select private.takes_part()));
create policy "only who takes part rewrites" on public.user_risk_factors as restrictive for update to authenticated, cairn_server with check ((select private.takes_part()));
create trigger t050_user_risk_factors_minors before insert on public.user_risk_factors
  for each row execute function private.require_participation();
create trigger t050_user_risk_factors_minors_change before update on public.user_risk_factors
  for each row when (pg_trigger_depth() = 0)
  execute function private.require_participation();
create policy "only who takes part writes" on public.user_substance_use as restrictive for insert to authenticated, cairn_server with check ((select private.takes_part()));
create policy "only who takes part rewrites" on public.user_substance_use as restrictive for update to authenticated, cairn_server with check ((select private.takes_part()));
create trigger t050_user_substance_use_minors before insert on public.user_substance_use
  for each row execute function private.require_participation();
create trigger t050_user_substance_use_minors_change before update on public.user_substance_use
  for each row when (pg_trigger_depth() = 0)
  execute function private.require_participation();
create policy "only who takes part writes" on public.user_suicidal_thoughts as restrictive for insert to authenticated, cairn_server with check ((select private.takes_part()));
create policy "only who takes part rewrites" on public.user_suicidal_thoughts as restrictive for update to authenticated, cairn_server with check ((select private.takes_part()));
create trigger t050_user_suicidal_thoughts_minors before insert on public.user_suicidal_thoughts
  for each row execute function private.require_participation();
create trigger t050_user_suicidal_thoughts_minors_change before update on public.user_suicidal_thoughts
  for each row when (pg_trigger_depth() = 0)
  execute function private.require_participation();
