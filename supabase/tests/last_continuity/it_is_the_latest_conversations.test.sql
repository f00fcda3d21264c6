begin;
select plan(2);

select set_config('role', 'cairn_server', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select is(
  (select conversation_id from public.last_continuity()), 'a3000000-0000-4000-8000-000000000001',
  'where she talked last'
);
insert into public.messages (conversation_id, role, content)
values ('a3000000-0000-4000-8000-000000000002', 'assistant', 'Has a first sentence come by?');
select is(
  (select conversation_id from public.last_continuity()), 'a3000000-0000-4000-8000-000000000002',
  'until she talks elsewhere'
);

select * from finish();
rollback;
