begin;
select plan(4);

select set_eq(
  $$ select relname::text from pg_class
     where relnamespace in ('public'::regnamespace, 'private'::regnamespace) and relkind = 'r'
       and has_any_column_privilege('anon', oid, 'select') $$,
  '{badges, journeys, voices}'::text[],
  'of tables, three catalogues'
);

select is_empty(
  $$ select oid::regclass from pg_class
     where relnamespace in ('public'::regnamespace, 'private'::regnamespace) and relkind = 'r'
       and (has_any_column_privilege('anon', oid, 'insert, update') or has_table_privilege('anon', oid, 'delete, truncate')) $$,
  'nothing to write'
);

insert into public.badges (slug, name, description, metric, at_least)
values ('a-draft', 'A draft', 'Not yet to be seen.', 'days_active', 3);
select set_config('role', 'anon', true), set_config('request.jwt.claims', '', true);
select isnt_empty('select from public.badges', 'what is published is there');
select is_empty($$ select from public.badges where slug = 'a-draft' $$, 'and no draft');

select * from finish();
rollback;
