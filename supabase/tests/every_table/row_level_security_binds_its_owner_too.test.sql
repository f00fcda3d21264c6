begin;
select plan(3);

select cmp_ok(
  (select count(*) from pg_tables where schemaname = 'public'), '>=', 70::bigint,
  'all chapters have brought their tables'
);

select is_empty(
  $$ select class.oid::regclass from pg_class as class
     where class.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
       and class.relkind in ('r', 'p') and not (class.relrowsecurity and class.relforcerowsecurity) $$,
  'none is without row level security, or spares who owns it'
);

select is_empty(
  $$ select class.oid::regclass from pg_class as class
     where class.relnamespace = 'public'::regnamespace and class.relkind in ('v', 'm', 'f') $$,
  'and nothing else could be read past it'
);

select * from finish();
rollback;
