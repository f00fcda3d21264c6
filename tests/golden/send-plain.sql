-- as cairn_server
/* cairn_server */
with written as (
  insert into public."messages" (
    "id",
    "conversation_id",
    "role",
    "content",
    "crisis_level",
    "idempotency_key"
  )
  values ($1, $2, $3, $4, $5, $6)
  returning "id",
    "turn",
    "role",
    "content",
    "content_hash"
),
also_1 as (
  insert into public."messages" ("id", "conversation_id", "role", "state", "content", "in_reply_to")
  select $7,
    $8,
    $9,
    $10,
    $11,
    $12
  from written
  returning 1
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
-- $1 = e0000000-0000-7000-8000-0000000000a1
-- $2 = e0000000-0000-7000-8000-000000000001
-- $3 = 'user'
-- $4 = 'Hello.'
-- $5 = 'none'
-- $6 = 'k1'
-- $7 = e0000000-0000-7000-8000-000036b7cb43
-- $8 = e0000000-0000-7000-8000-000000000001
-- $9 = 'assistant'
-- $10 = 'queued'
-- $11 = ''
-- $12 = e0000000-0000-7000-8000-0000000000a1
