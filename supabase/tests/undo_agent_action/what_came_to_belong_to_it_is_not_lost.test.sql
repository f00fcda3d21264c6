begin;
select plan(3);

select set_config('role', 'cairn_server', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001", "act": {"sub": "agent:chatgpt"}}', true);
insert into public.conversations (id, title) values ('a3000000-0000-4000-8000-00000000000a', 'From elsewhere');
select set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
insert into public.messages (id, conversation_id, role, content)
values ('a4000000-0000-4000-8000-00000000000a', 'a3000000-0000-4000-8000-00000000000a', 'user', 'Here I am.');

create temporary table action on commit drop as
select id from public.agent_actions where entity_id = 'a3000000-0000-4000-8000-00000000000a';
select throws_ok(
  'select public.undo_agent_action(id) from action',
  'CA409', 'Other things have come to belong to this since.', 'she has spoken in it'
);

delete from public.messages where id = 'a4000000-0000-4000-8000-00000000000a';
select lives_ok('select public.undo_agent_action(id) from action', 'empty again, it can go');
select is_empty(
  $$ select from public.conversations where id = 'a3000000-0000-4000-8000-00000000000a' $$, 'and is gone'
);

select * from finish();
rollback;
