begin;
select plan(4);

select set_config('role', 'cairn_server', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select private.register_client('client-1', null, 'An agent', '{https://agent.example/callback}', '{read, write}');
select private.issue_authorization_code(
  repeat('c', 64), 'client-1', 'https://agent.example/callback', '{read}', repeat('d', 43));
select private.redeem_authorization_code(
  repeat('c', 64), 'client-1', 'https://agent.example/callback', repeat('d', 43), repeat('1', 64), repeat('2', 64), 600, 86400);

select throws_ok(
  $$ select private.rotate_refresh_token(repeat('2', 64), 'client-1', repeat('3', 64), repeat('4', 64), 600, 86400, '{write}') $$,
  'CA400', 'A token may be given less than was agreed to, never more.', 'it gives no more than she agreed to'
);
select isnt_empty(
  $$ select * from private.rotate_refresh_token(repeat('2', 64), 'client-1', repeat('3', 64), repeat('4', 64), 600, 86400) $$,
  'exchanged, it gives the next'
);
select is_empty(
  $$ select * from private.rotate_refresh_token(repeat('2', 64), 'client-1', repeat('5', 64), repeat('6', 64), 600, 86400) $$,
  'again, it gives nothing'
);
select is_empty(
  $$ select admitted.* from unnest(array['1', '3']) as digit, private.admit_access_token(repeat(digit, 64)) as admitted $$,
  'and takes all with it that came of her consent'
);

select * from finish();
rollback;
