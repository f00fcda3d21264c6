-- Profiles: how a person is, what she told at the beginning, and how she would like to be met.
--
-- Each person has one profile from the moment she signs up. What she feels and wants is hers to
-- say; how grave a crisis is, and whether her age was verified, only the server says. A birth year
-- that she has stated can be made later by her, never earlier: else it would decide nothing. Of a
-- guardian we keep what proves the consent, and the address only until it is answered.

set lock_timeout = '5s';
set statement_timeout = '60s';

create type public.guardian_consent_status as enum ('requested', 'granted', 'withdrawn', 'expired');
create type public.guardian_consent_method as enum (
  'email_link', 'signed_form', 'identity_check', 'video_call', 'payment_card'
);
create type public.companion_tone as enum ('warm', 'calm', 'encouraging', 'matter_of_fact', 'playful');
create type public.companion_formality as enum ('informal', 'neutral', 'formal');
create type public.reply_length as enum ('short', 'medium', 'long');
create type public.therapeutic_style as enum (
  'open', 'person_centred', 'cognitive_behavioural', 'acceptance_and_commitment', 'dialectical_behavioural',
  'internal_family_systems', 'psychodynamic', 'solution_focused', 'mindfulness'
);

comment on type public.guardian_consent_status is
  'requested: nobody has answered yet. granted: it counts until it expires. withdrawn: taken back, refused, or asked '
  'anew. expired: never answered, or its time is over.';
comment on type public.guardian_consent_method is 'How the guardian showed who he or she is.';
comment on type public.companion_tone is 'The tone in which she would like to be spoken to.';
comment on type public.companion_formality is 'How formal the companion is, as with tu and vous.';
comment on type public.reply_length is 'How much she likes to read at once.';
comment on type public.therapeutic_style is 'The school that her companion leans on; open: whatever fits.';

-- profiles --------------------------------------------------------------------

create table public.profiles (
  id                     uuid        primary key default private.uuid_v7(),
  user_id                uuid        not null default auth.uid() references public.users on delete cascade,
  preferred_name         text,
  pronouns               text,
  birth_year             smallint,
  country                text,
  age_verified           boolean     not null default false,
  timezone               text        not null default 'UTC',
  language               text,
  emotional_tone         text[]      not null default '{}',
  initial_emotional_tone text[],
  emotional_baseline     jsonb       not null default '{}',
  concerns               text[]      not null default '{}',
  current_crisis_level   public.crisis_level not null default 'none',
  initial_crisis_level   public.crisis_level,
  profile_summary        text,
  main_themes            text[]      not null default '{}',
  current_focus          text,
  summarised_at          timestamptz,
  conversation_id        uuid,
  version                integer     not null default 1,
  created_at             timestamptz not null default now(),
  updated_at             timestamptz not null default now(),

  constraint profiles_user_key unique (user_id),
  constraint profiles_conversation_fkey foreign key (conversation_id, user_id)
    references public.conversations (id, user_id) on delete set null (conversation_id),
  constraint profiles_preferred_name_is_at_most_100_characters check (length(preferred_name) <= 100),
  constraint profiles_preferred_name_is_not_blank check (preferred_name ~ '\S'),
  constraint profiles_pronouns_are_at_most_40_characters check (length(pronouns) <= 40),
  constraint profiles_birth_year_is_from_1900_on check (birth_year >= 1900),
  constraint profiles_country_is_two_capital_letters check (country ~ '^[A-Z]{2}$'),
  constraint profiles_language_is_a_language_tag
    check (language ~ '^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$' and length(language) <= 35),
  constraint profiles_emotional_tone_has_at_most_20_words
    check (cardinality(emotional_tone) <= 20 and array_position(emotional_tone, null) is null
           and octet_length(emotional_tone::text) <= 2000),
  constraint profiles_initial_emotional_tone_has_at_most_20_words
    check (cardinality(initial_emotional_tone) <= 20 and array_position(initial_emotional_tone, null) is null
           and octet_length(initial_emotional_tone::text) <= 2000),
  constraint profiles_emotional_baseline_is_an_object_of_at_most_4_kb
    check (jsonb_typeof(emotional_baseline) = 'object' and octet_length(emotional_baseline::text) <= 4096),
  constraint profiles_emotional_baseline_holds_numbers_from_0_to_10
    check (not jsonb_path_exists(emotional_baseline, '$.* ? (@.type() != "number" || @ < 0 || @ > 10)')),
  constraint profiles_concerns_are_at_most_50
    check (cardinality(concerns) <= 50 and array_position(concerns, null) is null
           and octet_length(concerns::text) <= 8000),
  constraint profiles_summary_is_at_most_8000_characters check (length(profile_summary) <= 8000),
  constraint profiles_summary_is_not_blank check (profile_summary ~ '\S'),
  constraint profiles_main_themes_are_at_most_50
    check (cardinality(main_themes) <= 50 and array_position(main_themes, null) is null
           and octet_length(main_themes::text) <= 8000),
  constraint profiles_current_focus_is_at_most_1000_characters check (length(current_focus) <= 1000)
);

