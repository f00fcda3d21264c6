begin;
select plan(4);

select set_config('role', 'cairn_server', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select ok(
  private.admit_session('a2000000-0000-4000-8000-00000000000a', now() + interval '1 hour', 'api', 'a phone', null, now()),
  'Ana comes in'
);

reset role;
update public.users set is_active = false where id = 'a0000000-0000-4000-8000-000000000001';
select isnt(
  (select ended_at from public.user_sessions where id = 'a2000000-0000-4000-8000-00000000000a'),
  null,
  'then she is locked out, which ends her sign-ins'
);
select is(
  (select reason from private.denials where kind = 'user' and subject = 'a0000000-0000-4000-8000-000000000001'),
  'account locked',
  'refuses the tokens that she has'
);

select set_config('role', 'cairn_server', true);
select ok(
  not private.admit_session('a2000000-0000-4000-8000-00000000000b', now() + interval '1 hour', 'api', 'a phone', null,
                            now() + interval '1 minute'),
  'and new ones as well'
);

select * from finish();
rollback;
