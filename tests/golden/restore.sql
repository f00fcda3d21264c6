-- as authenticated
/* authenticated */
with written as (
  select "status",
    "archived_from"
  from "public"."restore_conversation"("conversation_id" => $1)
)
select concat(
  '{"status":"',
  upper(written."status"::text),
  '","archivedFrom":',
  coalesce('"' || upper(written."archived_from"::text) || '"', 'null'),
  '}'
)
from written
-- $1 = e0000000-0000-7000-8000-000000000004