comment on table  public.profiles is 'How one person is: her feelings, concerns and circumstances, and what her companion has understood of her.';
comment on column public.profiles.preferred_name is 'What her companion calls her; null: her display name.';
comment on column public.profiles.pronouns is 'In her own words, such as `she/her`; null when she has not said.';
comment on column public.profiles.birth_year is
  'As she states it; null until she does. She may change it to a later year only, and not once her age was verified.';
comment on column public.profiles.country is 'Where she lives, as she states it: ISO 3166-1 alpha-2. It decides the age of consent.';
comment on column public.profiles.age_verified is
  'The server has verified that she is old enough to consent by herself, whatever birth year she states.';
comment on column public.profiles.timezone is 'Her clock: a name of the IANA time zone database, such as `Europe/Paris`.';
comment on column public.profiles.language is 'The language she likes to be spoken to in: a BCP 47 tag, such as `pt-BR`; null: not stated.';
comment on column public.profiles.emotional_tone is 'How she feels now, in words; each change is kept in profile_tone_history.';
comment on column public.profiles.initial_emotional_tone is
  'How she felt at the beginning; null until it was said, or until her onboarding is completed. It never changes then.';
comment on column public.profiles.emotional_baseline is
  'How she usually is: a JSON object of feelings, each from 0 (not at all) to 10 (the most she can imagine).';
comment on column public.profiles.concerns is 'What brings her here, in her own words.';
comment on column public.profiles.current_crisis_level is 'How grave it is now: crisis events raise it, only the server lowers it.';
comment on column public.profiles.initial_crisis_level is
  'How grave it was at the beginning; null until her onboarding is completed. It never changes afterwards.';
comment on column public.profiles.profile_summary is
  'What her companion has understood of her so far; she may correct it. Null before there is one.';
comment on column public.profiles.main_themes is 'What comes up again and again; she may correct it.';
comment on column public.profiles.current_focus is 'What she works on at present; null when nothing is agreed.';
comment on column public.profiles.summarised_at is 'When summary, themes or focus were last written, by whomever; null before.';
comment on column public.profiles.conversation_id is 'The conversation that her app opens first; null: the latest.';

create index profiles_by_conversation_idx on public.profiles (user_id, conversation_id);

create function private.check_time_zone() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  -- Postgres would take `Foo/Bar3` as a zone of its own making; and `posix/…` and files such as
  -- `localtime` are no names of the database.
  if new.timezone <> 'UTC' and not (
    new.timezone ~ '^[A-Z]' and new.timezone <> 'Factory'
    and exists (select from pg_catalog.pg_timezone_names as zone where zone.name = new.timezone)
  ) then
    raise exception using errcode = 'CA400',
      message = 'A time zone has a name of the IANA database, such as Europe/Paris.';
  end if;
  return new;
end
$$;
comment on function private.check_time_zone is 'Before a write of `timezone`: it must be a name of the IANA time zone database.';
create trigger t110_profiles_time_zone before insert or update of timezone on public.profiles
  for each row execute function private.check_time_zone();

