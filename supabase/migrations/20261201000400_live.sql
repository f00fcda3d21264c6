-- Live: a log of what changed for whom, which is what every device of hers listens to.
--
-- Triggers write it, so that a row changed in the dashboard is as live as one changed by the API.
-- An event says which row changed, and holds nothing of it: whoever is told reads the row again,
-- under the policies. A reader that has seen number n of a person has missed none below: her
-- numbers have no gaps, and their order is that of the commits.

set lock_timeout = '5s';
set statement_timeout = '60s';

-- live_heads ------------------------------------------------------------------

create table public.live_heads (
  -- No foreign key, here and in the log: each event would lock her users row. users_forget_live
  -- removes both.
  user_id uuid   primary key,
  seq     bigint not null
);

comment on table  public.live_heads is 'The number of a person''s latest event; none yet without a row.';
comment on column public.live_heads.seq is 'Counts without gaps; it stays when old events are forgotten.';

alter table public.live_heads enable row level security;
alter table public.live_heads force row level security;
create policy owner_select on public.live_heads for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.live_heads for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.live_heads for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.live_heads for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

-- Reading only: live_record writes.
grant select on public.live_heads to authenticated;

-- live_events -----------------------------------------------------------------

create table public.live_events (
  user_id         uuid        not null,
  seq             bigint      not null,
  table_name      text        not null,
  row_id          uuid        not null,
  conversation_id uuid,
  operation       text        not null,
  audience        text        not null default 'owner',
  -- When it was numbered, not when its transaction began: it grows with the number.
  created_at      timestamptz not null default clock_timestamp(),

  constraint live_events_pkey primary key (user_id, seq),
  constraint live_events_operation_and_audience_are_known
    check (operation in ('insert', 'update', 'delete') and audience in ('owner', 'care_team'))
);

comment on table  public.live_events is 'Which rows of a person changed, in the order of the commits; kept for seven days.';
comment on column public.live_events.seq is 'Her own numbering, without gaps.';
comment on column public.live_events.table_name is 'The table of schema public that the row is in.';
comment on column public.live_events.conversation_id is 'The conversation that the row is or belongs to; null for rows outside of any.';
comment on column public.live_events.operation is 'insert, update or delete.';
comment on column public.live_events.audience is 'Who is told: owner, or care_team besides.';

create index live_events_by_conversation_idx on public.live_events (user_id, conversation_id, seq);
-- For the sweep.
create index live_events_by_age_idx on public.live_events (created_at);

alter table public.live_events enable row level security;
alter table public.live_events force row level security;
create policy owner_select on public.live_events for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.live_events for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.live_events for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.live_events for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

-- Reading only: live_record writes.
grant select on public.live_events to authenticated;

-- live_record -----------------------------------------------------------------

create function private.live_record() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  owner  constant uuid := coalesce(new.user_id, old.user_id);
  row_id constant uuid := coalesce(new.id, old.id);
  conversation uuid;
  number bigint;
begin
  if tg_argv[0] = 'id' then
    conversation := row_id;
  elsif tg_argv[0] = 'conversation_id' then
    conversation := coalesce(new.conversation_id, old.conversation_id);
    if tg_op = 'DELETE' and not exists (
      select from public.conversations as whole where whole.id = conversation
    ) then
      return null; -- The conversation's own event says it all.
    end if;
  end if;

  -- This row stays locked until the commit, and is the last lock that a transaction takes: whoever
  -- comes later for her waits for that moment, then gets the next number.
  update public.live_heads as head set seq = head.seq + 1 where head.user_id = owner
  returning head.seq into number;
  if number is null then
    -- Her first event. Or she is being erased, and leaves none.
    insert into public.live_heads as head (user_id, seq)
    select person.id, 1 from public.users as person where person.id = owner
    on conflict (user_id) do update set seq = head.seq + 1
    returning head.seq into number;
    if number is null then
      return null;
    end if;
  end if;

  insert into public.live_events (user_id, seq, table_name, row_id, conversation_id, operation)
  values (owner, number, tg_table_name, row_id, conversation, lower(tg_op));
  return null;
end
$$;
comment on function private.live_record is
  'After a change, at the commit: give it the owner''s next number and write it into her log. '
  'Its argument names the column that holds the conversation, `id` or `conversation_id`; none for rows outside of any.';

