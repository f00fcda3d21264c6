begin;
select plan(4);

select set_config('role', 'cairn_server', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
-- The seed's three, and nine more.
select private.add_part_evidence('aa407000-0000-4000-8000-000000000001', 'Nine things, ' || day, null, 0.1)
from generate_series(1, 9) as day;

select is(
  (select cardinality(recent_evidence) from public.parts where id = 'aa407000-0000-4000-8000-000000000001'), 10,
  'no more'
);
select is(
  (select recent_evidence[1] ->> 'quote' from public.parts where id = 'aa407000-0000-4000-8000-000000000001'),
  'I woke at four again.', 'the oldest go'
);
select cmp_ok(
  (select confidence_score from public.parts where id = 'aa407000-0000-4000-8000-000000000001'), '>', 0.488::double precision,
  'and it is surer'
);
select throws_like(
  $$ update public.parts set recent_evidence = recent_evidence || recent_evidence
     where id = 'aa407000-0000-4000-8000-000000000001' $$,
  '%parts_recent_evidence_is_at_most_10%', 'eleven are not to be had by another way'
);

select * from finish();
rollback;
