-- as anon, read only
/* anon */
select concat('{"viewer":', coalesce('null'), '}')
