-- as authenticated
/* authenticated */
with written as (
  update public."conversations"
  set "title" = $2
  where id = $1 and version = $3
  returning "title",
    "version"
)
select concat(
  '{"title":',
  coalesce(to_json(written."title")::text, 'null'),
  ',"version":',
  written."version",
  '}'
)
from written
-- $1 = e0000000-0000-7000-8000-000000000003
-- $2 = 'New'
-- $3 = 1
