-- Replies: the queue of what a worker must do, and the verbs that change a reply.
--
-- A job is made by a trigger, in the transaction of its cause: no message waits for an answer
-- without one, whoever wrote it, and none is answered that was not stored. Workers claim jobs for a
-- while (the lease) and get a number with it that only grows (the fence). Each write of theirs
-- begins with hold_job: who was slower than the lease, and replaced, writes nothing more.

set lock_timeout = '5s';
set statement_timeout = '60s';

-- private.jobs ----------------------------------------------------------------

create table private.jobs (
  id           uuid        primary key default private.uuid_v7(),
  kind         text        not null,
  -- No foreign key: it would lock the users row with each message, after the conversation's, while
  -- an erasure locks them the other way round. Its message or conversation takes a job away.
  user_id      uuid        not null,
  ref_id       uuid        not null,
  run_at       timestamptz not null default now(),
  attempts     integer     not null default 0,
  fence        bigint      not null default 0,
  lease_until  timestamptz,
  claimable_at timestamptz not null generated always as (greatest(run_at, lease_until)) stored,
  last_error   text,
  created_at   timestamptz not null default now(),

  constraint jobs_ref_key unique (kind, ref_id),
  constraint jobs_kind_is_reply_or_summary check (kind in ('reply', 'summary')),
  constraint jobs_attempts_are_not_negative check (attempts >= 0),
  constraint jobs_last_error_is_a_short_word check (last_error ~ '^[a-z][a-z0-9_]{0,39}$')
);

comment on table  private.jobs is 'What workers have yet to do. A job that is done is deleted.';
comment on column private.jobs.kind is 'reply: write the message ref_id. summary: sum up the conversation ref_id.';
comment on column private.jobs.user_id is 'In whose name it is done.';
comment on column private.jobs.run_at is 'Not before.';
comment on column private.jobs.attempts is 'Claims since it was queued, less those that a worker gave back unused.';
comment on column private.jobs.fence is 'Grows with each claim; only the latest may write.';
comment on column private.jobs.lease_until is 'Until when it is held; from then on others may claim it. Null when nobody holds it.';
comment on column private.jobs.claimable_at is 'When it may be claimed next.';
comment on column private.jobs.last_error is 'Why it was put off: a code, never anybody''s words.';

create index jobs_by_turn_idx on private.jobs (kind, claimable_at, id);
-- What else is done for her, and what is next.
create index jobs_by_person_idx on private.jobs (user_id, kind, created_at);

alter table private.jobs enable row level security;
alter table private.jobs force row level security;

-- Making and taking away ------------------------------------------------------

create function private.queue_job(kind text, user_id uuid, ref_id uuid) returns void
  language sql volatile set search_path = ''
as $$
  insert into private.jobs as job (kind, user_id, ref_id)
  values (kind, user_id, ref_id)
  -- Asked anew: whoever holds it has lost it.
  on conflict on constraint jobs_ref_key do update
  set run_at = now(), attempts = 0, fence = job.fence + 1, lease_until = null, last_error = null
$$;
comment on function private.queue_job is 'Have something done soon, from the beginning. For the triggers below.';

create function private.messages_queue_reply() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  if new.state = 'queued' then
    perform private.queue_job('reply', new.user_id, new.id);
  elsif new.state = 'cancelled' then
    -- Its worker learns of it at the next write.
    delete from private.jobs as job where job.kind = 'reply' and job.ref_id = new.id;
  elsif new.state in ('complete', 'failed') then
    -- The worker that holds it says itself when it is done; that may come after this, in one transaction.
    delete from private.jobs as job
    where job.kind = 'reply' and job.ref_id = new.id and coalesce(job.lease_until <= now(), true);
  end if;
  return null;
end
$$;
create trigger t500_messages_queue_reply after insert on public.messages
  for each row when (new.state = 'queued')
  execute function private.messages_queue_reply();
create trigger t500_messages_queue_reply_anew after update on public.messages
  for each row when (new.state <> old.state)
  execute function private.messages_queue_reply();

create function private.messages_drop_reply() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  delete from private.jobs as job where job.kind = 'reply' and job.ref_id = old.id;
  return null;
end
$$;
create trigger t500_messages_drop_reply after delete on public.messages
  for each row when (old.role = 'assistant')
  execute function private.messages_drop_reply();

create function private.conversations_queue_summary() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  -- Unless somebody has summed it up to the end already.
  if not exists (
    select from public.conversation_summaries as known
    where known.user_id = new.user_id and known.conversation_id = new.id and known.through_turn >= new.last_turn
  ) then
    perform private.queue_job('summary', new.user_id, new.id);
  end if;
  return null;
end
$$;
create trigger t500_conversations_queue_summary after update of status on public.conversations
  for each row
  when (old.status in ('active', 'paused') and new.status = 'completed' and new.message_count > 0)
  execute function private.conversations_queue_summary();

