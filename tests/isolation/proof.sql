-- What the proof needs in its own copy of the database. Made by the superuser, seen by everybody.

create schema proof;
grant usage on schema proof to public;

-- One query for each table: a digest of what it holds of Ana's.
create table proof.watched (relation oid primary key, query text not null);

create function proof.writes() returns bigint[]
  language sql volatile security definer set search_path = ''
as $$
  select array_agg(
    pg_stat_get_xact_tuples_inserted(relation) + pg_stat_get_xact_tuples_updated(relation)
      + pg_stat_get_xact_tuples_deleted(relation)
      -- Another file for a table that was truncated.
      + pg_relation_filenode(relation)::bigint
    order by relation
  )
  from proof.watched
$$;
comment on function proof.writes is
  'A number for each watched table that is another when this transaction has written in it, also what was undone.';

create function proof.hers(before bigint[], after bigint[]) returns text
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  watched proof.watched;
  digest text;
  digests text := '';
begin
  for watched in
    select listed.relation, listed.query
    from (select w.*, row_number() over (order by w.relation) as place from proof.watched as w) as listed
    where before[listed.place] is distinct from after[listed.place]
  loop
    execute watched.query into digest;
    digests := digests || watched.relation || digest;
  end loop;
  return digests;
end
$$;
comment on function proof.hers is 'What is Ana''s in the tables whose numbers of writes differ, as digests.';

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
create function proof.attempt(statements text[]) returns setof proof.told
  language plpgsql volatile
as $$
declare
  before bigint[] := proof.writes();
  after bigint[];
  log_before pg_lsn;
  hers text;
  statement text;
  told proof.told;
begin
  foreach statement in array statements loop
    told := null;
    after := null;
    log_before := pg_current_wal_insert_lsn();
    begin
      if statement ilike 'select %' then
        execute statement into told.answer;
      else
        execute statement;
      end if;
      get diagnostics told.row_count = row_count;
      -- What waits for the commit happens now.
      set constraints all immediate;
      -- Where nothing was logged, nothing was written.
      if pg_current_wal_insert_lsn() <> log_before then
        after := proof.writes();
        hers := proof.hers(before, after);
      end if;
      raise exception using errcode = 'UNDO0';
    exception
      when sqlstate 'UNDO0' then
        null;
      when others then
        after := null;
        get stacked diagnostics
          told.sqlstate        = returned_sqlstate,
          told.constraint_name = constraint_name,
          told.message         = message_text,
          told.detail          = pg_exception_detail;
    end;
    -- It has been undone, so that this is how it was before.
    told.changed := after is not null and hers is distinct from proof.hers(before, after);
    if pg_current_wal_insert_lsn() <> log_before then
      before := proof.writes();
    end if;
    return next told;
  end loop;
end
$$;
