-- Schedules: when her companion comes by itself, by chat, by voice or with a reminder.
--
-- She says when, as a cron expression in her own time zone. The worker computes the next moment from
-- that, since Postgres knows no cron; claims what is due; and each due run happens once, however
-- many workers there are: a run is a row of schedule_executions, unique by schedule and moment, and
-- whoever claimed it too long ago (the lease) and was replaced (the fence) can finish it no more.

set lock_timeout = '5s';
set statement_timeout = '60s';

create type public.schedule_type as enum ('chat_checkup', 'voice_call', 'reminder');
create type public.reminder_method as enum ('call', 'sms', 'email');
create type public.schedule_run_status as enum ('claimed', 'succeeded', 'failed', 'skipped');

comment on type public.schedule_type is 'What happens: the companion writes first, calls, or she is only reminded.';
comment on type public.reminder_method is 'How she is reached outside the app.';
comment on type public.schedule_run_status is
  'How far a run has come: a worker has it in hand; or it was done, failed, or was left out, such as one that came up too late.';

-- is_cron ---------------------------------------------------------------------

create function private.is_cron(expression text) returns boolean
  language plpgsql immutable strict parallel safe set search_path = ''
as $$
declare
  low    constant integer[] := '{0, 0, 1, 1, 0}';
  high   constant integer[] := '{59, 23, 31, 12, 7}';
  -- The longest that each month can be.
  length constant integer[] := '{31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}';
  fields text[];
  item text;
  part text[];
  first integer;
  last integer;
  days integer[] := '{}';
  months integer[] := '{}';
begin
  if expression !~ '^\S+( +\S+){4}$' then
    return false;
  end if;
  fields := regexp_split_to_array(upper(expression), ' +');
  for number in 1..12 loop
    fields[4] := regexp_replace(
      fields[4], '\m' || ('{JAN,FEB,MAR,APR,MAY,JUN,JUL,AUG,SEP,OCT,NOV,DEC}'::text[])[number] || '\M', number::text, 'g');
  end loop;
  for number in 0..6 loop
    fields[5] := regexp_replace(
      fields[5], '\m' || ('{SUN,MON,TUE,WED,THU,FRI,SAT}'::text[])[number + 1] || '\M', number::text, 'g');
  end loop;

  for place in 1..5 loop
    foreach item in array string_to_array(fields[place], ',') loop
      -- A star or a range, perhaps with a step; or one value.
      part := regexp_match(item, '^(?:\*(?:/([0-9]{1,2}))?|([0-9]{1,2})(?:-([0-9]{1,2})(?:/([0-9]{1,2}))?)?)$');
      first := coalesce(part[2]::integer, low[place]);
      last  := coalesce(part[3]::integer, part[2]::integer, high[place]);
      if part is null or first < low[place] or last > high[place] or first > last
         or coalesce(part[1], part[4])::integer not between 1 and high[place] then
        return false;
      end if;
      if place = 3 then
        days := days || array(select generate_series(first, last, coalesce(part[1], part[4], '1')::integer));
      elsif place = 4 then
        months := months || array(select generate_series(first, last, coalesce(part[1], part[4], '1')::integer));
      end if;
    end loop;
  end loop;

  -- Without a day of the week, the day of the month must come in one of the months.
  return fields[5] !~ '^\*' or exists (
    select from unnest(days) as day cross join unnest(months) as month where day <= length[month]
  );
end
$$;
comment on function private.is_cron is
  'Is this a cron expression that comes round: minute (0-59), hour (0-23), day (1-31), month (1-12 or JAN-DEC) and day of '
  'the week (0-7 or SUN-SAT, 0 and 7 both Sunday), each `*`, a value, a range, `*/step`, `range/step` or a list of these? '
  'The thirtieth of February is none. For the check of schedules.';
grant execute on function private.is_cron to authenticated, cairn_server;

-- is_time_zone ----------------------------------------------------------------
-- pg_timezone_names reads some 600 files each time, and `at time zone` takes `X-167` for a zone, too.

