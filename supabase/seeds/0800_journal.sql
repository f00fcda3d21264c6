-- Ana's and Ben's journals: shared pages, a private one, and one in the trash. May be run again.

insert into public.journal_entries (
  id, user_id, conversation_id, title, content, mood, emotional_tone, themes, is_private, shared_with_ai,
  insights_extracted_at, deleted_at, created_at
)
values
  ('aa401000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001',
   'a3000000-0000-4000-8000-000000000001', 'The list at four',
   'I wrote the list down, as we said. Eleven things. By daylight seven of them were not mine to mend. '
   'I crossed those out and went to the canal.',
   'tired, lighter', '{relief, weariness}', '{sleep, "other people''s things"}', false, true,
   now() - interval '20 hours', null, now() - interval '21 hours'),
  ('aa401000-0000-4000-8000-000000000002', 'a0000000-0000-4000-8000-000000000001',
   null, null,
   'What I would say to her if she rang now. Not for anybody: only so that it has been said.',
   'sore', '{longing, anger}', '{"my sister"}', true, false,
   null, null, now() - interval '19 days'),
  ('aa401000-0000-4000-8000-000000000003', 'a0000000-0000-4000-8000-000000000001',
   null, 'Shopping', 'Paper, ink, bread. Wrong book.', null, '{}', '{}', false, false,
   null, now() - interval '3 days', now() - interval '3 days'),
  ('ba401000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002',
   'b3000000-0000-4000-8000-000000000001', 'Twenty minutes',
   'Played for twenty minutes with the mute on. Read the page afterwards and it stayed. I do not trust it yet, '
   'but it stayed.',
   'calmer', '{surprise, hope}', '{exam, cello}', false, true,
   now() - interval '1 day', null, now() - interval '30 hours'),
  ('ba401000-0000-4000-8000-000000000002', 'b0000000-0000-4000-8000-000000000002',
   null, 'The hand', 'Her hand was so light. I keep feeling it. I do not want anybody to make something of this.',
   'quiet', '{tenderness, sadness}', '{"night shift"}', true, false,
   null, null, now() - interval '7 days')
on conflict (id) do nothing;
