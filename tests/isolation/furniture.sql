-- What Ana and Ben have besides the seed: rows in states that some functions ask for, and in those
-- tables of `private` that the seed cannot know.

insert into public.user_sessions (id, user_id, user_agent, expires_at)
values
  ('a2000000-0000-4000-8000-0000000000f1', 'a0000000-0000-4000-8000-000000000001', 'Cairn for Android', now() + interval '1 hour'),
  ('b2000000-0000-4000-8000-0000000000f1', 'b0000000-0000-4000-8000-000000000002', 'Firefox', now() + interval '1 hour');

insert into public.conversations (id, user_id, title)
values
  ('a3000000-0000-4000-8000-0000000000f1', 'a0000000-0000-4000-8000-000000000001', 'Put away'),
  ('b3000000-0000-4000-8000-0000000000f1', 'b0000000-0000-4000-8000-000000000002', 'Put away, too');

-- Said, answered in vain, and put away.
insert into public.messages (id, user_id, conversation_id, role, content)
values
  ('a4000000-0000-4000-8000-0000000000f1', 'a0000000-0000-4000-8000-000000000001', 'a3000000-0000-4000-8000-0000000000f1', 'user', 'Are you there?'),
  ('b4000000-0000-4000-8000-0000000000f1', 'b0000000-0000-4000-8000-000000000002', 'b3000000-0000-4000-8000-0000000000f1', 'user', 'Is anybody there?');
insert into public.messages (id, user_id, conversation_id, role, state, failure, content, in_reply_to)
values
  ('a4000000-0000-4000-8000-0000000000f2', 'a0000000-0000-4000-8000-000000000001', 'a3000000-0000-4000-8000-0000000000f1',
   'assistant', 'failed', 'unavailable', '', 'a4000000-0000-4000-8000-0000000000f1'),
  ('b4000000-0000-4000-8000-0000000000f2', 'b0000000-0000-4000-8000-000000000002', 'b3000000-0000-4000-8000-0000000000f1',
   'assistant', 'failed', 'unavailable', '', 'b4000000-0000-4000-8000-0000000000f1');
update public.conversations set status = 'archived'
where id in ('a3000000-0000-4000-8000-0000000000f1', 'b3000000-0000-4000-8000-0000000000f1');

insert into private.idempotency_keys (user_id, key, verb, request_hash, entity_id)
values
  ('a0000000-0000-4000-8000-000000000001', 'ana-on-monday', 'startConversation', 'hash', 'a3000000-0000-4000-8000-0000000000f1'),
  ('b0000000-0000-4000-8000-000000000002', 'ben-on-monday', 'startConversation', 'hash', 'b3000000-0000-4000-8000-0000000000f1');

insert into private.model_usage (user_id, hour, tokens)
values
  ('a0000000-0000-4000-8000-000000000001', date_trunc('hour', now(), 'UTC'), 4321),
  ('b0000000-0000-4000-8000-000000000002', date_trunc('hour', now(), 'UTC'), 123);

-- Two summaries are held by a worker; the fence is the first.
insert into private.jobs (id, kind, user_id, ref_id, attempts, fence, lease_until)
values
  ('a9000000-0000-4000-8000-0000000000f1', 'summary', 'a0000000-0000-4000-8000-000000000001',
   'a3000000-0000-4000-8000-0000000000f1', 1, 1, now() + interval '1 hour'),
  ('b9000000-0000-4000-8000-0000000000f1', 'summary', 'b0000000-0000-4000-8000-000000000002',
   'b3000000-0000-4000-8000-0000000000f1', 1, 1, now() + interval '1 hour');

-- A guardian who has been asked, and has not answered.
insert into public.guardian_consents (id, user_id, guardian_email_hash, created_at)
values
  ('aa604000-0000-4000-8000-0000000000f1', 'a0000000-0000-4000-8000-000000000001', repeat('a', 64), now() - interval '1 hour'),
  ('ba604000-0000-4000-8000-0000000000f1', 'b0000000-0000-4000-8000-000000000002', repeat('b', 64), now() - interval '1 hour');

-- An agent that both have let in.
insert into private.oauth_clients (client_id, name, redirect_uris, scopes)
values ('diary', 'A diary', '{https://diary.example.com/back}', '{journal:read}');
insert into private.oauth_families (id, user_id, client_id, scopes)
values
  ('aa190000-0000-4000-8000-0000000000f1', 'a0000000-0000-4000-8000-000000000001', 'diary', '{journal:read}'),
  ('ba190000-0000-4000-8000-0000000000f1', 'b0000000-0000-4000-8000-000000000002', 'diary', '{journal:read}');

-- A crisis that nobody has handled yet.
insert into public.crisis_events (id, user_id, level, source, escalation_path)
select 'aa610000-0000-4000-8000-0000000000f1', 'a0000000-0000-4000-8000-000000000001', 'moderate', seeded.source, seeded.escalation_path
from public.crisis_events as seeded where seeded.id = 'aa610000-0000-4000-8000-000000000001';
insert into public.crisis_events (id, user_id, level, source, escalation_path)
select 'ba610000-0000-4000-8000-0000000000f1', 'b0000000-0000-4000-8000-000000000002', 'moderate', seeded.source, seeded.escalation_path
from public.crisis_events as seeded where seeded.id = 'ba610000-0000-4000-8000-000000000001';
