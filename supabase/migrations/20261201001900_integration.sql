-- Integration: AI agents that people let in (OAuth 2.1), and what other services tell us (webhooks).
--
-- All of it is private: no person and no agent reads these tables, and the server reaches them only
-- through the functions below. No code, token or secret is in here, only its sha256: each is 256
-- random bits, so nobody finds it by trying, and nobody need read it back. A slow hash as for
-- passwords would cost every request of an agent and make guessing no harder.

set lock_timeout = '5s';
set statement_timeout = '60s';

-- private.oauth_clients -------------------------------------------------------

create function private.are_redirect_uris(uris text[]) returns boolean
  language sql immutable parallel safe set search_path = ''
as $$
  -- OAuth 2.1, 2.3: no fragment. RFC 8252: https, a loopback address, or a scheme that is somebody's
  -- domain backwards, for apps.
  select coalesce(bool_and((
    uri !~ '[#\s]' and length(uri) <= 2000 and (
         uri ~ '^https://[^/?@]+([/?]|$)'
      or uri ~ '^http://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?([/?]|$)'
      or uri ~ '^[a-z][a-z0-9-]*(\.[a-z0-9-]+)+:/'
    )
  ) is true), false)
  from unnest(uris) as uri
$$;
comment on function private.are_redirect_uris is 'May codes be sent to all of these? False when there is none.';

create table private.oauth_clients (
  client_id                  text        primary key,
  client_secret_hash         text,
  name                       text        not null,
  redirect_uris              text[]      not null,
  grant_types                text[]      not null default '{authorization_code,refresh_token}',
  scopes                     text[]      not null,
  token_endpoint_auth_method text        not null default 'none',
  created_at                 timestamptz not null default now(),
  disabled_at                timestamptz,

  constraint oauth_clients_client_id_has_1_to_100_plain_characters check (client_id ~ '^[A-Za-z0-9._-]{1,100}$'),
  constraint oauth_clients_client_secret_hash_is_sha256_in_hex check (client_secret_hash ~ '^[0-9a-f]{64}$'),
  constraint oauth_clients_name_has_1_to_200_characters check (name ~ '\S' and length(name) <= 200),
  constraint oauth_clients_redirect_uris_are_safe_and_at_most_20
    check (private.are_redirect_uris(redirect_uris) and cardinality(redirect_uris) <= 20),
  constraint oauth_clients_grant_types_are_known
    check (grant_types <@ array['authorization_code', 'refresh_token'] and 'authorization_code' = any (grant_types)),
  constraint oauth_clients_scopes_are_1_to_50 check (cardinality(scopes) between 1 and 50 and array_position(scopes, null) is null),
  constraint oauth_clients_auth_method_is_known
    check (token_endpoint_auth_method in ('none', 'client_secret_basic', 'client_secret_post')),
  constraint oauth_clients_only_confidential_ones_have_a_secret
    check ((token_endpoint_auth_method = 'none') = (client_secret_hash is null))
);

comment on table  private.oauth_clients is 'Programs that people may let act in their names, such as ChatGPT or Claude.';
comment on column private.oauth_clients.client_id is 'What it calls itself in requests; ours to give.';
comment on column private.oauth_clients.client_secret_hash is 'sha256 in hex; null for public clients, which have no secret.';
comment on column private.oauth_clients.name is 'What a person reads when she is asked for her consent.';
comment on column private.oauth_clients.scopes is 'The most that it may ask for.';
comment on column private.oauth_clients.disabled_at is 'When staff turned it off, with all its tokens; null while it may come.';

alter table private.oauth_clients enable row level security;
alter table private.oauth_clients force row level security;

-- private.oauth_families ------------------------------------------------------

create table private.oauth_families (
  id             uuid        primary key default private.uuid_v7(),
  user_id        uuid        not null references public.users on delete cascade,
  client_id      text        not null references private.oauth_clients on delete cascade,
  scopes         text[]      not null,
  resource       text,
  created_at     timestamptz not null default now(),
  last_used_at   timestamptz not null default now(),
  revoked_at     timestamptz,
  revoked_reason text,

  constraint oauth_families_owner_key unique (id, user_id),
  constraint oauth_families_revoked_ones_say_why check ((revoked_at is null) = (revoked_reason is null)),
  constraint oauth_families_revoked_reason_is_known
    check (revoked_reason in ('user', 'client', 'code_replayed', 'token_replayed'))
);

comment on table  private.oauth_families is
  'One consent of a person to one client, and all tokens that came of it. Its row is what rotation and revocation lock.';
comment on column private.oauth_families.scopes is 'What she agreed to.';
comment on column private.oauth_families.resource is 'The server that the tokens are for (RFC 8707); null when the client named none.';
comment on column private.oauth_families.last_used_at is 'To the minute.';
comment on column private.oauth_families.revoked_at is 'From then on none of its tokens counts.';
comment on column private.oauth_families.revoked_reason is 'Who ended it, or which used code or token came again, so that it must have been stolen.';

create index oauth_families_by_owner_idx on private.oauth_families (user_id, created_at desc);
create index oauth_families_by_client_idx on private.oauth_families (client_id);

