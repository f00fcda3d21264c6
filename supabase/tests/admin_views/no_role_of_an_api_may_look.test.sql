begin;
select plan(2);

select isnt_empty($$ select from pg_views where schemaname = 'admin' $$, 'there are views');
select is_empty(
  $$ select role from unnest('{anon, authenticated, service_role, cairn_server, cairn_api}'::text[]) as role
     where has_schema_privilege(role, 'admin', 'usage') $$,
  'for the dashboard alone'
);

select * from finish();
rollback;
