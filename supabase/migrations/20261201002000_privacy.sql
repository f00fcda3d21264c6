-- Privacy: what may be kept of a person, for how long, what she agreed to, and her copies of it.
--
-- The settings are the one place that the pipeline asks; the consents are the proof of each answer
-- she gave, and neither goes without the other: a switch that she turns is a consent given or taken
-- back, and the other way round. Only she herself answers here, no agent that acts for her.

set lock_timeout = '5s';
set statement_timeout = '60s';

create type public.pii_handling as enum ('keep', 'mask', 'drop');
create type public.consent_kind as enum (
  'terms', 'privacy', 'sensitive_categories', 'long_term_storage', 'contact_safety_network', 'analytics', 'contact',
  'research'
);
create type public.export_status as enum ('requested', 'running', 'ready', 'failed', 'expired');
create type public.export_format as enum ('json', 'csv');

comment on type public.pii_handling is
  'What becomes of personal data in an anonymised text: it stays, a word for its kind stands in its place, or its whole sentence goes.';
comment on type public.consent_kind is
  'What one may agree to: the terms of use, the privacy policy, the use of what she says about health, faith, sex or '
  'origin (GDPR, article 9), a long-term memory, messages to her safety contacts, statistics, news from us, research.';
comment on type public.export_status is 'How far a copy of her data has come.';
comment on type public.export_format is 'How the files in the archive are written, one for each table.';

-- user_privacy_settings -------------------------------------------------------

create table public.user_privacy_settings (
  id                          uuid        primary key default private.uuid_v7(),
  user_id                     uuid        not null default auth.uid() references public.users on delete cascade,
  data_retention_days         integer,
  allow_long_term_storage     boolean     not null default true,
  auto_anonymize_pii          boolean     not null default false,
  handling_of_names           public.pii_handling not null default 'mask',
  handling_of_contact_details public.pii_handling not null default 'mask',
  handling_of_addresses       public.pii_handling not null default 'mask',
  handling_of_payment_details public.pii_handling not null default 'drop',
  handling_of_identifiers     public.pii_handling not null default 'drop',
  allow_analytics             boolean     not null default false,
  allow_contact               boolean     not null default false,
  allow_research              boolean     not null default false,
  consent_version             integer,
  consent_date                timestamptz,
  version                     integer     not null default 1,
  created_at                  timestamptz not null default now(),
  updated_at                  timestamptz not null default now(),

  constraint user_privacy_settings_user_key unique (user_id),
  constraint user_privacy_settings_data_is_kept_for_1_to_36500_days check (data_retention_days between 1 and 36500),
  constraint user_privacy_settings_consent_has_both_version_and_date
    check ((consent_version is null) = (consent_date is null))
);

comment on table  public.user_privacy_settings is
  'What may be kept of a person, and how. Made with her, one row each.';
comment on column public.user_privacy_settings.data_retention_days is
  'What is older is deleted, by the hour, for good; null keeps everything until she deletes it.';
comment on column public.user_privacy_settings.allow_long_term_storage is
  'False keeps what she says out of long-term memory. Goes with the consent of that kind.';
comment on column public.user_privacy_settings.auto_anonymize_pii is
  'True stores an anonymised text in memories, in place of the original; the five columns that follow say how it is made.';
comment on column public.user_privacy_settings.handling_of_names is 'Names of people, hers and others''.';
comment on column public.user_privacy_settings.handling_of_contact_details is 'E-mail addresses, telephone numbers, names of accounts.';
comment on column public.user_privacy_settings.handling_of_addresses is 'Where somebody lives or works: street, house, post code.';
comment on column public.user_privacy_settings.handling_of_payment_details is 'Numbers of cards and bank accounts.';
comment on column public.user_privacy_settings.handling_of_identifiers is 'Numbers of passports, insurances and taxes; dates of birth.';
comment on column public.user_privacy_settings.allow_analytics is 'Her use may be counted in statistics of ours. Goes with the consent of that kind.';
comment on column public.user_privacy_settings.allow_contact is 'We may write to her of news. Goes with the consent of that kind.';
comment on column public.user_privacy_settings.allow_research is 'Her data may serve research, without her name. Goes with the consent of that kind.';
comment on column public.user_privacy_settings.consent_version is
  'The version of the privacy policy that she agreed to last; null before, and when she has taken it back. Only consents change it.';
comment on column public.user_privacy_settings.consent_date is 'When she did; null with the version.';

-- For the retention sweep.
create index user_privacy_settings_by_retention_idx on public.user_privacy_settings (user_id)
  where data_retention_days is not null;

