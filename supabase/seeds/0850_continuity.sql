-- Where Ana's and Ben's conversations stopped, and what they say of them. May be run again.

insert into public.user_conversation_continuity (
  id, user_id, conversation_id, last_topics, open_points, mood_at_end, suggested_opening, through_turn
)
values
  ('aa402000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001',
   'a3000000-0000-4000-8000-000000000002', '{"the letter to her sister"}',
   '{"the first sentence", "what used to stand on the windowsill"}', 'wistful',
   'Last time we looked for a first sentence to your sister. Has one come by since?', 2),
  ('aa402000-0000-4000-8000-000000000002', 'a0000000-0000-4000-8000-000000000001',
   'a3000000-0000-4000-8000-000000000001', '{"waking at four", "the list"}', '{"what to do with the list"}',
   'tired', null, 4),
  ('ba402000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002',
   'b3000000-0000-4000-8000-000000000002', '{"the first night shift"}', '{"who holds his hand"}', 'moved',
   'You came home from the ward with very full hands. How have the nights been since?', 2)
on conflict do nothing;

insert into public.user_feedback (id, user_id, conversation_id, message_id, kind, rating, comment, created_at)
values
  ('aa403000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001',
   null, 'a4000000-0000-4000-8000-000000000004', 'helpful', 5,
   'Writing it down was the thing. I slept until seven.', now() - interval '20 hours'),
  ('aa403000-0000-4000-8000-000000000002', 'a0000000-0000-4000-8000-000000000001',
   'a3000000-0000-4000-8000-000000000002', null, 'helpful', 4, null, now() - interval '19 days'),
  ('ba403000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002',
   null, 'b4000000-0000-4000-8000-000000000002', 'unhelpful', 2,
   'I had asked about the page, not about the cello. It did fit later.', now() - interval '2 days'),
  ('ba403000-0000-4000-8000-000000000002', 'b0000000-0000-4000-8000-000000000002',
   null, null, 'other', null, 'A darker dark, please: I write from the ward at night.', now() - interval '5 days')
on conflict do nothing;

-- Each has been received, by the trigger on user_feedback. What was said is not said again: the log
-- goes only forward.
insert into public.feedback_log (id, user_id, feedback_id, status, note)
select told.id::uuid, told.user_id::uuid, told.feedback_id::uuid, told.status::public.feedback_status, told.note
from (
  values
    ('aa404000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001',
     'aa403000-0000-4000-8000-000000000001', 'reviewed', 'Read with joy. Nothing to do.'),
    ('ba404000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002',
     'ba403000-0000-4000-8000-000000000001', 'reviewed', 'The reply turned away from his question too early.'),
    ('ba404000-0000-4000-8000-000000000002', 'b0000000-0000-4000-8000-000000000002',
     'ba403000-0000-4000-8000-000000000001', 'acted', 'Among the examples of when to stay with what was asked.')
) as told (id, user_id, feedback_id, status, note)
where not exists (select from public.feedback_log as known where known.id = told.id::uuid)
order by told.id;