create table private.time_zones (name text primary key);
comment on table private.time_zones is 'The names of IANA time zones that Postgres had when this was migrated.';
alter table private.time_zones enable row level security;
alter table private.time_zones force row level security;
insert into private.time_zones (name)
select zone.name from pg_catalog.pg_timezone_names as zone
where zone.name !~ '^(posix|right)/|^(posixrules|localtime|Factory)$';

create function private.is_time_zone(name text) returns boolean
  language sql stable security definer set search_path = ''
as $$
  select exists (select from private.time_zones as zone where zone.name = is_time_zone.name)
$$;
comment on function private.is_time_zone is 'Is this the name of an IANA time zone?';
grant execute on function private.is_time_zone to cairn_server;

-- schedules -------------------------------------------------------------------

create table public.schedules (
  id              uuid        primary key default private.uuid_v7(),
  user_id         uuid        not null default auth.uid() references public.users on delete cascade,
  name            text        not null,
  description     text,
  schedule_type   public.schedule_type not null,
  cron_expression text        not null,
  timezone        text        not null default 'UTC',
  next_run_at     timestamptz,
  last_run_at     timestamptz,
  reminder_method public.reminder_method,
  phone_number    text,
  email           text,
  assistant_id    text,
  is_active       boolean     not null default true,
  context_summary text,
  custom_metadata jsonb       not null default '{}',
  version         integer     not null default 1,
  created_at      timestamptz not null default now(),
  updated_at      timestamptz not null default now(),

  constraint schedules_owner_key unique (id, user_id),
  -- A voice is everybody's. One that is appointed cannot be deleted: retire it.
  constraint schedules_voice_fkey foreign key (assistant_id)
    references public.voices (assistant_id) on update cascade on delete restrict,
  constraint schedules_name_has_1_to_200_characters check (name ~ '\S' and length(name) <= 200),
  constraint schedules_description_is_at_most_2000_characters check (length(description) <= 2000),
  constraint schedules_cron_expression_is_at_most_100_characters check (length(cron_expression) <= 100),
  constraint schedules_cron_expression_has_5_fields_that_come_round check (private.is_cron(cron_expression)),
  constraint schedules_phone_number_is_international check (phone_number ~ '^\+[1-9][0-9]{6,14}$'),
  constraint schedules_email_is_an_address check (email ~ '^[^@\s]+@[^@\s]+\.[^@\s]+$' and length(email) <= 320),
  constraint schedules_reminders_say_how check (schedule_type <> 'reminder' or reminder_method is not null),
  constraint schedules_voice_calls_have_an_assistant check (schedule_type <> 'voice_call' or assistant_id is not null),
  constraint schedules_by_call_or_sms_have_a_phone_number
    check (reminder_method not in ('call', 'sms') or phone_number is not null),
  constraint schedules_by_email_have_an_address check (reminder_method <> 'email' or email is not null),
  -- What rings or costs money comes once an hour at most.
  constraint schedules_outside_the_app_name_one_minute
    check ((schedule_type <> 'voice_call' and reminder_method is null) or cron_expression ~ '^[0-9]{1,2} '),
  constraint schedules_inactive_ones_do_not_run check (is_active or next_run_at is null),
  constraint schedules_context_summary_is_at_most_4000_characters check (length(context_summary) <= 4000),
  constraint schedules_custom_metadata_is_an_object_of_at_most_8_kb
    check (jsonb_typeof(custom_metadata) = 'object' and octet_length(custom_metadata::text) <= 8192)
);

comment on table  public.schedules is 'When her companion comes by itself, and how.';
comment on column public.schedules.cron_expression is 'Minute, hour, day, month, day of the week, by the clock of `timezone`: `30 21 * * SUN`.';
comment on column public.schedules.timezone is 'An IANA name such as Europe/Lisbon; its summer time counts.';
comment on column public.schedules.next_run_at is
  'When it runs next, by the worker; null while that is to be computed, as after each change of hers, and while it is inactive.';
