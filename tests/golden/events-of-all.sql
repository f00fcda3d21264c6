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
      e."conversation_id" as row_id,
      concat(
        'conversations',
        case when e.table_name = 'conversations' and e.operation = 'delete' then '-' end
      ) as change
    from public.live_events as e
    where e.user_id = $2::uuid and e."conversation_id" is not null and e.seq > looked.place
    order by e.seq
    limit 100
  ) as e
  where looked.is_whole
),
newest as (select max(e.seq) as seq, e.row_id, e.change from page as e group by e.row_id, e.change),
told as materialized (
  select e.seq,
    case e.change when 'conversations' then (
      select concat(
        ' {"data":{"viewerEvents":{"__typename":"ConversationChanged","conversation":{"title":',
        coalesce(to_json(t1."title")::text, 'null'),
        ',"messages":',
        (
          select concat(
            '{"nodes":[',
            string_agg(concat('{"state":"', upper(t2."state"::text), '"}'), ',' order by t2."turn"),
            ']}'
          )
          from (
            select t2."turn",
              t2."state"
            from public."messages" as t2
            where t2."conversation_id" = t1.id
            order by t2."turn" desc
            limit 1
          ) as t2
        ),
        '}}}}'
      )
      from public."conversations" as t1
      where t1.id = e.row_id
    ) when 'conversations-' then concat(
      ' {"data":{"viewerEvents":{"__typename":"ConversationDeleted","deletedId":"',
      e.row_id,
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
  true,
  (select string_agg(concat(E'\n', seq, told), '' order by seq) from told where told is not null)
)
from looked
-- $1 = 0
-- $2 = f0000000-0000-4000-8000-00000000da7a