alter table private.oauth_families enable row level security;
alter table private.oauth_families force row level security;

create function private.oauth_families_change() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  if (new.id, new.user_id, new.client_id, new.scopes, new.resource, new.created_at)
     is distinct from (old.id, old.user_id, old.client_id, old.scopes, old.resource, old.created_at)
     or (old.revoked_at is not null and new.revoked_at is distinct from old.revoked_at) then
    raise exception using errcode = 'CA409', message = 'A consent is given anew, not changed; once revoked, it stays so.';
  end if;
  return new;
end
$$;
create trigger t100_oauth_families_change before update on private.oauth_families
  for each row execute function private.oauth_families_change();

-- private.authorization_codes -------------------------------------------------

create table private.authorization_codes (
  id                    uuid        primary key default private.uuid_v7(),
  code_hash             text        not null,
  user_id               uuid        not null references public.users on delete cascade,
  client_id             text        not null references private.oauth_clients on delete cascade,
  redirect_uri          text        not null,
  scopes                text[]      not null,
  code_challenge        text        not null,
  code_challenge_method text        not null default 'S256',
  resource              text,
  family_id             uuid,
  expires_at            timestamptz not null,
  used_at               timestamptz,
  created_at            timestamptz not null default now(),

  constraint authorization_codes_code_hash_key unique (code_hash),
  constraint authorization_codes_family_fkey foreign key (family_id, user_id)
    references private.oauth_families (id, user_id) on delete set null (family_id),
  constraint authorization_codes_code_hash_is_sha256_in_hex check (code_hash ~ '^[0-9a-f]{64}$'),
  constraint authorization_codes_code_challenge_is_one_of_s256 check (code_challenge ~ '^[A-Za-z0-9_-]{43}$'),
  constraint authorization_codes_code_challenge_method_is_s256 check (code_challenge_method = 'S256'),
  constraint authorization_codes_resource_is_at_most_2000_characters check (length(resource) <= 2000),
  constraint authorization_codes_live_for_10_minutes_at_most
    check (expires_at > created_at and expires_at <= created_at + interval '10 minutes'),
  constraint authorization_codes_only_used_ones_have_tokens check (family_id is null or used_at is not null)
);

comment on table  private.authorization_codes is 'Codes that a client exchanges for tokens, once, after a person has agreed.';
comment on column private.authorization_codes.code_hash is 'sha256 of the code, in hex.';
comment on column private.authorization_codes.redirect_uri is 'Where the code was sent; whoever exchanges it must name the same.';
comment on column private.authorization_codes.scopes is 'What she agreed to.';
comment on column private.authorization_codes.code_challenge is 'RFC 7636: base64url of the sha256 of a verifier that only the client knows.';
comment on column private.authorization_codes.resource is 'RFC 8707; null when the client named none.';
comment on column private.authorization_codes.family_id is 'The tokens that it was exchanged for; null before, and when they are gone.';
comment on column private.authorization_codes.used_at is 'When it was exchanged; null while it can be. It never can again.';

create index authorization_codes_by_owner_idx on private.authorization_codes (user_id, family_id);
create index authorization_codes_by_client_idx on private.authorization_codes (client_id);
-- For the sweep.
create index authorization_codes_by_expiry_idx on private.authorization_codes (expires_at);

alter table private.authorization_codes enable row level security;
alter table private.authorization_codes force row level security;

create function private.authorization_codes_change() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  if (new.id, new.code_hash, new.user_id, new.client_id, new.redirect_uri, new.scopes, new.code_challenge,
      new.resource, new.expires_at, new.created_at)
     is distinct from
     (old.id, old.code_hash, old.user_id, old.client_id, old.redirect_uri, old.scopes, old.code_challenge,
      old.resource, old.expires_at, old.created_at)
     or (old.used_at is not null and new.used_at is distinct from old.used_at)
     or (old.used_at is not null and new.family_id is not null and new.family_id is distinct from old.family_id) then
    raise exception using errcode = 'CA409', message = 'A code stays as it was given out, and is used once.';
  end if;
  return new;
end
$$;
create trigger t100_authorization_codes_change before update on private.authorization_codes
  for each row execute function private.authorization_codes_change();

-- private.oauth_tokens --------------------------------------------------------

