begin;
select plan(2);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select throws_ok(
  $$ select public.restore_conversation('a3000000-0000-4000-8000-000000000002') $$,
  'CA409', 'This conversation is not archived.', 'there is nothing to restore'
);
select is(
  (select status from public.conversations where id = 'a3000000-0000-4000-8000-000000000002'), 'completed', 'it stays'
);

select * from finish();
rollback;
