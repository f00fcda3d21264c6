-- as authenticated, read only
/* authenticated */
select concat(
  '{"nodes":',
  (
    select concat(
      '[',
      string_agg(
        coalesce(
          (
            select '{"__typename":"Conversation"}'
            from public."conversations" as t2
            where t2.id = t1.id0
          ),
          (
            select '{"__typename":"ConversationSummary"}'
            from public."conversation_summaries" as t3
            where t3.id = t1.id1
          ),
          (
            select concat('{"__typename":"Message","turn":', t4."turn", '}')
            from public."messages" as t4
            where t4.id = t1.id2
          ),
          (
            select '{"__typename":"ThreadMapping"}'
            from public."thread_mappings" as t5
            where t5.id = t1.id3
          ),
          (select '{"__typename":"User"}' from public."users" as t6 where t6.id = t1.id4),
          (
            select '{"__typename":"UserSession"}'
            from public."user_sessions" as t7
            where t7.id = t1.id5
          ),
          'null'
        ),
        ','
        order by t1.place
      ),
      ']'
    )
    from unnest(
      $1::uuid[],
      $2::uuid[],
      $3::uuid[],
      $4::uuid[],
      $5::uuid[],
      $6::uuid[]
    ) with ordinality as t1 (id0, id1, id2, id3, id4, id5, place)
  ),
  '}'
)
-- $1 = [None, None, None, de6d777f-0944-7d5c-d047-e40fd9b82d25]
-- $2 = [None, None, None, None]
-- $3 = [c8e169b0-6a4d-75ad-a208-ac05b7db63c6, None, None, None]
-- $4 = [None, None, None, None]
-- $5 = [None, b0000000-0000-4000-8000-00000000da7a, None, None]
-- $6 = [None, None, None, None]
