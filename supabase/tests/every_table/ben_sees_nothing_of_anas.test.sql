begin;
select plan(3);

create function pg_temp.tables_with_rows_of(person uuid) returns setof text language plpgsql as $$
declare
  owned text;
  is_there boolean;
begin
  for owned in
    select attribute.attrelid::regclass::text
    from pg_attribute as attribute
    join pg_class as class on class.oid = attribute.attrelid and class.relkind = 'r'
    where class.relnamespace = 'public'::regnamespace and attribute.attname = 'user_id'
      and has_table_privilege(attribute.attrelid, 'select')
  loop
    execute format('select exists (select from %s where user_id = $1)', owned) into is_there using person;
    if is_there then
      return next owned;
    end if;
  end loop;
end
$$;
grant execute on function pg_temp.tables_with_rows_of to authenticated;

select cmp_ok(
  (select count(*) from pg_temp.tables_with_rows_of('a0000000-0000-4000-8000-000000000001')), '>=', 60::bigint,
  'rows of Ana''s are nearly everywhere'
);

select set_config('role', 'authenticated', true),
       set_config('request.jwt.claims', '{"sub": "b0000000-0000-4000-8000-000000000002"}', true);
select is_empty(
  $$ select * from pg_temp.tables_with_rows_of('a0000000-0000-4000-8000-000000000001') $$,
  'Ben finds none of them'
);
select cmp_ok(
  (select count(*) from pg_temp.tables_with_rows_of('b0000000-0000-4000-8000-000000000002')), '>=', 60::bigint,
  'and all of his own'
);

select * from finish();
rollback;
