-- Voice: who can be called, the calls, and what is kept of them.
--
-- A provider carries the calls and tells the server how they go; she reads, and deletes. Of what is
-- said in a call a summary is kept and never the words: no column can hold a transcript, and the
-- two that hold free JSON refuse whatever calls itself one.

set lock_timeout = '5s';
set statement_timeout = '60s';

create type public.call_channel as enum ('web', 'phone');
create type public.call_status as enum (
  'pending', 'ringing', 'in_progress', 'completed', 'failed', 'missed', 'cancelled'
);

comment on type public.call_channel is 'How one calls: from the app, or by telephone.';
comment on type public.call_status is
  'How far a call has come: asked for, ringing, under way; or how it ended: talked to the end, broken by a fault, not '
  'taken, or called off before anybody spoke.';

-- holds_no_transcript ---------------------------------------------------------

create function private.holds_no_transcript(document jsonb) returns boolean
  language sql immutable parallel safe set search_path = ''
as $$
  select not jsonb_path_exists(
    document,
    '$.** ? (@.type() == "object").keyvalue().key ? (@ like_regex "transcri|utterance|verbatim|dialog|recording|^(messages|turns|conversation|artifact)$" flag "i")'
  )
$$;
comment on function private.holds_no_transcript is
  'No key in this document, at any depth, is named as if the words of a call, or their sound, were under it: transcript, '
  'utterances, messages, recording and the like. For checks.';
grant execute on function private.holds_no_transcript to cairn_server;

-- voices ----------------------------------------------------------------------

create table public.voices (
  id           uuid        primary key default private.uuid_v7(),
  assistant_id text        not null,
  name         text        not null,
  description  text,
  language     text        not null default 'en',
  sample_url   text,
  is_published boolean     not null default false,
  is_active    boolean     not null default true,
  created_at   timestamptz not null default now(),
  updated_at   timestamptz not null default now(),

  constraint voices_assistant_id_key unique (assistant_id),
  constraint voices_assistant_id_has_1_to_100_characters check (length(assistant_id) between 1 and 100),
  constraint voices_name_has_1_to_100_characters check (name ~ '\S' and length(name) <= 100),
  constraint voices_description_is_at_most_1000_characters check (length(description) <= 1000),
  constraint voices_language_is_a_language_tag check (language ~ '^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$'),
  constraint voices_sample_url_is_https check (sample_url ~ '^https://' and length(sample_url) <= 2000)
);

comment on table  public.voices is 'A voice that one can talk with; the same for everybody.';
comment on column public.voices.assistant_id is 'Its name among assistants, by which calls and schedules refer to it; the provider''s id, where there is one.';
comment on column public.voices.language is 'What it speaks, as a tag of BCP 47 such as `en` or `pt-BR`.';
comment on column public.voices.sample_url is 'Where to hear it; null without a sample.';
comment on column public.voices.is_published is 'Anybody may hear of it; until then it is a draft. One that was talked with should stay published.';
comment on column public.voices.is_active is 'It can be chosen. A retired voice stays, and so do its calls.';

-- What everybody is shown.
create index voices_by_publication_idx on public.voices (is_published, name);

create trigger t900_voices_touch before update on public.voices
  for each row execute function private.touch_updated_at();

alter table public.voices enable row level security;
alter table public.voices force row level security;
create policy "anybody reads the voices that are published" on public.voices for select to anon, authenticated, cairn_server using (is_published);

-- Only migrations and the dashboard write them.
grant select on public.voices to anon, authenticated;

-- voice_calls -----------------------------------------------------------------

