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
insert into public.users (id, email, display_name, is_test_account, takes_part_from, created_at, updated_at)
select id, email, 'Person ' || right(id::text, 6), true, '2007-01-01', created_at, created_at from account
on conflict (id) do nothing
returning id
"""

PROFILES = """
insert into public.profiles (user_id, birth_year, created_at, updated_at)
select id, 1950 + pg_temp.dice(id::text, 40), created_at, created_at
from public.users where id = any ($1) and cardinality($2::integer[]) > 0
"""

SETTINGS = """
insert into public.user_privacy_settings (user_id, created_at, updated_at)
select id, created_at, created_at from public.users where id = any ($1) and cardinality($2::integer[]) > 0
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


def each(word: str, *, per: int, at_most: int = 1_000_000) -> str:
    """Give what rows are drawn from: for each person one for so many messages, spread over her time.

    It supplies `person`, `number`, `salt` and `at`.
    """
    return f"""
from unnest($1::uuid[], $2::integer[]) as one (id, size)
join public.users as person on person.id = one.id
cross join lateral (select least(greatest(size / {per}, 1), {at_most})) as known (rows)
cross join lateral generate_series(1, rows) as number
cross join lateral (select concat(person.id, '/{word}/', number)) as salted (salt)
cross join lateral (
  select person.created_at + (now() - interval '1 day' - person.created_at) * ((number - 0.5) / rows)
) as moment (at)
"""


MEMORIES = f"""
insert into public.memories (
  id, user_id, content, memory_type, storage_type, significance_level, relevance_score, stability_score,
  explicitness_score, validation_passed, is_consented, consented_at, valid_from, tags, created_at, updated_at
)
select pg_temp.id_at(at, salt), person.id,
       concat_ws(' ', (array['She', 'Her sister', 'Her work', 'The flat', 'Her father', 'Music'])[1 + pg_temp.dice(salt || 'a', 6)],
                 (array['matters more than it did', 'keeps her awake', 'gives her strength', 'is a reason to stay', 'is far away now',
                        'has changed since spring', 'is what she talks about on Sundays'])[1 + pg_temp.dice(salt || 'b', 7)]) || '.',
       (enum_range(null::public.memory_type))[1 + pg_temp.dice(salt || 'c', cardinality(enum_range(null::public.memory_type)))],
       case pg_temp.dice(salt, 3) when 0 then 'short_term' else 'long_term' end::public.memory_storage_type,
       (enum_range(null::public.significance_level))[1 + least(pg_temp.dice(salt || 'd', 7), 3)],
       pg_temp.dice(salt || 'e', 101) / 100.0, pg_temp.dice(salt || 'f', 101) / 100.0, pg_temp.dice(salt || 'g', 101) / 100.0,
       true, true, at, at, array[(array['family', 'work', 'sleep', 'body', 'hope'])[1 + pg_temp.dice(salt, 5)]], at, at
{each("memory", per=10)}
"""

MEMORY_ACCESS = """
insert into public.memory_access (user_id, id, access_count, last_accessed_at, created_at)
select user_id, id, 1 + pg_temp.dice(id::text, 20), created_at + (now() - created_at) / 2, created_at
from public.memories
where user_id = any ($1) and pg_temp.dice(id::text, 3) > 0 and cardinality($2::integer[]) > 0
"""

CHECK_INS = f"""
insert into public.check_ins (id, user_id, mood, energy, occurred_at, created_at, updated_at)
select pg_temp.id_at(at, salt), person.id, pg_temp.dice(salt, 11), pg_temp.dice(salt || 'e', 11), at, at, at
{each("check-in", per=25)}
"""

MOODS = f"""
insert into public.user_mood_trends (id, user_id, measured_at, mood, energy, anxiety, created_at, updated_at)
select pg_temp.id_at(at, salt), person.id, at, pg_temp.dice(salt, 11) - 5, pg_temp.dice(salt || 'e', 11), pg_temp.dice(salt || 'a', 11), at, at
{each("mood", per=25)}
"""

EMOTIONS = f"""
insert into public.user_emotional_states (id, user_id, felt_at, emotion, intensity, created_at, updated_at)
select pg_temp.id_at(at, salt), person.id, at,
       (array['sadness', 'relief', 'anger', 'shame', 'joy', 'fear', 'longing'])[1 + pg_temp.dice(salt, 7)], pg_temp.dice(salt, 11), at, at
{each("emotion", per=40)}
"""

