-- as cairn_server
/* cairn_server */
with written as (
  insert into public."messages" (
    "conversation_id",
    "role",
    "content",
    "crisis_level",
    "id",
    "idempotency_key"
  )
  values ($1, $2, $3, $4, $5, $6)
  returning "id",
    "turn",
    "role",
    "content",
    "content_hash"
)
select concat(
  '{"message":{"id":"',
  written."id",
  '","nodeId":"',
  encode(convert_to('Message:' || written.id, 'UTF8'), 'base64'),
  '","turn":',
  written."turn",
  ',"role":"',
  upper(written."role"::text),
  '","content":',
  to_json(written."content"),
  ',"contentHash":',
  to_json(written."content_hash"),
  '}}'
)
from written
-- $1 = e0000000-0000-7000-8000-000000000001
-- $2 = 'user'
-- $3 = 'Hello.'
-- $4 = 'none'
-- $5 = e0000000-0000-7000-8000-0000000000a1
-- $6 = 'k1'