comment on column public.schedules.last_run_at is 'When it last ran, whether or not that worked; null before the first time.';
comment on column public.schedules.reminder_method is
  'How she is reached outside the app; null when it stays within. A reminder says it; a voice call without it rings in the app.';
comment on column public.schedules.phone_number is 'To be called or written to, such as +351210000000.';
comment on column public.schedules.assistant_id is 'Which voice calls: see voices. Every voice call has one.';
comment on column public.schedules.context_summary is 'What the companion should have in mind when it comes.';
comment on column public.schedules.custom_metadata is 'Whatever the app keeps with it: a JSON object of at most 8 kB.';
comment on column public.schedules.version is
  'Grows with each change of hers, for writers that must not overwrite each other; not with each run.';

-- Her lists: by age, and by what comes next.
create index schedules_by_creation_idx on public.schedules (user_id, created_at desc, id desc);
create index schedules_by_next_run_idx on public.schedules (user_id, next_run_at, id);
create index schedules_by_voice_idx    on public.schedules (assistant_id, user_id);
-- For the worker: what is due, and what it must compute.
create index schedules_by_due_moment_idx on public.schedules (next_run_at) where is_active;
create index schedules_without_next_run_idx on public.schedules (updated_at) where is_active and next_run_at is null;

create function private.schedules_change() returns trigger
  language plpgsql security definer set search_path = ''
as $$
declare
  -- What only the worker writes.
  runs constant text[] := '{next_run_at, last_run_at, version, updated_at}';
begin
  if (tg_op = 'INSERT' or new.timezone is distinct from old.timezone) and not private.is_time_zone(new.timezone) then
    raise exception using errcode = 'CA400',
      message = 'There is no such time zone. Give its IANA name, such as Europe/Lisbon.';
  end if;
  if tg_op = 'INSERT' then
    -- Two at once come one after the other.
    perform from public.users as person where person.id = new.user_id for no key update;
    if (select count(*) from public.schedules as kept where kept.user_id = new.user_id) >= 50 then
      raise exception using errcode = 'CA409', message = 'These are 50 schedules already; delete one first.';
    end if;
  end if;
  if new.assistant_id is not null and (tg_op = 'INSERT' or new.assistant_id is distinct from old.assistant_id)
     and not exists (
       select from public.voices as voice
       where voice.assistant_id = new.assistant_id and voice.is_published and voice.is_active
     ) then
    raise exception using errcode = 'CA404', message = 'There is no such voice.';
  end if;
  if tg_op = 'UPDATE' then
    if (new.id, new.user_id) is distinct from (old.id, old.user_id) then
      raise exception using errcode = 'CA409', message = 'A schedule stays with its owner.';
    end if;
    if (new.cron_expression, new.timezone, new.is_active)
       is distinct from (old.cron_expression, old.timezone, old.is_active)
       and new.next_run_at is not distinct from old.next_run_at then
      new.next_run_at := null;
    end if;
    if to_jsonb(new) - runs is distinct from to_jsonb(old) - runs then
      new.version := old.version + 1;
    end if;
    new.updated_at := now();
  end if;
  return new;
end
$$;
comment on function private.schedules_change is
  'Before insert or update: the time zone exists; when the time changes, the next run is to be computed; counts the version.';
-- Whom it rings or writes to is hers alone to say.
create trigger t060_schedules_only_herself before update of phone_number, email, reminder_method on public.schedules
  for each row
  when ((new.phone_number, new.email, new.reminder_method) is distinct from (old.phone_number, old.email, old.reminder_method))
  execute function private.only_herself();
create trigger t060_schedules_only_herself_insert before insert on public.schedules
  for each row when (num_nonnulls(new.phone_number, new.email, new.reminder_method) > 0)
  execute function private.only_herself();
create trigger t100_schedules_change before insert or update on public.schedules
  for each row execute function private.schedules_change();

create constraint trigger t900_schedules_live after insert or update or delete on public.schedules
  deferrable initially deferred
  for each row execute function private.live_record();