create function private.conversations_drop_summary() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  delete from private.jobs as job where job.kind = 'summary' and job.ref_id = old.id;
  return null;
end
$$;
create trigger t500_conversations_drop_summary after delete on public.conversations
  for each row execute function private.conversations_drop_summary();

-- For workers -----------------------------------------------------------------

create function private.is_served(user_id uuid) returns boolean
  language plpgsql stable set search_path = ''
as $$
begin
  return exists (
    select
    from public.users as person
    join auth.users as account on account.id = person.id
    where person.id = is_served.user_id
      and person.is_active
      and person.deleted_at is null
      and account.deleted_at is null
      and coalesce(account.banned_until <= now(), true)
      -- Of the chapter on minors.
      and private.takes_part(person.id)
  );
end
$$;
comment on function private.is_served is
  'May anything be done in this person''s name? Not while she is locked out, banned or closed, nor while she does not '
  'take part (see users.takes_part_from). For claim_job and hold_job.';

create function private.claim_job(kinds text[], lease_seconds double precision)
  returns table (id uuid, kind text, user_id uuid, ref_id uuid, attempt integer, fence bigint)
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  wanted text;
  next_job private.jobs;
begin
  foreach wanted in array kinds loop
    -- No claim looks at more of them: it takes some 50 ms, and the worker asks again.
    for looked in 1..1000 loop
      select * into next_job
      from private.jobs as due
      where due.kind = wanted and due.claimable_at <= now()
      order by due.claimable_at, due.id
      limit 1
      -- Nobody waits for a job that another is just claiming or writing.
      for update skip locked;
      exit when not found;

      -- One at a time for each person: nobody else stands behind all of hers, and who answers her
      -- second message knows the answer to her first. jobs_wake_next ends the wait.
      if exists (
        select from private.jobs as held
        where held.user_id = next_job.user_id and held.kind = wanted and held.id <> next_job.id
          and held.lease_until > now()
      ) then
        update private.jobs as job set run_at = now() + interval '2 seconds' where job.id = next_job.id;
        continue;
      end if;
      if private.is_served(next_job.user_id) then
        return query
          update private.jobs as job
          set attempts    = job.attempts + 1,
              fence       = job.fence + 1,
              lease_until = clock_timestamp() + make_interval(secs => lease_seconds)
          where job.id = next_job.id
          returning job.id, job.kind, job.user_id, job.ref_id, job.attempts, job.fence;
        return;
      end if;
      -- Out of the way: else each claim would look at all jobs of all who are locked out. The longer
      -- it waits, the less often it is looked at; soon enough when she comes back. Spread, so that
      -- they do not come back together.
      update private.jobs as job
      set run_at = now() + (0.5 + random() / 2)
        * least(greatest((now() - job.created_at) / 4, interval '5 seconds'), interval '10 minutes')
      where job.id = next_job.id;
    end loop;
  end loop;
end
$$;
comment on function private.claim_job is
  'The job of one of these kinds that has waited longest, the first kind first; no row when there is none. It is the '
  'caller''s for so many seconds from now. Expired claims are claimed again, with a higher fence. Those of people '
  'who are locked out are put off, and those of people for whom another of the kind is being done. For the worker.';
grant execute on function private.claim_job to cairn_server;

create function private.jobs_wake_next() returns trigger
  language plpgsql security definer set search_path = ''
as $$
begin
  update private.jobs as job set run_at = now()
  where job.id = (
    select next.id from private.jobs as next
    where next.user_id = old.user_id and next.kind = old.kind
      -- Not one that has failed, or is being done: those wait for something else.
      and next.attempts = 0 and next.run_at > now()
    order by next.created_at
    limit 1
    for update skip locked
  );
  return null;
end
$$;
comment on function private.jobs_wake_next is 'After a job has gone, done or not: let the person''s next one begin.';
create trigger t500_jobs_wake_next after delete on private.jobs
  for each row execute function private.jobs_wake_next();

create function private.lock_job(job_id uuid, fence bigint) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  job private.jobs;
begin
  select * into job from private.jobs as known where known.id = job_id;
  -- Everybody locks in this order: the person, the conversation or message, the job. An erasure
  -- comes from the first, her cancelling from the second; the other way round, they would meet a
  -- worker head-on.
  perform from public.users as person where person.id = job.user_id for key share;
  if job.kind = 'reply' then
    perform from public.messages as message where message.id = job.ref_id for no key update;
  else
    perform from public.conversations as conversation where conversation.id = job.ref_id for key share;
  end if;

  perform from private.jobs as held
  where held.id = job_id and held.fence = lock_job.fence and held.lease_until is not null
  for update;
  if not found then
    raise exception using errcode = 'CA410', message = 'This job is not held by this claim any more.';
  end if;
