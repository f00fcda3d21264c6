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
          '","node":{"id":"',
          t1."id",
          '","lastMessageAt":"',
          to_char(t1."last_message_at", 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
          '"}}'
        ),
        ','
        order by t1."last_message_at" desc,
          t1."id" desc
      ) filter (where t1.n <= 2),
      '],"pageInfo":{"hasPreviousPage":',
      case when false then 'true' else 'false' end,
      ',"hasNextPage":',
      case when count(*) > 2 then 'true' else 'false' end,
      ',"startCursor":',
      coalesce(
        '"' || (
          array_agg(
            concat(
              '7af91b06.',
              (extract(epoch from t1."last_message_at") * 1000000)::bigint,
              '.',
              t1."id"
            )
            order by t1."last_message_at" desc,
              t1."id" desc
          ) filter (where t1.n <= 2)
        )[1] || '"',
        'null'
      ),
      ',"endCursor":',
      coalesce(
        '"' || (
          array_agg(
            concat(
              '7af91b06.',
              (extract(epoch from t1."last_message_at") * 1000000)::bigint,
              '.',
              t1."id"
            )
            order by t1."last_message_at",
              t1."id"
          ) filter (where t1.n <= 2)
        )[1] || '"',
        'null'
      ),
      '}}'
    )
    from (
      select t1."last_message_at",
        t1."id",
        row_number() over (order by t1."last_message_at" desc, t1."id" desc) as n
      from public."conversations" as t1
      order by t1."last_message_at" desc,
        t1."id" desc
      limit 3
    ) as t1
  ),
  '}'
)
