-- Calls of Ana's and Ben's, and what is kept of them.

insert into public.voice_calls (
  id, user_id, conversation_id, vapi_call_id, assistant_id, channel, status, phone_number, started_at, ended_at,
  ended_reason, cost_total, cost_breakdown, created_at
)
values
  ('aa513000-0000-4000-8000-000000000003', 'a0000000-0000-4000-8000-000000000001', null, null, 'cairn-voice-lumen', 'web',
   'cancelled', null, null, now() - interval '11 days', 'changed-her-mind', null, '{}', now() - interval '11 days'),
  ('aa513000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001',
   'a3000000-0000-4000-8000-000000000001', 'seed-call-ana-1', 'cairn-voice-juniper', 'phone', 'completed', '+351210000001',
   now() - interval '9 days', now() - interval '9 days' + interval '14 minutes', 'customer-ended-call', 0.8412,
   '{"model": 0.3120, "transport": 0.1400, "voice": 0.3892}', now() - interval '9 days' - interval '20 seconds'),
  ('aa513000-0000-4000-8000-000000000002', 'a0000000-0000-4000-8000-000000000001', null, 'seed-call-ana-2',
   'cairn-voice-juniper', 'phone', 'missed', '+351210000001', null, now() - interval '2 days', 'customer-did-not-answer',
   0.0110, '{"transport": 0.0110}', now() - interval '2 days' - interval '40 seconds'),
  ('ba513000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002',
   'b3000000-0000-4000-8000-000000000002', 'seed-call-ben-1', 'cairn-voice-marlow', 'web', 'completed', null,
   now() - interval '7 days', now() - interval '7 days' + interval '9 minutes', 'customer-ended-call', 0.5230,
   '{"model": 0.2010, "voice": 0.3220}', now() - interval '7 days' - interval '5 seconds')
on conflict do nothing;

insert into public.call_summaries (
  id, user_id, call_id, summary, summary_json, duration_seconds, sentiment, key_topics, action_items, emotional_state, created_at
)
values
  ('aa513100-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001', 'aa513000-0000-4000-8000-000000000001',
   'Ana could not sleep and spoke of the pile of things undone. By the end she had put two of them off until Monday, and laughed once.',
   '{"asked_for": "company", "left_with": "a list of two"}', 840, 'lighter', '{sleep, work}',
   '{"Leave the parcel until Monday"}', 'tired and calmer', now() - interval '9 days'),
  ('ba513100-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002', 'ba513000-0000-4000-8000-000000000001',
   'Ben told of his first night shift and of the hour in which he held a hand. He wonders how much of it to take home.',
   '{"asked_for": "to be heard"}', 540, 'moved', '{work, "night shift"}', '{"Play for ten minutes after a shift"}',
   'open, a little raw', now() - interval '7 days')
on conflict do nothing;
