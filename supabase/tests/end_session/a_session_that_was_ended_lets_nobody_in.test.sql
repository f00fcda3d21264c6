begin;
select plan(4);

select set_config('role', 'cairn_server', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select private.admit_session('a2000000-0000-4000-8000-00000000000a', now() + interval '1 hour', 'api', 'a phone', null, now());

select set_config('request.jwt.claims', '{"sub": "b0000000-0000-4000-8000-000000000002"}', true);
select throws_ok(
  $$ select private.end_session('a2000000-0000-4000-8000-00000000000a') $$,
  'CA404', 'There is no such session, or it is not yours.', 'Ben cannot sign Ana out'
);
select ok(
  not private.admit_session('a2000000-0000-4000-8000-00000000000a', now() + interval '1 hour', 'api', null, null, now()),
  'nor come in with her session'
);

select set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select isnt((select ended_at from private.end_session('a2000000-0000-4000-8000-00000000000a')), null, 'Ana can');
select ok(
  not private.admit_session('a2000000-0000-4000-8000-00000000000a', now() + interval '1 hour', 'api', null, null, now()),
  'and it is over for good'
);

select * from finish();
rollback;
