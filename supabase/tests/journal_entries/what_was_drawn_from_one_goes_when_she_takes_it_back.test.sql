begin;
select plan(4);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);

select public.delete_journal_entry('aa401000-0000-4000-8000-000000000001');
select isnt(
  (select withdrawn_at from public.insights where id = 'aa405000-0000-4000-8000-000000000003'), null,
  'in the trash, it is withdrawn'
);
select public.restore_journal_entry('aa401000-0000-4000-8000-000000000001');
select is(
  (select withdrawn_at from public.insights where id = 'aa405000-0000-4000-8000-000000000003'), null,
  'and back with the entry'
);

update public.journal_entries set shared_with_ai = false where id = 'aa401000-0000-4000-8000-000000000001';
select is_empty(
  $$ select from public.insights where id = 'aa405000-0000-4000-8000-000000000003' $$, 'shared no longer, it is gone'
);
select is(
  (select content_hash from public.memory_updates where ref_id = 'aa401000-0000-4000-8000-000000000001'), 'taken back',
  'and memory is told'
);

select * from finish();
rollback;
