"""The statements of `cairn seed --scale`: each makes the rows of one table for some people.

`$1` are their ids and `$2` about how many messages each has. A number that seems to be chance is a
hash of the row's own place, so that a statement can name the rows of another without reading them.
"""

from __future__ import annotations

# The id of a moment, version 7: ids of later rows sort later, as those of the product do.
ID_AT = """
create function pg_temp.id_at(moment timestamptz, salt text) returns uuid
  language sql immutable parallel safe as $$
  select (
    lpad(to_hex((extract(epoch from moment) * 1000)::bigint), 12, '0')
    || '7' || left(md5(salt), 3) || '8' || substr(md5(salt), 4, 15)
  )::uuid
$$;
create function pg_temp.dice(salt text, sides integer) returns integer
  language sql immutable parallel safe as $$ select abs(hashtext(salt) % sides) $$;
"""

# `$2` is here the number of years; the later half of the people came in the last third of them.
PEOPLE = """
with account as (
  insert into auth.users (instance_id, id, aud, role, email, email_confirmed_at, raw_app_meta_data,
                          raw_user_meta_data, created_at, updated_at)
  select '00000000-0000-0000-0000-000000000000', id, 'authenticated', 'authenticated',
         'person.' || right(id::text, 12) || '@example.com', since, '{}', '{}', since, since
  from unnest($1::uuid[]) as id
  cross join lateral (
    select now() - make_interval(days => 2 + (365 * $2 * pg_temp.dice(id::text, 1000) ^ 1.6 / 1000 ^ 1.6)::integer)
  ) as came (since)
  on conflict (id) do nothing
  returning id, email, created_at
)
insert into public.users (id, email, display_name, is_test_account, created_at, updated_at)
select id, email, 'Person ' || right(id::text, 6), true, created_at, created_at from account
on conflict (id) do nothing
returning id
"""

CONVERSATIONS = """
insert into public.conversations (
  id, user_id, title, kind, status, archived_from, message_count, last_turn, metadata,
  created_at, updated_at, last_message_at, completed_at
)
select pg_temp.id_at(started, salt), person.id,
       (array['After a long day', 'About my father', 'The move', 'Not sleeping', 'A good morning', 'The interview',
              'What I did not say', 'Sunday again', 'The garden', 'Breathing', 'My brother calls', 'A plan'])[1 + pg_temp.dice(salt, 12)],
       case pg_temp.dice(salt, 20) when 0 then 'check_in' when 1 then 'guided' when 2 then 'voice' else 'chat' end::public.conversation_kind,
       status, case status when 'archived' then 'completed'::public.conversation_status end,
       turns, turns, '{}', started, ended, ended, case when status in ('completed', 'archived') then ended end
from unnest($1::uuid[], $2::integer[]) as one (id, size)
join public.users as person on person.id = one.id
cross join lateral (select greatest(1, size / 20)) as known (conversations)
cross join lateral generate_series(1, conversations) as number
cross join lateral (select concat(person.id, '/', number)) as salted (salt)
cross join lateral (select least(size, 2 * (5 + pg_temp.dice(salt, 11)))) as said (turns)
cross join lateral (
  select person.created_at + (now() - interval '1 day' - person.created_at) * ((number - 0.5) / conversations)
) as begun (started)
cross join lateral (select started + turns * interval '40 seconds') as over (ended)
cross join lateral (
  select case when number = conversations then 'active' when pg_temp.dice(salt, 9) = 0 then 'archived'
              when pg_temp.dice(salt, 9) = 1 then 'paused' else 'completed' end::public.conversation_status
) as now_is (status)
"""

MESSAGES = """
insert into public.messages (
  id, user_id, conversation_id, turn, role, content, content_hash, in_reply_to, model_used, tokens_used,
  response_time_ms, attempt, sentiment_score, memory_extracted, created_at, updated_at
)
select pg_temp.id_at(at, salt), whole.user_id, whole.id, turn, role, content,
       encode(sha256(convert_to(content, 'UTF8')), 'hex'),
       case when is_reply then pg_temp.id_at(at - interval '40 seconds', concat(whole.id, '/', turn - 1)) end,
       case when is_reply then 'scale' end, case when is_reply then 40 + pg_temp.dice(salt, 400) end,
       case when is_reply then 600 + pg_temp.dice(salt, 5000) end, is_reply::integer,
       (pg_temp.dice(salt, 201) - 100) / 100.0, true, at, at
from public.conversations as whole
cross join lateral generate_series(1, whole.last_turn) as turn
cross join lateral (
  select concat(whole.id, '/', turn), whole.created_at + turn * interval '40 seconds', turn % 2 = 0
) as place (salt, at, is_reply)
cross join lateral (
  select case when is_reply then 'assistant' else 'user' end::public.message_role,
         case when is_reply then concat_ws(' ',
           (array['That sounds heavy.', 'I hear how much that matters to you.', 'Thank you for telling me.', 'Let us stay with that for a moment.',
                  'You noticed it, and that is something.', 'It makes sense that you feel this.'])[1 + pg_temp.dice(salt || 'a', 6)],
           (array['What was there just before it?', 'Where in your body do you feel it?', 'What would you say to a friend who told you this?',
                  'Is there a part of you that sees it otherwise?', 'What helped the last time, even a little?', 'What do you need tonight?'])[1 + pg_temp.dice(salt || 'b', 6)],
           case when pg_temp.dice(salt, 3) = 0 then 'There is no hurry. We can take the small things first, one after the other, and look again tomorrow.' end)
         else concat_ws(' ',
           (array['I could not sleep again.', 'Work was too much today.', 'My mother called.', 'I walked along the river.', 'We argued, about nothing.',
                  'I finally wrote the letter.', 'I do not know what I feel.', 'It was better this morning.'])[1 + pg_temp.dice(salt || 'c', 8)],
           (array['It keeps going round in my head.', 'I said yes, and I meant no.', 'Then I just sat there for an hour.', 'I was proud of that, for a moment.',
                  'My chest gets tight when I think of it.', 'Nobody noticed, I think.', 'I miss how it was before.', 'Maybe it is time to try.'])[1 + pg_temp.dice(salt || 'd', 8)],
           case when pg_temp.dice(salt, 4) = 0 then 'I keep telling myself that it will pass, and it does, and then it comes back on another day when I least expect it.' end)
         end
) as said (role, content)
where whole.user_id = any ($1) and cardinality($2::integer[]) > 0
"""

SUMMARIES = """
insert into public.conversation_summaries (
  id, user_id, conversation_id, summary, key_topics, emotional_themes, sentiment_overall, through_turn, created_at, updated_at
)
select pg_temp.id_at(whole.last_message_at, concat(whole.id, '/summary')), whole.user_id, whole.id,
       concat('They talked about: ', lower(whole.title), '.'), array[lower(whole.title)],
       array[(array['tiredness', 'longing', 'relief', 'worry', 'anger', 'hope'])[1 + pg_temp.dice(whole.id::text, 6)]],
       (pg_temp.dice(whole.id::text, 201) - 100) / 100.0, whole.last_turn, whole.last_message_at, whole.last_message_at
from public.conversations as whole
where whole.user_id = any ($1) and whole.completed_at is not null and cardinality($2::integer[]) > 0
"""

# In the order in which they are made: by table.
PARTS = {
    "conversations": CONVERSATIONS,
    "messages": MESSAGES,
    "conversation_summaries": SUMMARIES,
}
