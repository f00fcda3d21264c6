begin;
select plan(4);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select throws_ok(
  $$ update public.parts set status = 'emerging' where id = 'aa407000-0000-4000-8000-000000000001' $$,
  'CA409', 'A part that is active cannot become emerging.', 'it does not go back'
);
update public.parts set status = 'integrated' where id = 'aa407000-0000-4000-8000-000000000003';
select results_eq(
  $$ select status_changed_at, version from public.parts where id = 'aa407000-0000-4000-8000-000000000003' $$,
  'values (now(), 2)', 'forward it goes by as many steps as she likes'
);
select throws_ok(
  $$ update public.parts set confidence_score = 1 where id = 'aa407000-0000-4000-8000-000000000003' $$,
  '42501', 'permission denied for table parts', 'how sure the companion is, is not hers to say'
);
select throws_like(
  $$ insert into public.parts (name, felt_age) values ('The old one', 121) $$,
  '%parts_felt_age_is_between_0_and_120_years%', 'and none is older than a person'
);

select * from finish();
rollback;
