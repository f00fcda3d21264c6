-- as authenticated, read only
/* authenticated */
select concat(
  '{"node":',
  coalesce(
    (
      select concat(
        '{"__typename":"Conversation","nodeId":"',
        encode(convert_to('Conversation:' || t1.id, 'UTF8'), 'base64'),
        '","title":',
        coalesce(to_json(t1."title")::text, 'null'),
        ',"messages":',
        (
          select concat(
            '{"nodes":[',
            string_agg(concat('{"turn":', t2."turn", '}'), ',' order by t2."turn"),
            ']}'
          )
          from (
            select t2."turn"
            from public."messages" as t2
            where t2."conversation_id" = t1.id
            order by t2."turn" desc
            limit 1
          ) as t2
        ),
        '}'
      )
      from public."conversations" as t1
      where t1.id = $1::uuid
    ),
    (
      select concat(
        '{"__typename":"ConversationSummary","nodeId":"',
        encode(convert_to('ConversationSummary:' || t3.id, 'UTF8'), 'base64'),
        '"}'
      )
      from public."conversation_summaries" as t3
      where t3.id = $2::uuid
    ),
    (
      select concat(
        '{"__typename":"Message","nodeId":"',
        encode(convert_to('Message:' || t4.id, 'UTF8'), 'base64'),
        '","content":',
        to_json(t4."content"),
        '}'
      )
      from public."messages" as t4
      where t4.id = $3::uuid
    ),
    (
      select concat(
        '{"__typename":"ThreadMapping","nodeId":"',
        encode(convert_to('ThreadMapping:' || t5.id, 'UTF8'), 'base64'),
        '"}'
      )
      from public."thread_mappings" as t5
      where t5.id = $4::uuid
    ),
    (
      select concat(
        '{"__typename":"User","nodeId":"',
        encode(convert_to('User:' || t6.id, 'UTF8'), 'base64'),
        '"}'
      )
      from public."users" as t6
      where t6.id = $5::uuid
    ),
    (
      select concat(
        '{"__typename":"UserSession","nodeId":"',
        encode(convert_to('UserSession:' || t7.id, 'UTF8'), 'base64'),
        '"}'
      )
      from public."user_sessions" as t7
      where t7.id = $6::uuid
    ),
    'null'
  ),
  '}'
)
-- $1 = de6d777f-0944-7d5c-d047-e40fd9b82d25
-- $2 = None
-- $3 = None
-- $4 = None
-- $5 = None
-- $6 = None
