begin;
select plan(4);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001", "act": {"sub": "agent:chatgpt"}}', true);
update public.conversations set title = 'Insomnia' where id = 'a3000000-0000-4000-8000-000000000001';

select set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select results_eq(
  $$ select actor, action_type, before ->> 'title' from public.agent_actions where after ->> 'title' = 'Insomnia' $$,
  $$ values ('agent:chatgpt', 'update_conversation', 'Awake at four') $$, 'it was written down'
);
select public.undo_agent_action(
  (select id from public.agent_actions where after ->> 'title' = 'Insomnia'));
select is(
  (select title from public.conversations where id = 'a3000000-0000-4000-8000-000000000001'), 'Awake at four',
  'she calls it what she called it'
);
select results_eq(
  $$ select actor, reverted.reverted_at from public.agent_actions as undoing
     join lateral (select reverted_at from public.agent_actions where id = undoing.undo_of) as reverted on true
     where undoing.before ->> 'title' = 'Insomnia' $$,
  'values (null::text, now())', 'the undoing is hers'
);
select throws_ok(
  $$ select public.undo_agent_action((select id from public.agent_actions where after ->> 'title' = 'Insomnia')) $$,
  'CA409', 'This has been undone already.', 'and not done twice'
);

select * from finish();
rollback;
