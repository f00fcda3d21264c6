-- The least of Supabase that a bare Postgres needs before supabase/migrations can run on it.
--
-- Run once, by the superuser `supabase_admin`, on an embedded or test server. It never runs on a
-- real Supabase project, which has all this and more. What is here is as on a hosted project, its
-- generous default privileges included, so that our revocations meet what they are meant for.

-- Roles -----------------------------------------------------------------------
-- Per cluster, not per database: a second database of the same server finds them made.

do $$
declare
  role_name text;
  attributes text;
begin
  for role_name, attributes in
    values
      ('anon',                   'nologin noinherit'),
      ('authenticated',          'nologin noinherit'),
      ('service_role',           'nologin noinherit bypassrls'),
      ('authenticator',          'login noinherit'),
      ('supabase_auth_admin',    'login noinherit createrole'),
      ('supabase_storage_admin', 'login noinherit createrole'),
      -- Not a superuser, as on every hosted project; it owns what the migrations make.
      ('postgres',               'login createdb createrole replication bypassrls')
  loop
    if not exists (select from pg_catalog.pg_roles where rolname = role_name) then
      execute format('create role %I %s', role_name, attributes);
    end if;
  end loop;
end
$$;

grant anon, authenticated, service_role to authenticator;
-- From Postgres 16 on, a role may be granted on only by those who hold it with this option.
grant anon, authenticated, service_role to postgres with admin option;

do $$
begin
  execute format('alter database %I owner to postgres', current_database());
end
$$;

-- Schemas ---------------------------------------------------------------------

create schema extensions authorization postgres;
create schema auth authorization supabase_auth_admin;
create schema storage authorization supabase_storage_admin;

grant usage on schema public to postgres, anon, authenticated, service_role;
grant usage on schema extensions to public;
grant usage on schema auth to postgres, anon, authenticated, service_role;
grant usage on schema storage to postgres, anon, authenticated, service_role;

-- Extensions ------------------------------------------------------------------
-- Hosted, `postgres` may make it; here that takes a superuser, and a migration then finds it made.

create extension vector with schema extensions;

-- What postgres makes in public is open to the API's roles, until a migration says otherwise.
alter default privileges for role postgres in schema public
  grant all on tables to postgres, anon, authenticated, service_role;
alter default privileges for role postgres in schema public
  grant all on functions to postgres, anon, authenticated, service_role;
alter default privileges for role postgres in schema public
  grant all on sequences to postgres, anon, authenticated, service_role;

-- auth ------------------------------------------------------------------------

create table auth.users (
  instance_id                uuid,
  id                         uuid primary key,
  aud                        varchar(255),
  role                       varchar(255),
  email                      varchar(255),
  encrypted_password         varchar(255),
  email_confirmed_at         timestamptz,
  invited_at                 timestamptz,
  confirmation_token         varchar(255),
  confirmation_sent_at       timestamptz,
  recovery_token             varchar(255),
  recovery_sent_at           timestamptz,
  email_change_token_new     varchar(255),
  email_change               varchar(255),
  email_change_sent_at       timestamptz,
  last_sign_in_at            timestamptz,
  raw_app_meta_data          jsonb,
  raw_user_meta_data         jsonb,
  is_super_admin             boolean,
  created_at                 timestamptz,
  updated_at                 timestamptz,
  phone                      text unique default null,
  phone_confirmed_at         timestamptz,
  confirmed_at               timestamptz
    generated always as (least(email_confirmed_at, phone_confirmed_at)) stored,
  banned_until               timestamptz,
  is_sso_user                boolean not null default false,
  deleted_at                 timestamptz,
  is_anonymous               boolean not null default false
);
-- People who come by single sign-on may share an address with another account.
create unique index users_email_partial_key on auth.users (email) where is_sso_user = false;
alter table auth.users owner to supabase_auth_admin;
alter table auth.users enable row level security;
grant all on auth.users to postgres;

-- Supabase's own definitions. A claim set for one transaction reads as '' after it, not as null.
create function auth.uid() returns uuid
  language sql stable
as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.sub', true), ''),
    (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')
  )::uuid
$$;

create function auth.role() returns text
  language sql stable
as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.role', true), ''),
    (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role')
  )::text
$$;

create function auth.jwt() returns jsonb
  language sql stable
as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')
  )::jsonb
$$;

alter function auth.uid() owner to supabase_auth_admin;
alter function auth.role() owner to supabase_auth_admin;
alter function auth.jwt() owner to supabase_auth_admin;

-- storage ---------------------------------------------------------------------

create table storage.buckets (
  id         text primary key,
  name       text not null unique,
  public     boolean default false,
  created_at timestamptz default now(),
  updated_at timestamptz default now()
);

create table storage.objects (
  id               uuid primary key default gen_random_uuid(),
  bucket_id        text references storage.buckets (id),
  name             text,
  owner_id         text,
  metadata         jsonb,
  created_at       timestamptz default now(),
  updated_at       timestamptz default now(),
  last_accessed_at timestamptz default now(),
  unique (bucket_id, name)
);

alter table storage.buckets owner to supabase_storage_admin;
alter table storage.objects owner to supabase_storage_admin;
alter table storage.buckets enable row level security;
alter table storage.objects enable row level security;
grant all on storage.buckets, storage.objects to postgres, anon, authenticated, service_role;
