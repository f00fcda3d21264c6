-- as cairn_server
/* cairn_server */
with written as (
  insert into public."messages" ("conversation_id", "role", "content", "crisis_level", "id")
  values ($1, $2, $3, $4, $5)
  returning "id"
)
select id
from written
-- $1 = e0000000-0000-7000-8000-000000000002
-- $2 = 'user'
-- $3 = 'I am back.'
-- $4 = 'none'
-- $5 = e0000000-0000-7000-8000-0000000000a2
/* cairn_server */
select (
  select concat(
    '{"message":{"turn":',
    t1."turn",
    '},"conversation":',
    coalesce(
      (
        select concat(
          '{"status":"',
          upper(t2."status"::text),
          '","messageCount":',
          t2."message_count",
          ',"messages":',
          (
            select concat(
              '{"nodes":[',
              string_agg(concat('{"content":', to_json(t3."content"), '}'), ',' order by t3."turn"),
              ']}'
            )
            from (
              select t3."turn",
                t3."content"
              from public."messages" as t3
              where t3."conversation_id" = t2.id
              order by t3."turn" desc
              limit 1
            ) as t3
          ),
          '}'
        )
        from public."conversations" as t2
        where t2.id = t1."conversation_id"
      ),
      'null'
    ),
    '}'
  )
  from public."messages" as t1
  where t1.id = $1::uuid
)
-- $1 = e0000000-0000-7000-8000-0000000000a2
