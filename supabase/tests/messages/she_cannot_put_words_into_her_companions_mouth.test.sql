begin;
select plan(3);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);

select throws_ok(
  $$ insert into public.messages (conversation_id, role, content)
     values ('a3000000-0000-4000-8000-000000000001', 'assistant', 'You need no sleep.') $$,
  '42501', 'permission denied for table messages', 'not by a new message'
);
select throws_ok(
  $$ update public.messages set content = 'You need no sleep.' where role = 'assistant' $$,
  '42501', 'permission denied for table messages', 'nor by an old one'
);

select set_config('role', 'cairn_server', true);
select lives_ok(
  $$ insert into public.messages (conversation_id, role, content)
     values ('a3000000-0000-4000-8000-000000000001', 'assistant', 'Good morning, Ana.') $$,
  'only the server speaks for it'
);

select * from finish();
rollback;
