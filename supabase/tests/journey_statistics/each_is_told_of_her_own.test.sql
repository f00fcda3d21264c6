begin;
select plan(2);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select results_eq(
  'select sessions, active, paused, completed, abandoned, checkpoints from public.journey_statistics()',
  'values (3::bigint, 1::bigint, 1::bigint, 1::bigint, 0::bigint, 4::bigint)', 'Ana of three'
);

select set_config('request.jwt.claims', '{"sub": "b0000000-0000-4000-8000-000000000002"}', true);
select results_eq(
  'select sessions, active, paused, completed, abandoned, checkpoints from public.journey_statistics()',
  'values (2::bigint, 0::bigint, 0::bigint, 1::bigint, 1::bigint, 2::bigint)', 'Ben of two'
);

select * from finish();
rollback;
