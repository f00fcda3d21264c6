begin;
select plan(4);

select set_config('role', 'cairn_server', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);

insert into public.messages (conversation_id, role, content)
values ('a3000000-0000-4000-8000-000000000001', 'user', 'It is nine now.');
select throws_like(
  $$ insert into public.messages (conversation_id, role, content)
     values ('a3000000-0000-4000-8000-000000000001', 'user', ' ') $$,
  '%messages_content_is_not_blank%', 'a blank one is refused'
);
insert into public.messages (conversation_id, role, content, crisis_level)
values ('a3000000-0000-4000-8000-000000000001', 'user', 'And the list is still there.', 'low');

select results_eq(
  $$ select turn from public.messages where conversation_id = 'a3000000-0000-4000-8000-000000000001' order by turn $$,
  'select generate_series(1, 6)', 'and takes no turn'
);
select results_eq(
  $$ select message_count, last_turn, crisis_level::text from public.conversations
     where id = 'a3000000-0000-4000-8000-000000000001' $$,
  $$ values (6, 6, 'low') $$, 'the conversation has counted, and knows the gravest'
);
select is(
  (select content_hash from public.messages
   where conversation_id = 'a3000000-0000-4000-8000-000000000001' and turn = 5),
  encode(sha256('It is nine now.'), 'hex'), 'each has the hash of its words'
);

select * from finish();
rollback;
