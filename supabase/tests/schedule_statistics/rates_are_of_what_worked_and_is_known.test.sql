begin;
select plan(3);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select results_eq(
  'select runs, succeeded, failed, skipped, response_rate, average_response_minutes from public.schedule_statistics()',
  'values (3::bigint, 2::bigint, 0::bigint, 1::bigint, 0.5::double precision, 12.5::double precision)', 'of all'
);
select results_eq(
  $$ select runs, response_rate from public.schedule_statistics('aa514000-0000-4000-8000-000000000002') $$,
  'values (1::bigint, null::double precision)', 'of one, where there is nothing to divide by'
);
select results_eq(
  $$ select runs from public.schedule_statistics('ba514000-0000-4000-8000-000000000001') $$, 'values (0::bigint)',
  'and none of Ben''s'
);

select * from finish();
rollback;
