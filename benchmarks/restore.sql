-- Take away what a run has written, so that the next one reads the same rows.

set session_replication_role = replica;
set synchronous_commit = off;

delete from public.messages where turn > 20;
truncate public.live_events, public.live_heads;
update public.conversations
set last_turn = 20, message_count = 20,
    last_message_at = created_at + interval '19 minutes', updated_at = created_at + interval '19 minutes'
where last_turn > 20;

reset session_replication_role;