create function private.profiles_change() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  if coalesce(old.initial_emotional_tone, new.initial_emotional_tone) is distinct from new.initial_emotional_tone
     or coalesce(old.initial_crisis_level, new.initial_crisis_level) is distinct from new.initial_crisis_level then
    raise exception using errcode = 'CA409', message = 'How it was at the beginning stays as it was said.';
  end if;
  if (new.birth_year, new.country) is distinct from (old.birth_year, old.country)
     and coalesce(nullif(current_setting('request.jwt.claims', true), '')::jsonb ? 'act', false) then
    -- No agent and no pipeline in her name.
    raise exception using errcode = 'insufficient_privilege', message = 'Only she herself says how old she is, and where.';
  end if;
  if new.birth_year is distinct from old.birth_year then
    if new.birth_year > extract(year from now()) then
      raise exception using errcode = 'CA400', message = 'A birth year is not in the future.';
    end if;
    -- She, through the API or Supabase's REST; the server and staff may correct it.
    if current_user = 'authenticated' and (
      old.age_verified or coalesce(new.birth_year < old.birth_year, old.birth_year is not null)
    ) then
      raise exception using errcode = 'CA409',
        message = 'A birth year that was stated can only be changed to a later one. Ask us to correct it.';
    end if;
  end if;
  if (new.profile_summary, new.main_themes, new.current_focus)
     is distinct from (old.profile_summary, old.main_themes, old.current_focus) then
    new.summarised_at := now();
  end if;
  return new;
end
$$;
comment on function private.profiles_change is
  'Before update: what was so at the beginning stays, and a stated birth year is made later by her only.';
create trigger t100_profiles_change before update on public.profiles
  for each row execute function private.profiles_change();
create trigger t900_profiles_version before update on public.profiles
  for each row execute function private.count_version();

alter table public.profiles enable row level security;
alter table public.profiles force row level security;
create policy owner_select on public.profiles for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.profiles for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.profiles for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.profiles for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

-- No insert and no delete: it comes with the person, and goes with her.
grant
  select,
  update (
    preferred_name, pronouns, birth_year, country, timezone, language, emotional_tone, initial_emotional_tone,
    emotional_baseline, concerns, profile_summary, main_themes, current_focus, conversation_id
  )
  on public.profiles to authenticated;
grant update (age_verified, current_crisis_level, initial_crisis_level) on public.profiles to cairn_server;

-- Not of its beginning, which is the person's own; nor of its end.
create constraint trigger t900_profiles_live after update on public.profiles
  deferrable initially deferred
  for each row execute function private.live_record();

create function private.users_make_profile() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  -- What she said when she signed up; it may be anything, and what does not fit is left out.
  said constant jsonb := (select account.raw_user_meta_data from auth.users as account where account.id = new.id);
  year constant text  := substring(said ->> 'birth_year' from '^(?:19|20)[0-9]{2}$');
begin
  insert into public.profiles (user_id, birth_year, country)
  values (
    new.id,
    case when year::smallint <= extract(year from now()) then year::smallint end,
    substring(upper(said ->> 'country') from '^[A-Z]{2}$')
  );
  return null;
end
$$;
-- When this fails, so does the person's row, and whatever follows Supabase Auth repeats both; the
-- signing up goes on.
create trigger t500_users_make_profile after insert on public.users
  for each row execute function private.users_make_profile();

-- profile_tone_history --------------------------------------------------------

create table public.profile_tone_history (
  id             uuid        primary key default private.uuid_v7(),
  user_id        uuid        not null default auth.uid() references public.users on delete cascade,
  emotional_tone text[]      not null,
  crisis_level   public.crisis_level not null,
  origin         public.entry_origin not null,
  created_at     timestamptz not null default now(),

  constraint profile_tone_history_tone_has_at_most_20_words
    check (cardinality(emotional_tone) <= 20 and octet_length(emotional_tone::text) <= 2000)
);

comment on table  public.profile_tone_history is 'How she has felt over time: a row for each change of profiles.emotional_tone.';
comment on column public.profile_tone_history.emotional_tone is 'What it became; empty when nothing is known any more.';
comment on column public.profile_tone_history.crisis_level is 'How grave it was then.';
comment on column public.profile_tone_history.origin is 'Who said so.';

-- Her course, newest first.
create index profile_tone_history_by_creation_idx on public.profile_tone_history (user_id, created_at desc, id desc);

