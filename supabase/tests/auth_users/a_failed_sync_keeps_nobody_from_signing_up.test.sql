begin;
select plan(4);

alter table public.users add constraint users_nobody_is_called_cora check (email <> 'cora@example.com') not valid;
select lives_ok(
  $$ insert into auth.users (id, email) values ('c0000000-0000-4000-8000-000000000003', 'cora@example.com') $$,
  'she signs up'
);
select is_empty(
  $$ select from public.users where id = 'c0000000-0000-4000-8000-000000000003' $$,
  'though her row could not be made'
);
select matches(
  (select error_message from private.user_sync_logs
   where user_id = 'c0000000-0000-4000-8000-000000000003' and not success),
  '^23514 .*users_nobody_is_called_cora',
  'which the log tells'
);

alter table public.users drop constraint users_nobody_is_called_cora;
select private.repeat_failed_user_syncs();
select isnt_empty(
  $$ select from public.users where id = 'c0000000-0000-4000-8000-000000000003' $$,
  'and the worker makes good'
);

select * from finish();
rollback;
