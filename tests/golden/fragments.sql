-- as authenticated, read only
/* authenticated */
select concat(
  '{"here":',
  coalesce(
    (
      select concat(
        '{"id":"',
        t1."id",
        '","version":',
        t1."version",
        ',"kind":"',
        upper(t1."kind"::text),
        '","totalDurationMinutes":',
        to_json("public"."conversation_minutes"(t1."created_at", t1."last_message_at")),
        ',"threads":',
        (
          select concat(
            '{"nodes":[',
            string_agg(
              concat(
                '{"source":',
                to_json(t2."source"),
                ',"externalThreadId":',
                to_json(t2."external_thread_id"),
                '}'
              ),
              ','
              order by t2."created_at",
                t2."id"
            ),
            ']}'
          )
          from (
            select t2."created_at",
              t2."id",
              t2."source",
              t2."external_thread_id"
            from public."thread_mappings" as t2
            where t2."conversation_id" = t1.id
            order by t2."created_at",
              t2."id"
            limit 20
          ) as t2
        ),
        ',"called":',
        coalesce(to_json(t1."title")::text, 'null'),
        '}'
      )
      from public."conversations" as t1
      where t1.id = $1::uuid
    ),
    'null'
  ),
  '}'
)
-- $1 = de6d777f-0944-7d5c-d047-e40fd9b82d25
