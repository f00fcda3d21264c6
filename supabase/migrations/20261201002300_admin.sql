-- Admin: what whoever looks after the service wants to see, ready to be opened in the dashboard.
--
-- All views run with the rights of who asks, and the schema is open to nobody: no role of the API
-- has usage, service_role included, which may read no table either. So they are for `postgres`, as
-- whom the dashboard connects. None shows what anybody said; where a person is named, it is by id.

set lock_timeout = '5s';
set statement_timeout = '60s';

create schema admin;
comment on schema admin is
  'Views for the dashboard, as postgres. Never exposed by an API; no role of an API may use it.';

-- growth ----------------------------------------------------------------------

create view admin.growth with (security_invoker = true) as
  select
    day.day::date                                                                    as day,
    count(person.id) filter (where not person.is_test_account)                       as people,
    (sum(count(person.id) filter (where not person.is_test_account)) over (order by day.day))::bigint as people_in_all,
    count(person.id) filter (where person.is_test_account)                           as test_accounts,
    coalesce(max(gone.accounts), 0)                                                  as erased
  from generate_series(
    (select date_trunc('day', coalesce(min(first.created_at), now()), 'UTC') from public.users as first),
    date_trunc('day', now(), 'UTC'), interval '1 day'
  ) as day (day)
  left join public.users as person
    on person.created_at >= day.day and person.created_at < day.day + interval '1 day'
  left join lateral (
    select count(*) as accounts from private.erasures as erasure
    where erasure.scope = 'account'
      and erasure.erased_at >= day.day and erasure.erased_at < day.day + interval '1 day'
  ) as gone on true
  group by day.day
  order by day.day desc;
comment on view admin.growth is
  'People by the day they came, in UTC, days without any included; test accounts apart. Who was erased is counted on the '
  'day of that, and no more on the day of coming.';
comment on column admin.growth.people is 'Came on that day, and are there still.';
comment on column admin.growth.people_in_all is 'Came until the end of that day, and are there still.';

-- statistics ------------------------------------------------------------------

create view admin.statistics with (security_invoker = true) as
  select
    kind.is_test_account,
    count(person.id)                                                              as people,
    count(person.id) filter (where person.deleted_at is not null)                 as closed_accounts,
    count(person.id) filter (where not person.is_active)                          as locked_accounts,
    count(person.id) filter (where person.last_active_at > now() - interval '1 day')   as active_in_a_day,
    count(person.id) filter (where person.last_active_at > now() - interval '7 days')  as active_in_a_week,
    count(person.id) filter (where person.last_active_at > now() - interval '30 days') as active_in_a_month,
    coalesce(sum(talk.conversations), 0)::bigint                                          as conversations,
    coalesce(sum(talk.messages), 0)::bigint                                               as messages,
    max(talk.last_message_at)                                                     as last_message_at,
    coalesce(sum(journey.runs), 0)::bigint                                                as journey_runs,
    max(journey.last_run_at)                                                      as last_journey_run_at,
    coalesce(sum(signed_in.sessions), 0)::bigint                                          as sign_ins,
    max(signed_in.last_sign_in_at)                                                as last_sign_in_at
  from (values (false), (true)) as kind (is_test_account)
  left join public.users as person on person.is_test_account = kind.is_test_account
  left join lateral (
    select count(*) as conversations, sum(conversation.message_count) as messages,
           max(conversation.last_message_at) filter (where conversation.message_count > 0) as last_message_at
    from public.conversations as conversation
    where conversation.user_id = person.id
  ) as talk on true
  left join lateral (
    select count(*) as runs, max(run.last_active_at) as last_run_at
    from public.journey_sessions as run
    where run.user_id = person.id
  ) as journey on true
  left join lateral (
    select count(*) as sessions, max(session.created_at) as last_sign_in_at
    from public.user_sessions as session
    where session.user_id = person.id
  ) as signed_in on true
  group by kind.is_test_account
  order by kind.is_test_account;