end
$$;
comment on function private.lock_job is
  'Lock a job and what it writes until the end of the transaction; CA410 when the claim with this fence does not hold '
  'it any more. A lease that has run out still holds while nobody else has claimed. For the functions below.';

create function private.hold_job(job_id uuid, fence bigint, lease_seconds double precision) returns void
  language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform private.lock_job(job_id, fence);
  update private.jobs as job
  set lease_until = clock_timestamp() + make_interval(secs => lease_seconds)
  where job.id = job_id and private.is_served(job.user_id);
  if not found then
    raise exception using errcode = 'CA410', message = 'Nothing is done in this person''s name just now.';
  end if;
end
$$;
comment on function private.hold_job is
  'Begin a write of a job, in its transaction: whoever else might write waits for the end of it, and the lease is '
  'renewed. CA410 when the job is lost, or its owner locked out meanwhile. For the worker.';
grant execute on function private.hold_job to cairn_server;

create function private.finish_job(job_id uuid, fence bigint) returns void
  language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform private.lock_job(job_id, fence);
  delete from private.jobs as job where job.id = job_id;
end
$$;
comment on function private.finish_job is
  'The job is done, in the transaction of its last write. CA410 when it is lost. For the worker.';
grant execute on function private.finish_job to cairn_server;

create function private.postpone_job(job_id uuid, fence bigint, seconds double precision, error_code text) returns void
  language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform private.lock_job(job_id, fence);
  update private.jobs as job
  set lease_until = null,
      run_at      = clock_timestamp() + make_interval(secs => seconds),
      last_error  = error_code
  where job.id = job_id;
end
$$;
comment on function private.postpone_job is
  'Give a job up for so many seconds, and say why, in a word. CA410 when it is lost. For the worker.';
grant execute on function private.postpone_job to cairn_server;

create function private.release_job(job_id uuid, fence bigint) returns void
  language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform private.lock_job(job_id, fence);
  update private.jobs as job
  set lease_until = null,
      attempts    = greatest(job.attempts - 1, 0)
  where job.id = job_id;
end
$$;
comment on function private.release_job is
  'Give a job back as if it had not been claimed: the worker is stopping. CA410 when it is lost. For the worker.';
grant execute on function private.release_job to cairn_server;

create function private.next_job_at(kinds text[]) returns timestamptz
  language sql stable security definer set search_path = ''
as $$
  select min(first.claimable_at)
  from unnest(kinds) as wanted (kind)
  cross join lateral (
    select job.claimable_at
    from private.jobs as job
    where job.kind = wanted.kind
    order by job.claimable_at
    limit 1
  ) as first
$$;
comment on function private.next_job_at is
  'When it is time to claim again, also in the past; null when there is no job of these kinds. For the worker.';
grant execute on function private.next_job_at to cairn_server;

-- private.model_usage ---------------------------------------------------------

create table private.model_usage (
  user_id uuid        not null references public.users on delete cascade,
  hour    timestamptz not null,
  tokens  bigint      not null,

  constraint model_usage_pkey primary key (user_id, hour),
  constraint model_usage_tokens_are_not_negative check (tokens >= 0)
);

comment on table  private.model_usage is 'Tokens of language models that were spent on a person, by the hour.';
comment on column private.model_usage.hour is 'The beginning of the hour.';

-- For the sweep.
create index model_usage_by_hour_idx on private.model_usage (hour);

alter table private.model_usage enable row level security;
alter table private.model_usage force row level security;

create function private.spend_model_tokens(tokens integer) returns void
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  viewer constant uuid := (select auth.uid());
begin
  if viewer is null then
    raise exception using errcode = 'CA401', message = 'Sign in first.';
  end if;
  if tokens < 0 then
    raise exception using errcode = 'CA400', message = 'Tokens that were spent do not come back.';
  end if;
  insert into private.model_usage as usage (user_id, hour, tokens)
  values (viewer, date_trunc('hour', now(), 'UTC'), spend_model_tokens.tokens)
  on conflict on constraint model_usage_pkey do update set tokens = usage.tokens + excluded.tokens;
end
$$;
comment on function private.spend_model_tokens is
  'Count model tokens as spent on the caller, this hour. In the transaction of a job, after hold_job.';
grant execute on function private.spend_model_tokens to cairn_server;

create function private.model_tokens_spent(hours integer) returns bigint
  language sql stable security definer set search_path = ''
as $$
  select coalesce(sum(usage.tokens), 0)::bigint
  from private.model_usage as usage
  where usage.user_id = (select auth.uid())
    and usage.hour > date_trunc('hour', now(), 'UTC') - make_interval(hours => hours)
$$;
comment on function private.model_tokens_spent is
  'Model tokens spent on the caller in this hour and those before it, so many hours in all.';
