begin;
select plan(3);

select set_config('role', 'cairn_server', true),
       set_config('request.jwt.claims', '{"sub": "b0000000-0000-4000-8000-000000000002"}', true);
select is(
  private.touch_memory_access(
    '{aa200000-0000-4000-8000-000000000001, ba200000-0000-4000-8000-000000000002, ba200000-0000-4000-8000-0000000000ff}'),
  1::bigint, 'of Ana''s, Ben''s and a missing one, Ben''s'
);
select is(
  (select access_count from public.memory_access where id = 'ba200000-0000-4000-8000-000000000002'), 3, 'once more'
);

reset role;
select is(
  (select access_count from public.memory_access where id = 'aa200000-0000-4000-8000-000000000001'), 3,
  'Ana''s is as it was'
);

select * from finish();
rollback;