comment on view admin.statistics is
  'The service in numbers: a line for real people, a line for test accounts. It reads every conversation: some seconds '
  'when there are a million.';
comment on column admin.statistics.active_in_a_day is 'Made a request within the last 24 hours.';
comment on column admin.statistics.sign_ins is 'Sign-ins on devices that are still on record.';

-- pipeline_lag ----------------------------------------------------------------

create view admin.pipeline_lag with (security_invoker = true) as
  select
    'jobs'                                                            as queue,
    job.kind                                                          as kind,
    count(*)                                                          as waiting,
    count(*) filter (where job.lease_until > now())                   as held,
    count(*) filter (where job.claimable_at <= now())                 as due,
    count(*) filter (where job.attempts > 1)                          as tried_again,
    max(greatest(now() - job.claimable_at, interval '0')) filter (where job.claimable_at <= now()) as longest_wait,
    max(now() - job.created_at)                                       as oldest,
    mode() within group (order by job.last_error)                     as commonest_error
  from private.jobs as job
  group by job.kind
  union all
  select 'data_exports', export.format::text, count(*), count(*) filter (where export.lease_until > now()),
         count(*) filter (where coalesce(export.lease_until <= now(), true)), count(*) filter (where export.attempts > 1),
         max(now() - coalesce(export.lease_until, export.created_at))
           filter (where coalesce(export.lease_until <= now(), true)),
         max(now() - export.created_at), null
  from public.data_exports as export
  where export.status in ('requested', 'running')
  group by export.format
  union all
  select 'erasure_jobs', job.kind, count(*), count(*) filter (where job.lease_until > now()),
         count(*) filter (where job.claimable_at <= now()), count(*) filter (where job.attempts > 1),
         max(greatest(now() - job.claimable_at, interval '0')) filter (where job.claimable_at <= now()),
         max(now() - job.created_at), mode() within group (order by job.last_error)
  from private.erasure_jobs as job
  group by job.kind
  union all
  select 'memory_updates', work.kind::text, count(*), count(*) filter (where work.lease_until > now()),
        count(*) filter (where coalesce(work.lease_until <= now(), true)), count(*) filter (where work.attempts > 1),
        max(now() - work.queued_at) filter (where coalesce(work.lease_until <= now(), true)),
        max(now() - work.queued_at), mode() within group (order by work.last_error)
  from public.memory_updates as work where not work.processed group by work.kind
  union all
  select 'webhook_events', event.provider, count(*), 0, count(*) filter (where event.due_at <= now()),
        count(*) filter (where event.attempts > 1), max(now() - event.due_at) filter (where event.due_at <= now()),
        max(now() - event.received_at), null
  from private.webhook_events as event where event.processing_status <> 'processed' group by event.provider
  union all
  select 'schedules', schedule.schedule_type::text, count(*), 0, count(*) filter (where schedule.next_run_at <= now()),
        0, max(now() - schedule.next_run_at) filter (where schedule.next_run_at <= now()),
        max(now() - schedule.next_run_at) filter (where schedule.next_run_at <= now()), null
  from public.schedules as schedule where schedule.is_active group by schedule.schedule_type;
comment on view admin.pipeline_lag is
  'What workers have yet to do, by queue and kind. Nothing due for long means that they keep up; a queue that is empty has no line.';
comment on column admin.pipeline_lag.due is 'Could be begun now: neither held nor put off.';
comment on column admin.pipeline_lag.longest_wait is 'How long the one that waits longest could have been begun; null when none is due.';
comment on column admin.pipeline_lag.oldest is 'How long ago the oldest was queued, put off or not.';

-- storage and indexes ---------------------------------------------------------

