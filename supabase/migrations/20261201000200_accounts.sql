-- Accounts: a person, her settings per service, where she is signed in, and whom to turn away.
--
-- `auth.users` of Supabase Auth is the root. Each person has one row in `public.users` with the
-- same id, kept in step by a trigger that never stands in the way of signing up or in.

set lock_timeout = '5s';
set statement_timeout = '60s';

-- users -----------------------------------------------------------------------

create table public.users (
  id                 uuid        primary key references auth.users on delete cascade,
  email              text,
  phone_number       text,
  full_name          text,
  display_name       text,
  bio                text,
  avatar_url         text,
  settings           jsonb       not null default '{}',
  email_confirmed_at timestamptz,
  phone_confirmed_at timestamptz,
  last_sign_in_at    timestamptz,
  is_active          boolean     not null default true,
  is_test_account    boolean     not null default false,
  current_streak     integer     not null default 0,
  xp                 integer     not null default 0,
  last_active_at     timestamptz,
  deleted_at         timestamptz,
  created_at         timestamptz not null default now(),
  updated_at         timestamptz not null default now(),

  constraint users_full_name_is_at_most_200_characters check (length(full_name) <= 200),
  constraint users_display_name_is_at_most_100_characters check (length(display_name) <= 100),
  constraint users_bio_is_at_most_2000_characters check (length(bio) <= 2000),
  constraint users_avatar_url_is_https check (avatar_url ~ '^https://' and length(avatar_url) <= 2000),
  constraint users_settings_are_an_object_of_at_most_8_kb
    check (jsonb_typeof(settings) = 'object' and octet_length(settings::text) <= 8192),
  constraint users_current_streak_is_not_negative check (current_streak >= 0),
  constraint users_xp_is_not_negative check (xp >= 0)
);

comment on table  public.users is 'One person; the same id as in Supabase Auth.';
comment on column public.users.email is 'From Supabase Auth; null for phone and anonymous users, and not unique: single sign-on may share it.';
comment on column public.users.phone_number is 'From Supabase Auth; null without one.';
comment on column public.users.settings is 'Whatever her app keeps for her: a JSON object of at most 8 kB.';
comment on column public.users.is_active is 'False locks her out at once, on every device.';
comment on column public.users.is_test_account is 'Set by staff, so that statistics can leave it out.';
comment on column public.users.current_streak is 'Days in a row with an activity, by her own clock.';
comment on column public.users.xp is 'Points earned; only the server awards them.';
comment on column public.users.last_active_at is 'Her last request, to the minute.';
comment on column public.users.deleted_at is 'When her account was closed; it is erased after the days of grace.';

-- For staff: newest accounts, and those that are locked.
create index users_by_creation_idx on public.users (created_at desc);
create index users_by_inactivity_idx on public.users (id) where not is_active;

-- Being here, once a minute, is not a change of hers.
create trigger t900_users_touch before update on public.users
  for each row
  when (old.last_active_at is not distinct from new.last_active_at)
  execute function private.touch_updated_at();

alter table public.users enable row level security;
alter table public.users force row level security;
create policy owner_select on public.users for select to authenticated, cairn_server using      (id = (select auth.uid()));
create policy owner_insert on public.users for insert to authenticated, cairn_server with check (id = (select auth.uid()));
create policy owner_update on public.users for update to authenticated, cairn_server using      (id = (select auth.uid())) with check (id = (select auth.uid()));
create policy owner_delete on public.users for delete to authenticated, cairn_server using      (id = (select auth.uid()));

-- No insert and no delete: both happen in Supabase Auth.
grant select, update (full_name, display_name, bio, avatar_url, settings) on public.users to authenticated;
grant update (current_streak, xp, last_active_at) on public.users to cairn_server;

-- user_service_profiles -------------------------------------------------------

create table public.user_service_profiles (
  id                  uuid        primary key default private.uuid_v7(),
  user_id             uuid        not null default auth.uid() references public.users on delete cascade,
  service_type        text        not null,
  service_preferences jsonb       not null default '{}',
  service_metadata    jsonb       not null default '{}',
  usage_stats         jsonb       not null default '{}',
  last_used_at        timestamptz,
  created_at          timestamptz not null default now(),
  updated_at          timestamptz not null default now(),

  constraint user_service_profiles_service_key unique (user_id, service_type),
  constraint user_service_profiles_service_type_is_a_short_word check (service_type ~ '^[a-z][a-z0-9_]{0,39}$'),
  constraint user_service_profiles_preferences_are_an_object_up_to_8_kb
    check (jsonb_typeof(service_preferences) = 'object' and octet_length(service_preferences::text) <= 8192),
  constraint user_service_profiles_metadata_is_an_object check (jsonb_typeof(service_metadata) = 'object'),
  constraint user_service_profiles_usage_stats_are_an_object check (jsonb_typeof(usage_stats) = 'object')
);

