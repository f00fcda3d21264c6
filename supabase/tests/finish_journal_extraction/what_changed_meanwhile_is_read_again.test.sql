begin;
select plan(3);

select set_config('role', 'cairn_server', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
insert into public.journal_entries (id, content, shared_with_ai)
values ('aa401000-0000-4000-8000-00000000000a', 'The heron stood still.', true);

update public.journal_entries set content = 'Then it flew.' where id = 'aa401000-0000-4000-8000-00000000000a';
select ok(
  not private.finish_journal_extraction('aa401000-0000-4000-8000-00000000000a', 1),
  'who read the first version has not read it'
);
select results_eq(
  'select id, version from private.journal_entries_to_extract(10)',
  $$ values ('aa401000-0000-4000-8000-00000000000a'::uuid, 2) $$, 'it still waits'
);
select ok(
  private.finish_journal_extraction('aa401000-0000-4000-8000-00000000000a', 2),
  'until somebody has read the second'
);

select * from finish();
rollback;
