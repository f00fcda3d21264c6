-- Ana and Ben, two invented people, each with something in every table that can hold it.
--
-- May be run again: what is there stays. Works on an embedded server and on a Supabase project for
-- development alike; there they have no password, so sign them in with a link or a signed token.

insert into auth.users (
  instance_id, id, aud, role, email, encrypted_password, email_confirmed_at, last_sign_in_at,
  confirmation_token, recovery_token, email_change_token_new, email_change,
  raw_app_meta_data, raw_user_meta_data, created_at, updated_at
)
values
  (
    '00000000-0000-0000-0000-000000000000', 'a0000000-0000-4000-8000-000000000001',
    'authenticated', 'authenticated', 'ana@example.com', '', now() - interval '40 days', now(),
    '', '', '', '',
    '{"provider": "email", "providers": ["email"]}',
    -- Who states no birth year may not chat.
    '{"full_name": "Ana Moreau", "display_name": "Ana", "birth_year": 1986, "country": "FR"}',
    now() - interval '40 days', now()
  ),
  (
    '00000000-0000-0000-0000-000000000000', 'b0000000-0000-4000-8000-000000000002',
    'authenticated', 'authenticated', 'ben@example.com', '', now() - interval '12 days', now(),
    '', '', '', '',
    '{"provider": "email", "providers": ["email"]}',
    '{"full_name": "Ben Adeyemi", "display_name": "Ben", "birth_year": 2004, "country": "GB"}',
    now() - interval '12 days', now()
  )
on conflict (id) do nothing;

-- users: the trigger on auth.users has made them.
update public.users
set bio = 'Teaches drawing. Walks along the canal before breakfast.', settings = '{"theme": "dusk"}'
where id = 'a0000000-0000-4000-8000-000000000001' and bio is null;
update public.users
set bio = 'Second year of nursing school. Plays the cello, quietly.', settings = '{"theme": "day"}'
where id = 'b0000000-0000-4000-8000-000000000002' and bio is null;

insert into public.user_service_profiles (id, user_id, service_type, service_preferences, usage_stats, last_used_at)
values
  ('a1000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001', 'chat',
   '{"tone": "warm", "reply_length": "short"}', '{"conversations": 2}', now() - interval '1 day'),
  ('b1000000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002', 'chat',
   '{"tone": "matter of fact"}', '{"conversations": 2}', now() - interval '2 days')
on conflict do nothing;

insert into public.user_sessions (id, user_id, service_type, user_agent, device_info, expires_at, created_at, last_activity_at, ended_at)
values
  ('a2000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001', 'api',
   'Cairn for Android', '{"name": "Ana''s phone"}',
   now() - interval '9 days', now() - interval '10 days', now() - interval '10 days', now() - interval '9 days'),
  ('b2000000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002', 'api',
   'Firefox', '{"name": "Library computer"}',
   now() - interval '4 days', now() - interval '5 days', now() - interval '5 days', now() - interval '4 days')
on conflict (id) do nothing;

insert into public.conversations (id, user_id, title, description, metadata, created_at, last_message_at)
values
  ('a3000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001',
   'Awake at four', 'What to do with the hours before the birds.', '{"mood_at_start": "tired"}',
   now() - interval '1 day', now() - interval '1 day'),
  ('a3000000-0000-4000-8000-000000000002', 'a0000000-0000-4000-8000-000000000001',
   'A letter to my sister', null, '{}', now() - interval '20 days', now() - interval '20 days'),
  ('b3000000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002',
   'Before the exam', 'Three days, four subjects, one cello.', '{"mood_at_start": "restless"}',
   now() - interval '2 days', now() - interval '2 days'),
  ('b3000000-0000-4000-8000-000000000002', 'b0000000-0000-4000-8000-000000000002',
   'The first night shift', null, '{}', now() - interval '8 days', now() - interval '8 days')
on conflict (id) do nothing;

-- Each insert is counted on its conversation, also one that `on conflict` would then drop.
insert into public.messages (id, user_id, conversation_id, role, content, model_used, in_reply_to, created_at)
select
  told.id::uuid, told.user_id::uuid, told.conversation_id::uuid, told.role::public.message_role, told.content,
  case when told.role = 'assistant' then 'seed' end,
  -- Each reply answers what was said just before it.
  case when told.role = 'assistant' then lag(told.id::uuid) over (partition by told.conversation_id order by told.id) end,
  conversation.created_at + told.after
