-- as authenticated, read only
/* authenticated */
select array['"Query"',
  concat(
    coalesce(
      (
        select concat('{"displayName":', coalesce(to_json(t1."display_name")::text, 'null'), '}')
        from public."users" as t1
        where t1.id = $1::uuid
      ),
      'null'
    )
  ),
  concat(concat('{"totalCount":', (select count(*) from public."conversations" as t3), '}'))]
-- $1 = a0000000-0000-4000-8000-00000000da7a