create function private.profiles_keep_tone() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  actor constant text := private.actor();
begin
  insert into public.profile_tone_history (user_id, emotional_tone, crisis_level, origin)
  values (
    new.user_id, new.emotional_tone, new.current_crisis_level,
    case when actor = 'pipeline' then 'companion' when actor like 'agent:%' then 'agent' else 'user' end::public.entry_origin
  );
  return null;
end
$$;
create trigger t500_profiles_keep_first_tone after insert on public.profiles
  for each row when (cardinality(new.emotional_tone) > 0)
  execute function private.profiles_keep_tone();
create trigger t500_profiles_keep_tone after update on public.profiles
  for each row when (new.emotional_tone is distinct from old.emotional_tone)
  execute function private.profiles_keep_tone();

alter table public.profile_tone_history enable row level security;
alter table public.profile_tone_history force row level security;
create policy owner_select on public.profile_tone_history for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.profile_tone_history for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.profile_tone_history for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.profile_tone_history for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

-- Only the trigger writes it; what she does not want kept, she deletes.
grant select, delete on public.profile_tone_history to authenticated;

-- external_identities ---------------------------------------------------------

create table public.external_identities (
  id          uuid        primary key default private.uuid_v7(),
  user_id     uuid        not null default auth.uid() references public.users on delete cascade,
  source      text        not null,
  external_id text        not null,
  created_at  timestamptz not null default now(),

  -- Of all people: it finds the person. Only the server writes here, so nobody can ask by trying.
  constraint external_identities_source_key unique (source, external_id),
  constraint external_identities_user_key unique (user_id, source),
  constraint external_identities_source_is_a_short_word check (source ~ '^[a-z0-9_-]{1,40}$'),
  constraint external_identities_external_id_has_1_to_200_characters check (length(external_id) between 1 and 200)
);

comment on table  public.external_identities is 'Who she is on another platform; sign-ins by single sign-on are in Supabase Auth.';
comment on column public.external_identities.source is 'The platform, such as `chatgpt`; one identity each.';
comment on column public.external_identities.external_id is 'Her id there; it leads to one person here.';

alter table public.external_identities enable row level security;
alter table public.external_identities force row level security;
create policy owner_select on public.external_identities for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.external_identities for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.external_identities for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.external_identities for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

-- Were she to write it, she could claim to be anybody there.
grant select, delete on public.external_identities to authenticated;
grant insert (id, source, external_id) on public.external_identities to cairn_server;

create function private.person_of_external_identity(source text, external_id text) returns uuid
  language sql stable security definer set search_path = ''
as $$
  select identity.user_id
  from public.external_identities as identity
  where identity.source = person_of_external_identity.source
    and identity.external_id = person_of_external_identity.external_id
$$;
comment on function private.person_of_external_identity is
  'Who that is here; null at first contact. For a platform whose word the server has checked.';
grant execute on function private.person_of_external_identity to cairn_server;

-- onboarding ------------------------------------------------------------------

create table public.onboarding (
  id           uuid        primary key default private.uuid_v7(),
  user_id      uuid        not null default auth.uid() references public.users on delete cascade,
  current_step integer     not null default 0,
  responses    jsonb       not null default '{}',
  completed    boolean     not null default false,
  completed_at timestamptz,
  version      integer     not null default 1,
  created_at   timestamptz not null default now(),
  updated_at   timestamptz not null default now(),

  constraint onboarding_user_key unique (user_id),
  constraint onboarding_current_step_is_from_0_to_1000 check (current_step between 0 and 1000),
  constraint onboarding_responses_are_an_object_of_at_most_32_kb
    check (jsonb_typeof(responses) = 'object' and octet_length(responses::text) <= 32768),
  constraint onboarding_completed_ones_say_when check (completed = (completed_at is not null))
);

comment on table  public.onboarding is 'How far a person has come with her first steps, to be taken up again there.';
comment on column public.onboarding.current_step is 'The step to go on with, from 0; her app numbers them.';
comment on column public.onboarding.responses is 'What she answered so far: a JSON object of at most 32 kB, as her app asks.';
comment on column public.onboarding.completed is 'For good: it says when by itself, and how she was then becomes how she was at the beginning.';

