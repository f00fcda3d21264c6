-- Journeys that Ana and Ben have begun, and what they kept on the way.

-- Each is told as it was walked: the database lets a session end, but not begin at its end.
insert into public.journey_sessions (
  id, user_id, journey_id, conversation_id, status, current_step, metadata, started_at, last_active_at, created_at
)
select
  walked.id::uuid, walked.user_id::uuid, journey.id, walked.conversation_id::uuid,
  walked.status::public.journey_session_status, walked.current_step, walked.metadata::jsonb,
  now() - walked.ago, now() - walked.ago + interval '8 minutes', now() - walked.ago
from (
  values
    ('aa509000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001', 'before-sleep',
     'a3000000-0000-4000-8000-000000000001', 'active', 2, '{"mood_at_start": "tired"}', interval '1 day'),
    ('aa509000-0000-4000-8000-000000000002', 'a0000000-0000-4000-8000-000000000001', 'a-letter-not-to-be-sent',
     'a3000000-0000-4000-8000-000000000002', 'active', 6, '{"to": "my sister"}', interval '20 days'),
    ('aa509000-0000-4000-8000-000000000003', 'a0000000-0000-4000-8000-000000000001', 'values-compass',
     null, 'paused', 3, '{}', interval '6 days'),
    ('ba509000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002', 'five-things-you-see',
     'b3000000-0000-4000-8000-000000000001', 'active', 5, '{"mood_at_start": "restless"}', interval '2 days'),
    ('ba509000-0000-4000-8000-000000000002', 'b0000000-0000-4000-8000-000000000002', 'a-difficult-evening',
     null, 'active', 2, '{}', interval '5 days')
) as walked (id, user_id, slug, conversation_id, status, current_step, metadata, ago)
join public.journeys as journey on journey.slug = walked.slug
on conflict (id) do nothing;

insert into public.checkpoints (id, user_id, journey_session_id, step_id, key, value, created_at)
select
  kept.id::uuid, kept.user_id::uuid, kept.journey_session_id::uuid, kept.step_id, kept.key, kept.value::jsonb,
  session.started_at + kept.after
from (
  values
    ('aa509100-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001',
     'aa509000-0000-4000-8000-000000000001', 'dim', 'awake', '7', interval '1 minute'),
    ('aa509100-0000-4000-8000-000000000002', 'a0000000-0000-4000-8000-000000000001',
     'aa509000-0000-4000-8000-000000000001', 'park-the-thoughts', 'list',
     '["the parcel for Lisbon", "chalk for Monday", "answer Marta"]', interval '4 minutes'),
    ('aa509100-0000-4000-8000-000000000003', 'a0000000-0000-4000-8000-000000000001',
     'aa509000-0000-4000-8000-000000000002', 'to-whom', 'answer', '{"text": "To my sister, as she was at nineteen."}',
     interval '2 minutes'),
    ('aa509100-0000-4000-8000-000000000004', 'a0000000-0000-4000-8000-000000000001',
     'aa509000-0000-4000-8000-000000000002', 'what-stays', 'answer', '{"text": "The pot of basil on her windowsill."}',
     interval '24 minutes'),
    ('ba509100-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002',
     'ba509000-0000-4000-8000-000000000001', 'five-you-see', 'answer',
     '["cello case", "anatomy book", "cold tea", "the blue chair", "rain"]', interval '1 minute'),
    ('ba509100-0000-4000-8000-000000000002', 'b0000000-0000-4000-8000-000000000002',
     'ba509000-0000-4000-8000-000000000001', 'here', 'easier', '"a little"', interval '5 minutes')
) as kept (id, user_id, journey_session_id, step_id, key, value, after)
join public.journey_sessions as session on session.id = kept.journey_session_id::uuid and session.status = 'active'
where not exists (select from public.checkpoints as known where known.id = kept.id::uuid)
order by kept.id;

update public.journey_sessions
set status = 'completed', completed_at = started_at + interval '28 minutes', last_active_at = started_at + interval '28 minutes'
where id in ('aa509000-0000-4000-8000-000000000002', 'ba509000-0000-4000-8000-000000000001') and status = 'active';
update public.journey_sessions
set status = 'abandoned'
where id = 'ba509000-0000-4000-8000-000000000002' and status = 'active';