create table private.oauth_tokens (
  id                 uuid        primary key default private.uuid_v7(),
  family_id          uuid        not null,
  user_id            uuid        not null,
  generation         integer     not null,
  access_token_hash  text        not null,
  refresh_token_hash text,
  scopes             text[]      not null,
  expires_at         timestamptz not null,
  refresh_expires_at timestamptz,
  rotated_at         timestamptz,
  revoked_at         timestamptz,
  ip_address         inet,
  user_agent         text,
  created_at         timestamptz not null default now(),

  constraint oauth_tokens_generation_key unique (family_id, generation),
  constraint oauth_tokens_access_token_hash_key unique (access_token_hash),
  constraint oauth_tokens_refresh_token_hash_key unique (refresh_token_hash),
  constraint oauth_tokens_family_fkey foreign key (family_id, user_id)
    references private.oauth_families (id, user_id) on delete cascade,
  constraint oauth_tokens_generation_counts_from_1 check (generation >= 1),
  constraint oauth_tokens_hashes_are_sha256_in_hex
    check (access_token_hash ~ '^[0-9a-f]{64}$' and refresh_token_hash ~ '^[0-9a-f]{64}$'
           and access_token_hash is distinct from refresh_token_hash),
  -- As long as a denial is kept, so that signing out everywhere reaches each.
  constraint oauth_tokens_access_lasts_for_a_day_at_most
    check (expires_at > created_at and expires_at <= created_at + interval '1 day'),
  constraint oauth_tokens_refresh_lasts_for_400_days_at_most
    check (refresh_expires_at > created_at and refresh_expires_at <= created_at + interval '400 days'),
  constraint oauth_tokens_only_refresh_tokens_expire_and_rotate
    check ((refresh_token_hash is null) = (refresh_expires_at is null)
           and (rotated_at is null or refresh_token_hash is not null)),
  constraint oauth_tokens_user_agent_is_at_most_400_characters check (length(user_agent) <= 400)
);

comment on table  private.oauth_tokens is 'One access token and the refresh token that was given with it: a generation of its family.';
comment on column private.oauth_tokens.generation is 'From 1; each rotation makes the next.';
comment on column private.oauth_tokens.access_token_hash is 'sha256 of the token, in hex: it is found by this, and is nowhere else.';
comment on column private.oauth_tokens.refresh_token_hash is 'The same of the refresh token; null when there is none.';
comment on column private.oauth_tokens.scopes is 'What this access token may do: what was agreed to, or less.';
comment on column private.oauth_tokens.expires_at is 'When the access token runs out.';
comment on column private.oauth_tokens.rotated_at is 'When the refresh token was exchanged for the next. It must not come again.';
comment on column private.oauth_tokens.revoked_at is 'When it was revoked with its family; null otherwise.';
comment on column private.oauth_tokens.ip_address is 'Where it was asked for from.';
comment on column private.oauth_tokens.user_agent is 'What asked for it.';

create index oauth_tokens_by_family_idx on private.oauth_tokens (user_id, family_id);
-- For the sweep.
create index oauth_tokens_by_end_idx on private.oauth_tokens (greatest(expires_at, refresh_expires_at));

alter table private.oauth_tokens enable row level security;
alter table private.oauth_tokens force row level security;

create function private.oauth_tokens_change() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  if to_jsonb(new) - '{rotated_at,revoked_at}'::text[] is distinct from to_jsonb(old) - '{rotated_at,revoked_at}'::text[]
     or (old.rotated_at is not null and new.rotated_at is distinct from old.rotated_at)
     or (old.revoked_at is not null and new.revoked_at is distinct from old.revoked_at) then
    raise exception using errcode = 'CA409', message = 'A token is rotated or revoked once, and not changed.';
  end if;
  return new;
end
$$;
create trigger t100_oauth_tokens_change before update on private.oauth_tokens
  for each row execute function private.oauth_tokens_change();

-- Clients ---------------------------------------------------------------------

create function private.register_client(
  client_id text, client_secret_hash text, name text, redirect_uris text[], scopes text[],
  token_endpoint_auth_method text default 'none', grant_types text[] default '{authorization_code,refresh_token}'
) returns void
  language sql volatile security definer set search_path = ''
as $$
  insert into private.oauth_clients (
    client_id, client_secret_hash, name, redirect_uris, scopes, token_endpoint_auth_method, grant_types
  )
  values (client_id, client_secret_hash, name, redirect_uris, scopes, token_endpoint_auth_method, grant_types)
$$;
comment on function private.register_client is
  'Make a client known; 23505 when the id is taken. For the registration endpoint, which limits how many come.';
grant execute on function private.register_client to cairn_server;

create function private.find_client(client_id text)
  returns table (name text, redirect_uris text[], grant_types text[], scopes text[], token_endpoint_auth_method text)
  language sql stable security definer set search_path = ''
as $$
  select client.name, client.redirect_uris, client.grant_types, client.scopes, client.token_endpoint_auth_method
  from private.oauth_clients as client
  where client.client_id = find_client.client_id and client.disabled_at is null
$$;
comment on function private.find_client is 'What a client registered; no row when it is unknown or turned off.';
grant execute on function private.find_client to cairn_server;

create function private.authenticate_client(client_id text, client_secret_hash text) returns boolean
  language sql stable security definer set search_path = ''
as $$
  select coalesce((
    -- Public clients prove themselves with the code's verifier; a secret of theirs is a mistake.
    select client.client_secret_hash is not distinct from authenticate_client.client_secret_hash
    from private.oauth_clients as client
    where client.client_id = authenticate_client.client_id and client.disabled_at is null
  ), false)
$$;
comment on function private.authenticate_client is
  'Is this the secret''s hash of that client, or null for one without? What is compared are hashes, so its time tells nothing.';
grant execute on function private.authenticate_client to cairn_server;

create function private.is_redirect_of(redirect_uri text, registered text[]) returns boolean
  language sql immutable parallel safe set search_path = ''
