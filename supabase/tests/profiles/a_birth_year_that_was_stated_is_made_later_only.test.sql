begin;
select plan(4);

update public.profiles set birth_year = 1990 where user_id = 'a0000000-0000-4000-8000-000000000001';
select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select throws_ok(
  'update public.profiles set birth_year = 1980',
  'CA409', 'A birth year that was stated can only be changed to a later one. Ask us to correct it.',
  'nobody grows older by typing'
);
select throws_ok(
  'update public.profiles set age_verified = true', '42501', 'permission denied for table profiles',
  'or verifies herself'
);
select lives_ok('update public.profiles set birth_year = 1991', 'younger one may be');

reset role;
select lives_ok(
  $$ update public.profiles set birth_year = 1980 where user_id = 'a0000000-0000-4000-8000-000000000001' $$,
  'and staff correct it'
);

select * from finish();
rollback;
