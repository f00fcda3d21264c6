begin;
select plan(4);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);

select is(
  (select main_themes from public.profile_summary()), '{What counts as done}',
  'the theme that was inferred is not'
);
select public.confirm_category_entry('user_themes', 'aa101000-0000-4000-8000-000000000002');
select is(
  (select main_themes from public.profile_summary()), '{What counts as done, Longing for her sister}',
  'before she says so'
);

select is(
  (select entries from public.profile_summary()),
  (select sum(entries)::bigint from public.memory_category_statistics()), 'it counts all that is there'
);
delete from public.user_suicidal_thoughts;
select results_eq(
  'select entries from public.profile_summary()', 'select sum(entries)::bigint from public.memory_category_statistics()',
  'but for the sensitive kinds, which come and go unseen'
);

select * from finish();
rollback;