alter table public.schedules enable row level security;
alter table public.schedules force row level security;
create policy owner_select on public.schedules for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.schedules for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.schedules for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.schedules for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

grant
  select,
  insert (
    id, name, description, schedule_type, cron_expression, timezone, reminder_method, phone_number, email,
    assistant_id, is_active, context_summary, custom_metadata
  ),
  update (
    name, description, schedule_type, cron_expression, timezone, reminder_method, phone_number, email, assistant_id,
    is_active, context_summary, custom_metadata
  ),
  delete
  on public.schedules to authenticated;
-- The runs are written by the functions below alone.

-- schedule_executions ---------------------------------------------------------

create table public.schedule_executions (
  id                       uuid        primary key default private.uuid_v7(),
  user_id                  uuid        not null default auth.uid(),
  schedule_id              uuid        not null,
  due_at                   timestamptz not null,
  status                   public.schedule_run_status not null default 'claimed',
  attempt                  integer     not null default 1,
  lease_until              timestamptz,
  executed_at              timestamptz,
  error_code               text,
  user_responded           boolean,
  response_time_minutes    double precision,
  session_duration_minutes double precision,
  execution_metadata       jsonb       not null default '{}',
  created_at               timestamptz not null default now(),
  updated_at               timestamptz not null default now(),

  -- What makes each due run happen once.
  constraint schedule_executions_run_key unique (user_id, schedule_id, due_at),
  -- The only way to her: a schedule goes with its owner, and a run with its schedule.
  constraint schedule_executions_schedule_fkey foreign key (schedule_id, user_id)
    references public.schedules (id, user_id) on delete cascade,
  constraint schedule_executions_attempt_begins_at_1 check (attempt >= 1),
  constraint schedule_executions_only_claimed_ones_are_held check ((status = 'claimed') = (lease_until is not null)),
  constraint schedule_executions_say_when_they_were_executed
    check ((status in ('succeeded', 'failed')) = (executed_at is not null)),
  constraint schedule_executions_only_failed_or_skipped_ones_say_why
    check (case status when 'failed' then error_code is not null when 'skipped' then true else error_code is null end),
  constraint schedule_executions_error_code_is_a_short_word check (error_code ~ '^[a-z][a-z0-9_]{0,39}$'),
  constraint schedule_executions_response_times_belong_to_responses
    check (response_time_minutes is null or (user_responded and response_time_minutes >= 0) is true),
  constraint schedule_executions_session_duration_is_not_negative check (session_duration_minutes >= 0),
  constraint schedule_executions_metadata_is_an_object_of_at_most_8_kb
    check (jsonb_typeof(execution_metadata) = 'object' and octet_length(execution_metadata::text) <= 8192)
);

comment on table  public.schedule_executions is 'One run of a schedule, at one due moment.';
comment on column public.schedule_executions.due_at is 'The moment that it was appointed for, which the run itself may follow by a little.';
comment on column public.schedule_executions.attempt is 'How often a worker has claimed it. Only the latest may write: the number is its fence.';
comment on column public.schedule_executions.lease_until is 'Until when it is held; from then on others may claim it. Null once it is over.';
comment on column public.schedule_executions.executed_at is 'When it was done, or failed; null before, and when it was skipped.';
comment on column public.schedule_executions.error_code is 'Why it failed or was skipped: a code, never anybody''s words.';
comment on column public.schedule_executions.user_responded is 'Whether she answered; null while that is open.';
comment on column public.schedule_executions.response_time_minutes is 'From the run to her answer; null without one.';
comment on column public.schedule_executions.session_duration_minutes is 'How long they then talked; null when they did not.';
comment on column public.schedule_executions.execution_metadata is 'The worker''s notes, such as the call that it placed: a JSON object of at most 8 kB.';

-- Her list, the latest first.
create index schedule_executions_by_due_moment_idx on public.schedule_executions (user_id, due_at desc, id desc);
create index schedule_executions_by_creation_idx   on public.schedule_executions (user_id, created_at desc, id desc);
-- For the worker: those whose worker was lost.
create index schedule_executions_by_lease_idx on public.schedule_executions (lease_until) where status = 'claimed';

