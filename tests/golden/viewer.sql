-- as authenticated, read only
/* authenticated */
select concat(
  '{"viewer":',
  coalesce(
    (
      select concat(
        '{"__typename":"User","id":"',
        t1."id",
        '","nodeId":"',
        encode(convert_to('User:' || t1.id, 'UTF8'), 'base64'),
        '","displayName":',
        coalesce(to_json(t1."display_name")::text, 'null'),
        ',"xp":',
        t1."xp",
        ',"lastActiveAt":',
        coalesce(
          '"' || to_char(t1."last_active_at", 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '"',
          'null'
        ),
        '}'
      )
      from public."users" as t1
      where t1.id = $1::uuid
    ),
    'null'
  ),
  '}'
)
-- $1 = a0000000-0000-4000-8000-00000000da7a