create function private.onboarding_change() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  if tg_op = 'UPDATE' and old.completed then
    if not new.completed then
      raise exception using errcode = 'CA409', message = 'An onboarding that is completed stays so.';
    end if;
    new.completed_at := old.completed_at;
  elsif new.completed then
    -- An import brings its own.
    new.completed_at := coalesce(new.completed_at, now());
  end if;
  return new;
end
$$;
comment on function private.onboarding_change is 'Before a write: completing says when, once.';
create trigger t100_onboarding_change before insert or update on public.onboarding
  for each row execute function private.onboarding_change();

create function private.onboarding_fix_beginning() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  update public.profiles as profile
  set initial_emotional_tone = coalesce(profile.initial_emotional_tone, profile.emotional_tone),
      initial_crisis_level   = coalesce(profile.initial_crisis_level, profile.current_crisis_level)
  where profile.user_id = new.user_id
    and (profile.initial_emotional_tone is null or profile.initial_crisis_level is null);
  return null;
end
$$;
create trigger t500_onboarding_fix_beginning after insert or update of completed on public.onboarding
  for each row when (new.completed)
  execute function private.onboarding_fix_beginning();
create trigger t900_onboarding_version before update on public.onboarding
  for each row execute function private.count_version();

alter table public.onboarding enable row level security;
alter table public.onboarding force row level security;
create policy owner_select on public.onboarding for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.onboarding for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.onboarding for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.onboarding for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

grant
  select,
  insert (id, current_step, responses, completed),
  update (current_step, responses, completed),
  delete
  on public.onboarding to authenticated;

create constraint trigger t900_onboarding_live after insert or update or delete on public.onboarding
  deferrable initially deferred
  for each row execute function private.live_record();

-- guardian_consents -----------------------------------------------------------

create table public.guardian_consents (
  id                  uuid        primary key default private.uuid_v7(),
  user_id             uuid        not null default auth.uid() references public.users on delete cascade,
  status              public.guardian_consent_status not null default 'requested',
  guardian_name       text,
  guardian_email      text,
  guardian_email_hash text        not null,
  token_hash          text,
  method              public.guardian_consent_method,
  evidence_reference  text,
  terms_version       text,
  granted_at          timestamptz,
  withdrawn_at        timestamptz,
  expires_at          timestamptz not null default now() + interval '14 days',
  created_at          timestamptz not null default now(),
  updated_at          timestamptz not null default now(),

  -- Of all people: it finds the consent. Only issue_guardian_link writes it.
  constraint guardian_consents_token_key unique (token_hash),
  constraint guardian_consents_guardian_name_has_1_to_200_characters check (length(guardian_name) between 1 and 200),
  constraint guardian_consents_guardian_email_is_an_address
    check (guardian_email ~ '^[^@\s]+@[^@\s]+$' and length(guardian_email) <= 254),
  constraint guardian_consents_guardian_email_hash_is_a_sha256 check (guardian_email_hash ~ '^[0-9a-f]{64}$'),
  constraint guardian_consents_token_hash_is_a_sha256 check (token_hash ~ '^[0-9a-f]{64}$'),
  constraint guardian_consents_answered_ones_keep_no_address check (status = 'requested' or guardian_email is null),
  constraint guardian_consents_ended_ones_keep_no_name
    check (status in ('requested', 'granted') or guardian_name is null),
  constraint guardian_consents_granted_ones_say_when_and_how
    check (status <> 'granted' or (granted_at is not null and method is not null)),
  constraint guardian_consents_withdrawn_ones_say_when check ((status = 'withdrawn') = (withdrawn_at is not null)),
  constraint guardian_consents_evidence_reference_is_at_most_200_characters check (length(evidence_reference) <= 200),
  constraint guardian_consents_terms_version_is_at_most_40_characters check (length(terms_version) <= 40)
);

comment on table  public.guardian_consents is
  'That a guardian was asked for consent, and what came of it. A proof, with no more of the guardian than it needs.';
comment on column public.guardian_consents.guardian_name is 'As she gave it; kept while the consent is open or counts.';
comment on column public.guardian_consents.guardian_email is 'Where to ask; kept until the request is answered or runs out.';
comment on column public.guardian_consents.guardian_email_hash is
  'sha256 of this row''s id and the address in lower case: who knows the address can prove it was asked; it finds nobody.';
