begin;
select plan(3);

select isnt_empty(
  $$ select from public.conversations
     where id = 'a3000000-0000-4000-8000-000000000001' and user_id = 'a0000000-0000-4000-8000-000000000001' $$,
  'hers is there'
);

select set_config('role', 'cairn_server', true),
       set_config('request.jwt.claims', '{"sub": "b0000000-0000-4000-8000-000000000002"}', true);
select throws_ok(
  $$ insert into public.messages (conversation_id, role, content)
     values ('a3000000-0000-4000-8000-000000000001', 'user', 'Hello?') $$,
  'CA404', 'There is no such conversation, or it is not yours.', 'it is none to him'
);
select throws_ok(
  $$ insert into public.thread_mappings (conversation_id, source, external_thread_id)
     values ('a3000000-0000-4000-8000-000000000001', 'claude', 'a-thread-of-his') $$,
  '23503', null, 'nor can a thread of his lead into it'
);

select * from finish();
rollback;