comment on table  public.user_service_profiles is 'What one service, such as chat or voice, keeps about a person.';
comment on column public.user_service_profiles.service_type is 'The service: `chat`, `voice`, `memory` and the like; one row each.';
comment on column public.user_service_profiles.service_preferences is 'Her own choices for this service.';
comment on column public.user_service_profiles.service_metadata is 'The service''s own notes; only the server writes them.';
comment on column public.user_service_profiles.usage_stats is 'Counted by the server.';

create trigger t900_user_service_profiles_touch before update on public.user_service_profiles
  for each row execute function private.touch_updated_at();

alter table public.user_service_profiles enable row level security;
alter table public.user_service_profiles force row level security;
create policy owner_select on public.user_service_profiles for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.user_service_profiles for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.user_service_profiles for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.user_service_profiles for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

grant select, insert (id, service_type, service_preferences), update (service_preferences), delete
  on public.user_service_profiles to authenticated;
grant insert (service_metadata, usage_stats, last_used_at), update (service_metadata, usage_stats, last_used_at)
  on public.user_service_profiles to cairn_server;

-- user_sessions ---------------------------------------------------------------

create table public.user_sessions (
  id               uuid        primary key,
  user_id          uuid        not null references public.users on delete cascade,
  service_type     text        not null default 'api',
  ip_address       inet,
  user_agent       text,
  device_info      jsonb       not null default '{}',
  is_active        boolean     not null generated always as (ended_at is null) stored,
  expires_at       timestamptz not null,
  created_at       timestamptz not null default now(),
  last_activity_at timestamptz not null default now(),
  ended_at         timestamptz,

  constraint user_sessions_service_type_is_at_most_40_characters check (length(service_type) <= 40),
  constraint user_sessions_user_agent_is_at_most_400_characters check (length(user_agent) <= 400),
  constraint user_sessions_device_info_is_an_object check (jsonb_typeof(device_info) = 'object')
);

comment on table  public.user_sessions is 'One sign-in on one device. No token is kept.';
comment on column public.user_sessions.id is 'Supabase''s `session_id` claim.';
comment on column public.user_sessions.service_type is 'What was signed in to, such as `api`.';
comment on column public.user_sessions.is_active is 'False once it was ended. It may have expired all the same: see `expires_at`.';
comment on column public.user_sessions.expires_at is 'When the last token that was seen runs out; a fresh one moves it on.';
comment on column public.user_sessions.last_activity_at is 'To the minute.';
comment on column public.user_sessions.ended_at is 'When it was signed out; null while it may be used.';

-- Her devices, the latest first.
create index user_sessions_by_owner_idx on public.user_sessions (user_id, last_activity_at desc, id desc);

alter table public.user_sessions enable row level security;
alter table public.user_sessions force row level security;
create policy owner_select on public.user_sessions for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.user_sessions for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.user_sessions for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.user_sessions for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

-- Reading only: admit_session and end_session are the way to write.
grant select on public.user_sessions to authenticated;

-- private.user_sync_logs ------------------------------------------------------

create table private.user_sync_logs (
  id            uuid        primary key default private.uuid_v7(),
  user_id       uuid,
  sync_type     text        not null,
  source        text        not null,
  before_data   jsonb,
  after_data    jsonb,
  success       boolean     not null,
  error_message text,
  request_id    text        default nullif(current_setting('cairn.request_id', true), ''),
  session_id    uuid        default (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'session_id')::uuid,
  created_at    timestamptz not null default now(),

  constraint user_sync_logs_sync_type_is_known check (sync_type in ('insert', 'update', 'delete', 'repeat')),
  constraint user_sync_logs_only_deletions_name_nobody check ((sync_type = 'delete') = (user_id is null))
);

