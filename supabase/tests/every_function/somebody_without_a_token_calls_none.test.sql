begin;
select plan(2);

select isnt_empty(
  $$ select from pg_proc where pronamespace = 'public'::regnamespace and has_function_privilege('authenticated', oid, 'execute') $$,
  'there are functions to call'
);

select is_empty(
  $$ select oid::regprocedure from pg_proc
     where pronamespace in ('public'::regnamespace, 'private'::regnamespace)
       and prorettype <> 'trigger'::regtype and has_function_privilege('anon', oid, 'execute')
       -- What comes with an extension is not ours.
       and not exists (select from pg_depend where objid = pg_proc.oid and deptype = 'e') $$,
  'and none for those who have not signed in'
);

select * from finish();
rollback;