create function private.schedule_executions_change() returns trigger
  language plpgsql set search_path = ''
as $$
begin
  if (new.id, new.user_id, new.schedule_id, new.due_at) is distinct from (old.id, old.user_id, old.schedule_id, old.due_at) then
    raise exception using errcode = 'CA409', message = 'A run stays with its schedule and its moment.';
  end if;
  if new.status <> old.status and old.status <> 'claimed' then
    raise exception using errcode = 'CA409',
      message = format('A run that is %s cannot become %s.', old.status, new.status);
  end if;
  new.updated_at := now();
  return new;
end
$$;
comment on function private.schedule_executions_change is 'Before update: a run keeps its place, and once it is over it is over.';
create trigger t100_schedule_executions_change before update on public.schedule_executions
  for each row execute function private.schedule_executions_change();

create constraint trigger t900_schedule_executions_live after insert or update or delete on public.schedule_executions
  deferrable initially deferred
  for each row execute function private.live_record();

alter table public.schedule_executions enable row level security;
alter table public.schedule_executions force row level security;
create policy owner_select on public.schedule_executions for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.schedule_executions for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.schedule_executions for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.schedule_executions for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

-- Runs are made and ended by the functions below, and go with their schedule: deleting one would
-- make it due again. What became of it, the server notes.
grant select on public.schedule_executions to authenticated;
grant update (user_responded, response_time_minutes, session_duration_minutes, execution_metadata)
  on public.schedule_executions to cairn_server;

-- Claiming and finishing ------------------------------------------------------
-- Everybody locks a schedule before its run: her deletion comes from there.

create function private.end_schedule_run(
  execution_id uuid, status public.schedule_run_status, error_code text, next_run_at timestamptz
) returns void
  language plpgsql volatile set search_path = ''
as $$
declare
  run public.schedule_executions;
begin
  update public.schedule_executions as ended
  set status      = end_schedule_run.status,
      error_code  = end_schedule_run.error_code,
      executed_at = case when end_schedule_run.status in ('succeeded', 'failed') then clock_timestamp() end,
      lease_until = null
  where ended.id = execution_id
  returning ended.* into run;
  update public.schedules as schedule
  set last_run_at = coalesce(run.executed_at, schedule.last_run_at),
      -- She may have changed it meanwhile: then it is to be computed anew, or was.
      next_run_at = case
        when schedule.next_run_at = run.due_at then end_schedule_run.next_run_at
        else schedule.next_run_at
      end
  where schedule.id = run.schedule_id;
end
$$;
comment on function private.end_schedule_run is
  'Say how a run ended, and when its schedule runs next. For the functions below, which hold both rows.';

create function private.claim_due_schedules(batch integer, lease_seconds double precision)
  returns table (
    execution_id uuid, fence integer, schedule_id uuid, user_id uuid, due_at timestamptz,
    cron_expression text, timezone text
  )
  language plpgsql volatile security definer set search_path = ''
as $$
declare
  due record;
  claimed uuid;
