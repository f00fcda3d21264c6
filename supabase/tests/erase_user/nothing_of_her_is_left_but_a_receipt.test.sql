begin;
select plan(4);

create function pg_temp.tables_with_rows_of(person uuid) returns setof text language plpgsql as $$
declare
  owned record;
  is_there boolean;
begin
  for owned in select * from private.owned_tables() loop
    execute format('select exists (select from %s where %I = $1)', owned.name, owned.owner_column) into is_there using person;
    if is_there then
      return next owned.name;
    end if;
  end loop;
end
$$;
create temporary table bens on commit drop as
select * from pg_temp.tables_with_rows_of('b0000000-0000-4000-8000-000000000002');
select cmp_ok(
  (select count(*) from pg_temp.tables_with_rows_of('a0000000-0000-4000-8000-000000000001')), '>=', 60::bigint,
  'Ana is everywhere'
);

select private.erase_user('a0000000-0000-4000-8000-000000000001');
set constraints all immediate;
select is_empty(
  $$ select * from pg_temp.tables_with_rows_of('a0000000-0000-4000-8000-000000000001') $$, 'then nowhere'
);
select results_eq(
  $$ select cause, (counts ->> 'public.messages')::integer from private.erasures
     where subject_hash = private.subject_hash('a0000000-0000-4000-8000-000000000001') $$,
  $$ values ('staff', 6) $$, 'the receipt says how much there was'
);
select set_eq(
  $$ select * from pg_temp.tables_with_rows_of('b0000000-0000-4000-8000-000000000002') $$, 'select * from bens',
  'and Ben is as he was'
);

select * from finish();
rollback;
