-- Ana's and Ben's safety: what was noticed once, whom they trust, and their plans.
--
-- May be run again: what is there stays. The events' conversations and profiles get their level by
-- trigger, the contacts when they were last reached.

insert into public.crisis_events (
  id, user_id, level, source, detector, confidence, flags, conversation_id, message_id, response_template,
  response_given, resources_offered, status, handled_at, handled_note, created_at
)
values
  ('aa610000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001', 'low', 'rules', 'rules/1', null,
   '{other}', 'a3000000-0000-4000-8000-000000000001', 'a4000000-0000-4000-8000-000000000003', 'gentle-check/1',
   'That sounds heavy, at such an hour. If it ever becomes too heavy to carry, tell me, or call somebody who is awake.',
   '{"Suicide Prevention, free and day and night: 3114"}', 'handled', now() - interval '22 hours',
   'Read the next morning. She had gone back to sleep; nothing further needed.', now() - interval '1 day'),
  ('ba610000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002', 'low', 'feedback', null, null,
   '{panic}', null, null, 'gentle-check/1',
   'You wrote that your heart raced before the exam. That is frightening, and it passes. Shall we breathe for a minute?',
   '{"Samaritans, free and day and night: 116 123"}', 'handled', now() - interval '2 days',
   'Spoke with him by message; he has an appointment with the student counsellor.', now() - interval '3 days')
on conflict (id) do nothing;

insert into public.safety_contacts (
  id, user_id, external_first_name, external_last_name, external_phone_number, external_email, priority_order,
  allowed_methods, preferred_method, relationship_type, notes, preferred_contact_time, timezone, is_emergency_contact
)
values
  ('aa611000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001', 'Odile', 'Marchand', '+33155550123',
   null, 1, '{call,sms}', 'call', 'neighbour', 'Has a key to my flat.', 'any time', 'Europe/Paris', true),
  ('aa611000-0000-4000-8000-000000000002', 'a0000000-0000-4000-8000-000000000001', 'Teo', null, '+351215550199',
   'teo@example.com', 2, '{sms,email}', 'email', 'friend', null, 'evenings', 'Europe/Lisbon', false),
  ('ba611000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002', 'Grace', 'Adeyemi', '+442079460999',
   null, 1, '{call}', 'call', 'mother', 'Call rather than write.', 'after six', 'Europe/London', true)
on conflict (id) do nothing;

insert into public.contact_logs (
  id, user_id, safety_contact_id, crisis_event_id, attempted_at, contact_method, success, reason, initiated_by,
  message_template, response_received, response_time_minutes, response_summary
)
select
  told.id::uuid, told.user_id::uuid, told.safety_contact_id::uuid, null, now() - told.ago,
  told.contact_method::public.contact_method, true, told.reason::public.contact_reason,
  told.initiated_by::public.contact_initiator, told.message_template, true, told.minutes, told.answer
from (
  values
    ('aa612000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001',
     'aa611000-0000-4000-8000-000000000001', interval '30 days', 'sms', 'trial', 'user', 'trial/1', 12,
     'The number is right, and she may be called at night.'),
    ('aa612000-0000-4000-8000-000000000002', 'a0000000-0000-4000-8000-000000000001',
     'aa611000-0000-4000-8000-000000000002', interval '29 days', 'sms', 'trial', 'user', 'trial/1', 240,
     'Glad to be asked.'),
    ('ba612000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002',
     'ba611000-0000-4000-8000-000000000001', interval '10 days', 'call', 'trial', 'user', 'trial/1', 0,
     'Picked up at once.')
) as told (id, user_id, safety_contact_id, ago, contact_method, reason, initiated_by, message_template, minutes, answer)
where not exists (select from public.contact_logs as known where known.id = told.id::uuid);

insert into public.safety_plans (
  id, user_id, warning_signs, coping_alone, distracting_people_and_places, people_to_ask, professionals,
  making_environment_safe, reasons_for_living, reviewed_at
)
values
  ('aa613000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001',
   '{"I wake before four, three nights in a row", "I stop answering friends"}',
   '{"Walk along the canal, also in the rain", "Draw what is on the table", "Listen to the radio, low"}',
   '{"The drawing class on Thursdays", "The café by the lock"}',
   '{"Odile next door, also at night", "Teo, by message"}',
   '{"Dr Perrin, general practitioner", "3114, day and night", "112 when it cannot wait"}',
   '{"Odile keeps the sleeping tablets, and gives me one at a time"}',
   '{"My sister, who may yet answer", "My pupils", "The heron by the second bridge"}',
   now() - interval '20 days'),
  ('ba613000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002',
   '{"I read a page five times", "I cancel rehearsals", "My heart races in bed"}',
   '{"Play scales, slowly", "Shower, cold at the end", "Write down three things that went well on the ward"}',
   '{"The orchestra", "The library, where others are quiet, too"}',
   '{"My mother", "Kofi from the ward"}',
   '{"Student counselling, weekdays", "Samaritans 116 123, day and night", "999 when it cannot wait"}',
   '{"Not to sit alone with a bottle after nights", "Kofi has my car key in exam weeks"}',
   '{"Whose hand I held that night", "My little brother", "The Elgar, one day"}',
   now() - interval '5 days')
on conflict do nothing;