from (
  values
    ('a4000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001',
     'a3000000-0000-4000-8000-000000000001', 'user',
     'I woke at four again. The house is so quiet that I hear the fridge think.', interval '1 minute'),
    ('a4000000-0000-4000-8000-000000000002', 'a0000000-0000-4000-8000-000000000001',
     'a3000000-0000-4000-8000-000000000001', 'assistant',
     'Four is a lonely hour. Is it a thought that wakes you, or are you simply awake?', interval '2 minutes'),
    ('a4000000-0000-4000-8000-000000000003', 'a0000000-0000-4000-8000-000000000001',
     'a3000000-0000-4000-8000-000000000001', 'user',
     'A list. Everything I did not draw, did not answer, did not mend.', interval '4 minutes'),
    ('a4000000-0000-4000-8000-000000000004', 'a0000000-0000-4000-8000-000000000001',
     'a3000000-0000-4000-8000-000000000001', 'assistant',
     'Shall we write the list down here, so that it need not keep you company? It will still be there at nine.',
     interval '5 minutes'),
    ('a4000000-0000-4000-8000-000000000005', 'a0000000-0000-4000-8000-000000000001',
     'a3000000-0000-4000-8000-000000000002', 'user',
     'I want to write to my sister, after two years. I do not know how one begins.', interval '1 minute'),
    ('a4000000-0000-4000-8000-000000000006', 'a0000000-0000-4000-8000-000000000001',
     'a3000000-0000-4000-8000-000000000002', 'assistant',
     'Perhaps with something small that you both would recognise. What did she always have on her windowsill?',
     interval '2 minutes'),
    ('b4000000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002',
     'b3000000-0000-4000-8000-000000000001', 'user',
     'Three days left. I read the same page and it slides off me.', interval '1 minute'),
    ('b4000000-0000-4000-8000-000000000002', 'b0000000-0000-4000-8000-000000000002',
     'b3000000-0000-4000-8000-000000000001', 'assistant',
     'That sounds like a full head rather than a lazy one. When did you last play?', interval '2 minutes'),
    ('b4000000-0000-4000-8000-000000000003', 'b0000000-0000-4000-8000-000000000002',
     'b3000000-0000-4000-8000-000000000001', 'user',
     'Sunday. I told myself that the cello has to wait until it is over.', interval '3 minutes'),
    ('b4000000-0000-4000-8000-000000000004', 'b0000000-0000-4000-8000-000000000002',
     'b3000000-0000-4000-8000-000000000001', 'assistant',
     'Twenty minutes of it might give you back the page. Try, and tell me which it was: lost time or found.',
     interval '4 minutes'),
    ('b4000000-0000-4000-8000-000000000005', 'b0000000-0000-4000-8000-000000000002',
     'b3000000-0000-4000-8000-000000000002', 'user',
     'My first night on the ward is over. I held somebody''s hand for an hour and did nothing else.',
     interval '1 minute'),
    ('b4000000-0000-4000-8000-000000000006', 'b0000000-0000-4000-8000-000000000002',
     'b3000000-0000-4000-8000-000000000002', 'assistant',
     'For that hour, it may have been the only thing to do. How are your own hands now?', interval '2 minutes')
) as told (id, user_id, conversation_id, role, content, after)
join public.conversations as conversation
  on conversation.id = told.conversation_id::uuid and conversation.status = 'active'
where not exists (select from public.messages as known where known.id = told.id::uuid)
order by told.id;

insert into public.thread_mappings (id, user_id, conversation_id, source, external_thread_id)
values
  ('a5000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001',
   'a3000000-0000-4000-8000-000000000002', 'chatgpt', 'thread-letters'),
  ('b5000000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002',
   'b3000000-0000-4000-8000-000000000002', 'claude', 'thread-night-shift')
on conflict do nothing;

insert into public.conversation_summaries (
  id, user_id, conversation_id, summary, key_topics, emotional_themes, action_items, sentiment_overall,
  therapeutic_progress, through_turn
)
values
  ('a6000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001',
   'a3000000-0000-4000-8000-000000000002',
   'Ana would like to write to her sister after two years of silence, and looks for a first sentence.',
   '{sister, letter}', '{longing, shyness}', '{"Begin with the pot of basil"}', 0.2,
   'She thinks of the letter as possible.', 2),
  ('b6000000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002',
   'b3000000-0000-4000-8000-000000000002',
   'Ben came home from his first night shift, moved by an hour in which he only held a hand.',
   '{work, "night shift"}', '{tenderness, tiredness}', '{}', 0.4,
   'He begins to trust that being there is work, too.', 2)
on conflict do nothing;

-- With its summary there, nobody need write one.
update public.conversations
set status = 'completed'
where id in ('a3000000-0000-4000-8000-000000000002', 'b3000000-0000-4000-8000-000000000002')
  and status = 'active';
