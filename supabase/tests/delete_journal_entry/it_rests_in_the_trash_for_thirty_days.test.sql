begin;
select plan(4);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select results_eq(
  $$ select deleted_at from public.delete_journal_entry('aa401000-0000-4000-8000-000000000001') $$, 'select now()',
  'from now on'
);
update public.journal_entries set deleted_at = now() + interval '10 years' where id = 'aa401000-0000-4000-8000-000000000001';
select is(
  (select deleted_at from public.journal_entries where id = 'aa401000-0000-4000-8000-000000000001'), now(),
  'whatever moment she names'
);
select throws_ok(
  $$ update public.journal_entries set content = 'Eleven.' where id = 'aa401000-0000-4000-8000-000000000001' $$,
  'CA409', 'An entry in the trash cannot be changed; restore it first.', 'and it is not written in'
);

reset role;
insert into public.journal_entries (user_id, content, deleted_at)
values ('a0000000-0000-4000-8000-000000000001', 'Older.', now() - interval '31 days');
select private.sweep_trashed_journal_entries();
select bag_eq(
  $$ select id from public.journal_entries where user_id = 'a0000000-0000-4000-8000-000000000001' and deleted_at is not null $$,
  $$ values ('aa401000-0000-4000-8000-000000000001'::uuid), ('aa401000-0000-4000-8000-000000000003') $$,
  'then the worker removes it, and no younger one'
);

select * from finish();
rollback;
