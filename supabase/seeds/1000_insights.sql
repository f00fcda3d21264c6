-- What Ana and Ben have understood, and what they mean to do. May be run again.

insert into public.insights (
  id, user_id, conversation_id, origin, type, status, title, content, evidence, tags, rating, feedback, revealed_at,
  actioned_at, created_at
)
values
  ('aa405000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001',
   'a3000000-0000-4000-8000-000000000001', 'user', 'reflection', 'revealed', null,
   'The list is shorter when I hold it against the light. Most of it belongs to other people.', '{}',
   '{sleep, boundaries}', null, null, now() - interval '20 hours', null, now() - interval '20 hours'),
  ('aa405000-0000-4000-8000-000000000002', 'a0000000-0000-4000-8000-000000000001',
   'a3000000-0000-4000-8000-000000000002', 'agent', 'session_summary', 'actioned', 'A letter, not an apology',
   'You came with a silence of two years and left with a pot of basil. The letter need not explain anything: it may '
   'simply be a sign that you thought of her.',
   '{"I do not know how one begins."}', '{sister}', 5, 'I have kept this one.',
   now() - interval '19 days', now() - interval '18 days', now() - interval '20 days'),
  ('ba405000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002',
   'b3000000-0000-4000-8000-000000000002', 'user', 'reflection', 'revealed', 'Being there',
   'Doing nothing with somebody is not doing nothing.', '{}', '{work}', null, null,
   now() - interval '7 days', null, now() - interval '7 days'),
  ('ba405000-0000-4000-8000-000000000002', 'b0000000-0000-4000-8000-000000000002',
   'b3000000-0000-4000-8000-000000000001', 'agent', 'follow_up', 'revealed', null,
   'You wanted to find out whether twenty minutes with the cello are lost time or found. Which was it?',
   '{"I told myself that the cello has to wait until it is over."}', '{exam, cello}', 4, null,
   now() - interval '1 day', null, now() - interval '40 hours')
on conflict do nothing;

-- From what they share of their journals, and only while they do.
insert into public.insights (
  id, user_id, journal_entry_id, origin, type, title, content, evidence, tags, created_at
)
select
  told.id::uuid, told.user_id::uuid, entry.id, 'journal', 'journal_pattern', told.title, told.content,
  told.evidence::text[], told.tags::text[], entry.insights_extracted_at
from (
  values
    ('aa405000-0000-4000-8000-000000000003', 'a0000000-0000-4000-8000-000000000001',
     'aa401000-0000-4000-8000-000000000001', 'What is yours to mend',
     'Each time you write a list at night, the lighter half of the next morning goes to crossing out what was never '
     'yours. It might be worth asking of each line: whose is it?',
     '{"By daylight seven of them were not mine to mend."}', '{sleep}'),
    ('ba405000-0000-4000-8000-000000000003', 'b0000000-0000-4000-8000-000000000002',
     'ba401000-0000-4000-8000-000000000001', 'Rest that works',
     'The pages that stayed with you were read after you had played, not instead of it.',
     '{"Read the page afterwards and it stayed."}', '{cello}')
) as told (id, user_id, entry_id, title, content, evidence, tags)
join public.journal_entries as entry
  on entry.id = told.entry_id::uuid and entry.insights_extracted_at is not null and entry.deleted_at is null
where not exists (select from public.insights as known where known.id = told.id::uuid);

insert into public.commitments (
  id, user_id, conversation_id, insight_id, origin, text, why, due_on, status, kept_at, dropped_at, created_at
)
values
  ('aa406000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001',
   'a3000000-0000-4000-8000-000000000001', 'aa405000-0000-4000-8000-000000000001', 'user',
   'Paper and pencil go on the windowsill, and the list goes there before bed.', 'So that it need not wake me.',
   null, 'open', null, null, now() - interval '20 hours'),
  ('aa406000-0000-4000-8000-000000000002', 'a0000000-0000-4000-8000-000000000001',
   'a3000000-0000-4000-8000-000000000002', 'aa405000-0000-4000-8000-000000000002', 'companion',
   'One sentence to my sister on a postcard, by Sunday.', 'One sentence is a letter, too.',
   current_date - 14, 'kept', now() - interval '15 days', null, now() - interval '20 days'),
  ('ba406000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002',
   'b3000000-0000-4000-8000-000000000001', 'ba405000-0000-4000-8000-000000000002', 'user',
   'Twenty minutes of cello before each evening''s reading.', null,
   current_date + 1, 'open', null, null, now() - interval '1 day'),
  ('ba406000-0000-4000-8000-000000000002', 'b0000000-0000-4000-8000-000000000002',
   null, null, 'user', 'Run every morning before the shift.', 'Everybody says so.',
   current_date - 5, 'dropped', null, now() - interval '6 days', now() - interval '10 days')
on conflict do nothing;
