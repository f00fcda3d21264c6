-- as cairn_server
/* cairn_server */
with written as (
  insert into public."messages" ("id", "conversation_id", "role", "content", "crisis_level")
  values ($1, $2, $3, $4, $5)
  returning "id"
),
also_1 as (
  insert into public."messages" ("id", "conversation_id", "role", "state", "content", "in_reply_to")
  select $6,
    $7,
    $8,
    $9,
    $10,
    $11
  from written
  returning 1
)
select id
from written
-- $1 = e0000000-0000-7000-8000-0000000000a2
-- $2 = e0000000-0000-7000-8000-000000000002
-- $3 = 'user'
-- $4 = 'I am back.'
-- $5 = 'none'
-- $6 = e0000000-0000-7000-8000-00004d279d96
-- $7 = e0000000-0000-7000-8000-000000000002
-- $8 = 'assistant'
-- $9 = 'queued'
-- $10 = ''
-- $11 = e0000000-0000-7000-8000-0000000000a2
/* cairn_server */
select (
  select concat(
    '{"message":{"turn":',
    t1."turn",
    '},"reply":',
    coalesce(
      (
        select concat(
          '{"state":"',
          upper(t2."state"::text),
          '","inReplyTo":',
          coalesce(
            (
              select concat('{"content":', to_json(t3."content"), '}')
              from public."messages" as t3
              where t3.id = t2."in_reply_to"
            ),
            'null'
          ),
          '}'
        )
        from public."messages" as t2
        where t2."in_reply_to" = t1.id
      ),
      'null'
    ),
    ',"conversation":',
    coalesce(
      (
        select concat(
          '{"status":"',
          upper(t4."status"::text),
          '","messageCount":',
          t4."message_count",
          ',"messages":',
          (
            select concat(
              '{"nodes":[',
              string_agg(concat('{"content":', to_json(t5."content"), '}'), ',' order by t5."turn"),
              ']}'
            )
            from (
              select t5."turn",
                t5."content"
              from public."messages" as t5
              where t5."conversation_id" = t4.id
              order by t5."turn" desc
              limit 1
            ) as t5
          ),
          '}'
        )
        from public."conversations" as t4
        where t4.id = t1."conversation_id"
      ),
      'null'
    ),
    '}'
  )
  from public."messages" as t1
  where t1.id = $1::uuid
)
-- $1 = e0000000-0000-7000-8000-0000000000a2
