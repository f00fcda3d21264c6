begin;
select plan(3);

delete from private.jobs;
insert into public.messages (user_id, conversation_id, role, state, content)
select user_id, id, 'assistant', 'queued', '' from public.conversations
where id in ('a3000000-0000-4000-8000-000000000001', 'b3000000-0000-4000-8000-000000000001');
update public.users set is_active = false where id = 'a0000000-0000-4000-8000-000000000001';
update private.jobs set run_at = now() - interval '1 hour' where user_id = 'a0000000-0000-4000-8000-000000000001';

select is(
  (select user_id from private.claim_job('{reply}', 60)), 'b0000000-0000-4000-8000-000000000002',
  'Ben is answered, though Ana waits longer'
);
select is_empty($$ select * from private.claim_job('{reply}', 60) $$, 'and she is not');
select isnt_empty(
  $$ select from private.jobs where user_id = 'a0000000-0000-4000-8000-000000000001' and run_at > now() $$,
  'it is put off, for when she comes back'
);

select * from finish();
rollback;