create trigger t100_user_privacy_settings_only_herself before update on public.user_privacy_settings
  for each row execute function private.only_herself();
create trigger t900_user_privacy_settings_version before update on public.user_privacy_settings
  for each row execute function private.count_version();
-- Not the insert: it is part of her signing up, when no device listens yet.
create constraint trigger t900_user_privacy_settings_live after delete on public.user_privacy_settings
  deferrable initially deferred
  for each row execute function private.live_record();
create constraint trigger t900_user_privacy_settings_live_update after update on public.user_privacy_settings
  deferrable initially deferred
  for each row when (old.version <> new.version)
  execute function private.live_record();

alter table public.user_privacy_settings enable row level security;
alter table public.user_privacy_settings force row level security;
create policy owner_select on public.user_privacy_settings for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.user_privacy_settings for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.user_privacy_settings for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.user_privacy_settings for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

-- Neither insert nor delete: the row is made with her and goes with her.
grant
  select,
  update (
    data_retention_days, allow_long_term_storage, auto_anonymize_pii, handling_of_names, handling_of_contact_details,
    handling_of_addresses, handling_of_payment_details, handling_of_identifiers, allow_analytics, allow_contact,
    allow_research
  )
  on public.user_privacy_settings to authenticated;

create function private.users_get_privacy_settings() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  insert into public.user_privacy_settings (user_id) values (new.id) on conflict (user_id) do nothing;
  return null;
exception when others then
  -- Nothing stands in the way of signing up; sweep_retention makes it good.
  raise warning 'user_privacy_settings: % %', sqlstate, sqlerrm;
  return null;
end
$$;
comment on function private.users_get_privacy_settings is
  'After a person came: give her settings. What fails is a warning, never an error.';
create trigger t500_users_get_privacy_settings after insert on public.users
  for each row execute function private.users_get_privacy_settings();

-- Who was there before.
insert into public.user_privacy_settings (user_id) select person.id from public.users as person;

-- private.consent_versions ----------------------------------------------------

create table private.consent_versions (
  kind         public.consent_kind not null,
  version      integer     not null,
  is_required  boolean     not null,
  summary      text        not null,
  document_url text,
  effective_at timestamptz not null default now(),

  constraint consent_versions_pkey primary key (kind, version),
  constraint consent_versions_version_is_at_least_1 check (version >= 1),
  constraint consent_versions_summary_has_1_to_1000_characters check (length(summary) <= 1000 and summary ~ '\S'),
  constraint consent_versions_document_url_is_https check (document_url ~ '^https://' and length(document_url) <= 2000)
);

comment on table  private.consent_versions is
  'What people are asked to agree to, in its versions. A new row asks everybody again; no row ever changes.';
comment on column private.consent_versions.is_required is 'Nobody can use the service without it.';
comment on column private.consent_versions.summary is 'What she reads beside the box, in a sentence or two; it is what she agreed to, so it stays as it was.';
comment on column private.consent_versions.document_url is 'Where the whole text is; null when the summary is all.';
comment on column private.consent_versions.effective_at is 'From when on it is asked for.';

alter table private.consent_versions enable row level security;
alter table private.consent_versions force row level security;

insert into private.consent_versions (kind, version, is_required, summary, effective_at)
select asked.kind::public.consent_kind, 1, asked.is_required, asked.summary, '2026-01-01 00:00:00+00'
from (
  values
    ('terms', true,
     'I have read the terms of use. I know that my companion is no human being and no emergency service.'),
    ('privacy', true,
     'I have read the privacy policy, which says what is stored about me, why, for how long and who can see it.'),
    ('sensitive_categories', true,
     'What I say about my health, my beliefs, my sexuality or my origin may be used to answer me, and for nothing else.'),
    ('long_term_storage', false,
     'My companion may remember what I tell it from one conversation to the next. I can read, correct and delete each memory.'),
    ('contact_safety_network', false,
     'In a crisis, and only then, my safety contacts may be written to in the way that I set down with each of them.'),
    ('analytics', false,
     'How I use the app may be counted in statistics, without anything that I say.'),
    ('contact', false,
     'I would like to hear by e-mail, now and then, what is new.'),
    ('research', false,
     'What I say may be used for research on how to help better, without my name and whatever else points to me.')
) as asked (kind, is_required, summary);

create function private.current_consents() returns setof private.consent_versions
  language sql stable set search_path = ''
as $$
  select distinct on (asked.kind) asked.*
  from private.consent_versions as asked
  where asked.effective_at <= now()
  order by asked.kind, asked.version desc
