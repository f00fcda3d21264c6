-- Rewards: badges, the days on which she was here, and the points that come with both.
--
-- Badges notice what somebody did for herself; none asks for more than that, and nobody is compared.
-- She cannot award herself: the server counts, in her tables, and each badge is given once. Points
-- and streak stand in her row of users.

set lock_timeout = '5s';
set statement_timeout = '60s';

create type public.badge_metric as enum (
  'messages_sent', 'journal_entries_written', 'check_ins_done', 'days_active', 'days_in_a_row', 'journeys_completed',
  'parts_met', 'goals_reached', 'commitments_kept'
);
comment on type public.badge_metric is
  'What a badge counts. A closed list: each is counted by private.badge_measure. Nothing that somebody does in a crisis is on it.';

-- badges ----------------------------------------------------------------------

create table public.badges (
  id           uuid        primary key default private.uuid_v7(),
  slug         text        not null,
  name         text        not null,
  description  text        not null,
  icon_url     text,
  metric       public.badge_metric not null,
  at_least     integer     not null,
  xp_award     integer     not null default 0,
  is_published boolean     not null default false,
  is_active    boolean     not null default true,
  created_at   timestamptz not null default now(),
  updated_at   timestamptz not null default now(),

  constraint badges_slug_key unique (slug),
  constraint badges_slug_is_of_words_like_this check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(slug) <= 60),
  constraint badges_name_has_1_to_100_characters check (name ~ '\S' and length(name) <= 100),
  constraint badges_description_has_1_to_500_characters check (description ~ '\S' and length(description) <= 500),
  constraint badges_icon_url_is_https check (icon_url ~ '^https://' and length(icon_url) <= 2000),
  constraint badges_at_least_is_1_to_100000 check (at_least between 1 and 100000),
  constraint badges_xp_award_is_0_to_10000 check (xp_award between 0 and 10000)
);

comment on table  public.badges is 'A badge that can be earned; the same for everybody.';
comment on column public.badges.slug is 'Its name in code, such as `first-page`.';
comment on column public.badges.icon_url is 'Null: the app has a picture of its own.';
comment on column public.badges.metric is 'What is counted.';
comment on column public.badges.at_least is 'It is earned when so many are reached.';
comment on column public.badges.xp_award is 'Points that come with it, once.';
comment on column public.badges.is_published is 'Anybody may see it; until then it is a draft, and nobody earns it. One that was earned should stay published.';
comment on column public.badges.is_active is 'It can be earned. Those who have one that is retired keep it.';

-- What everybody is shown.
create index badges_by_publication_idx on public.badges (is_published, metric, at_least);

create trigger t900_badges_touch before update on public.badges
  for each row execute function private.touch_updated_at();

alter table public.badges enable row level security;
alter table public.badges force row level security;
create policy "anybody reads the badges that are published" on public.badges for select to anon, authenticated, cairn_server using (is_published);

-- Only migrations and the dashboard write them.
grant select on public.badges to anon, authenticated;

-- user_badges -----------------------------------------------------------------

create table public.user_badges (
  id         uuid        primary key default private.uuid_v7(),
  user_id    uuid        not null default auth.uid() references public.users on delete cascade,
  badge_id   uuid        not null,
  xp_awarded integer     not null default 0,
  earned_at  timestamptz not null default now(),
  created_at timestamptz not null default now(),

  -- What makes each badge, and its points, come once.
  constraint user_badges_badge_key unique (user_id, badge_id),
  -- A badge is everybody's. One that somebody has earned cannot be deleted: retire it.
  constraint user_badges_badge_fkey foreign key (badge_id) references public.badges (id) on delete restrict,
  constraint user_badges_xp_awarded_is_not_negative check (xp_awarded >= 0)
);

comment on table  public.user_badges is 'A badge that somebody has earned.';
comment on column public.user_badges.xp_awarded is 'The points that came with it, as they were that day.';

-- Hers, the latest first.
create index user_badges_by_earning_idx on public.user_badges (user_id, earned_at desc, id desc);
create index user_badges_by_badge_idx   on public.user_badges (badge_id, user_id);

create constraint trigger t900_user_badges_live after insert or update or delete on public.user_badges
  deferrable initially deferred
  for each row execute function private.live_record();