comment on table  private.user_sync_logs is 'How each change in Supabase Auth reached public.users, or why it did not.';
comment on column private.user_sync_logs.user_id is
  'No foreign key: a person whose row could not be made has lines, too. Null for a deletion, whose line stays.';
comment on column private.user_sync_logs.source is 'Who synced: the trigger on `auth.users`, the job that repeats, or the door.';
comment on column private.user_sync_logs.before_data is 'Which facts were there before: true or false each, never the address or number itself.';
comment on column private.user_sync_logs.after_data is 'The same, afterwards.';
comment on column private.user_sync_logs.error_message is 'SQLSTATE and message of a failure; null on success.';
comment on column private.user_sync_logs.request_id is 'The setting `cairn.request_id` of the transaction, where it was set.';
comment on column private.user_sync_logs.session_id is 'Her sign-in, when it was at the door; null in Supabase Auth and in the job.';

create index user_sync_logs_by_user_idx on private.user_sync_logs (user_id, created_at desc);
create index user_sync_logs_by_failure_idx on private.user_sync_logs (created_at desc) where not success;

alter table private.user_sync_logs enable row level security;
alter table private.user_sync_logs force row level security;

-- private.denials -------------------------------------------------------------
-- A token stays valid until it expires, whatever happened since. Whoever checks tokens asks here
-- for what was added, and turns away each one issued before.

create table private.denials (
  id         bigint      generated always as identity primary key,
  seq        bigint,
  kind       text        not null,
  subject    uuid        not null,
  reason     text        not null,
  denied_at  timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null default clock_timestamp() + interval '7 days',

  constraint denials_seq_key unique (seq),
  constraint denials_kind_is_session_or_user check (kind in ('session', 'user')),
  constraint denials_reason_has_1_to_200_characters check (length(reason) between 1 and 200)
);

comment on table  private.denials is 'Sign-ins and people whose earlier tokens are refused. Rows are added, then swept when they expire.';
comment on column private.denials.seq is 'In the order of commits, so that a reader who has seen one number has missed none below; null until then.';
comment on column private.denials.subject is 'A session''s id, or a user''s. No foreign key: a denial outlives an erased account.';
comment on column private.denials.expires_at is 'Seven days on: Supabase issues no token that lives longer, so none is left to refuse.';

create index denials_by_subject_idx on private.denials (subject, denied_at desc);
create index denials_by_expiry_idx on private.denials (expires_at);

alter table private.denials enable row level security;
alter table private.denials force row level security;

create sequence private.denials_seq as bigint owned by private.denials.seq;

create function private.denials_number() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  -- Deferred to the commit, so that the lock which puts commits in order is held for a moment only.
  perform pg_advisory_xact_lock(hashtextextended('private.denials', 0));
  update private.denials set seq = nextval('private.denials_seq') where id = new.id;
  return null;
end
$$;
create constraint trigger t900_denials_number after insert on private.denials
  deferrable initially deferred
  for each row execute function private.denials_number();

create function private.deny(kind text, subject uuid, reason text) returns void
  language sql volatile set search_path = ''
as $$
  insert into private.denials (kind, subject, reason) values (kind, subject, left(reason, 200));
$$;
comment on function private.deny is 'Refuse the tokens of a session or a user issued until now. For the functions below.';

create function private.denials_after(seen bigint)
  returns table (seq bigint, kind text, subject uuid, denied_at timestamptz, expires_at timestamptz)
  language sql stable security definer set search_path = ''
as $$
  select denial.seq, denial.kind, denial.subject, denial.denied_at, denial.expires_at
  from private.denials as denial
  where denial.seq > seen and denial.expires_at > now()
  order by denial.seq
$$;
comment on function private.denials_after is
  'What was denied since the number seen, everybody''s, in order; 0 gives all that still counts.';
grant execute on function private.denials_after to cairn_server;

create function private.sweep_denials() returns bigint
  language sql volatile security definer set search_path = ''
as $$
  with swept as (
    delete from private.denials
    where seq in (
      select old.seq from private.denials as old
      where old.expires_at < now()
        -- A refresh token may live for 400 days: until then a sign-out everywhere is remembered, unless she is gone.
        and (old.kind <> 'user' or old.denied_at < now() - interval '400 days'
             or not exists (select from public.users as person where person.id = old.subject))
      limit 10000
    )
    returning 1
  )
  select count(*) from swept
