-- Take away what a run has written, so that the next one begins with the same rows.

set session_replication_role = replica;
set synchronous_commit = off;

delete from public.messages where turn > 4;
delete from public.live_events where seq > 4;
update public.live_heads set seq = 4 where seq > 4;
update public.conversations
set last_turn = 4, message_count = 4,
    last_message_at = created_at + interval '3 minutes', updated_at = created_at + interval '3 minutes'
where last_turn > 4;

reset session_replication_role;
