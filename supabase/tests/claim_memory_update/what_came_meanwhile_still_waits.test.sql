begin;
select plan(4);

delete from public.memory_updates;
select set_config('role', 'cairn_server', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select private.request_memory_update('message', 'a4000000-0000-4000-8000-000000000001', 'hash-1');
create temporary table claim on commit drop as select * from private.claim_memory_update(60);
select is((select requested from claim), 1, 'a worker reads it');
select is_empty('select * from private.claim_memory_update(60)', 'alone');

select private.request_memory_update('message', 'a4000000-0000-4000-8000-000000000001', 'hash-2');
select private.finish_memory_update(id, fence, requested) from claim;
select results_eq(
  'select requested, done, processed from public.memory_updates', 'values (2, 1, false)',
  'what it had not read is not done'
);
select throws_ok(
  'select private.finish_memory_update(id, fence, 2) from claim',
  'CA410', 'This memory update is not held by this claim any more.', 'and not by this claim'
);

select * from finish();
rollback;
