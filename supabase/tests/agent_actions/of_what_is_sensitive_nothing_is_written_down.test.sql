begin;
select plan(3);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001", "act": {"sub": "agent:chatgpt"}}', true);
delete from public.user_suicidal_thoughts;
select results_eq(
  $$ select action_type, num_nonnulls(before, after) from public.agent_actions where entity_type = 'user_suicidal_thoughts' $$,
  $$ values ('delete_user_suicidal_thought', 0) $$, 'that something was done, and no more'
);
select throws_ok(
  $$ select public.undo_agent_action(id) from public.agent_actions where entity_type = 'user_suicidal_thoughts' $$,
  'CA409', 'What this changed has been forgotten.', 'so it cannot be undone'
);

select lives_ok('update public.user_risk_factors set severity = 4', 'an agent can change one all the same');

select * from finish();
rollback;
