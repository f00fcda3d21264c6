begin;
select plan(4);

select set_config('role', 'cairn_server', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true),
       set_config('cairn.snapshot_every', '4', true);

select is_empty(
  'select * from private.append_memory_snapshot(public.memory_snapshot())', 'what is known already is no version'
);
select results_eq(
  $$ select version, is_checkpoint, operations
     from private.append_memory_snapshot(public.memory_snapshot() || '{"mood": "lighter"}') $$,
  $$ values (3, false, '[{"op": "add", "path": "/mood", "value": "lighter"}]'::jsonb) $$,
  'what is new is kept as its difference'
);
select results_eq(
  $$ select version, is_checkpoint from private.append_memory_snapshot('{"summary": "Ana wrote."}') $$,
  'values (4, true)', 'and every so often whole'
);
select throws_ok(
  $$ select * from private.append_memory_snapshot('[]') $$,
  'CA400', 'A snapshot is a JSON object of at most 1 MB.', 'it is always an object'
);

select * from finish();
rollback;
