-- as authenticated, read only
/* authenticated */
select concat(
  '{"messages":',
  concat(
    '{"totalCount":',
    (
      select count(*)
      from public."messages" as t2
      where t2."role" = ($1::text)::public.message_role
    ),
    ',"some":',
    (
      select count(*)
      from (
        select
        from public."messages" as t3
        where t3."role" = ($1::text)::public.message_role
        limit 1000
      ) as counted
    ),
    '}'
  ),
  '}'
)
-- $1 = 'assistant'
