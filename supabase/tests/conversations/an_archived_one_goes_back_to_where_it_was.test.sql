begin;
select plan(2);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);

update public.conversations set status = 'archived' where id = 'a3000000-0000-4000-8000-000000000002';
select is(
  (select archived_from from public.conversations where id = 'a3000000-0000-4000-8000-000000000002'),
  'completed',
  'it remembers where it was'
);

select is(
  (select status from public.restore_conversation('a3000000-0000-4000-8000-000000000002')),
  'completed',
  'and goes back there'
);

select * from finish();
rollback;