alter table public.user_badges enable row level security;
alter table public.user_badges force row level security;
create policy owner_select on public.user_badges for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.user_badges for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.user_badges for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.user_badges for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

-- No delete: one that is gone could be earned, and paid, again.
grant select on public.user_badges to authenticated;
grant insert (id, badge_id, xp_awarded) on public.user_badges to cairn_server;

-- user_activity_days ----------------------------------------------------------

create table public.user_activity_days (
  id         uuid        primary key default private.uuid_v7(),
  user_id    uuid        not null default auth.uid() references public.users on delete cascade,
  day        date        not null,
  created_at timestamptz not null default now(),

  constraint user_activity_days_day_key unique (user_id, day)
);

comment on table  public.user_activity_days is 'The days on which she was active: what her streak is counted from, and nothing else.';
comment on column public.user_activity_days.day is 'By her own clock: users.settings.timezone, or else UTC.';

alter table public.user_activity_days enable row level security;
alter table public.user_activity_days force row level security;
create policy owner_select on public.user_activity_days for select to authenticated, cairn_server using      (user_id = (select auth.uid()));
create policy owner_insert on public.user_activity_days for insert to authenticated, cairn_server with check (user_id = (select auth.uid()));
create policy owner_update on public.user_activity_days for update to authenticated, cairn_server using      (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy owner_delete on public.user_activity_days for delete to authenticated, cairn_server using      (user_id = (select auth.uid()));

-- No delete: with the day, a streak would go that was counted.
grant select on public.user_activity_days to authenticated;
grant insert (day) on public.user_activity_days to cairn_server;

-- record_activity -------------------------------------------------------------

create function private.local_day(zone text, moment timestamptz) returns date
  language plpgsql stable set search_path = ''
as $$
begin
  return (moment at time zone case when private.is_time_zone(zone) then zone else 'UTC' end)::date;
exception when invalid_parameter_value then
  -- Her app may have written anything there.
  return (moment at time zone 'UTC')::date;
end
$$;
comment on function private.local_day is 'Which day it is at this moment in that time zone; in UTC when there is no such zone.';
grant execute on function private.local_day to cairn_server;

create function private.record_activity(moment timestamptz default now()) returns integer
  language plpgsql volatile set search_path = ''
as $$
declare
  viewer constant uuid := (select auth.uid());
  person public.users;
  today date;
  streak integer;
begin
  select * into person from public.users as known where known.id = viewer;
  if not found then
    raise exception using errcode = 'CA401', message = 'Sign in first.';
  end if;
  if (moment <= now() + interval '5 minutes') is not true then
    raise exception using errcode = 'CA400', message = 'An activity is not in the future.';
  end if;
  today := private.local_day(person.settings ->> 'timezone', moment);
  if exists (select from public.user_activity_days as known where known.user_id = viewer and known.day = today) then
    return person.current_streak;
  end if;

  -- Two first activities, of one day or of two, come one after the other.
  perform from public.users as known where known.id = viewer for no key update;
  insert into public.user_activity_days (day) values (today) on conflict on constraint user_activity_days_day_key do nothing;
  -- Back from her latest day, which need not be this one, as far as each day has one before it.
  with recursive streak_days (day) as (
    select max(latest.day) from public.user_activity_days as latest where latest.user_id = viewer
    union all
    select earlier.day
    from streak_days
    join public.user_activity_days as earlier on earlier.user_id = viewer and earlier.day = streak_days.day - 1
  )
  select count(*) into streak from streak_days;
  update public.users as known
  set current_streak = streak
  where known.id = viewer and known.current_streak <> streak;
  return streak;
end
$$;
comment on function private.record_activity is
  'The caller was active at this moment: keep the day, by her own clock (users.settings.timezone, or else UTC), and '
  'give her streak, the days in a row up to her latest. The same day again changes nothing; a day that comes late, '
  'as from a phone that was offline, closes its gap. CA400 for the future. For the server, in her name.';
grant execute on function private.record_activity to cairn_server;

-- end_missed_streaks ----------------------------------------------------------

-- For the job below. The table is new, or nearly empty: nobody waits for this.
-- squawk-ignore require-concurrent-index-creation
create index users_by_streak_idx on public.users (id) where current_streak > 0;

create function private.end_missed_streaks() returns integer
  language sql volatile security definer set search_path = ''
as $$
  with missed as (
    update public.users as person
    set current_streak = 0
    where person.id in (
      select streaker.id
      from public.users as streaker
      where streaker.current_streak > 0
        -- A day is missed when it has gone by: until tonight, yesterday's streak can go on.
        and not exists (
          select from public.user_activity_days as lately
          where lately.user_id = streaker.id
            and lately.day >= private.local_day(streaker.settings ->> 'timezone', now()) - 1
        )
      limit 1000
      for no key update skip locked
    )
    returning 1
  )
  select count(*)::integer from missed
$$;
comment on function private.end_missed_streaks is
  'Set to 0 the streaks of people, everybody''s, who missed a whole day by their own clocks, 1,000 at most; gives how '
  'many. For the worker.';
grant execute on function private.end_missed_streaks to cairn_server;

-- award_badges ----------------------------------------------------------------

create function private.badge_measure(metric public.badge_metric, enough integer) returns integer
  language plpgsql stable set search_path = ''
as $$
declare
  viewer constant uuid := (select auth.uid());
  reached integer;
begin
  -- Each stops counting at enough, so that somebody's hundred thousand messages are not read for a
  -- badge of ten.
  case metric
    when 'messages_sent' then
      select count(*) into reached from (
        select from public.messages as message
        where message.user_id = viewer and message.role = 'user' limit enough
      ) as counted;
    when 'journal_entries_written' then
      select count(*) into reached from (
        select from public.journal_entries as entry
        where entry.user_id = viewer and entry.deleted_at is null limit enough
      ) as counted;
    when 'check_ins_done' then
      select count(*) into reached from (
        select from public.check_ins as check_in where check_in.user_id = viewer limit enough
      ) as counted;
    when 'days_active' then
      select count(*) into reached from (
        select from public.user_activity_days as active where active.user_id = viewer limit enough
      ) as counted;
    when 'days_in_a_row' then
      select person.current_streak into reached from public.users as person where person.id = viewer;
    when 'journeys_completed' then
      select count(*) into reached from (
        select from public.journey_sessions as session
        where session.user_id = viewer and session.status = 'completed' limit enough
      ) as counted;
    when 'parts_met' then
      select count(*) into reached from (
        select from public.parts as part
        where part.user_id = viewer and part.status <> 'emerging' limit enough
      ) as counted;
    when 'goals_reached' then
      select count(*) into reached from (
        select from public.user_goals as goal
        where goal.user_id = viewer and goal.status = 'reached' limit enough
      ) as counted;
    when 'commitments_kept' then
      select count(*) into reached from (
        select from public.commitments as commitment
        where commitment.user_id = viewer and commitment.status = 'kept' limit enough
      ) as counted;
  end case;
  return least(coalesce(reached, 0), enough);
end
$$;
comment on function private.badge_measure is
  'How much of what a badge counts the caller has reached, up to enough. For award_badges.';
grant execute on function private.badge_measure to cairn_server;

create function private.award_badges() returns setof public.user_badges
  language plpgsql volatile set search_path = ''
as $$
declare
  viewer constant uuid := (select auth.uid());
begin
  if viewer is null then
    raise exception using errcode = 'CA401', message = 'Sign in first.';
  end if;
  -- Whoever comes at the same moment waits here, and finds what was earned.
  perform from public.users as person where person.id = viewer for no key update;

  return query
    with earned as (
      insert into public.user_badges as earned (badge_id, xp_awarded)
      select badge.id, badge.xp_award
      from public.badges as badge
      where badge.is_active and badge.is_published
        and not exists (
          select from public.user_badges as held where held.user_id = viewer and held.badge_id = badge.id
        )
        and private.badge_measure(badge.metric, badge.at_least) >= badge.at_least
      on conflict on constraint user_badges_badge_key do nothing
      returning earned.*
    ),
    paid as (
      update public.users as person
      set xp = person.xp + (select sum(earned.xp_awarded) from earned)
      where person.id = viewer and exists (select from earned)
      returning 1
    )
    select * from earned;
end
$$;
comment on function private.award_badges is
  'Give the caller each badge that she has earned and not got yet, with its points, once; gives the new ones. To be '
  'asked after what may earn one, as often as one likes. For the server, in her name.';
grant execute on function private.award_badges to cairn_server;