$$;
comment on function private.sweep_denials is 'Forget denials that have expired, 10,000 at most; gives how many. For the worker.';
grant execute on function private.sweep_denials to cairn_server;

create function private.deny_user(user_id uuid, reason text) returns void
  language plpgsql volatile security definer set search_path = ''
as $$
begin
  update public.user_sessions as session
  set ended_at = now()
  where session.user_id = deny_user.user_id and session.ended_at is null;
  perform private.deny('user', deny_user.user_id, deny_user.reason);
end
$$;
comment on function private.deny_user is
  'Sign a person out everywhere, now. She may sign in again; to keep her out, set users.is_active to false.';
-- Staff only: nobody signs anybody else out through the API.
grant execute on function private.deny_user to service_role;

create function private.users_deny() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  perform private.deny_user(new.id, case when new.is_active then 'account closed' else 'account locked' end);
  return null;
end
$$;
create trigger t500_users_deny after update on public.users
  for each row
  when ((old.is_active and not new.is_active) or (old.deleted_at is null and new.deleted_at is not null))
  execute function private.users_deny();

-- Following Supabase Auth -----------------------------------------------------

create function private.sync_user(user_id uuid) returns void
  language sql volatile set search_path = ''
as $$
  insert into public.users as person (
    id, email, phone_number, full_name, display_name, avatar_url,
    email_confirmed_at, phone_confirmed_at, last_sign_in_at, deleted_at, created_at
  )
  select
    account.id,
    nullif(account.email, ''),
    nullif(account.phone, ''),
    -- She may have sent anything here at sign-up: what does not fit is cut or left out.
    nullif(left(btrim(coalesce(meta ->> 'full_name', meta ->> 'name')), 200), ''),
    nullif(left(btrim(coalesce(meta ->> 'display_name', meta ->> 'preferred_username')), 100), ''),
    case when picture ~ '^https://' and length(picture) <= 2000 then picture end,
    account.email_confirmed_at, account.phone_confirmed_at, account.last_sign_in_at,
    account.deleted_at, coalesce(account.created_at, now())
  from auth.users as account
  cross join lateral (select coalesce(account.raw_user_meta_data, '{}')) as sent (meta)
  cross join lateral (select coalesce(meta ->> 'avatar_url', meta ->> 'picture')) as shown (picture)
  where account.id = sync_user.user_id
  on conflict (id) do update
  -- Names and picture are hers to change here, so later changes in Auth do not overwrite them.
  set email              = excluded.email,
      phone_number       = excluded.phone_number,
      email_confirmed_at = excluded.email_confirmed_at,
      phone_confirmed_at = excluded.phone_confirmed_at,
      last_sign_in_at    = excluded.last_sign_in_at,
      deleted_at         = coalesce(person.deleted_at, excluded.deleted_at)
  where (person.email, person.phone_number, person.email_confirmed_at, person.phone_confirmed_at,
         person.last_sign_in_at, person.deleted_at)
    is distinct from
        (excluded.email, excluded.phone_number, excluded.email_confirmed_at, excluded.phone_confirmed_at,
         excluded.last_sign_in_at, coalesce(person.deleted_at, excluded.deleted_at))
$$;
comment on function private.sync_user is
  'Bring one person''s row in line with Supabase Auth; one that is so stays untouched. For the functions below.';

create function private.sync_facts(account auth.users) returns jsonb
  language sql stable set search_path = ''
as $$
  select jsonb_build_object(
    'email', nullif(account.email, '') is not null,
    'phone_number', nullif(account.phone, '') is not null,
    'email_confirmed_at', account.email_confirmed_at is not null,
    'phone_confirmed_at', account.phone_confirmed_at is not null,
    'banned_until', account.banned_until is not null,
    'deleted_at', account.deleted_at is not null
  )
$$;
comment on function private.sync_facts is 'What a sync log may keep of an account: which facts exist, none of them.';

create function private.log_sync(
  user_id uuid, sync_type text, source text, before_data jsonb, after_data jsonb, error_message text default null
) returns void
  language plpgsql volatile set search_path = ''
as $$
begin
  insert into private.user_sync_logs (user_id, sync_type, source, before_data, after_data, success, error_message)
  values (log_sync.user_id, log_sync.sync_type, log_sync.source, log_sync.before_data, log_sync.after_data,
          log_sync.error_message is null, left(log_sync.error_message, 500));
