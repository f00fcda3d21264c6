begin;
select plan(4);

select set_config('role', 'cairn_server', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select private.register_client('client-1', null, 'An agent', '{https://agent.example/callback}', '{read}');
select private.issue_authorization_code(
  repeat('c', 64), 'client-1', 'https://agent.example/callback', '{read}', repeat('d', 43));
create temporary table consent on commit drop as
select * from private.redeem_authorization_code(
  repeat('c', 64), 'client-1', 'https://agent.example/callback', repeat('d', 43), repeat('1', 64), repeat('2', 64), 600, 86400);
select results_eq('select name from private.connected_agents()', $$ values ('An agent') $$, 'Ana sees whom she let in');

select set_config('request.jwt.claims', '{"sub": "b0000000-0000-4000-8000-000000000002"}', true);
select throws_ok(
  'select private.revoke_token_family(family_id) from consent',
  'CA404', 'There is no such consent, or it is not yours.', 'Ben does not'
);

select set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select private.revoke_token_family(family_id) from consent;
select is_empty($$ select * from private.admit_access_token(repeat('1', 64)) $$, 'its token counts no longer');
select is_empty('select * from private.connected_agents()', 'and nobody is in');

select * from finish();
rollback;
