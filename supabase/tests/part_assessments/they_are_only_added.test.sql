begin;
select plan(3);

select set_config('role', 'cairn_server', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select throws_ok(
  'update public.part_assessments set intensity = 1', '42501', 'permission denied for table part_assessments',
  'not even the server changes one'
);
select throws_like(
  $$ insert into public.part_assessments (part_id, assessment_type) values ('aa407000-0000-4000-8000-000000000001', 'trust') $$,
  '%part_assessments_are_not_empty%', 'one that finds nothing is none'
);
delete from public.parts where id = 'aa407000-0000-4000-8000-000000000001';
select is_empty(
  $$ select from public.part_assessments where part_id = 'aa407000-0000-4000-8000-000000000001' $$,
  'they go with their part'
);

select * from finish();
rollback;
