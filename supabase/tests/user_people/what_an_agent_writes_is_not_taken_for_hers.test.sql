begin;
select plan(2);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001", "act": {"sub": "agent:chatgpt"}}', true);
insert into public.user_people (id, name) values ('aa102000-0000-4000-8000-00000000000a', 'Marta');
select isnt_empty(
  $$ select from public.agent_actions where entity_id = 'aa102000-0000-4000-8000-00000000000a' and actor = 'agent:chatgpt' $$,
  'it is written down who did it'
);

select is(
  (select origin from public.user_people where id = 'aa102000-0000-4000-8000-00000000000a'), 'agent',
  'and the entry itself says so'
);

select * from finish();
rollback;
