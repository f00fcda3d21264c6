begin;
select plan(3);

select set_config('role', 'cairn_server', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);

update public.conversations set status = 'paused' where id = 'a3000000-0000-4000-8000-000000000001';
insert into public.messages (conversation_id, role, content)
values ('a3000000-0000-4000-8000-000000000001', 'user', 'I am back.');
select is(
  (select status from public.conversations where id = 'a3000000-0000-4000-8000-000000000001'), 'active',
  'it is active again'
);

select throws_ok(
  $$ insert into public.messages (conversation_id, role, content)
     values ('a3000000-0000-4000-8000-000000000002', 'user', 'One more thing.') $$,
  'CA409', 'A conversation that is completed takes no more messages.', 'one that is completed takes none'
);
select lives_ok(
  $$ insert into public.messages (conversation_id, role, content)
     values ('a3000000-0000-4000-8000-000000000002', 'assistant', 'What I was about to say.') $$,
  'but of a reply that was on its way'
);

select * from finish();
rollback;
