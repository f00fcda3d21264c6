begin;
select plan(4);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);

select is(
  public.memory_snapshot(1), '{"summary": "Ana would like to write to her sister.", "themes": ["sister"]}', 'the first'
);
select is(public.memory_snapshot() -> 'themes', '["sister", "sleep"]', 'the latest, put together from its differences');
select is(
  (select public.memory_snapshot(at => created_at) from public.user_memory_snapshots where version = 1),
  public.memory_snapshot(1), 'what was known at a moment'
);
select throws_ok(
  'select public.memory_snapshot(3)', 'CA404', 'There is no such version of your memory.', 'and none that was not'
);

select * from finish();
rollback;
