begin;
select plan(2);

delete from public.messages where id = 'a4000000-0000-4000-8000-000000000003';
select results_eq(
  $$ select message_count, last_turn from public.conversations where id = 'a3000000-0000-4000-8000-000000000001' $$,
  'values (2, 4)', 'its reply goes with it, and both turns stay theirs'
);

select lives_ok(
  $$ delete from public.conversations where id = 'a3000000-0000-4000-8000-000000000001' $$,
  'a conversation goes with all its messages'
);

select * from finish();
rollback;