create view admin.storage with (security_invoker = true) as
  select
    n.nspname                                                    as schema_name,
    c.relname                                                    as table_name,
    greatest(c.reltuples, 0)::bigint                             as estimated_rows,
    pg_table_size(c.oid)                                         as table_bytes,
    pg_indexes_size(c.oid)                                       as index_bytes,
    pg_total_relation_size(c.oid)                                as total_bytes,
    pg_size_pretty(pg_total_relation_size(c.oid))                as total_size,
    usage.n_dead_tup                                             as dead_rows,
    greatest(usage.last_vacuum, usage.last_autovacuum)           as last_vacuum_at
  from pg_catalog.pg_class as c
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
  left join pg_catalog.pg_stat_user_tables as usage on usage.relid = c.oid
  where n.nspname in ('public', 'private') and c.relkind in ('r', 'm')
  order by pg_total_relation_size(c.oid) desc;
comment on view admin.storage is 'Our tables by the room they take, the largest first.';
comment on column admin.storage.estimated_rows is 'As of the last vacuum or analyze; 0 before the first.';
comment on column admin.storage.table_bytes is 'The rows, long values stored apart included; without indexes.';

create view admin.indexes with (security_invoker = true) as
  select
    usage.schemaname                               as schema_name,
    usage.relname                                  as table_name,
    usage.indexrelname                             as index_name,
    pg_relation_size(usage.indexrelid)             as index_bytes,
    pg_size_pretty(pg_relation_size(usage.indexrelid)) as index_size,
    usage.idx_scan                                 as scans,
    i.indisunique                                  as is_unique
  from pg_catalog.pg_stat_user_indexes as usage
  join pg_catalog.pg_index as i on i.indexrelid = usage.indexrelid
  where usage.schemaname in ('public', 'private')
  order by pg_relation_size(usage.indexrelid) desc;
comment on view admin.indexes is 'Our indexes by the room they take, the largest first, with how often each was used.';
comment on column admin.indexes.scans is 'Since the statistics were reset last. A unique index works without being scanned.';

-- consents --------------------------------------------------------------------

create view admin.consents with (security_invoker = true) as
  select
    asked.kind,
    asked.version                                                                as current_version,
    asked.is_required,
    count(*) filter (where answer.is_given and answer.consent_version = asked.version)     as given,
    count(*) filter (where answer.is_given and answer.consent_version < asked.version)     as given_to_an_older_text,
    count(*) filter (where not answer.is_given)                                  as refused_or_taken_back,
    count(*) filter (where answer.is_given is null)                              as not_answered
  from private.current_consents() as asked
  cross join public.users as person
  left join lateral (
    select given.is_given, given.consent_version
    from public.consents as given
    where given.user_id = person.id and given.kind = asked.kind
    order by given.created_at desc, given.id desc
    limit 1
  ) as answer on true
  where not person.is_test_account
  group by asked.kind, asked.version, asked.is_required
  order by asked.kind;
comment on view admin.consents is
  'How people answer each consent, by their latest word; without test accounts. Who agreed to an older text is asked anew.';

-- failed_syncs ----------------------------------------------------------------

create view admin.failed_syncs with (security_invoker = true) as
  select failure.user_id, failure.sync_type, failure.source, failure.error_message, failure.request_id, failure.created_at,
         repaired.created_at as repaired_at
  from private.user_sync_logs as failure
  left join lateral (
    select line.created_at
    from private.user_sync_logs as line
    where line.user_id = failure.user_id and line.success and line.created_at >= failure.created_at
    order by line.created_at
    limit 1
  ) as repaired on true
  where not failure.success
  order by failure.created_at desc;
comment on view admin.failed_syncs is
  'When a change in Supabase Auth did not reach public.users, why, and since when it has; the latest first. Those that '
  'stay unrepaired are tried again each hour.';
comment on column admin.failed_syncs.repaired_at is 'Null while it is still not as in Supabase Auth.';

-- erasures --------------------------------------------------------------------

