begin;
select plan(3);

create temporary table owned on commit drop as
select attribute.attrelid::regclass::text as name, class.relname
from pg_attribute as attribute
join pg_class as class on class.oid = attribute.attrelid and class.relkind = 'r'
where class.relnamespace = 'public'::regnamespace and attribute.attname = 'user_id';

select set_eq(
  $$ select tablename::text, policyname::text, cmd from pg_policies
     where schemaname = 'public' and tablename in (select relname from owned) and permissive = 'PERMISSIVE' $$,
  $$ select relname::text, 'owner_' || verb, upper(verb)
     from owned cross join unnest('{select, insert, update, delete}'::text[]) as verb $$,
  'each table of somebody''s has the four, and no fifth that opens it further'
);

select is_empty(
  $$ select tablename, policyname from pg_policies
     where schemaname = 'public' and policyname like 'owner\_%'
       and exists (
         select from unnest(array[qual, with_check]) as rule
         where rule is not null and rule !~ '^\(\w+ = \( SELECT auth\.uid\(\) AS uid\)\)$'
       ) $$,
  'each of the four asks whose the row is, once, and nothing else'
);

select is_empty(
  $$ select tablename, policyname from pg_policies
     where schemaname = 'public' and policyname like 'owner\_%' and not roles @> '{authenticated}' $$,
  'and is for those who have signed in'
);

select * from finish();
rollback;