exception when others then
  -- A log that cannot be written must not keep anybody from signing in; the server's own log tells.
  raise warning 'user_sync_logs: %', sqlerrm;
end
$$;
comment on function private.log_sync is 'Write one line of user_sync_logs, or a warning when that fails; never an error.';

create function private.auth_users_follow() returns trigger
  language plpgsql security definer
  set search_path = ''
  -- A row that somebody else holds must not keep her waiting at the door.
  set lock_timeout = '1s'
as $$
declare
  before_data constant jsonb := case when tg_op <> 'INSERT' then private.sync_facts(old) end;
  after_data  constant jsonb := case when tg_op <> 'DELETE' then private.sync_facts(new) end;
begin
  if tg_op = 'DELETE' then
    delete from private.user_sync_logs as line where line.user_id = old.id;
    perform private.deny('user', old.id, 'account deleted');
    perform private.log_sync(null, 'delete', 'auth.users', before_data, after_data);
    return null;
  end if;
  -- First, and apart: a row that cannot be synced just now is no reason to let in whom Auth has banned.
  if new.banned_until > now() and (tg_op = 'INSERT' or new.banned_until is distinct from old.banned_until) then
    begin
      perform private.deny('user', new.id, 'banned');
      update public.user_sessions as session set ended_at = now()
      where session.user_id = new.id and session.ended_at is null;
    exception when others then
      perform private.log_sync(new.id, lower(tg_op), 'auth.users', before_data, after_data, sqlstate || ' ' || sqlerrm);
    end;
  end if;
  begin
    perform private.sync_user(new.id);
  exception when others then
    perform private.log_sync(new.id, lower(tg_op), 'auth.users', before_data, after_data, sqlstate || ' ' || sqlerrm);
    return null;
  end;
  -- A mere sign-in moves last_sign_in_at only, and is no news.
  if before_data is distinct from after_data then
    perform private.log_sync(new.id, lower(tg_op), 'auth.users', before_data, after_data);
  end if;
  return null;
exception when others then
  if tg_op = 'DELETE' then
    -- Nobody is half deleted: then the whole deletion fails, and can be done again.
    raise;
  end if;
  perform private.log_sync(new.id, lower(tg_op), 'auth.users', before_data, after_data, sqlstate || ' ' || sqlerrm);
  return null;
end
$$;
comment on function private.auth_users_follow is
  'Keeps public.users in step with Supabase Auth. Whatever fails is logged and repeated later: signing up and in never '
  'fail for it. A deletion does.';

create trigger t900_cairn_follow after insert or update or delete on auth.users
  for each row execute function private.auth_users_follow();

create function private.repeat_user_sync(account auth.users, source text) returns boolean
  language plpgsql volatile set search_path = ''
as $$
begin
  perform private.sync_user(account.id);
  perform private.log_sync(account.id, 'repeat', source, null, private.sync_facts(account));
  return true;
exception when others then
  perform private.log_sync(account.id, 'repeat', source, null, private.sync_facts(account), sqlstate || ' ' || sqlerrm);
  return false;
end
$$;
comment on function private.repeat_user_sync is
  'Bring in line a person for whom the trigger could not, and log it; false when it failed again. For the functions below.';

create function private.repeat_failed_user_syncs(part integer default null) returns integer
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  -- The sixtieth of all ids that begin with these four digits or those between.
  first_id constant uuid := (lpad(to_hex(coalesce(part, 0) * 65536 / 60), 4, '0')
                             || '0000-0000-0000-0000-000000000000')::uuid;
  last_id  constant uuid := (lpad(to_hex((coalesce(part, 59) + 1) * 65536 / 60 - 1), 4, '0')
                             || 'ffff-ffff-ffff-ffff-ffffffffffff')::uuid;
  account auth.users;
  repaired integer := 0;
begin
  -- Found by comparing, not by the log alone, which may be what failed.
  for account in
    with looked_at as (
      select listed.id from auth.users as listed where listed.id between first_id and last_id
      union
      select line.user_id from private.user_sync_logs as line
      where not line.success and line.sync_type <> 'repeat' and line.created_at > now() - interval '1 hour'
    )
    select found.*
    from looked_at
    join auth.users as found on found.id = looked_at.id
    left join public.users as person on person.id = found.id
    where person.id is null
       or (person.email, person.phone_number, person.email_confirmed_at, person.phone_confirmed_at)
          is distinct from
          (nullif(found.email, '')::text, nullif(found.phone, ''), found.email_confirmed_at, found.phone_confirmed_at)
       or (found.deleted_at is not null and person.deleted_at is null)
    order by found.created_at
    limit case when part is not null then 1000 end
  loop
    repaired := repaired + private.repeat_user_sync(account, 'repeat_failed_user_syncs')::integer;
  end loop;
  return repaired;
