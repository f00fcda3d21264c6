begin;
select plan(3);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
insert into public.insights (id, content) values ('aa405000-0000-4000-8000-00000000000a', 'I like the hour before six.');
select set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001", "act": {"sub": "agent:chatgpt"}}', true);
insert into public.insights (id, content) values ('aa405000-0000-4000-8000-00000000000b', 'She likes the hour before six.');

select results_eq(
  $$ select origin::text, status::text from public.insights where content ~ 'hour before six' order by id $$,
  $$ values ('user', 'revealed'), ('agent', 'revealed') $$, 'a reflection is no news, whoever wrote it'
);
select throws_ok(
  $$ insert into public.insights (origin, content) values ('user', 'I am an agent.') $$, '42501', 'permission denied for table insights',
  'and does not say that it is hers'
);
select throws_like(
  $$ insert into public.insights (content, tags) values ('Too many words for it.', array_fill('tag'::text, '{21}')) $$,
  '%insights_tags_are_at_most_20%', 'tags are few'
);

select * from finish();
rollback;