begin
  -- Runs whose worker was lost come first. All are taken by person: the commit locks each one's
  -- head of events in the order of these writes, so two workers cannot wait for each other.
  for due in
    with lost as materialized (
      select run.id, schedule.user_id, run.schedule_id, run.due_at, run.attempt, schedule.is_active,
             schedule.cron_expression, schedule.timezone
      from public.schedule_executions as run
      join public.schedules as schedule on schedule.id = run.schedule_id and schedule.user_id = run.user_id
      where run.status = 'claimed' and run.lease_until <= now()
      order by run.lease_until
      limit batch
      for no key update of schedule, run skip locked
    ),
    fresh as materialized (
      select null::uuid, schedule.user_id, schedule.id, schedule.next_run_at, 0, schedule.is_active,
             schedule.cron_expression, schedule.timezone
      from public.schedules as schedule
      where schedule.is_active
        and schedule.next_run_at <= now()
        and not exists (
          select from public.schedule_executions as run
          where run.user_id = schedule.user_id and run.schedule_id = schedule.id
            and run.due_at = schedule.next_run_at and run.status = 'claimed'
        )
      order by schedule.next_run_at, schedule.id
      limit greatest(batch - (select count(*) from lost), 0)
      for no key update of schedule skip locked
    )
    select * from lost
    union all
    select * from fresh
    order by 2, 3
  loop
    claimed := due.id;
    if claimed is null then
      insert into public.schedule_executions as run (user_id, schedule_id, due_at, attempt, lease_until)
      values (due.user_id, due.schedule_id, due.due_at, 1, clock_timestamp() + make_interval(secs => lease_seconds))
      on conflict on constraint schedule_executions_run_key do nothing
      returning run.id into claimed;
      if claimed is null then
        -- Somebody has claimed it since, or it is over and its schedule was set back by hand.
        update public.schedules as schedule
        set next_run_at = null
        where schedule.id = due.schedule_id
          and exists (
            select from public.schedule_executions as run
            where run.user_id = due.user_id and run.schedule_id = due.schedule_id
              and run.due_at = schedule.next_run_at and run.status <> 'claimed'
          );
        continue;
      end if;
    else
      update public.schedule_executions as run
      set attempt = run.attempt + 1,
          lease_until = clock_timestamp() + make_interval(secs => lease_seconds)
      where run.id = claimed;
    end if;

    if not due.is_active then
      perform private.end_schedule_run(claimed, 'skipped', 'switched_off', null);
    elsif not private.is_served(due.user_id) then
      perform private.end_schedule_run(claimed, 'skipped', 'locked_out', null);
    elsif due.attempt >= 5 then
      -- Whatever it is that ends its workers, it shall not end more of them.
      perform private.end_schedule_run(claimed, 'failed', 'workers_lost', null);
    else
      execution_id := claimed;
      fence := due.attempt + 1;
      schedule_id := due.schedule_id;
      user_id := due.user_id;
      due_at := due.due_at;
      cron_expression := due.cron_expression;
      timezone := due.timezone;
      return next;
    end if;
  end loop;
end
$$;
comment on function private.claim_due_schedules is
  'Runs that are due, everybody''s, as many as asked for at most, each given to one caller for so many seconds. A run '
  'whose lease has run out is given again, with a higher fence, up to five times: its worker may have done a part. '
  'After a pause of the workers a schedule runs once, not once for each missed moment. What is due for people who are '
  'locked out is skipped. For the worker.';
grant execute on function private.claim_due_schedules to cairn_server;

create function private.lock_schedule_run(execution_id uuid, fence integer) returns void
  language plpgsql volatile set search_path = ''
as $$
begin
  perform from public.schedules as schedule
  where schedule.id = (select run.schedule_id from public.schedule_executions as run where run.id = execution_id)
  for no key update;
  perform from public.schedule_executions as run
  where run.id = execution_id and run.attempt = fence and run.status = 'claimed'
  for no key update;
  if not found then
    raise exception using errcode = 'CA410', message = 'This run is not held by this claim any more.';
  end if;
end
$$;
comment on function private.lock_schedule_run is
  'Lock a run and its schedule until the end of the transaction; CA410 when the claim with this fence does not hold it '
  'any more. For the functions below.';

create function private.hold_schedule_run(execution_id uuid, fence integer, lease_seconds double precision) returns void
  language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform private.lock_schedule_run(execution_id, fence);
  update public.schedule_executions as run
  set lease_until = clock_timestamp() + make_interval(secs => lease_seconds)
  where run.id = execution_id and private.is_served(run.user_id);
  if not found then
    raise exception using errcode = 'CA410', message = 'Nothing is done in this person''s name just now.';
  end if;
end
$$;
comment on function private.hold_schedule_run is
  'Before what cannot be taken back, such as a call: is the run still the caller''s? The lease is renewed, and until the '
  'commit nobody else claims it. CA410 when it is lost, or its owner locked out meanwhile. For the worker.';