$$;
comment on function private.current_consents is 'The version of each consent that is asked for now. For the functions below.';

-- consents --------------------------------------------------------------------

create table public.consents (
  id              uuid        primary key default private.uuid_v7(),
  user_id         uuid        not null default auth.uid() references public.users on delete cascade,
  kind            public.consent_kind not null,
  consent_version integer     not null,
  is_given        boolean     not null,
  -- To the microsecond, also within one transaction: of two answers, the later one counts.
  created_at      timestamptz not null default clock_timestamp(),

  constraint consents_version_is_at_least_1 check (consent_version >= 1)
);

comment on table  public.consents is
  'Each answer she gave when asked for a consent, in order; nothing is changed or taken out, so that it can be shown what held when (GDPR, article 7).';
comment on column public.consents.consent_version is 'Of what was asked: see private.consent_versions.';
comment on column public.consents.is_given is 'True: she agrees. False: she refuses, or takes back what she gave.';

-- The latest answer of a kind, and her history.
create index consents_by_kind_idx     on public.consents (user_id, kind, created_at desc, id desc);
create index consents_by_creation_idx on public.consents (user_id, created_at desc, id desc);

create function private.consents_check() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  current_version integer;
begin
  if tg_op = 'UPDATE' then
    raise exception using errcode = 'CA409', message = 'An answer stays as it was given; give another one.';
  end if;
  select asked.version into current_version from private.current_consents() as asked where asked.kind = new.kind;
  if current_version is null or new.consent_version > current_version then
    raise exception using errcode = 'CA400', message = 'Nobody is asked for this consent in this version.';
  end if;
  -- To take back is possible at any time, whatever has been asked since.
  if new.is_given and new.consent_version < current_version then
    raise exception using errcode = 'CA409',
      message = format('There is a newer text to agree to: version %s.', current_version);
  end if;
  return new;
end
$$;
comment on function private.consents_check is
  'Before insert or update: an answer is to what is asked now, and stays as it was given.';
create trigger t100_consents_check before insert or update on public.consents
  for each row execute function private.consents_check();
create trigger t100_consents_only_herself before insert on public.consents
  for each row execute function private.only_herself();

create function private.consents_apply() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  update public.user_privacy_settings as settings
  set allow_long_term_storage = case new.kind when 'long_term_storage' then new.is_given else settings.allow_long_term_storage end,
      allow_analytics         = case new.kind when 'analytics' then new.is_given else settings.allow_analytics end,
      allow_contact           = case new.kind when 'contact' then new.is_given else settings.allow_contact end,
      allow_research          = case new.kind when 'research' then new.is_given else settings.allow_research end,
      consent_version         = case when new.kind <> 'privacy' then settings.consent_version when new.is_given then new.consent_version end,
      consent_date            = case when new.kind <> 'privacy' then settings.consent_date when new.is_given then new.created_at end
  where settings.user_id = new.user_id;
  return null;
end
$$;
comment on function private.consents_apply is 'After an answer: bring the settings in line with it.';
create trigger t500_consents_apply after insert on public.consents
  for each row when (new.kind in ('privacy', 'long_term_storage', 'analytics', 'contact', 'research'))
  execute function private.consents_apply();

create constraint trigger t900_consents_live after insert or update or delete on public.consents
  deferrable initially deferred
  for each row execute function private.live_record();

alter table public.consents enable row level security;
alter table public.consents force row level security;
create policy owner_select on public.consents for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.consents for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.consents for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.consents for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

-- No update and no delete: it is the proof.
grant select, insert (id, kind, consent_version, is_given) on public.consents to authenticated;

create function private.user_privacy_settings_answer() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  insert into public.consents (user_id, kind, consent_version, is_given)
  select new.user_id, asked.kind, asked.version, switch.is_on
  from (
    values
      ('long_term_storage'::public.consent_kind, old.allow_long_term_storage, new.allow_long_term_storage),
      ('analytics', old.allow_analytics, new.allow_analytics),
      ('contact', old.allow_contact, new.allow_contact),
      ('research', old.allow_research, new.allow_research)
  ) as switch (kind, was_on, is_on)
  join private.current_consents() as asked on asked.kind = switch.kind
  where switch.is_on <> switch.was_on
    -- Unless it was an answer that turned the switch.
    and switch.is_on is distinct from (
      select answer.is_given
      from public.consents as answer
      where answer.user_id = new.user_id and answer.kind = switch.kind
      order by answer.created_at desc, answer.id desc
      limit 1
    );
  return null;
