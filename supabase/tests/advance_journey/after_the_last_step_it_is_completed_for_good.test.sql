begin;
select plan(4);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select results_eq(
  $$ select current_step, status::text from public.advance_journey('aa509000-0000-4000-8000-000000000003') $$,
  $$ values (4, 'active') $$, 'a paused one goes on, a step further'
);
select throws_ok(
  $$ select public.advance_journey('aa509000-0000-4000-8000-000000000003', 8) $$,
  'CA400', 'This journey has steps 1 to 7.', 'there is no eighth'
);
select public.advance_journey('aa509000-0000-4000-8000-000000000003', 7);
select results_eq(
  $$ select current_step, status::text, completed_at from public.advance_journey('aa509000-0000-4000-8000-000000000003') $$,
  $$ values (7, 'completed', now()) $$, 'from the last it goes to the end'
);
select throws_ok(
  $$ select public.advance_journey('aa509000-0000-4000-8000-000000000003', 1) $$,
  'CA409', 'A journey session that is completed goes no further.', 'and does not begin again'
);

select * from finish();
rollback;
