begin;
select plan(1);

select is_empty(
  $$ select oid::regprocedure from pg_proc
     where pronamespace in ('public'::regnamespace, 'private'::regnamespace)
       and not coalesce(proconfig @> array['search_path=""'], false)
       and not exists (select from pg_depend where objid = pg_proc.oid and deptype = 'e') $$,
  'each looks up names in no schema but those it writes out'
);

select * from finish();
rollback;