end
$$;
comment on function private.repeat_failed_user_syncs is
  'Bring in line whoever the trigger on auth.users could not, everybody''s; gives how many. Looks at those whose '
  'failure was logged in the last hour and at one of sixty parts (0 to 59) of all, or without a part at all of them. '
  'For the worker.';
grant execute on function private.repeat_failed_user_syncs to cairn_server;

-- Sessions --------------------------------------------------------------------

create function private.may_enter(user_id uuid, issued_at timestamptz) returns boolean
  language plpgsql volatile set search_path = ''
as $$
begin
  if not exists (select from public.users as person where person.id = user_id) then
    -- The trigger on auth.users failed for her; this is the latest moment to make it good.
    perform private.repeat_user_sync(account, 'admit_session')
    from auth.users as account where account.id = may_enter.user_id;
  end if;
  return exists (
    select
    from public.users as person
    join auth.users as account on account.id = person.id
    where person.id = user_id
      and person.is_active
      and person.deleted_at is null
      and account.deleted_at is null
      and coalesce(account.banned_until <= now(), true)
  ) and not exists (
    select
    from private.denials as denial
    where denial.subject = user_id
      and denial.kind = 'user'
      and case when issued_at is null then denial.expires_at > now() else denial.denied_at >= issued_at end
  );
end
$$;
comment on function private.may_enter is
  'Is this person welcome, with a token issued then? For admit_session.';

create function private.admit_session(
  session_id uuid, expires_at timestamptz, service text, user_agent text, ip inet, issued_at timestamptz default null
) returns boolean
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  viewer constant uuid := (select auth.uid());
  session public.user_sessions;
begin
  if viewer is null or session_id is null or not private.may_enter(viewer, issued_at) then
    return false;
  end if;

  select * into session from public.user_sessions as known where known.id = session_id;
  if found
     and session.last_activity_at > now() - interval '1 minute'
     and session.expires_at >= admit_session.expires_at then
    return session.user_id = viewer and session.ended_at is null;
  end if;

  -- The person first, then what is hers: an erasure locks in this order.
  perform from public.users as person where person.id = viewer for no key update;
  insert into public.user_sessions as known (id, user_id, service_type, user_agent, ip_address, expires_at)
  values (session_id, viewer, left(coalesce(service, 'api'), 40), left(admit_session.user_agent, 400), ip,
          admit_session.expires_at)
  on conflict (id) do update
  set last_activity_at = now(),
      expires_at = greatest(known.expires_at, excluded.expires_at),
      ip_address = coalesce(excluded.ip_address, known.ip_address)
  where known.user_id = viewer and known.ended_at is null;
  if not found then
    return false;
  end if;

  update public.users as person set last_active_at = now() where person.id = viewer;
  return true;
end
$$;
comment on function private.admit_session is
  'May the caller enter with this session? Keeps the session''s row, writing at most once a minute. False when it was '
  'ended or is somebody else''s, or the caller is locked, banned, closed, erased or denied. Give `issued_at` (the '
  'token''s `iat`): without it, any denial of the last seven days counts, even one from before she signed in again.';
grant execute on function private.admit_session to cairn_server;

create function private.end_session(session_id uuid) returns setof public.user_sessions
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  viewer constant uuid := (select auth.uid());
  session public.user_sessions;
begin
  select * into session
  from public.user_sessions as known
  where known.id = session_id and known.user_id = viewer
  for update;
  if not found then
    raise exception using errcode = 'CA404', message = 'There is no such session, or it is not yours.';
  end if;
  if session.ended_at is null then
    update public.user_sessions as known set ended_at = now() where known.id = session_id returning * into session;
    perform private.deny('session', session_id, 'signed out');
  end if;
  return next session;
end
$$;
comment on function private.end_session is
  'Sign out one of the caller''s own devices, for good; again is no error. CA404 when it is missing or another''s.';
grant execute on function private.end_session to cairn_server;