comment on column public.guardian_consents.token_hash is
  'sha256 of the secret in the guardian''s link, by which it is granted and withdrawn; null before a link was sent.';
comment on column public.guardian_consents.method is 'How the guardian showed who he or she is; null before it is granted.';
comment on column public.guardian_consents.evidence_reference is 'Where the evidence is kept; never the evidence itself.';
comment on column public.guardian_consents.terms_version is 'The version of the words that the guardian consented to.';
comment on column public.guardian_consents.expires_at is
  'Of a request: until when the link works. Of a consent: until when it counts, a year unless said otherwise.';

-- The latest first.
create index guardian_consents_by_creation_idx on public.guardian_consents (user_id, created_at desc, id desc);
create unique index guardian_consents_one_request_at_a_time_key on public.guardian_consents (user_id)
  where status = 'requested';
-- For the sweep.
create index guardian_consents_by_expiry_idx on public.guardian_consents (expires_at)
  where status in ('requested', 'granted');

create function private.guardian_consents_change() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  if new.status <> old.status then
    if not (
      case old.status
        when 'requested' then new.status in ('granted', 'withdrawn', 'expired')
        when 'granted'   then new.status in ('withdrawn', 'expired')
        else false
      end
    ) then
      raise exception using errcode = 'CA409',
        message = format('A consent that is %s cannot become %s.', old.status, new.status);
    end if;
    if new.status = 'granted' then
      if old.expires_at <= now() then
        raise exception using errcode = 'CA409', message = 'This request has run out. It must be made again.';
      end if;
      new.granted_at := now();
      if new.expires_at = old.expires_at then
        new.expires_at := now() + interval '1 year';
      end if;
    else
      new.guardian_name := null;
    end if;
    if new.status = 'withdrawn' then
      new.withdrawn_at := now();
    end if;
    new.guardian_email := null;
  end if;
  return new;
end
$$;
comment on function private.guardian_consents_change is
  'Before update: a consent goes only forward, says when, and keeps of the guardian only what it needs.';
create trigger t100_guardian_consents_change before update on public.guardian_consents
  for each row execute function private.guardian_consents_change();
create trigger t900_guardian_consents_touch before update on public.guardian_consents
  for each row execute function private.touch_updated_at();

alter table public.guardian_consents enable row level security;
alter table public.guardian_consents force row level security;
create policy owner_select on public.guardian_consents for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.guardian_consents for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.guardian_consents for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.guardian_consents for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

-- Reading only: the functions below write, and staff in the dashboard.
grant select on public.guardian_consents to authenticated;

create constraint trigger t900_guardian_consents_live after insert or update or delete on public.guardian_consents
  deferrable initially deferred
  for each row execute function private.live_record();

create function private.new_token() returns text
  language sql volatile set search_path = ''
as $$
  -- 244 random bits.
  select replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '')
$$;
comment on function private.new_token is 'A secret for a link, nowhere kept but as its token_hash.';

create function private.token_hash(token text) returns text
  language sql immutable strict parallel safe set search_path = ''
as $$
  select encode(sha256(convert_to(token, 'UTF8')), 'hex')
$$;
comment on function private.token_hash is 'sha256 of a secret, in hex.';

create function public.request_guardian_consent(guardian_email text, guardian_name text default null)
  returns setof public.guardian_consents
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  viewer     constant uuid := (select auth.uid());
  consent_id constant uuid := private.uuid_v7();
  address    constant text := btrim(guardian_email);