create table public.voice_calls (
  id               uuid          primary key default private.uuid_v7(),
  user_id          uuid          not null default auth.uid() references public.users on delete cascade,
  conversation_id  uuid,
  vapi_call_id     text,
  assistant_id     text          not null,
  channel          public.call_channel not null,
  status           public.call_status  not null default 'pending',
  phone_number     text,
  started_at       timestamptz,
  ended_at         timestamptz,
  duration_seconds integer       generated always as (extract(epoch from ended_at - started_at)::integer) stored,
  ended_reason     text,
  cost_total       numeric(10,4),
  cost_currency    text          not null default 'USD',
  cost_breakdown   jsonb         not null default '{}',
  created_at       timestamptz   not null default now(),
  updated_at       timestamptz   not null default now(),

  constraint voice_calls_owner_key unique (id, user_id),
  constraint voice_calls_vapi_call_id_key unique (vapi_call_id),
  constraint voice_calls_conversation_fkey foreign key (conversation_id, user_id)
    references public.conversations (id, user_id) on delete set null (conversation_id),
  -- A voice is everybody's. One that was talked with cannot be deleted: retire it.
  constraint voice_calls_voice_fkey foreign key (assistant_id)
    references public.voices (assistant_id) on update cascade on delete restrict,
  constraint voice_calls_vapi_call_id_has_1_to_200_characters check (length(vapi_call_id) between 1 and 200),
  constraint voice_calls_phone_number_is_international check (phone_number ~ '^\+[1-9][0-9]{6,14}$'),
  constraint voice_calls_by_phone_have_a_number check (channel <> 'phone' or phone_number is not null),
  constraint voice_calls_under_way_have_begun
    check (status not in ('in_progress', 'completed') or started_at is not null),
  constraint voice_calls_pending_and_ringing_ones_have_not_begun
    check (status not in ('pending', 'ringing', 'missed', 'cancelled') or started_at is null),
  constraint voice_calls_say_when_they_ended
    check ((status in ('completed', 'failed', 'missed', 'cancelled')) = (ended_at is not null)),
  constraint voice_calls_end_after_they_begin check (ended_at >= started_at),
  constraint voice_calls_ended_reason_is_a_short_word check (ended_reason ~ '^[a-z0-9][a-z0-9_.-]{0,79}$'),
  constraint voice_calls_cost_total_is_not_negative check (cost_total >= 0),
  constraint voice_calls_cost_currency_has_3_letters check (cost_currency ~ '^[A-Z]{3}$'),
  constraint voice_calls_cost_breakdown_is_an_object_of_at_most_8_kb
    check (jsonb_typeof(cost_breakdown) = 'object' and octet_length(cost_breakdown::text) <= 8192),
  constraint voice_calls_cost_breakdown_holds_no_transcript check (private.holds_no_transcript(cost_breakdown))
);

comment on table  public.voice_calls is 'One call between a person and her companion. What was said is not kept.';
comment on column public.voice_calls.conversation_id is 'The conversation that it belongs to; null without one, and once that was deleted.';
comment on column public.voice_calls.vapi_call_id is 'The provider''s id, unique among everybody''s; null until the provider has given one.';
comment on column public.voice_calls.assistant_id is 'The voice: see voices.';
comment on column public.voice_calls.phone_number is 'Hers, such as +351210000000; null for a call from the app.';
comment on column public.voice_calls.started_at is 'When both could speak; null when it did not come to that.';
comment on column public.voice_calls.ended_at is 'When it ended, in whatever way; null until then.';
comment on column public.voice_calls.duration_seconds is 'From its beginning to its end; null until then, and when nobody spoke.';
comment on column public.voice_calls.ended_reason is 'The provider''s word for why it ended.';
comment on column public.voice_calls.cost_total is 'What the provider charged, in cost_currency; null until it says.';
comment on column public.voice_calls.cost_currency is 'ISO 4217.';
comment on column public.voice_calls.cost_breakdown is 'What it was charged for: a JSON object of at most 8 kB.';

