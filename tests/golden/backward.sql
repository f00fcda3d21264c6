-- as authenticated, read only
/* authenticated */
select concat(
  '{"conversations":',
  (
    select concat(
      '{"edges":[',
      string_agg(
        concat(
          '{"cursor":"',
          concat(
            '7af91b06.',
            (extract(epoch from t1."last_message_at") * 1000000)::bigint,
            '.',
            t1."id"
          ),
          '","node":{"title":',
          coalesce(to_json(t1."title")::text, 'null'),
          '}}'
        ),
        ','
        order by t1."last_message_at" desc,
          t1."id" desc
      ) filter (where t1.n <= 2),
      '],"pageInfo":{"hasPreviousPage":',
      case when count(*) > 2 then 'true' else 'false' end,
      ',"hasNextPage":',
      case when exists (
        select
        from public."conversations" as t2
        where (t2."last_message_at", t2."id") <= ($1::timestamptz, $2::uuid)
      ) then 'true' else 'false' end,
      '}}'
    )
    from (
      select t1."last_message_at",
        t1."id",
        t1."title",
        row_number() over (order by t1."last_message_at", t1."id") as n
      from public."conversations" as t1
      where (t1."last_message_at", t1."id") > ($1::timestamptz, $2::uuid)
      order by t1."last_message_at",
        t1."id"
      limit 3
    ) as t1
  ),
  '}'
)
-- $1 = 2026-01-01T00:00:00.000010+00:00
-- $2 = ef5b8cbf-b3ee-7c05-ff3d-3715ccff2e13
