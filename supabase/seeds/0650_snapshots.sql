-- What memory, as a whole, makes of Ana and Ben. Their check-ins and conversations have asked for it.

insert into public.user_memory_snapshots (id, user_id, version, operations, document, metadata, created_at)
values
  ('aa240000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000001', 1,
   '[{"op": "add", "path": "/themes", "value": ["sister"]},
     {"op": "add", "path": "/summary", "value": "Ana would like to write to her sister."}]',
   '{"summary": "Ana would like to write to her sister.", "themes": ["sister"]}',
   '{"update": "conversation"}', now() - interval '20 days'),
  ('aa240000-0000-4000-8000-000000000002', 'a0000000-0000-4000-8000-000000000001', 2,
   '[{"op": "add", "path": "/themes/1", "value": "sleep"},
     {"op": "add", "path": "/helps", "value": ["writing the list down"]}]',
   null, '{"update": "check_in"}', now() - interval '1 day'),
  ('ba240000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002', 1,
   '[{"op": "add", "path": "/themes", "value": ["night shift"]},
     {"op": "add", "path": "/summary", "value": "Ben has begun to work nights, and trusts it more each time."}]',
   '{"summary": "Ben has begun to work nights, and trusts it more each time.", "themes": ["night shift"]}',
   '{"update": "conversation"}', now() - interval '8 days'),
  ('ba240000-0000-4000-8000-000000000002', 'b0000000-0000-4000-8000-000000000002', 2,
   '[{"op": "add", "path": "/themes/1", "value": "exams"}]',
   null, '{"update": "check_in"}', now() - interval '2 days')
on conflict do nothing;
