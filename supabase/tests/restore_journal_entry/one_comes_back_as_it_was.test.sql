begin;
select plan(3);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "b0000000-0000-4000-8000-000000000002"}', true);
select throws_ok(
  $$ select public.restore_journal_entry('aa401000-0000-4000-8000-000000000003') $$,
  'CA404', 'There is no such journal entry, or it is not yours.', 'Ben does not empty Ana''s trash'
);

select set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);
select results_eq(
  $$ select content, deleted_at from public.restore_journal_entry('aa401000-0000-4000-8000-000000000003') $$,
  $$ values ('Paper, ink, bread. Wrong book.', null::timestamptz) $$, 'she does'
);
select throws_ok(
  $$ select public.restore_journal_entry('aa401000-0000-4000-8000-000000000003') $$,
  'CA409', 'This journal entry is not in the trash.', 'once'
);

select * from finish();
rollback;
