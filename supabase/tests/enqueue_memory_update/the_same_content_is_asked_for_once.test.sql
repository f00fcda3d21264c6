begin;
select plan(3);

select set_config('role', 'cairn_server', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select private.request_memory_update('voice_call', 'aa513000-0000-4000-8000-00000000000a', 'hash-1') from generate_series(1, 3);
select results_eq(
  $$ select requested, processed from public.memory_updates where ref_id = 'aa513000-0000-4000-8000-00000000000a' $$,
  'values (1, false)', 'three times the same'
);

select private.request_memory_update('voice_call', 'aa513000-0000-4000-8000-00000000000a', 'hash-2');
select is(
  (select requested from public.memory_updates where ref_id = 'aa513000-0000-4000-8000-00000000000a'), 2,
  'and once something new'
);

select set_config('request.jwt.claims', '', true);
select throws_ok(
  $$ select private.request_memory_update('voice_call', 'aa513000-0000-4000-8000-00000000000a') $$,
  'CA401', 'Sign in first.', 'in nobody''s name, nothing'
);

select * from finish();
rollback;
