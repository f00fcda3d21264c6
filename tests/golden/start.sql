-- as cairn_server
select private.claim_idempotency_key($1, $2, $3, $4)
-- $1 = 'startConversation'
-- $2 = 'k2'
-- $3 = '94728326784db4a39d17443a8662930b5d1559a07203801d830d0633ad92e700'
-- $4 = e0000000-0000-7000-8000-0000000000b1
/* cairn_server */
with written as (
  insert into public."conversations" ("id", "title", "kind")
  values ($1, $2, $3)
  returning "id",
    "title",
    "kind",
    "status",
    "version"
)
select concat(
  '{"id":"',
  written."id",
  '","title":',
  coalesce(to_json(written."title")::text, 'null'),
  ',"kind":"',
  upper(written."kind"::text),
  '","status":"',
  upper(written."status"::text),
  '","version":',
  written."version",
  '}'
)
from written
-- $1 = e0000000-0000-7000-8000-0000000000b1
-- $2 = 'New'
-- $3 = 'chat'
