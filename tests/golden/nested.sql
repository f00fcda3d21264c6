-- as authenticated, read only
/* authenticated */
select concat(
  '{"conversations":',
  (
    select concat(
      '{"nodes":[',
      string_agg(
        concat(
          '{"title":',
          coalesce(to_json(t1."title")::text, 'null'),
          ',"status":"',
          upper(t1."status"::text),
          '","messages":',
          (
            select concat(
              '{"totalCount":',
              (select count(*) from public."messages" as t3 where t3."conversation_id" = t1.id),
              ',"nodes":[',
              string_agg(
                concat(
                  '{"turn":',
                  t2."turn",
                  ',"role":"',
                  upper(t2."role"::text),
                  '","content":',
                  to_json(t2."content"),
                  '}'
                ),
                ','
                order by t2."turn"
              ),
              ']}'
            )
            from (
              select t2."turn",
                t2."role",
                t2."content"
              from public."messages" as t2
              where t2."conversation_id" = t1.id
              order by t2."turn"
              limit 3
            ) as t2
          ),
          ',"summaries":',
          (
            select concat(
              '{"nodes":[',
              string_agg(
                concat(
                  '{"throughTurn":',
                  t4."through_turn",
                  ',"sentimentOverall":',
                  coalesce(to_json(t4."sentiment_overall")::text, 'null'),
                  ',"keyTopics":',
                  to_json(t4."key_topics"),
                  ',"conversation":',
                  coalesce(
                    (
                      select concat('{"messageCount":', t5."message_count", '}')
                      from public."conversations" as t5
                      where t5.id = t4."conversation_id"
                    ),
                    'null'
                  ),
                  '}'
                ),
                ','
                order by t4."through_turn" desc
              ),
              ']}'
            )
            from (
              select t4."through_turn",
                t4."sentiment_overall",
                t4."key_topics",
                t4."conversation_id"
              from public."conversation_summaries" as t4
              where t4."conversation_id" = t1.id
              order by t4."through_turn" desc
              limit 1
            ) as t4
          ),
          '}'
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
        t1."status"
      from public."conversations" as t1
      order by t1."last_message_at" desc,
        t1."id" desc
      limit 2
    ) as t1
  ),
  '}'
)