grant execute on function private.hold_schedule_run to cairn_server;

create function private.finish_schedule_run(
  execution_id uuid, fence integer, next_run_at timestamptz, status public.schedule_run_status, error_code text default null
) returns void
  language plpgsql volatile security definer set search_path = ''
as $$
begin
  if finish_schedule_run.status = 'claimed' then
    raise exception using errcode = 'CA400', message = 'A run ends as succeeded, failed or skipped.';
  end if;
  if finish_schedule_run.next_run_at <= now() then
    raise exception using errcode = 'CA400', message = 'The next run lies ahead.';
  end if;
  perform private.lock_schedule_run(execution_id, fence);
  perform private.end_schedule_run(
    execution_id, finish_schedule_run.status, finish_schedule_run.error_code, finish_schedule_run.next_run_at);
end
$$;
comment on function private.finish_schedule_run is
  'A run is over: how it ended and, when it failed or was skipped, why, in a word; and when its schedule runs next (null: '
  'to be computed), unless she has changed it meanwhile. CA410 when the run is lost, or was finished before. For the worker.';
grant execute on function private.finish_schedule_run to cairn_server;

create function private.schedules_without_next_run(batch integer)
  returns table (schedule_id uuid, user_id uuid, version integer, cron_expression text, timezone text)
  language sql stable security definer set search_path = ''
as $$
  select schedule.id, schedule.user_id, schedule.version, schedule.cron_expression, schedule.timezone
  from public.schedules as schedule
  where schedule.is_active and schedule.next_run_at is null
  order by schedule.updated_at
  limit batch
$$;
comment on function private.schedules_without_next_run is
  'Active schedules, everybody''s, whose next run is to be computed, the longest waiting first. For the worker.';
grant execute on function private.schedules_without_next_run to cairn_server;

create function private.set_next_run(schedule_id uuid, version integer, next_run_at timestamptz) returns boolean
  language plpgsql volatile security definer set search_path = ''
as $$
begin
  if (set_next_run.next_run_at > now()) is not true then
    raise exception using errcode = 'CA400', message = 'The next run lies ahead.';
  end if;
  update public.schedules as schedule
  set next_run_at = set_next_run.next_run_at
  where schedule.id = set_next_run.schedule_id
    and schedule.version = set_next_run.version
    and schedule.is_active
    and schedule.next_run_at is null;
  return found;
end
$$;
comment on function private.set_next_run is
  'Say when a schedule runs next, as computed from what it was in this version. False when she has changed it since, or '
  'another worker was faster. For the worker.';
grant execute on function private.set_next_run to cairn_server;

-- schedule_statistics ---------------------------------------------------------

create function public.schedule_statistics(schedule_id uuid default null)
  returns table (
    runs bigint, succeeded bigint, failed bigint, skipped bigint, responded bigint, response_rate double precision,
    average_response_minutes double precision, average_session_minutes double precision, last_executed_at timestamptz
  )
  language sql stable set search_path = ''
as $$
  select
    count(*),
    count(*) filter (where run.status = 'succeeded'),
    count(*) filter (where run.status = 'failed'),
    count(*) filter (where run.status = 'skipped'),
    count(*) filter (where run.user_responded),
    count(*) filter (where run.status = 'succeeded' and run.user_responded)::double precision
      / nullif(count(*) filter (where run.status = 'succeeded' and run.user_responded is not null), 0),
    avg(run.response_time_minutes), avg(run.session_duration_minutes), max(run.executed_at)
  from public.schedule_executions as run
  where run.user_id = (select auth.uid())
    and (schedule_statistics.schedule_id is null or run.schedule_id = schedule_statistics.schedule_id)
$$;
comment on function public.schedule_statistics is
  'The caller''s own runs in numbers, of all schedules or of one: how many ended how, to how many she responded, as a '
  'share of those that worked and where that is known (0 to 1), and after how many minutes on average. Null where there '
  'is nothing to divide by.';
grant execute on function public.schedule_statistics to authenticated;
