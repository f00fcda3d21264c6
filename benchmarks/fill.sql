-- 1,000 people with 50 conversations of 20 messages each: 1,000,000 messages over a year.
--
-- Run once, by the superuser, who switches triggers and foreign keys off for the session; what the
-- triggers would have counted is written here. Rows lie in the order in which they came.

set session_replication_role = replica;
set synchronous_commit = off;

-- Brings all pages into memory when a run begins.
create extension pg_prewarm schema extensions;

create temporary table people as
select
  number,
  ('be000000-0000-4000-8000-' || lpad(to_hex(number), 12, '0'))::uuid as id
from generate_series(1, 1000) as number;

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

create temporary table begun as
select
  person.id as user_id,
  place,
  -- Anywhere in the last year, and at the same moment in every copy of this data.
  date_trunc('day', now()) - interval '1 day' - interval '365 days'
    * ((hashtextextended(format('%s/%s', person.number, place), 0) & 1048575) / 1048576.0) as began_at
from people as person
cross join generate_series(1, 50) as place;

insert into public.conversations (
  id, user_id, title, description, kind, message_count, last_turn, created_at, updated_at, last_message_at
)
select
  uuidv7(began_at - now()), user_id,
  case when place % 7 = 0 then null else format('A talk about "sleep" and other things, %s', place) end,
  'What came up this week, and what to try until the next one.',
  (array['chat', 'voice', 'guided', 'check_in'])[1 + place % 4]::public.conversation_kind,
  20, 20, began_at, began_at + interval '19 minutes', began_at + interval '19 minutes'
from begun
order by began_at;

insert into public.messages (
  id, conversation_id, user_id, turn, role, content, content_hash, model_used, tokens_used,
  created_at, updated_at
)
select
  uuidv7(said.at - now()), conversation.id, conversation.user_id, turn,
  (case when turn % 2 = 1 then 'user' else 'assistant' end)::public.message_role,
  said.content, encode(sha256(convert_to(said.content, 'UTF8')), 'hex'),
  case when turn % 2 = 0 then 'companion-1' end,
  case when turn % 2 = 0 then 120 + turn end,
  said.at, said.at
from public.conversations as conversation
cross join generate_series(1, 20) as turn
cross join lateral (
  select
    conversation.created_at + (turn - 1) * interval '1 minute' as at,
    format(E'%s. I have been thinking about "it" all day –\nand %s', turn,
           repeat('then again, perhaps not; ', 1 + (hashtext(conversation.id::text || turn) & 7))) as content
) as said
order by said.at;

reset session_replication_role;
