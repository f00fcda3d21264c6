begin;
select plan(4);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);

select throws_ok(
  'update public.conversations set message_count = 0', '42501', 'permission denied for table conversations',
  'not the number of messages'
);
select throws_ok(
  $$ update public.conversations set crisis_level = 'none' $$, '42501', 'permission denied for table conversations',
  'not how grave it is'
);
select throws_ok(
  $$ update public.conversations set user_id = 'b0000000-0000-4000-8000-000000000002' $$,
  '42501', 'permission denied for table conversations', 'not whose it is'
);

reset role;
select throws_ok(
  $$ update public.conversations set user_id = 'b0000000-0000-4000-8000-000000000002'
     where id = 'a3000000-0000-4000-8000-000000000001' $$,
  'CA409', 'A conversation stays with its owner.', 'which even the dashboard cannot change'
);

select * from finish();
rollback;
