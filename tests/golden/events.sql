-- as authenticated, read only
/* authenticated */
with head as materialized (
  select coalesce((select e.seq from public.live_heads as e where e.user_id = $2::uuid), 0) as head
),
start as (select head, coalesce($1::bigint, head) as place from head),
looked as (
  select head,
    place,
    place = head or exists (
      select
      from public.live_events as e
      where e.user_id = $2::uuid and e.seq = place + 1
    ) as is_whole
  from start
),
page as (
  select e.*
  from looked cross join lateral (
    select e.seq,
      e.row_id as row_id,
      concat(e.table_name, case when e.operation = 'delete' then '-' end) as change
    from public.live_events as e
    where e.user_id = $2::uuid and e."conversation_id" = $3::uuid and e.seq > looked.place
    order by e.seq
    limit 100
  ) as e
  where looked.is_whole
),
newest as (select max(e.seq) as seq, e.row_id, e.change from page as e group by e.row_id, e.change),
told as materialized (
  select e.seq,
    case e.change when 'messages' then (
      select concat(
        ' {"data":{"conversationEvents":{"__typename":"MessageChanged","cursor":"',
        e.seq,
        '","seq":',
        e.seq,
        ',"message":{"content":',
        to_json(t1."content"),
        ',"reply":',
        coalesce(
          (
            select concat('{"state":"', upper(t2."state"::text), '"}')
            from public."messages" as t2
            where t2."in_reply_to" = t1.id
          ),
          'null'
        ),
        '}}}}'
      )
      from public."messages" as t1
      where t1.id = e.row_id
    ) when 'messages-' then concat(
      ' {"data":{"conversationEvents":{"__typename":"MessageDeleted","deletedId":"',
      e.row_id,
      '"}}}'
    ) when 'conversation_summaries' then (
      select concat(
        ' {"data":{"conversationEvents":{"__typename":"SummaryChanged","summary":{"summary":',
        to_json(t3."summary"),
        '}}}}'
      )
      from public."conversation_summaries" as t3
      where t3.id = e.row_id
    ) when 'conversations' then (
      select concat(
        ' {"data":{"conversationEvents":{"__typename":"ConversationChanged","seq":',
        e.seq,
        ',"conversation":{"title":',
        coalesce(to_json(t4."title")::text, 'null'),
        '}}}}'
      )
      from public."conversations" as t4
      where t4.id = e.row_id
    ) when 'conversations-' then concat(
      '!{"data":{"conversationEvents":{"__typename":"ConversationDeleted","cursor":"',
      e.seq,
      '"}}}'
    ) end as told
  from newest as e
)
select concat(
  head,
  ' ',
  case (select count(*) from page) when 100 then (select max(seq) from page) else head end,
  ' ',
  is_whole,
  ' ',
  (
    exists (
      select
      from public."conversations" as e
      where e.id = $3::uuid
    ) or looked.is_whole and exists (
      select
      from public.live_events as e
      where e.user_id = $2::uuid and e."conversation_id" = $3::uuid and e.seq > looked.place and e.table_name = 'conversations' and e.operation = 'delete'
    )
  ),
  (select string_agg(concat(E'\n', seq, told), '' order by seq) from told where told is not null)
)
from looked
-- $1 = 0
-- $2 = f0000000-0000-4000-8000-00000000da7a
-- $3 = f0000000-0000-7000-8000-000000000001
