-- Ana's and Ben's profiles: how they are, what they told at the beginning, how they like to be met.
--
-- May be run again: what is there stays. Birth year and country they said when they signed up.

insert into public.profile_tone_history (id, user_id, emotional_tone, origin, created_at)
values
  ('aa601000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001', '{tired, anxious}', 'user',
   now() - interval '40 days'),
  ('aa601000-0000-4000-8000-000000000002', 'a0000000-0000-4000-8000-000000000001', '{tired}', 'companion',
   now() - interval '20 days'),
  ('ba601000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002', '{restless, "under pressure"}', 'user',
   now() - interval '12 days')
on conflict (id) do nothing;

-- The trigger on users has made the profiles, and the one on profiles adds how they feel today.
update public.profiles
set preferred_name         = 'Ana',
    pronouns               = 'she/her',
    timezone               = 'Europe/Paris',
    language               = 'en',
    initial_emotional_tone = '{tired, anxious}',
    emotional_tone         = '{tired, hopeful}',
    emotional_baseline     = '{"calm": 5, "anxiety": 4, "energy": 6, "loneliness": 3}',
    concerns               = '{"Waking at four", "Two years without a word from my sister"}',
    profile_summary        = 'Ana wakes early with lists in her head. She would like to be in touch with her sister again, '
                             'and finds her footing in small, concrete things: the canal, a drawing, a pot of basil.',
    main_themes            = '{sleep, sister, "being enough"}',
    current_focus          = 'A first sentence for the letter.',
    conversation_id        = 'a3000000-0000-4000-8000-000000000001'
where user_id = 'a0000000-0000-4000-8000-000000000001' and preferred_name is null;
update public.profiles
set preferred_name         = 'Ben',
    pronouns               = 'he/him',
    timezone               = 'Europe/London',
    language               = 'en-GB',
    initial_emotional_tone = '{restless, "under pressure"}',
    emotional_tone         = '{restless, proud}',
    emotional_baseline     = '{"calm": 4, "anxiety": 6, "energy": 7, "joy": 6}',
    concerns               = '{"Exams", "Whether I am made for nursing"}',
    profile_summary        = 'Ben studies nursing and doubts himself most when he is tired. Being with people comes easily to '
                             'him; he rests by playing the cello, and forbids it to himself when he is behind.',
    main_themes            = '{exams, "self-worth", rest}',
    current_focus          = 'Twenty minutes of cello on exam days.',
    conversation_id        = 'b3000000-0000-4000-8000-000000000001'
where user_id = 'b0000000-0000-4000-8000-000000000002' and preferred_name is null;

insert into public.external_identities (id, user_id, source, external_id)
values
  ('aa602000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001', 'chatgpt', 'seed-user-ana'),
  ('ba602000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002', 'claude', 'seed-user-ben')
on conflict do nothing;

insert into public.onboarding (id, user_id, current_step, responses, completed, completed_at, created_at)
values
  ('aa603000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001', 5,
   '{"what_brings_you": "I sleep badly.", "what_helps": ["walking", "drawing"], "reminders": "evening"}',
   true, now() - interval '40 days', now() - interval '40 days'),
  ('ba603000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002', 5,
   '{"what_brings_you": "Exams in three weeks.", "what_helps": ["the cello"], "reminders": "none"}',
   true, now() - interval '12 days', now() - interval '12 days')
on conflict do nothing;

-- Both are grown up: asked for before they had stated their birth year, and taken back.
insert into public.guardian_consents (id, user_id, status, guardian_email_hash, withdrawn_at, expires_at, created_at)
values
  ('aa604000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001', 'withdrawn',
   private.token_hash('aa604000-0000-4000-8000-000000000001' || 'aunt@example.com'),
   now() - interval '40 days', now() - interval '26 days', now() - interval '40 days'),
  ('ba604000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002', 'withdrawn',
   private.token_hash('ba604000-0000-4000-8000-000000000001' || 'mother@example.com'),
   now() - interval '12 days', now() + interval '2 days', now() - interval '12 days')
on conflict do nothing;

insert into public.user_ai_preferences (
  id, user_id, companion_name, tone, formality, reply_length, directness, humour, therapeutic_style, avoid_topics,
  instructions
)
values
  ('aa605000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001', 'Heron', 'calm', 'informal',
   'short', 4, 2, 'person_centred', '{"my weight"}', 'At night, please no lists.'),
  ('ba605000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002', null, 'matter_of_fact', 'informal',
   'medium', 7, 6, 'acceptance_and_commitment', '{}', 'Tell me when I am only putting things off.')
on conflict do nothing;