create view admin.erasures with (security_invoker = true) as
  select
    'waiting'                as stage,
    request.due_at           as due_at,
    request.user_id          as user_id,
    null::uuid               as receipt,
    null                     as cause,
    request.created_at       as requested_at,
    null::timestamptz        as erased_at,
    null::timestamptz        as finished_at,
    null::bigint             as rows_erased,
    null                     as jobs_left,
    null                     as error_code
  from public.erasure_requests as request
  where request.status = 'requested'
  union all
  select
    erasure.state, null, null, erasure.id, erasure.cause, erasure.requested_at, erasure.erased_at, erasure.finished_at,
    (select sum(counted.value::bigint)::bigint from jsonb_each_text(erasure.counts) as counted where counted.key like '%.%'),
    (select string_agg(format('%s (%s times, next %s)', job.kind, job.attempts, job.claimable_at), ', ' order by job.kind)
     from private.erasure_jobs as job where job.erasure_id = erasure.id),
    erasure.error_code
  from private.erasures as erasure;
comment on view admin.erasures is
  'Closed accounts that wait out their days of grace, erasures under way, and receipts. A person is named only while she '
  'can still be opened again: `select private.cancel_erasure(user_id)`.';
comment on column admin.erasures.stage is 'waiting, then the state of private.erasures: queued, database, external, done or failed.';
comment on column admin.erasures.jobs_left is 'What is still to do, and how often it was tried.';

-- open_crises -----------------------------------------------------------------

create view admin.open_crises with (security_invoker = true) as
  select event.id, event.user_id, event.level, event.source, event.escalation_path, event.flags,
         event.created_at, now() - event.created_at as open_for,
         (select count(*) from public.contact_logs as line
          where line.user_id = event.user_id and line.crisis_event_id = event.id) as contacts_tried,
         exists (select from public.contact_logs as line
                 where line.user_id = event.user_id and line.crisis_event_id = event.id and line.response_received) as was_answered
  from public.crisis_events as event
  join public.users as person on person.id = event.user_id
  where event.status = 'open' and event.level >= 'moderate' and not person.is_test_account
  order by event.level desc, event.created_at;
comment on view admin.open_crises is
  'Crises that nobody has handled yet, the gravest first, then the oldest; without test accounts. What was said is not '
  'shown: the care team reads that, and leaves a line in her access log.';
comment on column admin.open_crises.contacts_tried is 'How often one of her safety contacts was to be reached for it.';

-- failing_webhooks ------------------------------------------------------------

create view admin.failing_webhooks with (security_invoker = true) as
  select event.id, event.provider, event.event_type, event.external_event_id, event.processing_status, event.attempts,
         event.error_message, event.received_at, event.due_at
  from private.webhook_events as event
  where event.processing_status = 'failed'
     or (event.processing_status in ('received', 'processing') and event.due_at < now() - interval '10 minutes')
  order by event.received_at desc;
comment on view admin.failing_webhooks is
  'Events of other services that could not be processed, or have waited for ten minutes; the latest first. The payload is not shown.';
comment on column admin.failing_webhooks.due_at is 'When it is tried again; null: only by hand.';

-- unused_consents -------------------------------------------------------------

create view admin.unused_consents with (security_invoker = true) as
  select answer.kind, count(*) as people, min(answer.created_at) as longest_given_since
  from (
    select distinct on (given.user_id, given.kind) given.user_id, given.kind, given.is_given, given.created_at
    from public.consents as given
    order by given.user_id, given.kind, given.created_at desc, given.id desc
  ) as answer
  join public.users as person on person.id = answer.user_id and not person.is_test_account
  where answer.is_given
    and answer.created_at < now() - interval '90 days'
    and case answer.kind
      when 'long_term_storage' then not exists (
        select from public.memories as kept where kept.user_id = answer.user_id)
      when 'contact_safety_network' then not exists (
        select from public.safety_contacts as contact where contact.user_id = answer.user_id and contact.state <> 'withdrawn')
      else false
    end
  group by answer.kind
  union all
  select 'long_term_storage', count(*), min(memory.consented_at)
  from public.memories as memory
  join public.user_privacy_settings as settings on settings.user_id = memory.user_id
  where memory.is_consented and not settings.allow_long_term_storage
  having count(*) > 0;
comment on view admin.unused_consents is
  'Consents given for more than 90 days and never made use of, by kind: ask again, or ask for less. Besides, memories '
  'that are consented to one by one while their owner has switched long-term memory off.';
