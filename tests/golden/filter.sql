-- as authenticated, read only
/* authenticated */
select concat(
  '{"conversations":',
  (
    select concat(
      '{"totalCount":',
      (
        select count(*)
        from public."conversations" as t2
        where (
          (
            t2."status" = any (
              ($1::text[])::public.conversation_status[]
            ) and (
              (t2."title" = $2::text or t2."title" is null)
            ) is not true
          ) and t2."created_at" >= $3::timestamptz
        )
      ),
      ',"nodes":[',
      string_agg(
        concat(
          '{"title":',
          coalesce(to_json(t1."title")::text, 'null'),
          ',"status":"',
          upper(t1."status"::text),
          '","createdAt":"',
          to_char(t1."created_at", 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
          '"}'
        ),
        ','
        order by t1."last_message_at" desc,
          t1."id" desc
      ),
      ']}'
    )
    from (
      select t1."last_message_at",
        t1."id",
        t1."title",
        t1."status",
        t1."created_at"
      from public."conversations" as t1
      where (
        (
          t1."status" = any (
            ($1::text[])::public.conversation_status[]
          ) and (
            (t1."title" = $2::text or t1."title" is null)
          ) is not true
        ) and t1."created_at" >= $3::timestamptz
      )
      order by t1."last_message_at" desc,
        t1."id" desc
      limit 20
    ) as t1
  ),
  '}'
)
-- $1 = ['active', 'paused']
-- $2 = 'a'
-- $3 = 1970-01-01T00:00:00+00:00