grant execute on function private.model_tokens_spent to cairn_server;

create function private.sweep_model_usage() returns bigint
  language sql volatile security definer set search_path = ''
as $$
  with swept as (
    delete from private.model_usage
    where (user_id, hour) in (
      select old.user_id, old.hour from private.model_usage as old
      where old.hour < now() - interval '32 days'
      limit 10000
    )
    returning 1
  )
  select count(*) from swept
$$;
comment on function private.sweep_model_usage is
  'Forget what was spent more than 32 days ago, everybody''s, 10,000 hours at most; gives how many. For the worker.';
grant execute on function private.sweep_model_usage to cairn_server;

-- What she does with a reply --------------------------------------------------
-- These run with the caller's rights, under her policies.

create function private.refuse_reply(message_id uuid, conflict text) returns void
  language plpgsql stable set search_path = ''
as $$
begin
  if exists (
    select from public.messages as message where message.id = message_id and message.role = 'assistant'
  ) then
    raise exception using errcode = 'CA409', message = conflict;
  end if;
  raise exception using errcode = 'CA404', message = 'There is no such reply, or it is not yours.';
end
$$;
comment on function private.refuse_reply is
  'Say why a reply was not changed: CA409 with this sentence, or CA404 when it is hidden or missing. For the verbs below.';
grant execute on function private.refuse_reply to cairn_server;

create function private.retry_reply(message_id uuid) returns setof public.messages
  language plpgsql volatile set search_path = ''
as $$
begin
  return query
    update public.messages as message
    set state = 'queued', failure = null, content = '', is_replaced = false
    where message.id = message_id and message.state = 'failed'
    returning message.*;
  if not found then
    perform private.refuse_reply(message_id, 'Only a reply that has failed can be tried again.');
  end if;
end
$$;
comment on function private.retry_reply is
  'Queue a failed reply again, from its beginning. CA409 when it has not failed, CA404 when it is missing or another''s.';
grant execute on function private.retry_reply to cairn_server;

create function private.cancel_reply(message_id uuid) returns setof public.messages
  language plpgsql volatile set search_path = ''
as $$
begin
  return query
    update public.messages as message
    set state = 'cancelled', failure = null, content = coalesce(message.draft, message.content), draft = null
    where message.id = message_id and message.state in ('queued', 'streaming', 'failed')
    returning message.*;
  if not found then
    perform private.refuse_reply(message_id, 'This reply has ended already.');
  end if;
end
$$;
comment on function private.cancel_reply is
  'Stop a reply for good; what had been released of it stays. CA409 when it is complete or cancelled, CA404 when it is '
  'missing or another''s.';
grant execute on function private.cancel_reply to cairn_server;

create function private.resend_message(
  message_id uuid, content text, crisis_level public.crisis_level, reply_id uuid
) returns setof public.messages
  language plpgsql volatile set search_path = ''
as $$
declare
  said public.messages;
begin
  -- The conversation first, as whoever sends a message does, so that none comes in between.
  perform
  from public.conversations as conversation
  where conversation.id = (
    select message.conversation_id from public.messages as message where message.id = message_id
  )
  for no key update;
  select * into said from public.messages as message where message.id = message_id and message.role = 'user';
  if not found then
    raise exception using errcode = 'CA404', message = 'There is no such message of yours.';
  end if;
  perform private.conversations_reopen(said.conversation_id, said.user_id);
  if exists (
    select from public.messages as later
    where later.user_id = said.user_id and later.conversation_id = said.conversation_id
      and later.turn > said.turn and later.role = 'user'
  ) then
    raise exception using errcode = 'CA409', message = 'Only your latest message can be changed.';
  end if;

  -- All that came of the old words: the reply, and whatever stands after it.
  delete from public.messages as later
  where later.user_id = said.user_id and later.conversation_id = said.conversation_id and later.turn > said.turn;
  update public.messages as message
  set content           = resend_message.content,
      crisis_level      = resend_message.crisis_level,
      -- What was found in the old words. A call for a human being stays.
      processed_content = null,
      pii_detected      = default,
      sentiment_score   = null,
      crisis_indicators = default,
      memory_extracted  = false
  where message.id = said.id
  returning message.* into said;
  update public.conversations as conversation
  set crisis_level = resend_message.crisis_level
  where conversation.id = said.conversation_id and conversation.crisis_level < resend_message.crisis_level;
  insert into public.messages (id, conversation_id, role, state, content, in_reply_to)
  values (reply_id, said.conversation_id, 'assistant', 'queued', '', said.id);
  return next said;
end
$$;
comment on function private.resend_message is
  'Change her latest message in an open conversation and have it answered anew, by a reply with this id. CA409 when '
  'there is a later one of hers or the conversation is closed, CA404 when it is missing or another''s.';
grant execute on function private.resend_message to cairn_server;
