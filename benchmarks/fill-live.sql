-- 10,000 people with one conversation of four messages each, and a log of what happened in it.
--
-- Run once, by the superuser, who switches triggers and foreign keys off for the session; what the
-- triggers would have counted is written here.

set session_replication_role = replica;
set synchronous_commit = off;

create extension pg_prewarm schema extensions;
create extension pg_stat_statements schema extensions;

create temporary table people as
select
  number,
  ('be000000-0000-4000-8000-' || lpad(to_hex(number), 12, '0'))::uuid as id,
  now() - interval '1 day' + number * interval '5 seconds' as began_at
from generate_series(1, 10000) as number;

insert into auth.users (id, aud, role, email, raw_user_meta_data, email_confirmed_at, created_at, updated_at)
select
  id, 'authenticated', 'authenticated', format('person%s@example.com', number),
  jsonb_build_object('name', format('Person %s', number)), now(), now() - interval '1 year', now()
from people;

insert into public.users (id, email, full_name, created_at, takes_part_from)
select
  id, format('person%s@example.com', number), format('Person %s', number), now() - interval '1 year', '2007-01-01'
from people;

insert into public.profiles (user_id, birth_year)
select id, 1990 from people;

insert into public.conversations (
  id, user_id, title, kind, message_count, last_turn, created_at, updated_at, last_message_at
)
select
  uuidv7(began_at - now()), id, format('A talk about sleep, %s', number), 'chat', 4, 4,
  began_at, began_at + interval '3 minutes', began_at + interval '3 minutes'
from people
order by began_at;

insert into public.messages (
  id, conversation_id, user_id, turn, role, content, content_hash, created_at, updated_at
)
select
  uuidv7(said.at - now()), conversation.id, conversation.user_id, turn,
  (case when turn % 2 = 1 then 'user' else 'assistant' end)::public.message_role,
  said.content, encode(sha256(convert_to(said.content, 'UTF8')), 'hex'), said.at, said.at
from public.conversations as conversation
cross join generate_series(1, 4) as turn
cross join lateral (
  select
    conversation.created_at + (turn - 1) * interval '1 minute' as at,
    format('%s. I have been thinking about it all day, and then again, perhaps not.', turn) as content
) as said
order by said.at;

insert into public.live_events (user_id, seq, table_name, row_id, conversation_id, operation, created_at)
select user_id, turn, 'messages', id, conversation_id, 'insert', created_at
from public.messages
order by created_at;

insert into public.live_heads (user_id, seq)
select id, 4 from people;

-- What a documented set-up of PostGraphile's subscriptions has; switched on for its rounds alone,
-- as our own triggers are for ours.
create function public.benchmark_notify() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  perform pg_notify('conversation:' || new.conversation_id, json_build_object('id', new.id)::text);
  return null;
end
$$;
create trigger t999_benchmark_notify after insert on public.messages
  for each row execute function public.benchmark_notify();
alter table public.messages disable trigger t999_benchmark_notify;

reset session_replication_role;
