begin;
select plan(4);

select set_config('role', 'cairn_server', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select throws_ok(
  $$ select private.add_part_evidence('aa407000-0000-4000-8000-000000000003', 'A lonely hour', 'a4000000-0000-4000-8000-000000000002') $$,
  'CA404', 'There is no such message of hers.', 'not her companion''s'
);
select private.add_part_evidence('aa407000-0000-4000-8000-000000000003', 'A list.', 'a4000000-0000-4000-8000-000000000003')
from generate_series(1, 2);
select results_eq(
  $$ select cardinality(recent_evidence), confidence_score from public.parts where id = 'aa407000-0000-4000-8000-000000000003' $$,
  'values (1, 0.2::double precision)', 'the same words count once'
);

delete from public.messages where id = 'a4000000-0000-4000-8000-000000000003';
select is(
  (select recent_evidence from public.parts where id = 'aa407000-0000-4000-8000-000000000003'), '{}',
  'and are cited no longer when she takes them back'
);

select set_config('request.jwt.claims', '{"sub": "b0000000-0000-4000-8000-000000000002"}', true);
select throws_ok(
  $$ select private.add_part_evidence('aa407000-0000-4000-8000-000000000003', 'A list.') $$,
  'CA404', 'There is no such part, or it is not yours.', 'Ben knows no part of Ana''s'
);

select * from finish();
rollback;
