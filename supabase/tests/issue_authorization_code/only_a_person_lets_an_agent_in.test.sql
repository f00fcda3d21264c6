begin;
select plan(3);

select set_config('role', 'cairn_server', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001", "act": {"sub": "agent:client-1"}}', true);
select private.register_client('client-1', null, 'An agent', '{https://agent.example/callback}', '{read}');
select throws_ok(
  $$ select private.issue_authorization_code(
       repeat('c', 64), 'client-1', 'https://agent.example/callback', '{read}', repeat('v', 43)) $$,
  'CA401', 'Only a person who has signed in herself lets an agent in.', 'no agent another'
);

select set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select throws_ok(
  $$ select private.issue_authorization_code(
       repeat('c', 64), 'client-1', 'https://agent.example/callback', '{read, write}', repeat('v', 43)) $$,
  'CA400', 'This client did not register for what it asks.', 'to no more than it registered for'
);
select throws_ok(
  $$ select private.issue_authorization_code(
       repeat('c', 64), 'client-1', 'https://agent.example.evil.example/callback', '{read}', repeat('v', 43)) $$,
  'CA400', 'This client did not register for what it asks.', 'and at no other address'
);

select * from finish();
rollback;
