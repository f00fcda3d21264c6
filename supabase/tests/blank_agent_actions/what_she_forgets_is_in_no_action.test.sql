begin;
select plan(3);

select set_config('role', 'cairn_server', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select is(
  private.blank_agent_actions('conversations', 'a3000000-0000-4000-8000-000000000002'), 1::bigint,
  'one held her letter'
);
select results_eq(
  $$ select before, after, payload, blanked_at from public.agent_actions where id = '00a31100-0000-4000-8000-000000000001' $$,
  $$ values (null::jsonb, null::jsonb, '{}'::jsonb, now()) $$, 'that there was one stays, and nothing else'
);
select throws_ok(
  $$ select public.undo_agent_action('00a31100-0000-4000-8000-000000000001') $$,
  'CA409', 'What this changed has been forgotten.', 'nothing can be put back from it'
);

select * from finish();
rollback;