as $$
  select redirect_uri = any (registered) or exists (
    -- RFC 8252, 7.3: an app that listens on its own machine takes whatever port is free.
    select from unnest(registered) as uri
    where uri ~ '^http://(localhost|127\.0\.0\.1|\[::1\])[:/?]?'
      and regexp_replace(uri, '^(http://(?:localhost|127\.0\.0\.1|\[::1\])):[0-9]+', '\1')
        = regexp_replace(redirect_uri, '^(http://(?:localhost|127\.0\.0\.1|\[::1\])):[0-9]{1,5}(?=[/?]|$)', '\1')
  )
$$;
comment on function private.is_redirect_of is 'Is this one of the registered addresses, exactly, the port of a loopback address aside?';

-- Codes and tokens ------------------------------------------------------------

create function private.issue_authorization_code(
  code_hash text, client_id text, redirect_uri text, scopes text[], code_challenge text, resource text default null,
  lifetime_seconds double precision default 60
) returns void
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  viewer constant uuid := (select auth.uid());
  client private.oauth_clients;
begin
  if viewer is null or private.actor() is not null then
    raise exception using errcode = 'CA401', message = 'Only a person who has signed in herself lets an agent in.';
  end if;
  select * into client
  from private.oauth_clients as known
  where known.client_id = issue_authorization_code.client_id and known.disabled_at is null;
  if not found
     or private.is_redirect_of(issue_authorization_code.redirect_uri, client.redirect_uris) is not true
     or cardinality(issue_authorization_code.scopes) = 0
     or (issue_authorization_code.scopes <@ client.scopes) is not true then
    raise exception using errcode = 'CA400', message = 'This client did not register for what it asks.';
  end if;
  insert into private.authorization_codes (
    code_hash, user_id, client_id, redirect_uri, scopes, code_challenge, resource, expires_at
  )
  values (
    issue_authorization_code.code_hash, viewer, client.client_id, issue_authorization_code.redirect_uri,
    issue_authorization_code.scopes, issue_authorization_code.code_challenge, issue_authorization_code.resource,
    now() + make_interval(secs => lifetime_seconds)
  );
end
$$;
comment on function private.issue_authorization_code is
  'Keep the hash of a code that the caller, after she agreed, sends to a client. CA400 when address or scopes are not the '
  'client''s, CA401 when it is an agent that asks.';
grant execute on function private.issue_authorization_code to cairn_server;

create function private.end_family(family_id uuid, reason text) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  family private.oauth_families;
begin
  update private.oauth_families as known
  set revoked_at = now(), revoked_reason = end_family.reason
  where known.id = end_family.family_id and known.revoked_at is null
  returning * into family;
  if not found then
    return;
  end if;
  -- Whoever rotates holds the family's row: no new generation comes in between.
  update private.oauth_tokens as token
  set revoked_at = now()
  where token.family_id = family.id and token.user_id = family.user_id and token.revoked_at is null;
  perform private.append_audit(
    family.user_id, 'agent.disconnected', 'agent',
    case when reason like '%\_replayed' then 'warning'::public.audit_severity else 'notice' end,
    jsonb_build_object('client_id', family.client_id, 'family_id', family.id, 'reason', reason));
end
$$;
comment on function private.end_family is 'Revoke a consent and all its tokens. For the functions below.';

create function private.redeem_authorization_code(
  code_hash text, client_id text, redirect_uri text, code_challenge text, access_token_hash text,
  refresh_token_hash text, access_seconds double precision, refresh_seconds double precision,
  resource text default null, ip_address inet default null, user_agent text default null
) returns table (family_id uuid, user_id uuid, scopes text[], expires_at timestamptz)
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  code private.authorization_codes;
  client private.oauth_clients;
begin
  select * into code from private.authorization_codes as known where known.code_hash = redeem_authorization_code.code_hash;
  -- The person first, as everybody does.
  perform from public.users as person where person.id = code.user_id for key share;
  select * into code from private.authorization_codes as known where known.id = code.id for update;
  if not found then
    return;
  end if;
  if code.used_at is not null then
    -- Two have the code: one of them is a thief, and nobody knows which.
    perform private.end_family(code.family_id, 'code_replayed');
    return;
  end if;
  select * into client from private.oauth_clients as known where known.client_id = code.client_id;
  if code.client_id is distinct from redeem_authorization_code.client_id
     or client.disabled_at is not null
     or code.redirect_uri is distinct from redeem_authorization_code.redirect_uri
     or code.code_challenge is distinct from redeem_authorization_code.code_challenge
     or code.resource is distinct from coalesce(redeem_authorization_code.resource, code.resource)
     or code.expires_at <= now()
     or not private.may_enter(code.user_id, code.created_at) then
    return;
  end if;

  insert into private.oauth_families as family (user_id, client_id, scopes, resource)
  values (code.user_id, code.client_id, code.scopes, code.resource)
  returning family.id into family_id;
  update private.authorization_codes as known
  set used_at = now(), family_id = redeem_authorization_code.family_id
  where known.id = code.id;
  user_id := code.user_id;
  scopes := code.scopes;
  expires_at := now() + make_interval(secs => access_seconds);
  insert into private.oauth_tokens (
    family_id, user_id, generation, access_token_hash, refresh_token_hash, scopes, expires_at, refresh_expires_at,
    ip_address, user_agent
  )
  values (
    redeem_authorization_code.family_id, code.user_id, 1, redeem_authorization_code.access_token_hash,
    case when 'refresh_token' = any (client.grant_types) then redeem_authorization_code.refresh_token_hash end,
    code.scopes, redeem_authorization_code.expires_at,
    case when 'refresh_token' = any (client.grant_types) and redeem_authorization_code.refresh_token_hash is not null
         then now() + make_interval(secs => refresh_seconds) end,
    redeem_authorization_code.ip_address, left(redeem_authorization_code.user_agent, 400)
  );
  perform private.append_audit(
    code.user_id, 'agent.connected', 'agent', 'notice',
    jsonb_build_object('client_id', code.client_id, 'family_id', redeem_authorization_code.family_id));
  return next;