begin
  if viewer is null then
    raise exception using errcode = 'CA401', message = 'Sign in first.';
  end if;
  if private.actor() is not null then
    raise exception using errcode = 'CA403', message = 'Only she herself decides this, nobody who acts for her.';
  end if;
  if coalesce(address !~ '^[^@\s]+@[^@\s]+$' or length(address) > 254, true) then
    raise exception using errcode = 'CA400', message = 'This is not an e-mail address.';
  end if;
  if exists (
    select from public.users as person where person.id = viewer and lower(person.email) = lower(address)
  ) then
    raise exception using errcode = 'CA400', message = 'This is your own address. Give that of your guardian.';
  end if;

  -- Requests of one person come one after the other.
  perform pg_advisory_xact_lock(hashtextextended(concat_ws('/', 'guardian_consents', viewer), 0));
  if (
    select count(*) >= 3 from public.guardian_consents as earlier
    where earlier.user_id = viewer and earlier.created_at > now() - interval '1 day'
  ) then
    -- Each is a letter to somebody who may know nothing of us.
    raise exception using errcode = 'CA429', message = 'You have asked three times today. Ask again tomorrow.';
  end if;
  update public.guardian_consents as earlier set status = 'withdrawn'
  where earlier.user_id = viewer and earlier.status = 'requested';
  return query
    insert into public.guardian_consents as consent (id, user_id, guardian_email, guardian_name, guardian_email_hash)
    values (
      consent_id, viewer, address, nullif(left(btrim(request_guardian_consent.guardian_name), 200), ''),
      private.token_hash(consent_id || lower(address))
    )
    returning consent.*;
end
$$;
comment on function public.request_guardian_consent is
  'Ask a guardian for consent in the caller''s name; an earlier open request of hers is withdrawn. CA429 after three in a day.';
grant execute on function public.request_guardian_consent to authenticated;

create function private.issue_guardian_link(consent_id uuid) returns text
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  token constant text := private.new_token();
begin
  update public.guardian_consents as consent
  set token_hash = private.token_hash(token)
  where consent.id = consent_id
    and consent.user_id = (select auth.uid())
    and consent.status = 'requested'
    and consent.expires_at > now();
  if not found then
    raise exception using errcode = 'CA404', message = 'There is no such request, or it has been answered.';
  end if;
  return token;
end
$$;
comment on function private.issue_guardian_link is
  'A fresh secret for the link that the guardian gets; an earlier one no longer works. For whoever sends it, in her '
  'name: she must never see it. CA404 when the request is missing, another''s, answered or run out.';
grant execute on function private.issue_guardian_link to cairn_server;

create function private.consent_of_guardian_link(token text) returns public.guardian_consents
  language plpgsql volatile set search_path = ''
as $$
declare
  consent public.guardian_consents;
begin
  select * into consent
  from public.guardian_consents as known
  where known.token_hash = private.token_hash(token)
    and known.status in ('requested', 'granted')
    and known.expires_at > now()
  for no key update;
  if not found then
    raise exception using errcode = 'CA404', message = 'This link is not valid, or no longer.';
  end if;
  return consent;
end
$$;
comment on function private.consent_of_guardian_link is 'The consent that a guardian''s link is about, locked; CA404 when there is none. For the functions below.';

create function private.grant_guardian_consent(
  token text, method public.guardian_consent_method, terms_version text, evidence_reference text default null,
  valid_for interval default '1 year'
) returns timestamptz
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  consent public.guardian_consents := private.consent_of_guardian_link(token);
begin
  if consent.status = 'requested' then
    update public.guardian_consents as known
    set status             = 'granted',
        method             = grant_guardian_consent.method,
        terms_version      = grant_guardian_consent.terms_version,
        evidence_reference = grant_guardian_consent.evidence_reference,
        expires_at         = now() + valid_for
    where known.id = consent.id
    returning known.* into consent;
  end if;
  return consent.expires_at;
end
$$;
comment on function private.grant_guardian_consent is
  'The guardian consents, by the secret of the link; again is no error. Gives until when it counts. CA404 when the link '
  'is not valid.';
grant execute on function private.grant_guardian_consent to cairn_server;

create function private.withdraw_guardian_consent(token text) returns void
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  consent constant public.guardian_consents := private.consent_of_guardian_link(token);
begin
  update public.guardian_consents as known set status = 'withdrawn' where known.id = consent.id;
end
$$;
comment on function private.withdraw_guardian_consent is
  'The guardian says no, or takes the consent back, by the secret of the link. CA404 when the link is not valid.';
grant execute on function private.withdraw_guardian_consent to cairn_server;

create function private.sweep_guardian_consents() returns bigint
  language sql volatile security definer set search_path = ''
