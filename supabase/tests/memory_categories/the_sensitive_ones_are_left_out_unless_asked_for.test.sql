begin;
select plan(4);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "a0000000-0000-4000-8000-000000000001"}', true);

select set_eq(
  $$ select unnest(public.memory_categories(true)) except select unnest(public.memory_categories()) $$,
  '{user_suicidal_thoughts, user_substance_use, user_trauma_patterns, user_risk_factors}'::text[],
  'these four'
);
select is_empty(
  $$ select name from unnest(public.memory_categories(true)) as name where to_regclass('public.' || name) is null $$,
  'each name is a table''s'
);
select results_eq(
  $$ select entries from public.memory_category_statistics(true) where category = 'user_suicidal_thoughts' $$,
  'values (1::bigint)', 'Ana has an entry of the gravest kind'
);
select is_empty(
  $$ select from public.memory_category_statistics() where category = 'user_suicidal_thoughts' $$,
  'which is not even counted by the way'
);

select * from finish();
rollback;
