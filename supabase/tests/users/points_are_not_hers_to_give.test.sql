begin;
select plan(3);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select lives_ok($$ update public.users set bio = 'Draws hands.' $$, 'she says who she is');
select throws_ok(
  'update public.users set xp = 10000', '42501', 'permission denied for table users',
  'not what she has earned'
);

select set_config('role', 'cairn_server', true);
update public.users set xp = 10000;
select results_eq(
  'select id, xp from public.users',
  $$ values ('a0000000-0000-4000-8000-000000000001'::uuid, 10000) $$,
  'the server does, and for her alone'
);

select * from finish();
rollback;
