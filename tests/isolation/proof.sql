-- What the proof needs in its own copy of the database. Made by the superuser, seen by everybody.

create schema proof;
grant usage on schema proof to public;

-- One query for each table: a digest of what it holds of Ana's.
create table proof.watched (relation oid primary key, query text not null);

create function proof.hers(relation oid) returns text
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  digest text;
begin
  if relation is null then
    return proof.all_hers();
  end if;
  execute (select query from proof.watched as watched where watched.relation = hers.relation) into digest;
  return digest;
end
$$;

create type proof.told as (
  sqlstate        text,
  constraint_name text,
  message         text,
  detail          text,
  row_count       bigint,
  answer          text,
  changed         boolean
);

-- Tries each statement with the rights of whoever calls, as if it were committed, and undoes it.
-- It has no search_path of its own, for that would be the statements', too.
create function proof.attempt(statements text[], relation oid) returns setof proof.told
  language plpgsql volatile
as $$
declare
  before constant text := proof.hers(relation);
  statement text;
  told proof.told;
begin
  foreach statement in array statements loop
    told := null;
    begin
      if statement ilike 'select %' then
        execute statement into told.answer;
      else
        execute statement;
      end if;
      get diagnostics told.row_count = row_count;
      -- What waits for the commit happens now.
      set constraints all immediate;
      told.changed := proof.hers(relation) is distinct from before;
      raise exception using errcode = 'UNDO0';
    exception
      when sqlstate 'UNDO0' then
        null;
      when others then
        get stacked diagnostics
          told.sqlstate        = returned_sqlstate,
          told.constraint_name = constraint_name,
          told.message         = message_text,
          told.detail          = pg_exception_detail;
    end;
    return next told;
  end loop;
end
$$;