end
$$;
comment on function private.redeem_authorization_code is
  'Exchange a code for the tokens with these hashes, once. No row (tell the client `invalid_grant`, and commit) when it is '
  'unknown, used, expired, another client''s, or address, verifier or resource are not the same; a used one ends what was '
  'issued for it. The challenge is computed from the verifier by the server. Authenticate the client first.';
grant execute on function private.redeem_authorization_code to cairn_server;

create function private.rotate_refresh_token(
  refresh_token_hash text, client_id text, new_access_token_hash text, new_refresh_token_hash text,
  access_seconds double precision, refresh_seconds double precision, wanted_scopes text[] default null,
  ip_address inet default null, user_agent text default null
) returns table (family_id uuid, user_id uuid, scopes text[], resource text, expires_at timestamptz)
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  token private.oauth_tokens;
  family private.oauth_families;
begin
  select * into token from private.oauth_tokens as known where known.refresh_token_hash = rotate_refresh_token.refresh_token_hash;
  -- The person, the family, the token: in this order, by everybody.
  perform from public.users as person where person.id = token.user_id for key share;
  select * into family from private.oauth_families as known where known.id = token.family_id for no key update;
  select * into token from private.oauth_tokens as known where known.id = token.id for no key update;
  if not found or family.client_id is distinct from rotate_refresh_token.client_id then
    return;
  end if;
  if token.rotated_at is not null then
    -- Two have the token: one of them is a thief, and nobody knows which.
    perform private.end_family(family.id, 'token_replayed');
    return;
  end if;
  if family.revoked_at is not null
     or token.revoked_at is not null
     or token.refresh_expires_at <= now()
     or exists (select from private.oauth_clients as client
                where client.client_id = family.client_id and client.disabled_at is not null)
     or not private.may_enter(token.user_id, token.created_at) then
    return;
  end if;
  if not coalesce(wanted_scopes, family.scopes) <@ family.scopes or cardinality(wanted_scopes) = 0 then
    raise exception using errcode = 'CA400', message = 'A token may be given less than was agreed to, never more.';
  end if;

  update private.oauth_tokens as known set rotated_at = now() where known.id = token.id;
  family_id := family.id;
  user_id := family.user_id;
  scopes := coalesce(wanted_scopes, family.scopes);
  resource := family.resource;
  expires_at := now() + make_interval(secs => access_seconds);
  insert into private.oauth_tokens (
    family_id, user_id, generation, access_token_hash, refresh_token_hash, scopes, expires_at, refresh_expires_at,
    ip_address, user_agent
  )
  values (
    family.id, family.user_id, token.generation + 1, new_access_token_hash, new_refresh_token_hash,
    rotate_refresh_token.scopes, rotate_refresh_token.expires_at, now() + make_interval(secs => refresh_seconds),
    rotate_refresh_token.ip_address, left(rotate_refresh_token.user_agent, 400)
  );
  return next;
end
$$;
comment on function private.rotate_refresh_token is
  'Exchange a refresh token for the next generation, with these hashes; the access token before lasts until it runs out. '
  'No row (tell the client `invalid_grant`, and commit) when it is unknown, expired, revoked or another client''s; one that '
  'was exchanged already ends its whole family. Authenticate the client first.';
grant execute on function private.rotate_refresh_token to cairn_server;

create function private.admit_access_token(access_token_hash text)
  returns table (user_id uuid, client_id text, family_id uuid, scopes text[], resource text, issued_at timestamptz, expires_at timestamptz)
  language plpgsql volatile security definer set search_path = ''
as $$
begin
  select token.user_id, family.client_id, family.id, token.scopes, family.resource, token.created_at, token.expires_at
  into user_id, client_id, family_id, scopes, resource, issued_at, expires_at
  from private.oauth_tokens as token
  join private.oauth_families as family on family.id = token.family_id and family.user_id = token.user_id
  join private.oauth_clients as client on client.client_id = family.client_id
  where token.access_token_hash = admit_access_token.access_token_hash
    and token.expires_at > now()
    and token.revoked_at is null
    and family.revoked_at is null
    and client.disabled_at is null;
  if not found or not private.may_enter(user_id, issued_at) then
    return;
  end if;
  update private.oauth_families as family
  set last_used_at = now()
  where family.id = admit_access_token.family_id and family.last_used_at < now() - interval '1 minute';
  return next;
