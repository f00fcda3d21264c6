begin;
select plan(4);

select set_config('role', 'cairn_server', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select private.register_client('client-1', null, 'An agent', '{https://agent.example/callback}', '{read, write}');
select private.issue_authorization_code(
  repeat('c', 64), 'client-1', 'https://agent.example/callback', '{read}', repeat('v', 43));

create function pg_temp.redeem(challenge text) returns bigint language sql as $$
  select count(*) from private.redeem_authorization_code(
    repeat('c', 64), 'client-1', 'https://agent.example/callback', challenge, repeat('a', 64), repeat('b', 64), 600, 86400)
$$;
grant execute on function pg_temp.redeem to public;
select is(pg_temp.redeem(repeat('x', 43)), 0::bigint, 'by nobody who does not know the verifier');
select is(pg_temp.redeem(repeat('v', 43)), 1::bigint, 'by the client');
select is(
  (select user_id from private.admit_access_token(repeat('a', 64))), 'a0000000-0000-4000-8000-000000000001',
  'which then acts for Ana'
);
select pg_temp.redeem(repeat('v', 43));
select is_empty(
  $$ select * from private.admit_access_token(repeat('a', 64)) $$,
  'until the code comes again: then one of the two is a thief'
);

select * from finish();
rollback;
