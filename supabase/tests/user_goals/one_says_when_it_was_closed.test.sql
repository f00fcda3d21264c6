begin;
select plan(4);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);

update public.user_goals set status = 'reached' where id = 'aa104000-0000-4000-8000-000000000001';
select isnt(
  (select closed_at from public.user_goals where id = 'aa104000-0000-4000-8000-000000000001'), null,
  'at once, also short of 100'
);
select throws_ok(
  $$ update public.user_goals set status = 'dropped' where id = 'aa104000-0000-4000-8000-000000000001' $$,
  'CA409', 'A goal that is reached cannot become dropped; open it again first.', 'one end does not become another'
);
update public.user_goals set status = 'open' where id = 'aa104000-0000-4000-8000-000000000001';
select is(
  (select closed_at from public.user_goals where id = 'aa104000-0000-4000-8000-000000000001'), null,
  'opened again, it is not closed'
);
select results_eq(
  'select name, public.value_gap(importance, lived) from public.user_value_compass order by 2 desc',
  $$ values ('Being a sister', 7), ('Teaching to see', 1) $$, 'and the compass points to what is least lived'
);

select * from finish();
rollback;