JOURNAL = f"""
insert into public.journal_entries (id, user_id, title, content, mood, themes, shared_with_ai, is_private, created_at, updated_at)
select pg_temp.id_at(at, salt), person.id,
       (array['Morning', 'After the call', 'Rain', 'What I kept to myself', 'A list', 'The dream again'])[1 + pg_temp.dice(salt, 6)],
       concat_ws(' ', (array['I woke early.', 'It rained all day.', 'I went there after all.'])[1 + pg_temp.dice(salt || 'a', 3)],
                 (array['I wanted to write this down before it goes.', 'There is more to it, and I will come back to it.',
                        'I was not sad, only slow.'])[1 + pg_temp.dice(salt || 'b', 3)],
                 'Later I made soup, and read, and did not answer the phone. It was a good decision, or it was none.'),
       'quiet', array[(array['home', 'family', 'work', 'self'])[1 + pg_temp.dice(salt, 4)]],
       pg_temp.dice(salt, 2) = 0, pg_temp.dice(salt, 2) = 1, at, at
{each("page", per=40)}
"""

INSIGHTS = f"""
insert into public.insights (id, user_id, origin, type, status, content, revealed_at, created_at, updated_at)
select pg_temp.id_at(at, salt), person.id, 'agent', (array['observation', 'nudge', 'follow_up'])[1 + pg_temp.dice(salt, 3)]::public.insight_type,
       status, 'Evenings are lighter after a day with a walk in it.', case status when 'revealed' then at end, at, at
{each("insight", per=50)}
cross join lateral (select case pg_temp.dice(salt, 4) when 0 then 'pending' else 'revealed' end::public.insight_status) as is_now (status)
"""

COMMITMENTS = f"""
insert into public.commitments (id, user_id, text, due_on, created_at, updated_at)
select pg_temp.id_at(at, salt), person.id,
       (array['Walk before breakfast.', 'Call my brother.', 'Say no once.', 'Lights out at eleven.'])[1 + pg_temp.dice(salt, 4)],
       at::date + 7, at, at
{each("commitment", per=80)}
"""

GOALS = f"""
insert into public.user_goals (id, user_id, title, progress, created_at, updated_at)
select pg_temp.id_at(at, salt), person.id,
       (array['Sleep through the night', 'Say what I need', 'Go back to the choir', 'Finish the training'])[1 + pg_temp.dice(salt, 4)],
       pg_temp.dice(salt, 101), at, at
{each("goal", per=200, at_most=20)}
"""

PERSONS = f"""
insert into public.user_people (id, user_id, name, closeness, created_at, updated_at)
select pg_temp.id_at(at, salt), person.id,
       (array['Mira', 'Jonas', 'Aunt Lou', 'Sam', 'Dr. Okoye', 'Pia', 'Ravi'])[1 + pg_temp.dice(salt, 7)] || ' ' || number, pg_temp.dice(salt, 11), at, at
{each("person", per=100, at_most=25)}
"""

THEMES = f"""
insert into public.user_themes (id, user_id, name, intensity, created_at, updated_at)
select pg_temp.id_at(at, salt), person.id,
       (array['Being enough', 'Home', 'Letting go', 'Trust', 'Anger that was not allowed'])[1 + pg_temp.dice(salt, 5)] || ' ' || number,
       pg_temp.dice(salt, 11), at, at
{each("theme", per=150, at_most=20)}
"""

PARTS_OF_HER = f"""
insert into public.parts (id, user_id, name, confidence_score, created_at, updated_at)
select pg_temp.id_at(at, salt), person.id,
       (array['The planner', 'The small one', 'The critic', 'The one who leaves', 'The watcher'])[1 + pg_temp.dice(salt, 5)] || ' ' || number,
       pg_temp.dice(salt, 101) / 100.0, at, at
{each("part", per=200, at_most=12)}
"""

# In the order in which they are made: by table.
PARTS = {
    "profiles": PROFILES,
    "user_privacy_settings": SETTINGS,
    "conversations": CONVERSATIONS,
    "messages": MESSAGES,
    "conversation_summaries": SUMMARIES,
    "memories": MEMORIES,
    "memory_access": MEMORY_ACCESS,
    "check_ins": CHECK_INS,
    "user_mood_trends": MOODS,
    "user_emotional_states": EMOTIONS,
    "journal_entries": JOURNAL,
    "insights": INSIGHTS,
    "commitments": COMMITMENTS,
    "user_goals": GOALS,
    "user_people": PERSONS,
    "user_themes": THEMES,
    "parts": PARTS_OF_HER,
}