end
$$;
comment on function private.admit_access_token is
  'Whose is this token, and what may it do? No row when it is unknown, has run out or was revoked, its client is turned '
  'off, or she is locked out or has signed out everywhere since. Writes at most once a minute.';
grant execute on function private.admit_access_token to cairn_server;

create function private.revoke_token(token_hash text, client_id text) returns void
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  family private.oauth_families;
begin
  select found.* into family
  from private.oauth_tokens as token
  join private.oauth_families as found on found.id = token.family_id and found.client_id = revoke_token.client_id
  where revoke_token.token_hash in (token.access_token_hash, token.refresh_token_hash);
  perform private.end_family(family.id, 'client');
end
$$;
comment on function private.revoke_token is
  'RFC 7009: a client gives a token of its own back, and with it the consent. Nothing happens when it is another''s.';
grant execute on function private.revoke_token to cairn_server;

create function private.revoke_token_family(family_id uuid) returns void
  language plpgsql volatile security definer set search_path = ''
as $$
begin
  if not exists (
    select from private.oauth_families as family
    where family.id = revoke_token_family.family_id and family.user_id = (select auth.uid())
  ) then
    raise exception using errcode = 'CA404', message = 'There is no such consent, or it is not yours.';
  end if;
  perform private.end_family(revoke_token_family.family_id, 'user');
end
$$;
comment on function private.revoke_token_family is
  'Take the caller''s consent to a client back, at once; again is no error. CA404 when it is missing or another''s.';
grant execute on function private.revoke_token_family to cairn_server;

create function private.connected_agents()
  returns table (family_id uuid, client_id text, name text, scopes text[], created_at timestamptz, last_used_at timestamptz)
  language sql stable security definer set search_path = ''
as $$
  select family.id, family.client_id, client.name, family.scopes, family.created_at, family.last_used_at
  from private.oauth_families as family
  join private.oauth_clients as client on client.client_id = family.client_id
  where family.user_id = (select auth.uid()) and family.revoked_at is null
    -- One whose last token has run out can do nothing any more.
    and exists (
      select from private.oauth_tokens as token
      where token.user_id = family.user_id and token.family_id = family.id and token.rotated_at is null
        and greatest(token.expires_at, token.refresh_expires_at) > now()
    )
  order by family.created_at desc, family.id desc
$$;
comment on function private.connected_agents is 'Whom the caller has let act in her name, and who still can; the newest consent first.';
grant execute on function private.connected_agents to cairn_server;

create function private.sweep_oauth() returns bigint
  language sql volatile security definer set search_path = ''
as $$
  with codes as (
    delete from private.authorization_codes
    where id in (
      select old.id from private.authorization_codes as old
      where old.expires_at < now() - interval '1 day'
      limit 10000
    )
    returning 1
  ),
  tokens as (
    delete from private.oauth_tokens
    where id in (
      select old.id from private.oauth_tokens as old
      where greatest(old.expires_at, old.refresh_expires_at) < now() - interval '1 day'
      limit 10000
    )
    returning 1
  ),
  -- Those that had no tokens left before this: the others go next time.
  families as (
    delete from private.oauth_families
    where id in (
      select old.id from private.oauth_families as old
      where old.created_at < now() - interval '1 day' and not exists (
        select from private.oauth_tokens as token where token.user_id = old.user_id and token.family_id = old.id
      )
      limit 10000
    )
    returning 1
  )
  select (select count(*) from codes) + (select count(*) from tokens) + (select count(*) from families)
$$;
comment on function private.sweep_oauth is
  'Forget codes and tokens a day after they ran out, and consents that have none left, everybody''s, 10,000 each at most; '
  'gives how many. Until it runs out itself, a token or code that was used is known when it comes again. For the worker.';
grant execute on function private.sweep_oauth to cairn_server;

-- private.webhook_events ------------------------------------------------------

create type private.webhook_state as enum ('received', 'processing', 'processed', 'failed');
comment on type private.webhook_state is
  'received: stored, nothing done yet. processing: a worker has it. processed: done, for good. failed: to be tried again, '
  'when a time is set, or by hand.';

create function private.has_key(document jsonb, names text[]) returns boolean
  language sql immutable parallel safe set search_path = ''
