begin;
select plan(4);

select set_config('role', 'cairn_server', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
insert into public.messages (id, conversation_id, role, state, content)
values ('a4000000-0000-4000-8000-00000000000a', 'a3000000-0000-4000-8000-000000000001', 'assistant', 'queued', '');

select lives_ok(
  $$ update public.messages set state = 'streaming', draft = 'Perhaps' where id = 'a4000000-0000-4000-8000-00000000000a' $$,
  'it begins'
);
select throws_ok(
  $$ update public.messages set state = 'queued', draft = null where id = 'a4000000-0000-4000-8000-00000000000a' $$,
  'CA409', 'A reply that is streaming cannot become queued.', 'and is not unbegun'
);
update public.messages set state = 'complete', draft = null, content = 'Perhaps it can wait.'
where id = 'a4000000-0000-4000-8000-00000000000a';
select throws_ok(
  $$ update public.messages set state = 'failed', failure = 'refused' where id = 'a4000000-0000-4000-8000-00000000000a' $$,
  'CA409', 'A reply that is complete cannot become failed.', 'once complete it stays so'
);
select throws_like(
  $$ insert into public.messages (conversation_id, role, state, content)
     values ('a3000000-0000-4000-8000-000000000001', 'user', 'queued', '') $$,
  '%check constraint%', 'what she says is never unfinished'
);

select * from finish();
rollback;
