begin;
select plan(3);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select throws_like(
  $$ update public.journal_entries set shared_with_ai = true where id = 'aa401000-0000-4000-8000-000000000002' $$,
  '%journal_entries_private_ones_are_never_shared%', 'not before she lifts that'
);

insert into public.journal_entries (id, content) values ('aa401000-0000-4000-8000-00000000000a', 'The heron stood still.');
select ok(
  not (select shared_with_ai from public.journal_entries where id = 'aa401000-0000-4000-8000-00000000000a'),
  'nor is any other, before she says so'
);

select set_config('role', 'cairn_server', true);
select throws_ok(
  $$ insert into public.insights (journal_entry_id, origin, type, content)
     values ('aa401000-0000-4000-8000-00000000000a', 'journal', 'journal_pattern', 'Herons.') $$,
  'CA409', 'This journal entry is not shared.', 'and nothing is drawn from it'
);

select * from finish();
rollback;
