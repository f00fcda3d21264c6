-- as authenticated, read only
/* authenticated */
select concat(
  t1.state,
  ' ',
  t1.attempt,
  ' ',
  t1.is_replaced,
  ' ',
  start.start,
  ' ',
  length(said.said),
  E'\n',
  to_json(substr(said.said, start.start + 1)),
  E'\n',
  case when t1.state in ('complete', 'failed', 'cancelled') then concat(
    '{"data":{"messageStream":{"__typename":"MessageFinished","cursor":"',
    concat(t1.attempt, ':', length(said.said)),
    '","message":{"state":"',
    upper(t1."state"::text),
    '"}}}}'
  ) end
)
from public."messages" as t1 cross join lateral (
  select coalesce(t1.draft, t1.content) as said
) as said cross join lateral (
  select case when t1.attempt = $2::integer and not t1.is_replaced and $3::integer <= length(said.said) then $3::integer else 0 end as start
) as start
where t1.id = $1::uuid
-- $1 = f0000000-0000-7000-8000-00000000000b
-- $2 = 2
-- $3 = 5