end
$$;
comment on function private.user_privacy_settings_answer is
  'After a switch was turned: write the answer that this is into the consents.';
create trigger t500_user_privacy_settings_answer after update on public.user_privacy_settings
  for each row
  when (
    (old.allow_long_term_storage, old.allow_analytics, old.allow_contact, old.allow_research)
    is distinct from
    (new.allow_long_term_storage, new.allow_analytics, new.allow_contact, new.allow_research)
  )
  execute function private.user_privacy_settings_answer();

create function private.missing_consents()
  returns table (
    kind public.consent_kind, version integer, is_required boolean, summary text, document_url text,
    answered_version integer, is_given boolean
  )
  language sql stable security definer set search_path = ''
as $$
  select asked.kind, asked.version, asked.is_required, asked.summary, asked.document_url, answer.consent_version,
         answer.is_given
  from private.current_consents() as asked
  left join lateral (
    select given.consent_version, given.is_given
    from public.consents as given
    where given.user_id = (select auth.uid()) and given.kind = asked.kind
    order by given.created_at desc, given.id desc
    limit 1
  ) as answer on true
  where (select auth.uid()) is not null
    -- What cannot be done without is asked for until it is given.
    and (
      answer.consent_version is null
      or answer.consent_version < asked.version
      or (asked.is_required and not answer.is_given)
    )
  order by asked.is_required desc, asked.kind
$$;
comment on function private.missing_consents is
  'What the caller has yet to be asked: each consent that she has not answered in its current version, and those '
  'required that she has not given. `answered_version` and `is_given` tell her latest answer; null when there is none.';
grant execute on function private.missing_consents to cairn_server;

-- data_exports ----------------------------------------------------------------

create table public.data_exports (
  id                uuid        primary key default private.uuid_v7(),
  user_id           uuid        not null default auth.uid() references public.users on delete cascade,
  status            public.export_status not null default 'requested',
  format            public.export_format not null default 'json',
  include_sensitive boolean     not null default false,
  storage_path      text,
  byte_size         bigint,
  row_count         bigint,
  error_code        text,
  attempts          integer     not null default 0,
  lease_until       timestamptz,
  ready_at          timestamptz,
  expires_at        timestamptz,
  created_at        timestamptz not null default now(),
  updated_at        timestamptz not null default now(),

  constraint data_exports_only_ready_ones_have_a_file check ((status = 'ready') = (storage_path is not null)),
  constraint data_exports_file_lies_in_her_own_folder
    check (storage_path ~ ('^' || user_id || '/[A-Za-z0-9][A-Za-z0-9._-]{0,199}$')),
  constraint data_exports_ready_ones_say_size_and_end
    check (status not in ('ready', 'expired') or (byte_size is not null and ready_at is not null and expires_at is not null)),
  constraint data_exports_only_failed_ones_say_why check ((status = 'failed') = (error_code is not null)),
  constraint data_exports_error_code_is_a_short_word check (error_code ~ '^[a-z][a-z0-9_]{0,39}$'),
  constraint data_exports_sizes_are_not_negative check (least(byte_size, row_count, attempts) >= 0)
);

comment on table  public.data_exports is 'A copy of all that is hers, made when she asks for it, kept for a while.';
comment on column public.data_exports.include_sensitive is
  'With the tables that are otherwise left out: suicidal thoughts, substance use, trauma, risk factors.';
comment on column public.data_exports.storage_path is
  'Of the file in Supabase Storage, in the folder of her id; null unless ready. It is given out as a signed address only.';
comment on column public.data_exports.byte_size is 'Of the file; null until it is ready.';
comment on column public.data_exports.row_count is 'Rows in it, over all tables; null until it is ready.';
comment on column public.data_exports.error_code is 'Why it failed, in a word; null unless it did.';
comment on column public.data_exports.attempts is 'How often a worker has begun it.';
comment on column public.data_exports.lease_until is 'Until when a worker has it; from then on another may. Null when none has begun.';
comment on column public.data_exports.expires_at is 'When the file is removed; null until it is ready.';

create index data_exports_by_creation_idx on public.data_exports (user_id, created_at desc, id desc);
-- One at a time: the next can be asked for when this one is there.
create unique index data_exports_open_key on public.data_exports (user_id) where status in ('requested', 'running');
-- For the worker.
create index data_exports_by_turn_idx on public.data_exports (created_at) where status in ('requested', 'running');
create index data_exports_by_end_idx  on public.data_exports (expires_at) where status = 'ready';

