begin;
select plan(4);

select set_config('role', 'cairn_server', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
insert into public.messages (id, conversation_id, role, state, content, draft)
values ('a4000000-0000-4000-8000-00000000000a', 'a3000000-0000-4000-8000-000000000001', 'assistant', 'streaming', '', 'Perhaps it');

select set_config('request.jwt.claims', '{"sub": "b0000000-0000-4000-8000-000000000002"}', true);
select throws_ok(
  $$ select private.cancel_reply('a4000000-0000-4000-8000-00000000000a') $$,
  'CA404', 'There is no such reply, or it is not yours.', 'Ben cannot stop Ana''s'
);

select set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select results_eq(
  $$ select content, state::text from private.cancel_reply('a4000000-0000-4000-8000-00000000000a') $$,
  $$ values ('Perhaps it', 'cancelled') $$, 'she can, and keeps what she read'
);
select throws_ok(
  $$ select private.cancel_reply('a4000000-0000-4000-8000-00000000000a') $$,
  'CA409', 'This reply has ended already.', 'once'
);
select throws_ok(
  $$ select private.retry_reply('a4000000-0000-4000-8000-00000000000a') $$,
  'CA409', 'Only a reply that has failed can be tried again.', 'and it is not begun again'
);

select * from finish();
rollback;