-- A transaction of one person takes one lock here, so that no two of them can wait for each other.
-- Two that each write rows of several people (an administrator's) may meet in opposite order; then
-- Postgres ends one of them with a deadlock, and nothing is half done: let it try again.
--
-- What is compared of an update is what a reader sees, for this is asked of each message, and a
-- reply under way changes its draft several times a second.

create constraint trigger t900_conversations_live after insert or delete on public.conversations
  deferrable initially deferred
  for each row execute function private.live_record('id');
create constraint trigger t900_conversations_live_update after update on public.conversations
  deferrable initially deferred
  for each row
  -- Not what each message counts: the message's own event says that. The version stands for title,
  -- description, status and metadata.
  when (
    (old.version, old.crisis_level, old.safety_plan_triggered, old.kind, old.completed_at, old.created_at)
    is distinct from
    (new.version, new.crisis_level, new.safety_plan_triggered, new.kind, new.completed_at, new.created_at)
  )
  execute function private.live_record('id');

create constraint trigger t900_messages_live after insert or delete on public.messages
  deferrable initially deferred
  for each row execute function private.live_record('conversation_id');
create constraint trigger t900_messages_live_update after update on public.messages
  deferrable initially deferred
  for each row
  -- The hash stands for the content.
  when (
    (old.state, old.content_hash, old.failure, old.is_replaced, old.message_type, old.crisis_level,
     old.requires_intervention, old.model_used, old.tokens_used, old.response_time_ms, old.sentiment_score,
     old.processed_content, old.pii_detected, old.crisis_indicators, old.metadata, old.created_at)
    is distinct from
    (new.state, new.content_hash, new.failure, new.is_replaced, new.message_type, new.crisis_level,
     new.requires_intervention, new.model_used, new.tokens_used, new.response_time_ms, new.sentiment_score,
     new.processed_content, new.pii_detected, new.crisis_indicators, new.metadata, new.created_at)
  )
  execute function private.live_record('conversation_id');

create constraint trigger t900_conversation_summaries_live
  after insert or update or delete on public.conversation_summaries
  deferrable initially deferred
  for each row execute function private.live_record('conversation_id');

-- users_forget_live -----------------------------------------------------------

create function private.users_forget_live() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  -- The log first: a head without events is nothing, an event without its head would be found by nobody.
  delete from public.live_events as event where event.user_id = old.id;
  delete from public.live_heads as head where head.user_id = old.id;
  return null;
end
$$;
-- After the cascade has taken her rows, for foreign keys fire first (their names begin with RI).
-- Whoever wrote one of those rows meanwhile has therefore been waited for, his event is here to be
-- removed, and nobody can write another.
create trigger t900_users_forget_live after delete on public.users
  for each row execute function private.users_forget_live();

-- For the API and the worker --------------------------------------------------

create function private.live_news(users uuid[], seen bigint[]) returns table (user_id uuid, seq bigint)
  language sql stable security definer set search_path = ''
as $$
  select head.user_id, head.seq
  from unnest(users, seen) as listener (user_id, seen)
  join public.live_heads as head on head.user_id = listener.user_id
  where head.seq > listener.seen
$$;
comment on function private.live_news is
  'Which of these people have events beyond the number seen, and their latest. The two arrays go side by side; '
  'who is not in them is not looked at.';
grant execute on function private.live_news to cairn_server;

create function private.sweep_live_events() returns bigint
  language sql volatile security definer set search_path = ''
as $$
  with old as (
    select picked.user_id, max(picked.seq) as seq
    from (
      select event.user_id, event.seq from public.live_events as event
      where event.created_at < now() - interval '7 days'
      order by event.created_at
      limit 10000
    ) as picked
    group by picked.user_id
  ),
  swept as (
    delete from public.live_events
    where (user_id, seq) in (
      -- Everything up to there, even if a clock that was set back says otherwise: a number that is
      -- there promises that all higher ones are.
      select event.user_id, event.seq
      from old join public.live_events as event on event.user_id = old.user_id and event.seq <= old.seq
      order by event.user_id, event.seq
      limit 10000
    )
    returning 1
  )
  select count(*) from swept
$$;
comment on function private.sweep_live_events is
  'Forget events older than seven days, everybody''s, 10,000 at most; gives how many. Of each person the first ones '
  'go, so that no gap comes about. For the worker.';
grant execute on function private.sweep_live_events to cairn_server;