create function private.data_exports_change() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  if (new.id, new.user_id, new.format, new.include_sensitive)
     is distinct from (old.id, old.user_id, old.format, old.include_sensitive) then
    raise exception using errcode = 'CA409', message = 'An export stays what was asked for; ask for another one.';
  end if;
  if new.status <> old.status and not (
    case old.status
      when 'requested' then new.status in ('running', 'failed')
      when 'running'   then new.status in ('ready', 'failed')
      when 'ready'     then new.status = 'expired'
      else false
    end
  ) then
    raise exception using errcode = 'CA409',
      message = format('An export that is %s cannot become %s.', old.status, new.status);
  end if;
  if new.status <> old.status and new.status = 'ready' then
    new.ready_at := now();
  end if;
  if new.status <> 'running' then
    new.lease_until := null;
  end if;
  if new.status = 'expired' then
    new.storage_path := null;
  end if;
  return new;
end
$$;
comment on function private.data_exports_change is 'Before update: an export goes forward only, and lets go of its file at the end.';
create trigger t100_data_exports_change before update on public.data_exports
  for each row execute function private.data_exports_change();
-- No agent takes all of her with it.
create trigger t100_data_exports_only_herself before insert on public.data_exports
  for each row execute function private.only_herself();
create trigger t900_data_exports_touch before update on public.data_exports
  for each row execute function private.touch_updated_at();
create constraint trigger t900_data_exports_live after insert or update or delete on public.data_exports
  deferrable initially deferred
  for each row execute function private.live_record();

alter table public.data_exports enable row level security;
alter table public.data_exports force row level security;
create policy owner_select on public.data_exports for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.data_exports for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.data_exports for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.data_exports for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

-- No delete: the file would stay behind with nothing to lead to it.
grant select, insert (id, format, include_sensitive) on public.data_exports to authenticated;
grant update (status, storage_path, byte_size, row_count, error_code, expires_at) on public.data_exports to cairn_server;

create function private.claim_data_export(lease_seconds double precision)
  returns table (id uuid, user_id uuid, format public.export_format, include_sensitive boolean, attempt integer)
  language sql volatile security definer set search_path = ''
as $$
  update public.data_exports as export
  set status      = 'running',
      attempts    = export.attempts + 1,
      lease_until = clock_timestamp() + make_interval(secs => lease_seconds)
  where export.id = (
    select due.id
    from public.data_exports as due
    where due.status in ('requested', 'running')
      and coalesce(due.lease_until <= now(), true)
      -- As is_served, and also for who does not take part: a copy is never refused.
      and exists (
        select from public.users as person
        join auth.users as account on account.id = person.id
        where person.id = due.user_id and person.is_active and person.deleted_at is null
          and account.deleted_at is null and coalesce(account.banned_until <= now(), true)
      )
    order by due.created_at
    limit 1
    for update skip locked
  )
  returning export.id, export.user_id, export.format, export.include_sensitive, export.attempts
$$;
comment on function private.claim_data_export is
  'The export that has waited longest, for so many seconds; no row when there is none. Write the file under a name made '
  'of the export''s id, so that who comes twice writes the same one, then set the status in its owner''s name. For the worker.';
grant execute on function private.claim_data_export to cairn_server;

create function private.expired_data_exports() returns table (id uuid, user_id uuid, storage_path text)
  language sql stable security definer set search_path = ''
as $$
  select export.id, export.user_id, export.storage_path
  from public.data_exports as export
  where export.status = 'ready' and export.expires_at <= now()
  order by export.expires_at
  limit 1000
$$;
comment on function private.expired_data_exports is
  'Files whose time has come, everybody''s, 1,000 at most. Remove each, then set its status to `expired` in its owner''s '
  'name; what was not done comes again. For the worker.';
grant execute on function private.expired_data_exports to cairn_server;

-- What her settings mean for memories -----------------------------------------

create function private.memories_obey_settings() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  settings public.user_privacy_settings;
begin
  select * into settings from public.user_privacy_settings as known where known.user_id = new.user_id;
  if new.storage_type = 'long_term' and not settings.allow_long_term_storage
     and (tg_op = 'INSERT' or old.storage_type <> 'long_term') then
    raise exception using errcode = 'CA451', message = 'Long-term memory is switched off in the privacy settings.';
  end if;
  if settings.auto_anonymize_pii then
    new.original_content := null;
  end if;
  return new;
end
$$;
comment on function private.memories_obey_settings is
  'Before a memory is written: nothing goes into long-term memory that its owner does not allow, and no original stays '
  'beside an anonymised text.';