-- Her lists: by age, within a status, and those of one conversation.
create index voice_calls_by_creation_idx     on public.voice_calls (user_id, created_at desc, id desc);
create index voice_calls_by_status_idx       on public.voice_calls (user_id, status, created_at desc, id desc);
create index voice_calls_by_start_idx        on public.voice_calls (user_id, started_at desc, id desc);
create index voice_calls_by_conversation_idx on public.voice_calls (user_id, conversation_id);
create index voice_calls_by_voice_idx        on public.voice_calls (assistant_id, user_id);

create function private.voice_calls_change() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  if (new.id, new.user_id) is distinct from (old.id, old.user_id) then
    raise exception using errcode = 'CA409', message = 'A call stays with its owner.';
  end if;
  if old.vapi_call_id is not null and new.vapi_call_id is distinct from old.vapi_call_id then
    raise exception using errcode = 'CA409', message = 'A call keeps the id that its provider gave it.';
  end if;
  if new.status <> old.status then
    -- Only forward, but not step by step: the provider's messages may be late, or lost.
    if not (
      case old.status
        when 'pending'     then true
        when 'ringing'     then new.status <> 'pending'
        when 'in_progress' then new.status in ('completed', 'failed')
        else false
      end
    ) then
      raise exception using errcode = 'CA409',
        message = format('A call that is %s cannot become %s.', old.status, new.status);
    end if;
    if new.status = 'in_progress' then
      new.started_at := coalesce(new.started_at, now());
    elsif new.status in ('completed', 'failed', 'missed', 'cancelled') then
      new.ended_at := coalesce(new.ended_at, greatest(now(), new.started_at));
    end if;
  end if;
  new.updated_at := now();
  return new;
end
$$;
comment on function private.voice_calls_change is
  'Before update: a call''s status goes only forward, and says when it began and ended unless the writer does.';
create trigger t100_voice_calls_change before update on public.voice_calls
  for each row execute function private.voice_calls_change();

create constraint trigger t900_voice_calls_live after insert or update or delete on public.voice_calls
  deferrable initially deferred
  for each row execute function private.live_record();

alter table public.voice_calls enable row level security;
alter table public.voice_calls force row level security;
create policy owner_select on public.voice_calls for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.voice_calls for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.voice_calls for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.voice_calls for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

-- The server places calls, which cost money, and hears from the provider how they go.
grant select, delete on public.voice_calls to authenticated;
grant
  insert (
    id, conversation_id, vapi_call_id, assistant_id, channel, status, phone_number, started_at, ended_at,
    ended_reason, cost_total, cost_currency, cost_breakdown
  ),
  update (
    conversation_id, vapi_call_id, status, started_at, ended_at, ended_reason, cost_total, cost_currency, cost_breakdown
  )
  on public.voice_calls to cairn_server;

-- call_summaries --------------------------------------------------------------

create table public.call_summaries (
  id                uuid        primary key default private.uuid_v7(),
  user_id           uuid        not null default auth.uid(),
  call_id           uuid        not null,
  summary           text        not null,
  summary_json      jsonb       not null default '{}',
  duration_seconds  integer,
  sentiment         text,
  key_topics        text[]      not null default '{}',
  action_items      text[]      not null default '{}',
  crisis_indicators jsonb       not null default '{}',
  emotional_state   text,
  created_at        timestamptz not null default now(),
  updated_at        timestamptz not null default now(),

  constraint call_summaries_call_key unique (user_id, call_id),
  -- The only way to her: a call goes with its owner, and a summary with its call.
  constraint call_summaries_call_fkey foreign key (call_id, user_id)
    references public.voice_calls (id, user_id) on delete cascade,
  constraint call_summaries_summary_has_1_to_4000_characters check (summary ~ '\S' and length(summary) <= 4000),
  constraint call_summaries_summary_json_is_an_object_of_at_most_8_kb
    check (jsonb_typeof(summary_json) = 'object' and octet_length(summary_json::text) <= 8192),
  constraint call_summaries_summary_json_holds_no_transcript check (private.holds_no_transcript(summary_json)),
  constraint call_summaries_duration_seconds_are_not_negative check (duration_seconds >= 0),
  constraint call_summaries_sentiment_is_at_most_60_characters check (length(sentiment) <= 60),
  constraint call_summaries_key_topics_are_at_most_30 check (cardinality(key_topics) <= 30),
  constraint call_summaries_action_items_are_at_most_30 check (cardinality(action_items) <= 30),
  constraint call_summaries_crisis_indicators_are_an_object_up_to_8_kb
    check (jsonb_typeof(crisis_indicators) = 'object' and octet_length(crisis_indicators::text) <= 8192),
  constraint call_summaries_crisis_indicators_hold_no_transcript check (private.holds_no_transcript(crisis_indicators)),
  constraint call_summaries_emotional_state_is_at_most_200_characters check (length(emotional_state) <= 200)
);