as $$
  with swept as (
    update public.guardian_consents
    set status = 'expired'
    where id in (
      select due.id from public.guardian_consents as due
      where due.status in ('requested', 'granted') and due.expires_at <= now()
      order by due.expires_at
      limit 1000
      for update skip locked
    )
    returning 1
  )
  select count(*) from swept
$$;
comment on function private.sweep_guardian_consents is
  'Let requests and consents expire whose time is over, everybody''s, 1,000 at most; gives how many. For the worker.';
grant execute on function private.sweep_guardian_consents to cairn_server;

-- user_ai_preferences ---------------------------------------------------------

create table public.user_ai_preferences (
  id                uuid        primary key default private.uuid_v7(),
  user_id           uuid        not null default auth.uid() references public.users on delete cascade,
  companion_name    text,
  tone              public.companion_tone      not null default 'warm',
  formality         public.companion_formality not null default 'neutral',
  reply_length      public.reply_length        not null default 'medium',
  directness        smallint    not null default 5,
  humour            smallint    not null default 3,
  therapeutic_style public.therapeutic_style   not null default 'open',
  language          text,
  avoid_topics      text[]      not null default '{}',
  instructions      text,
  asks_back         boolean     not null default true,
  uses_emoji        boolean     not null default false,
  reminds_of_limits boolean     not null default true,
  version           integer     not null default 1,
  created_at        timestamptz not null default now(),
  updated_at        timestamptz not null default now(),

  constraint user_ai_preferences_user_key unique (user_id),
  constraint user_ai_preferences_companion_name_has_1_to_60_characters
    check (length(companion_name) between 1 and 60 and companion_name ~ '\S'),
  constraint user_ai_preferences_directness_is_from_0_to_10 check (directness between 0 and 10),
  constraint user_ai_preferences_humour_is_from_0_to_10 check (humour between 0 and 10),
  constraint user_ai_preferences_language_is_a_language_tag
    check (language ~ '^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$' and length(language) <= 35),
  constraint user_ai_preferences_avoid_topics_are_at_most_50
    check (cardinality(avoid_topics) <= 50 and array_position(avoid_topics, null) is null
           and octet_length(avoid_topics::text) <= 8000),
  constraint user_ai_preferences_instructions_are_at_most_2000_characters check (length(instructions) <= 2000)
);

comment on table  public.user_ai_preferences is 'How she would like her companion to be; without a row, as the defaults say.';
comment on column public.user_ai_preferences.companion_name is 'What she calls her companion; null: the app''s own name.';
comment on column public.user_ai_preferences.directness is '0 very gentle, 10 as direct as can be.';
comment on column public.user_ai_preferences.humour is '0 none, 10 as much as fits.';
comment on column public.user_ai_preferences.language is 'A BCP 47 tag; null: as in her profile.';
comment on column public.user_ai_preferences.avoid_topics is
  'What her companion does not bring up by itself. It does not hold back the safety checks.';
comment on column public.user_ai_preferences.instructions is 'Anything else, in her own words; null when there is nothing.';
comment on column public.user_ai_preferences.asks_back is 'Her companion asks questions, rather than only listen.';
comment on column public.user_ai_preferences.reminds_of_limits is
  'Her companion says now and then that it is no human being and no therapist. In a crisis it always does.';

create trigger t900_user_ai_preferences_version before update on public.user_ai_preferences
  for each row execute function private.count_version();

alter table public.user_ai_preferences enable row level security;
alter table public.user_ai_preferences force row level security;
create policy owner_select on public.user_ai_preferences for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.user_ai_preferences for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.user_ai_preferences for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.user_ai_preferences for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

grant
  select,
  insert (
    id, companion_name, tone, formality, reply_length, directness, humour, therapeutic_style, language, avoid_topics,
    instructions, asks_back, uses_emoji, reminds_of_limits
  ),
  update (
    companion_name, tone, formality, reply_length, directness, humour, therapeutic_style, language, avoid_topics,
    instructions, asks_back, uses_emoji, reminds_of_limits
  ),
  delete
  on public.user_ai_preferences to authenticated;

create constraint trigger t900_user_ai_preferences_live after insert or update or delete on public.user_ai_preferences
  deferrable initially deferred
  for each row execute function private.live_record();