create trigger t100_memories_obey_settings before insert or update of storage_type, original_content on public.memories
  for each row execute function private.memories_obey_settings();

create function private.user_privacy_settings_drop_originals() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  update public.memories as memory set original_content = null
  where memory.user_id = new.user_id and memory.original_content is not null;
  return null;
end
$$;
comment on function private.user_privacy_settings_drop_originals is
  'After she asked for anonymised memories: the originals that are there go too.';
create trigger t500_user_privacy_settings_drop_originals after update on public.user_privacy_settings
  for each row when (new.auto_anonymize_pii and not old.auto_anonymize_pii)
  execute function private.user_privacy_settings_drop_originals();

-- sweep_retention -------------------------------------------------------------

create function private.retention_limits(part integer default null)
  returns table (user_id uuid, kept_since timestamptz)
  language sql stable set search_path = ''
as $$
  select settings.user_id, now() - make_interval(days => settings.data_retention_days)
  from public.user_privacy_settings as settings
  where settings.data_retention_days is not null
    -- The sixtieth of all ids that begin with these four digits or those between.
    and settings.user_id between
      (lpad(to_hex(coalesce(part, 0) * 65536 / 60), 4, '0') || '0000-0000-0000-0000-000000000000')::uuid
      and (lpad(to_hex((coalesce(part, 59) + 1) * 65536 / 60 - 1), 4, '0') || 'ffff-ffff-ffff-ffff-ffffffffffff')::uuid
$$;
comment on function private.retention_limits is
  'Who wants to be forgotten bit by bit, and since when each one''s things are kept. For sweep_retention.';

create function private.sweep_retention(batch integer default 10000, part integer default null) returns bigint
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  swept bigint := 0;
  gone  bigint;
  ids   uuid[];