comment on table  public.call_summaries is 'What a call was about: all that is kept of it. There is no transcript, here or elsewhere.';
comment on column public.call_summaries.summary is 'In a few sentences, not in her words.';
comment on column public.call_summaries.summary_json is
  'What else the summary found, as its maker gives it: a JSON object of at most 8 kB, without any key that promises a transcript.';
comment on column public.call_summaries.duration_seconds is 'As the provider measured it; see also voice_calls. Null when it did not.';
comment on column public.call_summaries.sentiment is 'Of the whole call, in a word such as `hopeful`; null when not told.';
comment on column public.call_summaries.crisis_indicators is 'What the safety checks found in the call.';
comment on column public.call_summaries.emotional_state is 'How she seemed at the end; null when not told.';

create index call_summaries_by_creation_idx on public.call_summaries (user_id, created_at desc, id desc);

create trigger t900_call_summaries_touch before update on public.call_summaries
  for each row execute function private.touch_updated_at();

create constraint trigger t900_call_summaries_live after insert or update or delete on public.call_summaries
  deferrable initially deferred
  for each row execute function private.live_record();

alter table public.call_summaries enable row level security;
alter table public.call_summaries force row level security;
create policy owner_select on public.call_summaries for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.call_summaries for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.call_summaries for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.call_summaries for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

-- The server writes them; she may delete one and keep the call.
grant select, delete on public.call_summaries to authenticated;
grant
  insert (
    id, call_id, summary, summary_json, duration_seconds, sentiment, key_topics, action_items, crisis_indicators,
    emotional_state
  ),
  update (
    summary, summary_json, duration_seconds, sentiment, key_topics, action_items, crisis_indicators, emotional_state
  )
  on public.call_summaries to cairn_server;

-- owner_of_call ---------------------------------------------------------------

create function private.owner_of_call(vapi_call_id text) returns table (user_id uuid, call_id uuid)
  language sql stable security definer set search_path = ''
as $$
  select call.user_id, call.id
  from public.voice_calls as call
  where call.vapi_call_id = owner_of_call.vapi_call_id
$$;
comment on function private.owner_of_call is
  'Whose call the provider speaks of, and which; no row for one that is not known (yet). Ids only: what the provider '
  'reports is then written in that person''s name. For the worker.';
grant execute on function private.owner_of_call to cairn_server;

-- voice_costs -----------------------------------------------------------------

create function public.voice_costs(since timestamptz, until timestamptz default null)
  returns table (currency text, calls bigint, seconds bigint, total numeric)
  language sql stable set search_path = ''
as $$
  select call.cost_currency, count(*), coalesce(sum(call.duration_seconds), 0), coalesce(sum(call.cost_total), 0)
  from public.voice_calls as call
  where call.user_id = (select auth.uid())
    and call.created_at >= since
    and (until is null or call.created_at < until)
  group by call.cost_currency
  order by call.cost_currency
$$;
comment on function public.voice_costs is
  'What the caller''s own calls cost that were placed in this time, the first moment included and the last not (null: until '
  'now): a row for each currency, with the number of calls and how long they lasted together.';
grant execute on function public.voice_costs to authenticated;