as $$
  select exists (
    select
    from jsonb_path_query(document, 'strict $.** ? (@.type() == "object").keyvalue().key') as found (key)
    where regexp_replace(lower(found.key #>> '{}'), '[^a-z0-9]', '', 'g') = any (names)
       or lower(found.key #>> '{}') ~ 'transcri|utterance|verbatim|dialog|recording'
  )
$$;
comment on function private.has_key is
  'Has any object in this document, however deep, a key of one of these names? They are given in lower case, without _ and -.';

create function private.transcript_keys() returns text[]
  language sql immutable parallel safe set search_path = ''
as $$
  select array[
    'transcript', 'transcripts', 'transcription', 'transcriptions', 'utterance', 'utterances', 'messages',
    'messagesopenaiformatted', 'conversation', 'artifact', 'artifacts', 'recording', 'recordings', 'recordingurl',
    'stereorecordingurl', 'monorecordingurl', 'videorecordingurl'
  ]
$$;
comment on function private.transcript_keys is
  'Under these keys providers of voices send what was said, or where to hear it. Whoever stores an event leaves them out first.';

create table private.webhook_events (
  id                 uuid        primary key default private.uuid_v7(),
  provider           text        not null,
  external_event_id  text        not null,
  event_type         text        not null,
  vapi_call_id       text,
  user_id            uuid        references public.users on delete cascade,
  payload            jsonb       not null,
  signature_verified boolean     not null,
  processing_status  private.webhook_state not null default 'received',
  due_at             timestamptz default now(),
  attempts           integer     not null default 0,
  error_message      text,
  received_at        timestamptz not null default now(),
  processed_at       timestamptz,

  constraint webhook_events_external_event_id_key unique (provider, external_event_id),
  constraint webhook_events_provider_is_a_short_word check (provider ~ '^[a-z][a-z0-9_]{0,39}$'),
  constraint webhook_events_external_event_id_has_1_to_200_characters check (length(external_event_id) between 1 and 200),
  constraint webhook_events_event_type_has_1_to_100_characters check (length(event_type) between 1 and 100),
  constraint webhook_events_vapi_call_id_has_1_to_200_characters check (length(vapi_call_id) between 1 and 200),
  constraint webhook_events_payload_is_an_object_of_at_most_256_kb
    check (jsonb_typeof(payload) = 'object' and octet_length(payload::text) <= 262144),
  constraint webhook_events_payload_carries_no_transcript
    check (not private.has_key(payload, private.transcript_keys())),
  -- Else a forger could store an event first, and the true one would be taken for its repeat.
  constraint webhook_events_only_signed_ones_are_stored check (signature_verified),
  constraint webhook_events_attempts_are_not_negative check (attempts >= 0),
  constraint webhook_events_error_message_is_a_short_word check (error_message ~ '^[a-z][a-z0-9_]{0,79}$'),
  constraint webhook_events_processed_ones_say_when
    check ((processing_status = 'processed') = (processed_at is not null)),
  constraint webhook_events_open_ones_are_due
    check (case processing_status when 'processed' then due_at is null when 'failed' then true else due_at is not null end)
);

comment on table  private.webhook_events is 'What other services told us: stored first, then processed, once each.';
comment on column private.webhook_events.provider is 'Who told, such as `stripe` or `vapi`.';
comment on column private.webhook_events.external_event_id is 'The provider''s own id of it; a repeat has the same.';
comment on column private.webhook_events.vapi_call_id is 'The call that it is about, by Vapi''s id. No foreign key: it may come before the call is known.';
comment on column private.webhook_events.user_id is 'Whom it turned out to be about, so that it goes when she does; null before it is processed, and where it is about nobody.';
comment on column private.webhook_events.payload is 'What was sent, without what was said in calls: that is left out before it is stored.';
comment on column private.webhook_events.signature_verified is 'Always true; whoever stores must have checked, and say so.';
comment on column private.webhook_events.due_at is 'When a worker may take it next; while one has it, when its time is up. Null when nobody shall.';
comment on column private.webhook_events.attempts is 'How often it was taken; also the number that its worker finishes it with.';
comment on column private.webhook_events.error_message is 'Why the last attempt failed: a code, never anybody''s words.';

create index webhook_events_by_turn_idx on private.webhook_events (due_at, id) where due_at is not null;
create index webhook_events_by_owner_idx on private.webhook_events (user_id);
create index webhook_events_by_call_idx on private.webhook_events (vapi_call_id);
-- For the sweep.
create index webhook_events_by_age_idx on private.webhook_events (received_at);

alter table private.webhook_events enable row level security;
alter table private.webhook_events force row level security;

create function private.webhook_events_change() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  if (new.id, new.provider, new.external_event_id, new.event_type, new.vapi_call_id, new.payload, new.received_at)
     is distinct from
     (old.id, old.provider, old.external_event_id, old.event_type, old.vapi_call_id, old.payload, old.received_at) then
    raise exception using errcode = 'CA409', message = 'An event stays as it was received.';
  end if;
  if new.processing_status <> old.processing_status and not (
    case old.processing_status
      when 'received'   then new.processing_status = 'processing'
      when 'processing' then new.processing_status in ('processed', 'failed')
      when 'failed'     then new.processing_status in ('processing', 'received')
      when 'processed'  then false
    end
  ) then
    raise exception using errcode = 'CA409',
      message = format('An event that is %s cannot become %s.', old.processing_status, new.processing_status);
  end if;
  return new;
end
$$;
comment on function private.webhook_events_change is 'Before update: what was received stays, and its state goes only where it may.';
create trigger t100_webhook_events_change before update on private.webhook_events
  for each row execute function private.webhook_events_change();

create function private.store_webhook_event(
  provider text, external_event_id text, event_type text, payload jsonb, signature_verified boolean,
  vapi_call_id text default null
) returns boolean
  language plpgsql volatile security definer set search_path = ''
as $$
begin
  if signature_verified is not true then
    raise exception using errcode = 'CA400', message = 'Only events whose signature was checked are stored.';
  end if;
  if private.has_key(payload, private.transcript_keys()) then
    raise exception using errcode = 'CA400', message = 'An event is stored without what was said in a call.';
  end if;
  insert into private.webhook_events (provider, external_event_id, event_type, payload, signature_verified, vapi_call_id)
  values (store_webhook_event.provider, store_webhook_event.external_event_id, store_webhook_event.event_type,
          store_webhook_event.payload, store_webhook_event.signature_verified, store_webhook_event.vapi_call_id)
  on conflict on constraint webhook_events_external_event_id_key do nothing;
  return found;
end
$$;
comment on function private.store_webhook_event is
  'Store an event before anything is done about it; false when it is a repeat, true when it is new. CA400 when its signature '
  'was not checked, or it holds a transcript.';
grant execute on function private.store_webhook_event to cairn_server;

create function private.claim_webhook_event(providers text[], lease_seconds double precision)
  returns table (
    id uuid, provider text, external_event_id text, event_type text, vapi_call_id text, payload jsonb, attempt integer,
    received_at timestamptz
  )
  language sql volatile security definer set search_path = ''
as $$
  update private.webhook_events as event
  set processing_status = 'processing',
      attempts          = event.attempts + 1,
      due_at            = clock_timestamp() + make_interval(secs => lease_seconds)
  where event.id = (
    select due.id
    from private.webhook_events as due
    where due.due_at <= now() and due.provider = any (providers)
      -- One that ends its workers shall not end more of them; repeat_webhook_event gives it one more.
      and (due.attempts < 20 or due.processing_status = 'received')
    order by due.due_at, due.id
    limit 1
    for update skip locked
  )
  returning event.id, event.provider, event.external_event_id, event.event_type, event.vapi_call_id, event.payload,
            event.attempts, event.received_at
$$;
comment on function private.claim_webhook_event is
  'The event of one of these providers that has waited longest; no row when there is none. It is the caller''s for so many '
  'seconds; then others may take it, with a higher attempt. For the worker.';
grant execute on function private.claim_webhook_event to cairn_server;

create function private.finish_webhook_event(event_id uuid, attempt integer, user_id uuid default null) returns void
  language plpgsql volatile security definer set search_path = ''
as $$
begin
  update private.webhook_events as event
  set processing_status = 'processed',
      processed_at      = now(),
      due_at            = null,
      error_message     = null,
      -- Null when she is gone already.
      user_id = (select person.id from public.users as person where person.id = finish_webhook_event.user_id)
  where event.id = event_id and event.attempts = attempt and event.processing_status = 'processing';
  if not found then
    raise exception using errcode = 'CA410', message = 'This event is not held by this attempt any more.';
  end if;
end
$$;
comment on function private.finish_webhook_event is
  'The event is done, in the transaction of what it led to; say whom it was about. CA410, and nothing of that transaction '
  'counts, when another attempt has taken it. For the worker.';
grant execute on function private.finish_webhook_event to cairn_server;

create function private.fail_webhook_event(
  event_id uuid, attempt integer, error_code text, retry_seconds double precision default null
) returns void
  language plpgsql volatile security definer set search_path = ''
as $$
begin
  update private.webhook_events as event
  set processing_status = 'failed',
      error_message     = error_code,
      due_at            = clock_timestamp() + make_interval(secs => retry_seconds)
  where event.id = event_id and event.attempts = attempt and event.processing_status = 'processing';
  if not found then
    raise exception using errcode = 'CA410', message = 'This event is not held by this attempt any more.';
  end if;
end
$$;
comment on function private.fail_webhook_event is
  'The attempt failed, and why, in a word; to be tried again in so many seconds, or without any only by hand. CA410 when '
  'another attempt has taken it. For the worker.';
grant execute on function private.fail_webhook_event to cairn_server;

create function private.repeat_webhook_event(event_id uuid) returns void
  language plpgsql volatile security definer set search_path = ''
as $$
begin
  update private.webhook_events as event
  set processing_status = 'received', due_at = now()
  where event.id = event_id and event.processing_status = 'failed';
  if not found then
    raise exception using errcode = 'CA409', message = 'Only an event that has failed can be tried again.';
  end if;
end
$$;
comment on function private.repeat_webhook_event is 'Try an event that has failed again, now. CA409 when it has not failed. For staff.';
grant execute on function private.repeat_webhook_event to service_role;

create function private.sweep_webhook_events() returns bigint
  language sql volatile security definer set search_path = ''
as $$
  with swept as (
    delete from private.webhook_events
    where id in (
      select old.id from private.webhook_events as old
      -- Providers repeat for some days; what has failed is kept until somebody looks, or a quarter.
      where old.received_at < now() - interval '30 days'
        and (old.processing_status = 'processed' or old.received_at < now() - interval '90 days')
      limit 10000
    )
    returning 1
  )
  select count(*) from swept
$$;
comment on function private.sweep_webhook_events is
  'Forget events: those processed after 30 days, all after 90; 10,000 at most; gives how many. For the worker.';
grant execute on function private.sweep_webhook_events to cairn_server;