begin
  -- Whoever signed up while this could not be written.
  insert into public.user_privacy_settings (user_id)
  select person.id from public.users as person
  where coalesce(part, 0) = 0
    and not exists (select from public.user_privacy_settings as known where known.user_id = person.id)
  on conflict (user_id) do nothing;

  -- What was said, in conversations of any status; triggers keep their counts. The conversations are locked first and
  -- in one order, as whoever writes in them does.
  ids := array(
    select old.id from private.retention_limits(part) as limits
    join public.messages as old on old.user_id = limits.user_id
    where old.created_at < limits.kept_since and old.state not in ('queued', 'streaming')
    limit batch - swept
  );
  perform from public.conversations as conversation
  where conversation.id in (select old.conversation_id from public.messages as old where old.id = any (ids))
  order by conversation.id
  for no key update;
  -- Nothing under way, nor what is being answered: its reply would fall with it.
  delete from public.messages as old
  where old.id = any (ids) and old.state not in ('queued', 'streaming')
    and not exists (
      select from public.messages as reply
      where reply.user_id = old.user_id and reply.in_reply_to = old.id and reply.state in ('queued', 'streaming')
    );
  get diagnostics gone = row_count;
  swept := swept + gone;

  delete from public.conversation_summaries
  where id in (
    select old.id from private.retention_limits(part) as limits
    join public.conversation_summaries as old on old.user_id = limits.user_id
    where old.created_at < limits.kept_since
    limit batch - swept
  );
  get diagnostics gone = row_count;
  swept := swept + gone;

  -- A conversation that is open stays, without what was said in it. The others are empty by now, or
  -- come at the next call.
  delete from public.conversations
  where id in (
    select old.id from private.retention_limits(part) as limits
    join public.conversations as old on old.user_id = limits.user_id
    where old.status in ('completed', 'archived') and old.last_message_at < limits.kept_since
      and old.message_count = 0
    limit batch - swept
  );
  get diagnostics gone = row_count;
  swept := swept + gone;

  delete from public.user_sessions
  where id in (
    select old.id from private.retention_limits(part) as limits
    join public.user_sessions as old on old.user_id = limits.user_id
    where greatest(old.expires_at, old.last_activity_at) < limits.kept_since
    limit batch - swept
  );
  get diagnostics gone = row_count;
  swept := swept + gone;

  -- Vectors, links and counts fall with them.
  delete from public.memories
  where id in (
    select old.id from private.retention_limits(part) as limits
    join public.memories as old on old.user_id = limits.user_id
    where old.created_at < limits.kept_since
    limit batch - swept
  );
  get diagnostics gone = row_count;
  swept := swept + gone;

  delete from public.memory_updates
  where id in (
    select old.id from private.retention_limits(part) as limits
    join public.memory_updates as old on old.user_id = limits.user_id
    where old.updated_at < limits.kept_since and old.processed
    limit batch - swept
  );
  get diagnostics gone = row_count;
  swept := swept + gone;

  delete from public.memory_metrics
  where id in (
    select old.id from private.retention_limits(part) as limits
    join public.memory_metrics as old on old.user_id = limits.user_id
    where old.day < limits.kept_since::date
    limit batch - swept
  );
  get diagnostics gone = row_count;
  swept := swept + gone;

  delete from public.check_ins
  where id in (
    select old.id from private.retention_limits(part) as limits
    join public.check_ins as old on old.user_id = limits.user_id
    where old.occurred_at < limits.kept_since
    limit batch - swept
  );
  get diagnostics gone = row_count;
  swept := swept + gone;

  delete from public.profile_tone_history
  where id in (
    select old.id from private.retention_limits(part) as limits
    join public.profile_tone_history as old on old.user_id = limits.user_id
    where old.created_at < limits.kept_since
    limit batch - swept
  );
  get diagnostics gone = row_count;
  swept := swept + gone;

  delete from public.user_mood_trends
  where id in (
    select old.id from private.retention_limits(part) as limits
    join public.user_mood_trends as old on old.user_id = limits.user_id
    where old.measured_at < limits.kept_since
    limit batch - swept
  );
  get diagnostics gone = row_count;
  swept := swept + gone;

  delete from public.user_emotional_states
  where id in (
    select old.id from private.retention_limits(part) as limits
    join public.user_emotional_states as old on old.user_id = limits.user_id
    where old.felt_at < limits.kept_since
    limit batch - swept
  );
  get diagnostics gone = row_count;
  swept := swept + gone;

  delete from public.user_emotional_trends
  where id in (
    select old.id from private.retention_limits(part) as limits
    join public.user_emotional_trends as old on old.user_id = limits.user_id
    where old.starts_on < limits.kept_since::date
    limit batch - swept
  );
  get diagnostics gone = row_count;
  swept := swept + gone;

  delete from public.user_suicidal_thoughts
  where id in (
    select old.id from private.retention_limits(part) as limits
    join public.user_suicidal_thoughts as old on old.user_id = limits.user_id
    where old.occurred_at < limits.kept_since
    limit batch - swept
  );
  get diagnostics gone = row_count;
  swept := swept + gone;

  delete from public.user_insight_notes
  where id in (
    select old.id from private.retention_limits(part) as limits
    join public.user_insight_notes as old on old.user_id = limits.user_id
    where old.noted_at < limits.kept_since and not old.is_pinned
    limit batch - swept
  );
  get diagnostics gone = row_count;
  swept := swept + gone;

  delete from public.journal_entries
  where id in (
    select old.id from private.retention_limits(part) as limits
    join public.journal_entries as old on old.user_id = limits.user_id
    where old.created_at < limits.kept_since
    limit batch - swept
  );
  get diagnostics gone = row_count;
  swept := swept + gone;

  delete from public.user_conversation_continuity
  where id in (
    select old.id from private.retention_limits(part) as limits
    join public.user_conversation_continuity as old on old.user_id = limits.user_id
    where old.updated_at < limits.kept_since
    limit batch - swept
  );
  get diagnostics gone = row_count;
  swept := swept + gone;

  delete from public.user_feedback
  where id in (
    select old.id from private.retention_limits(part) as limits
    join public.user_feedback as old on old.user_id = limits.user_id
    where old.created_at < limits.kept_since
    limit batch - swept
  );
  get diagnostics gone = row_count;
  swept := swept + gone;

  delete from public.journey_sessions
  where id in (
    select old.id from private.retention_limits(part) as limits
    join public.journey_sessions as old on old.user_id = limits.user_id
    where old.last_active_at < limits.kept_since and old.status in ('completed', 'abandoned')
    limit batch - swept
  );
  get diagnostics gone = row_count;
  swept := swept + gone;

  delete from public.insights
  where id in (
    select old.id from private.retention_limits(part) as limits
    join public.insights as old on old.user_id = limits.user_id
    where old.created_at < limits.kept_since
    limit batch - swept
  );
  get diagnostics gone = row_count;
  swept := swept + gone;

  delete from public.commitments
  where id in (
    select old.id from private.retention_limits(part) as limits
    join public.commitments as old on old.user_id = limits.user_id
    where old.updated_at < limits.kept_since and old.status in ('kept', 'dropped')
    limit batch - swept
  );
  get diagnostics gone = row_count;
  swept := swept + gone;

  delete from public.part_assessments
  where id in (
    select old.id from private.retention_limits(part) as limits
    join public.part_assessments as old on old.user_id = limits.user_id
    where old.created_at < limits.kept_since
    limit batch - swept
  );
  get diagnostics gone = row_count;
  swept := swept + gone;

  -- What is open stays until somebody has handled it.
  delete from public.crisis_events
  where id in (
    select old.id from private.retention_limits(part) as limits
    join public.crisis_events as old on old.user_id = limits.user_id
    where old.created_at < limits.kept_since and old.status = 'handled'
    limit batch - swept
  );
  get diagnostics gone = row_count;
  swept := swept + gone;

  delete from public.contact_logs
  where id in (
    select old.id from private.retention_limits(part) as limits
    join public.contact_logs as old on old.user_id = limits.user_id
    where old.attempted_at < limits.kept_since
    limit batch - swept
  );
  get diagnostics gone = row_count;
  swept := swept + gone;

  -- Summaries fall with them.
  delete from public.voice_calls
  where id in (
    select old.id from private.retention_limits(part) as limits
    join public.voice_calls as old on old.user_id = limits.user_id
    where old.created_at < limits.kept_since and old.status not in ('pending', 'ringing', 'in_progress')
    limit batch - swept
  );
  get diagnostics gone = row_count;
  swept := swept + gone;

  delete from public.schedule_executions
  where id in (
    select old.id from private.retention_limits(part) as limits
    join public.schedule_executions as old on old.user_id = limits.user_id
    where old.due_at < limits.kept_since and old.status <> 'claimed'
    limit batch - swept
  );
  get diagnostics gone = row_count;
  swept := swept + gone;

  delete from public.user_activity_days
  where id in (
    select old.id from private.retention_limits(part) as limits
    join public.user_activity_days as old on old.user_id = limits.user_id
    where old.day < limits.kept_since::date
    limit batch - swept
  );
  get diagnostics gone = row_count;
  swept := swept + gone;

  -- Their files go by private.image_leftovers.
  delete from public.generated_images
  where id in (
    select old.id from private.retention_limits(part) as limits
    join public.generated_images as old on old.user_id = limits.user_id
    where old.created_at < limits.kept_since
    limit batch - swept
  );
  get diagnostics gone = row_count;
  swept := swept + gone;

  -- What they could undo is older than what she keeps.
  delete from public.agent_actions
  where id in (
    select old.id from private.retention_limits(part) as limits
    join public.agent_actions as old on old.user_id = limits.user_id
    where old.created_at < limits.kept_since
    limit batch - swept
  );
  get diagnostics gone = row_count;
  swept := swept + gone;

  -- The first version that stays is made whole, so that all that stay can still be built without the old ones.
  update public.user_memory_snapshots as first
  set document = private.memory_document(first.user_id, first.version)
  from (
    select limits.user_id,
           (select min(young.version) from public.user_memory_snapshots as young
            where young.user_id = limits.user_id and young.created_at >= limits.kept_since) as version
    from private.retention_limits(part) as limits
  ) as kept
  where first.user_id = kept.user_id and first.version = kept.version and first.document is null
    and exists (select from public.user_memory_snapshots as old
                where old.user_id = first.user_id and old.version < first.version);
  delete from public.user_memory_snapshots
  where id in (
    select old.id from private.retention_limits(part) as limits
    join public.user_memory_snapshots as old on old.user_id = limits.user_id
    where old.created_at < limits.kept_since
    order by old.user_id, old.version
    limit batch - swept
  );
  get diagnostics gone = row_count;
  swept := swept + gone;

  delete from public.data_exports
  where id in (
    select old.id from private.retention_limits(part) as limits
    join public.data_exports as old on old.user_id = limits.user_id
    where old.created_at < limits.kept_since and old.status in ('failed', 'expired')
    limit batch - swept
  );
  get diagnostics gone = row_count;
  return swept + gone;
end
$$;
comment on function private.sweep_retention is
  'Delete what people want to be kept no longer (data_retention_days), `batch` rows at most; gives how many. Looks at one '
  'of sixty parts (0 to 59) of all people, or without a part at all of them. For the worker.';
grant execute on function private.sweep_retention to cairn_server;

-- What is audited -------------------------------------------------------------

create trigger t800_user_privacy_settings_audit after update on public.user_privacy_settings
  for each row execute function private.audit_change('privacy');
create trigger t800_consents_audit after insert on public.consents
  for each row execute function private.audit_change('consent');
create trigger t800_data_exports_audit after insert or update of status on public.data_exports
  for each row execute function private.audit_change('privacy');
