-- When Ana's and Ben's companions come by themselves, and how that went.

insert into public.schedules (
  id, user_id, name, description, schedule_type, cron_expression, timezone, reminder_method, phone_number, email,
  assistant_id, is_active, context_summary, created_at
)
values
  ('aa514000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001', 'Sunday evening',
   'A look at the week before it begins.', 'chat_checkup', '30 20 * * SUN', 'Europe/Lisbon', null, null, null, null, true,
   'She sleeps badly before Mondays. Ask about drawing first, about work later.', now() - interval '30 days'),
  ('aa514000-0000-4000-8000-000000000002', 'a0000000-0000-4000-8000-000000000001', 'Call before bed', null, 'voice_call',
   '0 22 * * MON-FRI', 'Europe/Lisbon', 'call', '+351210000001', null, 'cairn-voice-juniper', false,
   'Short, and no questions at the end.', now() - interval '12 days'),
  ('ba514000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002', 'Cello, twenty minutes', null, 'reminder',
   '0 18 * * TUE,THU', 'Europe/London', 'email', null, 'ben@example.com', null, true,
   'He asked to be reminded kindly, and only once.', now() - interval '10 days')
on conflict (id) do nothing;

insert into public.schedule_executions (
  id, user_id, schedule_id, due_at, status, executed_at, error_code, user_responded, response_time_minutes,
  session_duration_minutes, execution_metadata, created_at
)
select
  run.id::uuid, run.user_id::uuid, run.schedule_id::uuid, day + run.due, run.status::public.schedule_run_status,
  case when run.status <> 'skipped' then day + run.due + interval '4 seconds' end, run.error_code, run.user_responded,
  run.response_time_minutes, run.session_duration_minutes, run.execution_metadata::jsonb, day + run.due
from (
  values
    ('aa514100-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001', 'aa514000-0000-4000-8000-000000000001',
     interval '20 hours', 10, 'succeeded', null, true, 12.5, 18.0, '{"opened_with": "drawing"}'),
    ('aa514100-0000-4000-8000-000000000002', 'a0000000-0000-4000-8000-000000000001', 'aa514000-0000-4000-8000-000000000001',
     interval '20 hours', 3, 'succeeded', null, false, null, null, '{}'),
    ('aa514100-0000-4000-8000-000000000003', 'a0000000-0000-4000-8000-000000000001', 'aa514000-0000-4000-8000-000000000002',
     interval '22 hours', 5, 'skipped', 'too_late', null, null, null, '{}'),
    ('ba514100-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002', 'ba514000-0000-4000-8000-000000000001',
     interval '18 hours', 4, 'succeeded', null, true, 55.0, null, '{"sent_to": "email"}'),
    ('ba514100-0000-4000-8000-000000000002', 'b0000000-0000-4000-8000-000000000002', 'ba514000-0000-4000-8000-000000000001',
     interval '18 hours', 2, 'failed', 'mailbox_full', null, null, null, '{}')
) as run (
  id, user_id, schedule_id, due, days_ago, status, error_code, user_responded, response_time_minutes,
  session_duration_minutes, execution_metadata
)
cross join lateral (select date_trunc('day', now()) - make_interval(days => run.days_ago)) as appointed (day)
on conflict do nothing;
