begin;
select plan(3);

select set_config('role', 'cairn_server', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select throws_ok(
  'select from private.oauth_tokens', '42501', 'permission denied for table oauth_tokens',
  'the server reads none of this'
);
select private.register_client('client-1', null, 'An agent', '{https://agent.example/callback}', '{read}');
select throws_like(
  $$ select private.issue_authorization_code(
       'a-code-itself', 'client-1', 'https://agent.example/callback', '{read}', repeat('d', 43)) $$,
  '%authorization_codes_code_hash_is_sha256_in_hex%', 'and hands over hashes only'
);
select throws_like(
  $$ select private.register_client('client-2', null, 'Another', '{http://agent.example/callback}', '{read}') $$,
  '%oauth_clients_redirect_uris_are_safe_and_at_most_20%', 'no code goes over an open line'
);

select * from finish();
rollback;
