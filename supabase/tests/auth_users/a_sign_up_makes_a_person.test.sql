begin;
select plan(3);

insert into auth.users (id, email, raw_user_meta_data)
values ('c0000000-0000-4000-8000-000000000003', 'cora@example.com',
        jsonb_build_object('full_name', repeat('Cora ', 100), 'picture', 'javascript:alert(1)'));

select is(
  (select email from public.users where id = 'c0000000-0000-4000-8000-000000000003'),
  'cora@example.com',
  'she is there at once'
);
select results_eq(
  $$ select length(full_name), avatar_url from public.users where id = 'c0000000-0000-4000-8000-000000000003' $$,
  $$ values (200, null::text) $$,
  'what does not fit is cut, or left out'
);
select results_eq(
  $$ select sync_type, success from private.user_sync_logs where user_id = 'c0000000-0000-4000-8000-000000000003' $$,
  $$ values ('insert', true) $$,
  'and it is written down'
);

select * from finish();
rollback;
