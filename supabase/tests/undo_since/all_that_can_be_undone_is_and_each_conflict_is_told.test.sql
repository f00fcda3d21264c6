begin;
select plan(3);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001", "act": {"sub": "agent:chatgpt"}}', true);
update public.conversations set title = 'One' where id = 'a3000000-0000-4000-8000-000000000001';
update public.conversations set title = 'Two' where id = 'a3000000-0000-4000-8000-000000000001';
update public.thread_mappings set metadata = '{"by": "an agent"}';
select set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
update public.thread_mappings set metadata = '{"by": "Ana"}';

select results_eq(
  $$ select undone, conflict from public.undo_since(now(), 'agent:chatgpt') $$,
  $$ values (false, 'This has been changed since.'), (true, null), (true, null) $$, 'the newest first'
);
select results_eq(
  $$ select title from public.conversations where id = 'a3000000-0000-4000-8000-000000000001' $$,
  $$ values ('Awake at four') $$, 'what an agent called it is gone'
);
select results_eq(
  'select metadata from public.thread_mappings', $$ values ('{"by": "Ana"}'::jsonb) $$, 'and hers is left'
);

select * from finish();
rollback;
