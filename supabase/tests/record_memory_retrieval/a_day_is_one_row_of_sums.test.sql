begin;
select plan(2);

select set_config('role', 'cairn_server', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select private.record_memory_retrieval(2.0, 10, 4, 0.5), private.record_memory_retrieval(6.0, 10, 0);
select results_eq(
  $$ select retrievals, misses, hits, mean_score, mean_latency_ms, latency_ms_max from public.memory_metrics
     where day = (now() at time zone 'UTC')::date $$,
  'values (2, 1, 4::bigint, 0.5::double precision, 4::double precision, 6::double precision)',
  'two searches, one of which found nothing'
);
select throws_ok(
  'select private.record_memory_retrieval(1.0, 1, 2, 0.5)', '23514', null, 'none finds more than it looked at'
);

select * from finish();
rollback;
